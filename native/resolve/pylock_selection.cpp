#include "base/strings.hpp"
#include "packaging/tags.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/internal/unknown_name.hpp"
#include "resolve/pylock.hpp"
#include "resolve/stale_lock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace pycontainer::resolve {
namespace {

bool is_ours(const Pylock& lock) {
    return lock.created_by == "pycontainer";
}

std::string how_to_lock(const Pylock& lock) {
    if (is_ours(lock)) return "run `pycontainer lock`";
    return "make the lock again, for example with `uv export --format pylock.toml -o pylock.toml`";
}

bool is_in(const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

/// The steps of "Installation" in the specification, numbered as there.
class Selector {
public:
    Selector(const Pylock& lock, const SelectionRequest& request)
        : lock_(lock), request_(request) {}

    Result<Selection> select() {
        PYC_TRY(check_target());
        PYC_TRY(choose_extras_and_groups());
        for (const auto& package : lock_.packages)
            if (applies(package)) take(package);
        if (!diagnostics_.empty()) return internal::all_faults(std::move(diagnostics_));
        PYC_TRY(check_platform());
        add_warnings();
        std::sort(result_.packages.begin(), result_.packages.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        return std::move(result_);
    }

private:
    void fault(const PylockPackage& package, std::string code, std::string message,
               std::string hint) {
        diagnostics_.push_back({lock_.file, lock_.range_of(package), Severity::Error,
                                std::move(code), std::move(message), std::move(hint)});
    }

    /// Steps 3 and 4.
    Result<void> check_target() {
        const auto& target = request_.target;
        if (!lock_.requires_python.contains(target.python_release()))
            return internal::other_python(lock_.file, lock_.requires_python.to_string(), target,
                                          lock_.document.range_or_start("/requires-python"));
        environment_ = target.marker_environment();
        environment_.extras.emplace();
        environment_.dependency_groups.emplace();
        if (lock_.environments.empty() ||
            std::any_of(lock_.environments.begin(), lock_.environments.end(),
                        [&](const auto& each) { return each.evaluate_leniently(environment_); }))
            return {};
        return internal::with_place(
            fail("resolve/unsupported-environment", "`{}` does not cover {}", lock_.file,
                 target.describe())
                .hint("it was made for `{}` only: lock again for the image's platform{}",
                      printable(lock_.environments.front().to_string(), 120),
                      is_ours(lock_) ? ", with `pycontainer lock` and all of its platforms" : ""),
            lock_.file, lock_.document.range_or_start("/environments"));
    }

    /// Steps 1 and 2: the default groups are those of the project itself.
    Result<void> choose_extras_and_groups() {
        const std::set<std::string> known_extras(lock_.extras.begin(), lock_.extras.end());
        std::set<std::string> known_groups(lock_.groups.begin(), lock_.groups.end());
        known_groups.insert(lock_.default_groups.begin(), lock_.default_groups.end());
        environment_.extras = internal::normalized_names(request_.extras);
        auto groups = internal::normalized_names(request_.groups);
        for (std::size_t i = 0; i < request_.extras.size(); ++i)
            if (!known_extras.contains((*environment_.extras)[i]))
                return internal::unknown_name(internal::NameKind::Extra, request_.extras[i],
                                              known_extras, lock_.file,
                                              "choose it when the lock is made");
        for (std::size_t i = 0; i < groups.size(); ++i)
            if (!known_groups.contains(groups[i]))
                return internal::unknown_name(internal::NameKind::Group, request_.groups[i],
                                              known_groups, lock_.file,
                                              "choose it when the lock is made");
        groups.insert(groups.end(), lock_.default_groups.begin(), lock_.default_groups.end());
        environment_.dependency_groups = std::move(groups);
        return {};
    }

    /// Steps 5.1 to 5.3.
    bool applies(const PylockPackage& package) {
        if (package.marker && !package.marker->evaluate_leniently(environment_)) return false;
        const auto [first, is_new] = selected_.emplace(package.name, &package);
        if (!is_new) {
            fault(package, "resolve/invalid-lock",
                  fmt::format("`{}` has two entries for {}, the other in line {}", package.name,
                              request_.target.describe(),
                              lock_.range_of(*first->second).start.line + 1),
                  how_to_lock(lock_));
            return false;
        }
        if (package.requires_python.contains(request_.target.python_release())) return true;
        fault(package, "resolve/python-mismatch",
              fmt::format("`{}` is for Python `{}`, the image has {}", package.name,
                          package.requires_python.to_string(), request_.target.python_version),
              "choose a base image with such a Python, for example with `[build] python`");
        return false;
    }

    /// Step 5.4 and following: where the package comes from.
    void take(const PylockPackage& package) {
        if (package.source == PylockPackage::Source::Vcs) {
            if (!package.repository)
                return fault(
                    package, "resolve/unsupported-source",
                    fmt::format("`{}` comes from a repository that is not Git's", package.name),
                    "use a released version, or build a wheel of it and depend on its URL");
            result_.sources.push_back({.name = package.name,
                                       .version = package.version,
                                       .origin = *package.repository,
                                       .is_direct = true,
                                       .file = lock_.file,
                                       .range = lock_.range_of(package)});
            return;
        }
        if (package.source == PylockPackage::Source::Directory) return take_directory(package);
        LockedPackage locked{package.name,      package.version, package.wheels,
                             package.has_sdist, lock_.file,      lock_.range_of(package)};
        locked.index_url = package.index_url;
        locked.sdist = package.sdist;
        if (locked.sdist && !locked.sdist->local_path.empty())
            locked.sdist->local_path =
                (request_.directory / locked.sdist->local_path).lexically_normal();
        for (auto& wheel : locked.wheels) {
            if (!wheel.sha256)
                return fault(package, "resolve/missing-hash",
                             fmt::format("`{}` has no sha256 hash, and others are not checked",
                                         printable(wheel.filename, 120)),
                             how_to_lock(lock_));
            if (!wheel.local_path.empty())
                wheel.local_path = (request_.directory / wheel.local_path).lexically_normal();
        }
        result_.packages.push_back(std::move(locked));
    }

    void take_directory(const PylockPackage& package) {
        const auto strip = [](const std::filesystem::path& path) {
            return (path / "").lexically_normal();
        };
        const auto directory = request_.directory / package.directory;
        // The project itself is in the image anyway.
        if (strip(directory) != strip(request_.directory))
            result_.local_projects.push_back(directory.lexically_normal());
    }

    /// A lock with one wheel for each package was made for one platform, as by `pip lock`: that it
    /// is not the image's is better said once than of every package.
    Result<void> check_platform() const {
        const packaging::TagSet tags(request_.target);
        bool is_specific = false;
        std::vector<const LockedPackage*> unusable;
        for (const auto& package : result_.packages) {
            if (package.wheels.size() > 1) return {};
            if (package.wheels.empty()) continue;
            const auto name = packaging::WheelName::parse(package.wheels.front().filename);
            if (!name) continue;
            is_specific = is_specific || !is_in(name->platform_tags, "any");
            if (!tags.rank(*name)) unusable.push_back(&package);
        }
        if (!is_specific || unusable.empty()) return {};
        auto error =
            fail("resolve/unsupported-environment",
                 "`{}` was made for another platform: its `{}` does not fit {}", lock_.file,
                 unusable.front()->wheels.front().filename, request_.target.describe())
                .hint("{}", is_ours(lock_)
                                ? std::string("it was made for another base image: run "
                                              "`pycontainer lock`")
                                : fmt::format("`{}` locked for one platform only: lock on such a "
                                              "machine, or for all with `uv export --format "
                                              "pylock.toml -o pylock.toml`",
                                              printable(lock_.created_by, 60)))
                .take();
        for (const auto* package : unusable)
            error.diagnostics.push_back(
                {package->file, package->range, Severity::Error, error.code,
                 fmt::format("`{}` does not fit {}", package->wheels.front().filename,
                             request_.target.describe()),
                 error.hint});
        return fail(std::move(error));
    }

    void add_warnings() {
        result_.warnings = lock_.warnings;
        std::map<std::string, std::string> versions;
        for (const auto& [name, package] : selected_) versions.emplace(name, package->version);
        if (const auto difference = find_unsatisfied(request_, versions))
            result_.warnings.push_back(
                {"resolve/stale-lock",
                 fmt::format("`{}` does not have what `pyproject.toml` asks for: {}", lock_.file,
                             *difference),
                 how_to_lock(lock_)});
    }

    const Pylock& lock_;
    const SelectionRequest& request_;
    packaging::MarkerEnvironment environment_;
    std::map<std::string, const PylockPackage*> selected_;  // by name
    std::vector<Diagnostic> diagnostics_;
    Selection result_;
};

}  // namespace

Result<Selection> select_from_pylock(std::string_view text, const std::string& file,
                                     const SelectionRequest& request) {
    PYC_TRY_ASSIGN(const auto lock, read_pylock(text, file));
    return Selector(lock, request).select();
}

}  // namespace pycontainer::resolve
