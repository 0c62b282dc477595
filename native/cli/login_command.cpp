#include "cli/commands.hpp"
#include "cli/password.hpp"

#include <CLI/CLI.hpp>

namespace pycontainer::cli {
namespace {

struct LoginFlags {
    CommonFlags common;
    std::string registry, username;
    bool password_stdin = false;
};

std::string describe_login(const Json& result) {
    const bool plain = result.value("plain_text", false);
    return fmt::format(
        "Logged in to {}\n  {:<10} {}{}\n", result.value("registry", ""), "stored in",
        result.value("stored_in", ""),
        plain ? " (not encrypted; `credsStore` in it names a helper that does)" : "");
}

std::string describe_logout(const Json& result) {
    if (result["removed_from"].empty())
        return fmt::format("Not logged in to {}\n", result.value("registry", ""));
    std::string text = fmt::format("Logged out of {}\n", result.value("registry", ""));
    for (const auto& place : result["removed_from"])
        text += fmt::format("  {:<10} {}\n", "removed", place.get<std::string>());
    return text;
}

void add_registry(CLI::App& parser, LoginFlags& flags) {
    parser
        .add_option("registry", flags.registry,
                    "Host of the registry: ghcr.io, localhost:5000 (default: Docker Hub)")
        ->type_name("REGISTRY");
}

Result<build::LoginRequest> read_login(const LoginFlags& flags, const Surroundings& surroundings) {
    PYC_TRY(service::Service::read_login_request(flags.registry, flags.username, ""));
    if (flags.username.empty())
        return fail("usage/invalid", "there is no user name")
            .hint("add --username NAME; the password is asked for, or read by --password-stdin");
    auto password = flags.password_stdin
                        ? password_from_stdin()
                        : password_from_terminal("Password or token: ", surroundings.stop);
    if (!password) return fail(std::move(password).error());
    return service::Service::read_login_request(flags.registry, flags.username, *password);
}

}  // namespace

Command add_login_command(CLI::App& app) {
    auto* parser = app.add_subcommand(
        "login", "Check a user name and password with a registry, and keep them for all tools");
    auto flags = std::make_shared<LoginFlags>();
    add_registry(*parser, *flags);
    parser->add_option("--username,-u", flags->username, "The user's name")->type_name("NAME");
    parser->add_flag("--password-stdin", flags->password_stdin,
                     "Read the password or token from stdin instead of asking for it");
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                const auto request = read_login(*flags, surroundings);
                if (!request) return refuse(flags->common, request.error());
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.login(ctx, *request); },
                    describe_login);
            }};
}

Command add_logout_command(CLI::App& app) {
    auto* parser = app.add_subcommand("logout", "Forget the credentials for a registry");
    auto flags = std::make_shared<LoginFlags>();
    add_registry(*parser, *flags);
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                const auto request = service::Service::read_login_request(flags->registry, "", "");
                if (!request) return refuse(flags->common, request.error());
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.logout(ctx, *request); },
                    describe_logout);
            }};
}

}  // namespace pycontainer::cli
