#include "registry/refusal.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"

#include <vector>

namespace pycontainer::registry {
namespace {

constexpr std::size_t kMaxErrors = 3;

std::string without_secrets(std::string text, const credentials::Credential& credential) {
    for (const auto& secret :
         {credential.password, credential.identity_token, credential.entra_token}) {
        if (!secret.empty()) text = replace_all(std::move(text), secret, "***");
    }
    return text;
}

std::string described(const Json& error) {
    const auto code = string_member(error, "code").value_or("");
    const auto message = string_member(error, "message").value_or("");
    if (code.empty() || message.empty()) return code + message;
    return code + ": " + message;
}

/// `; it says: …` or nothing.
std::string quoted_message(const net::HttpResponse& response,
                           const credentials::Credential& credential) {
    const auto text = registry_message(response, credential);
    return text.empty() ? std::string() : fmt::format("; it says \"{}\"", text);
}

std::string place(const Operation& operation) {
    return operation.registry + "/" + operation.scope.repository;
}

std::string action(const Operation& operation) {
    return operation.scope.access == Access::Push ? "push to" : "pull from";
}

std::string scopes(const Operation& operation) {
    return join(operation.scope.to_strings(), " ");
}

std::string login_advice(const Operation& operation) {
    auto advice = fmt::format("log in with `pycontainer login {}`", operation.registry);
    if (operation.scope.access == Access::Push)
        advice += ", or set PYCONTAINER_REGISTRY_USERNAME and PYCONTAINER_REGISTRY_PASSWORD";
    return advice;
}

/// What usually is wrong where a known account may not push.
std::string push_advice(const Operation& operation) {
    const auto& host = operation.registry;
    if (host == "ghcr.io")
        return "the token needs the scope `write:packages` (in Actions: `permissions: packages: "
               "write`), and an existing package has to give the repository or account the role "
               "Write in its settings";
    if (host.find(".dkr.ecr") != std::string::npos)
        return fmt::format(
            "ECR wants the repository to exist: `aws ecr create-repository --repository-name {}`; "
            "and the role needs `ecr:PutImage` and `ecr:InitiateLayerUpload`",
            operation.scope.repository);
    if (host.ends_with(".azurecr.io"))
        return "the account needs the role `AcrPush` on the registry";
    if (host.ends_with(".pkg.dev") || host.ends_with("gcr.io"))
        return "the repository has to exist, and the account needs the role "
               "`roles/artifactregistry.writer` on it";
    return "check the repository's name, that it exists where the registry wants that, and that "
           "the account or token may write to it";
}

Failure anonymous_refusal(const Operation& operation, const net::HttpResponse& response,
                          const credentials::Credential& credential) {
    const auto looked_at = credential.looked_at.empty()
                               ? std::string("nothing is configured")
                               : "looked at " + join(credential.looked_at, ", ");
    return fail("registry/unauthorized",
                "`{}` lets nobody {} `{}` without credentials (scope `{}`), and none were found: "
                "{}{}",
                operation.registry, action(operation), place(operation), scopes(operation),
                looked_at, quoted_message(response, credential))
        .hint("{}{}", login_advice(operation),
              operation.scope.access == Access::Pull
                  ? "; many registries say the same of a repository that does not exist"
                  : "");
}

Failure unauthorized(const Operation& operation, const net::HttpResponse& response,
                     const credentials::Credential& credential) {
    if (credential.anonymous()) return anonymous_refusal(operation, response, credential);
    return fail("registry/unauthorized",
                "`{}` refused the credentials from {} to {} `{}` (scope `{}`){}",
                operation.registry, credential.source, action(operation), place(operation),
                scopes(operation), quoted_message(response, credential))
        .hint("they may be wrong or expired: {}", login_advice(operation));
}

Failure forbidden(const Operation& operation, const net::HttpResponse& response,
                  const credentials::Credential& credential) {
    const auto who = credential.anonymous()
                         ? std::string("requests without credentials are")
                         : fmt::format("the credentials from {} are", credential.source);
    auto failure = fail("registry/forbidden", "{} not allowed to {} `{}` (scope `{}`){}", who,
                        action(operation), place(operation), scopes(operation),
                        quoted_message(response, credential));
    if (credential.anonymous()) return std::move(failure).hint("{}", login_advice(operation));
    if (operation.scope.access == Access::Push)
        return std::move(failure).hint("{}", push_advice(operation));
    return std::move(failure).hint(
        "check the repository's name and that the account or token may read it");
}

Failure not_found(const Operation& operation, const net::HttpResponse& response,
                  const credentials::Credential& credential) {
    const auto said = quoted_message(response, credential);
    switch (operation.subject) {
        case Subject::Upload:
            return fail("registry/not-found", "`{}` takes no uploads for `{}`{}",
                        operation.registry, operation.scope.repository, said)
                .hint("check the repository's name; some registries want it to be created first");
        case Subject::Blob:
            return fail("registry/not-found", "`{}` has no blob `{}`{}", place(operation),
                        operation.name, said)
                .hint("the image in the registry is incomplete; push it again");
        case Subject::Token:
            return fail("registry/not-found", "the token server of `{}` was not found{}",
                        operation.registry, said)
                .hint("this has to be repaired in the registry's configuration");
        case Subject::Manifest: break;
    }
    return fail("registry/not-found", "`{}` was not found in the registry{}", operation.name, said)
        .hint("check the name and the tag");
}

/// A 401 although a token was granted: the account is known, but the token does not cover the scope
/// (RFC 6750, section 3.1).
bool is_insufficient_scope(const net::HttpResponse& response) {
    const auto challenges = parse_challenges(response.headers.find_all("WWW-Authenticate"));
    for (const auto& challenge : challenges) {
        if (challenge.scheme == "bearer" && challenge.parameter("error") == "insufficient_scope")
            return true;
    }
    return false;
}

}  // namespace

std::string registry_message(const net::HttpResponse& response,
                             const credentials::Credential& credential) {
    const auto json = parse_json(response.body, "the error");
    if (!json) return {};
    std::vector<std::string> parts;
    if (const Json* const errors = member(*json, "errors");
        errors != nullptr && errors->is_array()) {
        for (const auto& error : *errors) {
            if (parts.size() < kMaxErrors && !described(error).empty())
                parts.push_back(described(error));
        }
    }
    for (const auto* const key :
         {"details", "message", "error_description", "error"}) {  // token servers
        if (const auto text = string_member(*json, key); text && parts.empty())
            parts.push_back(*text);
    }
    return printable(without_secrets(join(parts, "; "), credential), 300);
}

Failure not_granted(const Operation& operation, const std::string& granted,
                    const credentials::Credential& credential) {
    if (credential.anonymous()) return anonymous_refusal(operation, {}, credential);
    return fail("registry/forbidden",
                "the credentials from {} are not allowed to push to `{}`: scope `{}` was asked "
                "for, and `{}` was granted",
                credential.source, place(operation), scopes(operation), granted)
        .hint("{}", push_advice(operation));
}

Failure refusal(const Operation& operation, const net::HttpResponse& response,
                const credentials::Credential& credential) {
    const auto said = quoted_message(response, credential);
    switch (response.status) {
        case 401:
            return !credential.anonymous() && is_insufficient_scope(response)
                       ? forbidden(operation, response, credential)
                       : unauthorized(operation, response, credential);
        case 403: return forbidden(operation, response, credential);
        case 404: return not_found(operation, response, credential);
        case 429: {
            auto failure = fail("registry/rate-limited", "`{}` allows no more requests for now{}",
                                operation.registry, said)
                               .retryable();
            if (credential.anonymous())
                return std::move(failure).hint("wait, or {}: accounts are allowed more",
                                               login_advice(operation));
            return std::move(failure).hint("wait and try again");
        }
        default: break;
    }
    if (response.status >= 500)
        return fail("registry/unavailable", "`{}` answered with HTTP status {}{}",
                    operation.registry, response.status, said)
            .hint("the registry has a problem; try again later")
            .retryable();
    return fail("registry/rejected",
                "`{}` did not accept the request about `{}` (HTTP status {}){}", operation.registry,
                operation.name.empty() ? place(operation) : operation.name, response.status, said)
        .hint(
            "what the registry says is the best clue; some need the repository to be created or "
            "configured first");
}

}  // namespace pycontainer::registry
