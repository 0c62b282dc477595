#include "resolve/sdist_reader.hpp"

#include "base/strings.hpp"
#include "base/version.hpp"
#include "index/flat_index.hpp"
#include "net/url.hpp"
#include "packaging/names.hpp"
#include "packaging/version.hpp"
#include "packaging/wheel_name.hpp"
#include "sources/archive_tree.hpp"
#include "sources/distribution.hpp"

#include <fmt/format.h>

namespace pycontainer::resolve {
namespace {

constexpr std::string_view kRecord = "sdist-metadata";
constexpr int kFormat = 1;
/// Unpacked in memory; what is larger is no pure Python.
constexpr sources::ArchiveLimits kLimits{.files = 50'000, .total_size = 256ULL << 20U};

Json to_json(const Result<packaging::CoreMetadata>& metadata) {
    if (!metadata) {
        const auto& error = metadata.error();
        return {{"code", error.code}, {"message", error.message}, {"hint", error.hint}};
    }
    return {{"name", metadata->name},
            {"version", metadata->version},
            {"requires_python", metadata->requires_python},
            {"requires_dist", metadata->requires_dist}};
}

std::optional<Result<packaging::CoreMetadata>> from_json(const Json& json) {
    const auto text = [&](std::string_view name) { return string_member(json, name).value_or(""); };
    if (const auto code = string_member(json, "code"); code && code->starts_with("sources/")) {
        Error error;
        error.code = *code;
        error.message = text("message");
        error.hint = text("hint");
        return fail(std::move(error));
    }
    const auto* list = member(json, "requires_dist");
    if (!list || !list->is_array()) return std::nullopt;
    packaging::CoreMetadata metadata;
    metadata.name = text("name");
    metadata.version = text("version");
    metadata.requires_python = text("requires_python");
    for (const auto& each : *list) {
        if (!each.is_string()) return std::nullopt;
        metadata.requires_dist.push_back(each.get<std::string>());
    }
    return Result<packaging::CoreMetadata>(std::move(metadata));
}

/// Told from the sources, files included: what has no wheel that can be made is of no use.
Result<packaging::CoreMetadata> read_archive(const exec::Context& ctx,
                                             const std::filesystem::path& file,
                                             const std::string& filename) {
    const auto stated = packaging::SourceName::parse(filename);
    PYC_TRY_ASSIGN(const auto tree, sources::read_sdist(ctx, file, filename, kLimits));
    PYC_TRY_ASSIGN(const auto distribution,
                   sources::read_distribution(
                       tree, {.known = stated ? stated->version : std::string(), .exact_tag = {}}));
    const auto& told = distribution.metadata;
    const auto version = packaging::Version::from(told.version);
    if (stated && (told.normalized_name() != stated->name || !version ||
                   *version != *packaging::Version::from(stated->version)))
        return fail("sources/invalid-metadata", "`{}` holds the sources of `{} {}`", filename,
                    told.name, told.version)
            .hint("use another version, or tell those who publish it");
    packaging::CoreMetadata metadata;
    metadata.name = told.name;
    metadata.version = told.version;
    metadata.requires_python = told.requires_python;
    metadata.requires_dist = told.requires_dist();
    return metadata;
}

}  // namespace

Result<Digest> SdistReader::fetch(const exec::Context& ctx, const index::IndexFile& sdist) const {
    if (sdist.sha256) {
        PYC_TRY_ASSIGN(const auto found, store_->find_blob(ctx, *sdist.sha256));
        if (found) return *sdist.sha256;
    }
    PYC_TRY_ASSIGN(const auto digest, files_->fetch_digest(ctx, sdist));
    if (!sdist.sha256 || digest == *sdist.sha256) return digest;
    return fail("index/metadata-mismatch", "`{}` has another hash than the package index states",
                sdist.filename)
        .hint("try again; if it stays, the index is broken or was tampered with");
}

Result<packaging::CoreMetadata> SdistReader::read(const exec::Context& ctx,
                                                  const index::IndexFile& sdist) const {
    const auto key_of = [&](const Digest& digest) {
        return Digest::of(
            fmt::format("{} {} {} {}", kFormat, kVersion, digest.hex(), sdist.filename));
    };
    if (sdist.sha256)
        if (const auto record = store_->find_record(kRecord, key_of(*sdist.sha256)))
            if (auto known = from_json(*record)) return *std::move(known);
    PYC_TRY_ASSIGN(const auto url, net::Url::parse(sdist.url));
    if (url.scheme() == "file") return read_archive(ctx, index::local_path_of(url), sdist.filename);
    PYC_TRY_ASSIGN(const auto digest, fetch(ctx, sdist));
    auto metadata = read_archive(ctx, store_->blob_path(digest), sdist.filename);
    if (metadata || metadata.error().code.starts_with("sources/"))
        ignore(store_->put_record(kRecord, key_of(digest), to_json(metadata)));  // only a cache
    return metadata;
}

}  // namespace pycontainer::resolve
