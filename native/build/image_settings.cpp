#include "build/image_settings.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace pycontainer::build {
namespace {

bool runs_as_root(const std::string& user) {
    const auto name = user.substr(0, user.find(':'));
    return name.empty() || name == "root" || name == "0";
}

void settle_user(const BuildPlan& plan, const BaseImage& base, ImageSettings& settings) {
    settings.user = plan.config.user                   ? *plan.config.user
                    : runs_as_root(base.config.user()) ? std::string(kDefaultUser)
                                                       : base.config.user();
    // A number has no home directory in the base's user data base; many libraries want one they may
    // write.
    const bool numeric = settings.user.find_first_not_of("0123456789:") == std::string::npos;
    if (numeric && !runs_as_root(settings.user) && base.config.env("HOME").empty())
        settings.env["HOME"] = "/tmp";
}

std::vector<std::string> exposed_ports(const BuildPlan& plan) {
    std::vector<std::string> ports;
    if (plan.config.ports) {
        for (const auto& port : *plan.config.ports)
            ports.push_back(port.find('/') == std::string::npos ? port + "/tcp" : port);
    } else {
        for (const auto& port : plan.facts.entrypoint.ports)
            ports.push_back(fmt::format("{}/tcp", port.value));
    }
    return ports;
}

/// OCI image specification, annotations.md, "Pre-Defined Annotation Keys".
std::map<std::string, std::string> metadata_of(const BuildPlan& plan, const BaseImage& base) {
    std::map<std::string, std::string> metadata;
    const auto put = [&](const std::string& name, const std::string& value) {
        if (!value.empty()) metadata["org.opencontainers.image." + name] = value;
    };
    const auto text = [](const auto& fact) { return fact ? fact->value : std::string(); };
    const auto& identity = plan.facts.identity;
    put("title", identity.name.value);
    put("version", text(identity.version));
    put("description", text(identity.description));
    put("licenses", text(identity.license));
    put("authors", text(identity.authors));
    for (const auto& [label, name] :
         {std::pair("homepage", "url"), std::pair("documentation", "documentation"),
          std::pair("repository", "source")})
        if (const auto found = identity.urls.find(label); found != identity.urls.end())
            put(name, found->second);
    if (plan.vcs) {
        put("revision", plan.vcs->revision);
        put("source", plan.vcs->source_url);
    }
    put("base.name", base.name);
    if (base.manifest_digest) put("base.digest", base.manifest_digest->to_string());
    return metadata;
}

}  // namespace

const std::string_view kDefaultUser = "65532:65532";

ImageSettings settle_settings(const BuildPlan& plan, const PlatformPlan& platform,
                              std::int64_t now) {
    ImageSettings settings;
    // Layers stay reproducible either way; `reproducible = false` only lets the image say when it
    // was built.
    const bool dated = !plan.config.reproducible && plan.source_date_epoch == 0;
    settings.created = format_timestamp(dated ? now : plan.source_date_epoch);
    settings.working_directory = plan.config.workdir;
    settings.entrypoint = plan.facts.entrypoint.argv;
    settings.cmd = plan.config.cmd.value_or(std::vector<std::string>{});
    if (const auto scheme = platform.scheme()) {
        const auto path = platform.base.config.env("PATH");
        settings.env["PATH"] = "/" + scheme->scripts() + ":" +
                               (path.empty() ? std::string(oci::kDefaultSearchPath) : path);
        settings.env["VIRTUAL_ENV"] = "/" + scheme->prefix;
    }
    settle_user(plan, platform.base, settings);
    for (const auto& [name, value] : plan.facts.entrypoint.environment) settings.env[name] = value;
    for (const auto& [name, value] : plan.config.env) settings.env[name] = value;
    settings.ports = exposed_ports(plan);
    settings.labels = metadata_of(plan, platform.base);
    settings.annotations = settings.labels;
    settings.annotations["org.opencontainers.image.created"] = settings.created;
    for (const auto& [name, value] : plan.config.labels) settings.labels[name] = value;
    return settings;
}

void warn_of_privileged_ports(const ImageSettings& settings, BuildPlan& plan) {
    if (runs_as_root(settings.user)) return;
    for (const auto& port : settings.ports) {
        unsigned number = 0;
        std::from_chars(port.data(), port.data() + port.size(), number);
        if (number < 1024)
            plan.warn("config/privileged-port",
                      fmt::format("port {} is below 1024, which the user `{}` may not open "
                                  "everywhere",
                                  number, settings.user),
                      "use a port from 1024 on and map it when the container is started");
    }
}

Result<std::vector<oci::Reference>> settle_tags(const BuildPlan& plan) {
    std::vector<oci::Reference> tags;
    for (const auto& tag : plan.config.tags) {
        PYC_TRY_ASSIGN(auto reference, oci::Reference::parse(tag));
        if (!reference.names_registry() && plan.config.registry_url) {
            PYC_TRY_ASSIGN(const auto repository, oci::Reference::parse(*plan.config.registry_url));
            reference = repository.with_tag(reference.tag().value_or("latest"));
        }
        if (std::find(tags.begin(), tags.end(), reference) == tags.end())
            tags.push_back(std::move(reference));
    }
    if (tags.empty()) {
        const auto name = plan.config.registry_url.value_or(plan.facts.identity.normalized_name);
        PYC_TRY_ASSIGN(auto reference, oci::Reference::parse(name));
        tags.push_back(reference.with_tag("latest"));
    }
    return tags;
}

}  // namespace pycontainer::build
