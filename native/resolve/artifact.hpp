#pragma once

// What every kind of lock comes down to: packages of one version, and the files they can be
// installed from.

#include "base/diagnostic.hpp"
#include "base/digest.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
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
    std::optional<Artifact> sdist{};  ///< when it is known where it is
    std::string index_url{};  ///< the index that the lock took its files from; empty: not said
};

/// A repository at one commit.
struct Repository {
    std::string url;                 ///< for requests only: may hold user information
    std::string commit;              ///< all of its hexadecimal digits
    std::string requested_revision;  ///< what was asked for: a branch, a tag; may be empty
    std::string subdirectory;        ///< empty: the project is at the top
};

/// A package that has no usable wheel: one has to be made of its sources.
struct SourcePackage {
    std::string name;     ///< normalized
    std::string version;  ///< as the lock writes it; may be empty for repositories
    std::variant<Artifact, Repository> origin;
    /// It was asked for by its address, which `direct_url.json` then records (PEP 610).
    bool is_direct = false;
    std::string file;
    Range range;
    /// What its wheels are for, none of which fits, for people; empty: it has none.
    std::string wheels{};
};

}  // namespace pycontainer::resolve
