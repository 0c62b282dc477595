#include "project/metadata.hpp"

#include "base/strings.hpp"
#include "packaging/core_metadata.hpp"
#include "packaging/names.hpp"
#include "packaging/version.hpp"
#include "project/python_source.hpp"

#include <algorithm>
#include <set>

namespace pycontainer::project {
namespace {

constexpr std::string_view kUnknownVersion = "0+unknown";
constexpr std::string_view kFallbackName = "app";

// ---- version ----

/// `name = "1.2"` at the top level of a Python file.
std::optional<Fact<std::string>> literal_in(const SourceView& sources, const std::string& path,
                                            std::string_view name) {
    const auto text = sources.read(path);
    if (!text) return std::nullopt;
    for (const auto& assignment : read_python(*text).assignments)
        if (assignment.name == name && assignment.literal)
            return Fact<std::string>{*assignment.literal,
                                     fmt::format("{}:{}: {}", path, assignment.line, name)};
    return std::nullopt;
}

/// `package.module.attribute`, as setuptools' `attr` has it, below any import root.
std::optional<Fact<std::string>> attribute_in(const IdentityRequest& request,
                                              std::string_view dotted) {
    const auto dot = dotted.rfind('.');
    const auto module = dot == std::string_view::npos ? std::string_view() : dotted.substr(0, dot);
    const auto attribute = dotted.substr(dot + 1);
    const auto file = replace_all(std::string(module), ".", "/");
    for (const auto& root : request.layout.import_roots)
        for (const std::string_view end : {".py", "/__init__.py"})
            if (auto found = literal_in(request.sources, join_path(root, file) + std::string(end),
                                        attribute))
                return found;
    return std::nullopt;
}

std::optional<Fact<std::string>> first_line_of(const IdentityRequest& request,
                                               const std::string& path) {
    const auto text = request.sources.read(path);
    if (!text) return std::nullopt;
    return Fact<std::string>{std::string(trim(std::string_view(*text).substr(0, text->find('\n')))),
                             path};
}

/// What the settings of setuptools, Hatch, PDM and Flit point to.
std::optional<Fact<std::string>> static_version(const IdentityRequest& request,
                                                std::string_view package) {
    const auto& pyproject = request.pyproject;
    if (const auto attribute = pyproject.find_string("/tool/setuptools/dynamic/version/attr"))
        return attribute_in(request, *attribute);
    if (const auto* file = pyproject.find("/tool/setuptools/dynamic/version/file")) {
        const auto& first = file->is_array() && !file->empty() ? file->front() : *file;
        if (first.is_string()) return first_line_of(request, first.get<std::string>());
    }
    for (const auto* pointer : {"/tool/hatch/version/path", "/tool/pdm/version/path"}) {
        const auto path = pyproject.find_string(pointer);
        if (!path) continue;
        for (const std::string_view name : {"__version__", "VERSION", "version"})
            if (auto found = literal_in(request.sources, *path, name)) return found;
    }
    // Flit's rule, and what many others do: the package itself knows.
    for (const auto* module : {"", ".__about__", "._version", ".version"})
        if (auto found = attribute_in(request, std::string(package) + module + ".__version__"))
            return found;
    return std::nullopt;
}

Result<void> add_version(const IdentityRequest& request, Identity& identity) {
    const auto& pyproject = request.pyproject;
    for (const auto* pointer : {"/project/version", "/tool/poetry/version"}) {
        const auto text = pyproject.find_string(pointer);
        if (!text) continue;
        const auto evidence = pyproject.evidence(
            pointer, pointer[1] == 'p' ? "[project] version" : "[tool.poetry] version");
        const auto version = packaging::Version::from(*text);
        if (!version)
            return fail("project/invalid-version", "`{}` is not a version ({})",
                        printable(*text, 60), evidence)
                .hint("write one as PEP 440 has it, such as `1.4.0`");
        identity.version = Fact<std::string>{version->to_string(), evidence};
        return {};
    }
    const auto* dynamic = pyproject.find_array("/project/dynamic");
    const bool is_dynamic =
        dynamic && std::find(dynamic->begin(), dynamic->end(), "version") != dynamic->end();
    if (!is_dynamic && !identity.has_build_system)
        return {};  // an application that needs no version

    if (const auto found =
            static_version(request, replace_all(identity.normalized_name, "-", "_"))) {
        if (const auto version = packaging::Version::from(found->value)) {
            identity.version = Fact<std::string>{version->to_string(), found->evidence};
            return {};
        }
    }
    if (request.vcs && !request.vcs->exact_tag.empty()) {
        if (auto version = version_of_tag(request.vcs->exact_tag, identity.normalized_name)) {
            identity.version =
                Fact<std::string>{std::move(*version),
                                  fmt::format("Git tag {}", printable(request.vcs->exact_tag, 80))};
            return {};
        }
    }
    identity.version = Fact<std::string>{std::string(kUnknownVersion),
                                         "no static version and no Git tag on this commit"};
    identity.warnings.push_back(
        {"project/unknown-version",
         fmt::format("the version of `{}` is computed by its build backend, and neither a static "
                     "attribute nor a Git tag on this commit says it",
                     identity.name.value),
         "build from a tagged commit, or write `version` into `[project]`; the image says "
         "`0+unknown`"});
    return {};
}

// ---- the rest ----

Result<void> add_name(const IdentityRequest& request, Identity& identity) {
    for (const auto* pointer : {"/project/name", "/tool/poetry/name"}) {
        const auto text = request.pyproject.find_string(pointer);
        if (!text) continue;
        const auto evidence = request.pyproject.evidence(
            pointer, pointer[1] == 'p' ? "[project] name" : "[tool.poetry] name");
        if (!packaging::is_valid_name(*text))
            return fail("project/invalid-name", "`{}` cannot be the name of a project ({})",
                        printable(*text, 60), evidence)
                .hint("use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends");
        identity.name = {*text, evidence};
        identity.normalized_name = packaging::normalize_name(*text);
        return {};
    }
    // The directory's name, as far as it can be a name.
    std::error_code error;
    const auto canonical = std::filesystem::weakly_canonical(request.directory, error);
    std::string name;
    for (const char c : canonical.filename().string()) {
        const bool is_plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_plain)
            name += c;
        else if (!name.empty() && name.back() != '-')
            name += '-';
    }
    while (name.ends_with('-')) name.pop_back();
    identity.name = {name.empty() ? std::string(kFallbackName) : name, "the name of the directory"};
    identity.normalized_name = packaging::normalize_name(identity.name.value);
    return {};
}

std::optional<Fact<std::string>> text_fact(
    const Pyproject& pyproject, std::initializer_list<std::pair<const char*, const char*>> places) {
    for (const auto& [pointer, what] : places) {
        const auto text = pyproject.find_string(pointer);
        if (text && !packaging::header_line(*text).empty())
            return Fact<std::string>{packaging::header_line(*text),
                                     pyproject.evidence(pointer, what)};
    }
    return std::nullopt;
}

void add_authors(const Pyproject& pyproject, Identity& identity) {
    std::vector<std::string> people;
    if (const auto* authors = pyproject.find_array("/project/authors")) {
        for (const auto& author : *authors) {
            const auto name = packaging::header_line(string_member(author, "name").value_or(""));
            const auto email = packaging::header_line(string_member(author, "email").value_or(""));
            if (!name.empty() || !email.empty())
                people.push_back(name.empty()    ? email
                                 : email.empty() ? name
                                                 : fmt::format("{} <{}>", name, email));
        }
        if (!people.empty())
            identity.authors = Fact<std::string>{
                join(people, ", "), pyproject.evidence("/project/authors", "[project] authors")};
        return;
    }
    if (const auto* authors = pyproject.find_array("/tool/poetry/authors")) {
        for (const auto& author : *authors)
            if (author.is_string())
                people.push_back(packaging::header_line(author.get<std::string>()));
        if (!people.empty())
            identity.authors = Fact<std::string>{
                join(people, ", "),
                pyproject.evidence("/tool/poetry/authors", "[tool.poetry] authors")};
    }
}

void add_urls(const Pyproject& pyproject, Identity& identity) {
    const auto add = [&](std::string_view label, const std::string& url) {
        if (url.starts_with("https://") || url.starts_with("http://"))
            identity.urls.emplace(to_lower(packaging::header_line(label)),
                                  packaging::header_line(url));
    };
    for (const auto* pointer : {"/project/urls", "/tool/poetry/urls"})
        if (const auto* urls = pyproject.find_object(pointer))
            for (const auto& [label, url] : urls->items())
                if (url.is_string()) add(label, url.get<std::string>());
    for (const auto* label : {"homepage", "repository", "documentation"})
        if (const auto url = pyproject.find_string(fmt::format("/tool/poetry/{}", label)))
            add(label, *url);
}

/// `requirement` with `extra == "x"` added to its marker (core metadata, "Provides-Extra").
std::string with_extra(std::string_view requirement, std::string_view extra) {
    const auto semicolon = requirement.find(';');
    const auto marker = semicolon == std::string_view::npos
                            ? std::string_view()
                            : trim(requirement.substr(semicolon + 1));
    const auto plain = trim(requirement.substr(0, semicolon));
    return marker.empty() ? fmt::format("{} ; extra == '{}'", plain, extra)
                          : fmt::format("{} ; ({}) and extra == '{}'", plain, marker, extra);
}

void append_dependencies(const Pyproject& pyproject, std::string& metadata) {
    if (const auto* dependencies = pyproject.find_array("/project/dependencies"))
        for (const auto& dependency : *dependencies)
            if (dependency.is_string())
                metadata +=
                    "Requires-Dist: " + packaging::header_line(dependency.get<std::string>()) +
                    "\n";
    const auto* extras = pyproject.find_object("/project/optional-dependencies");
    if (!extras) return;
    for (const auto& [name, dependencies] : extras->items()) {
        if (!packaging::is_valid_name(name) || !dependencies.is_array()) continue;
        const auto extra = packaging::normalize_name(name);
        metadata += "Provides-Extra: " + extra + "\n";
        for (const auto& dependency : dependencies)
            if (dependency.is_string())
                metadata +=
                    "Requires-Dist: " +
                    with_extra(packaging::header_line(dependency.get<std::string>()), extra) + "\n";
    }
}

/// INI as the entry points specification has it; groups and names sorted.
std::optional<std::string> entry_points_text(const Pyproject& pyproject,
                                             const std::vector<ConsoleScript>& console_scripts) {
    std::map<std::string, std::map<std::string, std::string>> groups;
    const auto* gui = pyproject.find_object("/project/gui-scripts");
    for (const auto& script : console_scripts)
        groups[gui && gui->contains(script.name) ? "gui_scripts" : "console_scripts"][script.name] =
            script.module + ":" + script.attr;
    const auto add_table = [&](const Json* table) {
        if (!table) return;
        for (const auto& [group, entries] : table->items()) {
            if (!entries.is_object() || group == "console_scripts" || group == "gui_scripts")
                continue;
            for (const auto& [name, value] : entries.items())
                if (value.is_string())
                    groups[packaging::header_line(group)][packaging::header_line(name)] =
                        packaging::header_line(value.get<std::string>());
        }
    };
    add_table(pyproject.find_object("/project/entry-points"));
    add_table(pyproject.find_object("/tool/poetry/plugins"));
    std::string text;
    for (const auto& [group, entries] : groups) {
        if (entries.empty()) continue;
        text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", group);
        for (const auto& [name, value] : entries) text += fmt::format("{} = {}\n", name, value);
    }
    return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

std::optional<std::string> version_of_tag(std::string_view tag, std::string_view project_name) {
    tag = tag.substr(tag.rfind('/') + 1);
    for (const auto& prefix :
         {std::string(project_name), replace_all(std::string(project_name), "-", "_"),
          std::string("release"), std::string("version")}) {
        if (!to_lower(tag.substr(0, prefix.size())).starts_with(prefix)) continue;
        tag.remove_prefix(prefix.size());
        if (!tag.empty() && (tag.front() == '-' || tag.front() == '@' || tag.front() == '_'))
            tag.remove_prefix(1);
        break;
    }
    const auto version = packaging::Version::from(tag);  // takes a leading `v`
    return version ? std::optional(version->to_string()) : std::nullopt;
}

Result<Identity> read_identity(const IdentityRequest& request) {
    const auto& pyproject = request.pyproject;
    Identity identity;
    identity.has_build_system = pyproject.find_object("/build-system") != nullptr;
    PYC_TRY(add_name(request, identity));
    PYC_TRY(add_version(request, identity));
    identity.description =
        text_fact(pyproject, {{"/project/description", "[project] description"},
                              {"/tool/poetry/description", "[tool.poetry] description"}});
    identity.license = text_fact(pyproject, {{"/project/license", "[project] license"},
                                             {"/project/license/text", "[project] license"},
                                             {"/tool/poetry/license", "[tool.poetry] license"}});
    // The whole text of a license is no name of one.
    if (identity.license && identity.license->value.size() > 100) identity.license.reset();
    add_authors(pyproject, identity);
    add_urls(pyproject, identity);
    return identity;
}

DistInfo make_dist_info(const Identity& identity, const Pyproject& pyproject,
                        const std::vector<ConsoleScript>& console_scripts) {
    DistInfo result;
    const auto version = identity.version ? identity.version->value : std::string(kUnknownVersion);
    // Recording installed projects, "The .dist-info directory": normalised, `-` as `_`.
    result.directory =
        fmt::format("{}-{}.dist-info", replace_all(identity.normalized_name, "-", "_"), version);
    auto& metadata = result.metadata;
    metadata =
        fmt::format("Metadata-Version: 2.4\nName: {}\nVersion: {}\n", identity.name.value, version);
    if (identity.description) metadata += "Summary: " + identity.description->value + "\n";
    if (identity.authors) metadata += "Author: " + identity.authors->value + "\n";
    // PEP 639: an expression is a string in `[project]`; everything else is the older free text.
    if (identity.license)
        metadata += fmt::format(
            "{}: {}\n",
            pyproject.find_string("/project/license") ? "License-Expression" : "License",
            identity.license->value);
    if (const auto* keywords = pyproject.find_array("/project/keywords")) {
        std::vector<std::string> words;
        for (const auto& keyword : *keywords)
            if (keyword.is_string())
                words.push_back(packaging::header_line(keyword.get<std::string>()));
        if (!words.empty()) metadata += "Keywords: " + join(words, ",") + "\n";
    }
    if (const auto* classifiers = pyproject.find_array("/project/classifiers"))
        for (const auto& classifier : *classifiers)
            if (classifier.is_string())
                metadata +=
                    "Classifier: " + packaging::header_line(classifier.get<std::string>()) + "\n";
    for (const auto& [label, url] : identity.urls)
        metadata += fmt::format("Project-URL: {}, {}\n", label, url);
    if (const auto python = pyproject.find_string("/project/requires-python"))
        metadata += "Requires-Python: " + packaging::header_line(*python) + "\n";
    append_dependencies(pyproject, metadata);
    result.entry_points = entry_points_text(pyproject, console_scripts);
    return result;
}

}  // namespace pycontainer::project
