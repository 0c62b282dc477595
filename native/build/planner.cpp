#include "build/planner.hpp"

#include "base/strings.hpp"
#include "build/remembered_dependencies.hpp"
#include "index/index_client.hpp"
#include "packaging/names.hpp"
#include "packaging/requirement.hpp"
#include "packaging/specifier.hpp"
#include "project/pyproject_check.hpp"
#include "project/python_version.hpp"
#include "project/vcs.hpp"
#include "resolve/dependency_names.hpp"

#include <charconv>
#include <chrono>
#include <set>

namespace pycontainer::build {
namespace {

constexpr std::string_view kDefaultUser = "65532:65532";
constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::int64_t now_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Json warning_json(const std::string& code, const std::string& message, const std::string& hint) {
    Json json{{"code", code}, {"message", message}};
    if (!hint.empty()) json["hint"] = hint;
    return json;
}

template <typename Warnings>
void add_warnings(BuildPlan& plan, const Warnings& warnings) {
    for (const auto& warning : warnings)
        plan.warnings.push_back(warning_json(warning.code, warning.message, warning.hint));
}

/// Faults of the user's files: errors end the build with all of them, others become warnings.
Result<void> settle_diagnostics(BuildPlan& plan, const std::vector<Diagnostic>& diagnostics) {
    if (has_errors(diagnostics)) {
        Error error;
        error.code = "config/invalid";
        error.message = "the configuration has errors";
        error.hint = "correct them; `pycontainer check` shows them again";
        error.diagnostics = diagnostics;
        return fail(std::move(error));
    }
    for (const auto& diagnostic : diagnostics)
        if (diagnostic.severity == Severity::Warning)
            plan.warnings.push_back(
                warning_json(diagnostic.code, diagnostic.message, diagnostic.hint));
    return {};
}

/// SOURCE_DATE_EPOCH (reproducible-builds.org specification), or 1970.
Result<std::int64_t> source_date_epoch(const Environment& environment) {
    const auto text = environment.find_nonempty("SOURCE_DATE_EPOCH");
    if (!text) return 0;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || value < 0 ||
        value > 253'402'300'799)
        return fail("config/invalid-epoch",
                    "SOURCE_DATE_EPOCH is `{}`, which is not a number of seconds since 1970",
                    printable(*text, 40))
            .hint("unset it, or set it to the time of the commit: `git log -1 --format=%ct`");
    return value;
}

/// Places that belong to the kernel or to the environment that is made here.
Result<void> check_working_directory(const std::string& path) {
    for (const std::string_view taken : {"/opt/venv", "/proc", "/sys", "/dev"})
        if (path == taken || (path.starts_with(taken) && path[taken.size()] == '/'))
            return fail("config/reserved-workdir",
                        "the working directory cannot be `{}`: `{}` is used otherwise", path, taken)
                .hint("choose another one, such as `/app`");
    if (path == "/")
        return fail("config/reserved-workdir",
                    "the working directory cannot be `/`: the sources would lie among the files of "
                    "the base image")
            .hint("choose another one, such as `/app`");
    return {};
}

/// Names that begin with `.wh.` mean in a layer that a file of a lower one is gone (OCI image
/// specification, "Whiteouts").
void leave_whiteouts_out(BuildPlan& plan) {
    const auto is_whiteout = [](const project::SourceFile& file) {
        return file.path.substr(file.path.rfind('/') + 1).starts_with(".wh.");
    };
    for (const auto& file : plan.sources.files)
        if (is_whiteout(file))
            plan.warnings.push_back(warning_json(
                "build/whiteout-name",
                fmt::format("`{}` is left out: names that begin with `.wh.` delete files in images",
                            printable(file.path, 120)),
                ""));
    std::erase_if(plan.sources.files, is_whiteout);
}

Result<void> load_configuration(const exec::Context& ctx, const BuildRequest& request,
                                BuildPlan& plan, config::Loaded& loaded) {
    PYC_TRY_ASSIGN(loaded,
                   config::load(ctx.environment(), {.project_directory = request.project_directory,
                                                    .config_file = request.config_file,
                                                    .overrides = request.overrides}));
    plan.inputs = loaded.files_considered;
    auto diagnostics = loaded.diagnostics;
    const auto faults = project::check_pyproject(
        loaded.pyproject_document, (request.project_directory / "pyproject.toml").string());
    diagnostics.insert(diagnostics.end(), faults.begin(), faults.end());
    PYC_TRY(settle_diagnostics(plan, diagnostics));
    plan.config = loaded.config;
    PYC_TRY(check_working_directory(plan.config.workdir));
    PYC_TRY_ASSIGN(plan.platform, oci::Platform::parse(plan.config.platforms.front()));
    if (plan.config.output || !request.push)
        plan.output = plan.config.output ? std::filesystem::path(*plan.config.output)
                                         : request.project_directory / "dist" / "image";
    if (plan.output.is_relative() && !plan.output.empty())
        plan.output = request.project_directory / plan.output;
    PYC_TRY_ASSIGN(plan.source_date_epoch, source_date_epoch(ctx.environment()));
    return {};
}

std::optional<project::Fact<std::string>> required_python(const config::Loaded& loaded) {
    const auto* table = member(loaded.pyproject, "project");
    const auto text = table ? string_member(*table, "requires-python") : std::nullopt;
    if (!text) return std::nullopt;
    const auto line =
        loaded.pyproject_document.range_or_start("/project/requires-python").start.line + 1;
    return project::Fact<std::string>{
        *text, fmt::format("pyproject.toml:{}: requires-python = \"{}\"", line, *text)};
}

/// A base that was named may have another Python than the project can run on.
Result<void> check_base_python(const BuildPlan& plan) {
    if (!plan.base.facts.interpreter) return {};
    if (const auto wanted =
            plan.config.python ? project::python_minor_of(*plan.config.python) : std::nullopt;
        wanted && *wanted != plan.base.facts.interpreter->minor())
        return fail("base/python-mismatch", "`{}` has Python {}, but `[build] python` is `{}`",
                    plan.base.text, plan.base.facts.interpreter->version, *plan.config.python)
            .hint("choose a base with that Python, or leave `python` or `base_image` out");
    if (!plan.requires_python) return {};
    const auto specifiers = packaging::SpecifierSet::parse(plan.requires_python->value);
    const auto version = packaging::Version::parse(plan.base.facts.interpreter->version);
    if (!specifiers || !version || specifiers->contains(*version)) return {};
    return fail("base/python-mismatch", "`{}` has Python {}, but the project wants `{}`",
                plan.base.text, plan.base.facts.interpreter->version, plan.requires_python->value)
        .hint("choose a base with a Python that fits, or change requires-python");
}

Result<void> find_base(const exec::Context& ctx, const BuildRequest& request,
                       const config::Loaded& loaded, BuildPlan& plan, Session& session) {
    plan.requires_python = required_python(loaded);
    const project::Pyproject pyproject(loaded.pyproject, &loaded.pyproject_document);
    PYC_TRY_ASSIGN(plan.facts.python,
                   project::detect_python(plan.project_directory, pyproject, plan.config.python));
    plan.inputs.push_back(plan.project_directory / ".python-version");
    auto text = plan.config.base_image.value_or("");
    if (text.empty()) {
        text = fmt::format("python:{}-slim", plan.facts.python.minor);
        plan.base_evidence = fmt::format("the official image of Python {} ({})",
                                         plan.facts.python.minor, plan.facts.python.evidence);
    } else {
        plan.base_evidence = plan.config.origins["build.base_image"];
    }
    const BaseOptions options{.platform = plan.platform,
                              .pull = request.pull,
                              .now = now_seconds(),
                              .max_age_seconds = plan.config.base_max_age_seconds,
                              .wanted_python = plan.config.python.value_or("")};
    PYC_TRY_ASSIGN(plan.base,
                   find_base_image(ctx, text, options, session.registry(), session.store()));
    constexpr std::string_view kLayout = "oci:";
    if (text.starts_with(kLayout)) {
        const auto location = text.substr(kLayout.size());
        std::error_code ignored;
        for (const auto& layout : {location, location.substr(0, location.rfind(':'))})
            if (!plan.output.empty() && std::filesystem::equivalent(layout, plan.output, ignored))
                return fail(
                           "layout/not-ours",
                           "the output `{}` is the layout of the base image, so it is not replaced",
                           plan.output.string())
                    .hint("choose another directory with --output");
        plan.inputs.push_back(std::filesystem::path(location) / "index.json");
        plan.inputs.push_back(std::filesystem::path(location.substr(0, location.rfind(':'))) /
                              "index.json");
    }
    const bool needs_python =
        !plan.config.entrypoint ||
        (plan.config.include_deps && resolve::declares_dependencies(loaded.pyproject));
    if (plan.base.is_scratch() && needs_python)
        return fail("base/no-python", "`scratch` has no Python to run the project with")
            .hint("choose a base with Python, or give an --entrypoint and --no-deps");
    if (!plan.base.is_scratch() && !plan.base.facts.interpreter && needs_python)
        return fail("base/no-python", "no Python was found in `{}`", text)
            .hint("choose a base with a Python 3, such as `python:{}-slim`",
                  plan.facts.python.minor);
    return check_base_python(plan);
}

packaging::TargetEnvironment target_of(BuildPlan& plan) {
    packaging::TargetEnvironment target;
    const auto& facts = plan.base.facts;
    target.python_version = facts.interpreter->version;
    target.free_threaded = facts.interpreter->free_threaded();
    target.machine = plan.platform.machine();
    if (facts.libc.empty()) {
        plan.warnings.push_back(warning_json(
            "base/unknown-libc",
            fmt::format(
                "the C library of `{}` could not be told, so only wheels for glibc 2.17 are chosen",
                plan.base.text),
            ""));
        return target;
    }
    target.libc = facts.libc == "musl" ? packaging::Libc::Musl : packaging::Libc::Glibc;
    target.libc_major = facts.libc_major;
    target.libc_minor = facts.libc_minor;
    return target;
}

/// A lock that does not have what the project asks for gives an image that does not run.
void warn_of_missing_dependencies(const config::Loaded& loaded,
                                  const packaging::TargetEnvironment& target, BuildPlan& plan) {
    std::set<std::string> installed(plan.dependencies.local_projects.begin(),
                                    plan.dependencies.local_projects.end());
    for (const auto& wheel : plan.dependencies.wheels)
        installed.insert(packaging::normalize_name(wheel.name));
    const auto* project = member(loaded.pyproject, "project");
    const auto* list = project ? member(*project, "dependencies") : nullptr;
    if (!list) return;
    for (const auto& item : *list) {
        const auto requirement = packaging::Requirement::parse(item.get<std::string>());
        if (!requirement || installed.contains(packaging::normalize_name(requirement->name)))
            continue;
        if (requirement->marker &&
            !requirement->marker->evaluate_leniently(target.marker_environment()))
            continue;
        plan.warnings.push_back(
            warning_json("build/missing-dependency",
                         fmt::format("pyproject.toml asks for `{}`, but {} does not have it",
                                     requirement->name, plan.dependencies.lock.kind),
                         "lock again"));
    }
}

/// Workspace members and path dependencies run from their sources, so these have to be in the
/// image.
Result<void> check_local_projects(const BuildPlan& plan) {
    for (const auto& [name, directory] : plan.dependencies.local_project_directories) {
        const auto relative =
            std::filesystem::absolute(directory).lexically_normal().lexically_relative(
                plan.project_directory);
        if (!relative.empty() && *relative.begin() != "..") continue;
        return fail("build/dependency-outside",
                    "the dependency `{}` lies in `{}`, outside the project", name,
                    directory.string())
            .hint("build from the directory that holds both with --context, or make `{}` a wheel",
                  name);
    }
    return {};
}

Result<void> choose_dependencies(const exec::Context& ctx, const config::Loaded& loaded,
                                 BuildPlan& plan, Session& session) {
    if (!plan.config.include_deps || !plan.base.facts.interpreter) return {};
    resolve::DependencyRequest request;
    request.project_directory = plan.project_directory;
    request.pyproject = loaded.pyproject;
    request.groups = plan.config.groups;
    request.extras = plan.config.extras;
    request.target = target_of(plan);
    const auto key = dependencies_key(request, ctx.environment());
    if (auto known = find_dependencies(key, session.store())) {
        plan.dependencies = std::move(*known);
    } else {
        const exec::Activity activity(ctx, "reading the lock");
        index::IndexClient index(session.http(), index::IndexOptions::from(ctx.environment()));
        PYC_TRY_ASSIGN(plan.dependencies, resolve::resolve_dependencies(ctx, request, index));
        remember_dependencies(key, plan.dependencies, session.store());
    }
    plan.inputs.insert(plan.inputs.end(), plan.dependencies.lock.files.begin(),
                       plan.dependencies.lock.files.end());
    PYC_TRY(settle_diagnostics(plan, plan.dependencies.diagnostics));
    add_warnings(plan, plan.dependencies.warnings);
    warn_of_missing_dependencies(loaded, request.target, plan);
    return check_local_projects(plan);
}

Result<void> detect_project(const BuildRequest& request, const config::Loaded& loaded,
                            BuildPlan& plan) {
    const auto vcs = request.use_vcs ? project::read_git(plan.project_directory) : std::nullopt;
    const auto names = resolve::dependency_names(
        loaded.pyproject, resolve::choose_lock(plan.project_directory, loaded.pyproject));
    project::DetectRequest detection{.directory = plan.project_directory,
                                     .pyproject = loaded.pyproject,
                                     .pyproject_document = &loaded.pyproject_document,
                                     .sources = plan.sources,
                                     .dependency_names = names.direct,
                                     .installed_names = {},
                                     .vcs = vcs ? &*vcs : nullptr,
                                     .entrypoint = plan.config.entrypoint,
                                     .python = plan.config.python,
                                     .framework = plan.config.framework};
    for (const auto& wheel : plan.dependencies.wheels)
        detection.installed_names.push_back(packaging::normalize_name(wheel.name));
    PYC_TRY_ASSIGN(plan.facts, project::detect(detection));
    add_warnings(plan, plan.facts.warnings);
    if (plan.facts.identity.has_build_system)
        plan.dist_info = project::make_dist_info(
            plan.facts.identity, project::Pyproject(loaded.pyproject, &loaded.pyproject_document),
            plan.facts.entrypoint.console_scripts);
    return {};
}

bool runs_as_root(const std::string& user) {
    const auto name = user.substr(0, user.find(':'));
    return name.empty() || name == "root" || name == "0";
}

void settle_user(BuildPlan& plan) {
    auto& settings = plan.settings;
    const bool base_is_root = runs_as_root(plan.base.config.user());
    settings.user = plan.config.user ? *plan.config.user
                    : base_is_root   ? std::string(kDefaultUser)
                                     : plan.base.config.user();
    // A number has no home directory in the base's user data base; many libraries want one they may
    // write.
    const bool numeric = settings.user.find_first_not_of("0123456789:") == std::string::npos;
    if (numeric && !runs_as_root(settings.user) && plan.base.config.env("HOME").empty())
        settings.env["HOME"] = "/tmp";
}

std::string with_protocol(const std::string& port) {
    return port.find('/') == std::string::npos ? port + "/tcp" : port;
}

void settle_ports(BuildPlan& plan) {
    auto& settings = plan.settings;
    if (plan.config.ports) {
        for (const auto& port : *plan.config.ports) settings.ports.push_back(with_protocol(port));
    } else {
        for (const auto& port : plan.facts.entrypoint.ports)
            settings.ports.push_back(fmt::format("{}/tcp", port.value));
    }
    for (const auto& port : settings.ports) {
        unsigned number = 0;
        std::from_chars(port.data(), port.data() + port.size(), number);
        if (number < 1024 && !runs_as_root(settings.user))
            plan.warnings.push_back(warning_json(
                "config/privileged-port",
                fmt::format("port {} is below 1024, which the user `{}` may not open everywhere",
                            number, settings.user),
                "use a port from 1024 on and map it when the container is started"));
    }
}

void settle_metadata(const BuildRequest& request, BuildPlan& plan) {
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
    if (request.use_vcs) {
        if (const auto vcs = project::read_git(plan.project_directory)) {
            put("revision", vcs->revision);
            put("source", vcs->source_url);
        }
    }
    put("base.name", plan.base.name);
    if (plan.base.manifest_digest) put("base.digest", plan.base.manifest_digest->to_string());
    plan.settings.annotations = metadata;
    plan.settings.annotations["org.opencontainers.image.created"] = plan.settings.created;
    plan.settings.labels = std::move(metadata);
    for (const auto& [name, value] : plan.config.labels) plan.settings.labels[name] = value;
}

Result<void> settle_image(const BuildRequest& request, BuildPlan& plan) {
    auto& settings = plan.settings;
    // Layers stay reproducible either way; `reproducible = false` only lets the image say when it
    // was built.
    const bool dated = !plan.config.reproducible && plan.source_date_epoch == 0;
    settings.created = format_timestamp(dated ? now_seconds() : plan.source_date_epoch);
    settings.working_directory = plan.config.workdir;
    settings.entrypoint = plan.facts.entrypoint.argv;
    settings.cmd = plan.config.cmd.value_or(std::vector<std::string>{});
    if (const auto scheme = plan.scheme()) {
        const auto path = plan.base.config.env("PATH");
        settings.env["PATH"] =
            "/" + scheme->scripts() + ":" + (path.empty() ? std::string(kDefaultPath) : path);
        settings.env["VIRTUAL_ENV"] = "/" + scheme->prefix;
    }
    settle_user(plan);
    settle_ports(plan);
    for (const auto& [name, value] : plan.config.env) settings.env[name] = value;
    settle_metadata(request, plan);
    for (const auto& tag : plan.config.tags) {
        PYC_TRY_ASSIGN(auto reference, oci::Reference::parse(tag));
        if (!reference.names_registry() && plan.config.registry_url) {
            PYC_TRY_ASSIGN(const auto repository, oci::Reference::parse(*plan.config.registry_url));
            reference = repository.with_tag(reference.tag().value_or("latest"));
        }
        if (std::find(plan.tags.begin(), plan.tags.end(), reference) == plan.tags.end())
            plan.tags.push_back(std::move(reference));
    }
    if (plan.tags.empty()) {
        const auto name = plan.config.registry_url.value_or(plan.facts.identity.normalized_name);
        PYC_TRY_ASSIGN(auto reference, oci::Reference::parse(name));
        plan.tags.push_back(reference.with_tag("latest"));
    }
    return {};
}

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
    add("platform", plan.platform.to_string(), origin("build.platforms"));
    add("base image", plan.base.text, plan.base_evidence);
    if (plan.base.manifest_digest)
        add("base digest", plan.base.manifest_digest->to_string(), plan.base.facts.distribution);
    if (const auto& python = plan.base.facts.interpreter) {
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
            fmt::format("{} {}.{}", plan.base.facts.libc, plan.base.facts.libc_major,
                        plan.base.facts.libc_minor),
            "files of the base image");
    }
    if (const auto& framework = plan.facts.entrypoint.framework)
        add("framework", framework->value, framework->evidence);
    add("entrypoint", shown(plan.settings.entrypoint),
        first_of(origin("build.entrypoint"), plan.facts.entrypoint.evidence));
    if (!plan.settings.cmd.empty()) add("cmd", shown(plan.settings.cmd), origin("build.cmd"));
    for (const auto& port : plan.settings.ports)
        add("port", port,
            first_of(origin("build.ports"), plan.facts.entrypoint.ports.empty()
                                                ? ""
                                                : plan.facts.entrypoint.ports.front().evidence));
    add("user", plan.settings.user,
        first_of(origin("build.user"), plan.settings.user == kDefaultUser
                                           ? "the base image runs as root"
                                           : "the base image"));
    add("workdir", plan.settings.working_directory, origin("build.workdir"));
    add("lock", plan.config.include_deps ? plan.dependencies.lock.kind : "none",
        plan.config.include_deps ? plan.dependencies.lock.reason : origin("build.include_deps"));
    for (const auto& tag : plan.tags) add("tag", tag.to_string(), origin("build.tags"));
    if (!plan.output.empty()) add("output", plan.output.string(), origin("build.output"));
    return facts;
}

