#include "resolve/lock_choice.hpp"

#include "base/file.hpp"
#include "resolve/requirements_file.hpp"

#include <algorithm>

namespace pycontainer::resolve {
namespace {

constexpr int kMaxLevels = 16;
constexpr std::uint64_t kMaxLock = 64U << 20U;

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

/// `uv.lock` of a workspace above that has the project among its members: it declares itself, and
/// its lock names the directory.
std::filesystem::path workspace_lock(const std::filesystem::path& project_directory,
                                     std::vector<std::filesystem::path>& looked_at) {
    std::error_code error;
    const auto project = std::filesystem::absolute(project_directory, error).lexically_normal();
    auto directory = (project / "").parent_path();
    for (int level = 0; level < kMaxLevels && directory.has_relative_path(); ++level) {
        // A repository of its own is no member of what surrounds it.
        if (std::filesystem::exists(directory / ".git", error)) return {};
        directory = directory.parent_path();
        const auto candidate = directory / "uv.lock";
        if (!is_file(candidate)) continue;
        looked_at.push_back(candidate);
        const auto declaration = read_file(directory / "pyproject.toml", kMaxLock);
        if (!declaration || declaration->find("tool.uv.workspace") == std::string::npos) continue;
        const auto text = read_file(candidate, kMaxLock);
        const auto relative =
            (project / "").parent_path().lexically_relative(directory).generic_string();
        for (const char* kind : {"editable", "virtual", "directory"})
            if (text && text->find(std::string("source = { ") + kind + " = \"" + relative + "\"") !=
                            std::string::npos)
                return candidate;
        return {};
    }
    return {};
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

std::vector<std::string> unread_locks(const std::filesystem::path& project_directory) {
    std::vector<std::string> names;
    for (const char* name : {"poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"})
        if (is_file(project_directory / name)) names.emplace_back(name);
    return names;
}

LockChoice choose_lock(const std::filesystem::path& project_directory, const Json& pyproject) {
    LockChoice choice;
    const auto lock = project_directory / "uv.lock";
    const auto requirements = project_directory / "requirements.txt";
    choice.files = {lock};
    // As uv has it: a member's own lock is a leftover of the time before the workspace.
    if (const auto above = workspace_lock(project_directory, choice.files); !above.empty()) {
        choice.kind = "uv.lock";
        choice.file = above;
        choice.reason = "the project is a member of the uv workspace above";
        if (is_file(lock)) choice.reason += ", so its own `uv.lock` does not count";
        return choice;
    }
    if (is_file(lock)) {
        choice.kind = "uv.lock";
        choice.file = lock;
        choice.reason = table(pyproject, {"tool", "uv"}) ? "`[tool.uv]` in `pyproject.toml`"
                                                         : "the most exact of the lock files here";
        if (is_file(requirements)) choice.reason += ", rather than `requirements.txt`";
        return choice;
    }
    choice.files.push_back(requirements);
    if (is_file(requirements)) {
        choice.kind = "requirements.txt";
        choice.file = requirements;
        choice.reason = "there is no `uv.lock`";
        if (const auto others = unread_locks(project_directory); !others.empty())
            choice.reason += ", and `" + others.front() + "` cannot be read yet";
        if (const auto read = read_requirements(requirements, project_directory, Environment()))
            for (const auto& file : read->files)
                if (file != requirements.lexically_normal()) choice.files.push_back(file);
        return choice;
    }
    choice.reason = declares_dependencies(pyproject)
                        ? "there is neither `uv.lock` nor `requirements.txt`"
                        : "the project declares no dependencies";
    return choice;
}

}  // namespace pycontainer::resolve
