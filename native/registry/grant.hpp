#pragma once

// What a token server says it has granted, where its answer tells: the `scope` of an OAuth2 answer
// (RFC 6749, section 5.1), or the `access` claim of a JSON Web Token (distribution project, "Token
// Authentication Implementation"). The token is not verified: this decides what is asked for next
// and what a message says, never what is trusted.

#include "base/json.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace pycontainer::registry {

/// A value.
class Grant {
public:
    /// `answer` is the token server's, `token` what it holds. Nothing: it does not tell.
    static std::optional<Grant> read(const Json& answer, std::string_view token);

    bool allows(std::string_view repository, std::string_view action) const;
    /// `pull`, `pull,push` or `nothing`, for messages.
    std::string describe(std::string_view repository) const;

private:
    static std::optional<Grant> from_scopes(std::string_view scopes);
    static std::optional<Grant> from_access(const Json& access);

    std::map<std::string, std::set<std::string>, std::less<>> actions_;  ///< by repository
};

}  // namespace pycontainer::registry
