#include "resolve/lock_choice.hpp"

#include "base/strings.hpp"
#include "project/workspace.hpp"
#include "resolve/pylock.hpp"
#include "resolve/requirements_file.hpp"

#include <algorithm>

namespace pycontainer::resolve {
namespace {

/// A file that locks, and the table of `pyproject.toml` that says that its tool is used here.
struct Lock {
    std::string_view name;
    std::string_view tool;  ///< empty: none says so
};

/// What carries groups and extras comes first; `pylock.toml` and `requirements.txt` are often
/// exports of another one.
constexpr Lock kLocks[] = {{"uv.lock", "uv"},   {"pylock.toml", ""},  {"poetry.lock", "poetry"},
                           {"pdm.lock", "pdm"}, {"Pipfile.lock", ""}, {"requirements.txt", ""}};

bool is_file(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error);
}

const Json* table(const Json& value, std::initializer_list<std::string_view> keys) {
    const Json* current = &value;
    for (const auto key : keys) {
        current = member(*current, key);
        if (!current) return nullptr;
    }
    return current;
}

bool has_entries(const Json* list) {
    return list && (list->is_array() || list->is_object()) && !list->empty();
}

/// `uv.lock` of the workspace above that the project is a member of.
std::filesystem::path workspace_lock(const std::filesystem::path& project_directory,
                                     const Json& pyproject,
                                     std::vector<std::filesystem::path>& looked_at) {
    const auto root = project::find_workspace(project_directory, pyproject, &looked_at);
    std::error_code error;
    if (!root || std::filesystem::equivalent(*root, project_directory, error)) return {};
    looked_at.push_back(*root / "uv.lock");
    return is_file(*root / "uv.lock") ? *root / "uv.lock" : std::filesystem::path();
}

bool has_tool(const Lock& lock, const Json& pyproject) {
    return !lock.tool.empty() && table(pyproject, {"tool", lock.tool});
}

/// The first whose tool's table is there, else the first.
const Lock* choose(const std::vector<const Lock*>& present, const Json& pyproject) {
    for (const auto* each : present)
        if (has_tool(*each, pyproject)) return each;
    return present.empty() ? nullptr : present.front();
}

/// "`a`, `b` and `c`".
std::string listing(const std::vector<std::string_view>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += std::string(i == 0                  ? ""
                            : i + 1 == names.size() ? " and "
                                                    : ", ") +
                "`" + std::string(names[i]) + "`";
    return text;
}

std::string reason_of(const Lock& chosen, const std::vector<const Lock*>& present,
                      const Json& pyproject) {
    std::vector<std::string_view> passed_over;
    for (const auto* each : present)
        if (each != &chosen) passed_over.push_back(each->name);
    std::string text = has_tool(chosen, pyproject)
                           ? "`[tool." + std::string(chosen.tool) + "]` in `pyproject.toml`"
                       : passed_over.empty() ? "the only lock file here"
                                             : "the most exact of the lock files here";
    if (!passed_over.empty()) text += ", rather than " + listing(passed_over);
    return text;
}

/// Files `pylock.NAME.toml` are alternatives for some purpose (PEP 751, "File Name"): one that is
/// alone is meant.
void choose_named_pylock(const std::filesystem::path& project_directory,
                         const std::vector<const Lock*>& present, LockChoice& choice) {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator entry(project_directory, error);
    const std::filesystem::directory_iterator end;
    for (; !error && entry != end; entry.increment(error))
        if (auto name = entry->path().filename().string();
            name != "pylock.toml" && is_pylock_name(name) && is_file(entry->path()))
            names.push_back(std::move(name));
    std::sort(names.begin(), names.end());
    const std::vector<std::string_view> views(names.begin(), names.end());
    if (names.empty() || !present.empty()) return;
    for (const auto& name : names) choice.files.push_back(project_directory / name);
    if (names.size() > 1) {
        choice.is_ambiguous = true;
        choice.reason = "there are " + listing(views) + ", and nothing says which one is meant";
        return;
    }
    choice.kind = "pylock.toml";
    choice.file = project_directory / names.front();
    choice.reason = "`" + names.front() + "` is the only lock file here";
}

/// What belongs to the chosen lock: the Pipfile beside it, included requirements.
void add_companions(const std::filesystem::path& project_directory, LockChoice& choice) {
    if (choice.kind == "Pipfile.lock")
        choice.files.push_back(choice.file.parent_path() / "Pipfile");
    if (choice.kind != "requirements.txt") return;
    if (const auto read = read_requirements(choice.file, project_directory, Environment()))
        for (const auto& file : read->files)
            if (file != choice.file.lexically_normal()) choice.files.push_back(file);
}

/// The kind of a file that was named; empty: none that is known.
std::string kind_of(const std::string& filename) {
    if (is_pylock_name(filename)) return "pylock.toml";
    for (const auto& each : kLocks)
        if (filename == each.name) return filename;
    const bool is_text = filename.ends_with(".txt") || filename.ends_with(".in");
    return is_text ? "requirements.txt" : "";
}

}  // namespace

