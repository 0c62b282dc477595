#pragma once

// METADATA and PKG-INFO (packaging specifications, "Core metadata"): what a distribution says of
// itself, as far as resolving and installing it want to know.

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::packaging {

/// The values of a header field, in their order, continuation lines joined; `name` is lower case.
/// For e-mail-like files, as METADATA and WHEEL are; ends where the body begins.
std::vector<std::string> header_values(std::string_view text, std::string_view name);
/// Empty when there is no such field.
std::string first_header(std::string_view text, std::string_view name);

/// A value as a header field can hold it: white space and control characters, which would end the
/// line and start another, become single blanks, none of them around.
std::string header_line(std::string_view text);

/// As written, but for white space around.
struct CoreMetadata {
    std::string metadata_version;
    std::string name;
    std::string version;
    std::string requires_python;  ///< empty: not said
    std::vector<std::string> requires_dist;
    std::vector<std::string> provides_extra;
    std::vector<std::string> dynamic;  ///< lower case: fields that a wheel may say otherwise

    /// Errors: `packaging/invalid-metadata` without a name or version.
    static Result<CoreMetadata> parse(std::string_view text);
};

}  // namespace pycontainer::packaging
