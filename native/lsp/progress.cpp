#include "lsp/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.hpp"

namespace pycontainer::lsp {

ProgressSink::ProgressSink(jsonrpc::Transport& transport, Json token, const std::string& title) : transport_(&transport), token_(std::move(token)) {
    send({{"kind", "begin"}, {"title", title}, {"percentage", 0}, {"cancellable", true}});
}

void ProgressSink::send(Json value) {
    if (token_.is_null()) return;
    transport_->write(jsonrpc::notification("$/progress", {{"token", token_}, {"value", std::move(value)}}));
}

void ProgressSink::emit(const exec::Event& event) noexcept {
    const std::lock_guard lock(mutex_);
    switch (event.kind) {
        case exec::EventKind::ActivityStarted:
            running_[event.id] = {event.name, 0, event.total};
            report(false);
            break;
        case exec::EventKind::ActivityProgress:
            if (const auto found = running_.find(event.id); found != running_.end()) {
                found->second.done = event.done;
                found->second.total = event.total;
            }
            report(false);
            break;
        case exec::EventKind::ActivityFinished:
            running_.erase(event.id);
            report(false);
            break;
        case exec::EventKind::Log:
        case exec::EventKind::Warning: transport_->write(jsonrpc::notification("pycontainer/event", {{"token", token_}, {"event", exec::to_json(event)}})); break;
    }
}

void ProgressSink::report(bool now) {
    // The first activity of an operation is the operation itself, counted in percent; the latest one says what is being done.
    const auto time = std::chrono::steady_clock::now();
    if (running_.empty() || (!now && time - last_ < std::chrono::milliseconds(100))) return;
    last_ = time;
    const auto& whole = running_.begin()->second;
    if (whole.total == 100) percentage_ = std::max(percentage_, static_cast<unsigned>(std::min<std::uint64_t>(whole.done, 99)));
    const auto& latest = running_.rbegin()->second;
    auto message = latest.name;
    if (running_.size() > 2 && latest.total > 100) message += fmt::format(" and {} more", running_.size() - 2);
    if (latest.total > 100) message += fmt::format(" ({} of {})", format_size(latest.done), format_size(latest.total));
    send({{"kind", "report"}, {"message", printable(message)}, {"percentage", percentage_}});
}

void ProgressSink::end(const std::string& message) {
    const std::lock_guard lock(mutex_);
    send({{"kind", "end"}, {"message", message}});
    token_ = nullptr;
}

}  // namespace pycontainer::lsp
