#include "resolve/dependencies.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "index/flat_index.hpp"
#include "net/url.hpp"
#include "packaging/requirement.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/local_project.hpp"
#include "resolve/lock_reader.hpp"
#include "resolve/locker.hpp"
#include "resolve/pipfile_lock.hpp"
#include "resolve/pylock.hpp"
#include "resolve/repository_url.hpp"
#include "resolve/requirements_file.hpp"
#include "resolve/requirements_lock.hpp"
#include "resolve/solution.hpp"
#include "resolve/stale_lock.hpp"
#include "resolve/uv_lock.hpp"
#include "resolve/wanted_requirements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace pycontainer::resolve {
namespace {

constexpr std::uint64_t kMaxLock = 64U << 20U;

/// Only that: every other fault is one whatever is done about this.
bool is_only_unpinned(const Error& error) {
    return !error.diagnostics.empty() &&
           std::all_of(error.diagnostics.begin(), error.diagnostics.end(),
                       [](const auto& each) { return each.code == "resolve/not-pinned"; });
}

/// One request on its way.
class Resolution {
public:
    Resolution(const exec::Context& ctx, const DependencyRequest& request,
               index::IndexClient& client, store::Store& store)
        : ctx_(ctx), request_(request), client_(client), store_(store) {}

    Result<Dependencies> run() {
        PYC_TRY_ASSIGN(result_.lock, find_lock(request_));
        const auto& kind = result_.lock.kind;
        if (const auto reader = find_lock_reader(kind)) {
            PYC_TRY(from_lock(reader));
        } else if (kind == "uv.lock") {
            PYC_TRY_ASSIGN(const auto text, read_file(result_.lock.file, kMaxLock));
            PYC_TRY(from_uv_lock(text, shown(result_.lock.file), result_.lock.file.parent_path()));
        } else if (kind == "requirements.txt") {
            PYC_TRY(from_requirements());
        } else if (result_.lock.is_ambiguous) {
            return fail("resolve/no-lock", "no lock can be chosen: {}", result_.lock.reason)
                .hint("name the one for the image in `[build] lock` or with `--lock`");
        } else if (wants_something(wanted_request())) {
            PYC_TRY_ASSIGN(const auto wanted, wanted_requirements(wanted_request()));
            PYC_TRY(resolve_now(wanted, client_));
            result_.lock.kind = "resolved";
            result_.lock.reason = "there is no lock file, so the versions were resolved";
        }
        find_overridden();
        std::sort(result_.local_projects.begin(), result_.local_projects.end());
        return std::move(result_);
    }

private:
    std::string shown(const std::filesystem::path& path) const {
        const auto relative = path.lexically_normal().lexically_relative(
            (request_.project_directory / "").lexically_normal());
        return relative.empty() ? path.string() : relative.string();
    }

    void find_overridden() {
        for (const auto* key : {"override-dependencies", "exclude-dependencies"}) {
            const auto* list = internal::value_at(request_.pyproject, {"tool", "uv", key});
            for (const auto& each : list && list->is_array() ? *list : Json::array())
                if (each.is_string())
                    if (const auto parsed = packaging::Requirement::parse(each.get<std::string>()))
                        result_.overridden.push_back(parsed->normalized_name());
        }
    }

    Result<void> from_lock(LockReader reader) {
        const auto& file = result_.lock.file;
        PYC_TRY_ASSIGN(const auto text, read_file(file, kMaxLock));
        PYC_TRY_ASSIGN(auto selection, reader(text, shown(file),
                                              {.pyproject = &request_.pyproject,
                                               .directory = file.parent_path(),
                                               .groups = request_.groups,
                                               .extras = request_.extras,
                                               .target = request_.target,
                                               .environment = &ctx_.environment()}));
        if (result_.lock.kind == "Pipfile.lock") compare_with_pipfile(text, selection);
        if (result_.lock.kind == "pylock.toml") compare_with_project(text, selection);
        return install(std::move(selection), client_);
    }

    void compare_with_project(std::string_view text, Selection& selection) {
        const auto file = shown(result_.lock.file);
        const auto lock = read_pylock(text, file);
        if (!lock || lock->created_by != "pycontainer") return;
        result_.lock.files.push_back(request_.project_directory / "requirements.txt");
        const bool is_known =
            std::any_of(selection.warnings.begin(), selection.warnings.end(),
                        [](const auto& warning) { return warning.code == "resolve/stale-lock"; });
        if (!is_known && is_outdated(*lock, request_, ctx_.environment(), client_))
            selection.warnings.push_back(
                {"resolve/stale-lock",
                 fmt::format("`{}` was made from other requirements than the project has now",
                             file),
                 "run `pycontainer lock`"});
    }

