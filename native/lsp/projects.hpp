#pragma once

// The projects around the open texts, looked at in the background: after a change, when nothing has
// changed for a moment.

#include "base/environment.hpp"
#include "intellisense/image_catalog.hpp"
#include "intellisense/project_view.hpp"
#include "toml/line_index.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace pycontainer::lsp {

/// One look at a project.
struct ProjectState {
    std::shared_ptr<const intellisense::ProjectView> view;  ///< null: it could not be looked at
    /// All tiers, of all files.
    std::vector<Diagnostic> diagnostics;
    /// The texts that were looked at, by path.
    std::map<std::string, toml::LineIndex> texts;
};

/// Thread-safe.
class Projects {
public:
    /// Called on the thread of this object when a project was looked at, and whether that changed
    /// its diagnostics.
    using Seen = std::function<void(const std::string& directory, bool changed)>;

    /// `images` may be null.
    Projects(const Environment& environment, const intellisense::ImageCatalog* images, Seen seen);
    Projects(const Projects&) = delete;
    Projects& operator=(const Projects&) = delete;
    ~Projects() { stop(); }
    /// Looks no more; `seen` is not called after it.
    void stop();

    /// The unsaved text of a file, which counts instead of the file; an empty optional when the
    /// file counts again. Its project is looked at.
    void set_text(const std::string& path, std::optional<std::string> text);
    /// Something in the project has changed, or it is asked for the first time.
    void look(const std::string& directory);
    /// A file has changed on the disk: the projects that it may belong to are looked at again.
    void file_changed(const std::string& path);
    /// What was seen last, after the first look if one is wanted and takes no longer than that.
    std::shared_ptr<const ProjectState> wait_for(const std::string& directory,
                                                 std::chrono::milliseconds patience) const;
    /// What was seen last; null before the first look.
    std::shared_ptr<const ProjectState> find(const std::string& directory) const;

private:
    void run(const std::stop_token& stop);
    /// Waits for something to look at, and looks at it.
    void run_once(const std::stop_token& stop);
    std::shared_ptr<const ProjectState> look_now(const std::stop_token& stop,
                                                 const std::string& directory,
                                                 std::map<std::string, std::string> texts) const;

    const Environment* environment_;
    const intellisense::ImageCatalog* images_;
    Seen seen_;
    mutable std::mutex mutex_;
    mutable std::condition_variable_any changed_;
    std::set<std::string> wanted_;
    std::string looking_at_;
    unsigned changes_ = 0;
    std::map<std::string, std::string> texts_;
    std::map<std::string, std::shared_ptr<const ProjectState>> states_;
    std::jthread thread_;
};

}  // namespace pycontainer::lsp
