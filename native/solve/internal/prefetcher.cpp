#include "solve/internal/prefetcher.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"

#include <system_error>
#include <utility>

namespace pycontainer::solve::internal {
namespace {

constexpr std::size_t kThreads = 20;
/// Speculation ends here: what is needed then is fetched when it is.
constexpr std::size_t kMaxFollowed = 1'000;

}  // namespace

ReadMetadata read_metadata(const packaging::CoreMetadata& metadata) {
    ReadMetadata result;
    result.requires_python = metadata.requires_python;
    for (const auto& text : metadata.requires_dist) {
        auto requirement = packaging::Requirement::parse(text);
        if (requirement)
            result.requirements.push_back(*std::move(requirement));
        else
            result.fault = text;
    }
    return result;
}

Prefetcher::Prefetcher(const exec::Context& ctx, index::IndexClient& client,
                       const index::CoreMetadataClient& metadata, const ReadSdist& read_sdist,
                       packaging::TargetEnvironment target, const packaging::TagSet& tags,
                       std::set<std::string> skips)
    : ctx_(ctx),
      client_(client),
      metadata_client_(metadata),
      read_sdist_(read_sdist),
      target_(std::move(target)),
      environment_(target_.marker_environment()),
      tags_(tags),
      skips_(std::move(skips)) {}

Prefetcher::~Prefetcher() {
    stop_.request_stop();
    std::vector<std::jthread> threads;
    {
        const std::lock_guard lock(mutex_);  // a thread may be starting another one
        threads.swap(threads_);
    }
    changed_.notify_all();  // and they are joined here
}

void Prefetcher::enqueue(Job job, bool is_urgent) {
    // The lock is held.
    if (stop_.stop_requested()) return;
    (is_urgent ? urgent_ : speculative_).push_back(std::move(job));
    if (idle_ >= urgent_.size() + speculative_.size() || threads_.size() >= kThreads) {
        changed_.notify_one();
        return;
    }
    try {
        threads_.emplace_back([this] { work(stop_.get_token()); });
    } catch (const std::system_error&) {
        changed_.notify_one();  // no more threads: the others do it, or who asks for it
    }
}

void Prefetcher::work(const std::stop_token& stop) {
    // A request ends when the whole operation is stopped or when nobody needs it any more.
    const std::stop_callback forward(ctx_.stop_token(), [this] {
        stop_.request_stop();
        changed_.notify_all();
    });
    const auto ctx = ctx_.with_stop(stop);
    for (;;) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            ++idle_;
            changed_.wait(lock, stop, [this] { return !urgent_.empty() || !speculative_.empty(); });
            --idle_;
            if (urgent_.empty() && speculative_.empty()) return;
            auto& queue = urgent_.empty() ? speculative_ : urgent_;
            job = std::move(queue.front());
            queue.pop_front();
        }
        job(ctx);
    }
}

template <typename T, typename Work>
T Prefetcher::run(Tasks<T>& tasks, const std::string& key, const Work& work) {
    std::shared_ptr<Task<T>> task;
    bool is_mine = false;
    {
        const std::lock_guard lock(mutex_);
        auto& slot = tasks[key];
        if (!slot) slot = std::make_shared<Task<T>>();
        task = slot;
        is_mine = !std::exchange(task->is_taken, true);
    }
    if (is_mine) task->promise.set_value(work());
    return task->future.get();
}

Prefetcher::ProjectResult Prefetcher::run_project(const exec::Context& ctx,
                                                  const std::string& name) {
    return run(projects_, name, [&]() -> ProjectResult {
        PYC_TRY_ASSIGN(auto page, client_.page(ctx, name));
        return Project::from_page(name, std::move(page));
    });
}

Prefetcher::MetadataResult Prefetcher::run_metadata(const exec::Context& ctx,
                                                    const index::IndexFile& file) {
    return run(metadata_, file.url, [&]() -> MetadataResult {
        const bool is_wheel = file.filename.ends_with(".whl");
        PYC_TRY_ASSIGN(const auto metadata,
                       is_wheel ? metadata_client_.fetch(ctx, file) : read_sdist_(ctx, file));
        return std::make_shared<const ReadMetadata>(read_metadata(metadata));
    });
}

void Prefetcher::want_project(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (const auto known = projects_.find(name); known != projects_.end()) return;
    enqueue([this, name](const exec::Context& ctx) { ignore(run_project(ctx, name)); }, true);
}

void Prefetcher::want_metadata(const index::IndexFile& wheel) {
    const std::lock_guard lock(mutex_);
    if (const auto known = metadata_.find(wheel.url); known != metadata_.end()) return;
    enqueue([this, wheel](const exec::Context& ctx) { ignore(run_metadata(ctx, wheel)); }, true);
}

Prefetcher::ProjectResult Prefetcher::project(const std::string& name) {
    return run_project(ctx_, name);
}

Prefetcher::MetadataResult Prefetcher::metadata(const index::IndexFile& file) {
    return run_metadata(ctx_, file);
}

void Prefetcher::follow(const packaging::Requirement& requirement) {
    const auto name = requirement.normalized_name();
    if (skips_.contains(name) || !requirement.url.empty()) return;
    const auto key = name + "[" + join(requirement.normalized_extras(), ",") + "]";
    const std::lock_guard lock(mutex_);
    if (followed_.size() >= kMaxFollowed || !followed_.insert(key).second) return;
    enqueue([this, requirement](const exec::Context& ctx) { follow_now(ctx, requirement); }, false);
}

void Prefetcher::follow_now(const exec::Context& ctx, const packaging::Requirement& requirement) {
    if (ctx.is_stopped()) return;
    const auto name = requirement.normalized_name();
    const auto project = run_project(ctx, name);
    if (!project) return;  // who needs it will hear of it
    for (const auto& candidate : (*project)->candidates()) {
        if (candidate.version.is_prerelease() && !(*project)->has_only_prereleases()) continue;
        if (!requirement.specifiers.contains(candidate.version) || is_yanked(candidate)) continue;
        const auto choice = choose_wheel(candidate, tags_, target_);
        if (!choice.wheel) continue;
        const auto metadata = run_metadata(ctx, *choice.wheel);
        if (!metadata) return;
        auto environment = environment_;
        environment.extra = requirement.normalized_extras();
        for (const auto& each : (*metadata)->requirements)
            if (!each.marker || each.marker->evaluate_leniently(environment)) follow(each);
        return;
    }
}

}  // namespace pycontainer::solve::internal
