#include "credentials/helper_program.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "credentials/docker_config.hpp"
#include "exec/process.hpp"

#include <algorithm>
#include <chrono>

namespace pycontainer::credentials {
namespace {

constexpr std::size_t kMaxHelperOutput = 1U << 20U;
constexpr std::chrono::seconds kHelperTimeout{30};

/// Helpers are programs on PATH; a name with a slash would be a path.
bool is_helper_name(std::string_view name) {
    return !name.empty() && name.size() < 100 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

/// docker-credential-helpers have no exit code for it, only texts ("credentials not found in native
/// keychain").
bool says_not_found(const exec::ProcessOutcome& outcome) {
    const auto text = to_lower(outcome.output + outcome.errors);
    return text.find("not found") != std::string::npos ||
           text.find("no credentials") != std::string::npos ||
           text.find("could not be found") != std::string::npos;
}

Result<exec::ProcessOutcome> run_helper(const exec::Context& ctx, const std::string& name,
                                        const std::string& action, std::string input,
                                        const std::string& registry) {
    const auto program = "docker-credential-" + name;
    if (!is_helper_name(name))
        return fail("credentials/helper-failed", "`{}` is not the name of a credential helper",
                    printable(name))
            .hint("correct credHelpers or credsStore in Docker's config.json");
    exec::ProcessRequest request;
    request.command = {program, action};
    request.input = std::move(input);
    request.timeout = kHelperTimeout;
    request.output_limit = kMaxHelperOutput;
    auto outcome = exec::run_process(ctx, request);
    if (outcome || outcome.error().is_cancelled() || outcome.error().code == "process/not-found")
        return outcome;
    return fail("credentials/helper-failed", "`{}` could not {} the credentials of `{}`: {}",
                program, action, registry, outcome.error().message)
        .hint("run `echo {} | {} get` to see why", helper_server(registry), program);
}

}  // namespace

Result<std::optional<Credential>> ask_helper(const exec::Context& ctx, const std::string& name,
                                             const std::string& registry) {
    const auto program = "docker-credential-" + name;
    PYC_TRY_ASSIGN(const auto outcome,
                   run_helper(ctx, name, "get", helper_server(registry), registry));
    if (outcome.exit_code != 0) {
        if (says_not_found(outcome)) return std::nullopt;
        // Standard output is an error message here, but a helper that fails late may have printed a
        // secret before it.
        return fail("credentials/helper-failed",
                    "`{}` gave no credentials for `{}`: it ended with exit code {}", program,
                    registry, outcome.exit_code)
            .hint("run `echo {} | {} get` to see why", helper_server(registry), program);
    }
    if (trim(outcome.output).empty()) return std::nullopt;
    const auto json = parse_json(outcome.output, program);
    if (!json || !json->is_object())
        return fail("credentials/helper-failed",
                    "`{}` answered for `{}` with something that is not a JSON object", program,
                    registry)
            .hint("run `{} version` and update it", program);
    Credential credential;
    credential.username = string_member(*json, "Username").value_or("");
    credential.password = string_member(*json, "Secret").value_or("");
    if (credential.username ==
        "<token>") {  // docker-credential-helpers: the secret is an identity token then
        credential.username.clear();
        credential.identity_token = std::move(credential.password);
        credential.password.clear();
    }
    if (credential.anonymous()) return std::nullopt;
    credential.source = program;
    return credential;
}

Result<void> store_in_helper(const exec::Context& ctx, const std::string& name,
                             const std::string& registry, const Credential& credential) {
    const bool is_token = !credential.identity_token.empty();
    const Json input{{"ServerURL", helper_server(registry)},
                     {"Username", is_token ? "<token>" : credential.username},
                     {"Secret", is_token ? credential.identity_token : credential.password}};
    PYC_TRY_ASSIGN(const auto outcome, run_helper(ctx, name, "store", dump_json(input), registry));
    if (outcome.exit_code == 0) return {};
    return fail("credentials/helper-failed",
                "`docker-credential-{}` did not store the credentials of `{}`: it ended with exit "
                "code {}",
                name, registry, outcome.exit_code)
        .hint("run `docker-credential-{} list` to see why; a locked key ring is a usual cause",
              name);
}

Result<void> erase_from_helper(const exec::Context& ctx, const std::string& name,
                               const std::string& registry) {
    PYC_TRY_ASSIGN(const auto outcome,
                   run_helper(ctx, name, "erase", helper_server(registry), registry));
    if (outcome.exit_code == 0 || says_not_found(outcome)) return {};
    return fail("credentials/helper-failed",
                "`docker-credential-{}` did not erase the credentials of `{}`: it ended with exit "
                "code {}",
                name, registry, outcome.exit_code)
        .hint("run `echo {} | docker-credential-{} erase` to see why", helper_server(registry),
              name);
}

}  // namespace pycontainer::credentials
