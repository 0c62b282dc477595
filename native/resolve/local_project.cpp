#include "resolve/local_project.hpp"

#include "sources/distribution.hpp"

namespace pycontainer::resolve {

Result<LocalProject> read_local_project(const exec::Context& ctx,
                                        const std::filesystem::path& directory,
                                        const std::string& shown) {
    PYC_TRY_ASSIGN(const auto tree, sources::Tree::read_directory(ctx, directory));
    auto metadata = sources::read_metadata(tree);
    if (!metadata)
        return fail(std::move(metadata).error()).while_("reading the project in `{}`", shown);
    return LocalProject{metadata->normalized_name(), directory.lexically_normal()};
}

}  // namespace pycontainer::resolve
