#include "credentials/keychain.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/strings.hpp"
#include "credentials/docker_config.hpp"
#include "exec/process.hpp"

#include <algorithm>
#include <chrono>

namespace pycontainer::credentials {
namespace {

constexpr std::uint64_t kMaxConfig = 4U << 20U;
constexpr std::size_t kMaxHelperOutput = 1U << 20U;
constexpr std::chrono::seconds kHelperTimeout{30};
constexpr std::string_view kUsername = "PYCONTAINER_REGISTRY_USERNAME";
constexpr std::string_view kPassword = "PYCONTAINER_REGISTRY_PASSWORD";

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

/// The protocol of docker-credential-helpers: the server on standard input, JSON on standard
/// output. Nothing: it has none.
Result<std::optional<Credential>> ask_helper(const exec::Context& ctx, const std::string& name,
                                             const std::string& registry) {
    const auto program = "docker-credential-" + name;
    if (!is_helper_name(name))
        return fail("credentials/helper-failed", "`{}` is not the name of a credential helper",
                    printable(name))
            .hint("correct credHelpers or credsStore in Docker's config.json");
    exec::ProcessRequest request;
    request.command = {program, "get"};
    request.input = helper_server(registry);
    request.timeout = kHelperTimeout;
    request.output_limit = kMaxHelperOutput;
    auto outcome = exec::run_process(ctx, request);
    if (!outcome) {
        if (outcome.error().is_cancelled() || outcome.error().code == "process/not-found")
            return fail(std::move(outcome).error());
        return fail("credentials/helper-failed", "`{}` gave no credentials for `{}`: {}", program,
                    registry, outcome.error().message)
            .hint("run `echo {} | {} get` to see why", helper_server(registry), program);
    }
    if (outcome->exit_code != 0) {
        if (says_not_found(*outcome)) return std::nullopt;
        // Standard output is an error message here, but a helper that fails late may have printed a
        // secret before it.
        return fail("credentials/helper-failed",
                    "`{}` gave no credentials for `{}`: it ended with exit code {}", program,
                    registry, outcome->exit_code)
            .hint("run `echo {} | {} get` to see why", helper_server(registry), program);
    }
    if (trim(outcome->output).empty()) return std::nullopt;
    const auto json = parse_json(outcome->output, program);
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

}  // namespace

struct DefaultKeychain::State {
    Environment environment;
    std::optional<std::string> push_registry;

    /// The file and how messages name it.
    struct ConfigFile {
        std::filesystem::path path;
        std::string origin;
    };
    std::optional<ConfigFile> config_file() const {
        if (const auto directory = environment.find_nonempty("DOCKER_CONFIG")) {
            const auto path = std::filesystem::path(*directory) / "config.json";
            return ConfigFile{path, fmt::format("DOCKER_CONFIG ({})", path.string())};
        }
        const auto home = environment.find_nonempty("HOME");
        if (!home) return std::nullopt;
        const auto path = std::filesystem::path(*home) / ".docker" / "config.json";
        return ConfigFile{path, path.string()};
    }

    Result<std::optional<Credential>> from_environment(const std::string& registry,
                                                       Credential& nothing) const {
        if (!push_registry || canonical_registry(*push_registry) != canonical_registry(registry))
            return std::nullopt;
        const auto username = environment.find_nonempty(kUsername);
        const auto password = environment.find_nonempty(kPassword);
        nothing.looked_at.emplace_back(
            "PYCONTAINER_REGISTRY_USERNAME and PYCONTAINER_REGISTRY_PASSWORD");
        if (!username && !password) return std::nullopt;
        if (!username || !password)
            return fail("credentials/incomplete", "`{}` is set, but `{}` is not",
                        username ? kUsername : kPassword, username ? kPassword : kUsername)
                .hint("set both or none");
        return Credential{
            *username, *password, {}, fmt::format("{} and {}", kUsername, kPassword), {}};
    }

    Result<std::optional<Credential>> from_config(const exec::Context& ctx,
                                                  const std::string& registry,
                                                  const std::string& repository,
                                                  Credential& nothing) const {
        const auto file = config_file();
        if (!file) return std::nullopt;
        auto text = read_file(file->path, kMaxConfig);
        if (!text && text.error().code == "file/not-found") {
            nothing.looked_at.push_back(file->origin + " (no such file)");
            return std::nullopt;
        }
        if (!text) return fail(std::move(text).error());
        nothing.looked_at.push_back(file->origin);
        PYC_TRY_ASSIGN(const auto config, DockerConfig::parse(*text, file->origin));
        if (const auto helper = config.helper(registry, repository)) {
            PYC_TRY_ASSIGN(auto found, ask(ctx, *helper, registry, file->origin, nothing));
            if (found) return found;
        }
        PYC_TRY_ASSIGN(auto stored, config.stored(registry, repository));
        if (stored) return stored;
        if (const auto store = config.store())
            return ask(ctx, *store, registry, file->origin, nothing);
        return std::nullopt;
    }

    /// A configuration is often shared with machines that lack the helper, and most base images
    /// need no credentials: a missing program is worth a warning, not the end.
    static Result<std::optional<Credential>> ask(const exec::Context& ctx,
                                                 const std::string& helper,
                                                 const std::string& registry,
                                                 const std::string& origin, Credential& nothing) {
        const auto program = "docker-credential-" + printable(helper);
        auto found = ask_helper(ctx, helper, registry);
        if (!found && found.error().code == "process/not-found") {
            nothing.looked_at.push_back(program + " (not installed)");
            ctx.warn(
                "credentials/helper-missing",
                fmt::format("{} names the credential helper `{}`, which is not installed", origin,
                            program),
                fmt::format(
                    "install it, or remove it from the file; `{}` is asked without credentials",
                    registry));
            return std::nullopt;
        }
        if (!found) return found;
        nothing.looked_at.push_back(program);
        if (*found) (*found)->source = fmt::format("{} (named in {})", program, origin);
        return found;
    }
};

DefaultKeychain::DefaultKeychain(const Environment& environment,
                                 std::optional<std::string> push_registry)
    : state_(std::make_unique<State>(State{environment, std::move(push_registry)})) {}
DefaultKeychain::~DefaultKeychain() = default;

Result<Credential> DefaultKeychain::resolve(const exec::Context& ctx, const std::string& registry,
                                            const std::string& repository) {
    Credential nothing;
    PYC_TRY_ASSIGN(auto found, state_->from_environment(registry, nothing));
    if (!found) {
        PYC_TRY_ASSIGN(found, state_->from_config(ctx, registry, repository, nothing));
    }
    return found ? std::move(*found) : std::move(nothing);
}

}  // namespace pycontainer::credentials
