#include "build/plan.hpp"

#include "base/strings.hpp"
#include "build/image_settings.hpp"

#include <algorithm>

namespace pycontainer::build {
namespace {

Json fact_json(const std::string& name, const std::string& value, const std::string& evidence) {
    Json json{{"name", name}, {"value", value}};
    if (!evidence.empty()) json["evidence"] = evidence;
    return json;
}

std::string shown(const std::vector<std::string>& list) {
    return fmt::format("{}", fmt::join(list, " "));
}

Json facts_json(const BuildPlan& plan) {
    Json facts = Json::array();
    const auto add = [&](const std::string& name, const std::string& value,
                         const std::string& evidence) {
        facts.push_back(fact_json(name, value, evidence));
    };
    const auto origin = [&](const std::string& key) {
        const auto found = plan.config.origins.find(key);
        return found == plan.config.origins.end() || found->second == "default" ? std::string()
                                                                                : found->second;
    };
    const auto first_of = [](std::string a, std::string b) {
        return a.empty() ? std::move(b) : std::move(a);
    };
    const auto& identity = plan.facts.identity;
    add("name", identity.name.value, identity.name.evidence);
    if (identity.version) add("version", identity.version->value, identity.version->evidence);
    add("base image", plan.platforms.front().base.text, plan.base_evidence);
    if (plan.config.package)
        add("package", *plan.config.package,
            fmt::format("{}, in {}", origin("build.package"), plan.project_directory.string()));
    for (const auto& each : plan.platforms) {
        const auto& base = each.base;
        add("platform", each.platform.to_string(), origin("build.platforms"));
        if (base.manifest_digest)
            add("base digest", base.manifest_digest->to_string(), base.facts.distribution);
        const auto& python = base.facts.interpreter;
        if (!python) continue;
        add("python", python->version, fmt::format("{} of the base image", python->path));
        if (plan.requires_python)
            add("requires-python",
                fmt::format("{} (satisfied by {})", plan.requires_python->value, python->version),
                plan.requires_python->evidence);
        if (!plan.config.base_image)
            add("python choice", plan.facts.python.minor,
                fmt::format("{}; candidates: {}", plan.facts.python.evidence,
                            fmt::join(plan.facts.python.candidates, ", ")));
        add("c library",
            fmt::format("{} {}.{}", base.facts.libc, base.facts.libc_major, base.facts.libc_minor),
            "files of the base image");
    }
    const auto& settings = plan.platforms.front().settings;
    const auto& lock = plan.platforms.front().dependencies.lock;
    if (const auto& framework = plan.facts.entrypoint.framework)
        add("framework", framework->value, framework->evidence);
    add("entrypoint", shown(settings.entrypoint),
        first_of(origin("build.entrypoint"), plan.facts.entrypoint.evidence));
    if (!settings.cmd.empty()) add("cmd", shown(settings.cmd), origin("build.cmd"));
    for (const auto& port : settings.ports)
        add("port", port,
            first_of(origin("build.ports"), plan.facts.entrypoint.ports.empty()
                                                ? ""
                                                : plan.facts.entrypoint.ports.front().evidence));
    add("user", settings.user,
        first_of(origin("build.user"),
                 settings.user == kDefaultUser ? "the base image runs as root" : "the base image"));
    add("workdir", settings.working_directory, origin("build.workdir"));
    add("lock", plan.config.include_deps ? lock.kind : "none",
        plan.config.include_deps ? lock.reason : origin("build.include_deps"));
    if (plan.config.build_sdists)
        add("build sdists", "with uv or pip", origin("build.build_sdists"));
    if (plan.config.bytecode) add("bytecode", *plan.config.bytecode, origin("build.bytecode"));
    for (const auto& index : plan.indexes) add("index", index.value, index.evidence);
    for (const auto& tag : plan.tags) add("tag", tag.to_string(), origin("build.tags"));
    if (!plan.output.empty()) add("output", plan.output.string(), origin("build.output"));
    return facts;
}

/// ` 1.0`, if it is known before the build.
std::string version_of(const LocalDistribution& local) {
    return local.distribution ? " " + local.distribution->metadata.version : "";
}

Json layers_json(const BuildPlan& plan, const PlatformPlan& platform) {
    Json layers = Json::array();
    layers.push_back({{"kind", "base"},
                      {"summary", fmt::format("{} ({} layers)", platform.base.text,
                                              platform.base.manifest.layers.size())}});
    Json packages = Json::array();
    for (const auto& wheel : platform.dependencies.wheels)
        packages.push_back(fmt::format("{} {} ({})", wheel.name, wheel.version, wheel.filename));
    for (const auto& package : platform.dependencies.sources)
        packages.push_back(fmt::format("{}{}{} (from sources)", package.name,
                                       package.version.empty() ? "" : " ", package.version));
    for (const auto& [name, directory] : platform.dependencies.local_project_directories)
        packages.push_back(fmt::format("{}{} (from {})", name,
                                       version_of(plan.local_distributions.at(name)),
                                       directory.string()));
    if (!packages.empty())
        layers.push_back({{"kind", "dependencies"},
                          {"summary", fmt::format("{} packages", packages.size())},
                          {"contents", packages}});
    Json contents = Json::array();
    std::uint64_t size = 0;
    for (const auto& file : plan.sources.files) {
        size += file.size;
        contents.push_back(file.path);
    }
    layers.push_back(
        {{"kind", "application"},
         {"summary", fmt::format("{} files, {}", plan.sources.files.size(), format_size(size))},
         {"contents", contents}});
    return layers;
}

Json image_json(const ImageSettings& settings) {
    return {{"entrypoint", settings.entrypoint},
            {"cmd", settings.cmd},
            {"env", settings.env},
            {"labels", settings.labels},
            {"ports", settings.ports},
            {"user", settings.user},
            {"workdir", settings.working_directory}};
}

}  // namespace

std::optional<install::Scheme> PlatformPlan::scheme() const {
    if (!base.facts.interpreter) return std::nullopt;
    install::Scheme scheme;
    scheme.lib_name = base.facts.interpreter->library;
    scheme.machine = platform.machine();
    packaging::TargetEnvironment environment;
    environment.python_version = base.facts.interpreter->version;
    scheme.python_minor = environment.python_minor();
    return scheme;
}

std::vector<BuildPlan::Scan> BuildPlan::scans() const {
    std::vector<Scan> scans{{{.directory = project_directory,
                              .include = config.include,
                              .exclude = config.exclude,
                              .output_directory = output},
                             &sources}};
    for (const auto& [name, local] : local_distributions)
        scans.push_back({sources::Tree::scan_of(local.directory), &local.scanned});
    return scans;
}

void BuildPlan::warn(const std::string& code, const std::string& message, const std::string& hint) {
    Json warning{{"code", code}, {"message", message}};
    if (!hint.empty()) warning["hint"] = hint;
    if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end())
        warnings.push_back(std::move(warning));
}

