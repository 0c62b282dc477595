#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/internal/pdm_lock_file.hpp"
#include "resolve/internal/pdm_project.hpp"
#include "resolve/internal/unknown_name.hpp"
#include "resolve/internal/version_choice.hpp"
#include "resolve/pdm_lock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace pycontainer::resolve {
namespace {

using internal::LockEntry;
using internal::PdmLock;
using internal::PdmPackage;
using internal::PdmProject;
using internal::PdmRequirement;
using internal::PdmTarget;

constexpr std::string_view kLockCommand = "pdm lock";
constexpr std::string_view kHowToLock = "run `pdm lock`";

/// What one file is of: `foo` and `foo[x]` are two entries of the lock for it.
struct Release {
    std::vector<std::size_t> entries;
};

class Selector {
public:
    Selector(const PdmLock& lock, const SelectionRequest& request)
        : lock_(lock),
          request_(request),
          environment_(request.target.marker_environment()),
          builder_(lock.file, request.directory, std::string(kLockCommand)) {}

    Result<Selection> select() {
        auto project = internal::read_pdm_project(*request_.pyproject);
        // Where the lock says everything, what it was made from may be broken.
        if (!project && !lock_.inherits_metadata) return tl::unexpected<Error>(project.error());
        if (project) project_ = *std::move(project);
        PYC_TRY(check_target());
        PYC_TRY(check_choices());
        find_releases();
        if (lock_.inherits_metadata)
            select_by_groups();
        else
            PYC_TRY(select_by_walking());
        for (const auto& [release, entries] : selected_) add(releases_[release]);
        check_freshness();
        return builder_.finish();
    }

private:
    /// PDM's cli/actions.py, resolve_from_lockfile. Older locks have no targets.
    Result<void> check_target() {
        if (lock_.targets.empty()) {
            const auto python = packaging::SpecifierSet::parse(project_.requires_python);
            if (python && !python->contains(request_.target.python_release()))
                return internal::other_python("pyproject.toml", project_.requires_python,
                                              request_.target, {});
            if (!lock_.is_cross_platform)
                builder_.warn({"resolve/not-cross-platform",
                               fmt::format("`{}` was made for the machine that wrote it, and may "
                                           "lack what the image needs",
                                           lock_.file),
                               "lock with PDM 2.17 or newer, which locks for all platforms"});
            return {};
        }
        auto best = PdmTarget::Fit::None;
        const PdmTarget* nearest = &lock_.targets.front();
        for (const auto& target : lock_.targets)
            if (const auto fit = target.fit(request_.target); fit > best) {
                best = fit;
                nearest = &target;
            }
        switch (best) {
            case PdmTarget::Fit::Full: return {};
            case PdmTarget::Fit::OtherPython:
                return internal::other_python(lock_.file, nearest->requires_python, request_.target,
                                              targets_range());
            case PdmTarget::Fit::NewerLibc:
                builder_.warn({"resolve/not-cross-platform",
                               fmt::format("`{}` was made for {}, the image has {}", lock_.file,
                                           nearest->describe(), request_.target.describe()),
                               "choose a newer base image if wheels are missing"});
                return {};
            case PdmTarget::Fit::None: break;
        }
        std::string targets;
        for (const auto& target : lock_.targets)
            targets += (targets.empty() ? "" : "; ") + target.describe();
        return internal::with_place(
            fail("resolve/unsupported-environment", "`{}` does not cover {}", lock_.file,
                 request_.target.describe())
                .hint("it was made for {}; add a target with `pdm lock --append --platform …`",
                      printable(targets, 400)),
            lock_.file, targets_range());
    }

    Range targets_range() const { return lock_.document.range_or_start("/metadata/targets"); }

    Result<void> check_choices() {
        std::set<std::string> extras;
        std::set<std::string> groups;
        if (lock_.groups) {
            for (const auto& name : *lock_.groups)
                (project_.extras.contains(name) ? extras : groups).insert(name);
        } else {
            for (const auto& [name, requirements] : project_.groups)
                (project_.extras.contains(name) ? extras : groups).insert(name);
        }
        groups.erase("default");
        chosen_.insert("default");
        for (const auto& each : request_.extras) {
            const auto extra = packaging::normalize_name(each);
            if (!extras.contains(extra))
                return internal::unknown_name(internal::NameKind::Extra, each, extras, lock_.file,
                                              kHowToLock);
            chosen_.insert(extra);
        }
        for (const auto& each : request_.groups) {
            const auto group = packaging::normalize_name(each);
            if (group != "default" && !groups.contains(group))
                return internal::unknown_name(internal::NameKind::Group, each, groups, lock_.file,
                                              kHowToLock);
            chosen_.insert(group);
        }
        return {};
    }

