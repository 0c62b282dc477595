#include "sources/project_table.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "packaging/version.hpp"
#include "project/pyproject.hpp"
#include "sources/license_files.hpp"

namespace pycontainer::sources {
namespace {

std::string type_of_readme(std::string_view path) {
    const auto lower = to_lower(path);
    if (lower.ends_with(".md")) return "text/markdown";
    if (lower.ends_with(".rst")) return "text/x-rst";
    return "text/plain";
}

std::vector<Person> people_at(const Json& document, std::string_view pointer) {
    std::vector<Person> people;
    if (const auto* list = value_at(document, pointer); list && list->is_array())
        for (const auto& each : *list)
            people.push_back({string_member(each, "name").value_or(""),
                              string_member(each, "email").value_or("")});
    return people;
}

void read_readme(const Tree& tree, const Json& pyproject, CoreMetadata& metadata) {
    const auto* readme = value_at(pyproject, "/project/readme");
    if (!readme) return;
    if (readme->is_string()) return set_readme(metadata, tree, readme->get<std::string>());
    const auto type = string_member(*readme, "content-type").value_or("");
    if (const auto file = string_member(*readme, "file"))
        return set_readme(metadata, tree, *file, type);
    metadata.readme = string_member(*readme, "text").value_or("");
    metadata.readme_type = type;
}

void read_license(const Tree& tree, const Json& pyproject, CoreMetadata& metadata) {
    metadata.license_expression = text_at(pyproject, "/project/license").value_or("");
    metadata.license = text_at(pyproject, "/project/license/text").value_or("");
    if (const auto file = text_at(pyproject, "/project/license/file"))
        metadata.license = tree.read(*file).value_or("");
    if (value_at(pyproject, "/project/license-files"))
        metadata.license_files =
            find_license_files(tree, texts_at(pyproject, "/project/license-files"));
}

void read_entry_points(const Json& pyproject, CoreMetadata& metadata) {
    const auto add = [&](const std::string& group, const Json* entries) {
        if (!entries || !entries->is_object()) return;
        for (const auto& [name, reference] : entries->items())
            if (reference.is_string())
                metadata.entry_points[group][name] = reference.get<std::string>();
    };
    add("console_scripts", value_at(pyproject, "/project/scripts"));
    add("gui_scripts", value_at(pyproject, "/project/gui-scripts"));
    if (const auto* groups = value_at(pyproject, "/project/entry-points");
        groups && groups->is_object())
        for (const auto& [group, entries] : groups->items()) add(group, &entries);
}

}  // namespace

const Json* value_at(const Json& document, std::string_view pointer) {
    return project::Pyproject(document).find(pointer);
}

std::optional<std::string> text_at(const Json& document, std::string_view pointer) {
    return project::Pyproject(document).find_string(pointer);
}

std::vector<std::string> texts_of(const Json& value) {
    std::vector<std::string> texts;
    if (value.is_string()) texts.push_back(value.get<std::string>());
    if (value.is_array())
        for (const auto& each : value)
            if (each.is_string()) texts.push_back(each.get<std::string>());
    return texts;
}

std::vector<std::string> texts_at(const Json& document, std::string_view pointer) {
    const auto* value = value_at(document, pointer);
    return value ? texts_of(*value) : std::vector<std::string>();
}

Result<std::string> normalize_version(std::string_view text) {
    if (const auto version = packaging::Version::from(trim(text))) return version->to_string();
    return fail("sources/invalid-metadata", "`{}` is not a version", printable(text, 60))
        .hint("write one as PEP 440 has it, such as `1.4.0`");
}

void set_readme(CoreMetadata& metadata, const Tree& tree, const std::string& path,
                const std::string& type) {
    auto text = tree.read(normalize_path(path).value_or(""));
    if (!text) return;
    metadata.readme = std::move(*text);
    metadata.readme_type = type.empty() ? type_of_readme(path) : type;
}

Result<CoreMetadata> read_project_table(const Tree& tree, const Json& pyproject) {
    CoreMetadata metadata;
    metadata.name = text_at(pyproject, "/project/name").value_or("");
    if (!packaging::is_valid_name(metadata.name))
        return fail("sources/invalid-metadata", "`{}` cannot be the name of a project",
                    printable(metadata.name, 60))
            .hint("write `name` into `[project]` of its pyproject.toml");
    if (const auto version = text_at(pyproject, "/project/version")) {
        PYC_TRY_ASSIGN(metadata.version, normalize_version(*version));
    }
    metadata.summary = text_at(pyproject, "/project/description").value_or("");
    metadata.requires_python = text_at(pyproject, "/project/requires-python").value_or("");
    metadata.authors = people_at(pyproject, "/project/authors");
    metadata.maintainers = people_at(pyproject, "/project/maintainers");
    metadata.keywords = texts_at(pyproject, "/project/keywords");
    metadata.classifiers = texts_at(pyproject, "/project/classifiers");
    metadata.dependencies = texts_at(pyproject, "/project/dependencies");
    metadata.dynamic = texts_at(pyproject, "/project/dynamic");
    if (const auto* urls = value_at(pyproject, "/project/urls"); urls && urls->is_object())
        for (const auto& [label, url] : urls->items())
            if (url.is_string()) metadata.urls.emplace_back(label, url.get<std::string>());
    if (const auto* extras = value_at(pyproject, "/project/optional-dependencies");
        extras && extras->is_object())
        for (const auto& [extra, requirements] : extras->items())
            metadata.extras[packaging::normalize_name(extra)] = texts_of(requirements);
    read_readme(tree, pyproject, metadata);
    read_license(tree, pyproject, metadata);
    read_entry_points(pyproject, metadata);
    return metadata;
}

}  // namespace pycontainer::sources
