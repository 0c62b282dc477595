#include "base/strings.hpp"
#include "base/version.hpp"
#include "packaging/names.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/internal/poetry_lock_file.hpp"
#include "resolve/internal/poetry_project.hpp"
#include "resolve/internal/unknown_name.hpp"
#include "resolve/internal/version_choice.hpp"
#include "resolve/poetry_lock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>

namespace pycontainer::resolve {
namespace {

using internal::LockEntry;
using internal::PoetryDependency;
using internal::PoetryLock;
using internal::PoetryPackage;
using internal::PoetryProject;

constexpr std::string_view kLockCommand = "poetry lock";
constexpr std::string_view kHowToLock = "run `poetry lock`";
/// What early versions of Poetry took for granted in every environment, and did not lock.
constexpr std::array<std::string_view, 4> kUnlocked = {"distribute", "pip", "setuptools", "wheel"};

std::set<std::string> normalized(const std::vector<std::string>& names) {
    std::set<std::string> result;
    for (const auto& name : names) result.insert(packaging::normalize_name(name));
    return result;
}

class Selector {
public:
    Selector(const PoetryLock& lock, const SelectionRequest& request)
        : lock_(lock),
          request_(request),
          environment_(request.target.marker_environment()),
          builder_(lock.file, request.directory, std::string(kLockCommand)),
          groups_(normalized(request.groups)),
          extras_(normalized(request.extras)) {
        groups_.insert("main");
    }

    Result<Selection> select() {
        PYC_TRY(check_python());
        auto project = internal::read_poetry_project(*request_.pyproject);
        // Where the lock says everything, what it was made from may be broken.
        if (!project && !lock_.has_groups()) return tl::unexpected<Error>(project.error());
        PYC_TRY(check_choices(project ? *project : PoetryProject{}));
        if (lock_.has_groups())
            select_by_groups();
        else
            PYC_TRY(select_by_walking(*project));
        if (project) check_freshness(*project);
        return builder_.finish();
    }

private:
    Result<void> check_python() const {
        if (lock_.python_versions.allows(request_.target.python_release())) return {};
        return internal::other_python(lock_.file, lock_.python_versions.to_string(),
                                      request_.target,
                                      lock_.document.range_or_start("/metadata/python-versions"));
    }

    Result<void> check_choices(const PoetryProject& project) const {
        std::set<std::string> groups;
        for (const auto& [name, dependencies] : project.groups) groups.insert(name);
        for (const auto& package : lock_.packages)
            groups.insert(package.groups.begin(), package.groups.end());
        groups.erase("main");
        for (const auto& group : groups_)
            if (group != "main" && !groups.contains(group))
                return internal::unknown_name(internal::NameKind::Group, group, groups, lock_.file,
                                              kHowToLock);
        for (const auto& extra : extras_)
            if (!lock_.extras.contains(extra))
                return internal::unknown_name(internal::NameKind::Extra, extra, lock_.extras,
                                              lock_.file, kHowToLock);
        return {};
    }

    /// A package without a source is from the index that Poetry has built in.
    static std::string index_of(const PoetryPackage& package) {
        if (package.kind != LockEntry::Kind::Index) return {};
        return package.source_url.empty() ? std::string(kDefaultIndex) : package.source_url;
    }

    void add(const PoetryPackage& package) {
        builder_.add({.name = package.name,
                      .version = package.version,
                      .kind = package.kind,
                      .location = package.source_url,
                      .index_url = index_of(package),
                      .files = package.files,
                      .range = lock_.range_of(package),
                      .commit = package.resolved_reference,
                      .requested_revision = package.source_reference,
                      .subdirectory = package.subdirectory});
    }

    packaging::MarkerEnvironment with_extras(const std::set<std::string>& extras) const {
        auto environment = environment_;
        environment.extra.assign(extras.begin(), extras.end());
        return environment;
    }

    // ---- format 2.1

    /// Poetry's puzzle/transaction.py: a package is wanted if it is so in one of the groups.
    void select_by_groups() {
        const auto environment = with_extras(extras_);
        for (const auto& package : lock_.packages) {
            const bool is_wanted =
                std::any_of(groups_.begin(), groups_.end(), [&](const auto& group) {
                    if (!package.groups.contains(group)) return false;
                    const auto marker = package.markers.find(group);
                    return marker == package.markers.end() ||
                           marker->second.evaluate_leniently(environment);
                });
            if (is_wanted) add(package);
        }
    }

    // ---- older formats: from `pyproject.toml` along the dependencies

