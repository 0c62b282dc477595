#include "lsp/projects.hpp"

#include "intellisense/diagnostics.hpp"

#include <chrono>
#include <filesystem>

namespace pycontainer::lsp {
namespace {

/// How long nothing must have changed: longer than between two keys, shorter than anybody notices.
constexpr std::chrono::milliseconds kQuiet{60};

std::string directory_of(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
}

}  // namespace

Projects::Projects(const Environment& environment, const intellisense::ImageCatalog* images,
                   Seen seen)
    : environment_(&environment),
      images_(images),
      seen_(std::move(seen)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Projects::stop() {
    thread_.request_stop();
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Projects::set_text(const std::string& path, std::optional<std::string> text) {
    {
        const std::lock_guard lock(mutex_);
        if (text)
            texts_[path] = std::move(*text);
        else
            texts_.erase(path);
    }
    look(directory_of(path));
}

void Projects::look(const std::string& directory) {
    if (!std::filesystem::path(directory).is_absolute()) return;  // of a text without a file
    {
        const std::lock_guard lock(mutex_);
        wanted_.insert(directory);
        ++changes_;
    }
    changed_.notify_all();
}

std::shared_ptr<const ProjectState> Projects::find(const std::string& directory) const {
    const std::lock_guard lock(mutex_);
    const auto found = states_.find(directory);
    return found == states_.end() ? nullptr : found->second;
}

void Projects::file_changed(const std::string& path) {
    std::vector<std::string> directories;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [directory, state] : states_)
            if (path.starts_with(directory + "/")) directories.push_back(directory);
    }
    for (const auto& directory : directories) look(directory);
}

std::shared_ptr<const ProjectState> Projects::wait_for(const std::string& directory,
                                                       std::chrono::milliseconds patience) const {
    std::unique_lock lock(mutex_);
    const auto is_seen = [&, stop = thread_.get_stop_token()] {
        return stop.stop_requested() || states_.contains(directory) ||
               (!wanted_.contains(directory) && looking_at_ != directory);
    };
    changed_.wait_for(lock, patience, is_seen);
    const auto found = states_.find(directory);
    return found == states_.end() ? nullptr : found->second;
}

void Projects::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        try {
            run_once(stop);
        } catch (const std::exception&) {
            // One look less; the next change brings another.
            const std::lock_guard lock(mutex_);
            looking_at_.clear();
            changed_.notify_all();
        }
    }
}

void Projects::run_once(const std::stop_token& stop) {
    std::string directory;
    std::map<std::string, std::string> texts;
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, stop, [this] { return !wanted_.empty(); });
        // The first look at a project comes at once.
        auto seen = changes_ + (states_.contains(*wanted_.begin()) ? 1U : 0U);
        while (!stop.stop_requested() && seen != changes_) {
            seen = changes_;
            changed_.wait_for(lock, stop, kQuiet, [&] { return seen != changes_; });
        }
        if (stop.stop_requested()) return;
        directory = *wanted_.begin();
        wanted_.erase(wanted_.begin());
        looking_at_ = directory;
        for (const auto& [path, text] : texts_)
            if (directory_of(path) == directory) texts.emplace(path, text);
    }
    std::shared_ptr<const ProjectState> state;
    try {
        state = look_now(stop, directory, std::move(texts));
    } catch (const std::exception&) {
        state = std::make_shared<ProjectState>();  // as one that could not be looked at
    }
    bool is_new = true;
    {
        const std::lock_guard lock(mutex_);
        auto& known = states_[directory];
        is_new = !known || known->diagnostics != state->diagnostics;
        known = std::move(state);
        looking_at_.clear();
    }
    changed_.notify_all();
    if (!stop.stop_requested()) seen_(directory, is_new);
}

std::shared_ptr<const ProjectState> Projects::look_now(
    const std::stop_token& stop, const std::string& directory,
    std::map<std::string, std::string> texts) const {
    exec::NullEventSink events;
    const exec::Context ctx(stop, events, *environment_, 1);
    auto state = std::make_shared<ProjectState>();
    auto view = intellisense::look_at_project(ctx, {directory, std::nullopt, texts});
    if (!view) return state;  // no project, or not readable: texts are judged by themselves
    state->view = std::move(*view);
    state->diagnostics = intellisense::diagnose_project(*state->view, images_);
    const auto& loaded = state->view->loaded;
    state->texts.emplace(loaded.files_considered.front().string(),
                         toml::LineIndex(loaded.pyproject_document.text()));
    state->texts.emplace(loaded.own_path.string(), toml::LineIndex(loaded.own_document.text()));
    return state;
}

}  // namespace pycontainer::lsp
