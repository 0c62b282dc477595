#pragma once

// File names of distributions: what they say of their content.

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::packaging {

/// The parts of `name-version[-build]-python-abi-platform.whl` (packaging specifications, "Binary
/// distribution format").
struct WheelName {
    std::string name;                      ///< normalized
    std::string version;                   ///< normalized
    std::string build;                     ///< empty if there is none, else starts with a digit
    std::vector<std::string> python_tags;  ///< lower case, as are the next two
    std::vector<std::string> abi_tags;
    std::vector<std::string> platform_tags;
    std::string stem;  ///< `name-version` as written: the beginning of `.dist-info` and `.data`

    /// Errors: `packaging/invalid-wheel-name` naming the part.
    static Result<WheelName> parse(std::string_view filename);
};

/// Orders build tags: by their number, then by the rest; no build tag comes first.
bool build_tag_less(std::string_view a, std::string_view b);

/// A source distribution's name and version, both normalized.
struct SourceName {
    std::string name;
    std::string version;

    /// From `name-version.tar.gz` or `.zip`. Errors: `packaging/invalid-sdist-name`.
    static Result<SourceName> parse(std::string_view filename);
};

}  // namespace pycontainer::packaging
