#include "sources/setuptools_packages.hpp"

#include "base/strings.hpp"
#include "project/layout.hpp"
#include "project/source_view.hpp"
#include "sources/path_patterns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace pycontainer::sources {
namespace {

using project::is_identifier;
using project::join_path;

// "Flat-layout": reserved names of packages and modules.
constexpr std::array<std::string_view, 33> kFlatPackages = {
    "ci",         "bin",          "debian",        "doc",       "docs",       "documentation",
    "manpages",   "news",         "newsfragments", "changelog", "test",       "tests",
    "unit_test",  "unit_tests",   "example",       "examples",  "scripts",    "tools",
    "util",       "utils",        "python",        "build",     "dist",       "venv",
    "env",        "requirements", "tasks",         "fabfile",   "site_scons", "benchmark",
    "benchmarks", "exercise",     "exercises"};
constexpr std::array<std::string_view, 19> kFlatModules = {
    "setup",     "conftest", "test",      "tests",      "example", "examples", "build",
    "toxfile",   "noxfile",  "pavement",  "dodo",       "tasks",   "fabfile",  "SConstruct",
    "conanfile", "manage",   "benchmark", "benchmarks", "exercise"};

bool is_hidden(std::string_view name) {
    return name.starts_with('.') || name.starts_with('_');
}

bool any_fits(const std::vector<std::string>& patterns, std::string_view name) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return fnmatches(pattern, name); });
}

/// setuptools' PackageFinder and PEP420PackageFinder.
class Finder {
public:
    Finder(const Tree& tree, const SetuptoolsSettings::Find& find) : tree_(tree), find_(find) {
        exclude_ = find.exclude;
        exclude_.insert(exclude_.end(), {"ez_setup", "*__pycache__"});
    }

    void walk(const std::string& directory, const std::string& parent,
              std::map<std::string, std::string>& found) const {
        for (const auto& name : tree_.directories_in(directory)) {
            if (name.find('.') != std::string::npos) continue;
            const auto path = join_path(directory, name);
            const auto package = parent.empty() ? name : parent + "." + name;
            if (!find_.namespaces && !tree_.has_file(path + "/__init__.py")) continue;
            if (any_fits(find_.include, package) && !any_fits(exclude_, package))
                found.emplace(package, path);
            const auto is_closed = [&](const std::string& pattern) {
                return std::find(exclude_.begin(), exclude_.end(), pattern) != exclude_.end();
            };
            if (!is_closed(package + "*") && !is_closed(package + ".*")) walk(path, package, found);
        }
    }

private:
    const Tree& tree_;
    const SetuptoolsSettings::Find& find_;
    std::vector<std::string> exclude_;
};

/// distutils' `build_py.get_package_dir`.
std::string directory_of(const std::string& package,
                         const std::map<std::string, std::string>& package_dir) {
    std::string head = package;
    std::string tail;
    while (!head.empty()) {
        if (const auto found = package_dir.find(head); found != package_dir.end())
            return tail.empty() ? found->second : join_path(found->second, tail);
        const auto dot = head.rfind('.');
        const auto last = dot == std::string::npos ? head : head.substr(dot + 1);
        tail = tail.empty() ? last : last + "/" + tail;
        head = dot == std::string::npos ? "" : head.substr(0, dot);
    }
    const auto root = package_dir.find("");
    return root == package_dir.end() ? tail : join_path(root->second, tail);
}

std::vector<std::string> modules_in(const Tree& tree, const std::string& directory) {
    std::vector<std::string> modules;
    for (const auto* file : glob_files(tree, join_path(directory, "*.py"))) {
        const auto name = project::file_name(file->path);
        if (const auto module = name.substr(0, name.size() - 3); is_identifier(module))
            modules.emplace_back(module);
    }
    return modules;
}

class Discovery {
public:
    Discovery(const Tree& tree, const SetuptoolsSettings& settings)
        : tree_(tree), settings_(settings) {}

