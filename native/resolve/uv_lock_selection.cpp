#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "packaging/specifier.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/internal/unknown_name.hpp"
#include "resolve/uv_lock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <set>
#include <unordered_map>

namespace pycontainer::resolve {
namespace {

constexpr std::string_view kHowToLock = "run `uv lock`";

/// What is switched on for conflict markers, in uv's encoding
/// (uv-resolver/src/universal_marker.rs): the length of the package's name tells where it ends.
std::string encode_extra(const std::string& package, const std::string& extra) {
    return fmt::format("extra-{}-{}-{}", package.size(), package, extra);
}
std::string encode_group(const std::string& package, const std::string& group) {
    return fmt::format("group-{}-{}-{}", package.size(), package, group);
}
std::string encode_project(const std::string& package) {
    return fmt::format("project-{}-{}", package.size(), package);
}

/// Evaluates each marker once; those about extras again, as what is switched on changes.
class Markers {
public:
    explicit Markers(packaging::MarkerEnvironment environment)
        : environment_(std::move(environment)) {}

    void activate(std::string item) {
        if (!is_active(item)) environment_.extra.push_back(std::move(item));
    }
    bool is_active(const std::string& item) const {
        return std::find(environment_.extra.begin(), environment_.extra.end(), item) !=
               environment_.extra.end();
    }

    Result<bool> holds(const std::string& text) {
        if (text.empty()) return true;
        const auto known = known_.find(text);
        if (known != known_.end()) return known->second;
        PYC_TRY_ASSIGN(const auto marker, packaging::Marker::parse(text));
        const bool result = marker.evaluate_leniently(environment_);
        if (text.find("extra") == std::string::npos) known_.emplace(text, result);
        return result;
    }
    /// As `holds`, with more items switched on for this question.
    Result<bool> holds_with(const std::string& text, const std::vector<std::string>& items) {
        const auto before = environment_.extra.size();
        for (const auto& item : items) activate(item);
        auto result = holds(text);
        environment_.extra.resize(before);
        return result;
    }

private:
    packaging::MarkerEnvironment environment_;
    std::unordered_map<std::string, bool> known_;
};

/// What the metadata of the root declares beside what has dependencies.
void add_declared(const UvPackage& package, std::set<std::string>& extras,
                  std::set<std::string>& groups) {
    for (const auto& [name, list] : package.extras) extras.insert(name);
    for (const auto& [name, list] : package.groups) groups.insert(name);
    if (const auto* provided = member(package.metadata, "provides-extras");
        provided && provided->is_array())
        for (const auto& each : *provided)
            if (each.is_string()) extras.insert(each.get<std::string>());
    if (const auto* required = member(package.metadata, "requires-dev");
        required && required->is_object())
        for (const auto& [name, list] : required->items()) groups.insert(name);
}

/// The walk over the graph (uv-resolver/src/lock/installable.rs), breadth first over pairs of
/// package and extra.
class Selector {
public:
    Selector(const UvLock& lock, const UvSelection& selection,
             const packaging::TargetEnvironment& target)
        : lock_(lock), selection_(selection), markers_(target.marker_environment()) {
        for (const auto& package : lock.packages) by_name_[package.name].push_back(&package);
    }

    Result<std::vector<const UvPackage*>> select() {
        PYC_TRY(find_roots());
        PYC_TRY(check_names());
        activate_roots();
        if (!lock_.conflicts.empty()) {
            // Extras that edges switch on count as well, so they are gathered by a walk of their
            // own.
            PYC_TRY(walk(Pass::Activations));
            PYC_TRY(check_conflicts());
        }
        PYC_TRY(walk(Pass::Packages));
        std::vector<const UvPackage*> result;
        for (const auto& package : lock_.packages)
            if (reached_.contains(&package) && package.source.kind != UvSource::Kind::Virtual)
                result.push_back(&package);
        return result;
    }

private:
    enum class Pass { Activations, Packages };
    using Node = std::pair<const UvPackage*, std::string>;  // with an extra's name, or none

    Failure dead_end(const UvDependency& dependency) const {
        return fail("resolve/invalid-lock", "`{}` has no package `{}{}`", lock_.file,
                    dependency.name, dependency.version ? " " + *dependency.version : "")
            .hint("run `uv lock`");
    }