Json layers_json(const BuildPlan& plan) {
    Json layers = Json::array();
    layers.push_back({{"kind", "base"},
                      {"summary", fmt::format("{} ({} layers)", plan.base.text,
                                              plan.base.manifest.layers.size())}});
    if (!plan.dependencies.wheels.empty()) {
        Json contents = Json::array();
        for (const auto& wheel : plan.dependencies.wheels)
            contents.push_back(
                fmt::format("{} {} ({})", wheel.name, wheel.version, wheel.filename));
        layers.push_back({{"kind", "dependencies"},
                          {"summary", fmt::format("{} packages", plan.dependencies.wheels.size())},
                          {"contents", contents}});
    }
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

}  // namespace

std::optional<install::Scheme> BuildPlan::scheme() const {
    if (!base.facts.interpreter) return std::nullopt;
    install::Scheme scheme;
    scheme.lib_name = base.facts.interpreter->library;
    scheme.machine = platform.machine();
    packaging::TargetEnvironment target;
    target.python_version = base.facts.interpreter->version;
    scheme.python_minor = target.python_minor();
    return scheme;
}

Result<BuildPlan> make_plan(const exec::Context& ctx, const BuildRequest& request,
                            Session& session) {
    BuildPlan plan{.project_directory = request.project_directory,
                   .config = {},
                   .inputs = {},
                   .warnings = {},
                   .platform = {},
                   .sources = {},
                   .facts = {},
                   .base = {.text = {},
                            .name = {},
                            .reference = {},
                            .manifest_digest = {},
                            .manifest = {},
                            .config = oci::ImageConfig(oci::Platform{}),
                            .source = {},
                            .checked_at = 0,
                            .facts = {}},
                   .base_evidence = {},
                   .requires_python = {},
                   .dependencies = {},
                   .dist_info = {},
                   .settings = {},
                   .tags = {},
                   .output = {},
                   .source_date_epoch = 0};
    config::Loaded loaded;
    PYC_TRY(load_configuration(ctx, request, plan, loaded));
    PYC_TRY_ASSIGN(plan.sources, project::scan_sources(ctx, {.directory = plan.project_directory,
                                                             .include = plan.config.include,
                                                             .exclude = plan.config.exclude,
                                                             .output_directory = plan.output}));
    leave_whiteouts_out(plan);
    PYC_TRY(find_base(ctx, request, loaded, plan, session));
    PYC_TRY(choose_dependencies(ctx, loaded, plan, session));
    PYC_TRY(detect_project(request, loaded, plan));
    PYC_TRY(settle_image(request, plan));
    return plan;
}

Json to_json(const BuildPlan& plan) {
    Json tags = Json::array();
    for (const auto& tag : plan.tags) tags.push_back(tag.to_string());
    Json ignored = Json::array();
    for (const auto& item : plan.sources.ignored)
        ignored.push_back({{"path", item.path}, {"reason", item.reason}});
    return {{"format_version", 1},
            {"project", plan.facts.identity.name.value},
            {"facts", facts_json(plan)},
            {"layers", layers_json(plan)},
            {"image",
             {{"entrypoint", plan.settings.entrypoint},
              {"cmd", plan.settings.cmd},
              {"env", plan.settings.env},
              {"labels", plan.settings.labels},
              {"ports", plan.settings.ports},
              {"user", plan.settings.user},
              {"workdir", plan.settings.working_directory}}},
            {"references", tags},
            {"output", plan.output.empty() ? Json(nullptr) : Json(plan.output.string())},
            {"ignored", ignored},
            {"warnings", plan.warnings}};
}

}  // namespace pycontainer::build
