#include "sources/version_file.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "packaging/version.hpp"
#include "project/layout.hpp"
#include "sources/project_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::sources {
namespace {

/// The names that setuptools-scm's own file has; comments and annotations are nobody's business.
constexpr std::string_view kModule = R"(__all__ = [
    "__version__",
    "__version_tuple__",
    "version",
    "version_tuple",
    "__commit_id__",
    "commit_id",
]

__version__ = version = {version!r}
__version_tuple__ = version_tuple = {version_tuple!r}

__commit_id__ = commit_id = None
)";

/// What is to be written, and how.
struct Wish {
    std::string path;
    std::string format;  ///< empty: the usual one
};

std::string literal_of(std::string_view text) {
    return fmt::format("'{}'", text);  // a version has no character to escape
}

/// `(1, 2, 3, 'rc1', 'dev4', 'local')`
std::string tuple_of(std::string_view text) {
    const auto version = packaging::Version::from(text);
    if (!version) return fmt::format("({},)", literal_of(text));
    std::vector<std::string> parts;
    if (!version->epoch().is_zero())
        parts.push_back(literal_of(version->epoch().to_string() + "!"));
    for (const auto& number : version->release()) parts.push_back(number.to_string());
    if (const auto& pre = version->pre()) {
        using Phase = packaging::Version::Phase;
        const auto* phase = pre->phase == Phase::Alpha  ? "a"
                            : pre->phase == Phase::Beta ? "b"
                                                        : "rc";
        parts.push_back(literal_of(phase + pre->number.to_string()));
    }
    if (version->post()) parts.push_back(literal_of("post" + version->post()->to_string()));
    if (version->dev()) parts.push_back(literal_of("dev" + version->dev()->to_string()));
    if (version->has_local()) parts.push_back(literal_of(join(version->local(), ".")));
    return fmt::format("({}{})", join(parts, ", "), parts.size() == 1 ? "," : "");
}

bool builds_with(const Project& project, std::string_view requirement) {
    const auto requirements = texts_at(project.pyproject, "/build-system/requires");
    return std::any_of(requirements.begin(), requirements.end(), [&](const std::string& each) {
        const auto end = std::min(each.find_first_of(" <>=!~[;@"), each.size());
        return packaging::normalize_name(each.substr(0, end)) == requirement;
    });
}

std::string text_or_none(const Project& project, const std::string& pointer) {
    return text_at(project.pyproject, pointer).value_or("");
}

std::optional<Wish> wish_of(const Project& project) {
    if (builds_with(project, "hatch-vcs")) {
        const std::string hook = "/tool/hatch/build/hooks/vcs/";
        const auto path = text_or_none(project, hook + "version-file");
        if (!path.empty()) return Wish{path, text_or_none(project, hook + "template")};
    }
    if (!builds_with(project, "setuptools-scm") && !builds_with(project, "flit-scm"))
        return std::nullopt;
    const std::string scm = "/tool/setuptools_scm/";
    if (const auto path = text_or_none(project, scm + "version_file"); !path.empty())
        return Wish{path, text_or_none(project, scm + "version_file_template")};
    if (const auto path = text_or_none(project, scm + "write_to"); !path.empty())
        return Wish{project::join_path(text_or_none(project, scm + "root"), path),
                    text_or_none(project, scm + "write_to_template")};
    return std::nullopt;
}

}  // namespace

std::optional<std::string> fill_version_template(std::string_view format,
                                                 std::string_view version) {
    const std::pair<std::string_view, std::string> fields[] = {
        {"{version}", std::string(version)},
        {"{version!s}", std::string(version)},
        {"{version!r}", literal_of(version)},
        {"{version_tuple}", tuple_of(version)},
        {"{version_tuple!s}", tuple_of(version)},
        {"{version_tuple!r}", tuple_of(version)},
        {"{{", "{"},
        {"}}", "}"}};
    std::string text;
    while (!format.empty()) {
        const auto plain = std::min(format.find_first_of("{}"), format.size());
        text += format.substr(0, plain);
        format.remove_prefix(plain);
        if (format.empty()) break;
        const auto* field = std::find_if(std::begin(fields), std::end(fields), [&](const auto& f) {
            return format.starts_with(f.first);
        });
        if (field == std::end(fields)) return std::nullopt;
        text += field->second;
        format.remove_prefix(field->first.size());
    }
    return text;
}

Result<std::optional<TreeFile>> version_file(const Project& project, const CoreMetadata& metadata) {
    if (project.tree.has_file("PKG-INFO")) return std::nullopt;
    const auto wish = wish_of(project);
    if (!wish) return std::nullopt;
    const auto path = normalize_path(wish->path);
    const bool is_usual = wish->format.empty();
    std::optional<std::string> text;
    if (path && is_usual && path->ends_with(".py"))
        text = fill_version_template(kModule, metadata.version);
    else if (path && is_usual && path->ends_with(".txt"))
        text = metadata.version;
    else if (path && !is_usual)
        text = fill_version_template(wish->format, metadata.version);
    if (!text)
        return needs_build(fmt::format("it writes the version of the repository into `{}`",
                                       printable(wish->path, 120)));
    return std::optional(TreeFile{*path, false, *std::move(text)});
}

}  // namespace pycontainer::sources
