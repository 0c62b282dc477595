#pragma once

// Python's packages as PubGrub asks for them: versions as candidates, extras as packages of their
// own that need the same version of their project, markers evaluated for one target.

#include "pubgrub/explanation.hpp"
#include "pubgrub/solver.hpp"
#include "solve/internal/prefetcher.hpp"
#include "solve/internal/project.hpp"
#include "solve/solve.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pycontainer::solve::internal {

/// One thread at a time; borrows what it is given.
class PythonUniverse final : public pubgrub::Universe, public pubgrub::Vocabulary {
public:
    PythonUniverse(const exec::Context& ctx, const Problem& problem, index::IndexClient& client,
                   const index::CoreMetadataClient& metadata, const ReadSdist& read_sdist,
                   const SolveLimits& limits);

    /// Reads the problem. Errors: `resolve/invalid-requirement`, `resolve/unsupported-source`,
    /// `index/…` for what is required at the top.
    Result<void> prepare();
    Solution solution(const pubgrub::Solution& chosen) const;
    Failure failure(const pubgrub::Conflict& conflict) const;

    Result<pubgrub::Requirements> requirements(pubgrub::PackageId package,
                                               std::size_t candidate) override;
    std::size_t choose(pubgrub::PackageId package, const pubgrub::CandidateSet& allowed) override;
    std::uint32_t rank(pubgrub::PackageId package) const override;
    Result<void> step() override;

    std::string candidates(pubgrub::PackageId package,
                           const pubgrub::CandidateSet& candidates) const override;
    std::string need(std::uint32_t reason) const override { return reasons_.at(reason).text; }
    std::string unusable(std::uint32_t reason) const override { return reasons_.at(reason).text; }

private:
    /// Everything about one name.
    struct Known {
        std::string name;
        std::shared_ptr<const Project> project;
        bool is_missing = false;  // no index has it
        const LocalProject* local = nullptr;
        std::optional<index::IndexFile> direct;
        std::vector<const WrittenRequirement*> constraints;
        std::vector<std::optional<WheelChoice>> wheels;  // by candidate, when it was looked at
        std::size_t unusable_sdists = 0;                 // of which no wheel can be made
        std::string sdist_fault;                         // why of the last of them
    };
    struct Package {
        Known* known = nullptr;  // null: the root
        std::string extra;
    };
    struct Reason {
        std::string text;
        const WrittenRequirement* written = nullptr;
        bool operator==(const Reason&) const = default;
    };
    enum class Fault { None, Prerelease, Yanked, Constraint, OnlySource, Platform, Python };

    Result<void> add_written(const WrittenRequirement& written);
    Result<bool> applies(const WrittenRequirement& written) const;
    Result<Known*> known(const std::string& name);
    pubgrub::PackageId package_of(Known& known, const std::string& extra);
    pubgrub::CandidateSet admitted(const Known& known, const WrittenRequirement& written) const;
    std::uint32_t reason(Reason reason);
    const WheelChoice& wheel_of(Known& known, std::size_t candidate);
    /// Where its metadata are: the wheel, else the source distribution if one may be made of it.
    const index::IndexFile* file_of(Known& known, std::size_t candidate);
    /// What is known without metadata.
    Fault fault_of(Known& known, std::size_t candidate);
    std::string describe(const Known& known, std::size_t candidate, Fault fault) const;
    /// All candidates that are unusable for the same reason.
    pubgrub::Requirements unusable_like(Known& known, std::size_t candidate, Fault fault);
    Result<void> add_needs(pubgrub::Requirements& result, const packaging::Requirement& requirement,
                           const WrittenRequirement* written);
    /// The same, or what overrides it.
    Result<void> add_overridable(pubgrub::Requirements& result,
                                 const packaging::Requirement& requirement,
                                 const WrittenRequirement* written);
    Result<pubgrub::Requirements> root_requirements();
    Result<pubgrub::Requirements> local_requirements(pubgrub::PackageId package);
    Result<std::shared_ptr<const ReadMetadata>> metadata_of(Known& known, std::size_t candidate);
    std::string need_text(const packaging::Requirement& requirement, const Known& known,
                          const pubgrub::CandidateSet& allowed,
                          const WrittenRequirement* written) const;

    const exec::Context& ctx_;
    const Problem& problem_;
    const ReadSdist& read_sdist_;
    SolveLimits limits_;
    std::chrono::steady_clock::time_point deadline_;
    std::size_t steps_ = 0;
    packaging::TagSet tags_;
    packaging::MarkerEnvironment environment_;
    packaging::Version python_;
    std::map<std::string, std::unique_ptr<Known>> known_;
    std::vector<Package> packages_;
    std::map<std::pair<std::string, std::string>, pubgrub::PackageId> ids_;
    std::vector<Reason> reasons_;
    std::map<std::string, std::vector<const WrittenRequirement*>> constraints_, overrides_;
    std::vector<const WrittenRequirement*> top_;
    std::set<std::string> prerelease_names_;  // for which a requirement at the top names one
    std::set<std::string> pinned_names_;
    std::set<std::pair<std::string, std::string>> allowed_yanked_;  // name and version
    std::map<std::string, const LocalProject*> locals_;
    std::map<std::string, index::IndexFile> direct_;  // by name
    Prefetcher prefetcher_;                           // last: its threads end before anything else
};

}  // namespace pycontainer::solve::internal
