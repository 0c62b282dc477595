#include "build/session.hpp"

namespace pycontainer::build {

Session::Session(const Environment& environment, std::filesystem::path cache_directory, const std::optional<std::string>& push_registry)
    : store_(std::move(cache_directory)), curl_(environment), http_(curl_), keychain_(environment, push_registry), registry_(http_, keychain_) {}

Result<std::unique_ptr<Session>> Session::open(const Environment& environment, const std::optional<std::filesystem::path>& cache_directory, const std::optional<std::string>& push_registry) {
    if (cache_directory) return std::unique_ptr<Session>(new Session(environment, *cache_directory, push_registry));
    if (const auto named = environment.find_nonempty("PYCONTAINER_CACHE_DIR")) return std::unique_ptr<Session>(new Session(environment, *named, push_registry));
    PYC_TRY_ASSIGN(auto root, store::Store::default_root(environment));
    return std::unique_ptr<Session>(new Session(environment, std::move(root), push_registry));
}

}  // namespace pycontainer::build