    Result<void> find_roots() {
        if (const auto* root = find_root(lock_, selection_); root && !selection_.all_members) {
            roots_.push_back(root);
            // As uv has it, a member may use the groups of the workspace's root, too.
            const auto* above = find_root(lock_, {.root = "."});
            if (above != root) above_ = above;
            return {};
        }
        if (selection_.root != "." && !selection_.all_members)
            return fail("resolve/no-root", "`{}` does not lock the project in `{}`", lock_.file,
                        printable(selection_.root))
                .hint("run `uv lock` where the workspace starts");
        // A workspace whose root is no project, or all that there is.
        for (const auto& package : lock_.packages)
            if (std::find(lock_.members.begin(), lock_.members.end(), package.name) !=
                lock_.members.end())
                roots_.push_back(&package);
        if (const auto* root = find_root(lock_, selection_); root && roots_.empty())
            roots_.push_back(root);
        if (roots_.empty() && lock_.root_requirements.empty() && lock_.root_groups.empty() &&
            !lock_.packages.empty())
            return fail("resolve/no-root", "`{}` does not say which package is the project",
                        lock_.file)
                .hint("run `uv lock` in the project's directory");
        return {};
    }

    Result<void> check_names() {
        std::set<std::string> extras;
        std::set<std::string> groups;
        for (const auto* root : roots_) add_declared(*root, extras, groups);
        for (const auto& [name, list] : lock_.root_groups) groups.insert(name);
        std::set<std::string> extras_above;
        if (above_) add_declared(*above_, extras_above, groups);
        for (const auto& extra : selection_.extras)
            if (!extras.contains(packaging::normalize_name(extra)))
                return internal::unknown_name(internal::NameKind::Extra, extra, extras, lock_.file,
                                              kHowToLock);
        for (const auto& group : selection_.groups)
            if (!groups.contains(packaging::normalize_name(group)))
                return internal::unknown_name(internal::NameKind::Group, group, groups, lock_.file,
                                              kHowToLock);
        return {};
    }

    std::vector<std::string> extras_of(const UvPackage& root) const {
        auto wanted = internal::normalized_names(selection_.extras);
        if (selection_.all_extras)
            for (const auto& [name, list] : root.extras) wanted.push_back(name);
        return wanted;
    }
    bool wants_group(const std::string& name) const {
        const auto wanted = internal::normalized_names(selection_.groups);
        return selection_.all_groups ||
               std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    }

    void activate_roots() {
        for (const auto* root : roots_) {
            if (selection_.production) {
                markers_.activate(encode_project(root->name));
                for (const auto& extra : extras_of(*root)) activate_extra(root->name, extra);
            }
            for (const auto& [name, list] : root->groups)
                if (wants_group(name)) markers_.activate(encode_group(root->name, name));
        }
        for (const auto& name : groups_above()) markers_.activate(encode_group(above_->name, name));
    }
    /// Those of the workspace's root that are wanted and that the member does not have itself.
    std::vector<std::string> groups_above() const {
        std::vector<std::string> names;
        if (!above_) return names;
        std::set<std::string> extras, own;
        add_declared(*roots_.front(), extras, own);
        for (const auto& [name, list] : above_->groups)
            if (wants_group(name) && !own.contains(name)) names.push_back(name);
        return names;
    }
    void activate_extra(const std::string& package, const std::string& extra) {
        markers_.activate(encode_extra(package, extra));
    }

    Result<void> check_conflicts() {
        for (const auto& set : lock_.conflicts) {
            std::vector<std::string> active;
            for (const auto& item : set) {
                const auto code = !item.extra.empty()   ? encode_extra(item.package, item.extra)
                                  : !item.group.empty() ? encode_group(item.package, item.group)
                                                        : encode_project(item.package);
                if (!markers_.is_active(code)) continue;
                active.push_back(!item.extra.empty()   ? fmt::format("extra `{}`", item.extra)
                                 : !item.group.empty() ? fmt::format("group `{}`", item.group)
                                                       : fmt::format("project `{}`", item.package));
            }
            if (active.size() > 1)
                return fail("resolve/conflicting-extras", "{} and {} cannot be installed together",
                            active[0], active[1])
                    .hint("`[tool.uv] conflicts` declares them so: choose one of them");
        }
        return {};
    }

    Result<void> walk(Pass pass) {
        queue_.clear();
        seen_.clear();
        for (const auto* root : roots_) {
            if (selection_.production) {
                enqueue(root, {});
                for (const auto& extra : extras_of(*root)) enqueue(root, extra);
            }
            for (const auto& [name, list] : root->groups)
                if (wants_group(name)) PYC_TRY(follow(list, pass));
        }
        for (const auto& name : groups_above()) PYC_TRY(follow(above_->groups.at(name), pass));
        if (selection_.production) PYC_TRY(follow(lock_.root_requirements, pass));
        for (const auto& [name, list] : lock_.root_groups)
            if (wants_group(name)) PYC_TRY(follow(list, pass));
        while (!queue_.empty()) {
            const auto [package, extra] = std::move(queue_.front());
            queue_.pop_front();
            if (pass == Pass::Packages) reached_.insert(package);
            if (extra.empty()) {
                PYC_TRY(follow(package->dependencies, pass));
            } else if (const auto found = package->extras.find(extra);
                       found != package->extras.end()) {
                PYC_TRY(follow(found->second, pass));
            }
        }
        return {};
    }

