#pragma once

// pylock.toml (PEP 751; packaging specifications, "pylock.toml"): what it says, and which of its
// packages an installation takes.
//
// The file is a flat list: markers alone decide what is installed, `dependencies` are never
// followed. Names that are not normalized are taken with a warning, as real tools write them.

#include "base/diagnostic.hpp"
#include "base/result.hpp"
#include "packaging/marker.hpp"
#include "packaging/specifier.hpp"
#include "resolve/artifact.hpp"
#include "resolve/selection.hpp"
#include "toml/document.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::resolve {

struct PylockPackage {
    enum class Source { Files, Vcs, Directory, Archive };

    std::string name;     ///< normalized
    std::string version;  ///< empty: not said
    std::optional<packaging::Marker> marker;
    packaging::SpecifierSet requires_python;
    Source source = Source::Files;
    std::filesystem::path directory;  ///< of `Directory`, relative to the lock
    std::vector<Artifact> wheels;     ///< paths relative to the lock; one if the archive is a wheel
    bool has_sdist = false;           ///< also if the archive is one
    std::optional<Artifact> sdist{};  ///< its path relative to the lock
    std::optional<Repository> repository{};  ///< of `Vcs`, when it is Git
    std::string index_url{};                 ///< the simple API that had the files; empty: not said
    std::size_t index = 0;                   ///< in the file's `[[packages]]`
};

struct Pylock {
    std::string file;         ///< what diagnostics call it
    toml::Document document;  ///< its value has `tool` only, once it is read
    std::string created_by;
    std::vector<packaging::Marker> environments;
    packaging::SpecifierSet requires_python;
    std::vector<std::string> extras;  ///< normalized, as the next two are
    std::vector<std::string> groups;
    std::vector<std::string> default_groups;
    std::vector<PylockPackage> packages;
    std::vector<Warning> warnings;

    Range range_of(const PylockPackage& package) const;
};

/// Errors: `resolve/invalid-lock` with all faults and their places,
/// `resolve/unsupported-lock-version`.
Result<Pylock> read_pylock(std::string_view text, const std::string& file);

/// What the lock installs: the default groups and those of the request, and the request's extras.
///
/// Errors: those of `read_pylock`; `resolve/python-mismatch`, `resolve/unsupported-environment`,
/// `resolve/unknown-extra`, `resolve/unknown-group`, `resolve/unsupported-source`,
/// `resolve/missing-hash`.
Result<Selection> select_from_pylock(std::string_view text, const std::string& file,
                                     const SelectionRequest& request);

/// `pylock.toml` or `pylock.NAME.toml` (PEP 751, "File Name").
bool is_pylock_name(std::string_view filename);

}  // namespace pycontainer::resolve
