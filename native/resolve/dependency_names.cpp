#include "resolve/dependency_names.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "packaging/requirement.hpp"
#include "resolve/pipfile_lock.hpp"
#include "resolve/requirements_file.hpp"

#include <algorithm>
#include <iterator>

namespace pycontainer::resolve {
namespace {

constexpr std::uint64_t kMaxLock = 64U << 20U;

void make_set(std::vector<std::string>& names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
}

const Json* find(const Json& value, std::initializer_list<std::string_view> keys) {
    const Json* current = &value;
    for (const auto key : keys) {
        current = member(*current, key);
        if (!current) return nullptr;
    }
    return current;
}

}  // namespace

std::vector<std::string> locked_names(std::string_view lock) {
    // Tools write one `name = "…"` right below each header: `[[package]]`, in pylock.toml
    // `[[packages]]`.
    static constexpr std::string_view kHeaders[] = {"[[package]]", "[[packages]]"};
    static constexpr std::string_view kName = "name = \"";
    std::vector<std::string> names;
    bool is_after_header = false;
    while (!lock.empty()) {
        const auto end = std::min(lock.find('\n'), lock.size());
        const auto line = lock.substr(0, end);
        if (is_after_header && line.starts_with(kName))
            names.push_back(packaging::normalize_name(
                line.substr(kName.size(), line.find('"', kName.size()) - kName.size())));
        is_after_header = std::any_of(std::begin(kHeaders), std::end(kHeaders),
                                      [&](auto header) { return line.starts_with(header); });
        lock.remove_prefix(std::min(end + 1, lock.size()));
    }
    make_set(names);
    return names;
}

DependencyNames dependency_names(const Json& pyproject, const LockChoice& choice) {
    DependencyNames names;
    if (const auto* list = find(pyproject, {"project", "dependencies"}); list && list->is_array())
        for (const auto& text : *list)
            if (text.is_string())
                if (const auto requirement =
                        packaging::Requirement::parse(text.get_ref<const std::string&>()))
                    names.direct.push_back(requirement->normalized_name());
    if (const auto* table = find(pyproject, {"tool", "poetry", "dependencies"});
        table && table->is_object())
        for (const auto& [name, value] : table->items())
            if (name != "python") names.direct.push_back(packaging::normalize_name(name));
    if (choice.kind == "requirements.txt") {
        if (const auto file =
                read_requirements(choice.file, choice.file.parent_path(), Environment()))
            for (const auto& entry : file->entries)
                if (entry.requirement && !entry.requirement->name.empty() && !entry.is_constraint)
                    names.direct.push_back(entry.requirement->normalized_name());
        names.locked = names.direct;
    } else if (choice.kind == "Pipfile.lock") {
        if (const auto text = read_file(choice.file, kMaxLock))
            if (const auto root = parse_json(*text, "the lock"))
                if (const auto* packages = member(*root, "default");
                    packages && packages->is_object())
                    for (const auto& [name, entry] : packages->items())
                        names.locked.push_back(packaging::normalize_name(name));
        const auto pipfile = read_file(choice.file.parent_path() / "Pipfile", kMaxLock);
        const auto direct = pipfile ? pipfile_names(*pipfile) : names.locked;
        names.direct.insert(names.direct.end(), direct.begin(), direct.end());
    } else if (!choice.file.empty()) {
        if (const auto text = read_file(choice.file, kMaxLock)) names.locked = locked_names(*text);
        // A lock that stands for itself says all that is known.
        if (choice.kind == "pylock.toml" && names.direct.empty()) names.direct = names.locked;
    }
    make_set(names.direct);
    make_set(names.locked);
    return names;
}

}  // namespace pycontainer::resolve
