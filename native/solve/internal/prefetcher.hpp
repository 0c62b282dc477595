#pragma once

// Pages and metadata, fetched on threads of their own: what is asked for first, and what will
// probably be asked for next whenever a thread is free.

#include "exec/context.hpp"
#include "index/core_metadata_client.hpp"
#include "index/index_client.hpp"
#include "packaging/core_metadata.hpp"
#include "packaging/requirement.hpp"
#include "packaging/tags.hpp"
#include "solve/internal/project.hpp"
#include "solve/solve.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace pycontainer::solve::internal {

/// Metadata whose requirements have been read. Immutable.
struct ReadMetadata {
    std::string requires_python;
    std::vector<packaging::Requirement> requirements;
    /// What of the requirements cannot be read; the version cannot be used then. Empty: all can.
    std::string fault;
};

/// Thread-safe. Its threads start when there is work, and end with it. Who needs something at once
/// fetches it on its own thread, so nobody waits for a thread that is free.
class Prefetcher {
public:
    using ProjectResult = Result<std::shared_ptr<const Project>>;
    using MetadataResult = Result<std::shared_ptr<const ReadMetadata>>;

    /// `skips`: names that no index is asked about ahead.
    Prefetcher(const exec::Context& ctx, index::IndexClient& client,
               const index::CoreMetadataClient& metadata, const ReadSdist& read_sdist,
               packaging::TargetEnvironment target, const packaging::TagSet& tags,
               std::set<std::string> skips);
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;
    ~Prefetcher();

    /// Starts fetching unless that was done; waits for nothing.
    void want_project(const std::string& name);
    /// Of a wheel; source distributions are not fetched on a guess.
    void want_metadata(const index::IndexFile& wheel);
    /// Fetches the project, the metadata of its newest version that fits, and so on with what that
    /// requires.
    void follow(const packaging::Requirement& requirement);

    ProjectResult project(const std::string& name);
    /// Of a wheel, or of a source distribution.
    MetadataResult metadata(const index::IndexFile& file);

private:
    template <typename T>
    struct Task {
        std::promise<T> promise;
        std::shared_future<T> future = promise.get_future().share();
        bool is_taken = false;  // somebody works on it, or has
    };
    template <typename T>
    using Tasks = std::map<std::string, std::shared_ptr<Task<T>>>;
    using Job = std::function<void(const exec::Context&)>;

    /// Does the work on this thread unless another one has begun it.
    template <typename T, typename Work>
    T run(Tasks<T>& tasks, const std::string& key, const Work& work);
    ProjectResult run_project(const exec::Context& ctx, const std::string& name);
    MetadataResult run_metadata(const exec::Context& ctx, const index::IndexFile& file);
    void enqueue(Job job, bool is_urgent);
    void follow_now(const exec::Context& ctx, const packaging::Requirement& requirement);
    void work(const std::stop_token& stop);

    exec::Context ctx_;
    index::IndexClient& client_;
    const index::CoreMetadataClient& metadata_client_;
    const ReadSdist& read_sdist_;
    packaging::TargetEnvironment target_;
    packaging::MarkerEnvironment environment_;
    const packaging::TagSet& tags_;
    std::set<std::string> skips_;

    std::mutex mutex_;  // of everything below
    std::condition_variable_any changed_;
    std::deque<Job> urgent_, speculative_;
    Tasks<ProjectResult> projects_;
    Tasks<MetadataResult> metadata_;
    std::set<std::string> followed_;
    std::size_t idle_ = 0;
    std::stop_source stop_;
    std::vector<std::jthread> threads_;
};

/// The requirements of a distribution, read.
ReadMetadata read_metadata(const packaging::CoreMetadata& metadata);

}  // namespace pycontainer::solve::internal