    using Node = std::pair<std::size_t, std::string>;  // with an extra's name, or none

    Result<void> select_by_walking(const PoetryProject& project) {
        if (!project.is_declared)
            return fail("resolve/no-root",
                        "`{}` does not say what the project itself asks for, and there is no "
                        "`pyproject.toml` that does",
                        lock_.file)
                .hint("lock with Poetry 2.1 or newer: `{}`", kLockCommand);
        internal::VersionChoice choice(candidates());
        for (const auto& name : choice.settle([&] { walk(project, choice); }))
            builder_.fault(range_of_name(name), "resolve/invalid-lock",
                           fmt::format("no locked version of `{}` is for the image's Python and "
                                       "what everything that needs it asks for",
                                       name),
                           fmt::format("run `{}`", kLockCommand));
        for (std::size_t i = 0; i < lock_.packages.size(); ++i)
            if (reached_.contains(i)) add_reached(lock_.packages[i]);
        add_dead_ends();
        return {};
    }

    /// Newest first.
    std::map<std::string, std::vector<std::size_t>> candidates() const {
        std::map<std::string, std::vector<std::size_t>> result;
        for (std::size_t i = 0; i < lock_.packages.size(); ++i)
            result[lock_.packages[i].name].push_back(i);
        for (auto& [name, list] : result)
            std::stable_sort(list.begin(), list.end(), [&](std::size_t a, std::size_t b) {
                return lock_.packages[a].parsed_version > lock_.packages[b].parsed_version;
            });
        return result;
    }

    bool is_for_python(const PoetryPackage& package) const {
        return package.python_versions.allows(request_.target.python_release());
    }

    void add_reached(const PoetryPackage& package) {
        if (is_for_python(package)) return add(package);
        builder_.fault(lock_.range_of(package), "resolve/python-mismatch",
                       fmt::format("`{} {}` is for Python `{}`, the image has {}", package.name,
                                   package.version, package.python_versions.to_string(),
                                   request_.target.python_version),
                       "choose a base image with such a Python, for example with `[build] python`");
    }

    void walk(const PoetryProject& project, internal::VersionChoice& choice) {
        queue_.clear();
        seen_.clear();
        reached_.clear();
        dead_ends_.clear();
        const auto environment = with_extras(extras_);
        for (const auto& group : groups_) {
            const auto found = project.groups.find(group);
            if (found == project.groups.end()) continue;
            for (const auto& dependency : found->second)
                if (is_chosen(dependency) && dependency.applies(request_.target, environment))
                    follow(dependency, std::nullopt, choice);
        }
        while (!queue_.empty()) {
            const auto [index, extra] = std::move(queue_.front());
            queue_.pop_front();
            reached_.insert(index);
            if (extra.empty())
                follow_dependencies(index, choice);
            else
                follow_extra(index, extra, choice);
        }
    }

    /// An optional dependency of the project is installed for an extra that it belongs to.
    bool is_chosen(const PoetryDependency& dependency) const {
        if (dependency.in_extras.empty()) return !dependency.is_optional || names_extra(dependency);
        return std::any_of(dependency.in_extras.begin(), dependency.in_extras.end(),
                           [&](const auto& each) { return extras_.contains(each); });
    }
    static bool names_extra(const PoetryDependency& dependency) {
        return dependency.marker &&
               dependency.marker->to_string().find("extra") != std::string::npos;
    }

    void follow_dependencies(std::size_t package, internal::VersionChoice& choice) {
        for (const auto& dependency : lock_.packages[package].dependencies)
            if (!dependency.is_optional && dependency.applies(request_.target, environment_))
                follow(dependency, package, choice);
    }

    void follow_extra(std::size_t index, const std::string& extra,
                      internal::VersionChoice& choice) {
        const auto& package = lock_.packages[index];
        const auto found = package.extras.find(extra);
        if (found == package.extras.end()) return;  // as installers have it: no error
        std::set<std::string> names;
        for (const auto& item : found->second) {
            names.insert(item.name);
            // An extra may name others of its own package.
            if (item.name == package.name)
                for (const auto& other : item.extras) enqueue(index, other);
        }
        const auto environment = with_extras({extra});
        for (const auto& dependency : package.dependencies)
            if ((dependency.is_optional || names_extra(dependency)) &&
                names.contains(dependency.name) && dependency.applies(request_.target, environment))
                follow(dependency, index, choice);
    }