    void compare_with_pipfile(std::string_view lock, Selection& selection) const {
        const auto pipfile = read_file(pipfile_path(), kMaxLock);
        if (!pipfile) return;
        if (const auto difference = find_pipfile_staleness(*pipfile, lock))
            selection.warnings.push_back(
                {"resolve/stale-lock",
                 fmt::format("`Pipfile.lock` was made from another `Pipfile`: {}", *difference),
                 "run `pipenv lock`"});
    }
    std::filesystem::path pipfile_path() const {
        return result_.lock.file.parent_path() / "Pipfile";
    }

    /// Where all locks meet: files are looked up, wheels chosen, local projects read.
    Result<void> install(Selection selection, index::IndexClient& client) {
        result_.warnings.insert(result_.warnings.end(), selection.warnings.begin(),
                                selection.warnings.end());
        for (const auto& directory : selection.local_projects)
            PYC_TRY(add_local_project(directory, shown(directory)));
        PYC_TRY_ASSIGN(auto found,
                       find_pinned_files(ctx_, selection.pins, client, result_.warnings));
        auto packages = std::move(selection.packages);
        packages.insert(packages.end(), std::make_move_iterator(found.begin()),
                        std::make_move_iterator(found.end()));
        result_.sources = std::move(selection.sources);
        take_sdists(packages);
        PYC_TRY_ASSIGN(result_.wheels, choose_wheels(packages, request_.target));
        return {};
    }

