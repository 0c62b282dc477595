#include "build/request.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"

#include <array>
#include <utility>

namespace pycontainer::build {
namespace {

constexpr std::array<std::pair<std::string_view, image::ArchiveKind>, 2> kArchivePrefixes{
    {{"oci-archive:", image::ArchiveKind::Oci}, {"docker-archive:", image::ArchiveKind::Docker}}};

std::filesystem::path absolute(const std::string& text) {
    std::error_code error;
    auto path = std::filesystem::absolute(text, error).lexically_normal();
    if (path.filename().empty() && path.has_parent_path() && path != path.root_path())
        path = path.parent_path();  // a trailing slash
    return path;
}

std::optional<std::filesystem::path> absolute_file(const std::optional<std::string>& text) {
    return text ? std::optional(absolute(*text)) : std::nullopt;
}

std::optional<std::vector<std::string>> list_member(const Json& json, std::string_view key) {
    const auto* value = member(json, key);
    if (!value) return std::nullopt;
    std::vector<std::string> list;
    if (value->is_array()) {
        for (const auto& item : *value)
            list.push_back(item.is_string() ? item.get<std::string>() : item.dump());
    } else if (value->is_string()) {
        list.push_back(value->get<std::string>());
    }
    return list;
}

/// A directory or file of packages; URLs stay as they are.
std::string absolute_place(const std::string& text) {
    return text.find("://") == std::string::npos ? absolute(text).string() : text;
}

/// `[NAME=]URL` or a path, in its place in the request.
std::string absolute_index(const std::string& text) {
    if (text.find("://") != std::string::npos) return text;
    const auto equals = text.find('=');
    return equals == std::string::npos
               ? absolute(text).string()
               : text.substr(0, equals + 1) + absolute(text.substr(equals + 1)).string();
}

using Texts = std::optional<std::vector<std::string>>;

/// The flags about package indexes; what they say does not depend on the current directory.
index::IndexArguments index_arguments(const std::optional<std::string>& default_index,
                                      const Texts& indexes, const Texts& find_links) {
    index::IndexArguments arguments;
    arguments.scope = index::Scope::Flag;
    if (default_index) arguments.index_url = absolute_index(*default_index);
    for (const auto& each : indexes.value_or(std::vector<std::string>()))
        arguments.extra_index_urls.push_back(absolute_index(each));
    for (const auto& each : find_links.value_or(std::vector<std::string>()))
        arguments.find_links.push_back(absolute_place(each));
    return arguments;
}

/// A command: a list as it is, a text split as a shell would.
Result<std::optional<std::vector<std::string>>> command_member(const Json& json,
                                                               std::string_view key) {
    const auto* value = member(json, key);
    if (!value || !value->is_string()) return list_member(json, key);
    auto words = split_shell_words(value->get_ref<const std::string&>());
    if (!words) return fail("request/invalid", "`{}` has a quote that is not closed", key);
    return words;
}

std::map<std::string, std::string> map_member(const Json& json, std::string_view key) {
    std::map<std::string, std::string> result;
    if (const auto* value = member(json, key); value && value->is_object())
        for (const auto& [name, item] : value->items())
            if (item.is_string()) result.emplace(name, item.get<std::string>());
    return result;
}

}  // namespace

Result<ArchiveOutput> ArchiveOutput::parse(const std::string& text) {
    for (const auto& [prefix, kind] : kArchivePrefixes) {
        if (!text.starts_with(prefix)) continue;
        if (text.size() == prefix.size()) break;
        return ArchiveOutput{kind, absolute(text.substr(prefix.size()))};
    }
    return fail("request/invalid", "`{}` is no archive", printable(text, 80))
        .hint("write `oci-archive:FILE` or `docker-archive:FILE`");
}

std::string ArchiveOutput::to_string() const {
    for (const auto& [prefix, known] : kArchivePrefixes)
        if (known == kind) return std::string(prefix) + file.string();
    return file.string();
}

Result<BuildRequest> BuildRequest::from_json(const Json& json) {
    BuildRequest request;
    request.project_directory = absolute(string_member(json, "context").value_or("."));
    if (const auto config = string_member(json, "config")) request.config_file = absolute(*config);
    if (const auto cache = string_member(json, "cache_dir"))
        request.cache_directory = absolute(*cache);
    auto& overrides = request.overrides;
    overrides.base_image = string_member(json, "base_image");
    overrides.workdir = string_member(json, "workdir");
    overrides.user = string_member(json, "user");
    overrides.python = string_member(json, "python");
    overrides.package = string_member(json, "package");
    overrides.registry_url = string_member(json, "registry");
    overrides.include_deps = bool_member(json, "include_deps");
    overrides.build_sdists = bool_member(json, "build_sdists");
    if (const auto output = string_member(json, "output"))
        overrides.output = absolute(*output).string();
    if (const auto python = string_member(json, "bytecode"))
        overrides.bytecode =
            python->find('/') == std::string::npos ? *python : absolute(*python).string();
    if (const auto lock = string_member(json, "lock")) overrides.lock = absolute(*lock).string();
    overrides.tags = list_member(json, "tags");
    overrides.platforms = list_member(json, "platforms");
    overrides.ports = list_member(json, "ports");
    PYC_TRY_ASSIGN(overrides.entrypoint, command_member(json, "entrypoint"));
    PYC_TRY_ASSIGN(overrides.cmd, command_member(json, "cmd"));
    overrides.env = map_member(json, "env");
    overrides.labels = map_member(json, "labels");
    const auto pull = string_member(json, "pull").value_or("missing");
    request.pull = pull == "always"  ? PullPolicy::Always
                   : pull == "never" ? PullPolicy::Never
                                     : PullPolicy::Missing;
    request.push = bool_member(json, "push").value_or(false);
    request.offline = bool_member(json, "offline").value_or(false);
    if (request.offline && request.push)
        return fail("request/invalid", "an image cannot be pushed offline")
            .hint("build it offline, and push it later: `pycontainer push`");
    if (request.offline && request.pull == PullPolicy::Always)
        return fail("request/invalid", "a base image cannot be looked up again offline")
            .hint("leave out --pull always");
    if (request.offline) request.pull = PullPolicy::Never;
    request.use_cache = !bool_member(json, "no_cache").value_or(false);
    request.use_vcs = bool_member(json, "vcs").value_or(true);
    request.dry_run = bool_member(json, "dry_run").value_or(false);
    request.lock.wanted = bool_member(json, "write_lock").value_or(false);
    request.lock.check_only = bool_member(json, "check_lock").value_or(false);
    request.lock.upgrade.everything = bool_member(json, "upgrade").value_or(false);
    for (const auto& name :
         list_member(json, "upgrade_packages").value_or(std::vector<std::string>{}))
        request.lock.upgrade.names.insert(packaging::normalize_name(name));
    for (const auto& text : list_member(json, "archives").value_or(std::vector<std::string>{})) {
        PYC_TRY_ASSIGN(auto archive, ArchiveOutput::parse(text));
        request.archives.push_back(std::move(archive));
    }
    request.files = {absolute_file(string_member(json, "digest_file")),
                     absolute_file(string_member(json, "image_id_file")),
                     absolute_file(string_member(json, "metadata_file"))};

    request.access.given = credentials::read_given(member(json, "credentials"));
    request.indexes =
        index_arguments(string_member(json, "default_index"), list_member(json, "indexes"),
                        list_member(json, "find_links"));
    request.indexes.no_index = bool_member(json, "no_index").value_or(false);

    auto canonical = json;
    canonical.erase("credentials");
    if (request.indexes.index_url) canonical["default_index"] = *request.indexes.index_url;
    if (json.contains("indexes")) canonical["indexes"] = request.indexes.extra_index_urls;
    if (json.contains("find_links")) canonical["find_links"] = request.indexes.find_links;
    canonical["context"] = request.project_directory.string();
    if (request.config_file) canonical["config"] = request.config_file->string();
    if (request.cache_directory) canonical["cache_dir"] = request.cache_directory->string();
    if (overrides.output) canonical["output"] = *overrides.output;
    if (overrides.lock) canonical["lock"] = *overrides.lock;
    if (overrides.bytecode) canonical["bytecode"] = *overrides.bytecode;
    if (!request.archives.empty()) canonical["archives"] = Json::array();
    for (const auto& archive : request.archives)
        canonical["archives"].push_back(archive.to_string());
    request.canonical = dump_json(canonical);
    return request;
}

Result<PushRequest> PushRequest::from_json(const Json& json) {
    PushRequest request;
    request.project_directory = absolute(string_member(json, "context").value_or("."));
    request.layout = string_member(json, "from") ? absolute(*string_member(json, "from"))
                                                 : request.project_directory / "dist" / "image";
    request.references = list_member(json, "references").value_or(std::vector<std::string>{});
    request.registry = string_member(json, "registry");
    if (const auto cache = string_member(json, "cache_dir"))
        request.cache_directory = absolute(*cache);
    request.access.given = credentials::read_given(member(json, "credentials"));
    return request;
}

}  // namespace pycontainer::build
