#include "index/core_metadata_client.hpp"

#include "base/strings.hpp"
#include "index/remote_wheel.hpp"
#include "packaging/names.hpp"
#include "packaging/version.hpp"
#include "packaging/wheel_name.hpp"

namespace pycontainer::index {
namespace {

constexpr std::string_view kRecord = "core-metadata";
constexpr std::string_view kFormat = "core metadata 1\n";
constexpr std::uint64_t kMaxMetadata = 32U << 20U;

/// By content where that is known, else by address; nothing for addresses that may hold secrets.
std::optional<Digest> key_of(const IndexFile& wheel) {
    if (wheel.sha256) return Digest::of(std::string(kFormat) + wheel.sha256->hex());
    const auto url = net::Url::parse(wheel.url);
    if (!url || !url->query().empty()) return std::nullopt;
    return Digest::of(std::string(kFormat) + url->without_userinfo().to_string());
}

Json to_json(const packaging::CoreMetadata& metadata) {
    return {{"metadata_version", metadata.metadata_version},
            {"name", metadata.name},
            {"version", metadata.version},
            {"requires_python", metadata.requires_python},
            {"requires_dist", metadata.requires_dist},
            {"provides_extra", metadata.provides_extra}};
}

std::optional<packaging::CoreMetadata> from_json(const Json& json) {
    packaging::CoreMetadata result;
    const auto text = [&](std::string_view name) { return string_member(json, name).value_or(""); };
    result.metadata_version = text("metadata_version");
    result.name = text("name");
    result.version = text("version");
    result.requires_python = text("requires_python");
    for (auto [name, list] : {std::pair("requires_dist", &result.requires_dist),
                              std::pair("provides_extra", &result.provides_extra)}) {
        const auto* items = member(json, name);
        if (!items || !items->is_array()) return std::nullopt;
        for (const auto& item : *items) {
            if (!item.is_string()) return std::nullopt;
            list->push_back(item.get<std::string>());
        }
    }
    return result;
}

/// What the file's name states must be so; a local segment may be in one of them only, as uv
/// allows.
Result<void> check_identity(const IndexFile& wheel, const packaging::CoreMetadata& metadata) {
    PYC_TRY_ASSIGN(const auto name, packaging::WheelName::parse(wheel.filename));
    const auto stated = packaging::Version::from(name.version);
    const auto found = packaging::Version::from(metadata.version);
    if (packaging::normalize_name(metadata.name) == name.name && stated && found &&
        stated->public_version() == found->public_version())
        return {};
    return fail("index/metadata-mismatch", "the metadata of `{}` is of `{} {}`", wheel.filename,
                printable(metadata.name, 80), printable(metadata.version, 40))
        .hint("the index or the package is broken: pin another version, or name another index");
}

}  // namespace

Result<std::string> CoreMetadataClient::fetch_beside(const exec::Context& ctx,
                                                     const IndexFile& wheel) const {
    // PEP 658: the file's address with `.metadata` after its path.
    PYC_TRY_ASSIGN(const auto file_url, net::Url::parse(wheel.url));
    const auto query = file_url.query().empty() ? std::string() : "?" + file_url.query();
    PYC_TRY_ASSIGN(auto url, file_url.resolve(file_url.path() + ".metadata" + query));
    if (file_url.has_userinfo() && !url.has_userinfo()) url = url.with_userinfo_of(file_url);
    net::HttpRequest request{.url = url};
    request.body_limit = kMaxMetadata;
    request.compressed = true;
    PYC_TRY_ASSIGN(auto response, http_->send(ctx, request));
    if (!response.is_success()) return refused_file(url, response.status);
    if (wheel.core_metadata_sha256 && Digest::of(response.body) != *wheel.core_metadata_sha256)
        return fail("index/metadata-mismatch",
                    "`{}` has another hash than the package index states", url.redacted())
            .hint("try again; if it stays, the index is broken or was tampered with");
    return std::move(response.body);
}

Result<std::string> CoreMetadataClient::fetch_text(const exec::Context& ctx,
                                                   const IndexFile& wheel) const {
    if (wheel.has_core_metadata) {
        auto text = fetch_beside(ctx, wheel);
        // Some mirrors repeat the promise of another index and do not keep it.
        if (text || text.error().code != "index/unavailable") return text;
    }
    PYC_TRY_ASSIGN(auto file, store_->new_blob());
    return fetch_metadata_member(ctx, *http_, wheel, std::move(file));
}

Result<Digest> CoreMetadataClient::fetch_digest(const exec::Context& ctx,
                                                const IndexFile& wheel) const {
    PYC_TRY_ASSIGN(const auto url, net::Url::parse(wheel.url));
    PYC_TRY_ASSIGN(auto file, store_->new_blob());
    Sha256 hasher;
    net::HttpRequest request{.url = url};
    PYC_TRY_ASSIGN(const auto response, http_->send(ctx, request, [&](Bytes bytes) -> Result<void> {
        hasher.update(bytes);
        return file.write(bytes);
    }));
    if (!response.is_success()) return refused_file(url, response.status);
    const auto digest = hasher.finish();
    PYC_TRY(store_->commit_blob(std::move(file), digest));
    return digest;
}

Result<packaging::CoreMetadata> CoreMetadataClient::fetch(const exec::Context& ctx,
                                                          const IndexFile& wheel) const {
    const auto key = key_of(wheel);
    if (const auto record = key ? store_->find_record(kRecord, *key) : std::nullopt) {
        if (auto known = from_json(*record); known && check_identity(wheel, *known))
            return *std::move(known);
    }
    PYC_TRY_ASSIGN(const auto text, fetch_text(ctx, wheel));
    auto metadata = packaging::CoreMetadata::parse(text);
    if (!metadata)
        return fail(std::move(metadata).error())
            .while_("reading the metadata of `{}`", wheel.filename);
    PYC_TRY(check_identity(wheel, *metadata));
    if (key) ignore(store_->put_record(kRecord, *key, to_json(*metadata)));  // only a cache
    return std::move(*metadata);
}

}  // namespace pycontainer::index
