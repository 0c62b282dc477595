#include "credentials/cloud.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "credentials/docker_config.hpp"
#include "exec/process.hpp"

#include <algorithm>
#include <chrono>

namespace pycontainer::credentials {
namespace {

constexpr std::chrono::seconds kTimeout{30};
constexpr std::size_t kMaxOutput = 1U << 20U;
constexpr std::string_view kGithub = "ghcr.io";

/// `123456789012.dkr.ecr.eu-west-1.amazonaws.com` (also `ecr-fips`, and `.com.cn`), and the
/// dual-stack form `123456789012.dkr-ecr.eu-west-1.on.aws`.
std::optional<std::string> ecr_region(const std::string& host) {
    const auto labels = split(host, '.');
    if (labels.empty() || labels[0].size() != 12 ||
        !std::all_of(labels[0].begin(), labels[0].end(),
                     [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    if (labels.size() >= 6 && labels[1] == "dkr" &&
        (labels[2] == "ecr" || labels[2] == "ecr-fips") &&
        (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn")))
        return std::string(labels[3]);
    if (labels.size() == 5 && (labels[1] == "dkr-ecr" || labels[1] == "dkr-ecr-fips") &&
        host.ends_with(".on.aws"))
        return std::string(labels[2]);
    return std::nullopt;
}

bool is_azure(const std::string& host) {
    return host.ends_with(".azurecr.io") || host.ends_with(".azurecr.cn") ||
           host.ends_with(".azurecr.us");
}

bool is_google(const std::string& host) {
    return host == "gcr.io" || host.ends_with(".gcr.io") || host.ends_with("-docker.pkg.dev");
}

bool is_secret_text(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::optional<Credential> credential_in(const CloudProgram& program, const std::string& output) {
    Credential credential;
    credential.ambient = true;
    if (program.kind == CloudProgram::Kind::Azure) {
        const auto json = parse_json(output, "az");
        if (!json) return std::nullopt;
        credential.entra_token = string_member(*json, "accessToken").value_or("");
        credential.entra_tenant = string_member(*json, "tenant").value_or("");
        return is_secret_text(credential.entra_token) ? std::optional(credential) : std::nullopt;
    }
    const auto secret = trim(output);
    if (!is_secret_text(secret)) return std::nullopt;
    credential.username = program.kind == CloudProgram::Kind::Aws      ? "AWS"
                          : program.kind == CloudProgram::Kind::Google ? "oauth2accesstoken"
                                                                       : "x-access-token";
    credential.password = secret;
    return credential;
}

}  // namespace

std::optional<CloudProgram> cloud_program(std::string_view registry) {
    using Kind = CloudProgram::Kind;
    const auto host = canonical_registry(registry);
    if (host == kGithub)
        return CloudProgram{Kind::Github, {"gh", "auth", "token", "--hostname", "github.com"}};
    if (is_azure(host))
        return CloudProgram{Kind::Azure, {"az", "account", "get-access-token", "--output", "json"}};
    if (const auto region = ecr_region(host))
        return CloudProgram{Kind::Aws, {"aws", "ecr", "get-login-password", "--region", *region}};
    if (host == "public.ecr.aws")
        return CloudProgram{Kind::Aws,
                            {"aws", "ecr-public", "get-login-password", "--region", "us-east-1"}};
    if (is_google(host))
        return CloudProgram{Kind::Google, {"gcloud", "auth", "print-access-token"}};
    return std::nullopt;
}

std::optional<Credential> github_token(const Environment& environment, std::string_view registry) {
    if (canonical_registry(registry) != kGithub) return std::nullopt;
    for (const auto* const name : {"GITHUB_TOKEN", "GH_TOKEN"}) {
        const auto token = environment.find_nonempty(name);
        if (!token || !is_secret_text(*token)) continue;
        Credential credential;
        credential.username = environment.find_nonempty("GITHUB_ACTOR").value_or("x-access-token");
        credential.password = *token;
        credential.source = name;
        credential.ambient = true;
        return credential;
    }
    return std::nullopt;
}

Result<std::optional<Credential>> ask_cloud_program(const exec::Context& ctx,
                                                    const CloudProgram& program,
                                                    std::string& note) {
    const std::vector<std::string> named(
        program.command.begin(), std::min(program.command.begin() + 3, program.command.end()));
    const auto name = join(named, " ");
    exec::ProcessRequest request;
    request.command = program.command;
    request.timeout = kTimeout;
    request.output_limit = kMaxOutput;
    const auto outcome = exec::run_process(ctx, request);
    if (!outcome && outcome.error().is_cancelled()) return fail(outcome.error());
    if (!outcome) {
        const bool missing = outcome.error().code == "process/not-found";
        note = fmt::format("`{}` ({})", name, missing ? "not installed" : "failed");
        return std::nullopt;
    }
    if (outcome->exit_code != 0) {
        note = fmt::format("`{}` (exit code {})", name, outcome->exit_code);
        return std::nullopt;
    }
    auto credential = credential_in(program, outcome->output);
    note = fmt::format("`{}`{}", name, credential ? "" : " (printed no token)");
    if (credential) credential->source = note;
    return credential;
}

}  // namespace pycontainer::credentials
