#include "index/page_cache.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <charconv>

namespace pycontainer::index {
namespace {

constexpr std::string_view kRecord = "index-page";
constexpr std::string_view kFormat = "index page 1\n";
/// Whatever a server says, its page is looked at once a day.
constexpr std::int64_t kLongest = 24 * 3600;
/// What many an index says, for those that say nothing (RFC 9111, section 4.2.2).
constexpr std::int64_t kUsual = 600;
constexpr std::uint64_t kMaxFiles = 256U << 20U;

Digest key_of(const net::Url& url) {
    return Digest::of(std::string(kFormat) + url.without_userinfo().to_string());
}

struct CacheControl {
    std::int64_t max_age = 0;
    bool no_store = false;
};

CacheControl cache_control(const net::Headers& headers) {
    CacheControl result;
    bool must_ask = false;
    const auto values = headers.find_all("Cache-Control");
    if (values.empty() && !headers.find("Expires")) result.max_age = kUsual;
    for (const auto& value : values) {
        for (const auto part : split(value, ',')) {
            const auto directive = to_lower(trim(part));
            if (directive == "no-store") result.no_store = true;
            if (directive == "no-cache") must_ask = true;
            if (!directive.starts_with("max-age=")) continue;
            const auto digits = std::string_view(directive).substr(8);
            std::from_chars(digits.data(), digits.data() + digits.size(), result.max_age);
        }
    }
    result.max_age = must_ask ? 0 : std::clamp<std::int64_t>(result.max_age, 0, kLongest);
    return result;
}

std::string pack_hashes(const IndexFile& file) {
    std::string text;
    for (const auto& [algorithm, hex] : file.hashes)
        text.append(text.empty() ? "" : ",").append(algorithm).append("=").append(hex);
    return text;
}

void unpack_hashes(std::string_view text, IndexFile& file) {
    for (const auto part : split(text, ',')) {
        const auto equals = part.find('=');
        if (equals == std::string_view::npos) continue;
        file.hashes.emplace(part.substr(0, equals), part.substr(equals + 1));
        if (part.substr(0, equals) != "sha256") continue;
        if (const auto digest = Digest::from_hex(part.substr(equals + 1))) file.sha256 = *digest;
    }
}

bool is_packable(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n'; });
}

}  // namespace

std::optional<std::string> pack_files(const std::vector<IndexFile>& files) {
    std::string text;
    for (const auto& file : files) {
        const auto url = net::Url::parse(file.url);
        if (!url || !url->query().empty()) return std::nullopt;
        const std::string fields[] = {file.filename,
                                      url->without_userinfo().to_string(),
                                      pack_hashes(file),
                                      file.size ? std::to_string(*file.size) : "",
                                      file.requires_python,
                                      file.yanked ? "y" + file.yanked_reason : "",
                                      file.core_metadata_sha256 ? file.core_metadata_sha256->hex()
                                      : file.has_core_metadata  ? "1"
                                                                : ""};
        for (const auto& field : fields) {
            if (!is_packable(field)) return std::nullopt;
            text.append(field).append("\t");
        }
        text.back() = '\n';
    }
    return text;
}

std::vector<IndexFile> unpack_files(std::string_view text) {
    std::vector<IndexFile> files;
    for (const auto line : split_lines(text)) {
        const auto fields = split(line, '\t');
        if (fields.size() != 7) continue;
        IndexFile file;
        file.filename = fields[0];
        file.url = fields[1];
        unpack_hashes(fields[2], file);
        if (!fields[3].empty()) {
            std::uint64_t size = 0;
            std::from_chars(fields[3].data(), fields[3].data() + fields[3].size(), size);
            file.size = size;
        }
        file.requires_python = fields[4];
        file.yanked = !fields[5].empty();
        if (file.yanked) file.yanked_reason = fields[5].substr(1);
        file.has_core_metadata = !fields[6].empty();
        if (const auto digest = Digest::from_hex(fields[6])) file.core_metadata_sha256 = *digest;
        files.push_back(std::move(file));
    }
    return files;
}

std::optional<PageCache::Page> PageCache::find(const net::Url& url) const {
    auto record = store_->find_record(kRecord, key_of(url));
    if (!record || !record->is_object()) return std::nullopt;
    const auto text = [&](std::string_view name) { return string_member(*record, name); };
    auto page_url = text("url");
    const auto digest = Digest::from_hex(text("files").value_or(""));
    if (!page_url || !digest) return std::nullopt;
    auto files = store_->read_blob(*digest, kMaxFiles);
    if (!files) return std::nullopt;
    Page page;
    page.fetched = static_cast<std::int64_t>(unsigned_member(*record, "fetched").value_or(0));
    page.max_age = static_cast<std::int64_t>(unsigned_member(*record, "max_age").value_or(0));
    page.etag = text("etag").value_or("");
    page.last_modified = text("last_modified").value_or("");
    page.url = *std::move(page_url);
    page.files = *std::move(files);
    return page;
}

bool PageCache::is_fresh(const Page& page) const {
    const auto age = now_() - page.fetched;
    return age >= 0 && age < page.max_age;
}

void PageCache::write(const net::Url& url, const Page& page) {
    const auto files = store_->put_blob(page.files);
    if (!files) return;
    ignore(store_->put_record(kRecord, key_of(url),
                              {{"fetched", page.fetched},
                               {"max_age", page.max_age},
                               {"etag", page.etag},
                               {"last_modified", page.last_modified},
                               {"url", page.url},
                               {"files", files->hex()}}));  // the next run asks again
}

void PageCache::put(const net::Url& url, const net::HttpResponse& response,
                    const std::vector<IndexFile>& files) {
    const auto control = cache_control(response.headers);
    auto packed = control.no_store ? std::nullopt : pack_files(files);
    if (!packed) return;
    Page page{.fetched = now_(),
              .max_age = control.max_age,
              .etag = response.headers.find("ETag").value_or(""),
              .last_modified = response.headers.find("Last-Modified").value_or(""),
              .url = response.url.without_userinfo().to_string(),
              .files = *std::move(packed)};
    if (page.max_age == 0 && page.etag.empty() && page.last_modified.empty()) return;
    write(url, page);
}

void PageCache::renew(const net::Url& url, Page page, const net::Headers& headers) {
    page.fetched = now_();
    if (headers.find("Cache-Control")) page.max_age = cache_control(headers).max_age;
    write(url, page);
}

}  // namespace pycontainer::index
