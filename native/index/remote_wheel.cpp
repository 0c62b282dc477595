#include "index/remote_wheel.hpp"

#include "archive/zip_reader.hpp"
#include "base/strings.hpp"
#include "index/flat_index.hpp"
#include "packaging/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <unistd.h>

namespace pycontainer::index {
namespace {

/// Nearly every wheel has its directory and its METADATA in so many bytes at its end.
constexpr std::uint64_t kTail = 64U << 10U;
constexpr std::uint64_t kMaxDirectory = 64U << 20U;
constexpr std::uint64_t kMaxMetadata = 32U << 20U;
constexpr std::uint64_t kMaxWheel = 8ULL << 30U;
constexpr std::size_t kEndSize = 22, kLocatorSize = 20;
constexpr std::string_view kEnd = "PK\x05\x06", kLocator = "PK\x06\x07";

std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = count; i-- > 0;)
        value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

/// `bytes 10-19/200`: where a part lies, and how large the whole is.
struct ContentRange {
    std::uint64_t first = 0, last = 0, total = 0;
    static std::optional<ContentRange> parse(std::string_view text) {
        text = trim(text);
        if (!to_lower(text).starts_with("bytes ")) return std::nullopt;
        text.remove_prefix(6);
        ContentRange range;
        const auto number = [&](std::uint64_t& value, char end) {
            const auto [stop, error] =
                std::from_chars(text.data(), text.data() + text.size(), value);
            if (error != std::errc()) return false;
            text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
            if (end == '\0') return text.empty();
            if (text.empty() || text.front() != end) return false;
            text.remove_prefix(1);
            return true;
        };
        if (!number(range.first, '-') || !number(range.last, '/') || !number(range.total, '\0') ||
            range.first > range.last || range.last >= range.total)
            return std::nullopt;
        return range;
    }
};

class RemoteWheel {
public:
    RemoteWheel(const exec::Context& ctx, net::HttpClient& http, const IndexFile& wheel,
                AtomicFile file)
        : ctx_(ctx), http_(http), wheel_(wheel), file_(std::move(file)) {}

    Result<std::string> read_metadata() {
        if (wheel_.url.starts_with("file:")) {
            PYC_TRY_ASSIGN(const auto url, net::Url::parse(wheel_.url));
            known_from_ = 0;
            return read_member(local_path_of(url));
        }
        PYC_TRY(fetch(fmt::format("bytes=-{}", kTail)));
        PYC_TRY(fetch_directory());
        return read_member(file_.temporary_path());
    }

private:
    /// What of the archive is not there yet is fetched; nothing of one that is whole.
    Result<std::string> read_member(const std::filesystem::path& path) {
        PYC_TRY_ASSIGN(const auto zip, archive::ZipReader::open(path, wheel_.filename));
        const auto entries = zip.entries();
        const auto found = std::find_if(entries.begin(), entries.end(),
                                        [&](const auto& entry) { return is_metadata(entry.name); });
        if (found == entries.end())
            return fail("wheel/invalid", "`{}` has no METADATA", wheel_.filename)
                .hint("use another version of the package");
        PYC_TRY(need(found->offset, found->end));
        return zip.read_content(*found, kMaxMetadata);
    }

    /// `NAME-VERSION.dist-info/METADATA` of the distribution that the file's name states.
    bool is_metadata(std::string_view name) const {
        if (!name.ends_with(".dist-info/METADATA")) return false;
        const auto directory = name.substr(0, name.find('/'));
        if (directory.size() + std::string_view("/METADATA").size() != name.size()) return false;
        return packaging::normalize_name(directory.substr(0, directory.find('-'))) ==
               packaging::normalize_name(
                   std::string_view(wheel_.filename).substr(0, wheel_.filename.find('-')));
    }

    /// Everything from `begin` to `end` that is not there yet.
    Result<void> need(std::uint64_t begin, std::uint64_t end) {
        if (begin >= known_from_ || begin >= end) return {};
        return fetch(fmt::format("bytes={}-{}", begin, std::min(end, known_from_) - 1));
    }

    /// The central directory, whose place is in the last bytes (APPNOTE.TXT, 4.3.16; 4.3.15 for
    /// ZIP64). What is not an archive is left for the reader to complain of.
    Result<void> fetch_directory() {
        if (known_from_ == 0) return {};
        std::string tail(static_cast<std::size_t>(total_ - known_from_), '\0');
        PYC_TRY(read_at(file_.descriptor(), file_.temporary_path(), known_from_,
                        std::as_writable_bytes(std::span(tail))));
        const auto at = tail.rfind(kEnd);
        if (at == std::string::npos || at + kEndSize > tail.size()) return {};
        auto offset = little_endian(tail, at + 16, 4);
        if (at >= kLocatorSize && tail.compare(at - kLocatorSize, 4, kLocator) == 0) {
            const auto record = little_endian(tail, at - kLocatorSize + 8, 8);
            // The record is 56 bytes long and says at 48 where the directory is.
            if (record < known_from_ || record - known_from_ + 56 > tail.size()) return {};
            offset = little_endian(tail, static_cast<std::size_t>(record - known_from_) + 48, 8);
        }
        if (offset >= known_from_) return {};
        if (known_from_ - offset > kMaxDirectory)
            return fail("wheel/too-large", "the directory of `{}` is too large", wheel_.filename)
                .hint("use another version of the package");
        const auto before = known_from_;
        PYC_TRY(need(offset, before));
        known_from_ = std::min(offset, known_from_);
        return {};
    }

