#include "store/internal/layout.hpp"

namespace pycontainer::store {
namespace {

std::filesystem::path spread(const std::filesystem::path& directory, const Digest& digest) {
    const auto hex = digest.hex();
    return directory / hex.substr(0, 2) / hex;
}

}  // namespace

std::filesystem::path blob_directory(const std::filesystem::path& root) {
    return root / "blobs" / "sha256";
}

std::filesystem::path record_directory(const std::filesystem::path& root) {
    return root / "records";
}

std::filesystem::path blob_path(const std::filesystem::path& root, const Digest& digest) {
    return spread(blob_directory(root), digest);
}

std::filesystem::path record_path(const std::filesystem::path& root, std::string_view kind,
                                  const Digest& key) {
    auto path = spread(record_directory(root) / kind, key);
    path += ".json";
    return path;
}

}  // namespace pycontainer::store
