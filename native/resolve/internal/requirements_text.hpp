#pragma once

// From the bytes of a requirements file to its logical lines, in the order of pip's own steps.

#include "base/environment.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::resolve::internal {

struct LogicalLine {
    std::string text;  ///< without comment and white space around, variables expanded; never empty
    std::uint32_t number = 0;  ///< zero-based, of its first line
    std::uint32_t length = 0;  ///< of that first line, in UTF-16 units
};

/// UTF-8 with or without mark, or UTF-16 with one, or Latin-1 if a coding line in the first two
/// lines says so (PEP 263). Errors: `resolve/invalid-requirements`.
Result<std::string> decode_requirements(std::string_view bytes, std::string_view file);

/// Joins lines that end in a backslash, drops comments, expands `${NAME}` where the environment has
/// it.
std::vector<LogicalLine> logical_lines(std::string_view text, const Environment& environment);

/// A line's requirement and its options: they begin at the first word with a dash.
struct SplitLine {
    std::string requirement;
    std::string options;
};
SplitLine split_options(std::string_view line);

}  // namespace pycontainer::resolve::internal
