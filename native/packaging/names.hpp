#pragma once

// Names of projects and extras: which texts are names, and the one spelling that comparisons use.

#include <string>
#include <string_view>

namespace pycontainer::packaging {

/// PEP 503: lower case, runs of `-`, `_` and `.` as one `-`. Also the form of extras (PEP 685) and
/// dependency groups (PEP 735).
std::string normalize_name(std::string_view name);

/// ASCII letters, digits, `.`, `-` and `_`, with a letter or digit at both ends (packaging
/// specifications, "Names and normalization").
bool is_valid_name(std::string_view name);

}  // namespace pycontainer::packaging
