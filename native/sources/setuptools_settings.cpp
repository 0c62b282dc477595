#include "sources/setuptools_settings.hpp"

#include "base/strings.hpp"
#include "sources/project_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pycontainer::sources {
namespace {

using Patterns = SetuptoolsSettings::Patterns;

bool is_true(const std::optional<std::string>& text) {
    const auto lower = to_lower(text.value_or(""));
    return lower == "1" || lower == "true" || lower == "yes";
}

/// `*` means all packages.
void put_patterns(Patterns& patterns, std::string package, std::vector<std::string> list) {
    if (package == "*") package.clear();
    patterns[package] = std::move(list);
}

Patterns cfg_patterns(const SetupCfg& cfg, const std::string& section) {
    Patterns patterns;
    if (const auto* entries = cfg.section(section))
        for (const auto& [key, value] : *entries) put_patterns(patterns, key, split_list(value));
    return patterns;
}

Patterns patterns_at(const Json& pyproject, std::string_view pointer) {
    Patterns patterns;
    if (const auto* table = value_at(pyproject, pointer); table && table->is_object())
        for (const auto& [package, list] : table->items())
            put_patterns(patterns, package, texts_of(list));
    return patterns;
}

void read_cfg(const SetupCfg& cfg, SetuptoolsSettings& settings) {
    const auto packages = cfg.list("options", "packages");
    if (packages.size() == 1 && packages.front().starts_with("find")) {
        auto& find = settings.find.emplace();
        find.namespaces = packages.front().starts_with("find_namespace");
        const std::string section = "options.packages.find";
        if (const auto where = cfg.find(section, "where")) find.where = {*where};
        if (cfg.find(section, "include")) find.include = cfg.list(section, "include");
        find.exclude = cfg.list(section, "exclude");
    } else if (!packages.empty()) {
        settings.packages = packages;
    }
    if (cfg.find("options", "py_modules")) settings.py_modules = cfg.list("options", "py_modules");
    settings.package_dir = cfg.table("options", "package_dir");
    settings.package_data = cfg_patterns(cfg, "options.package_data");
    settings.exclude_package_data = cfg_patterns(cfg, "options.exclude_package_data");
    settings.data_files = cfg_patterns(cfg, "options.data_files");
    settings.scripts = cfg.list("options", "scripts");
    settings.include_package_data = is_true(cfg.find("options", "include_package_data"));
}

void read_packages(const Json& packages, SetuptoolsSettings& settings) {
    settings.find.reset();
    settings.packages.reset();
    if (packages.is_array()) {
        settings.packages = texts_of(packages);
        return;
    }
    auto& find = settings.find.emplace();
    const auto read = [&](const char* key, std::vector<std::string>& list) {
        if (const auto* value = value_at(packages, fmt::format("/find/{}", key)))
            list = texts_of(*value);
    };
    read("where", find.where);
    read("include", find.include);
    read("exclude", find.exclude);
    const auto* namespaces = value_at(packages, "/find/namespaces");
    find.namespaces = !namespaces || !namespaces->is_boolean() || namespaces->get<bool>();
}

void read_table(const Json& pyproject, const SetupCfg& cfg, SetuptoolsSettings& settings) {
    const auto at = [&](const char* key) {
        return value_at(pyproject, fmt::format("/tool/setuptools/{}", key));
    };
    if (!value_at(pyproject, "/tool/setuptools") && !value_at(pyproject, "/project")) return;
    if (const auto* packages = at("packages")) read_packages(*packages, settings);
    if (const auto* modules = at("py-modules")) settings.py_modules = texts_of(*modules);
    if (const auto* directories = at("package-dir"); directories && directories->is_object()) {
        settings.package_dir.clear();
        for (const auto& [package, directory] : directories->items())
            if (directory.is_string()) settings.package_dir[package] = directory.get<std::string>();
    }
    if (at("package-data"))
        settings.package_data = patterns_at(pyproject, "/tool/setuptools/package-data");
    if (at("exclude-package-data"))
        settings.exclude_package_data =
            patterns_at(pyproject, "/tool/setuptools/exclude-package-data");
    if (at("data-files"))
        settings.data_files = patterns_at(pyproject, "/tool/setuptools/data-files");
    if (const auto* scripts = at("script-files")) settings.scripts = texts_of(*scripts);
    const auto* include = at("include-package-data");
    if (include && include->is_boolean())
        settings.include_package_data = include->get<bool>();
    else if (!cfg.find("options", "include_package_data"))
        settings.include_package_data = true;
}

Result<void> check_declarative(const Json& pyproject, const SetupCfg& cfg) {
    const std::array<std::pair<const char*, const char*>, 3> computed = {
        {{"/tool/setuptools/ext-modules", "extension modules are compiled"},
         {"/tool/setuptools/cmdclass", "it has build commands of its own"},
         {"/tool/setuptools/namespace-packages", "it has `pkg_resources` namespaces"}}};
    for (const auto& [pointer, why] : computed)
        if (const auto* value = value_at(pyproject, pointer); value && !value->empty())
            return needs_build(why);
    if (cfg.find("options", "cmdclass") || cfg.find("global", "setup_hooks") ||
        cfg.section("files"))
        return needs_build("it has build commands of its own");
    if (!cfg.list("options", "namespace_packages").empty())
        return needs_build("it has `pkg_resources` namespaces");
    return {};
}

/// A line of setup.py without comment and blanks.
std::string bare_line(std::string_view line) {
    const auto hash = line.find('#');
    return replace_all(replace_all(std::string(trim(line.substr(0, hash))), " ", ""), "\"", "'");
}

}  // namespace

Result<SetuptoolsSettings> read_setuptools_settings(const Project& project, const SetupCfg& cfg) {
    PYC_TRY(check_declarative(project.pyproject, cfg));
    PYC_TRY(check_setup_py(project.tree));
    SetuptoolsSettings settings;
    read_cfg(cfg, settings);
    read_table(project.pyproject, cfg, settings);
    for (auto& [package, directory] : settings.package_dir)
        directory = normalize_path(directory).value_or("");
    return settings;
}

Result<void> check_setup_py(const Tree& tree) {
    const auto text = tree.read("setup.py");
    if (!text) return {};
    constexpr std::array<std::string_view, 10> kHarmless = {
        "",
        "importsetuptools",
        "fromsetuptoolsimportsetup",
        "from__future__importannotations",
        "setup()",
        "setuptools.setup()",
        "if__name__=='__main__':",
        "if__name__=='__main__':setup()",
        "if__name__=='__main__':setuptools.setup()",
        "fromsetuptoolsimportsetup,find_packages"};
    bool in_string = false;
    for (const auto line : split_lines(*text)) {
        const auto bare = bare_line(line);
        if (in_string || bare.starts_with("'''")) {
            // A documentation string, over one line or several.
            const auto start = in_string ? 0 : 3;
            in_string = bare.find("'''", static_cast<std::size_t>(start)) == std::string::npos;
            continue;
        }
        if (std::find(kHarmless.begin(), kHarmless.end(), bare) == kHarmless.end())
            return needs_build("its `setup.py` has to be run");
    }
    return {};
}

}  // namespace pycontainer::sources
