#include "project/layout.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace pycontainer::project {
namespace {

/// A directory named by a setting, made relative and plain; empty when it leads elsewhere or does
/// not exist.
std::string known_directory(const SourceView& sources, std::string_view text) {
    std::string path;
    for (const auto part : split(text, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == "..") return {};
        path = join_path(path, part);
    }
    return sources.has_directory(path) ? path : std::string();
}

/// Roots from the settings of build backends, with the pointer each comes from.
void add_configured_roots(const SourceView& sources, const Pyproject& pyproject, Layout& layout) {
    const auto add = [&](std::string_view directory, std::string_view pointer,
                         std::string_view what) {
        auto root = known_directory(sources, directory);
        if (root.empty()) return;
        if (layout.evidence.empty()) layout.evidence = pyproject.evidence(pointer, what);
        layout.add_root(std::move(root));
    };
    if (const auto* directories = pyproject.find_object("/tool/setuptools/package-dir"))
        if (const auto root = string_member(*directories, ""))
            add(*root, "/tool/setuptools/package-dir", "[tool.setuptools] package-dir");
    if (const auto* where = pyproject.find_array("/tool/setuptools/packages/find/where"))
        for (const auto& directory : *where)
            if (directory.is_string())
                add(directory.get<std::string>(), "/tool/setuptools/packages/find/where",
                    "[tool.setuptools.packages.find] where");
    if (const auto* packages = pyproject.find_array("/tool/poetry/packages"))
        for (const auto& package : *packages)
            if (const auto from = string_member(package, "from"))
                add(*from, "/tool/poetry/packages", "[tool.poetry] packages");
    if (const auto* packages = pyproject.find_array("/tool/hatch/build/targets/wheel/packages"))
        for (const auto& package : *packages)
            if (package.is_string())
                add(parent_path(package.get<std::string>()),
                    "/tool/hatch/build/targets/wheel/packages",
                    "[tool.hatch.build.targets.wheel] packages");
    if (const auto directory = pyproject.find_string("/tool/pdm/build/package-dir"))
        add(*directory, "/tool/pdm/build/package-dir", "[tool.pdm.build] package-dir");
}

bool holds_python(const SourceView& sources, std::string_view directory) {
    const auto start = std::string(directory) + "/";
    return std::any_of(sources.tree().files.begin(), sources.tree().files.end(),
                       [&](const auto& file) {
                           return file.path.starts_with(start) && file.path.ends_with(".py");
                       });
}

}  // namespace

bool Layout::has_root(std::string_view root) const {
    return std::find(import_roots.begin(), import_roots.end(), root) != import_roots.end();
}

void Layout::add_root(std::string root) {
    if (!has_root(root)) import_roots.push_back(std::move(root));
}

Layout find_layout(const SourceView& sources, const Pyproject& pyproject) {
    Layout layout;
    add_configured_roots(sources, pyproject, layout);
    if (!layout.has_root("src") && !sources.has_file("src/__init__.py") &&
        holds_python(sources, "src")) {
        layout.add_root("src");
        if (layout.evidence.empty()) layout.evidence = "src/ holds Python and is no package";
    }
    layout.kind = layout.import_roots.size() > 1 ? LayoutKind::Src : LayoutKind::Flat;
    return layout;
}

std::vector<TopLevelPackage> top_level_packages(const SourceView& sources, const Layout& layout) {
    std::set<std::pair<std::string, std::string>> found;
    for (const auto& file : sources.tree().files) {
        const auto name = file_name(file.path);
        if ((name != "__init__.py" && name != "__main__.py") || is_aside(file.path)) continue;
        const auto directory = parent_path(file.path);
        const auto root = parent_path(directory);
        if (!directory.empty() && layout.has_root(root) && is_identifier(file_name(directory)))
            found.emplace(root, file_name(directory));
    }
    std::vector<TopLevelPackage> packages;
    for (const auto& [root, name] : found) packages.push_back({root, name});
    return packages;
}

bool is_aside(std::string_view path) {
    static constexpr std::array<std::string_view, 14> kDirectories{
        "tests",      "test",          "testing",      "docs",         "doc",
        "docs_src",   "documentation", "examples",     "example",      "samples",
        "benchmarks", "migrations",    "node_modules", "site-packages"};
    const auto parts = split(path, '/');
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        if (std::find(kDirectories.begin(), kDirectories.end(), parts[i]) != kDirectories.end())
            return true;
    const auto name = parts.back();
    return name.starts_with("test_") || name.ends_with("_test.py") || name == "conftest.py" ||
           name == "setup.py" || name == "noxfile.py";
}

bool is_identifier(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               static_cast<unsigned char>(c) >= 0x80;
    };
    return !text.empty() && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace pycontainer::project
