#include "lsp/progress.hpp"

#include "base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::lsp {

ProgressSink::ProgressSink(jsonrpc::Transport& transport, Json token, const std::string& title)
    : transport_(&transport), token_(std::move(token)) {
    send({{"kind", "begin"}, {"title", title}, {"percentage", 0}, {"cancellable", true}});
}

void ProgressSink::send(Json value) {
    if (token_.is_null()) return;
    transport_->write(
        jsonrpc::notification("$/progress", {{"token", token_}, {"value", std::move(value)}}));
}

void ProgressSink::emit(const exec::Event& event) noexcept {
    const std::lock_guard lock(mutex_);
    // How far an activity is goes into the progress, ten times a second; the rest is told at once.
    if (event.kind != exec::EventKind::ActivityProgress)
        transport_->write(jsonrpc::notification(
            "pycontainer/event", {{"token", token_}, {"event", exec::to_json(event)}}));
    if (event.kind == exec::EventKind::Log || event.kind == exec::EventKind::Warning) return;
    count(event);
    report();
}

void ProgressSink::count(const exec::Event& event) {
    if (whole_ == 0) whole_ = event.id;
    if (event.id == whole_) {
        if (event.done != whole_done_) finished_bytes_ = 0;
        whole_done_ = event.done;
        return;
    }
    if (event.kind == exec::EventKind::ActivityStarted) {
        running_[event.id] = {event.name, 0, event.total};
        return;
    }
    const auto found = running_.find(event.id);
    if (found == running_.end()) return;
    found->second.done = event.done;
    found->second.total = event.total;
    if (event.kind != exec::EventKind::ActivityFinished) return;
    finished_bytes_ += found->second.total;
    running_.erase(found);
}

void ProgressSink::report() {
    const auto time = std::chrono::steady_clock::now();
    if (running_.empty() || time - last_ < std::chrono::milliseconds(100)) return;
    last_ = time;
    // Between two steps of the operation, the bytes of what is going on move the bar through a part
    // of what is left.
    auto done = finished_bytes_;
    auto total = finished_bytes_;
    for (const auto& [id, activity] : running_) {
        done += std::min(activity.done, activity.total);
        total += activity.total;
    }
    constexpr double kShare = 0.3;
    const auto step = static_cast<double>(std::min<std::uint64_t>(whole_done_, 100));
    const auto within = total == 0 ? 0.0 : static_cast<double>(done) / static_cast<double>(total);
    percentage_ = std::max(
        percentage_, std::min(99U, static_cast<unsigned>(step + kShare * (100.0 - step) * within)));

    const auto& latest = running_.rbegin()->second;
    auto message = latest.name;
    if (running_.size() > 1) message += fmt::format(" and {} more", running_.size() - 1);
    if (total > 0) message += fmt::format(" ({} of {})", format_size(done), format_size(total));
    send({{"kind", "report"}, {"message", printable(message)}, {"percentage", percentage_}});
}

void ProgressSink::end(const std::string& message) {
    const std::lock_guard lock(mutex_);
    send({{"kind", "end"}, {"message", message}});
    token_ = nullptr;
}

}  // namespace pycontainer::lsp
