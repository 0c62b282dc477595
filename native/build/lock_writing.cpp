#include "build/lock_writing.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "build/made_wheels.hpp"
#include "build/planner.hpp"
#include "resolve/locker.hpp"

#include <utility>

namespace pycontainer::build {
namespace {

std::string listed(const std::vector<resolve::VersionChange>& changes) {
    constexpr std::size_t kMost = 5;
    std::string text;
    for (std::size_t i = 0; i < changes.size() && i < kMost; ++i)
        text += (i == 0 ? "`" : ", `") + changes[i].name + "`";
    if (changes.size() > kMost) text += fmt::format(" and {} more", changes.size() - kMost);
    return text.empty() ? "what it was made of" : text;
}

}  // namespace

Result<void> write_lock(const exec::Context& ctx, const BuildRequest& request,
                        const resolve::DependencyRequest& dependencies, BuildPlan& plan,
                        Session& session) {
    if (!plan.config.include_deps)
        return fail("usage/invalid", "there is nothing to lock: `[build] include_deps` is false")
            .hint("install the dependencies: `--include-deps`");
    PYC_TRY_ASSIGN(const auto file, resolve::lock_to_write(dependencies));
    auto asked = dependencies;
    if (plan.config.build_sdists) asked.ask_backend = MadeWheels(session).ask_backend();
    std::vector<resolve::LockTarget> targets;
    for (const auto& platform : plan.platforms) {
        if (!platform.base.facts.interpreter)
            return fail("base/no-python", "`{}` has no Python that versions could be resolved for",
                        platform.base.text)
                .hint("choose a base with a Python 3");
        auto target = target_of(platform, plan);
        auto options = session.indexes().options().with_pins_for(
            target.marker_environment(), dependencies.extras, dependencies.groups);
        auto client = session.indexes().client().with_options(std::move(options));
        targets.push_back({std::move(target), std::move(client)});
    }
    PYC_TRY_ASSIGN(auto lock, resolve::make_lock(ctx, asked, file, targets, request.lock.upgrade,
                                                 session.store()));
    if (!lock.is_unchanged && request.lock.check_only)
        return fail("resolve/stale-lock", "`{}` is not what it should be: {} would change",
                    file.filename().string(), listed(lock.changes))
            .hint("run `pycontainer lock`, and commit the file");
    if (!lock.is_unchanged) {
        PYC_TRY_ASSIGN(auto out, AtomicFile::create(file));
        PYC_TRY(out.write(lock.text));
        PYC_TRY(ctx.check());
        PYC_TRY(out.commit(Durability::Synced));
    }
    for (const auto& warning : lock.warnings)
        plan.warn(warning.code, warning.message, warning.hint);
    plan.inputs.push_back(file);
    plan.written_lock = std::move(lock);
    return {};
}

}  // namespace pycontainer::build
