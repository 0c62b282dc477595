#include "sources/distribution.hpp"

#include "archive/zip_reader.hpp"
#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "packaging/requirement.hpp"
#include "sources/backend.hpp"
#include "sources/license_files.hpp"
#include "sources/project_table.hpp"
#include "sources/version_file.hpp"
#include "toml/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pycontainer::sources {
namespace {

/// What an installation cannot do without; others of `[project] dynamic` only describe.
constexpr std::array<std::string_view, 6> kNeededFields = {
    "dependencies", "optional-dependencies", "requires-python",
    "scripts",      "gui-scripts",           "entry-points"};
constexpr std::string_view kWheel =
    "Wheel-Version: 1.0\nGenerator: pycontainer\nRoot-Is-Purelib: true\nTag: py3-none-any\n";

Result<Json> read_pyproject(const Tree& tree) {
    const auto text = tree.read("pyproject.toml");
    if (!text) {
        if (tree.has_file("setup.cfg") || tree.has_file("setup.py")) return Json::object();
        return fail("sources/no-project", "there is no `pyproject.toml`")
            .hint("name the directory that holds the project's `pyproject.toml`");
    }
    auto document = toml::parse(*text, "pyproject.toml");
    if (!has_errors(document.diagnostics)) return std::move(document.value);
    const auto& fault = document.diagnostics.front();
    return fail("sources/invalid-metadata", "its `pyproject.toml` has an error in line {}: {}",
                fault.range.start.line + 1, fault.message)
        .hint("correct it");
}

/// Wheels made of one sdist have one name, version and dependencies, and its PKG-INFO says them
/// (PEP 643).
void take_package_info(const Tree& tree, CoreMetadata& metadata) {
    const auto text = tree.read("PKG-INFO");
    if (!text) return;
    const auto info = parse_package_info(*text);
    if (packaging::normalize_name(info.name) != metadata.normalized_name()) return;
    if (const auto version = normalize_version(info.version); version && metadata.version.empty())
        metadata.version = *version;
    if (metadata.readme.empty()) {
        metadata.readme = info.description;
        metadata.readme_type = info.description_type;
    }
    if (!info.is_reliable()) return;
    if (metadata.is_dynamic("requires-python")) metadata.requires_python = info.requires_python;
    if (metadata.is_dynamic("dependencies") || metadata.is_dynamic("optional-dependencies")) {
        // As they are: the markers of extras are in them.
        metadata.dependencies = info.requires_dist;
        metadata.extras.clear();
        for (const auto& extra : info.provides_extra)
            metadata.extras[packaging::normalize_name(extra)];
    }
    for (const auto* field : {"requires-python", "dependencies", "optional-dependencies"})
        metadata.settle(field);
}

Result<CoreMetadata> settle_metadata(const Project& project, const Backend& backend) {
    PYC_TRY_ASSIGN(auto metadata, backend.metadata(project));
    take_package_info(project.tree, metadata);
    if (metadata.version.empty()) {
        const auto found = version_from_vcs(project.hints, metadata.normalized_name());
        PYC_TRY_ASSIGN(metadata.version,
                       normalize_version(found.value_or(std::string(kUnknownVersion))));
    }
    for (const auto field : kNeededFields)
        if (metadata.is_dynamic(field))
            return needs_build(fmt::format("`{}` is computed by its build backend", field));
    for (const auto& requirement : metadata.requires_dist())
        if (const auto parsed = packaging::Requirement::parse(requirement); !parsed)
            return fail("sources/invalid-metadata", "`{}` is not a requirement: {}",
                        printable(requirement, 120), parsed.error().message)
                .hint("correct it in the project's dependencies");
    return metadata;
}

}  // namespace

Result<CoreMetadata> read_metadata(const Tree& tree, const VersionHints& hints) {
    PYC_TRY_ASSIGN(const auto pyproject, read_pyproject(tree));
    PYC_TRY_ASSIGN(const auto backend, find_backend(pyproject));
    return settle_metadata({tree, pyproject, hints}, backend);
}

Result<Distribution> read_distribution(const Tree& tree, const VersionHints& hints) {
    PYC_TRY_ASSIGN(const auto pyproject, read_pyproject(tree));
    PYC_TRY_ASSIGN(const auto backend, find_backend(pyproject));
    const Project project{tree, pyproject, hints};
    Distribution distribution;
    PYC_TRY_ASSIGN(distribution.metadata, settle_metadata(project, backend));
    auto& metadata = distribution.metadata;
    PYC_TRY_ASSIGN(auto written, version_file(project, metadata));
    const auto whole = written ? tree.with(*std::move(written)) : tree;
    PYC_TRY_ASSIGN(auto files, backend.files({whole, pyproject, hints}, metadata));
    for (auto& license : license_entries(tree, metadata)) files.push_back(std::move(license));
    const auto info = metadata.file_stem() + ".dist-info/";
    files.push_back({info + "METADATA", false, metadata_text(metadata)});
    files.push_back({info + "WHEEL", false, std::string(kWheel)});
    if (auto text = entry_points_text(metadata))
        files.push_back({info + "entry_points.txt", false, std::move(*text)});
    std::erase_if(files, [](const auto& file) { return file.path.ends_with(".pyc"); });
    for (const auto& file : files)
        if (const auto reason = archive::unsafe_name_reason(file.path))
            return fail("sources/invalid-metadata", "`{}` cannot be the name of a file: {}",
                        printable(file.path, 120), *reason)
                .hint("correct the settings of its build backend");
    const Tree sorted(std::move(files));
    distribution.files.assign(sorted.files().begin(), sorted.files().end());
    return distribution;
}

}  // namespace pycontainer::sources
