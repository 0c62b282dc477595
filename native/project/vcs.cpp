#include "project/vcs.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace pycontainer::project {
namespace {

constexpr std::uint64_t kMaxSmallFile = 64U << 10U;
constexpr std::uint64_t kMaxConfig = 1U << 20U;
constexpr std::uint64_t kMaxPackedRefs = 64U << 20U;
constexpr std::size_t kMaxTagObject = 1U << 20U;
constexpr std::size_t kMaxTags = 10'000;
constexpr int kMaxIndirections = 5;  // symbolic refs, tags of tags

bool is_object_id(std::string_view text) {
    return (text.size() == 40 || text.size() == 64) &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Only names below `refs/` that cannot lead elsewhere (git-check-ref-format(1), the parts that
/// matter here).
bool is_ref_name(std::string_view name) {
    return name.starts_with("refs/") && name.find("..") == std::string_view::npos &&
           name.find("//") == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

/// The first line of a small file, trimmed; empty when it cannot be read.
std::string read_line(const std::filesystem::path& file) {
    const auto text = read_file(file, kMaxSmallFile);
    return text ? std::string(trim(std::string_view(*text).substr(0, text->find('\n'))))
                : std::string();
}

struct PackedRef {
    std::string id;
    std::string peeled;  ///< of an annotated tag: what it points to in the end
};

std::map<std::string, PackedRef> read_packed_refs(const std::filesystem::path& common) {
    std::map<std::string, PackedRef> refs;
    const auto text = read_file(common / "packed-refs", kMaxPackedRefs);
    if (!text) return refs;
    auto last = refs.end();
    for (const auto line : split_lines(*text)) {
        if (line.starts_with('^')) {
            if (last != refs.end() && is_object_id(line.substr(1)))
                last->second.peeled = line.substr(1);
            continue;
        }
        const auto space = line.find(' ');
        if (line.starts_with('#') || space == std::string_view::npos ||
            !is_object_id(line.substr(0, space)))
            continue;
        last = refs.insert_or_assign(std::string(line.substr(space + 1)),
                                     PackedRef{std::string(line.substr(0, space)), {}})
                   .first;
    }
    return refs;
}

/// The commit of HEAD, through symbolic refs.
std::string resolve_head(const GitLocation& location,
                         const std::map<std::string, PackedRef>& packed) {
    std::string value = read_line(location.git / "HEAD");
    for (int i = 0; i < kMaxIndirections; ++i) {
        if (is_object_id(value)) return value;
        if (!value.starts_with("ref:")) return {};
        const std::string name(trim(std::string_view(value).substr(4)));
        if (!is_ref_name(name)) return {};
        value = read_line(location.git / name);
        if (value.empty() && location.git != location.common)
            value = read_line(location.common / name);
        if (value.empty()) {
            const auto found = packed.find(name);
            return found == packed.end() ? std::string() : found->second.id;
        }
    }
    return {};
}

std::string inflate_object(std::string_view compressed) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) return {};
    std::string text;
    std::array<char, 4096> piece{};
    std::string input(compressed);
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    int status = Z_OK;
    while (status == Z_OK && text.size() <= kMaxTagObject) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        status = inflate(&stream, Z_NO_FLUSH);
        text.append(piece.data(), piece.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    return status == Z_STREAM_END ? text : std::string();
}

/// What an annotated tag points to, from its loose object: `tag <size>\0object <id>\ntype
/// commit\n…`. Empty for other objects and for those in packs; `git gc` and `git clone` write the
/// answer for them to packed-refs.
std::string tagged_object(const GitLocation& location, std::string id) {
    for (int i = 0; i < kMaxIndirections; ++i) {
        const auto compressed =
            read_file(location.common / "objects" / id.substr(0, 2) / id.substr(2), kMaxTagObject);
        if (!compressed) return {};
        const auto object = inflate_object(*compressed);
        const auto body =
            std::string_view(object).substr(std::min(object.find('\0'), object.size() - 1) + 1);
        if (!object.starts_with("tag ") || !body.starts_with("object ")) return {};
        const auto lines = split_lines(body.substr(0, 256));
        if (lines.size() < 2 || !is_object_id(lines[0].substr(7))) return {};
        id = lines[0].substr(7);
        if (lines[1] != "type tag") return id;
    }
    return {};
}

/// `1.10` after `1.9`: runs of digits compare as numbers.
bool comes_before(std::string_view a, std::string_view b) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto run = [&](std::string_view text) {
        const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
        return text.substr(0, static_cast<std::size_t>(end - text.begin()));
    };
    while (!a.empty() && !b.empty()) {
        if (is_digit(a.front()) && is_digit(b.front())) {
            while (a.size() > 1 && a.front() == '0' && is_digit(a[1])) a.remove_prefix(1);
            while (b.size() > 1 && b.front() == '0' && is_digit(b[1])) b.remove_prefix(1);
            const auto x = run(a);
            const auto y = run(b);
            if (x.size() != y.size()) return x.size() < y.size();
            if (x != y) return x < y;
            a.remove_prefix(x.size());
            b.remove_prefix(y.size());
        } else {
            if (a.front() != b.front()) return a.front() < b.front();
            a.remove_prefix(1);
            b.remove_prefix(1);
        }
    }
    return a.size() < b.size();
}

std::vector<std::string> loose_tags(const GitLocation& location) {
    std::vector<std::string> names;
    const auto top = location.common / "refs" / "tags";
    std::error_code error;
    auto entry = std::filesystem::recursive_directory_iterator(
        top, std::filesystem::directory_options::skip_permission_denied, error);
    for (; !error && entry != std::filesystem::recursive_directory_iterator() &&
           names.size() < kMaxTags;
         entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_regular_file(ignored))
            names.push_back(entry->path().lexically_relative(top).generic_string());
    }
    return names;
}

std::string exact_tag(const GitLocation& location, const std::map<std::string, PackedRef>& packed,
                      const std::string& revision) {
    constexpr std::string_view kTags = "refs/tags/";
    std::map<std::string, bool> fits;
    for (auto ref = packed.lower_bound(std::string(kTags));
         ref != packed.end() && ref->first.starts_with(kTags); ++ref)
        fits[ref->first.substr(kTags.size())] =
            ref->second.id == revision || ref->second.peeled == revision;
    for (const auto& name :
         loose_tags(location)) {  // a loose ref is newer than its packed namesake
        const auto id = read_line(location.common / "refs" / "tags" / name);
        fits[name] =
            is_object_id(id) && (id == revision || tagged_object(location, id) == revision);
    }
    std::string best;
    for (const auto& [name, is_fit] : fits)
        if (is_fit && (best.empty() || comes_before(best, name))) best = name;
    return best;
}

/// A value of git-config(1): quotes and escapes resolved, comment cut.
std::string config_value(std::string_view text) {
    std::string value;
    std::size_t kept = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '"') {
            quoted = !quoted;
            kept = value.size();
            continue;
        }
        if (!quoted && (c == '#' || c == ';')) break;
        const bool escaped = c == '\\' && i + 1 < text.size();
        if (escaped) {
            c = text[++i];
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        value += c;
        if (quoted || escaped || (c != ' ' && c != '\t')) kept = value.size();
    }
    value.resize(kept);
    return value;
}

