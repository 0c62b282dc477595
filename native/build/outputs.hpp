#pragma once

// What a build leaves behind besides a layout and a push: archives, and files about the image.

#include "build/plan.hpp"
#include "build/request.hpp"
#include "build/session.hpp"

namespace pycontainer::build {

/// Writes the image into one file. Base layers that are missing are fetched. Errors:
/// `image/not-a-file`, `file/…`, `registry/…`.
Result<void> write_archive(const exec::Context& ctx, const ArchiveOutput& archive,
                           const BuildPlan& plan, const AssembledRelease& release,
                           Session& session);

/// Docker's form of an archive has one image only. Errors: `build/one-platform`.
Result<void> check_archives(const std::vector<ArchiveOutput>& archives, std::size_t platforms);

/// The digest, the image's id and the metadata, each whole or not at all. Errors: `file/…`.
Result<void> write_output_files(const OutputFiles& files, const AssembledRelease& release,
                                const std::vector<std::string>& names);

/// The files in `directory` that builds with this request write: they are no sources.
std::vector<std::string> written_in(const std::filesystem::path& directory,
                                    const BuildRequest& request);

}  // namespace pycontainer::build
