#pragma once

// Everything a session has to do with texts: which are open, what is wrong in them, what is asked
// about them. Questions are answered on a thread of its own, in their order; what needs the whole
// workspace on another.

#include "base/synchronized.hpp"
#include "jsonrpc/transport.hpp"
#include "lsp/documents.hpp"
#include "lsp/features.hpp"
#include "lsp/image_lookups.hpp"
#include "lsp/projects.hpp"
#include "lsp/work_queue.hpp"

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pycontainer::lsp {

/// All calls come from the thread that reads.
class LanguageFeatures {
public:
    LanguageFeatures(jsonrpc::Transport& transport, const Environment& environment,
                     const Json& initialize_params, const intellisense::ImageCatalog* images,
                     ImageLookups::LookUp look_up);
    LanguageFeatures(const LanguageFeatures&) = delete;
    LanguageFeatures& operator=(const LanguageFeatures&) = delete;
    ~LanguageFeatures();

    Json capabilities() const { return lsp::capabilities(*settings()); }
    /// After the client's `initialized`: registers what can only be registered then.
    void initialized();

    /// False for methods that are not about texts.
    bool handle_notification(const std::string& method, const Json& params);
    bool handle_request(const Json& id, const std::string& method, const Json& params);
    /// A question that waits is answered as cancelled.
    void cancel(const Json& id);
    void shut_down();

    /// What the last build of a project came to, for the lenses. Thread-safe.
    void note_build(const std::string& directory, std::string result);

private:
    /// The request of all diagnostics that waits until there is something new.
    struct WorkspacePull {
        Json id;
        Json params;
    };

    std::shared_ptr<const ClientSettings> settings() const {
        return settings_.with([](const auto& settings) { return settings; });
    }
    std::vector<std::filesystem::path> folders() const {
        return folders_.with([](const auto& folders) { return folders; });
    }
    void ask(const Json& id, const std::string& method, const Json& params);
    /// What may be asked of registries for a question, by the user's setting.
    std::vector<intellisense::ImageWant> allowed_wants(const std::string& method,
                                                       const Json& params,
                                                       const Question& question);
    void looked_up(const intellisense::ImageWant& want, const Result<void>& result);
    void pull(const Json& id, const Json& params);
    void pull_workspace(const Json& id, const Json& params);
    bool answer_workspace_pull(const WorkspacePull& pull, bool must);
    void retry_workspace_pull();
    void publish(const std::string& uri, std::int64_t version, bool always);
    void project_seen(const std::string& directory, bool changed);
    void changed(const std::shared_ptr<const Snapshot>& snapshot);
    void closed(const std::string& uri);
    void watched_files_changed(const Json& params);
    void send_request(const char* method, Json params = Json(nullptr));
    Question question_about(const std::shared_ptr<const Snapshot>& snapshot,
                            const ClientSettings& settings) const;
    std::shared_ptr<const Snapshot> find(const std::string& uri) const;
    /// Runs work for a request; what is thrown becomes its answer.
    void queue(WorkQueue& queue, const Json& id, std::function<void()> work);
    bool take_cancelled(const Json& id);

    jsonrpc::Transport* transport_;
    const intellisense::ImageCatalog* images_;
    Synchronized<std::shared_ptr<const ClientSettings>> settings_;
    Synchronized<std::vector<std::filesystem::path>> folders_;
    Synchronized<Documents> documents_;
    Synchronized<std::map<std::string, std::pair<std::int64_t, Json>>> published_;
    Synchronized<std::set<std::string>> cancelled_;
    Synchronized<std::map<std::string, std::string>> builds_;
    Synchronized<std::optional<WorkspacePull>> waiting_pull_;
    Synchronized<unsigned> next_id_;
    bool answered_workspace_ = false;  ///< only touched in the background
    std::atomic<bool> typed_image_{false};
    std::unique_ptr<ImageLookups> lookups_;  ///< null: no registry is asked
    std::unique_ptr<Projects> projects_;
    std::unique_ptr<WorkQueue> questions_;
    std::unique_ptr<WorkQueue> background_;  ///< of the whole workspace, which may take seconds
};

}  // namespace pycontainer::lsp