    Result<SetuptoolsPackages> run() {
        auto directories = settings_.package_dir;
        directories.erase("");
        if (!directories.empty()) {
            for (const auto& [package, directory] : directories) {
                result_.packages.emplace(package, directory);
                add_packages(directory, package);
            }
            return std::move(result_);
        }
        const auto root = settings_.package_dir.find("");
        const auto src = root == settings_.package_dir.end() ? "src" : root->second;
        if (tree_.has_directory(src)) {
            add_packages(src, "");
            for (const auto& module : modules_in(tree_, src))
                result_.py_modules.emplace(module, join_path(src, module + ".py"));
            return std::move(result_);
        }
        return flat();
    }

private:
    void add_packages(const std::string& directory, const std::string& parent) {
        Finder(tree_, all_).walk(directory, parent, result_.packages);
    }

    static bool is_package_name(std::string_view name) {
        if (name.ends_with("-stubs")) name.remove_suffix(6);
        return is_identifier(name) && !is_hidden(name) &&
               std::find(kFlatPackages.begin(), kFlatPackages.end(), name) == kFlatPackages.end();
    }

    void add_flat(const std::string& directory, const std::string& parent) {
        for (const auto& name : tree_.directories_in(directory)) {
            if (!(parent.empty() ? is_package_name(name)
                                 : is_identifier(name) && name != "__pycache__"))
                continue;
            const auto package = parent.empty() ? name : parent + "." + name;
            result_.packages.emplace(package, join_path(directory, name));
            add_flat(join_path(directory, name), package);
        }
    }

    Result<SetuptoolsPackages> flat() {
        add_flat("", "");
        std::set<std::string> top;
        for (const auto& [package, directory] : result_.packages)
            if (package.find('.') == std::string::npos && !package.ends_with("-stubs"))
                top.insert(package);
        if (top.size() > 1) return several("packages", {top.begin(), top.end()});
        if (!top.empty()) return std::move(result_);
        std::vector<std::string> modules;
        for (auto& module : modules_in(tree_, ""))
            if (!is_hidden(module) && module != "exercises" && module != "Sconstruct" &&
                std::find(kFlatModules.begin(), kFlatModules.end(), module) == kFlatModules.end())
                modules.push_back(std::move(module));
        if (modules.size() > 1) return several("modules", modules);
        for (const auto& module : modules) result_.py_modules.emplace(module, module + ".py");
        return std::move(result_);
    }

    static Failure several(std::string_view kind, const std::vector<std::string>& names) {
        return fail("sources/file-not-found",
                    "setuptools refuses to choose among several top-level {}: {}", kind,
                    printable(join(names, ", "), 200))
            .hint("name them in `[tool.setuptools]` (`packages` or `py-modules`)");
    }

    const Tree& tree_;
    const SetuptoolsSettings& settings_;
    const SetuptoolsSettings::Find all_{};
    SetuptoolsPackages result_;
};

}  // namespace

Result<SetuptoolsPackages> find_setuptools_packages(const Tree& tree,
                                                    const SetuptoolsSettings& settings) {
    if (!settings.packages && !settings.find && !settings.py_modules)
        return Discovery(tree, settings).run();
    SetuptoolsPackages result;
    auto package_dir = settings.package_dir;
    if (settings.find) {
        const auto& where = settings.find->where;
        if (where.size() == 1)
            if (const auto only = normalize_path(where.front()); only && !only->empty())
                package_dir.try_emplace("", *only);
        std::map<std::string, std::string> found;
        for (const auto& each : where)
            Finder(tree, *settings.find).walk(normalize_path(each).value_or(""), "", found);
        for (const auto& [package, directory] : found)
            result.packages.emplace(
                package, package_dir.empty() ? directory : directory_of(package, package_dir));
    }
    for (const auto& package : settings.packages.value_or(std::vector<std::string>{}))
        result.packages.emplace(package, directory_of(package, package_dir));
    for (const auto& module : settings.py_modules.value_or(std::vector<std::string>{})) {
        const auto dot = module.rfind('.');
        const auto package = dot == std::string::npos ? "" : module.substr(0, dot);
        const auto name = dot == std::string::npos ? module : module.substr(dot + 1);
        const auto root = package_dir.find("");
        const auto directory = !package.empty()            ? directory_of(package, package_dir)
                               : root == package_dir.end() ? std::string()
                                                           : root->second;
        result.py_modules.emplace(module, join_path(directory, name + ".py"));
    }
    return result;
}

}  // namespace pycontainer::sources
