#include "resolve/sdist_reader.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "base/version.hpp"
#include "index/flat_index.hpp"
#include "net/url.hpp"
#include "packaging/names.hpp"
#include "packaging/version.hpp"
#include "packaging/wheel_name.hpp"
#include "sources/archive_tree.hpp"
#include "sources/core_metadata.hpp"
#include "sources/distribution.hpp"

#include <fmt/format.h>

#include <optional>

namespace pycontainer::resolve {
namespace {

constexpr std::string_view kRecord = "sdist-metadata";
constexpr int kFormat = 2;
/// Unpacked in memory; what is larger is no pure Python.
constexpr sources::ArchiveLimits kPureLimits{.files = 50'000, .total_size = 256ULL << 20U};

Result<Digest> digest_of(const std::filesystem::path& file) {
    Sha256 hash;
    PYC_TRY(stream_file(file, [&](Bytes bytes) -> Result<void> {
        hash.update(bytes);
        return {};
    }));
    return hash.finish();
}

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

bool is_of(const packaging::SourceName& stated, const std::string& name, const std::string& text) {
    const auto version = packaging::Version::from(text);
    return packaging::normalize_name(name) == stated.name && version &&
           *version == *packaging::Version::from(stated.version);
}

packaging::CoreMetadata plain(const sources::CoreMetadata& told) {
    packaging::CoreMetadata metadata;
    metadata.name = told.name;
    metadata.version = told.version;
    metadata.requires_python = told.requires_python;
    metadata.requires_dist = told.requires_dist();
    return metadata;
}

/// Told from the sources, files included: what has no wheel that can be made is of no use.
Result<packaging::CoreMetadata> told(const sources::Tree& tree,
                                     const packaging::SourceName* stated) {
    PYC_TRY_ASSIGN(const auto distribution,
                   sources::read_distribution(
                       tree, {.known = stated ? stated->version : std::string(), .exact_tag = {}}));
    return plain(distribution.metadata);
}

/// What the wheel that a backend makes of it will say, if that is known without running it.
std::optional<packaging::CoreMetadata> foretold(const sources::Tree& tree) {
    const auto text = tree.read("PKG-INFO");
    if (text && sources::parse_package_info(*text).is_reliable())
        if (auto metadata = packaging::CoreMetadata::parse(*text)) return *std::move(metadata);
    const auto metadata = sources::read_metadata(tree);
    if (!metadata || metadata->version == sources::kUnknownVersion) return std::nullopt;
    return plain(*metadata);
}

}  // namespace

Digest SdistReader::key_of(const Digest& digest, const std::string& filename) const {
    return Digest::of(fmt::format("{} {} {} {}{}", kFormat, kVersion, digest.hex(), filename,
                                  *ask_backend_ ? " built for " + target_->describe() : ""));
}

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

Result<packaging::CoreMetadata> SdistReader::read_archive(const exec::Context& ctx,
                                                          const std::filesystem::path& file,
                                                          const Digest& digest,
                                                          const std::string& filename) const {
    const auto stated = packaging::SourceName::parse(filename);
    const auto limits = *ask_backend_ ? sources::ArchiveLimits() : kPureLimits;
    PYC_TRY_ASSIGN(const auto tree, sources::read_sdist(ctx, file, filename, limits));
    auto metadata = told(tree, stated ? &*stated : nullptr);
    if (!metadata && metadata.error().code == "sources/needs-build" && *ask_backend_) {
        if (auto known = foretold(tree))
            metadata = *std::move(known);
        else
            metadata =
                (*ask_backend_)(ctx, {stated ? stated->name + " " + stated->version : filename,
                                      digest,
                                      {},
                                      {},
                                      tree,
                                      *target_});
    }
    if (!metadata || !stated || is_of(*stated, metadata->name, metadata->version)) return metadata;
    return fail("sources/invalid-metadata", "`{}` holds the sources of `{} {}`", filename,
                printable(metadata->name, 80), printable(metadata->version, 40))
        .hint("use another version, or tell those who publish it");
}

Result<packaging::CoreMetadata> SdistReader::read(const exec::Context& ctx,
                                                  const index::IndexFile& sdist) const {
    if (sdist.sha256)
        if (const auto record = store_->find_record(kRecord, key_of(*sdist.sha256, sdist.filename)))
            if (auto known = from_json(*record)) return *std::move(known);
    PYC_TRY_ASSIGN(const auto url, net::Url::parse(sdist.url));
    const bool is_local = url.scheme() == "file";
    PYC_TRY_ASSIGN(const auto digest,
                   is_local ? digest_of(index::local_path_of(url)) : fetch(ctx, sdist));
    auto metadata =
        read_archive(ctx, is_local ? index::local_path_of(url) : store_->blob_path(digest), digest,
                     sdist.filename);
    if (!is_local && (metadata || metadata.error().code.starts_with("sources/")))
        ignore(store_->put_record(kRecord, key_of(digest, sdist.filename),
                                  to_json(metadata)));  // only a cache
    return metadata;
}

}  // namespace pycontainer::resolve
