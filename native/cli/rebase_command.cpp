#include "base/strings.hpp"
#include "cli/commands.hpp"
#include "cli/password.hpp"
#include "cli/render.hpp"

#include <CLI/CLI.hpp>

namespace pycontainer::cli {
namespace {

struct RebaseFlags {
    CommonFlags common;
    RegistryLoginFlags login;
    std::string image, base_image, old_base, output;
    std::optional<std::filesystem::path> cache_directory;
    std::vector<std::string> tags;
    bool dry_run = false;
};

Result<build::RebaseRequest> to_request(const RebaseFlags& flags) {
    build::RebaseRequest request{.image = flags.image,
                                 .tags = flags.tags,
                                 .dry_run = flags.dry_run,
                                 .cache_directory = flags.cache_directory};
    if (!flags.base_image.empty()) request.base_image = flags.base_image;
    if (!flags.old_base.empty()) request.old_base = flags.old_base;
    if (!flags.output.empty()) {
        const bool prefixed = flags.output.starts_with("oci:");
        request.output =
            std::filesystem::absolute(prefixed ? flags.output.substr(4) : flags.output);
    }
    PYC_TRY_ASSIGN(request.access, read_access(flags.login));
    return request;
}

std::string describe_rebase(const Json& result) {
    const bool changed = result.value("changed", false);
    const auto image = printable(result.value("image", ""));
    std::string text = !changed ? fmt::format("{} is on the newest base\n", image)
                       : result.value("dry_run", false)
                           ? fmt::format("{} would become {}\n", image, result.value("digest", ""))
                           : fmt::format("Rebased {}\n", result.value("digest", ""));
    for (const auto& platform : result["platforms"]) {
        text += line("platform", platform.value("platform", ""));
        text += line("from", platform["old_base"].value("digest", ""));
        text += line("to", fmt::format("{} {}", platform["new_base"].value("digest", ""),
                                       printable(platform["new_base"].value("image", ""))));
    }
    for (const auto& reference : result["references"])
        text += line("reference", reference.get<std::string>());
    text += line("output", string_member(result, "output").value_or(""));
    if (result.contains("blobs_uploaded")) text += blobs_line(result);
    if (result.value("dropped_attestations", 0) > 0)
        text += line("dropped", "attestations, which were about the image as it was");
    return text;
}

}  // namespace

Command add_rebase_command(CLI::App& app) {
    auto* parser =
        app.add_subcommand("rebase", "Put an image on a newer base without building it again");
    auto flags = std::make_shared<RebaseFlags>();
    parser
        ->add_option("image", flags->image,
                     "The image: a reference in a registry, which gets its new digest, or a\n"
                     "layout or an archive as DIR, FILE, oci:DIR:TAG, oci-archive:FILE")
        ->type_name("IMAGE")
        ->required();
    parser
        ->add_option("--base-image", flags->base_image,
                     "The new base (default: what the name of the old one stands for by now)")
        ->type_name("IMAGE");
    parser
        ->add_option("--old-base", flags->old_base,
                     "What it was built on (default: what its annotations say)")
        ->type_name("IMAGE");
    parser
        ->add_option("-t,--tag", flags->tags,
                     "Name of the result, several allowed: a tag of the image's repository, or\n"
                     "a whole reference (default: the image's own)")
        ->type_name("REFERENCE")
        ->allow_extra_args(false);
    parser
        ->add_option("-o,--output", flags->output,
                     "Directory for the result of a layout or an archive (default: the layout)")
        ->type_name("DIR");
    parser->add_flag("--dry-run", flags->dry_run,
                     "Only tell what would become of it; nothing is written or pushed");
    add_registry_login_flags(*parser, flags->login);
    add_cache_flag(*parser, flags->cache_directory);
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                const auto request = to_request(*flags);
                if (!request) return refuse(flags->common, request.error());
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.rebase(ctx, *request); },
                    describe_rebase);
            }};
}

}  // namespace pycontainer::cli
