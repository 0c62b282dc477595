#pragma once

// Console scripts: `entry_points.txt` (packaging specifications, "Entry points") and the launchers
// made from it.

#include "archive/file_entry.hpp"
#include "base/result.hpp"
#include "install/scheme.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::install {

struct EntryPoint {
    std::string name;       ///< of the script
    std::string module;     ///< dotted
    std::string attribute;  ///< dotted, in the module

    friend bool operator==(const EntryPoint&, const EntryPoint&) = default;
};

/// The scripts of `[console_scripts]` and `[gui_scripts]`, in the order written; other groups make
/// no files. Errors: `wheel/invalid` for a script that cannot be made, naming `distribution`.
Result<std::vector<EntryPoint>> parse_entry_points(std::string_view text,
                                                   std::string_view distribution);

/// Reads `module:attribute [extras]`. Nothing: it is no object reference.
std::optional<EntryPoint> parse_object_reference(std::string_view name, std::string_view value);

/// False for names that are no plain file name, or that belong to the environment: `python3`,
/// `activate` …
bool is_script_name(std::string_view name);
bool is_reserved_script_name(std::string_view name);

std::string launcher(const Scheme& scheme, const EntryPoint& entry_point);

/// The launchers as files in the environment's `bin`.
std::vector<archive::FileEntry> console_scripts(const Scheme& scheme,
                                                std::span<const EntryPoint> entry_points,
                                                std::int64_t mtime = kInstallTime);

}  // namespace pycontainer::install
