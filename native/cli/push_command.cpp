#include "cli/commands.hpp"
#include "cli/password.hpp"

#include <CLI/CLI.hpp>

namespace pycontainer::cli {
namespace {

struct PushFlags {
    CommonFlags common;
    RegistryLoginFlags login;
    std::string context, from, registry;
    std::vector<std::string> references;
};

Json to_request(const PushFlags& flags) {
    Json request{{"context", flags.context.empty() ? "." : flags.context},
                 {"references", flags.references}};
    if (!flags.from.empty()) request["from"] = flags.from;
    if (!flags.registry.empty()) request["registry"] = flags.registry;
    return request;
}

}  // namespace

Command add_push_command(CLI::App& app) {
    auto* parser = app.add_subcommand("push", "Push an image that was built before");
    auto flags = std::make_shared<PushFlags>();
    parser
        ->add_option("reference", flags->references,
                     "Where to: ghcr.io/acme/api:1.0 (default: the tags it was built with)")
        ->type_name("REFERENCE");
    parser
        ->add_option("--context,-C", flags->context,
                     "The project's directory (default: the current one)")
        ->type_name("DIR");
    parser
        ->add_option("--from", flags->from,
                     "The OCI layout to push (default: dist/image of the project)")
        ->type_name("DIR");
    parser
        ->add_option("--registry", flags->registry,
                     "Repository for references that name no registry")
        ->type_name("REPOSITORY");
    add_registry_login_flags(*parser, flags->login);
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                auto request = service::Service::read_push_request(to_request(*flags));
                if (!request) return refuse(flags->common, request.error());
                auto access = read_access(flags->login);
                if (!access) return refuse(flags->common, access.error());
                access->given = std::move(request->access.given);
                request->access = std::move(*access);
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.push(ctx, *request); },
                    describe_push);
            }};
}

}  // namespace pycontainer::cli
