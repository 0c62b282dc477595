#pragma once

#include "base/json.hpp"
#include "config/build_config.hpp"
#include "credentials/given.hpp"
#include "credentials/keychain.hpp"
#include "image/archive.hpp"
#include "index/index_options.hpp"
#include "resolve/locker.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::build {

/// When a base's tag is looked up in its registry again.
enum class PullPolicy {
    Missing,  ///< when the last look is older than `base_max_age`
    Always,
    Never,  ///< what is in the cache has to do
};

/// One file with the image in it.
struct ArchiveOutput {
    image::ArchiveKind kind = image::ArchiveKind::Oci;
    std::filesystem::path file;

    /// From `oci-archive:FILE` or `docker-archive:FILE`. Errors: `request/invalid`.
    static Result<ArchiveOutput> parse(const std::string& text);
    std::string to_string() const;
};

/// Files that tell other programs about the image; what is not named is not written.
struct OutputFiles {
    std::optional<std::filesystem::path> digest{};    ///< the digest alone
    std::optional<std::filesystem::path> image_id{};  ///< the configuration's digest alone
    std::optional<std::filesystem::path> metadata{};  ///< JSON with the names that BuildKit uses
};

/// What is asked of a lock that pycontainer writes itself.
struct LockWriting {
    bool wanted = false;      ///< written before the build, and built from
    bool check_only = false;  ///< a lock that is not right is an error, and nothing is written
    resolve::Upgrade upgrade{};
};

/// How a request may find out who the user is. No part of `canonical`: a password does not belong
/// into what is remembered and shown.
struct Access {
    /// What the request itself says to registries; goes before everything else.
    std::vector<credentials::GivenCredential> given{};
    std::optional<credentials::Login> login{};  ///< for the registry that is pushed to
    /// False: no credential helper is started (a workspace that is not trusted).
    bool run_programs = true;

    credentials::KeychainOptions for_registry(std::optional<std::string> push_registry) const {
        return {std::move(push_registry), login, run_programs};
    }
};

/// Everything a caller can say about a build: the one input of the command line, of `--request` and
/// of the language server (schemas/build-request.schema.json).
struct BuildRequest {
    std::filesystem::path project_directory;
    std::optional<std::filesystem::path> config_file;
    std::optional<std::filesystem::path> cache_directory;
    config::Settings overrides;
    PullPolicy pull = PullPolicy::Missing;
    bool push = false;
    index::IndexArguments indexes{};
    LockWriting lock{};
    bool use_cache = true;
    bool use_vcs = true;
    bool dry_run = false;
    bool offline = false;  ///< the network is not used; what is in the cache has to do
    Access access{};
    std::vector<ArchiveOutput> archives{};
    OutputFiles files{};
    /// The request as one text with absolute paths: equal texts ask for the same.
    std::string canonical;

    /// Reads a request that the schema has accepted. Relative paths count from the working
    /// directory.
    static Result<BuildRequest> from_json(const Json& json);
};

/// What `pycontainer push` and `pycontainer/push` take.
struct PushRequest {
    std::filesystem::path project_directory;
    std::filesystem::path layout;
    std::vector<std::string> references;
    std::optional<std::string> registry;
    std::optional<std::filesystem::path> cache_directory;
    Access access{};

    static Result<PushRequest> from_json(const Json& json);
};

}  // namespace pycontainer::build