    void enqueue(const UvPackage* package, const std::string& extra) {
        if (seen_.emplace(package, extra).second) queue_.emplace_back(package, extra);
    }

    Result<void> follow(const std::vector<UvDependency>& dependencies, Pass pass) {
        for (const auto& dependency : dependencies) {
            const auto holds =
                pass == Pass::Activations
                    ? markers_.holds_with(dependency.marker, encoded_extras(dependency))
                    : markers_.holds(dependency.marker);
            if (!holds)
                return fail("resolve/invalid-lock", "`{}` has a marker that cannot be read: {}",
                            lock_.file, holds.error().message)
                    .hint("run `uv lock`");
            if (!*holds) continue;
            if (pass == Pass::Activations)
                for (const auto& extra : dependency.extras) activate_extra(dependency.name, extra);
            PYC_TRY_ASSIGN(const auto* package, find(dependency));
            enqueue(package, {});
            for (const auto& extra : dependency.extras) enqueue(package, extra);
        }
        return {};
    }

    static std::vector<std::string> encoded_extras(const UvDependency& dependency) {
        std::vector<std::string> result;
        for (const auto& extra : dependency.extras)
            result.push_back(encode_extra(dependency.name, extra));
        return result;
    }

    /// The package an edge means. Several of one name: what the edge says, or the one whose
    /// resolution markers hold.
    Result<const UvPackage*> find(const UvDependency& dependency) {
        const auto found = by_name_.find(dependency.name);
        if (found == by_name_.end()) return dead_end(dependency);
        std::vector<const UvPackage*> candidates;
        for (const auto* package : found->second) {
            if (dependency.version && package->version != *dependency.version) continue;
            if (dependency.source && !(package->source == *dependency.source)) continue;
            candidates.push_back(package);
        }
        if (candidates.empty()) return dead_end(dependency);
        if (candidates.size() == 1) return candidates.front();
        for (const auto* package : candidates) {
            if (package->resolution_markers.empty()) return package;
            for (const auto& marker : package->resolution_markers) {
                PYC_TRY_ASSIGN(const bool holds, markers_.holds(marker));
                if (holds) return package;
            }
        }
        return dead_end(dependency);
    }

    const UvLock& lock_;
    const UvSelection& selection_;
    Markers markers_;
    std::unordered_map<std::string, std::vector<const UvPackage*>> by_name_;
    std::vector<const UvPackage*> roots_;
    const UvPackage* above_ = nullptr;  // the workspace's root, if a member is selected
    std::deque<Node> queue_;
    std::set<Node> seen_;
    std::set<const UvPackage*> reached_;
};

/// Fork markers and the simplified markers of edges are right only under these two conditions.
Result<void> check_target(const UvLock& lock, const packaging::TargetEnvironment& target) {
    if (!lock.requires_python.empty()) {
        const auto specifiers = packaging::SpecifierSet::parse(lock.requires_python);
        if (!specifiers)
            return fail("resolve/invalid-lock",
                        "`{}` has a `requires-python` that cannot be read: `{}`", lock.file,
                        printable(lock.requires_python, 60))
                .hint("run `uv lock`");
        if (!specifiers->contains(target.python_release()))
            return internal::other_python(lock.file, lock.requires_python, target,
                                          lock.document.range_or_start("/requires-python"));
    }
    if (lock.supported_markers.empty()) return {};
    const auto environment = target.marker_environment();
    for (const auto& text : lock.supported_markers) {
        const auto marker = packaging::Marker::parse(text);
        if (!marker || marker->evaluate_leniently(environment)) return {};
    }
    return internal::with_place(fail("resolve/unsupported-environment", "`{}` does not cover {}",
                                     lock.file, target.describe())
                                    .hint("add it to `[tool.uv] environments` and run `uv lock`"),
                                lock.file, lock.document.range_or_start("/supported-markers"));
}

}  // namespace

const UvPackage* find_root(const UvLock& lock, const UvSelection& selection) {
    const auto wanted = std::filesystem::path(selection.root).lexically_normal();
    for (const auto& package : lock.packages)
        if (package.source.is_local_project() &&
            std::filesystem::path(package.source.location).lexically_normal() == wanted)
            return &package;
    return nullptr;
}

Result<std::vector<const UvPackage*>> select_packages(const UvLock& lock,
                                                      const UvSelection& selection,
                                                      const packaging::TargetEnvironment& target) {
    PYC_TRY(check_target(lock, target));
    return Selector(lock, selection, target).select();
}

}  // namespace pycontainer::resolve
