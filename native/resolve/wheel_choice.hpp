#pragma once

// The wheel of each package that fits the image best.

#include "base/digest.hpp"
#include "base/result.hpp"
#include "packaging/tags.hpp"
#include "packaging/target.hpp"
#include "resolve/artifact.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pycontainer::resolve {

/// A wheel to be installed: at `url`, or at `local_path` when that is not empty.
struct SelectedWheel {
    std::string name;     ///< normalized
    std::string version;  ///< as the lock writes it
    std::string filename;
    std::string url;  ///< for requests only: may hold user information, so never printed or stored
    std::filesystem::path local_path;
    std::optional<Digest> sha256;
    std::optional<std::uint64_t> size;
    /// Made on this machine of the project's own or other sources: its layer is shared with nobody.
    bool is_from_sources = false;
    std::string direct_url{};  ///< `direct_url.json` of the installed distribution; empty: none
    std::string index_url{};   ///< the index that the lock took it from; empty: not said
};

/// The best of the package's wheels: the tag that comes first in the target's list, then the
/// highest build tag.
///
/// Errors: `resolve/no-wheel` (wheels exist, for other platforms or Pythons; the hint lists them),
/// `resolve/only-sdist`.
Result<SelectedWheel> choose_wheel(const LockedPackage& package, const packaging::TagSet& tags,
                                   const packaging::TargetEnvironment& target);

/// Has a wheel for the target.
bool has_usable_wheel(const LockedPackage& package, const packaging::TagSet& tags,
                      const packaging::TargetEnvironment& target);

/// `wheels exist for: macosx_11_0_arm64, win_amd64; Python 3.8, 3.9`; empty without wheels.
std::string describe_wheels(const LockedPackage& package);

/// One wheel for each package. All packages without one are in the error's diagnostics, with their
/// places in the lock.
Result<std::vector<SelectedWheel>> choose_wheels(std::span<const LockedPackage> packages,
                                                 const packaging::TargetEnvironment& target);

}  // namespace pycontainer::resolve
