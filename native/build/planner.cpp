#include "build/planner.hpp"

#include "base/strings.hpp"
#include "build/image_settings.hpp"
#include "build/lock_writing.hpp"
#include "build/made_wheels.hpp"
#include "build/outputs.hpp"
#include "build/project_choice.hpp"
#include "build/remembered_dependencies.hpp"
#include "build/source_wheels.hpp"
#include "index/flat_index.hpp"
#include "index/index_configuration.hpp"
#include "packaging/names.hpp"
#include "packaging/requirement.hpp"
#include "packaging/specifier.hpp"
#include "project/pyproject_check.hpp"
#include "project/python_version.hpp"
#include "project/vcs.hpp"
#include "resolve/dependency_names.hpp"
#include "resolve/locked_python.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>

namespace pycontainer::build {
namespace {

std::int64_t now_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

template <typename Warnings>
void add_warnings(BuildPlan& plan, const Warnings& warnings) {
    for (const auto& warning : warnings) plan.warn(warning.code, warning.message, warning.hint);
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
            plan.warn(diagnostic.code, diagnostic.message, diagnostic.hint);
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
            plan.warn(
                "build/whiteout-name",
                fmt::format("`{}` is left out: names that begin with `.wh.` delete files in images",
                            printable(file.path, 120)),
                "");
    std::erase_if(plan.sources.files, is_whiteout);
}

Result<void> load_configuration(const exec::Context& ctx, const BuildRequest& request,
                                BuildPlan& plan, config::Loaded& loaded) {
    PYC_TRY_ASSIGN(auto choice, choose_project(ctx.environment(), request));
    plan.project_directory = std::move(choice.directory);
    loaded = std::move(choice.settings);
    plan.inputs = loaded.files_considered;
    auto diagnostics = loaded.diagnostics;
    const auto faults = project::check_pyproject(
        loaded.pyproject_document, (plan.project_directory / "pyproject.toml").string());
    diagnostics.insert(diagnostics.end(), faults.begin(), faults.end());
    PYC_TRY(settle_diagnostics(plan, diagnostics));
    plan.config = loaded.config;
    // In a workspace that nobody has trusted, its configuration is no permission.
    plan.config.build_sdists = plan.config.build_sdists && request.access.run_programs;
    PYC_TRY(check_working_directory(plan.config.workdir));
    PYC_TRY(check_archives(request.archives, plan.config.platforms.size()));
    for (auto& pattern : written_in(request.project_directory, request))
        plan.config.exclude.push_back(std::move(pattern));
    if (plan.config.output || (!request.push && request.archives.empty()))
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
Result<void> check_base_python(const BuildPlan& plan, const BaseImage& base) {
    if (!base.facts.interpreter) return {};
    if (const auto wanted =
            plan.config.python ? project::python_minor_of(*plan.config.python) : std::nullopt;
        wanted && *wanted != base.facts.interpreter->minor())
        return fail("base/python-mismatch", "`{}` has Python {}, but `[build] python` is `{}`",
                    base.text, base.facts.interpreter->version, *plan.config.python)
            .hint("choose a base with that Python, or leave `python` or `base_image` out");
    if (!plan.requires_python) return {};
    const auto specifiers = packaging::SpecifierSet::parse(plan.requires_python->value);
    const auto version = packaging::Version::parse(base.facts.interpreter->version);
    if (!specifiers || !version || specifiers->contains(*version)) return {};
    return fail("base/python-mismatch", "`{}` has Python {}, but the project wants `{}`", base.text,
                base.facts.interpreter->version, plan.requires_python->value)
        .hint("choose a base with a Python that fits, or change requires-python");
}

/// For no target yet.
resolve::DependencyRequest dependency_request(const config::Loaded& loaded, const BuildPlan& plan) {
    resolve::DependencyRequest request;
    request.project_directory = plan.project_directory;
    request.pyproject = loaded.pyproject;
    request.groups = plan.config.groups;
    request.extras = plan.config.extras;
    if (!plan.config.lock) return request;
    const auto& origin = plan.config.origins.at("build.lock");
    request.lock = {(plan.project_directory / *plan.config.lock).lexically_normal(),
                    origin == "flag" ? "`--lock`" : origin};
    return request;
}

/// What the lock says of Python, where the project does not.
Result<void> ask_lock_for_python(const config::Loaded& loaded, const BuildRequest& request,
                                 BuildPlan& plan) {
    const project::Pyproject pyproject(loaded.pyproject);
    std::error_code ignored;
    if (request.lock.wanted && plan.config.lock &&
        !std::filesystem::exists(plan.project_directory / *plan.config.lock, ignored))
        return {};  // it will be made
    if (!plan.config.include_deps || pyproject.has("/project/requires-python") ||
        pyproject.has("/tool/poetry/dependencies/python"))
        return {};
    PYC_TRY_ASSIGN(const auto lock, resolve::find_lock(dependency_request(loaded, plan)));
    plan.locked_python = resolve::locked_python(lock);
    return {};
}

/// What the base is called, and why.
Result<std::string> base_name(const config::Loaded& loaded, const BuildRequest& request,
                              BuildPlan& plan) {
    const project::Pyproject pyproject(loaded.pyproject, &loaded.pyproject_document);
    PYC_TRY(ask_lock_for_python(loaded, request, plan));
    PYC_TRY_ASSIGN(plan.facts.python,
                   project::detect_python(plan.project_directory, pyproject, plan.config.python,
                                          plan.locked_python));
    plan.inputs.push_back(plan.project_directory / ".python-version");
    if (plan.config.base_image) {
        plan.base_evidence = plan.config.origins["build.base_image"];
        return *plan.config.base_image;
    }
    plan.base_evidence = fmt::format("the official image of Python {} ({})",
                                     plan.facts.python.minor, plan.facts.python.evidence);
    return fmt::format("python:{}-slim", plan.facts.python.minor);
}

/// A layout as base: a change of it is a change of the input, and it is never the output.
Result<void> watch_base_layout(const std::string& text, BuildPlan& plan) {
    constexpr std::string_view kLayout = "oci:";
    for (const std::string_view archive : {"oci-archive:", "docker-archive:"})
        if (text.starts_with(archive))
            plan.inputs.push_back(
                image::split_archive_name(std::string_view(text).substr(archive.size())).first);
    if (!text.starts_with(kLayout)) return {};
    const auto location = text.substr(kLayout.size());
    std::error_code ignored;
    for (const auto& layout : {location, location.substr(0, location.rfind(':'))})
        if (!plan.output.empty() && std::filesystem::equivalent(layout, plan.output, ignored))
            return fail("layout/not-ours",
                        "the output `{}` is the layout of the base image, so it is not replaced",
                        plan.output.string())
                .hint("choose another directory with --output");
    plan.inputs.push_back(std::filesystem::path(location) / "index.json");
    plan.inputs.push_back(std::filesystem::path(location.substr(0, location.rfind(':'))) /
                          "index.json");
    return {};
}

Result<void> find_bases(const exec::Context& ctx, const BuildRequest& request,
                        const config::Loaded& loaded, BuildPlan& plan, Session& session) {
    plan.requires_python = required_python(loaded);
    PYC_TRY_ASSIGN(const auto text, base_name(loaded, request, plan));
    const bool needs_python =
        !plan.config.entrypoint ||
        (plan.config.include_deps && resolve::declares_dependencies(loaded.pyproject));
    for (const auto& name : plan.config.platforms) {
        PYC_TRY_ASSIGN(const auto platform, oci::Platform::parse(name));
        const bool is_known = std::any_of(
            plan.platforms.begin(), plan.platforms.end(),
            [&](const auto& known) { return known.platform.to_string() == platform.to_string(); });
        if (is_known) continue;
        const BaseOptions options{.platform = platform,
                                  .pull = request.pull,
                                  .now = now_seconds(),
                                  .max_age_seconds = plan.config.base_max_age_seconds,
                                  .wanted_python = plan.config.python.value_or("")};
        PYC_TRY_ASSIGN(auto base,
                       find_base_image(ctx, text, options, session.registry(), session.store()));
        if (base.is_scratch() && needs_python)
            return fail("base/no-python", "`scratch` has no Python to run the project with")
                .hint("choose a base with Python, or give an --entrypoint and --no-deps");
        if (!base.is_scratch() && !base.facts.interpreter && needs_python)
            return fail("base/no-python", "no Python was found in `{}`", text)
                .hint("choose a base with a Python 3, such as `python:{}-slim`",
                      plan.facts.python.minor);
        PYC_TRY(check_base_python(plan, base));
        plan.platforms.push_back({platform, std::move(base), {}, {}});
    }
    return watch_base_layout(text, plan);
}

/// A lock that does not have what the project asks for gives an image that does not run.
void warn_of_missing_dependencies(const config::Loaded& loaded,
                                  const packaging::TargetEnvironment& target,
                                  const resolve::Dependencies& dependencies, BuildPlan& plan) {
    std::set<std::string> installed(dependencies.local_projects.begin(),
                                    dependencies.local_projects.end());
    for (const auto& wheel : dependencies.wheels)
        installed.insert(packaging::normalize_name(wheel.name));
    for (const auto& package : dependencies.sources) installed.insert(package.name);
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
        plan.warn("build/missing-dependency",
                  fmt::format("pyproject.toml asks for `{}`, but {} does not have it",
                              requirement->name, dependencies.lock.kind),
                  "lock again");
    }
}

Result<void> choose_dependencies(const exec::Context& ctx, const config::Loaded& loaded,
                                 PlatformPlan& platform, BuildPlan& plan, Session& session) {
    if (!plan.config.include_deps || !platform.base.facts.interpreter) return {};
    auto& dependencies = platform.dependencies;
    auto request = dependency_request(loaded, plan);
    platform.target = target_of(platform, plan);
    request.target = *platform.target;
    if (plan.config.build_sdists) request.ask_backend = MadeWheels(session).ask_backend();
    auto& indexes = session.indexes();
    const auto options = indexes.options().with_pins_for(request.target.marker_environment(),
                                                         request.extras, request.groups);
    const auto key = dependencies_key(request, options, ctx.environment());
    if (auto known = find_dependencies(key, session.store())) {
        dependencies = std::move(*known);
    } else {
        const exec::Activity activity(ctx, "reading the lock");
        const auto index = indexes.client().with_options(options);
        PYC_TRY_ASSIGN(dependencies,
                       resolve::resolve_dependencies(ctx, request, *index, session.store()));
        // What lies in a directory may change without a page that says so, and credentials that
        // only a page's address has are not there the next time.
        if (!options.has_local_places() && !dependencies.looks_into_directories &&
            !indexes.credentials().has_learned())
            remember_dependencies(key, dependencies, session.store());
    }
    for (const auto& wheel : dependencies.wheels)
        if (const auto url = net::Url::parse(wheel.url); url && url->scheme() == "file")
            plan.inputs.push_back(index::local_path_of(*url));
    plan.inputs.insert(plan.inputs.end(), dependencies.lock.files.begin(),
                       dependencies.lock.files.end());
    PYC_TRY(settle_diagnostics(plan, dependencies.diagnostics));
    add_warnings(plan, dependencies.warnings);
    warn_of_missing_dependencies(loaded, request.target, dependencies, plan);
    return {};
}

/// Which indexes are asked, by the configuration of all tools.
Result<void> find_indexes(const exec::Context& ctx, const BuildRequest& request,
                          const config::Loaded& loaded, BuildPlan& plan, Session& session) {
    if (!plan.config.include_deps) {
        session.use_indexes({}, ctx.environment(), now_seconds);
        return {};
    }
    PYC_TRY_ASSIGN(
        auto options,
        index::read_index_options(ctx.environment(), {.project_directory = plan.project_directory,
                                                      .pyproject = &loaded.pyproject_document,
                                                      .flags = request.indexes}));
    plan.inputs.insert(plan.inputs.end(), options.files.begin(), options.files.end());
    options.use_keyring = options.use_keyring && request.access.run_programs;
    for (const auto& place : options.find_links)
        if (const auto url = net::Url::parse(place.url); url && url->scheme() == "file")
            plan.inputs.push_back(index::local_path_of(*url));
    session.use_indexes(std::move(options), ctx.environment(), now_seconds);
    plan.indexes = describe_indexes(session.indexes());
    return {};
}

Result<void> detect_project(const BuildRequest& request, const config::Loaded& loaded,
                            BuildPlan& plan) {
    if (request.use_vcs) plan.vcs = project::read_git(plan.project_directory);
    const auto lock = resolve::find_lock(dependency_request(loaded, plan));
    const auto names =
        resolve::dependency_names(loaded.pyproject, lock ? *lock : resolve::LockChoice());
    project::DetectRequest detection{.directory = plan.project_directory,
                                     .pyproject = loaded.pyproject,
                                     .pyproject_document = &loaded.pyproject_document,
                                     .sources = plan.sources,
                                     .dependency_names = names.direct,
                                     .installed_names = {},
                                     .vcs = plan.vcs ? &*plan.vcs : nullptr,
                                     .entrypoint = plan.config.entrypoint,
                                     .python = plan.config.python,
                                     .framework = plan.config.framework,
                                     .locked_python = plan.locked_python};
    // The first platform's decides for all: one image starts the same way everywhere.
    for (const auto& wheel : plan.platforms.front().dependencies.wheels)
        detection.installed_names.push_back(packaging::normalize_name(wheel.name));
    for (const auto& package : plan.platforms.front().dependencies.sources)
        detection.installed_names.push_back(package.name);
    PYC_TRY_ASSIGN(plan.facts, project::detect(detection));
    add_warnings(plan, plan.facts.warnings);
    if (plan.facts.identity.has_build_system)
        plan.dist_info = project::make_dist_info(
            plan.facts.identity, project::Pyproject(loaded.pyproject, &loaded.pyproject_document),
            plan.facts.entrypoint.console_scripts);
    return {};
}

/// What has to be known before anything can be resolved.
Result<void> begin_plan(const exec::Context& ctx, const BuildRequest& request,
                        config::Loaded& loaded, BuildPlan& plan, Session& session) {
    PYC_TRY(load_configuration(ctx, request, plan, loaded));
    session.registry().use_own_settings(plan.config.registry_mirrors,
                                        plan.config.registry_insecure);
    PYC_TRY(find_bases(ctx, request, loaded, plan, session));
    return find_indexes(ctx, request, loaded, plan, session);
}

}  // namespace

packaging::TargetEnvironment target_of(const PlatformPlan& platform, BuildPlan& plan) {
    packaging::TargetEnvironment target;
    const auto& facts = platform.base.facts;
    target.python_version = facts.interpreter->version;
    target.free_threaded = facts.interpreter->free_threaded();
    target.machine = platform.platform.machine();
    if (facts.libc.empty()) {
        plan.warn(
            "base/unknown-libc",
            fmt::format(
                "the C library of `{}` could not be told, so only wheels for glibc 2.17 are chosen",
                platform.base.text),
            "");
        return target;
    }
    target.libc = facts.libc == "musl" ? packaging::Libc::Musl : packaging::Libc::Glibc;
    target.libc_major = facts.libc_major;
    target.libc_minor = facts.libc_minor;
    return target;
}

Result<BuildPlan> plan_lock(const exec::Context& ctx, const BuildRequest& request,
                            Session& session) {
    BuildPlan plan;
    config::Loaded loaded;
    PYC_TRY(begin_plan(ctx, request, loaded, plan, session));
    PYC_TRY(write_lock(ctx, request, dependency_request(loaded, plan), plan, session));
    return plan;
}

Result<BuildPlan> make_plan(const exec::Context& ctx, const BuildRequest& request,
                            Session& session) {
    BuildPlan plan;
    config::Loaded loaded;
    PYC_TRY(begin_plan(ctx, request, loaded, plan, session));
    if (request.lock.wanted)
        PYC_TRY(write_lock(ctx, request, dependency_request(loaded, plan), plan, session));
    PYC_TRY_ASSIGN(plan.sources, project::scan_sources(ctx, plan.scans().front().request));
    leave_whiteouts_out(plan);
    for (auto& platform : plan.platforms)
        PYC_TRY(choose_dependencies(ctx, loaded, platform, plan, session));
    PYC_TRY(detect_project(request, loaded, plan));
    PYC_TRY(plan_local_distributions(ctx, plan));
    for (auto& platform : plan.platforms)
        platform.settings = settle_settings(plan, platform, now_seconds());
    warn_of_privileged_ports(plan.platforms.front().settings, plan);
    PYC_TRY_ASSIGN(plan.tags, settle_tags(plan));
    return plan;
}

}  // namespace pycontainer::build
