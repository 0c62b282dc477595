#pragma once

// The top layer: the project's sources in the working directory and what makes them run from the
// virtual environment.

#include "archive/file_entry.hpp"
#include "archive/member_writer.hpp"
#include "build/assembly.hpp"
#include "project/source_tree.hpp"
#include "store/store.hpp"

#include <string>
#include <vector>

namespace pycontainer::build {

/// Files of one directory and where they go. The tree is borrowed.
struct PlacedSources {
    std::filesystem::path directory;
    const project::SourceTree* tree = nullptr;
    Digest digest;         ///< `StatIndex::digest_tree`
    std::string location;  ///< absolute, in the image
};

struct ApplicationLayer {
    std::vector<PlacedSources> sources;
    std::string working_directory;              ///< absolute: `/app`
    std::vector<archive::FileEntry> generated;  ///< the environment's skeleton, scripts, dist-info
    std::vector<std::string>
        writable;      ///< directories below the working directory that the user may write
    std::string user;  ///< numeric `uid[:gid]`, for the writable ones
    std::int64_t mtime = 0;
    archive::Compression compression = archive::Compression::Gzip;
};

/// Makes the layer, or finds the one made before from the same content.
Result<Layer> make_application_layer(const exec::Context& ctx, const ApplicationLayer& request,
                                     store::Store& store);

}  // namespace pycontainer::build