bool declares_dependencies(const Json& pyproject) {
    if (has_entries(table(pyproject, {"project", "dependencies"}))) return true;
    if (const auto* dynamic = table(pyproject, {"project", "dynamic"});
        dynamic && dynamic->is_array())
        if (std::find(dynamic->begin(), dynamic->end(), "dependencies") != dynamic->end())
            return true;
    const auto* poetry = table(pyproject, {"tool", "poetry", "dependencies"});
    if (!poetry || !poetry->is_object()) return false;
    return poetry->size() > (poetry->contains("python") ? 1U : 0U);
}

LockChoice choose_lock(const std::filesystem::path& project_directory, const Json& pyproject) {
    LockChoice choice;
    for (const auto& each : kLocks) choice.files.push_back(project_directory / each.name);
    // As uv has it: a member's own lock is a leftover of the time before the workspace.
    if (const auto above = workspace_lock(project_directory, pyproject, choice.files);
        !above.empty()) {
        choice.kind = "uv.lock";
        choice.file = above;
        choice.reason = "the project is a member of the uv workspace above";
        if (is_file(project_directory / "uv.lock"))
            choice.reason += ", so its own `uv.lock` does not count";
        return choice;
    }
    std::vector<const Lock*> present;
    for (const auto& each : kLocks)
        if (is_file(project_directory / each.name)) present.push_back(&each);
    const auto* chosen = choose(present, pyproject);
    if (!chosen) {
        choose_named_pylock(project_directory, present, choice);
        if (!choice.reason.empty()) return choice;
        choice.reason = declares_dependencies(pyproject) ? "there is no lock file"
                                                         : "the project declares no dependencies";
        return choice;
    }
    choice.kind = chosen->name;
    choice.file = project_directory / chosen->name;
    choice.reason = reason_of(*chosen, present, pyproject);
    add_companions(project_directory, choice);
    return choice;
}

Result<LockChoice> take_lock(const std::filesystem::path& project_directory,
                             const NamedLock& named) {
    const auto name = named.file.filename().string();
    if (!is_file(named.file))
        return fail("resolve/lock-not-found", "there is no lock file `{}` ({})",
                    printable(named.file.string()), named.origin)
            .hint("name a file that exists, or none: then it is looked for");
    LockChoice choice;
    choice.kind = kind_of(name);
    if (choice.kind.empty())
        return fail("resolve/unknown-lock", "`{}` ({}) is no kind of lock file that is known",
                    printable(name, 80), named.origin)
            .hint(
                "known are `uv.lock`, `pylock.toml` and `pylock.NAME.toml`, `poetry.lock`, "
                "`pdm.lock`, `Pipfile.lock`, and requirements in a `.txt`");
    choice.file = named.file;
    choice.files = {named.file};
    choice.reason = "named by " + named.origin;
    add_companions(project_directory, choice);
    return choice;
}

}  // namespace pycontainer::resolve
