#include "project/workspace.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "packaging/requirement.hpp"
#include "project/glob.hpp"
#include "project/pyproject.hpp"
#include "toml/document.hpp"

#include <algorithm>
#include <set>

namespace pycontainer::project {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLevels = 16;
constexpr std::size_t kMaxDirectories = 20'000;
constexpr std::size_t kMaxListed = 20;
constexpr std::string_view kMembers = "/tool/uv/workspace/members";
constexpr std::string_view kExclude = "/tool/uv/workspace/exclude";
constexpr const char* kFile = "pyproject.toml";

bool is_file(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error);
}

/// Absolute, without `.`, `..` and a final slash.
fs::path normal(const fs::path& path) {
    std::error_code error;
    return (fs::absolute(path, error) / "").lexically_normal().parent_path();
}

/// What can be read of a `pyproject.toml`; who builds the project reports its faults.
std::optional<Json> read_pyproject(const fs::path& directory) {
    const auto text = read_file(directory / kFile, toml::kMaxBytes);
    if (!text) return std::nullopt;
    return toml::parse(*text, kFile).value;
}

/// Patterns of directories relative to the workspace.
class Patterns {
public:
    Patterns(const Json& pyproject, std::string_view pointer) {
        const auto* list = Pyproject(pyproject).find_array(pointer);
        if (!list) return;
        for (const auto& item : *list) {
            if (!item.is_string()) continue;
            auto text = fs::path(item.get<std::string>()).lexically_normal().generic_string();
            if (text.ends_with('/')) text.pop_back();
            if (text.find_first_of("*?[") == std::string::npos)
                literals_.push_back(text);
            else
                globs_.emplace_back(text, GlobDialect::Git);
        }
    }

    bool match(const std::string& path) const {
        return std::find(literals_.begin(), literals_.end(), path) != literals_.end() ||
               std::any_of(globs_.begin(), globs_.end(),
                           [&](const Glob& glob) { return glob.matches(path); });
    }
    bool may_match_below(const std::string& path) const {
        return std::any_of(globs_.begin(), globs_.end(),
                           [&](const Glob& glob) { return glob.may_match_below(path); });
    }
    const std::vector<std::string>& literals() const { return literals_; }

private:
    std::vector<std::string> literals_;
    std::vector<Glob> globs_;
};

/// Every directory that the patterns of the workspace mean, whether it holds a project or not.
class MemberSearch {
public:
    MemberSearch(const fs::path& root, const Json& pyproject)
        : root_(root), members_(pyproject, kMembers), excluded_(pyproject, kExclude) {}

    std::vector<fs::path> run() {
        found_.insert(root_);
        std::error_code error;
        for (const auto& literal : members_.literals())
            if (!excluded_.match(literal) && fs::is_directory(root_ / literal, error))
                found_.insert((root_ / literal).lexically_normal());
        descend("", 0);
        return {found_.begin(), found_.end()};
    }

private:
    void descend(const std::string& relative, int level) {
        if (level == kMaxLevels) return;
        std::error_code error;
        for (fs::directory_iterator entry(root_ / relative, error), end; !error && entry != end;
             entry.increment(error)) {
            const auto name = entry->path().filename().string();
            std::error_code ignored;
            // uv passes over hidden directories.
            if (name.starts_with('.') || !entry->is_directory(ignored)) continue;
            if (++seen_ > kMaxDirectories) return;
            const auto path = relative.empty() ? name : relative + "/" + name;
            if (members_.match(path) && !excluded_.match(path)) found_.insert(root_ / path);
            if (!entry->is_symlink(ignored) && members_.may_match_below(path))
                descend(path, level + 1);
        }
    }

    const fs::path& root_;
    Patterns members_, excluded_;
    std::set<fs::path> found_;
    std::size_t seen_ = 0;
};

bool includes(const fs::path& root, const Json& pyproject, const fs::path& project) {
    const auto relative = project.lexically_relative(root).generic_string();
    return Patterns(pyproject, kMembers).match(relative) &&
           !Patterns(pyproject, kExclude).match(relative);
}

