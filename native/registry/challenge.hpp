#pragma once

// What a server wants before it answers: the WWW-Authenticate header (RFC 9110, section 11.6.1).

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::registry {

struct Challenge {
    std::string scheme;                             ///< lower case: `basic`, `bearer`
    std::map<std::string, std::string> parameters;  ///< names in lower case

    /// Empty when it is not there.
    std::string parameter(std::string_view name) const;
    friend bool operator==(const Challenge&, const Challenge&) = default;
};

/// All challenges of all header fields, in order; several may share a field. What is malformed is
/// left out.
std::vector<Challenge> parse_challenges(std::span<const std::string> fields);

}  // namespace pycontainer::registry
