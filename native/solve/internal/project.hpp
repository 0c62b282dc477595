#pragma once

// One project of an index as the resolver sees it: its versions, newest first, and for each the
// wheel that fits the target, or why there is none.

#include "index/index_client.hpp"
#include "packaging/specifier.hpp"
#include "packaging/tags.hpp"
#include "packaging/target.hpp"
#include "packaging/version.hpp"
#include "pubgrub/candidate_set.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::solve::internal {

struct Candidate {
    packaging::Version version;
    std::string text;                            ///< the version as a file has it
    std::vector<const index::IndexFile*> files;  ///< of the project's page
};

/// Immutable, so thread-safe.
class Project {
public:
    /// Of an index; files that are neither wheel nor source distribution, or of another name, are
    /// left out.
    static std::shared_ptr<const Project> from_page(const std::string& name,
                                                    std::shared_ptr<const index::IndexPage> page);
    /// One version that does not come from an index.
    static std::shared_ptr<const Project> single(packaging::Version version, std::string text);

    const std::vector<Candidate>& candidates() const { return candidates_; }
    std::string index_url() const { return page_ ? page_->index_url : std::string(); }
    /// Every version is a pre-release.
    bool has_only_prereleases() const { return only_prereleases_; }

private:
    std::shared_ptr<const index::IndexPage> page_;
    std::vector<Candidate> candidates_;
    bool only_prereleases_ = true;
};

/// Why a version has no wheel that can be installed.
enum class WheelFault { None, OnlySource, Platform, Python };

struct WheelChoice {
    const index::IndexFile* wheel = nullptr;
    WheelFault fault = WheelFault::None;
    /// Of a version without such a wheel: the source distribution that one might be made of.
    const index::IndexFile* sdist = nullptr;
};

/// The best wheel of the candidate. Thread-safe.
WheelChoice choose_wheel(const Candidate& candidate, const packaging::TagSet& tags,
                         const packaging::TargetEnvironment& target);
/// All files of the version were withdrawn.
bool is_yanked(const Candidate& candidate);
/// The platforms of the candidate's wheels, for people: `macosx_11_0_arm64, win_amd64`.
std::string describe_platforms(const Candidate& candidate);

/// The candidates that the specifiers admit, pre-releases included.
pubgrub::CandidateSet matching(const Project& project, const packaging::SpecifierSet& specifiers);

}  // namespace pycontainer::solve::internal
