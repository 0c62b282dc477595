#include "base/strings.hpp"
#include "cli/commands.hpp"
#include "cli/password.hpp"

#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <set>

namespace pycontainer::cli {
namespace {

/// `linux/amd64,linux/arm64` as two values.
std::vector<std::string> split_at_commas(const std::vector<std::string>& values) {
    std::vector<std::string> parts;
    for (const auto& value : values)
        for (const auto part : split(value, ',')) parts.emplace_back(part);
    return parts;
}

struct BuildFlags {
    CommonFlags common;
    RegistryLoginFlags login;
    std::string context;
    std::string config, package, lock, bytecode, base_image, workdir, user, registry, pull, request;
    std::optional<std::filesystem::path> cache_directory;
    std::string digest_file, image_id_file, metadata_file;
    std::vector<std::string> outputs;
    std::string entrypoint, cmd, default_index;
    std::vector<std::string> indexes, find_links;
    bool no_index = false;
    std::vector<std::string> tags, platforms, ports, env, labels;
    bool include_deps = false, no_deps = false, build_sdists = false, push = false,
         no_cache = false, no_vcs = false, dry_run = false, offline = false;
    bool write_lock = false, check_lock = false, upgrade = false;
    std::vector<std::string> upgrade_packages;
};

/// A key that is there twice: one of its values would be dropped without a word.
std::optional<std::string> repeated_key(const std::string& text) {
    std::vector<std::set<std::string>> open_objects;
    std::optional<std::string> repeated;
    const auto watch = [&](int, Json::parse_event_t event, Json& value) {
        if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
        if (event == Json::parse_event_t::object_end) open_objects.pop_back();
        if (event == Json::parse_event_t::key && !repeated &&
            !open_objects.back().insert(value.get<std::string>()).second)
            repeated = value.get<std::string>();
        return true;
    };
    static_cast<void>(Json::parse(text, watch, false));  // faults have been reported
    return repeated;
}

Result<Json> read_request(const std::string& file) {
    std::string text;
    if (file == "-") {
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else {
        std::ifstream in(file, std::ios::binary);
        if (!in) return fail("usage/invalid", "the request `{}` cannot be read", file);
        text.assign(std::istreambuf_iterator<char>(in), {});
    }
    auto json = parse_json(text, "the request");
    if (!json) return fail("request/invalid", "{}", json.error().message);
    if (const auto key = repeated_key(text))
        return fail("request/invalid", "the request has the key `{}` twice", printable(*key, 60));
    return json;
}

/// The directory and the archives among the outputs. Errors: `usage/invalid`.
Result<void> add_outputs(const std::vector<std::string>& outputs, Json& request) {
    bool has_directory = false;
    for (const auto& output : outputs) {
        if (output.starts_with("oci-archive:") || output.starts_with("docker-archive:")) {
            request["archives"].push_back(output);
            continue;
        }
        if (has_directory)
            return fail("usage/invalid", "`--output {}` is a second directory", output)
                .hint("one layout is written; copy it, or write archives");
        has_directory = true;
        request["output"] = output.starts_with("oci:") ? output.substr(4) : output;
    }
    return {};
}

/// The request that the flags stand for, on top of the one given as a file.
Result<Json> to_request(const BuildFlags& flags, const CLI::App& parser) {
    Json request = Json::object();
    if (!flags.request.empty()) {
        PYC_TRY_ASSIGN(request, read_request(flags.request));
    }
    if (!request.is_object()) return fail("request/invalid", "the request is not a JSON object");
    if (flags.request == "-" && flags.login.password_stdin)
        return fail("usage/invalid",
                    "the request and the password cannot both be read from standard input");
    // Not every command has every flag.
    const auto given = [&](const char* name) {
        const auto* option = parser.get_option_no_throw(name);
        return option && option->count() > 0;
    };
    const auto text = [&](const char* option, const char* key, const std::string& value) {
        if (given(option)) request[key] = value;
    };
    const auto list = [&](const char* option, const char* key,
                          const std::vector<std::string>& value) {
        if (given(option)) request[key] = value;
    };
    if (given("--context") || !request.contains("context"))
        request["context"] = flags.context.empty() ? "." : flags.context;
    text("--config", "config", flags.config);
    text("--package", "package", flags.package);
    text("--lock", "lock", flags.lock);
    text("--bytecode", "bytecode", flags.bytecode);
    text("--base-image", "base_image", flags.base_image);
    text("--workdir", "workdir", flags.workdir);
    text("--user", "user", flags.user);
    PYC_TRY(add_outputs(flags.outputs, request));
    text("--digest-file", "digest_file", flags.digest_file);
    text("--image-id-file", "image_id_file", flags.image_id_file);
    text("--metadata-file", "metadata_file", flags.metadata_file);
    text("--registry", "registry", flags.registry);
    text("--pull", "pull", flags.pull);
    if (flags.cache_directory) request["cache_dir"] = flags.cache_directory->string();
    text("--entrypoint", "entrypoint", flags.entrypoint);
    text("--cmd", "cmd", flags.cmd);
    list("--tag", "tags", flags.tags);
    list("--platform", "platforms", split_at_commas(flags.platforms));
    list("--expose", "ports", flags.ports);
    text("--default-index", "default_index", flags.default_index);
    list("--index", "indexes", flags.indexes);
    list("--find-links", "find_links", flags.find_links);
    if (flags.no_index) request["no_index"] = true;
    if (given("--env")) {
        PYC_TRY_ASSIGN(request["env"], read_pairs(flags.env, "--env"));
    }
    if (given("--label")) {
        PYC_TRY_ASSIGN(request["labels"], read_pairs(flags.labels, "--label"));
    }
    if (flags.include_deps) request["include_deps"] = true;
    if (flags.no_deps) request["include_deps"] = false;
    if (flags.build_sdists) request["build_sdists"] = true;
    if (flags.push) request["push"] = true;
    if (flags.no_cache) request["no_cache"] = true;
    if (flags.no_vcs) request["vcs"] = false;
    if (flags.dry_run) request["dry_run"] = true;
    if (flags.offline) request["offline"] = true;
    if (flags.write_lock) request["write_lock"] = true;
    if (flags.check_lock) request["check_lock"] = true;
    if (flags.upgrade) request["upgrade"] = true;
    list("--upgrade-package", "upgrade_packages", flags.upgrade_packages);
    return request;
}

/// Which project, for what image, and where its packages are.
void add_project_flags(CLI::App& command, BuildFlags& flags) {
    command
        .add_option("--context,-C", flags.context,
                    "The project's directory (default: the current one)")
        ->type_name("DIR");
    command
        .add_option("--config", flags.config,
                    "The configuration to read instead of the project's pycontainer.toml")
        ->type_name("FILE");
    command
        .add_option("--package", flags.package,
                    "The project of the workspace to build: its sources, its dependencies")
        ->type_name("NAME");
    command
        .add_option("--lock", flags.lock,
                    "The lock file to install from, instead of the one that is found")
        ->type_name("FILE");
    command
        .add_option("--base-image", flags.base_image,
                    "Image to build on: python:3.12-slim, oci:DIR:TAG or scratch")
        ->type_name("IMAGE");
    command
        .add_option("--platform", flags.platforms,
                    "Platform of the image (default: linux/amd64), or several\n"
                    "with commas: an image index")
        ->type_name("OS/ARCH")
        ->allow_extra_args(false)
        ->delimiter(',');
    command
        .add_option("--pull", flags.pull,
                    "When to look the base image up again: always, missing or never")
        ->check(CLI::IsMember({"always", "missing", "never"}))
        ->type_name("WHEN");
    command.add_flag("--offline", flags.offline,
                     "Use no network: what earlier builds have fetched has to do");
    add_cache_flag(command, flags.cache_directory);
    command
        .add_option("--default-index,--index-url,-i", flags.default_index,
                    "Package index that is asked last, instead of the built-in one")
        ->type_name("URL");
    command
        .add_option("--index,--extra-index-url", flags.indexes,
                    "Package index that is asked before the default one, several\nallowed")
        ->type_name("[NAME=]URL")
        ->allow_extra_args(false);
    command
        .add_option("--find-links,-f", flags.find_links,
                    "Directory or page with files of packages, several allowed")
        ->type_name("DIR|URL")
        ->allow_extra_args(false);
    command.add_flag("--no-index", flags.no_index,
                     "Ask no package index: --find-links has everything");
    command.add_flag("--build-sdists", flags.build_sdists,
                     "Let uv or pip build wheels of dependencies that have none and\n"
                     "whose build backend has to be run; runs code of theirs");
    command
        .add_option("--request", flags.request,
                    "Read the request as JSON from a file, or `-` for stdin; flags come on top")
        ->type_name("FILE");
}

/// What becomes of the image.
void add_image_flags(CLI::App& command, BuildFlags& flags) {
    command
        .add_option("--bytecode", flags.bytecode,
                    "Compile to byte code with this CPython, which has to be of the\n"
                    "image's version: a path, or a name on PATH")
        ->type_name("PYTHON");
    command
        .add_option("--tag,-t", flags.tags,
                    "Name of the image, several allowed: ghcr.io/acme/api:1.0")
        ->type_name("REFERENCE")
        ->allow_extra_args(false);
    auto* include = command.add_flag("--include-deps", flags.include_deps,
                                     "Install the dependencies (default)");
    command.add_flag("--no-deps", flags.no_deps, "Do not install the dependencies")
        ->excludes(include);
    command
        .add_option("--workdir", flags.workdir,
                    "Working directory in the image, where the sources are (default: /app)")
        ->type_name("PATH");
    command.add_option("--env", flags.env, "Environment variable of the image, several allowed")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command.add_option("--label", flags.labels, "Label of the image, several allowed")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command
        .add_option("--entrypoint", flags.entrypoint,
                    "What the image runs, split like a shell would")
        ->type_name("COMMAND");
    command
        .add_option("--cmd", flags.cmd,
                    "Default arguments of the entrypoint, split like a shell would")
        ->type_name("ARGUMENTS");
    command.add_option("--user", flags.user, "User the image runs as: name or uid[:gid]")
        ->type_name("USER");
    command
        .add_option("--expose", flags.ports,
                    "Port the image listens on, several allowed: 8080 or 8080/udp")
        ->type_name("PORT")
        ->allow_extra_args(false);
    command
        .add_option("--output,-o", flags.outputs,
                    "Directory for the OCI layout (default: dist/image), or a file as\n"
                    "oci-archive:FILE or docker-archive:FILE; several allowed")
        ->type_name("OUTPUT")
        ->allow_extra_args(false);
    command
        .add_option("--digest-file", flags.digest_file, "Write the image's digest into this file")
        ->type_name("FILE");
    command
        .add_option("--image-id-file", flags.image_id_file,
                    "Write the image's id, the digest of its configuration, into this file")
        ->type_name("FILE");
    command
        .add_option("--metadata-file", flags.metadata_file,
                    "Write digests and names into this file, as JSON with BuildKit's names")
        ->type_name("FILE");
    command.add_flag("--push", flags.push, "Push the image to its tags' registries");
    command
        .add_option("--registry", flags.registry,
                    "Repository for tags that name no registry: ghcr.io/acme/api")
        ->type_name("REPOSITORY");
    add_registry_login_flags(command, flags.login);
    command.add_flag("--no-cache", flags.no_cache, "Build every layer anew");
    command.add_flag("--no-vcs", flags.no_vcs,
                     "Leave revision and source of the Git repository out");
    command.add_flag("--dry-run", flags.dry_run, "Show the plan, build nothing");
}

}  // namespace

Command add_build_command(CLI::App& app) {
    auto* parser = app.add_subcommand("build", "Build the image of a project");
    auto flags = std::make_shared<BuildFlags>();
    add_project_flags(*parser, *flags);
    parser->add_flag("--write-lock", flags->write_lock,
                     "Write the versions to the project's pylock.toml first, and build\nfrom it");
    add_image_flags(*parser, *flags);
    add_common_flags(*parser, flags->common);
    return {parser, [flags, parser](const Surroundings& surroundings) {
                const auto json = to_request(*flags, *parser);
                if (!json) return refuse(flags->common, json.error());
                auto request = service::Service::read_build_request(*json);
                if (!request) return refuse(flags->common, request.error());
                auto access = read_access(flags->login);
                if (!access) return refuse(flags->common, access.error());
                access->given = std::move(request->access.given);
                request->access = std::move(*access);
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.build(ctx, *request); },
                    [&](const Json& result) {
                        return request->dry_run ? describe_plan(result) : describe_build(result);
                    });
            }};
}

