#include "index/simple_page.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "base/utf8.hpp"
#include "packaging/names.hpp"

#include <algorithm>
#include <charconv>

namespace pycontainer::index {
namespace {

constexpr std::size_t kMaxFiles = 200'000;
constexpr std::string_view kHint =
    "check that the index's URL ends where its simple API starts, usually in `/simple`";

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

void set_hash(IndexFile& file, std::string algorithm, std::string_view value) {
    auto hex = to_lower(value);
    if (algorithm == "sha256") {
        auto digest = Digest::from_hex(hex);
        if (!digest) return;
        file.sha256 = *digest;
    }
    file.hashes.emplace(std::move(algorithm), std::move(hex));
}

/// The absolute URL of a file, and its name and hash if they come from there.
bool set_url(IndexFile& file, std::string_view reference, const net::Url& base,
             const net::Url& page) {
    auto url = base.resolve(reference);
    if (!url) return false;
    const bool is_local = url->scheme() == "file" && page.scheme() == "file";
    if (url->scheme() != "https" && url->scheme() != "http" && !is_local) return false;
    if (const auto equals = url->fragment().find('=');
        equals != std::string::npos && file.hashes.empty())
        set_hash(file, url->fragment().substr(0, equals),
                 std::string_view(url->fragment()).substr(equals + 1));
    if (file.filename.empty())
        file.filename = net::percent_decode(url->path().substr(url->path().rfind('/') + 1));
    file.url = url->without_userinfo().without_fragment().to_string();
    return !file.filename.empty() && file.filename.find('/') == std::string::npos;
}

/// PEP 714: the new name of the field first, since some indexes have the old one wrong.
void set_core_metadata(IndexFile& file, const Json& entry) {
    for (const char* name : {"core-metadata", "dist-info-metadata"}) {
        const auto* value = member(entry, name);
        if (!value) continue;
        file.has_core_metadata = value->is_object() || (value->is_boolean() && value->get<bool>());
        if (const auto hex = string_member(*value, "sha256"))
            if (const auto digest = Digest::from_hex(to_lower(*hex)))
                file.core_metadata_sha256 = *digest;
        return;
    }
}

std::optional<IndexFile> file_from_json(const Json& entry, const net::Url& page) {
    IndexFile file;
    file.filename = string_member(entry, "filename").value_or("");
    const auto url = string_member(entry, "url");
    if (file.filename.empty() || !url) return std::nullopt;
    if (const auto* hashes = member(entry, "hashes"); hashes && hashes->is_object())
        for (const auto& [algorithm, value] : hashes->items())
            if (value.is_string()) set_hash(file, algorithm, value.get_ref<const std::string&>());
    file.requires_python = string_member(entry, "requires-python").value_or("");
    file.size = unsigned_member(entry, "size");
    set_core_metadata(file, entry);
    file.yanked_reason = string_member(entry, "yanked").value_or("");
    file.yanked = bool_member(entry, "yanked").value_or(string_member(entry, "yanked").has_value());
    if (!set_url(file, *url, page, page)) return std::nullopt;
    return file;
}

Result<std::vector<IndexFile>> parse_json_page(std::string_view body, const net::Url& page,
                                               std::string_view project) {
    auto json = parse_json(body, "the index page");
    if (!json)
        return fail("index/invalid-page", "`{}` is not valid JSON", page.redacted())
            .hint("{}", kHint);
    const auto* meta = member(*json, "meta");
    const auto version = meta ? string_member(*meta, "api-version") : std::nullopt;
    if (version && !version->starts_with("1."))
        return fail("index/invalid-page", "`{}` speaks version {} of the simple API, known is 1",
                    page.redacted(), printable(*version, 20))
            .hint("a newer pycontainer may know it");
    const auto name = string_member(*json, "name");
    if (name && !project.empty() && packaging::normalize_name(*name) != project)
        return fail("index/invalid-page",
                    "`{}` is the page of `{}`, and that of `{}` was asked for", page.redacted(),
                    printable(*name, 80), project)
            .hint("{}", kHint);
    const auto* entries = member(*json, "files");
    if (!entries || !entries->is_array())
        return fail("index/invalid-page", "`{}` is JSON without a list of files", page.redacted())
            .hint("{}", kHint);
    std::vector<IndexFile> files;
    files.reserve(std::min(entries->size(), kMaxFiles));
    for (const auto& entry : *entries) {
        if (files.size() >= kMaxFiles) break;
        if (auto file = file_from_json(entry, page)) files.push_back(*std::move(file));
    }
    return files;
}

/// The entities that attributes of index pages hold.
std::string unescape_html(std::string_view text) {
    static constexpr std::pair<std::string_view, char> kNamed[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    std::string result;
    while (!text.empty()) {
        const auto end =
            text.front() == '&' ? text.substr(0, 12).find(';') : std::string_view::npos;
        if (end == std::string_view::npos) {
            result += text.front();
            text.remove_prefix(1);
            continue;
        }
        const auto name = text.substr(1, end - 1);
        const auto* named = std::find_if(std::begin(kNamed), std::end(kNamed),
                                         [&](const auto& each) { return each.first == name; });
        std::uint32_t code = 0;
        if (named != std::end(kNamed)) {
            result += named->second;
        } else if (name.size() > 1 && name.front() == '#') {
            const bool is_hex = name[1] == 'x' || name[1] == 'X';
            const auto digits = name.substr(is_hex ? 2 : 1);
            std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
            append_utf8(result, code);
        } else {
            result += text.substr(0, end + 1);
        }
        text.remove_prefix(end + 1);
    }
    return result;
}

/// One start tag: its name and attributes, both in lower case, values unescaped.
struct HtmlTag {
    std::string name;
    std::map<std::string, std::string> attributes;
};

/// Finds the start tags of a page; everything else is passed over. Enough for pages that list
/// links, whatever their shape.
class HtmlTags {
public:
    explicit HtmlTags(std::string_view text) : text_(text) {}

    std::optional<HtmlTag> next() {
        for (;;) {
            at_ = text_.find('<', at_);
            if (at_ == std::string_view::npos) return std::nullopt;
            if (text_.substr(at_).starts_with("<!--")) {
                const auto end = text_.find("-->", at_ + 4);
                if (end == std::string_view::npos) return std::nullopt;
                at_ = end + 3;
                continue;
            }
            ++at_;
            auto name = read_until("/>");
            if (name.empty() || name.front() == '!' || name.front() == '?') continue;
            HtmlTag tag{to_lower(name), {}};
            read_attributes(tag);
            return tag;
        }
    }

private:
    bool at_end() const { return at_ >= text_.size(); }
    void skip_space() {
        while (!at_end() && (is_space(text_[at_]) || text_[at_] == '/')) ++at_;
    }
    /// Up to white space or one of `ends`.
    std::string_view read_until(std::string_view ends) {
        const auto start = at_;
        while (!at_end() && !is_space(text_[at_]) &&
               ends.find(text_[at_]) == std::string_view::npos)
            ++at_;
        return text_.substr(start, at_ - start);
    }

    void read_attributes(HtmlTag& tag) {
        for (skip_space(); !at_end() && text_[at_] != '>'; skip_space()) {
            const auto name = read_until("=/>");
            while (!at_end() && is_space(text_[at_])) ++at_;
            std::string_view value;
            if (!at_end() && text_[at_] == '=') {
                ++at_;
                while (!at_end() && is_space(text_[at_])) ++at_;
                value = read_value();
            } else if (name.empty()) {
                ++at_;  // a stray character
            }
            if (!name.empty()) tag.attributes.emplace(to_lower(name), unescape_html(value));
        }
    }

    std::string_view read_value() {
        if (at_end() || (text_[at_] != '"' && text_[at_] != '\'')) return read_until(">");
        const char quote = text_[at_++];
        const auto end = std::min(text_.find(quote, at_), text_.size());
        const auto value = text_.substr(at_, end - at_);
        at_ = std::min(end + 1, text_.size());
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

Result<std::vector<IndexFile>> parse_html_page(std::string_view body, const net::Url& page) {
    std::vector<IndexFile> files;
    bool asks_for_password = false;
    net::Url base = page;
    HtmlTags tags(body);
    while (const auto tag = tags.next()) {
        const auto attribute = [&](const char* name) {
            const auto found = tag->attributes.find(name);
            return found == tag->attributes.end() ? std::optional<std::string>() : found->second;
        };
        if (tag->name == "input" && to_lower(attribute("type").value_or("")) == "password")
            asks_for_password = true;
        const auto href = attribute("href");
        if (!href || files.size() >= kMaxFiles) continue;
        if (tag->name == "base") {
            if (auto url = page.resolve(*href)) base = *std::move(url);
        } else if (tag->name == "a") {
            IndexFile file;
            file.requires_python = attribute("data-requires-python").value_or("");
            file.yanked = attribute("data-yanked").has_value();
            file.yanked_reason = attribute("data-yanked").value_or("");
            const auto beside = attribute("data-core-metadata");
            if (const auto value = beside ? beside : attribute("data-dist-info-metadata")) {
                file.has_core_metadata = *value != "false";
                if (value->starts_with("sha256="))
                    if (const auto digest = Digest::from_hex(to_lower(value->substr(7))))
                        file.core_metadata_sha256 = *digest;
            }
            if (set_url(file, *href, base, page)) files.push_back(std::move(file));
        }
    }
    if (asks_for_password)
        return fail("index/invalid-page", "`{}` is a page to log in on, not one of a package index",
                    page.redacted())
            .hint("give the index credentials that it takes from programs, such as a token");
    return files;
}

}  // namespace

Result<std::vector<IndexFile>> parse_simple_page(std::string_view content_type,
                                                 std::string_view body, const net::Url& page,
                                                 std::string_view project) {
    const auto type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
    if (type == "application/vnd.pypi.simple.v1+json" || type == "application/json")
        return parse_json_page(body, page, project);
    if (type == "application/vnd.pypi.simple.v1+html" || type == "text/html")
        return parse_html_page(body, page);
    return fail("index/invalid-page", "`{}` is `{}`, not a page of a package index",
                page.redacted(), printable(type, 60))
        .hint("{}", kHint);
}

}  // namespace pycontainer::index
