#include "build/project_installation.hpp"

#include "install/venv.hpp"

#include <iterator>
#include <map>

namespace pycontainer::build {
namespace {

/// Where the project's code lies in the image.
std::vector<std::string> import_roots(const BuildPlan& plan) {
    auto own = plan.facts.layout;
    own.add_root(plan.facts.entrypoint.import_root);
    std::vector<std::string> roots;
    for (const auto& root : own.import_roots)
        roots.push_back(plan.config.workdir + (root.empty() ? "" : "/" + root));
    return roots;
}

/// Recording installed projects (packaging specifications): METADATA, INSTALLER, entry points, and
/// RECORD with all of them.
std::vector<archive::FileEntry> dist_info_entries(const project::DistInfo& info,
                                                  const std::string& site_packages) {
    std::map<std::string, std::string> files{{"METADATA", info.metadata},
                                             {"INSTALLER", "pycontainer\n"}};
    if (info.entry_points) files["entry_points.txt"] = *info.entry_points;
    std::string record;
    for (const auto& [name, content] : files)
        record += fmt::format("{}/{},sha256={},{}\n", info.directory, name,
                              to_base64_url(Digest::of(content).raw()), content.size());
    files["RECORD"] = record + info.directory + "/RECORD,,\n";
    std::vector<archive::FileEntry> entries;
    for (const auto& [name, content] : files)
        entries.push_back(archive::text_entry(site_packages + "/" + info.directory + "/" + name,
                                              content, install::kInstallTime));
    return entries;
}

}  // namespace

std::vector<archive::FileEntry> project_installation(const BuildPlan& plan,
                                                     const PlatformPlan& platform) {
    const auto scheme = platform.scheme();
    if (!scheme) return {};
    const auto& interpreter = *platform.base.facts.interpreter;
    auto entries = install::venv_skeleton(*scheme, {interpreter.path, interpreter.version});
    const auto add = [&](std::vector<archive::FileEntry> more) {
        entries.insert(entries.end(), std::make_move_iterator(more.begin()),
                       std::make_move_iterator(more.end()));
    };
    std::string roots;
    for (const auto& root : import_roots(plan)) roots += root + "\n";
    entries.push_back(archive::text_entry(scheme->site_packages() + "/_pycontainer_project.pth",
                                          roots, install::kInstallTime));
    if (plan.own_distribution || plan.has_own_backend_wheel)
        return entries;  // its wheel has scripts and metadata
    std::vector<install::EntryPoint> scripts;
    for (const auto& script : plan.facts.entrypoint.console_scripts)
        scripts.push_back({script.name, script.module, script.attr});
    add(install::console_scripts(*scheme, scripts));
    if (plan.dist_info) add(dist_info_entries(*plan.dist_info, scheme->site_packages()));
    return entries;
}

}  // namespace pycontainer::build
