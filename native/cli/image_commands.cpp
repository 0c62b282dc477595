#include "base/strings.hpp"
#include "cli/commands.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace pycontainer::cli {
namespace {

struct ImageFlags {
    CommonFlags common;
    std::string image, platform, context, from, program;
    std::optional<std::filesystem::path> cache_directory;
};

std::string words(const Json& config, const char* key) {
    std::string text;
    const auto found = config.find(key);
    if (found == config.end() || !found->is_array()) return text;
    for (const auto& word : *found)
        if (word.is_string())
            text += (text.empty() ? "" : " ") + printable(word.get_ref<const std::string&>(), 200);
    return text;
}

std::string describe_inspect(const Json& result) {
    const auto& config = result["config"];
    std::string text = fmt::format("{} ({})\n", result.value("image", ""),
                                   format_size(result.value("size", 0ULL)));
    text += line("digest", string_member(result, "digest").value_or(""));
    text += line("image id", result.value("image_id", ""));
    text += line("platform", result.value("platform", ""));
    text += line("created", printable(result.value("created", "")));
    if (const auto* python = member(result, "python"))
        text +=
            line("python", fmt::format("{} ({})", string_member(*python, "version").value_or(""),
                                       string_member(*python, "path").value_or("")));
    text += line("system", fmt::format("{} {}", printable(result.value("distribution", "")),
                                       result.value("libc", "")));
    for (const auto& [key, name] : {std::pair{"User", "user"}, {"WorkingDir", "workdir"}})
        text += line(name, printable(string_member(config, key).value_or("")));
    text += line("entrypoint", words(config, "Entrypoint"));
    text += line("cmd", words(config, "Cmd"));
    for (const auto& layer : result["layers"])
        text +=
            line("layer", fmt::format("{:<12} {:>9}  {}", layer.value("digest", "").substr(7, 12),
                                      format_size(layer.value("size", 0ULL)),
                                      printable(layer.value("created_by", ""), 80)));
    for (const auto& package : result["packages"])
        text += line("package",
                     printable(package.value("name", "") + " " + package.value("version", "")));
    for (const auto& referrer : result["referrers"])
        text += line("referrer",
                     printable(fmt::format("{:<12} {}", referrer.value("digest", "").substr(7, 12),
                                           referrer.value("artifact_type", ""))));
    return text;
}

std::string describe_load(const Json& result) {
    std::string text =
        fmt::format("Loaded {} into {}\n", result.value("digest", ""), result.value("program", ""));
    for (const auto& reference : result["references"])
        text += line("reference", reference.get<std::string>());
    return text;
}

void add_platform(CLI::App& parser, ImageFlags& flags) {
    parser
        .add_option("--platform", flags.platform, "Which image of an index (default: linux/amd64)")
        ->type_name("OS/ARCH");
}

}  // namespace

Command add_inspect_command(CLI::App& app) {
    auto* parser = app.add_subcommand("inspect", "Show what is in an image");
    auto flags = std::make_shared<ImageFlags>();
    parser
        ->add_option("image", flags->image,
                     "A reference, a layout's directory, an archive's file, or one of them as\n"
                     "oci:DIR:TAG, oci-archive:FILE, docker-archive:FILE")
        ->type_name("IMAGE")
        ->required();
    add_platform(*parser, *flags);
    add_cache_flag(*parser, flags->cache_directory);
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                build::InspectRequest request{.image = flags->image,
                                              .cache_directory = flags->cache_directory};
                if (!flags->platform.empty()) request.platform = flags->platform;
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.inspect(ctx, request); },
                    describe_inspect);
            }};
}

Command add_load_command(CLI::App& app) {
    auto* parser =
        app.add_subcommand("load", "Give an image that was built before to podman or docker");
    auto flags = std::make_shared<ImageFlags>();
    parser
        ->add_option("--context,-C", flags->context,
                     "The project's directory (default: the current one)")
        ->type_name("DIR");
    parser
        ->add_option("--from", flags->from,
                     "The OCI layout to load (default: dist/image of the project)")
        ->type_name("DIR");
    parser
        ->add_option("--into", flags->program,
                     "podman or docker (default: the first of them that is there)")
        ->check(CLI::IsMember({"podman", "docker"}))
        ->type_name("PROGRAM");
    add_platform(*parser, *flags);
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                const std::filesystem::path context = flags->context.empty() ? "." : flags->context;
                build::LoadRequest request{
                    .layout = std::filesystem::absolute(flags->from.empty()
                                                            ? context / "dist" / "image"
                                                            : std::filesystem::path(flags->from))};
                if (!flags->platform.empty()) request.platform = flags->platform;
                if (!flags->program.empty()) request.program = flags->program;
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.load(ctx, request); },
                    describe_load);
            }};
}

}  // namespace pycontainer::cli
