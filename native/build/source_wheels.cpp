#include "build/source_wheels.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "base/version.hpp"
#include "build/made_wheels.hpp"
#include "install/entry_points.hpp"
#include "install/wheel_fetch.hpp"
#include "packaging/names.hpp"
#include "packaging/version.hpp"
#include "sources/archive_tree.hpp"
#include "sources/repository.hpp"
#include "sources/wheel_file.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace pycontainer::build {
namespace {

using resolve::SelectedWheel;
using resolve::SourcePackage;

constexpr std::string_view kLetItBeBuilt =
    "let `uv` or `pip` build it with `build_sdists = true` in `[build]`";

/// Could the project run as well from its files, with the import roots on the path?
bool is_its_files(const sources::Distribution& distribution, const BuildPlan& plan) {
    const auto info = distribution.metadata.file_stem() + ".dist-info/";
    return std::all_of(distribution.files.begin(), distribution.files.end(), [&](const auto& file) {
        if (file.path.starts_with(info)) return true;
        const auto* place = std::get_if<std::filesystem::path>(&file.content);
        if (!place) return false;
        const auto& roots = plan.facts.layout.import_roots;
        return std::any_of(roots.begin(), roots.end(), [&](const std::string& root) {
            return *place == plan.project_directory / project::join_path(root, file.path);
        });
    });
}

/// `[project.scripts]` may hold commands that are none (project/scripts.hpp).
bool has_only_references(const sources::CoreMetadata& metadata) {
    const auto scripts = metadata.entry_points.find("console_scripts");
    if (scripts == metadata.entry_points.end()) return true;
    return std::all_of(scripts->second.begin(), scripts->second.end(), [](const auto& each) {
        return install::parse_object_reference(each.first, each.second).has_value();
    });
}

void plan_own_distribution(BuildPlan& plan) {
    const auto& identity = plan.facts.identity;
    if (!identity.has_build_system || !identity.version) return;
    const auto tree = sources::Tree::of_scan(plan.project_directory, plan.sources);
    auto distribution =
        sources::read_distribution(tree, {.known = identity.version->value, .exact_tag = {}});
    if (!distribution && distribution.error().code == "sources/needs-build" &&
        plan.config.build_sdists) {
        plan.has_own_backend_wheel = true;
        return;
    }
    // A backend that would have to be run: the files on the path are the best there is.
    if (!distribution || is_its_files(*distribution, plan) ||
        !has_only_references(distribution->metadata))
        return;
    plan.own_distribution = std::move(*distribution);
}

/// Where a local project is in the image, if it is; nothing of this machine gets into a layer.
std::string direct_url_of(const std::filesystem::path& directory, const BuildPlan& plan) {
    const auto relative =
        std::filesystem::absolute(directory).lexically_normal().lexically_relative(
            plan.project_directory);
    if (relative.empty() || *relative.begin() == "..") return {};
    return dump_json({{"url", "file://" + plan.config.workdir + "/" + relative.generic_string()},
                      {"dir_info", Json::object()}});
}

class Maker {
public:
    Maker(const exec::Context& ctx, Session& session, const BuildPlan& plan,
          const PlatformPlan& platform)
        : ctx_(ctx), session_(session), made_(session), plan_(plan), platform_(platform) {}

    Result<SelectedWheel> from_distribution(const sources::Distribution& distribution,
                                            std::string direct_url) {
        PYC_TRY_ASSIGN(auto file, session_.store().new_blob());
        Sha256 hash;
        PYC_TRY(sources::write_wheel(ctx_, distribution, [&](Bytes bytes) -> Result<void> {
            hash.update(bytes);
            return file.write(bytes);
        }));
        SelectedWheel wheel;
        wheel.name = distribution.metadata.normalized_name();
        wheel.version = distribution.metadata.version;
        wheel.filename = sources::wheel_filename(distribution.metadata);
        wheel.size = file.size();
        wheel.sha256 = hash.finish();
        wheel.local_path = session_.store().blob_path(*wheel.sha256);
        wheel.is_from_sources = true;
        wheel.direct_url = std::move(direct_url);
        PYC_TRY(session_.store().commit_blob(std::move(file), *wheel.sha256));
        return wheel;
    }

    Result<SelectedWheel> from_package(const SourcePackage& package) {
        auto wheel = std::holds_alternative<resolve::Repository>(package.origin)
                         ? from_repository(package, std::get<resolve::Repository>(package.origin))
                         : from_sdist(package, std::get<resolve::Artifact>(package.origin));
        if (wheel || wheel.error().is_cancelled()) return wheel;
        auto error = std::move(wheel).error();
        if (error.code == "sources/needs-build") name_what_is_missing(package, error);
        error.diagnostics.push_back(
            {package.file, package.range, Severity::Error, error.code, error.message, error.hint});
        return fail(std::move(error)).while_("making a wheel of {}", package.name);
    }

