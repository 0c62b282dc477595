#pragma once

// The one door to the library: what the command line and the language server call. Requests and
// answers are JSON by the schemas in schemas/; errors are values. Knows neither argv nor LSP nor a
// terminal.

#include "base/diagnostic.hpp"
#include "base/environment.hpp"
#include "base/json.hpp"
#include "build/attach.hpp"
#include "build/inspect.hpp"
#include "build/loader.hpp"
#include "build/login.hpp"
#include "build/rebase.hpp"
#include "build/request.hpp"
#include "exec/context.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::service {

struct CheckRequest {
    std::filesystem::path project_directory;
    std::optional<std::filesystem::path> config_file;
};

struct InitRequest {
    std::filesystem::path project_directory;
    /// The text is only told, not written.
    bool dry_run = false;
};

struct ImageRequest {
    std::filesystem::path layout;
};

struct CacheRequest {
    std::optional<std::filesystem::path> cache_directory;
};

struct PruneRequest {
    std::optional<std::filesystem::path> cache_directory;
    std::optional<std::uint64_t> max_size;  ///< bytes
    /// Entries that were not used for so long go.
    std::optional<std::chrono::seconds> max_age;
};

struct ErrorPages {
    std::filesystem::path file;
    std::map<std::string, std::size_t> lines;  ///< by code
};

/// Thread-safe: every call works on its own.
class Service {
public:
    /// Checks a request against its schema and reads it. Errors: `request/invalid`, and those of
    /// what is parsed from it.
    static Result<build::BuildRequest> read_build_request(const Json& json);
    static Result<build::PushRequest> read_push_request(const Json& json);
    /// `{context, from}`: the layout `from`, else `dist/image` of the project. Errors:
    /// `request/invalid`.
    static Result<ImageRequest> read_image_request(const Json& json);
    /// `{cache_dir}`, which may be left out. Errors: `request/invalid`.
    static Result<CacheRequest> read_cache_request(const Json& json);
    /// From a size (`10G`) and a number of days, each as text, empty where it is not limited.
    /// Errors: `usage/invalid`.
    static Result<PruneRequest> read_prune_request(
        std::optional<std::filesystem::path> cache_directory, const std::string& max_size,
        const std::string& max_age);

    /// Builds, and pushes if that was asked for. The answer is by build-result.schema.json; with
    /// `dry_run` it is the plan.
    Result<Json> build(const exec::Context& ctx, const build::BuildRequest& request) const;
    /// Writes the project's `pylock.toml`, or only checks it (build/builder.hpp).
    Result<Json> lock(const exec::Context& ctx, const build::BuildRequest& request) const;
    /// What `build` would do and why, with the evidence of every fact. Nothing is fetched but what
    /// has to be known.
    Result<Json> plan(const exec::Context& ctx, const build::BuildRequest& request) const;
    /// Pushes a layout that was built before.
    Result<Json> push(const exec::Context& ctx, const build::PushRequest& request) const;

    /// What is in an image, wherever it is.
    Result<Json> inspect(const exec::Context& ctx, const build::InspectRequest& request) const;
    /// Gives a layout that was built before to docker or podman.
    Result<Json> load(const exec::Context& ctx, const build::LoadRequest& request) const;

    /// Puts an image on another base without building it.
    Result<Json> rebase(const exec::Context& ctx, const build::RebaseRequest& request) const;
    /// Attaches files to an image, as an artifact that refers to it.
    Result<Json> attach(const exec::Context& ctx, const build::AttachRequest& request) const;

    /// From a registry's name (empty: Docker Hub), a user name and a password. Errors:
    /// `usage/invalid`.
    static Result<build::LoginRequest> read_login_request(const std::string& registry,
                                                          const std::string& username,
                                                          const std::string& password);
    /// Checks credentials with a registry and stores them; removes them again.
    Result<Json> login(const exec::Context& ctx, const build::LoginRequest& request) const;
    Result<Json> logout(const exec::Context& ctx, const build::LoginRequest& request) const;

    /// What is in a layout: manifest, configuration, files by layer, size by package
    /// (image/description.hpp). Errors: `layout/…`, `archive/…`.
    Result<Json> image(const exec::Context& ctx, const ImageRequest& request) const;

    /// The registries that the user has logged in to: `{format_version, registries}`, each with its
    /// `registry`. Errors: `credentials/invalid-config`.
    Result<Json> registries(const exec::Context& ctx) const;

    /// What the cache holds, by kind, and how large it may grow. Errors: `store/no-home`,
    /// `config/invalid-value`.
    Result<Json> cache_info(const exec::Context& ctx, const CacheRequest& request) const;
    /// Takes out of the cache what the request says; without limits what is above
    /// `PYCONTAINER_CACHE_SIZE`. What running builds may need stays. Errors: as above, `file/…`.
    Result<Json> cache_prune(const exec::Context& ctx, const PruneRequest& request) const;
    /// Empties the cache. Errors: `store/in-use` when a build is running; as above.
    Result<Json> cache_clear(const exec::Context& ctx, const CacheRequest& request) const;

    /// The faults of a project's configuration files: syntax, schema, meaning. Errors:
    /// `project/not-found`, unreadable files.
    Result<std::vector<Diagnostic>> check(const exec::Context& ctx,
                                          const CheckRequest& request) const;
    /// Writes a first pycontainer.toml from what is found in the project. The answer has its path
    /// and text. Errors: `config/exists` when there is a configuration already; as `check`.
    Result<Json> init(const exec::Context& ctx, const InitRequest& request) const;
    /// The schema of the configuration, byte for byte as it is in schemas/.
    static std::string_view configuration_schema();
    /// The page of a code of an error or diagnostic, in Markdown. Errors: `usage/invalid` for codes
    /// that do not exist.
    static Result<std::string> explain(const std::string& code);
    /// Where an editor can open the page of each code without a network: a file in the cache, which
    /// is written when it is not there, and the line, counted from one. Errors: `store/no-home`,
    /// `file/…`.
    static Result<ErrorPages> error_pages(const Environment& environment);
};

}  // namespace pycontainer::service