/// Directories of dependencies on paths: `{ path = "…" }` in Poetry's tables and uv's sources,
/// `name @ file:///${PROJECT_ROOT}/…` of PDM.
std::vector<fs::path> path_dependencies(const fs::path& directory, const Json& pyproject) {
    const Pyproject table(pyproject);
    std::set<fs::path> found;
    const auto add = [&](const std::string& path) {
        std::error_code error;
        auto target = (directory / path / "").lexically_normal().parent_path();
        if (fs::is_directory(target, error)) found.insert(std::move(target));
    };
    const auto add_table = [&](const Json* dependencies) {
        if (!dependencies) return;
        for (const auto& [name, value] : dependencies->items())
            for (const auto& each : value.is_array() ? value : Json::array({value}))
                if (const auto path = string_member(each, "path")) add(*path);
    };
    add_table(table.find_object("/tool/poetry/dependencies"));
    add_table(table.find_object("/tool/uv/sources"));
    if (const auto* groups = table.find_object("/tool/poetry/group"))
        for (const auto& [name, group] : groups->items())
            if (const auto* list = member(group, "dependencies"); list && list->is_object())
                add_table(list);
    if (const auto* list = table.find_array("/project/dependencies"))
        for (const auto& text : *list) {
            static constexpr std::string_view kRoot = "file:///${PROJECT_ROOT}/";
            if (!text.is_string()) continue;
            const auto requirement = packaging::Requirement::parse(text.get<std::string>());
            if (requirement && requirement->url.starts_with(kRoot))
                add(requirement->url.substr(kRoot.size()));
        }
    return {found.begin(), found.end()};
}

/// All that may be named, projects or not.
std::vector<fs::path> candidates(const fs::path& directory, const Json& pyproject) {
    const auto root = find_workspace(directory, pyproject);
    if (!root) return path_dependencies(normal(directory), pyproject);
    const auto above = *root == normal(directory) ? std::nullopt : read_pyproject(*root);
    return MemberSearch(*root, above ? *above : pyproject).run();
}

std::optional<std::string> name_of(const fs::path& directory) {
    const auto pyproject = read_pyproject(directory);
    if (!pyproject) return std::nullopt;
    const Pyproject table(*pyproject);
    auto name = table.find_string("/project/name");
    if (!name) name = table.find_string("/tool/poetry/name");
    return name && packaging::is_valid_name(*name) ? name : std::nullopt;
}

std::vector<WorkspaceMember> members_among(const std::vector<fs::path>& directories) {
    std::vector<WorkspaceMember> members;
    for (const auto& directory : directories)
        if (auto name = name_of(directory)) members.push_back({*std::move(name), directory});
    std::sort(members.begin(), members.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return members;
}

Failure unknown_member(std::string_view name, const std::vector<WorkspaceMember>& members) {
    std::vector<std::string> names;
    for (const auto& each : members) names.push_back(each.name);
    const auto near = closest_match(name, names);
    const auto more = names.size() > kMaxListed
                          ? fmt::format(" and {} more", names.size() - kMaxListed)
                          : std::string();
    names.resize(std::min(names.size(), kMaxListed));
    return fail("project/unknown-member", "there is no project `{}` here", printable(name, 60))
        .hint("{}there are `{}`{}", near ? fmt::format("did you mean `{}`? ", *near) : "",
              join(names, "`, `"), more);
}

}  // namespace

std::optional<fs::path> find_workspace(const fs::path& project_directory, const Json& pyproject,
                                       std::vector<fs::path>* looked_at) {
    const auto project = normal(project_directory);
    if (Pyproject(pyproject).find_object("/tool/uv/workspace")) return project;
    auto directory = project;
    for (int level = 0; level < kMaxLevels && directory.has_relative_path(); ++level) {
        directory = directory.parent_path();
        if (looked_at) looked_at->push_back(directory / kFile);
        if (!is_file(directory / kFile)) continue;
        // uv looks no further than to the first project above.
        const auto above = read_pyproject(directory);
        const bool is_member = above && includes(directory, *above, project);
        return is_member ? std::optional(directory) : std::nullopt;
    }
    return std::nullopt;
}

std::vector<WorkspaceMember> list_members(const fs::path& directory, const Json& pyproject) {
    return members_among(candidates(directory, pyproject));
}

Result<fs::path> find_member(const fs::path& directory, const Json& pyproject,
                             std::string_view name) {
    const auto directories = candidates(directory, pyproject);
    const auto members = members_among(directories);
    const auto wanted = packaging::normalize_name(name);
    for (const auto& each : members)
        if (packaging::normalize_name(each.name) == wanted) return each.directory;
    // The project itself may be named as well.
    if (const auto own = name_of(directory); own && packaging::normalize_name(*own) == wanted)
        return normal(directory);
    for (const auto& each : directories)
        if (packaging::normalize_name(each.filename().string()) == wanted)
            return fail("project/invalid-member",
                        "`{}` is no project: its `pyproject.toml` has no `[project]` with a name",
                        printable(each.string()))
                .hint("name the project in `[project] name`, or name another one");
    if (members.empty())
        return fail("project/no-workspace",
                    "there is no project `{}`: `{}` is neither a workspace nor in one",
                    printable(name, 60), printable(directory.string()))
            .hint("name the project's directory with `--context`");
    return unknown_member(name, members);
}

}  // namespace pycontainer::project
