#pragma once

// What every kind of lock comes down to: packages of one version, and the files they can be
// installed from.

#include "base/diagnostic.hpp"
#include "base/digest.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::resolve {

/// A wheel or a source distribution, at a URL or on this machine.
struct Artifact {
    std::string filename;
    std::string url;  ///< for requests only: may hold user information
    std::filesystem::path local_path;
    std::optional<Digest> sha256;
    std::optional<std::uint64_t> size;
    std::string requires_python;  ///< empty: not known
};

/// One package that is to be installed, and where the lock says so.
struct LockedPackage {
    std::string name;     ///< normalized
    std::string version;  ///< as the lock writes it
    std::vector<Artifact> wheels;
    bool has_sdist = false;
    std::string file;
    Range range;
};

}  // namespace pycontainer::resolve
