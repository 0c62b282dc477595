#include "build/remembered_dependencies.hpp"

#include "base/file.hpp"
#include "base/version.hpp"
#include "net/url.hpp"
#include "sources/repository.hpp"

namespace pycontainer::build {
namespace {

constexpr std::string_view kRecord = "dependencies";
constexpr int kFormat = 4;

/// The content's digest, or `-` for what cannot be read.
std::string digest_of_file(const std::filesystem::path& path) {
    const auto content = read_file(path);
    return content ? Digest::of(*content).hex() : "-";
}

bool holds_credentials(const resolve::SelectedWheel& wheel) {
    if (const auto index = net::Url::parse(wheel.index_url); index && index->has_userinfo())
        return true;
    if (wheel.url.empty()) return false;
    const auto url = net::Url::parse(wheel.url);
    return !url || url->has_userinfo() || !url->query().empty();
}

Json to_json(const resolve::SelectedWheel& wheel) {
    Json json{
        {"name", wheel.name}, {"version", wheel.version},          {"filename", wheel.filename},
        {"url", wheel.url},   {"path", wheel.local_path.string()}, {"index", wheel.index_url}};
    if (wheel.sha256) json["sha256"] = wheel.sha256->hex();
    if (wheel.size) json["size"] = *wheel.size;
    return json;
}

std::optional<resolve::SelectedWheel> wheel_from(const Json& json) {
    resolve::SelectedWheel wheel;
    const auto text = [&](std::string_view key) { return string_member(json, key).value_or(""); };
    wheel.name = text("name");
    wheel.version = text("version");
    wheel.filename = text("filename");
    wheel.url = text("url");
    wheel.local_path = text("path");
    wheel.index_url = text("index");
    wheel.size = unsigned_member(json, "size");
    if (const auto hex = string_member(json, "sha256")) {
        const auto digest = Digest::from_hex(*hex);
        if (!digest) return std::nullopt;
        wheel.sha256 = *digest;
    }
    if (wheel.name.empty() || wheel.filename.empty()) return std::nullopt;
    return wheel;
}

/// Nothing when its address holds credentials.
std::optional<Json> to_json(const resolve::SourcePackage& package) {
    Json json{{"name", package.name},        {"version", package.version},
              {"direct", package.is_direct}, {"wheels", package.wheels},
              {"lock", package.file},        {"line", package.range.start.line}};
    if (const auto* repository = std::get_if<resolve::Repository>(&package.origin)) {
        if (sources::plain_repository_url(repository->url) != repository->url) return std::nullopt;
        json["repository"] = {{"url", repository->url},
                              {"commit", repository->commit},
                              {"revision", repository->requested_revision},
                              {"subdirectory", repository->subdirectory}};
        return json;
    }
    const auto& sdist = std::get<resolve::Artifact>(package.origin);
    const resolve::SelectedWheel file{package.name,     package.version, sdist.filename, sdist.url,
                                      sdist.local_path, sdist.sha256,    sdist.size};
    if (holds_credentials(file)) return std::nullopt;
    json["sdist"] = to_json(file);
    return json;
}

std::optional<resolve::SourcePackage> source_from(const Json& json) {
    resolve::SourcePackage package;
    package.name = string_member(json, "name").value_or("");
    package.version = string_member(json, "version").value_or("");
    package.is_direct = bool_member(json, "direct").value_or(false);
    package.wheels = string_member(json, "wheels").value_or("");
    package.file = string_member(json, "lock").value_or("");
    package.range.start.line =
        static_cast<std::uint32_t>(unsigned_member(json, "line").value_or(0));
    package.range.end = package.range.start;
    if (const auto* repository = member(json, "repository")) {
        const auto text = [&](const char* key) {
            return string_member(*repository, key).value_or("");
        };
        package.origin = resolve::Repository{text("url"), text("commit"), text("revision"),
                                             text("subdirectory")};
        return package;
    }
    const auto* sdist = member(json, "sdist");
    auto file = sdist ? wheel_from(*sdist) : std::nullopt;
    if (!file) return std::nullopt;
    package.origin = resolve::Artifact{file->filename, file->url,  file->local_path,
                                       file->sha256,   file->size, {}};
    return package;
}

}  // namespace

Digest dependencies_key(const resolve::DependencyRequest& request,
                        const index::IndexOptions& indexes, const Environment& environment) {
    Sha256 hasher;
    hasher.update(fmt::format("dependencies {} {}\n{}\n{}\n{} {}\n", kFormat, kVersion,
                              request.project_directory.string(), dump_json(request.pyproject),
                              request.target.python_version, request.target.describe()));
    if (request.lock)
        hasher.update(
            fmt::format("lock {} {}\n", request.lock->file.string(), request.lock->origin));
    for (const auto& group : request.groups) hasher.update("group " + group + "\n");
    for (const auto& extra : request.extras) hasher.update("extra " + extra + "\n");
    if (request.ask_backend) hasher.update("with backends\n");
    // A password may be part of an address: only its digest goes on, and only into a digest.
    hasher.update("indexes " + Digest::of(indexes.fingerprint()).hex() + "\n");
    for (const auto& [name, value] : environment.variables())
        if (name.starts_with("PIP_") || name.starts_with("UV_"))
            hasher.update(name + "=" + Digest::of(value).hex() + "\n");
    return hasher.finish();
}

std::optional<resolve::Dependencies> find_dependencies(const Digest& key,
                                                       const store::Store& store) {
    const auto record = store.find_record(kRecord, key);
    const auto* files = record ? member(*record, "files") : nullptr;
    const auto* wheels = record ? member(*record, "wheels") : nullptr;
    const auto* sources = record ? member(*record, "sources") : nullptr;
    const auto* warnings = record ? member(*record, "warnings") : nullptr;
    const auto* projects = record ? member(*record, "projects") : nullptr;
    if (!files || !wheels || !sources || !warnings || !projects || !files->is_array() ||
        !projects->is_object())
        return std::nullopt;
    resolve::Dependencies dependencies;
    dependencies.lock.kind = string_member(*record, "kind").value_or("none");
    dependencies.lock.file = string_member(*record, "file").value_or("");
    dependencies.lock.reason = string_member(*record, "reason").value_or("");
    for (const auto& file : *files) {
        const std::filesystem::path path = string_member(file, "path").value_or("");
        if (digest_of_file(path) != string_member(file, "digest").value_or("")) return std::nullopt;
        dependencies.lock.files.push_back(path);
    }
    for (const auto& item : *wheels) {
        auto wheel = wheel_from(item);
        if (!wheel) return std::nullopt;
        dependencies.wheels.push_back(std::move(*wheel));
    }
    for (const auto& item : *sources) {
        auto package = source_from(item);
        if (!package) return std::nullopt;
        dependencies.sources.push_back(std::move(*package));
    }
    for (const auto& item : *warnings)
        dependencies.warnings.push_back({string_member(item, "code").value_or(""),
                                         string_member(item, "message").value_or(""),
                                         string_member(item, "hint").value_or("")});
    for (const auto& [name, directory] : projects->items()) {
        dependencies.local_projects.push_back(name);
        if (directory.is_string())
            dependencies.local_project_directories[name] = directory.get<std::string>();
    }
    if (const auto* names = member(*record, "overridden"); names && names->is_array())
        for (const auto& name : *names)
            if (name.is_string()) dependencies.overridden.push_back(name.get<std::string>());
    return dependencies;
}

void remember_dependencies(const Digest& key, const resolve::Dependencies& dependencies,
                           store::Store& store) {
    Json files = Json::array();
    for (const auto& path : dependencies.lock.files)
        files.push_back({{"path", path.string()}, {"digest", digest_of_file(path)}});
    Json wheels = Json::array();
    for (const auto& wheel : dependencies.wheels) {
        if (holds_credentials(wheel)) return;
        wheels.push_back(to_json(wheel));
    }
    Json warnings = Json::array();
    for (const auto& warning : dependencies.warnings)
        warnings.push_back(
            {{"code", warning.code}, {"message", warning.message}, {"hint", warning.hint}});
    for (const auto& diagnostic : dependencies.diagnostics)
        warnings.push_back({{"code", diagnostic.code},
                            {"message", diagnostic.message},
                            {"hint", diagnostic.hint}});
    Json sources = Json::array();
    for (const auto& package : dependencies.sources) {
        auto source = to_json(package);
        if (!source) return;
        sources.push_back(std::move(*source));
    }
    Json projects = Json::object();
    for (const auto& [name, directory] : dependencies.local_project_directories)
        projects[name] = directory.string();
    ignore(store.put_record(kRecord, key,
                            {{"kind", dependencies.lock.kind},
                             {"file", dependencies.lock.file.string()},
                             {"reason", dependencies.lock.reason},
                             {"files", files},
                             {"wheels", wheels},
                             {"sources", sources},
                             {"warnings", warnings},
                             {"overridden", dependencies.overridden},
                             {"projects", projects}}));  // the next build resolves again
}

}  // namespace pycontainer::build
