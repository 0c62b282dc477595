#pragma once

// pdm.lock as it is written, formats 4.0 to 4.5.

#include "base/diagnostic.hpp"
#include "base/result.hpp"
#include "packaging/marker.hpp"
#include "packaging/requirement.hpp"
#include "packaging/specifier.hpp"
#include "packaging/target.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "toml/document.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::resolve::internal {

/// An environment that the lock was made for; what is missing is not restricted.
struct PdmTarget {
    std::string requires_python;                   ///< as written
    std::vector<packaging::SpecifierSet> pythons;  ///< alternatives
    std::string platform;
    std::string implementation;
    std::optional<bool> gil_disabled;

    enum class Fit { None, OtherPython, NewerLibc, Full };
    Fit fit(const packaging::TargetEnvironment& target) const;
    /// For people.
    std::string describe() const;
};

/// A requirement of a package or of the project. One that is no text of PEP 508, such as a path,
/// has a name or a location only.
struct PdmRequirement {
    std::string name;                 ///< normalized; empty: not known
    std::vector<std::string> extras;  ///< normalized
    packaging::SpecifierSet specifiers;
    std::optional<packaging::Marker> marker;
    std::string location;  ///< URL or path
    std::string text;
};

struct PdmPackage {
    std::string name;                 ///< normalized
    std::vector<std::string> extras;  ///< normalized and sorted; empty: the package itself
    std::string version;              ///< may be empty for what is local
    packaging::SpecifierSet requires_python;
    std::set<std::string> groups;
    std::optional<packaging::Marker> marker;
    std::vector<PdmRequirement> dependencies;
    LockEntry::Kind kind = LockEntry::Kind::Index;
    std::string location;
    std::string commit{};  ///< of a Git repository, as the next two
    std::string requested_revision{};
    std::string subdirectory{};
    std::vector<LockedFile> files;
    std::size_t index = 0;  ///< in the file's `[[package]]`
};

struct PdmLock {
    std::string file;  ///< what diagnostics call it
    toml::Document document;
    bool inherits_metadata = false;
    bool is_cross_platform = false;
    std::optional<std::set<std::string>> groups;  ///< normalized
    std::vector<PdmTarget> targets;
    std::string content_hash;
    bool has_lock_inputs = false;
    std::vector<PdmPackage> packages;

    /// The place of a package's name.
    Range range_of(const PdmPackage& package) const;
};

/// Errors: `resolve/invalid-lock` with all faults and their places,
/// `resolve/unsupported-lock-version`.
Result<PdmLock> read_pdm_lock(std::string_view text, const std::string& file);

/// As PDM reads a line: PEP 508, `-e` before a URL with `#egg=name`, a path. Errors:
/// `resolve/invalid-dependency`.
Result<PdmRequirement> read_pdm_requirement(std::string_view line);

}  // namespace pycontainer::resolve::internal
