#pragma once

// What one operation works with: the store and the way to the registries and indexes. Nothing is
// opened before it is used.

#include "credentials/given.hpp"
#include "credentials/keychain.hpp"
#include "index/index_access.hpp"
#include "net/curl_http_client.hpp"
#include "net/retrying_http_client.hpp"
#include "registry/registry_client.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pycontainer::build {

class Session {
public:
    /// `given` goes before what `credentials` finds. Errors: `store/no-home`;
    /// `config/invalid-value` for `PYCONTAINER_CACHE_SIZE`.
    static Result<std::unique_ptr<Session>> open(
        const Environment& environment, const std::optional<std::filesystem::path>& cache_directory,
        credentials::KeychainOptions credentials,
        store::Store::Records records = store::Store::Records::Use,
        std::vector<credentials::GivenCredential> given = {}, net::RetryOptions retries = {});
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    store::Store& store() { return store_; }
    /// How large the store may grow; nothing: as large as it likes.
    const std::optional<std::uint64_t>& cache_limit() const { return cache_limit_; }
    net::HttpClient& http() { return http_; }
    /// Nothing is asked over the network from then on.
    void go_offline() { curl_.go_offline(); }
    registry::RegistryClient& registry() { return registry_; }
    /// From then on, `indexes` are these. Before anything is asked of them.
    void use_indexes(index::IndexOptions options, const Environment& environment,
                     std::function<std::int64_t()> now) {
        indexes_ = std::make_unique<index::IndexAccess>(http_, store_, std::move(now),
                                                        std::move(options), environment);
    }
    /// Only after `use_indexes`.
    index::IndexAccess& indexes() { return *indexes_; }

private:
    Session(const Environment& environment, std::filesystem::path cache_directory,
            std::optional<std::uint64_t> cache_limit, credentials::KeychainOptions credentials,
            store::Store::Records records, std::vector<credentials::GivenCredential> given,
            net::RetryOptions retries);

    store::Store store_;
    std::optional<std::uint64_t> cache_limit_;
    net::CurlHttpClient curl_;
    net::RetryingHttpClient http_;
    credentials::DefaultKeychain found_;
    credentials::GivenKeychain keychain_;
    registry::RegistryClient registry_;
    std::unique_ptr<index::IndexAccess> indexes_;
};

}  // namespace pycontainer::build