    /// A project of this machine whose backend has to be run.
    Result<SelectedWheel> from_directory(const std::string& name, const LocalDistribution& local,
                                         std::string direct_url) {
        const auto tree = sources::Tree::of_scan(local.directory, local.scanned);
        PYC_TRY_ASSIGN(const auto content, sources::digest_of(ctx_, tree));
        SourcePackage package;
        package.name = name;
        PYC_TRY_ASSIGN(
            auto wheel,
            by_backend(package, {content, {}, sources::hints_of(local.directory)}, tree));
        wheel.direct_url = std::move(direct_url);
        return wheel;
    }

    std::vector<resolve::Warning> take_warnings() { return std::move(warnings_); }

private:
    void name_what_is_missing(const SourcePackage& package, Error& error) const {
        const bool is_repository = std::holds_alternative<resolve::Repository>(package.origin);
        error.message =
            fmt::format("`{}{}{}` has no wheel{}, and {}", package.name,
                        package.version.empty() ? "" : " ", package.version,
                        is_repository || !platform_.target
                            ? ""
                            : fmt::format(" for `{}` ({})", platform_.platform.to_string(),
                                          platform_.target->describe()),
                        error.message);
        error.hint = package.wheels.empty()
                         ? fmt::format("{}, or choose another version", kLetItBeBuilt)
                         : fmt::format("{}; choose another version or base image, or {}",
                                       package.wheels, kLetItBeBuilt);
    }

    bool may_run_backends() const { return plan_.config.build_sdists && platform_.target; }

    /// The one that is known, or a new one.
    Result<SelectedWheel> by_backend(const SourcePackage& package, const WheelSources& from,
                                     const sources::Tree& tree) {
        const auto shown = package.name + (package.version.empty() ? "" : " ") + package.version;
        PYC_TRY_ASSIGN(auto made, made_.build(ctx_, {shown, from.content, from.subdirectory,
                                                     from.hints, tree, *platform_.target}));
        return take(package, std::move(made));
    }

    Result<SelectedWheel> take(const SourcePackage& package, MadeWheel made) {
        PYC_TRY(check(package, made.wheel));
        warnings_.insert(warnings_.end(), made.warnings.begin(), made.warnings.end());
        return std::move(made.wheel);
    }

    Result<SelectedWheel> from_sdist(const SourcePackage& package, const resolve::Artifact& sdist) {
        SelectedWheel wanted{package.name,     package.version, sdist.filename, sdist.url,
                             sdist.local_path, sdist.sha256,    sdist.size};
        PYC_TRY_ASSIGN(
            const auto fetched,
            install::fetch_wheel(ctx_, wanted, session_.indexes().http(), session_.store()));
        std::string direct_url;
        if (package.is_direct && !sdist.url.empty()) {
            PYC_TRY_ASSIGN(const auto url, net::Url::parse(sdist.url));
            direct_url =
                dump_json({{"url", url.without_userinfo().to_string()},
                           {"archive_info", {{"hashes", {{"sha256", fetched.digest.hex()}}}}}});
        }
        return make(package, {fetched.digest, {}, {}}, std::move(direct_url),
                    [&]() -> Result<sources::Tree> {
                        return sources::read_sdist(ctx_, session_.store().blob_path(fetched.digest),
                                                   sdist.filename);
                    });
    }

    Result<SelectedWheel> from_repository(const SourcePackage& package,
                                          const resolve::Repository& repository) {
        PYC_TRY_ASSIGN(
            const auto fetched,
            sources::fetch_commit(ctx_, repository.url, repository.commit, session_.store()));
        const auto url = sources::plain_repository_url(repository.url);
        Json direct{{"url", url}, {"vcs_info", {{"vcs", "git"}, {"commit_id", repository.commit}}}};
        if (!repository.requested_revision.empty())
            direct["vcs_info"]["requested_revision"] = repository.requested_revision;
        if (!repository.subdirectory.empty()) direct["subdirectory"] = repository.subdirectory;
        return make(
            package,
            {fetched.archive,
             repository.subdirectory,
             {.known = package.version, .exact_tag = fetched.exact_tag}},
            dump_json(direct), [&]() -> Result<sources::Tree> {
                PYC_TRY_ASSIGN(const auto tree,
                               sources::read_tree_archive(
                                   ctx_, session_.store().blob_path(fetched.archive), url));
                if (tree.has_file(".gitmodules"))
                    warnings_.push_back(
                        {"build/submodules",
                         fmt::format("`{}` has submodules, which are not fetched", package.name),
                         "if the package needs them, build a wheel of it"});
                return tree.subtree(repository.subdirectory);
            });
    }