std::string origin_url(const GitLocation& location) {
    const auto text = read_file(location.common / "config", kMaxConfig);
    if (!text) return {};
    bool in_origin = false;
    for (auto line : split_lines(*text)) {
        line = trim(line);
        if (line.starts_with('[')) {
            const auto close = line.find(']');
            if (close == std::string_view::npos) continue;
            const auto header = line.substr(1, close - 1);
            const auto space = header.find_first_of(" \t");
            in_origin = space != std::string_view::npos &&
                        to_lower(header.substr(0, space)) == "remote" &&
                        trim(header.substr(space)) == "\"origin\"";
            line = trim(line.substr(close + 1));
        }
        const auto equals = line.find('=');
        if (!in_origin || equals == std::string_view::npos) continue;
        if (to_lower(trim(line.substr(0, equals))) == "url")
            return config_value(trim(line.substr(equals + 1)));
    }
    return {};
}

}  // namespace

std::optional<GitLocation> find_git(const std::filesystem::path& directory) {
    std::error_code error;
    auto worktree = std::filesystem::weakly_canonical(directory, error);
    if (error) return std::nullopt;
    for (;; worktree = worktree.parent_path()) {
        const auto candidate = worktree / ".git";
        const auto status = std::filesystem::status(candidate, error);
        std::filesystem::path git;
        if (std::filesystem::is_directory(status)) {
            git = candidate;
        } else if (std::filesystem::is_regular_file(status)) {
            // A linked worktree or a submodule: `gitdir: <path>`, relative to the file.
            const auto line = read_line(candidate);
            if (line.starts_with("gitdir:"))
                git = (worktree / trim(std::string_view(line).substr(7))).lexically_normal();
        }
        if (!git.empty() && std::filesystem::is_regular_file(git / "HEAD", error)) {
            const auto common = read_line(git / "commondir");
            return GitLocation{worktree, git,
                               common.empty() ? git : (git / common).lexically_normal()};
        }
        if (worktree == worktree.parent_path()) return std::nullopt;
    }
}

std::optional<VcsFacts> read_git(const std::filesystem::path& directory) {
    const auto location = find_git(directory);
    if (!location) return std::nullopt;
    const auto packed = read_packed_refs(location->common);
    VcsFacts facts;
    facts.revision = resolve_head(*location, packed);
    if (facts.revision.empty()) return std::nullopt;
    facts.source_url = public_url(origin_url(*location));
    facts.exact_tag = exact_tag(*location, packed, facts.revision);
    return facts;
}

std::string public_url(std::string_view remote) {
    remote = trim(remote);
    for (const char c : remote)
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '\\' || c == '"' ||
            c == '<' || c == '>')
            return {};
    std::string scheme;
    std::string_view authority;
    std::string_view path;
    if (const auto mark = remote.find("://"); mark != std::string_view::npos) {
        scheme = to_lower(remote.substr(0, mark));
        const auto rest = remote.substr(mark + 3);
        const auto slash = std::min(rest.find('/'), rest.size());
        authority = rest.substr(0, slash);
        path = rest.substr(slash);
    } else {
        // git-clone(1), "GIT URLS": `[user@]host:path` when no slash comes before the colon.
        const auto colon = remote.find(':');
        if (colon == std::string_view::npos || colon < 2 ||
            remote.substr(0, colon).find('/') != std::string_view::npos)
            return {};
        scheme = "ssh";
        authority = remote.substr(0, colon);
        path = remote.substr(colon + 1);
    }
    if (const auto at = authority.rfind('@'); at != std::string_view::npos)
        authority.remove_prefix(at + 1);
    if (scheme == "ssh" || scheme == "git+ssh" || scheme == "git") {
        authority = authority.substr(
            0, authority.find(
                   ':', authority.rfind(']') == std::string_view::npos ? 0 : authority.rfind(']')));
        scheme = "https";
    }
    if ((scheme != "https" && scheme != "http") || authority.empty()) return {};
    path = path.substr(0, path.find_first_of("?#"));
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    if (path.ends_with(".git")) path.remove_suffix(4);
    return scheme + "://" + std::string(authority) + (path.empty() ? "" : "/" + std::string(path));
}

}  // namespace pycontainer::project
