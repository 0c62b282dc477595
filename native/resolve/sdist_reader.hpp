#pragma once

// What a source distribution of an index says of itself, for the resolver: of such that a wheel can
// be made of here (sources/distribution.hpp), and where build backends may be run, of all others.

#include "exec/context.hpp"
#include "index/core_metadata_client.hpp"
#include "packaging/core_metadata.hpp"
#include "packaging/target.hpp"
#include "resolve/backend.hpp"
#include "solve/solve.hpp"
#include "store/store.hpp"

namespace pycontainer::resolve {

/// Thread-safe; borrows what it is made of. What was found, or that no wheel can be made, is
/// remembered by the file's hash. A backend is asked last: after the files, and after a PKG-INFO
/// that every wheel has to agree with (PEP 643).
///
/// Errors: `sources/…`, `index/metadata-mismatch`, those of `CoreMetadataClient::fetch_digest` and
/// of `ask_backend`.
class SdistReader {
public:
    SdistReader(const index::CoreMetadataClient& files, store::Store& store,
                const packaging::TargetEnvironment& target, const AskBackend& ask_backend)
        : files_(&files), store_(&store), target_(&target), ask_backend_(&ask_backend) {}

    Result<packaging::CoreMetadata> read(const exec::Context& ctx,
                                         const index::IndexFile& sdist) const;
    solve::ReadSdist function() const {
        return [reader = *this](const exec::Context& ctx, const index::IndexFile& sdist) {
            return reader.read(ctx, sdist);
        };
    }

private:
    Result<Digest> fetch(const exec::Context& ctx, const index::IndexFile& sdist) const;
    Result<packaging::CoreMetadata> read_archive(const exec::Context& ctx,
                                                 const std::filesystem::path& file,
                                                 const Digest& digest,
                                                 const std::string& filename) const;
    Digest key_of(const Digest& digest, const std::string& filename) const;

    const index::CoreMetadataClient* files_;
    store::Store* store_;
    const packaging::TargetEnvironment* target_;
    const AskBackend* ask_backend_;
};

}  // namespace pycontainer::resolve
