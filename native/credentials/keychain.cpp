#include "credentials/keychain.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "base/synchronized.hpp"
#include "credentials/cloud.hpp"
#include "credentials/config_files.hpp"
#include "credentials/docker_config.hpp"
#include "credentials/helper_program.hpp"
#include "credentials/netrc.hpp"

#include <map>

namespace pycontainer::credentials {
namespace {

constexpr std::uint64_t kMaxConfig = 4U << 20U;
constexpr std::string_view kUsername = "PYCONTAINER_REGISTRY_USERNAME";
constexpr std::string_view kPassword = "PYCONTAINER_REGISTRY_PASSWORD";

using Found = Result<std::optional<Credential>>;

}  // namespace

struct DefaultKeychain::State {
    /// What a program said, and how messages call it.
    struct Answer {
        std::optional<Credential> credential;
        std::string note;
    };

    Environment environment;
    KeychainOptions options;
    Synchronized<std::map<std::string, Answer>> answers;  ///< held while a program runs

    State(const Environment& the_environment, KeychainOptions the_options)
        : environment(the_environment), options(std::move(the_options)) {}

    bool is_push_registry(const std::string& registry) const {
        return options.push_registry &&
               canonical_registry(*options.push_registry) == canonical_registry(registry);
    }

    Found from_caller(const std::string& registry, Credential& nothing) const {
        if (!is_push_registry(registry)) return std::nullopt;
        if (options.login)
            return Credential{.username = options.login->username,
                              .password = options.login->password,
                              .source = "--registry-username and --registry-password-stdin"};
        const auto username = environment.find_nonempty(kUsername);
        const auto password = environment.find_nonempty(kPassword);
        const auto source = fmt::format("{} and {}", kUsername, kPassword);
        nothing.looked_at.push_back(source);
        if (!username && !password) return std::nullopt;
        if (!username || !password)
            return fail("credentials/incomplete", "`{}` is set, but `{}` is not",
                        username ? kUsername : kPassword, username ? kPassword : kUsername)
                .hint("set both or none");
        return Credential{.username = *username, .password = *password, .source = source};
    }

    Found from_file(const exec::Context& ctx, const ConfigFile& file, const std::string& registry,
                    const std::string& repository, Credential& nothing) {
        std::string text;
        if (file.text) {
            text = *file.text;
        } else {
            auto content = read_file(file.path, kMaxConfig);
            if (!content && content.error().code == "file/not-found") {
                if (file.expected) nothing.looked_at.push_back(file.origin + " (no such file)");
                return std::nullopt;
            }
            if (!content) return fail(std::move(content).error());
            text = std::move(*content);
        }
        nothing.looked_at.push_back(file.origin);
        PYC_TRY_ASSIGN(const auto config, DockerConfig::parse(text, file.origin));
        if (const auto helper = config.helper(registry, repository)) {
            PYC_TRY_ASSIGN(auto found, ask(ctx, *helper, registry, file.origin, nothing));
            if (found) return found;
        }
        PYC_TRY_ASSIGN(auto stored, config.stored(registry, repository));
        if (stored) return stored;
        if (const auto store = config.store())
            return ask(ctx, *store, registry, file.origin, nothing);
        return std::nullopt;
    }

    Found ask(const exec::Context& ctx, const std::string& helper, const std::string& registry,
              const std::string& origin, Credential& nothing) {
        const auto program = "docker-credential-" + printable(helper);
        if (!options.run_programs) {
            nothing.looked_at.push_back(program + " (programs are not run here)");
            return std::nullopt;
        }
        return answers.with([&](auto& known) -> Found {
            const auto key = program + " " + helper_server(registry);
            auto answer = known.find(key);
            if (answer == known.end()) {
                PYC_TRY_ASSIGN(auto got, run(ctx, helper, program, registry, origin));
                answer = known.emplace(key, std::move(got)).first;
            }
            nothing.looked_at.push_back(answer->second.note);
            return answer->second.credential;
        });
    }

    /// A configuration is often shared with machines that lack the helper, and most base images
    /// need no credentials: a missing program is worth a warning, not the end.
    static Result<Answer> run(const exec::Context& ctx, const std::string& helper,
                              const std::string& program, const std::string& registry,
                              const std::string& origin) {
        auto found = ask_helper(ctx, helper, registry);
        if (!found && found.error().code == "process/not-found") {
            ctx.warn(
                "credentials/helper-missing",
                fmt::format("{} names the credential helper `{}`, which is not installed", origin,
                            program),
                fmt::format(
                    "install it, or remove it from the file; `{}` is asked without credentials",
                    registry));
            return Answer{std::nullopt, program + " (not installed)"};
        }
        if (!found) return fail(std::move(found).error());
        if (*found) (*found)->source = fmt::format("{} (named in {})", program, origin);
        return Answer{std::move(*found), program};
    }

    Found from_netrc(const std::string& registry, Credential& nothing) const {
        std::filesystem::path path;
        if (const auto named = environment.find_nonempty("NETRC"))
            path = *named;
        else if (const auto home = environment.find_nonempty("HOME"))
            path = std::filesystem::path(*home) / ".netrc";
        if (path.empty()) return std::nullopt;
        const auto text = read_file(path, kMaxConfig);
        if (!text) return std::nullopt;  // it is other programs' file
        nothing.looked_at.push_back(path.string());
        const auto login = find_in_netrc(*text, registry);
        if (!login) return std::nullopt;
        return Credential{.username = login->username,
                          .password = login->password,
                          .source = path.string(),
                          .ambient = true};
    }

    Found from_cloud(const exec::Context& ctx, const std::string& registry, Credential& nothing) {
        if (auto token = github_token(environment, registry)) return token;
        const auto program = cloud_program(registry);
        if (!program) return std::nullopt;
        if (!options.run_programs) {
            nothing.looked_at.push_back(
                fmt::format("`{}` (programs are not run here)", program->command.front()));
            return std::nullopt;
        }
        return answers.with([&](auto& known) -> Found {
            const auto key = join(program->command, " ") + " " + canonical_registry(registry);
            auto answer = known.find(key);
            if (answer == known.end()) {
                Answer got;
                PYC_TRY_ASSIGN(got.credential, ask_cloud_program(ctx, *program, got.note));
                answer = known.emplace(key, std::move(got)).first;
            }
            nothing.looked_at.push_back(answer->second.note);
            return answer->second.credential;
        });
    }
};

DefaultKeychain::DefaultKeychain(const Environment& environment, KeychainOptions options)
    : state_(std::make_unique<State>(environment, std::move(options))) {}
DefaultKeychain::~DefaultKeychain() = default;

Result<Credential> DefaultKeychain::resolve(const exec::Context& ctx, const std::string& registry,
                                            const std::string& repository) {
    Credential nothing;
    PYC_TRY_ASSIGN(auto found, state_->from_caller(registry, nothing));
    if (found) return std::move(*found);
    for (const auto& file : config_files(state_->environment)) {
        PYC_TRY_ASSIGN(found, state_->from_file(ctx, file, registry, repository, nothing));
        if (found) return std::move(*found);
    }
    PYC_TRY_ASSIGN(found, state_->from_netrc(registry, nothing));
    if (!found) {
        PYC_TRY_ASSIGN(found, state_->from_cloud(ctx, registry, nothing));
    }
    return found ? std::move(*found) : std::move(nothing);
}

}  // namespace pycontainer::credentials