    /// Writes the answer to a request for `range` to its place. A server that does not know ranges
    /// sends the whole file.
    Result<void> fetch(const std::string& range) {
        PYC_TRY_ASSIGN(const auto url, net::Url::parse(wheel_.url));
        net::HttpRequest request{.url = url};
        request.headers = {{"Range", range}, {"Accept-Encoding", "identity"}};
        std::optional<ContentRange> part;
        std::uint64_t written = 0;
        Sha256 hasher;
        request.on_headers = [&](int status, const net::Headers& headers) -> Result<void> {
            if (status == 206) {
                part = ContentRange::parse(headers.find("Content-Range").value_or(""));
                if (!part) return wrong("its server gives a range without saying which");
                if (total_ != 0 && part->total != total_) return wrong("its size has changed");
                return set_total(part->total);
            }
            part.reset();
            return {};
        };
        request.restart = [&]() -> Result<void> {
            written = 0;
            hasher = {};
            return {};
        };
        const auto sink = [&](Bytes bytes) -> Result<void> {
            if ((part ? part->last - part->first + 1 : kMaxWheel) < written + bytes.size())
                return wrong("its server sends more than it says");
            if (!part) hasher.update(bytes);
            PYC_TRY(write(bytes, (part ? part->first : 0) + written));
            written += bytes.size();
            return {};
        };
        PYC_TRY_ASSIGN(const auto response, http_.send(ctx_, request, sink));
        if (!response.is_success()) return refused_file(url, response.status);
        if (!part) {
            PYC_TRY(set_total(written));
            known_from_ = 0;
            if (wheel_.sha256 && hasher.finish() != *wheel_.sha256)
                return wrong("its content has another hash than the index states");
            return {};
        }
        if (written != part->last - part->first + 1) return wrong("it ended early");
        if (part->last + 1 == total_) known_from_ = std::min(known_from_, part->first);
        return {};
    }

    Failure wrong(std::string_view what) const {
        return fail("index/metadata-mismatch", "`{}` cannot be read: {}", wheel_.filename, what)
            .hint("try again; if it stays, another index may have the file as it should be");
    }

    Result<void> set_total(std::uint64_t total) {
        if (total == 0 || total > kMaxWheel || (wheel_.size && *wheel_.size != total))
            return wrong("it has another size than the index states");
        total_ = total;
        if (::ftruncate(file_.descriptor().value(), static_cast<off_t>(total)) != 0)
            return file_error("write", file_.temporary_path(), errno);
        if (known_from_ == kUnknown) known_from_ = total;
        return {};
    }

    Result<void> write(Bytes bytes, std::uint64_t offset) {
        while (!bytes.empty()) {
            const auto count = ::pwrite(file_.descriptor().value(), bytes.data(), bytes.size(),
                                        static_cast<off_t>(offset));
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) return file_error("write", file_.temporary_path(), errno);
            bytes = bytes.subspan(static_cast<std::size_t>(count));
            offset += static_cast<std::uint64_t>(count);
        }
        return {};
    }

    static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

    const exec::Context& ctx_;
    net::HttpClient& http_;
    const IndexFile& wheel_;
    AtomicFile file_;  // never gets a name
    std::uint64_t total_ = 0;
    std::uint64_t known_from_ = kUnknown;  // from here to the end all bytes are there
};

}  // namespace

Failure refused_file(const net::Url& url, int status) {
    if (status == 401 || status == 403)
        return fail("index/unauthorized", "the package index refused `{}` with status {}",
                    url.redacted(), status)
            .hint("put user and password into the index's URL, for example in `PIP_INDEX_URL`");
    return fail("index/unavailable", "the package index answered `{}` with status {}",
                url.redacted(), status)
        .hint("try again later, or name another index with `PIP_INDEX_URL`");
}

Result<std::string> fetch_metadata_member(const exec::Context& ctx, net::HttpClient& http,
                                          const IndexFile& wheel, AtomicFile file) {
    return RemoteWheel(ctx, http, wheel, std::move(file)).read_metadata();
}

}  // namespace pycontainer::index
