#include "resolve/local_project.hpp"

#include "packaging/names.hpp"
#include "sources/distribution.hpp"
#include "toml/document.hpp"

#include <optional>

namespace pycontainer::resolve {
namespace {

/// PEP 621: a backend cannot compute it.
std::optional<std::string> declared_name(const sources::Tree& tree) {
    const auto text = tree.read("pyproject.toml");
    const auto document = toml::parse(text.value_or(""), "pyproject.toml");
    const auto* project = member(document.value, "project");
    return project ? string_member(*project, "name") : std::nullopt;
}

}  // namespace

Result<LocalProject> read_local_project(const exec::Context& ctx,
                                        const std::filesystem::path& directory,
                                        const std::string& shown) {
    PYC_TRY_ASSIGN(const auto tree, sources::Tree::read_directory(ctx, directory));
    auto metadata = sources::read_metadata(tree);
    if (!metadata && metadata.error().code == "sources/needs-build")
        if (const auto name = declared_name(tree))
            return LocalProject{packaging::normalize_name(*name), directory.lexically_normal()};
    if (!metadata)
        return fail(std::move(metadata).error()).while_("reading the project in `{}`", shown);
    return LocalProject{metadata->normalized_name(), directory.lexically_normal()};
}

}  // namespace pycontainer::resolve