std::vector<project::Fact<std::string>> describe_indexes(index::IndexAccess& indexes) {
    std::vector<project::Fact<std::string>> facts;
    const auto& options = indexes.options();
    const auto add = [&](const index::IndexLocation& location, std::string_view kind) {
        const auto url = net::Url::parse(location.url);
        const auto credential =
            url && url->scheme() != "file" ? indexes.credentials().find(*url) : std::nullopt;
        facts.push_back(
            {fmt::format("{}{}{}", location.name.empty() ? "" : location.name + ": ",
                         location.shown(), kind),
             fmt::format("{}{}", location.origin,
                         credential ? ", credentials from " + credential->source : "")});
    };
    for (const auto& place : options.find_links) add(place, " (find-links)");
    if (options.no_index) {
        facts.push_back({"no other", options.no_index_origin});
        return facts;
    }
    for (const auto& index : options.indexes)
        add(index, index.is_explicit                                    ? " (explicit)"
                   : index.format == index::IndexLocation::Format::Flat ? " (flat)"
                                                                        : "");
    for (const auto& pin : options.pins)
        facts.push_back({fmt::format("{} only from {}", pin.package, pin.index), pin.origin});
    return facts;
}

Json to_json(const BuildPlan& plan) {
    Json tags = Json::array();
    for (const auto& tag : plan.tags) tags.push_back(tag.to_string());
    Json ignored = Json::array();
    for (const auto& item : plan.sources.ignored)
        ignored.push_back({{"path", item.path}, {"reason", item.reason}});
    Json platforms = Json::array();
    for (const auto& platform : plan.platforms)
        platforms.push_back({{"platform", platform.platform.to_string()},
                             {"layers", layers_json(plan, platform)},
                             {"image", image_json(platform.settings)}});
    return {{"format_version", 1},
            {"project", plan.facts.identity.name.value},
            {"facts", facts_json(plan)},
            {"layers", layers_json(plan, plan.platforms.front())},
            {"image", image_json(plan.platforms.front().settings)},
            {"platforms", platforms},
            {"references", tags},
            {"output", plan.output.empty() ? Json(nullptr) : Json(plan.output.string())},
            {"ignored", ignored},
            {"warnings", plan.warnings}};
}

}  // namespace pycontainer::build
