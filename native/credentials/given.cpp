#include "credentials/given.hpp"

#include "credentials/docker_config.hpp"

namespace pycontainer::credentials {

std::vector<GivenCredential> read_given(const Json* list) {
    std::vector<GivenCredential> given;
    if (!list || !list->is_array()) return given;
    for (const auto& item : *list)
        given.push_back({string_member(item, "registry").value_or(""),
                         string_member(item, "username").value_or(""),
                         string_member(item, "password").value_or(""),
                         string_member(item, "entra_token").value_or("")});
    return given;
}

Result<Credential> GivenKeychain::resolve(const exec::Context& ctx, const std::string& registry,
                                          const std::string& repository) {
    for (const auto& each : given_)
        if (canonical_registry(each.registry) == canonical_registry(registry))
            return Credential{.username = each.username,
                              .password = each.password,
                              .source = "the editor",
                              .entra_token = each.entra_token};
    return next_->resolve(ctx, registry, repository);
}

}  // namespace pycontainer::credentials
