#pragma once

// Where things lie in a store:
//
//     blobs/sha256/ab/abcd…           content, by its digest
//     records/KIND/ab/abcd….json      what was remembered, by the digest of its key
//     incoming/                       files that are being written, and such as are being deleted
//     leases/                         a file for every running build
//     lock                            the gate
//     usage                           how many bytes there are, estimated
//
// Nothing else of a store is touched, so that a directory named by mistake loses nothing.

#include "base/digest.hpp"

#include <filesystem>
#include <string_view>

namespace pycontainer::store {

constexpr const char* kIncoming = "incoming";
/// The kind of the records that say when a blob's digest was checked; the key is the digest.
constexpr std::string_view kCheckedRecord = "checked";

std::filesystem::path blob_directory(const std::filesystem::path& root);
std::filesystem::path record_directory(const std::filesystem::path& root);
std::filesystem::path blob_path(const std::filesystem::path& root, const Digest& digest);
std::filesystem::path record_path(const std::filesystem::path& root, std::string_view kind,
                                  const Digest& key);

}  // namespace pycontainer::store