    /// The wheel that was made of these sources before, or a new one.
    template <typename ReadTree>
    Result<SelectedWheel> make(const SourcePackage& package, const WheelSources& from,
                               std::string direct_url, ReadTree&& read_tree) {
        PYC_TRY_ASSIGN(auto made, made_.find(ctx_, from));
        if (!made && may_run_backends()) {
            PYC_TRY_ASSIGN(made, made_.find(ctx_, from, *platform_.target));
        }
        SelectedWheel wheel;
        if (made) {
            PYC_TRY_ASSIGN(wheel, take(package, *std::move(made)));
        } else {
            PYC_TRY_ASSIGN(const auto tree, read_tree());
            PYC_TRY_ASSIGN(wheel, make_new(package, from, tree));
        }
        wheel.direct_url = std::move(direct_url);
        return wheel;
    }

    Result<SelectedWheel> make_new(const SourcePackage& package, const WheelSources& from,
                                   const sources::Tree& tree) {
        const auto distribution = sources::read_distribution(tree, from.hints);
        if (!distribution && distribution.error().code == "sources/needs-build" &&
            may_run_backends())
            return by_backend(package, from, tree);
        if (!distribution) return fail(distribution.error());
        PYC_TRY_ASSIGN(auto wheel, from_distribution(*distribution, {}));
        PYC_TRY(check(package, wheel));
        PYC_TRY(made_.remember(from, {wheel}));
        return wheel;
    }

    /// The sources must be what was locked.
    static Result<void> check(const SourcePackage& package, const SelectedWheel& wheel) {
        const auto locked = packaging::Version::from(package.version);
        const auto told = packaging::Version::from(wheel.version);
        const bool is_unknown = wheel.version == sources::kUnknownVersion;
        if (wheel.name == packaging::normalize_name(package.name) &&
            (package.version.empty() || is_unknown || (locked && told && *locked == *told)))
            return {};
        return fail("build/wrong-sources", "the sources of `{} {}` are those of `{} {}`",
                    package.name, package.version, wheel.name, wheel.version)
            .hint("lock again; if that does not help, tell those who publish it");
    }

    const exec::Context& ctx_;
    Session& session_;
    MadeWheels made_;
    const BuildPlan& plan_;
    const PlatformPlan& platform_;
    std::vector<resolve::Warning> warnings_;
};

}  // namespace

Result<void> plan_local_distributions(const exec::Context& ctx, BuildPlan& plan) {
    for (const auto& platform : plan.platforms)
        for (const auto& [name, directory] : platform.dependencies.local_project_directories) {
            if (plan.local_distributions.contains(name)) continue;
            PYC_TRY_ASSIGN(auto scanned,
                           project::scan_sources(ctx, sources::Tree::scan_of(directory)));
            auto distribution = sources::read_distribution(
                sources::Tree::of_scan(directory, scanned), sources::hints_of(directory));
            auto& local = plan.local_distributions[name];
            local = {directory, std::move(scanned), std::nullopt};
            if (distribution) {
                local.distribution = std::move(*distribution);
                continue;
            }
            auto error = std::move(distribution).error();
            const bool needs_build = error.code == "sources/needs-build";
            if (needs_build && plan.config.build_sdists) continue;
            if (needs_build) error.hint = fmt::format("{}, or {}", kLetItBeBuilt, error.hint);
            return fail(std::move(error))
                .while_("reading the dependency `{}` in {}", name, directory.string());
        }
    plan_own_distribution(plan);
    return {};
}

Result<SourceWheels> make_source_wheels(const exec::Context& ctx, const BuildPlan& plan,
                                        const PlatformPlan& platform, Session& session) {
    Maker maker(ctx, session, plan, platform);
    SourceWheels result;
    for (const auto& [name, directory] : platform.dependencies.local_project_directories) {
        const auto& local = plan.local_distributions.at(name);
        auto direct_url = direct_url_of(directory, plan);
        PYC_TRY_ASSIGN(auto wheel,
                       local.distribution
                           ? maker.from_distribution(*local.distribution, std::move(direct_url))
                           : maker.from_directory(name, local, std::move(direct_url)));
        result.wheels.push_back(std::move(wheel));
    }
    if (plan.own_distribution) {
        PYC_TRY_ASSIGN(auto wheel, maker.from_distribution(*plan.own_distribution, {}));
        result.wheels.push_back(std::move(wheel));
    }
    if (plan.has_own_backend_wheel) {
        const LocalDistribution own{plan.project_directory, plan.sources, std::nullopt};
        PYC_TRY_ASSIGN(auto wheel,
                       maker.from_directory(plan.facts.identity.normalized_name, own, {}));
        result.wheels.push_back(std::move(wheel));
    }
    for (const auto& package : platform.dependencies.sources) {
        PYC_TRY_ASSIGN(auto wheel, maker.from_package(package));
        result.wheels.push_back(std::move(wheel));
    }
    result.warnings = maker.take_warnings();
    return result;
}

}  // namespace pycontainer::build