    /// Entries of one name, version and place belong together.
    void find_releases() {
        std::map<std::tuple<std::string, std::string, std::string>, std::size_t> known;
        for (std::size_t i = 0; i < lock_.packages.size(); ++i) {
            const auto& package = lock_.packages[i];
            const auto [found, is_new] = known.emplace(
                std::tuple(package.name, package.version, package.location), releases_.size());
            if (is_new) releases_.emplace_back();
            releases_[found->second].entries.push_back(i);
            release_of_.push_back(found->second);
        }
    }

    const PdmPackage& package_of(std::size_t release) const {
        return lock_.packages[releases_[release].entries.front()];
    }

    void add(const Release& release) {
        const auto& first = lock_.packages[release.entries.front()];
        LockEntry entry{.name = first.name,
                        .version = first.version,
                        .kind = first.kind,
                        .location = first.location,
                        .index_url = {},
                        .files = first.files,
                        .range = lock_.range_of(first),
                        .commit = first.commit,
                        .requested_revision = first.requested_revision,
                        .subdirectory = first.subdirectory};
        std::set<std::pair<std::string, std::string>> known;
        for (const auto& file : entry.files) known.emplace(file.filename, file.url);
        for (const auto other : release.entries)
            for (const auto& file : lock_.packages[other].files)
                if (known.emplace(file.filename, file.url).second) entry.files.push_back(file);
        builder_.add(entry);
    }

    // ---- locks that say for each package where it is wanted

    void select_by_groups() {
        for (std::size_t i = 0; i < lock_.packages.size(); ++i) {
            const auto& package = lock_.packages[i];
            if (project_.excludes.contains(package.name)) continue;
            if (package.marker && !package.marker->evaluate_leniently(environment_)) continue;
            const bool is_wanted =
                package.groups.empty() ||
                std::any_of(package.groups.begin(), package.groups.end(),
                            [&](const auto& each) { return chosen_.contains(each); });
            if (is_wanted) selected_[release_of_[i]].insert(i);
        }
    }

    // ---- others: from `pyproject.toml` along the dependencies

    Result<void> select_by_walking() {
        if (!project_.is_declared)
            return fail("resolve/no-root",
                        "`{}` does not say what the project itself asks for, and there is no "
                        "`pyproject.toml` that does",
                        lock_.file)
                .hint("lock with `{} -S inherit_metadata`", kLockCommand);
        internal::VersionChoice choice(candidates());
        for (const auto& name : choice.settle([&] { walk(choice); }))
            builder_.fault(range_of_name(name), "resolve/invalid-lock",
                           fmt::format("no locked version of `{}` is for the image's Python and "
                                       "what everything that needs it asks for",
                                       name),
                           fmt::format("run `{}`", kLockCommand));
        for (const auto& [text, parent] : dead_ends_)
            builder_.fault(
                parent.empty() ? Range{} : range_of_name(parent), "resolve/invalid-lock",
                fmt::format("{} needs `{}`, which is not in the lock",
                            parent.empty() ? std::string("`pyproject.toml`") : "`" + parent + "`",
                            printable(text, 80)),
                fmt::format("run `{}`", kLockCommand));
        return {};
    }

    /// PDM prefers the version whose text is the greatest (resolver/providers.py,
    /// iter_reuse_candidates).
    std::map<std::string, std::vector<std::size_t>> candidates() const {
        std::map<std::string, std::vector<std::size_t>> result;
        for (std::size_t i = 0; i < releases_.size(); ++i) result[package_of(i).name].push_back(i);
        for (auto& [name, list] : result)
            std::stable_sort(list.begin(), list.end(), [&](std::size_t a, std::size_t b) {
                return package_of(a).version > package_of(b).version;
            });
        return result;
    }

    void walk(internal::VersionChoice& choice) {
        selected_.clear();
        queue_.clear();
        dead_ends_.clear();
        for (const auto& group : chosen_) {
            const auto found = project_.groups.find(group);
            if (found == project_.groups.end()) continue;
            for (const auto& requirement : found->second) follow(requirement, std::nullopt, choice);
        }
        while (!queue_.empty()) {
            const auto entry = queue_.front();
            queue_.pop_front();
            for (const auto& requirement : lock_.packages[entry].dependencies)
                follow(requirement, release_of_[entry], choice);
        }
    }

    void follow(const PdmRequirement& requirement, std::optional<std::size_t> parent,
                internal::VersionChoice& choice) {
        if (requirement.marker && !requirement.marker->evaluate_leniently(environment_)) return;
        const auto name =
            requirement.name.empty() ? name_at(requirement.location) : requirement.name;
        if (project_.excludes.contains(name)) return;
        const auto release = choice.choose(name, parent, [this, &requirement](std::size_t each) {
            return package_of(each).requires_python.contains(request_.target.python_release()) &&
                   is_meant(requirement, package_of(each));
        });
        if (!release) {
            dead_ends_.emplace(requirement.text, parent ? package_of(*parent).name : "");
            return;
        }
        for (const auto entry : entries_for(*release, requirement.extras))
            if (selected_[*release].insert(entry).second) queue_.push_back(entry);
    }

