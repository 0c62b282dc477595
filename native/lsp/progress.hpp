#pragma once

// Events of an operation as work-done progress (LSP 3.17, "Work Done Progress") and
// `pycontainer/event` notifications.

#include "exec/events.hpp"
#include "jsonrpc/transport.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace pycontainer::lsp {

/// For one request. Reports at most ten times a second; the percentage never falls. Thread-safe.
class ProgressSink final : public exec::EventSink {
public:
    /// `token` is null when the client gave none: then only events are sent.
    ProgressSink(jsonrpc::Transport& transport, Json token, const std::string& title);

    void emit(const exec::Event& event) noexcept override;
    /// Ends the progress; to be called before the request is answered, as the token is dead after
    /// that.
    void end(const std::string& message);

private:
    struct Running {
        std::string name;
        std::uint64_t done = 0;
        std::uint64_t total = 0;
    };
    void count(const exec::Event& event);
    void report();
    void send(Json value);

    jsonrpc::Transport* transport_;
    Json token_;
    std::mutex mutex_;
    std::uint64_t whole_ = 0;  ///< the first activity is the operation itself, counted in percent
    std::uint64_t whole_done_ = 0;
    std::map<std::uint64_t, Running> running_;
    std::uint64_t finished_bytes_ =
        0;  ///< of activities that ended since the operation last advanced
    unsigned percentage_ = 0;
    std::chrono::steady_clock::time_point last_{};
};

}  // namespace pycontainer::lsp
