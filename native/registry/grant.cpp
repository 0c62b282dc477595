#include "registry/grant.hpp"

#include "base/strings.hpp"
#include "credentials/base64.hpp"

#include <fmt/format.h>

namespace pycontainer::registry {
namespace {

constexpr std::size_t kMaxEntries = 1000;

/// The claims of a JSON Web Token (RFC 7519): the part between its two dots, base64url.
std::optional<Json> claims_of(std::string_view token) {
    const auto parts = split(token, '.');
    if (parts.size() != 3) return std::nullopt;
    std::string text(parts[1]);
    for (auto& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
    const auto bytes = credentials::from_base64(text);
    if (!bytes) return std::nullopt;
    auto claims = parse_json(*bytes, "the token");
    if (!claims || !claims->is_object()) return std::nullopt;
    return std::move(*claims);
}

}  // namespace

std::optional<Grant> Grant::read(const Json& answer, std::string_view token) {
    if (const auto scope = string_member(answer, "scope"); scope && !trim(*scope).empty())
        if (auto grant = from_scopes(*scope)) return grant;
    const auto claims = claims_of(token);
    const auto* const access = claims ? member(*claims, "access") : nullptr;
    return access != nullptr ? from_access(*access) : std::nullopt;
}

std::optional<Grant> Grant::from_scopes(std::string_view scopes) {
    Grant grant;
    for (const auto scope : split(scopes, ' ')) {
        const auto first = scope.find(':');
        const auto last = scope.rfind(':');
        if (scope.empty()) continue;
        if (first == last || grant.actions_.size() >= kMaxEntries)
            return std::nullopt;  // not in this form: it tells something else
        if (scope.substr(0, first) != "repository") continue;
        auto& actions = grant.actions_[std::string(scope.substr(first + 1, last - first - 1))];
        for (const auto action : split(scope.substr(last + 1), ',')) actions.emplace(action);
    }
    return grant;
}

std::optional<Grant> Grant::from_access(const Json& access) {
    if (!access.is_array() || access.size() > kMaxEntries) return std::nullopt;
    Grant grant;
    for (const auto& entry : access) {
        const auto type = string_member(entry, "type");
        const auto name = string_member(entry, "name");
        const auto* const actions = member(entry, "actions");
        if (!type || !name || actions == nullptr) return std::nullopt;
        if (actions->is_null()) continue;  // Go's empty list
        if (!actions->is_array()) return std::nullopt;
        if (*type != "repository") continue;
        for (const auto& action : *actions)
            if (action.is_string()) grant.actions_[*name].insert(action.get<std::string>());
    }
    return grant;
}

bool Grant::allows(std::string_view repository, std::string_view action) const {
    const auto found = actions_.find(repository);
    return found != actions_.end() &&
           (found->second.contains("*") || found->second.contains(std::string(action)));
}

std::string Grant::describe(std::string_view repository) const {
    const auto found = actions_.find(repository);
    if (found == actions_.end() || found->second.empty()) return "nothing";
    return printable(fmt::format("{}", fmt::join(found->second, ",")), 100);
}

}  // namespace pycontainer::registry