Command add_lock_command(CLI::App& app) {
    auto* parser =
        app.add_subcommand("lock", "Write the versions for the project's image to pylock.toml");
    auto flags = std::make_shared<BuildFlags>();
    parser->add_flag("--upgrade,-U", flags->upgrade,
                     "Take the newest versions, whatever the lock that is there has");
    parser
        ->add_option("--upgrade-package,-P", flags->upgrade_packages,
                     "Take the newest version of this package, several allowed")
        ->type_name("NAME")
        ->allow_extra_args(false);
    parser->add_flag("--check", flags->check_lock,
                     "Write nothing, and fail if the lock would change");
    add_project_flags(*parser, *flags);
    add_common_flags(*parser, flags->common);
    return {parser, [flags, parser](const Surroundings& surroundings) {
                auto json = to_request(*flags, *parser);
                if (!json) return refuse(flags->common, json.error());
                (*json)["write_lock"] = true;
                const auto request = service::Service::read_build_request(*json);
                if (!request) return refuse(flags->common, request.error());
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.lock(ctx, *request); },
                    describe_lock);
            }};
}

Command add_plan_command(CLI::App& app) {
    auto* parser = app.add_subcommand("plan", "Show what would be built, and why");
    auto flags = std::make_shared<BuildFlags>();
    add_project_flags(*parser, *flags);
    add_image_flags(*parser, *flags);
    add_common_flags(*parser, flags->common);
    return {parser, [flags, parser](const Surroundings& surroundings) {
                const auto json = to_request(*flags, *parser);
                if (!json) return refuse(flags->common, json.error());
                const auto request = service::Service::read_build_request(*json);
                if (!request) return refuse(flags->common, request.error());
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.plan(ctx, *request); },
                    describe_plan);
            }};
}

}  // namespace pycontainer::cli
