#pragma once

// requirements.txt as pip reads it (pip's reference, "Requirements File Format"): lines joined,
// comments gone, variables expanded, included files read. What the requirements mean is not decided
// here (requirements_lock.hpp).

#include "base/diagnostic.hpp"
#include "base/environment.hpp"
#include "base/result.hpp"
#include "index/index_options.hpp"
#include "packaging/requirement.hpp"
#include "resolve/selection.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::resolve {

/// One requirement line.
struct RequirementEntry {
    enum class Kind {
        Named,    ///< `requirement` is set; its URL too for `name @ url`
        Url,      ///< a file at a URL
        Path,     ///< a file or directory, `location` being absolute
        Vcs,      ///< `git+https://…`
        Invalid,  ///< a diagnostic says why
    };
    Kind kind = Kind::Invalid;
    std::string text;  ///< as pip has it: the line without its options
    std::optional<packaging::Requirement> requirement;
    std::string location;  ///< URL or path of what has no name
    bool is_editable = false;
    bool is_constraint = false;  ///< from a `-c` file: restricts, adds nothing
    std::vector<RequirementHash> hashes;
    std::string file;          ///< what diagnostics call it
    std::uint32_t line = 0;    ///< zero-based: where the joined line starts
    std::uint32_t length = 0;  ///< of that first line, in UTF-16 units

    Range range() const { return {{line, 0}, {line, length}}; }
};

struct RequirementsFile {
    std::vector<RequirementEntry> entries;
    index::IndexArguments index;
    std::vector<std::string> trusted_hosts;
    bool require_hashes = false;
    std::vector<std::filesystem::path> files;  ///< everything that was read, the file itself first
    std::vector<Diagnostic>
        diagnostics;  ///< `resolve/invalid-requirements` and other faults of single lines
};

/// Gives the bytes of a file; the parser's only contact with the disk.
using FileReader = std::function<Result<std::string>(const std::filesystem::path&)>;

/// Reads `path` and what it includes. `shown_directory` is taken off the beginning of paths in
/// diagnostics. Errors: the reader's for `path` itself; a file that cannot be included is a
/// diagnostic.
Result<RequirementsFile> read_requirements(const std::filesystem::path& path,
                                           const std::filesystem::path& shown_directory,
                                           const Environment& environment, const FileReader& read);
/// From the disk.
Result<RequirementsFile> read_requirements(const std::filesystem::path& path,
                                           const std::filesystem::path& shown_directory,
                                           const Environment& environment);

}  // namespace pycontainer::resolve
