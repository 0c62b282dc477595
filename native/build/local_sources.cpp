#include "build/local_sources.hpp"

#include "base/file.hpp"
#include "project/layout.hpp"
#include "toml/document.hpp"

namespace pycontainer::build {
namespace {

/// As `pip` does with sources that it keeps: in the environment, apart from what is installed.
constexpr std::string_view kKept = "/opt/venv/src/";

/// The directory relative to the project; nothing when it lies outside.
std::optional<std::string> relative_to(const std::filesystem::path& project,
                                       const std::filesystem::path& directory) {
    const auto path = directory.lexically_relative(project);
    if (path.empty() || *path.begin() == "..") return std::nullopt;
    return path.generic_string();
}

}  // namespace

project::ScanRequest scan_of(const std::filesystem::path& directory) {
    return {.directory = directory, .include = {}, .exclude = {}, .output_directory = {}};
}

Result<LocalSources> find_local_sources(const exec::Context& ctx, const std::string& name,
                                        const std::filesystem::path& directory,
                                        const std::filesystem::path& project_directory,
                                        const std::string& working_directory) {
    std::error_code error;
    LocalSources sources;
    sources.name = name;
    sources.directory =
        (std::filesystem::absolute(directory, error) / "").lexically_normal().parent_path();
    PYC_TRY_ASSIGN(sources.tree, project::scan_sources(ctx, scan_of(sources.directory)));
    const auto text = read_file(sources.directory / "pyproject.toml", toml::kMaxBytes);
    const auto pyproject = text ? toml::parse(*text, "pyproject.toml").value : Json::object();
    const auto layout = project::find_layout(project::SourceView(sources.directory, sources.tree),
                                             project::Pyproject(pyproject));
    const auto inside = relative_to(project_directory, sources.directory);
    sources.location =
        inside ? working_directory + "/" + *inside : std::string(kKept) + sources.name;
    for (const auto& root : layout.import_roots) {
        // What lies beside `src` is not what others import.
        if (root.empty() && layout.kind == project::LayoutKind::Src) continue;
        sources.import_roots.push_back(root.empty() ? sources.location
                                                    : project::join_path(sources.location, root));
    }
    if (inside) sources.tree = {};
    return sources;
}

}  // namespace pycontainer::build
