#include "base/strings.hpp"
#include "cli/commands.hpp"
#include "cli/password.hpp"
#include "cli/render.hpp"

#include <CLI/CLI.hpp>

namespace pycontainer::cli {
namespace {

struct AttachFlags {
    CommonFlags common;
    RegistryLoginFlags login;
    std::string image, artifact_type, platform;
    std::optional<std::filesystem::path> cache_directory;
    std::vector<std::string> files, media_types, annotations;
};

Result<build::AttachRequest> to_request(const AttachFlags& flags) {
    build::AttachRequest request{.image = flags.image,
                                 .files = {flags.files.begin(), flags.files.end()},
                                 .artifact_type = flags.artifact_type,
                                 .media_types = flags.media_types,
                                 .cache_directory = flags.cache_directory};
    PYC_TRY_ASSIGN(request.annotations, read_pairs(flags.annotations, "--annotation"));
    if (!flags.platform.empty()) request.platform = flags.platform;
    PYC_TRY_ASSIGN(request.access, read_access(flags.login));
    return request;
}

std::string describe_attach(const Json& result) {
    std::string text = fmt::format("Attached {}\n", result.value("digest", ""));
    text += line("to", result.value("subject", ""));
    text += line("type", result.value("artifact_type", ""));
    for (const auto& file : result["files"])
        text += line("file", fmt::format("{} ({}, {})", printable(file.value("name", "")),
                                         format_size(file.value("size", 0ULL)),
                                         file.value("media_type", "")));
    text += line("reference", string_member(result, "reference").value_or(""));
    return text;
}

}  // namespace

Command add_attach_command(CLI::App& app) {
    auto* parser =
        app.add_subcommand("attach", "Attach files to an image: an SBOM, a report, a signature");
    auto flags = std::make_shared<AttachFlags>();
    parser
        ->add_option("image", flags->image,
                     "The image: a reference in a registry, or a layout as DIR or oci:DIR:TAG")
        ->type_name("IMAGE")
        ->required();
    parser->add_option("file", flags->files, "What is attached, as one artifact")
        ->type_name("FILE")
        ->required();
    parser
        ->add_option("--artifact-type", flags->artifact_type,
                     "What it is, as a media type: application/spdx+json")
        ->type_name("TYPE")
        ->required();
    parser
        ->add_option("--media-type", flags->media_types,
                     "Media type of the files, one for all or one for each (default: the\n"
                     "artifact's for one file, application/octet-stream for several)")
        ->type_name("TYPE")
        ->allow_extra_args(false);
    parser
        ->add_option("--annotation", flags->annotations,
                     "Annotation of the artifact, several allowed")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    parser
        ->add_option("--platform", flags->platform,
                     "Attach to this image of an index (default: to the index itself)")
        ->type_name("OS/ARCH");
    add_registry_login_flags(*parser, flags->login);
    add_cache_flag(*parser, flags->cache_directory);
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                const auto request = to_request(*flags);
                if (!request) return refuse(flags->common, request.error());
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.attach(ctx, *request); },
                    describe_attach);
            }};
}

}  // namespace pycontainer::cli
