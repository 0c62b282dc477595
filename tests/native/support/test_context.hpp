#pragma once

// A context that records its events and runs everything on the calling thread, with an environment
// made up by the test.

#include "base/synchronized.hpp"
#include "exec/context.hpp"

#include <stop_token>
#include <vector>

namespace pycontainer::testing {

class RecordingSink final : public exec::EventSink {
public:
    void emit(const exec::Event& event) noexcept override {
        events_.with([&](auto& events) { events.push_back(event); });
    }
    std::vector<exec::Event> events() const {
        return events_.with([](const auto& events) { return events; });
    }

private:
    Synchronized<std::vector<exec::Event>> events_;
};

struct TestContext {
    explicit TestContext(std::map<std::string, std::string, std::less<>> variables = {},
                         unsigned concurrency = 1)
        : environment(std::move(variables)),
          ctx(stop.get_token(), sink, environment, concurrency) {}
    TestContext(const TestContext&) = delete;
    TestContext& operator=(const TestContext&) = delete;

    std::stop_source stop;
    RecordingSink sink;
    Environment environment;
    exec::Context ctx;
};

}  // namespace pycontainer::testing
