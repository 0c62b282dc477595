#include "build/session.hpp"

namespace pycontainer::build {

Session::Session(const Environment& environment, std::filesystem::path cache_directory,
                 const std::optional<std::string>& push_registry, store::Store::Records records)
    : store_(std::move(cache_directory), records),
      curl_(environment),
      http_(curl_),
      keychain_(environment, push_registry),
      registry_(http_, keychain_) {}

Result<std::unique_ptr<Session>> Session::open(
    const Environment& environment, const std::optional<std::filesystem::path>& cache_directory,
    const std::optional<std::string>& push_registry, store::Store::Records records) {
    std::filesystem::path root;
    if (cache_directory) {
        root = *cache_directory;
    } else if (const auto named = environment.find_nonempty("PYCONTAINER_CACHE_DIR")) {
        root = *named;
    } else {
        PYC_TRY_ASSIGN(root, store::Store::default_root(environment));
    }
    return std::unique_ptr<Session>(
        new Session(environment, std::move(root), push_registry, records));
}

}  // namespace pycontainer::build
