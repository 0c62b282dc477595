#include "lsp/progress.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace pycontainer::lsp {
namespace {

struct ProgressTest : ::testing::Test {
    ProgressTest() {
        if (::pipe(ends) != 0) std::abort();
    }
    ~ProgressTest() override {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    Json next() {
        jsonrpc::Transport reader(ends[0], -1);
        auto incoming = reader.read({}, std::chrono::seconds(5));
        return incoming && incoming->body ? *parse_json(*incoming->body, "") : Json();
    }
    int ends[2];
};

exec::Event started(std::uint64_t id, const std::string& name) {
    exec::Event event;
    event.kind = exec::EventKind::ActivityStarted;
    event.id = id;
    event.name = name;
    return event;
}

TEST_F(ProgressTest, TellsStepsAtOnceAndTheirProgressNot) {
    jsonrpc::Transport transport(-1, ends[1]);
    ProgressSink sink(transport, "token", "Building container");
    EXPECT_EQ(next()["params"]["value"]["kind"], "begin");

    sink.emit(started(1, "building"));
    EXPECT_EQ(
        next()["params"],
        (Json{{"token", "token"},
              {"event",
               {{"kind", "activity_started"}, {"id", 1}, {"name", "building"}, {"total", 0}}}}));
    exec::Event progress;
    progress.kind = exec::EventKind::ActivityProgress;
    progress.id = 1;
    progress.done = 25;
    progress.total = 100;
    sink.emit(progress);
    exec::Event finished;
    finished.kind = exec::EventKind::ActivityFinished;
    finished.id = 1;
    finished.outcome = "cached";
    sink.emit(finished);
    EXPECT_EQ(next()["params"]["event"]["outcome"], "cached");
}

}  // namespace
}  // namespace pycontainer::lsp
