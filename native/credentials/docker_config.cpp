#include "credentials/docker_config.hpp"

#include "base/strings.hpp"
#include "credentials/base64.hpp"

#include <set>

namespace pycontainer::credentials {
namespace {

/// A key of `auths` or `credHelpers`, taken apart.
struct Scope {
    std::string registry;
    std::string path;  ///< without slashes at the ends; empty: the whole registry
};

Scope scope_of(std::string_view key) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
    }
    const auto slash = key.find('/');
    auto path = slash == std::string_view::npos ? std::string_view() : key.substr(slash);
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    if (path == "v1" || path == "v2") path = {};
    return {canonical_registry(key.substr(0, slash)), std::string(path)};
}

bool covers(const Scope& scope, std::string_view registry, std::string_view repository) {
    if (scope.registry != registry) return false;
    return scope.path.empty() || repository == scope.path ||
           repository.starts_with(scope.path + "/");
}

/// The member of `object` whose key means `registry`, the longest path first.
struct Found {
    std::string key;
    const Json* value = nullptr;
};
Found find_entry(const Json& config, std::string_view name, std::string_view registry,
                 std::string_view repository) {
    Found best;
    std::size_t length = 0;
    const Json* const object = member(config, name);
    if (object == nullptr || !object->is_object()) return best;
    const auto wanted = canonical_registry(registry);
    for (const auto& [key, value] : object->items()) {
        const auto scope = scope_of(key);
        if (!covers(scope, wanted, repository) ||
            (best.value != nullptr && scope.path.size() <= length))
            continue;
        best = {key, &value};
        length = scope.path.size();
    }
    return best;
}

}  // namespace

std::string canonical_registry(std::string_view registry) {
    auto name = to_lower(registry);
    if (name == "index.docker.io" || name == "registry-1.docker.io") return "docker.io";
    return name;
}

std::string helper_server(std::string_view registry) {
    const auto name = canonical_registry(registry);
    return name == "docker.io" ? "https://index.docker.io/v1/" : name;
}

Result<DockerConfig> DockerConfig::parse(std::string_view text, std::string origin) {
    DockerConfig config;
    if (trim(text).empty()) {
        config.json_ = Json::object();
    } else {
        auto json = parse_json(text, "config.json");
        // The parser's own message quotes what it read, which may be a password.
        if (!json || !json->is_object())
            return fail("credentials/invalid-config", "`{}` is not a JSON object", origin)
                .hint(
                    "repair the file, or set DOCKER_CONFIG to a directory with another "
                    "config.json");
        config.json_ = std::move(*json);
    }
    config.origin_ = std::move(origin);
    return config;
}

Result<std::optional<Credential>> DockerConfig::stored(std::string_view registry,
                                                       std::string_view repository) const {
    const auto found = find_entry(json_, "auths", registry, repository);
    if (found.value == nullptr) return std::nullopt;
    Credential credential;
    credential.username = string_member(*found.value, "username").value_or("");
    credential.password = string_member(*found.value, "password").value_or("");
    credential.identity_token = string_member(*found.value, "identitytoken").value_or("");
    if (const auto auth = string_member(*found.value, "auth"); auth && !auth->empty()) {
        const auto text = from_base64(*auth);
        const auto colon = text ? text->find(':') : std::string::npos;
        if (colon == std::string::npos)
            return fail("credentials/invalid-config",
                        "`auth` of `{}` in `{}` is not the base64 form of `user:password`",
                        printable(found.key), origin_)
                .hint("log in again with the tool that wrote it, for example `docker login {}`",
                      printable(found.key));
        credential.username = text->substr(0, colon);
        credential.password = text->substr(colon + 1);
        while (credential.password.ends_with('\0'))
            credential.password.pop_back();  // old Docker versions padded it
    }
    if (credential.anonymous()) return std::nullopt;
    credential.source = origin_;
    return credential;
}

std::optional<std::string> DockerConfig::helper(std::string_view registry,
                                                std::string_view repository) const {
    const auto found = find_entry(json_, "credHelpers", registry, repository);
    if (found.value == nullptr || !found.value->is_string() ||
        found.value->get_ref<const std::string&>().empty())
        return std::nullopt;
    return found.value->get<std::string>();
}

std::vector<std::string> DockerConfig::registries() const {
    std::set<std::string> names;
    for (const auto* list : {"auths", "credHelpers"})
        if (const auto* entries = member(json_, list); entries && entries->is_object())
            for (const auto& [key, value] : entries->items()) names.insert(scope_of(key).registry);
    names.erase("");
    return {names.begin(), names.end()};
}

std::optional<std::string> DockerConfig::store() const {
    auto name = string_member(json_, "credsStore");
    if (name && name->empty()) return std::nullopt;
    return name;
}

}  // namespace pycontainer::credentials