    void follow(const PoetryDependency& dependency, std::optional<std::size_t> parent,
                internal::VersionChoice& choice) {
        const auto chosen =
            choice.choose(dependency.name, parent, [this, &dependency](std::size_t each) {
                return is_for_python(lock_.packages[each]) &&
                       is_meant(dependency, lock_.packages[each]);
            });
        if (!chosen) {
            dead_ends_.emplace(dependency.name, parent ? lock_.packages[*parent].name : "");
            return;
        }
        enqueue(*chosen, {});
        for (const auto& extra : dependency.extras) enqueue(*chosen, extra);
    }

    static bool is_meant(const PoetryDependency& dependency, const PoetryPackage& package) {
        using Source = PoetryDependency::Source;
        using Kind = LockEntry::Kind;
        switch (dependency.source) {
            case Source::Repository: return package.kind == Kind::Repository;
            case Source::Url: return package.kind == Kind::Url;
            case Source::Path: return package.kind == Kind::File || package.kind == Kind::Directory;
            case Source::Named:
                if (package.kind != Kind::Index ||
                    (!package.source_reference.empty() &&
                     to_lower(package.source_reference) != to_lower(dependency.source_name)))
                    return false;
                break;
            case Source::Any: break;
        }
        return dependency.constraint.allows(package.parsed_version);
    }

    void enqueue(std::size_t package, const std::string& extra) {
        if (seen_.emplace(package, extra).second) queue_.emplace_back(package, extra);
    }

    Range range_of_name(const std::string& name) const {
        const auto found = std::find_if(lock_.packages.begin(), lock_.packages.end(),
                                        [&](const auto& each) { return each.name == name; });
        return found == lock_.packages.end() ? Range{} : lock_.range_of(*found);
    }

    void add_dead_ends() {
        for (const auto& [name, parent] : dead_ends_) {
            const auto needed_by =
                parent.empty() ? std::string("`pyproject.toml`") : fmt::format("`{}`", parent);
            if (std::find(kUnlocked.begin(), kUnlocked.end(), name) != kUnlocked.end())
                builder_.warn({"resolve/not-locked",
                               fmt::format("{} needs `{}`, which `{}` leaves out, so it is not "
                                           "installed",
                                           needed_by, name, lock_.file),
                               fmt::format("lock with a newer Poetry: `{}`", kLockCommand)});
            else
                builder_.fault(
                    parent.empty() ? Range{} : range_of_name(parent), "resolve/invalid-lock",
                    fmt::format("{} needs `{}`, which is not in the lock", needed_by, name),
                    fmt::format("run `{}`", kLockCommand));
        }
    }

    // ---- staleness

    void check_freshness(const PoetryProject& project) {
        if (!project.is_declared || lock_.content_hash.empty()) return;
        for (const bool with_groups : {true, false})
            if (internal::poetry_content_hash(*request_.pyproject, with_groups) ==
                lock_.content_hash)
                return;
        builder_.warn(internal::stale_lock_warning(lock_.file, differences(project), kLockCommand));
    }

    /// What can be told of a difference: requirements that nothing in the lock meets.
    std::vector<internal::StaleRequirement> differences(const PoetryProject& project) const {
        std::unordered_map<std::string, std::vector<const PoetryPackage*>> by_name;
        for (const auto& package : lock_.packages) by_name[package.name].push_back(&package);
        std::vector<internal::StaleRequirement> result;
        std::set<std::string> told;
        for (const auto& [group, dependencies] : project.groups)
            for (const auto& dependency : dependencies) {
                const auto& locked = by_name[dependency.name];
                if (std::none_of(locked.begin(), locked.end(),
                                 [&](const auto* each) { return is_meant(dependency, *each); }) &&
                    told.insert(dependency.text).second)
                    result.push_back(
                        {dependency.text, locked.empty() ? "" : locked.front()->version});
            }
        return result;
    }

    const PoetryLock& lock_;
    const SelectionRequest& request_;
    packaging::MarkerEnvironment environment_;
    internal::SelectionBuilder builder_;
    std::set<std::string> groups_;
    std::set<std::string> extras_;
    std::deque<Node> queue_;
    std::set<Node> seen_;
    std::set<std::size_t> reached_;
    std::map<std::string, std::string> dead_ends_;  // by name: what needs it
};

}  // namespace

Result<Selection> select_from_poetry_lock(std::string_view text, const std::string& file,
                                          const SelectionRequest& request) {
    PYC_TRY_ASSIGN(const auto lock, internal::read_poetry_lock(text, file));
    return Selector(lock, request).select();
}

}  // namespace pycontainer::resolve