    /// Packages without a usable wheel are made from their sdists.
    void take_sdists(std::vector<LockedPackage>& packages) {
        const packaging::TagSet tags(request_.target);
        std::erase_if(packages, [&](LockedPackage& package) {
            if (!package.sdist || has_usable_wheel(package, tags, request_.target)) return false;
            result_.sources.push_back({.name = package.name,
                                       .version = package.version,
                                       .origin = std::move(*package.sdist),
                                       .is_direct = false,
                                       .file = package.file,
                                       .range = package.range,
                                       .wheels = describe_wheels(package)});
            return true;
        });
        std::sort(result_.sources.begin(), result_.sources.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
    }

    Result<void> from_uv_lock(std::string_view text, const std::string& file,
                              const std::filesystem::path& directory) {
        PYC_TRY_ASSIGN(const auto lock, read_uv_lock(text, file));
        UvSelection wanted;
        wanted.extras = request_.extras;
        wanted.groups = request_.groups;
        wanted.root = root_of(directory);
        PYC_TRY_ASSIGN(const auto packages, select_packages(lock, wanted, request_.target));
        const auto* root = find_root(lock, wanted);
        Selection selection;
        if (root) check_freshness(lock, *root, selection);
        for (const auto* package : packages) {
            if (package == root) continue;
            if (package->source.is_local_project()) {
                selection.local_projects.push_back(directory / package->source.location);
                continue;
            }
            if (package->source.kind == UvSource::Kind::Git) {
                PYC_TRY_ASSIGN(auto repository, repository_at(package->source.location));
                selection.sources.push_back({.name = package->name,
                                             .version = package->version,
                                             .origin = std::move(repository),
                                             .is_direct = true,
                                             .file = lock.file,
                                             .range = lock.range_of(*package)});
                continue;
            }
            PYC_TRY_ASSIGN(auto locked, locked_package(lock, *package, directory));
            selection.packages.push_back(std::move(locked));
        }
        return install(std::move(selection), client_);
    }

    /// The project's directory as the lock names it.
    std::string root_of(const std::filesystem::path& lock_directory) const {
        std::error_code error;
        const auto normal = [&](const std::filesystem::path& path) {
            return (std::filesystem::absolute(path, error) / "").lexically_normal().parent_path();
        };
        return normal(request_.project_directory)
            .lexically_relative(normal(lock_directory))
            .generic_string();
    }

    void check_freshness(const UvLock& lock, const UvPackage& root, Selection& selection) const {
        // A project without dependencies has no metadata in its lock.
        const bool had_none =
            root.metadata.is_null() && root.dependencies.empty() && root.extras.empty();
        if (const auto difference =
                find_staleness(request_.pyproject, had_none ? Json::object() : root.metadata,
                               request_.extras, request_.groups))
            selection.warnings.push_back(
                {"resolve/stale-lock",
                 fmt::format("`{}` was made from other dependencies: {}", lock.file, *difference),
                 "run `uv lock`"});
    }

    Result<LockedPackage> locked_package(const UvLock& lock, const UvPackage& package,
                                         const std::filesystem::path& directory) const {
        LockedPackage locked{package.name,      package.version, package.wheels,
                             package.has_sdist, lock.file,       lock.range_of(package)};
        if (package.source.kind == UvSource::Kind::Registry)
            locked.index_url = package.source.location;
        for (auto& wheel : locked.wheels)
            if (!wheel.local_path.empty())
                wheel.local_path = (directory / wheel.local_path).lexically_normal();
        locked.sdist = package.sdist;
        if (locked.sdist && !locked.sdist->local_path.empty())
            locked.sdist->local_path = (directory / locked.sdist->local_path).lexically_normal();
        return locked;
    }

    Result<void> add_local_project(const std::filesystem::path& directory,
                                   const std::string& shown_as) {
        PYC_TRY_ASSIGN(const auto project, read_local_project(ctx_, directory, shown_as));
        if (result_.local_project_directories.emplace(project.name, project.directory).second)
            result_.local_projects.push_back(project.name);
        result_.lock.files.push_back(project.directory / "pyproject.toml");
        return {};
    }

    Result<void> from_requirements() {
        PYC_TRY(check_nothing_is_wanted());
        PYC_TRY_ASSIGN(
            const auto file,
            read_requirements(result_.lock.file, request_.project_directory, ctx_.environment()));
        for (const auto& each : file.files)
            if (std::find(result_.lock.files.begin(), result_.lock.files.end(), each) ==
                    result_.lock.files.end() &&
                each != result_.lock.file.lexically_normal())
                result_.lock.files.push_back(each);
        const auto own_client = file.index.empty() ? nullptr : client_.with(file.index);
        auto& client = own_client ? *own_client : client_;
        result_.looks_into_directories = client.options().has_local_places();
        for (const auto& place : client.options().find_links)
            if (const auto url = net::Url::parse(place.url); url && url->scheme() == "file")
                result_.lock.files.push_back(index::local_path_of(*url));
        auto pinned = pin_requirements(file, request_.project_directory, request_.target);
        if (pinned) return install(*std::move(pinned), client);
        const bool has_hashes = file.require_hashes ||
                                std::any_of(file.entries.begin(), file.entries.end(),
                                            [](const auto& each) { return !each.hashes.empty(); });
        if (has_hashes || !is_only_unpinned(pinned.error())) return fail(std::move(pinned).error());
        PYC_TRY_ASSIGN(const auto wanted, wanted_of_file(file, wanted_request()));
        return resolve_now(wanted, client);
    }

    WantedRequest wanted_request() const {
        return {.project_directory = request_.project_directory,
                .pyproject = &request_.pyproject,
                .groups = request_.groups,
                .extras = request_.extras,
                .target = request_.target};
    }

    /// The resolver's answer is a lock like others, though it is in no file.
    Result<void> resolve_now(const Wanted& wanted, index::IndexClient& client) {
        PYC_TRY_ASSIGN(const auto solution, find_or_solve(ctx_, wanted, request_.project_directory,
                                                          client, store_, request_.ask_backend));
        PYC_TRY_ASSIGN(auto selection,
                       select_from_pylock(solution.pylock, "the resolved pylock.toml",
                                          {.pyproject = &request_.pyproject,
                                           .directory = request_.project_directory,
                                           .groups = {},
                                           .extras = {},
                                           .target = request_.target,
                                           .environment = &ctx_.environment()}));
        selection.warnings.insert(selection.warnings.end(), solution.warnings.begin(),
                                  solution.warnings.end());
        selection.warnings.push_back(
            {"resolve/unlocked",
             "the project has no lock file, so another machine may install other versions",
             "run `pycontainer lock`, and commit the `pylock.toml` that it writes"});
        result_.lock.files.insert(result_.lock.files.end(), wanted.files.begin(),
                                  wanted.files.end());
        return install(std::move(selection), client);
    }

    /// From a file that has neither groups nor extras.
    Result<void> check_nothing_is_wanted() const {
        const auto* kind = !request_.groups.empty()   ? "group"
                           : !request_.extras.empty() ? "extra"
                                                      : nullptr;
        if (!kind) return {};
        const auto& name =
            request_.groups.empty() ? request_.extras.front() : request_.groups.front();
        const std::string where = result_.lock.file.empty()
                                      ? "without a lock file"
                                      : "from `" + shown(result_.lock.file) + "`, which has none";
        return fail(request_.groups.empty() ? "resolve/unknown-extra" : "resolve/unknown-group",
                    "the {} `{}` cannot be chosen {}", kind, printable(name, 60), where)
            .hint("run `uv lock`, or remove the {} from the configuration", kind);
    }

    const exec::Context& ctx_;
    const DependencyRequest& request_;
    index::IndexClient& client_;
    store::Store& store_;
    Dependencies result_;
};

}  // namespace

Result<LockChoice> find_lock(const DependencyRequest& request) {
    if (request.lock) return take_lock(request.project_directory, *request.lock);
    return choose_lock(request.project_directory, request.pyproject);
}

Result<Dependencies> resolve_dependencies(const exec::Context& ctx,
                                          const DependencyRequest& request,
                                          index::IndexClient& client, store::Store& store) {
    return Resolution(ctx, request, client, store).run();
}

}  // namespace pycontainer::resolve
