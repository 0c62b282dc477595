#include "build/session.hpp"

#include "store/cache_size.hpp"

namespace pycontainer::build {

Session::Session(const Environment& environment, std::filesystem::path cache_directory,
                 std::optional<std::uint64_t> cache_limit, credentials::KeychainOptions credentials,
                 store::Store::Records records, std::vector<credentials::GivenCredential> given,
                 net::RetryOptions retries)
    : store_(std::move(cache_directory), records),
      cache_limit_(cache_limit),
      curl_(environment),
      http_(curl_, retries),
      found_(environment, std::move(credentials)),
      keychain_(std::move(given), found_),
      registry_(http_, keychain_) {}

Result<std::unique_ptr<Session>> Session::open(
    const Environment& environment, const std::optional<std::filesystem::path>& cache_directory,
    credentials::KeychainOptions credentials, store::Store::Records records,
    std::vector<credentials::GivenCredential> given, net::RetryOptions retries) {
    PYC_TRY_ASSIGN(auto root, store::Store::find_root(environment, cache_directory));
    PYC_TRY_ASSIGN(const auto limit, store::cache_size_limit(environment));
    return std::unique_ptr<Session>(new Session(environment, std::move(root), limit,
                                                std::move(credentials), records, std::move(given),
                                                retries));
}

}  // namespace pycontainer::build
