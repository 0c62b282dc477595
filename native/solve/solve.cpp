#include "solve/solve.hpp"

#include "solve/internal/python_universe.hpp"

namespace pycontainer::solve {
namespace {

/// A lock needs a hash of what it installs; where the index states none, the wheel is fetched now.
Result<void> complete_hashes(const exec::Context& ctx, const packaging::TargetEnvironment& target,
                             const index::CoreMetadataClient& metadata, Solution& solution) {
    const packaging::TagSet tags(target);
    for (auto& package : solution.packages) {
        auto* wheel = package.direct ? &*package.direct : package.sdist ? &*package.sdist : nullptr;
        if (!wheel && !package.files.empty()) {
            internal::Candidate candidate{*packaging::Version::from(package.version), {}, {}};
            for (const auto& file : package.files) candidate.files.push_back(&file);
            const auto choice = internal::choose_wheel(candidate, tags, target);
            for (auto& file : package.files)
                if (&file == choice.wheel) wheel = &file;
        }
        if (!wheel || wheel->sha256) continue;
        PYC_TRY_ASSIGN(wheel->sha256, metadata.fetch_digest(ctx, *wheel));
    }
    return {};
}

}  // namespace

Result<Solution> solve(const exec::Context& ctx, const Problem& problem, index::IndexClient& client,
                       const index::CoreMetadataClient& metadata, const ReadSdist& read_sdist,
                       const SolveLimits& limits) {
    internal::PythonUniverse universe(ctx, problem, client, metadata, read_sdist, limits);
    PYC_TRY(universe.prepare());
    PYC_TRY_ASSIGN(const auto outcome, pubgrub::solve(universe));
    if (const auto* conflict = std::get_if<pubgrub::Conflict>(&outcome))
        return universe.failure(*conflict);
    auto solution = universe.solution(std::get<pubgrub::Solution>(outcome));
    PYC_TRY(complete_hashes(ctx, problem.target, metadata, solution));
    return solution;
}

}  // namespace pycontainer::solve
