#pragma once

// What is said of an extra or a group that a lock does not have.

#include "base/result.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::resolve::internal {

enum class NameKind { Extra, Group };

/// `resolve/unknown-extra` or `resolve/unknown-group`, with what exists. `advice` ends the hint:
/// what to do if the name is right.
Failure unknown_name(NameKind kind, const std::string& name, const std::set<std::string>& known,
                     std::string_view lock, std::string_view advice);

/// Each normalized, in the order given.
std::vector<std::string> normalized_names(const std::vector<std::string>& names);

}  // namespace pycontainer::resolve::internal
