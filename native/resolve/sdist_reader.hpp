#pragma once

// What a source distribution of an index says of itself, for the resolver: only of such that a
// wheel can be made of here (sources/distribution.hpp).

#include "exec/context.hpp"
#include "index/core_metadata_client.hpp"
#include "packaging/core_metadata.hpp"
#include "solve/solve.hpp"
#include "store/store.hpp"

namespace pycontainer::resolve {

/// Thread-safe; borrows what it is made of. What was found, or that no wheel can be made, is
/// remembered by the file's hash.
///
/// Errors: `sources/…`, `index/hash-mismatch`, those of `CoreMetadataClient::fetch_digest`.
class SdistReader {
public:
    SdistReader(const index::CoreMetadataClient& files, store::Store& store)
        : files_(&files), store_(&store) {}

    Result<packaging::CoreMetadata> read(const exec::Context& ctx,
                                         const index::IndexFile& sdist) const;
    solve::ReadSdist function() const {
        return [reader = *this](const exec::Context& ctx, const index::IndexFile& sdist) {
            return reader.read(ctx, sdist);
        };
    }

private:
    Result<Digest> fetch(const exec::Context& ctx, const index::IndexFile& sdist) const;

    const index::CoreMetadataClient* files_;
    store::Store* store_;
};

}  // namespace pycontainer::resolve