    /// The package of a requirement that names a place only.
    std::string name_at(const std::string& location) const {
        const auto normal = [](const std::string& path) {
            return (std::filesystem::path(path) / "").lexically_normal();
        };
        for (const auto& package : lock_.packages)
            if (!package.location.empty() && normal(package.location) == normal(location))
                return package.name;
        return {};
    }

    bool is_meant(const PdmRequirement& requirement, const PdmPackage& package) const {
        const auto override_of = project_.overrides.find(package.name);
        const auto& wanted =
            override_of == project_.overrides.end() ? requirement : override_of->second;
        if (!wanted.location.empty()) return package.kind != LockEntry::Kind::Index;
        const auto version = packaging::Version::from(package.version);
        return !version || wanted.specifiers.contains(*version);
    }

    /// The entry of exactly these extras; without one, all that have no others.
    std::vector<std::size_t> entries_for(std::size_t release,
                                         std::vector<std::string> extras) const {
        std::sort(extras.begin(), extras.end());
        std::vector<std::size_t> result;
        bool is_exact = false;
        for (const auto entry : releases_[release].entries) {
            const auto& own = lock_.packages[entry].extras;
            is_exact = is_exact || own == extras;
            if (std::includes(extras.begin(), extras.end(), own.begin(), own.end()))
                result.push_back(entry);
        }
        if (is_exact)
            std::erase_if(result, [&](std::size_t each) {
                return !lock_.packages[each].extras.empty() &&
                       lock_.packages[each].extras != extras;
            });
        // A release that is there with extras only.
        return result.empty() ? releases_[release].entries : result;
    }

    Range range_of_name(const std::string& name) const {
        const auto found = std::find_if(lock_.packages.begin(), lock_.packages.end(),
                                        [&](const auto& each) { return each.name == name; });
        return found == lock_.packages.end() ? Range{} : lock_.range_of(*found);
    }

    // ---- staleness

    void check_freshness() {
        if (!project_.is_declared) return;
        // The members of a workspace, and what newer locks list, count too: then only what can be
        // told by name is a difference.
        const bool has_own_hash =
            !lock_.has_lock_inputs && lock_.content_hash.starts_with("sha256:") &&
            !internal::value_at(*request_.pyproject, {"tool", "pdm", "workspace"});
        if (has_own_hash) {
            const auto hashes = internal::pdm_content_hashes(*request_.pyproject);
            if (std::find(hashes.begin(), hashes.end(), lock_.content_hash.substr(7)) !=
                hashes.end())
                return;
        }
        auto found = differences();
        if (has_own_hash || !found.empty())
            builder_.warn(internal::stale_lock_warning(lock_.file, found, kLockCommand));
    }

    /// What can be told of a difference: requirements that nothing in the lock meets. Groups that
    /// were not locked are none.
    std::vector<internal::StaleRequirement> differences() const {
        std::unordered_map<std::string, std::vector<const PdmPackage*>> by_name;
        for (const auto& package : lock_.packages) by_name[package.name].push_back(&package);
        std::vector<internal::StaleRequirement> result;
        std::set<std::string> told;
        for (const auto& [group, requirements] : project_.groups) {
            if (lock_.groups && !lock_.groups->contains(group)) continue;
            for (const auto& requirement : requirements) {
                if (requirement.name.empty() || project_.excludes.contains(requirement.name) ||
                    (requirement.marker && !requirement.marker->evaluate_leniently(environment_)))
                    continue;
                const auto& locked = by_name[requirement.name];
                if (std::none_of(locked.begin(), locked.end(),
                                 [&](const auto* each) { return is_meant(requirement, *each); }) &&
                    told.insert(requirement.text).second)
                    result.push_back(
                        {requirement.text, locked.empty() ? "" : locked.front()->version});
            }
        }
        return result;
    }

    const PdmLock& lock_;
    const SelectionRequest& request_;
    packaging::MarkerEnvironment environment_;
    internal::SelectionBuilder builder_;
    PdmProject project_;
    std::set<std::string> chosen_;  // groups and extras, which are groups too
    std::vector<Release> releases_;
    std::vector<std::size_t> release_of_;                    // by entry
    std::map<std::size_t, std::set<std::size_t>> selected_;  // entries by release
    std::deque<std::size_t> queue_;                          // entries
    std::map<std::string, std::string> dead_ends_;           // by requirement: what needs it
};

}  // namespace

Result<Selection> select_from_pdm_lock(std::string_view text, const std::string& file,
                                       const SelectionRequest& request) {
    PYC_TRY_ASSIGN(const auto lock, internal::read_pdm_lock(text, file));
    return Selector(lock, request).select();
}

}  // namespace pycontainer::resolve
