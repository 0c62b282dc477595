#include "install/record.hpp"

#include "base/strings.hpp"

#include <charconv>

namespace pycontainer::install {
namespace {

/// Takes one line of CSV from the front of `text`. Nothing: quotes are not closed.
std::optional<std::vector<std::string>> take_row(std::string_view& text) {
    std::vector<std::string> fields(1);
    std::size_t at = 0;
    bool quoted = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted) {
            if (c != '"')
                fields.back() += c;
            else if (at + 1 < text.size() && text[at + 1] == '"')
                fields.back() += text[++at];
            else
                quoted = false;
        } else if (c == '"' && fields.back().empty()) {
            quoted = true;
        } else if (c == ',') {
            fields.emplace_back();
        } else if (c == '\n') {
            break;
        } else {
            fields.back() += c;
        }
    }
    if (quoted) return std::nullopt;
    if (fields.back().ends_with('\r')) fields.back().pop_back();
    text.remove_prefix(std::min(at + 1, text.size()));
    return fields;
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    return "\"" + replace_all(std::string(text), "\"", "\"\"") + "\"";
}

}  // namespace

Result<std::vector<RecordLine>> parse_record(std::string_view text, std::string_view distribution) {
    const auto broken = [&] {
        return fail("wheel/invalid", "the RECORD of {} cannot be read", distribution)
            .hint(
                "it should have lines `path,sha256=hash,size`; use another version of the package");
    };
    std::vector<RecordLine> lines;
    while (!text.empty()) {
        auto fields = take_row(text);
        if (!fields) return broken();
        if (fields->size() == 1 && fields->front().empty()) continue;  // an empty line
        if (fields->size() != 3) return broken();
        RecordLine line;
        std::string_view path = (*fields)[0];
        while (path.starts_with("./") || path.starts_with("/"))
            path.remove_prefix(path.front() == '/' ? 1 : 2);
        line.path = path;
        const std::string_view hash = (*fields)[1];
        if (const auto equals = hash.find('='); equals != std::string_view::npos) {
            line.algorithm = to_lower(hash.substr(0, equals));
            line.hash = hash.substr(equals + 1);
            while (line.hash.ends_with('='))
                line.hash.pop_back();  // padding is not allowed, but written by some
        }
        const auto& size = (*fields)[2];
        std::uint64_t value = 0;
        const auto parsed = std::from_chars(size.data(), size.data() + size.size(), value);
        if (parsed.ec == std::errc() && parsed.ptr == size.data() + size.size()) line.size = value;
        lines.push_back(std::move(line));
    }
    return lines;
}

FileHash::FileHash(const RecordLine* expected) : expected_(expected) {
    if (!expected) return;
    if (expected->algorithm == "sha384") longer_.emplace(Sha512::Length::Bits384);
    if (expected->algorithm == "sha512") longer_.emplace(Sha512::Length::Bits512);
}

void FileHash::update(Bytes bytes) {
    sha256_.update(bytes);
    if (longer_) longer_->update(bytes);
    size_ += bytes.size();
}

Digest FileHash::finish() {
    const auto digest = sha256_.finish();
    if (!expected_ || !is_checked(expected_->algorithm)) return digest;
    const auto hash = longer_ ? to_base64_url(longer_->finish()) : to_base64_url(digest.raw());
    agrees_ = expected_->hash == hash && (!expected_->size || *expected_->size == size_);
    return digest;
}

bool FileHash::is_checked(std::string_view algorithm) {
    return algorithm == "sha256" || algorithm == "sha384" || algorithm == "sha512";
}

bool FileHash::is_forbidden(std::string_view algorithm) {
    return algorithm == "md5" || algorithm == "sha1" || algorithm == "sha224";
}

std::string record_line(std::string_view path, const std::optional<Digest>& digest,
                        std::uint64_t size) {
    if (!digest) return csv_field(path) + ",,\n";
    return fmt::format("{},sha256={},{}\n", csv_field(path), to_base64_url(digest->raw()), size);
}

std::string relative_path(std::string_view from, std::string_view target) {
    const auto from_parts = split(from, '/');
    const auto target_parts = split(target, '/');
    std::size_t common = 0;
    while (common < from_parts.size() && common + 1 < target_parts.size() &&
           from_parts[common] == target_parts[common])
        ++common;
    std::string result;
    for (std::size_t i = common; i < from_parts.size(); ++i) result += "../";
    for (std::size_t i = common; i < target_parts.size(); ++i) {
        if (i > common) result += '/';
        result += target_parts[i];
    }
    return result;
}

}  // namespace pycontainer::install
