#include "intellisense/image_tags.hpp"

#include "base/strings.hpp"
#include "oci/reference.hpp"
#include "project/python_releases.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

namespace pycontainer::intellisense {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kPython = "python";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// `1.2.3` at the start of `text`; how much of it that is.
std::size_t read_version(std::string_view text, std::vector<unsigned>& version) {
    std::size_t at = 0;
    while (at < text.size() && is_digit(text[at])) {
        unsigned number = 0;
        const auto* const end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data() + at, end, number);
        if (parsed.ec != std::errc()) return 0;
        version.push_back(number);
        at = static_cast<std::size_t>(parsed.ptr - text.data());
        if (at + 1 >= text.size() || text[at] != '.' || !is_digit(text[at + 1])) break;
        ++at;
    }
    return at;
}

/// `rc1`, `a2`, `-rc2` at the start of `text`.
std::size_t prerelease_length(std::string_view text) {
    const std::size_t from = text.starts_with('-') ? 1 : 0;
    for (const std::string_view word : {"alpha", "beta", "rc", "a", "b"}) {
        if (!text.substr(from).starts_with(word)) continue;
        const auto digits = text.find_first_not_of(kDigits, from + word.size());
        const auto end = digits == std::string_view::npos ? text.size() : digits;
        const bool ends = end == text.size() || text[end] == '-' || text[end] == '.';
        const bool is_numbered = end > from + word.size();
        if (ends && (is_numbered || from == 1)) return end;
    }
    return 0;
}

bool is_of_python(std::string_view repository) {
    return repository.substr(repository.rfind('/') + 1) == kPython;
}

std::size_t variant_rank(const std::string& suffix) {
    static const std::array<std::string_view, 3> kShort{"-slim", "", "-alpine"};
    const auto found = std::find(kShort.begin(), kShort.end(), suffix);
    if (found != kShort.end()) return static_cast<std::size_t>(found - kShort.begin());
    // Debian's releases, newest first; then Alpine's.
    static const std::array<std::string_view, 4> kReleases{"trixie", "bookworm", "bullseye",
                                                           "buster"};
    const bool is_slim = suffix.starts_with("-slim-") || suffix.ends_with("-slim");
    const std::size_t kind = is_slim ? 10 : suffix.starts_with("-alpine") ? 30 : 20;
    for (std::size_t i = 0; i < kReleases.size(); ++i)
        if (suffix.ends_with(kReleases[i])) return kind + i;
    return kind + kReleases.size();
}

enum class Group { Supported, Moving, Other, Ended, Foreign };

Group group_of(const ImageTag& tag, std::string_view repository) {
    if (tag.suffix.find("windows") != std::string::npos) return Group::Foreign;
    const auto minor = tag.python_minor(repository);
    if (!minor) {
        if (tag.version.empty() || (is_of_python(repository) && tag.version.front() == 3))
            return Group::Moving;
        if (is_of_python(repository)) return Group::Foreign;
        return tag.prerelease.empty() ? Group::Supported : Group::Other;
    }
    if (!tag.prerelease.empty()) return Group::Other;
    const auto releases = project::python_releases();
    const auto release = std::find_if(releases.begin(), releases.end(),
                                      [&](const auto& one) { return one.minor == *minor; });
    if (release == releases.end()) return *minor < 6 ? Group::Ended : Group::Other;
    return release->is_supported ? Group::Supported : Group::Ended;
}

/// Sorted by this, the most useful comes first.
struct Rank {
    Group group;
    unsigned minor;  ///< counted down
    std::size_t precision;
    std::vector<unsigned> version;  ///< counted down
    bool is_prerelease;
    std::size_t variant;
    bool is_behind_latest;

    static Rank of(const ImageTag& tag, std::string_view repository) {
        Rank rank;
        rank.group = group_of(tag, repository);
        const auto minor = tag.python_minor(repository);
        rank.minor = ~minor.value_or(0);
        rank.precision = minor ? tag.version.size() : 0;
        for (const auto part : tag.version) rank.version.push_back(~part);
        if (rank.version.empty()) rank.version.push_back(~0U);
        rank.is_prerelease = !tag.prerelease.empty();
        rank.variant = variant_rank(tag.suffix);
        rank.is_behind_latest = tag.text != "latest";
        return rank;
    }
    auto key(const std::string& text) const {
        return std::tie(group, minor, precision, is_behind_latest, version, is_prerelease, variant,
                        text);
    }
};

/// Names that tools put beside images: signatures, attestations, SBOMs.
bool is_attachment(std::string_view tag) {
    constexpr std::size_t kHexDigits = 64;
    return tag.starts_with("sha256-") && tag.size() >= 7 + kHexDigits;
}

}  // namespace

ImageTag ImageTag::parse(std::string_view text) {
    ImageTag tag;
    tag.text = text;
    std::size_t from = 0;
    if (const auto at = text.find(kPython); at != std::string_view::npos &&
                                            at + kPython.size() < text.size() &&
                                            is_digit(text[at + kPython.size()]))
        from = at + kPython.size();
    else if (text.size() > 1 && text[0] == 'v' && is_digit(text[1]))
        from = 1;
    const auto length = read_version(text.substr(from), tag.version);
    if (length == 0) {
        tag.version.clear();
        // `slim` is to nothing what `3.12-slim` is to 3.12.
        tag.suffix = text == "latest" ? std::string() : "-" + tag.text;
        return tag;
    }
    tag.prefix = text.substr(0, from);
    auto rest = text.substr(from + length);
    const auto prerelease = prerelease_length(rest);
    tag.prerelease = rest.substr(0, prerelease);
    tag.suffix = rest.substr(prerelease);
    return tag;
}

std::optional<unsigned> ImageTag::python_minor(std::string_view repository) const {
    if (!prefix.ends_with(kPython) && !(prefix.empty() && is_of_python(repository)))
        return std::nullopt;
    if (version.size() < 2 || version.size() > 3 || version[0] != 3) return std::nullopt;
    return version[1];
}

std::optional<PromisedPython> promised_python(const std::string& text) {
    const auto reference = oci::Reference::parse(text);
    if (!reference || !reference->tag()) return std::nullopt;
    const auto tag = ImageTag::parse(*reference->tag());
    const auto minor = tag.python_minor(reference->name());
    if (!minor) return std::nullopt;
    PromisedPython promised{"3." + std::to_string(*minor), std::nullopt};
    if (tag.version.size() == 3)
        promised.exact = promised.minor + "." + std::to_string(tag.version[2]);
    return promised;
}

std::vector<std::string> sorted_tags(const std::string& repository,
                                     const std::vector<std::string>& tags) {
    std::vector<std::pair<Rank, std::string>> ranked;
    for (const auto& text : tags)
        if (!is_attachment(text))
            ranked.emplace_back(Rank::of(ImageTag::parse(text), repository), text);
    std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
        return a.first.key(a.second) < b.first.key(b.second);
    });
    std::vector<std::string> sorted;
    for (auto& [rank, text] : ranked)
        if (sorted.empty() || sorted.back() != text) sorted.push_back(std::move(text));
    return sorted;
}

std::optional<std::string> newer_tag(const std::string& repository, const std::string& text,
                                     const std::vector<std::string>& tags,
                                     const std::function<bool(unsigned minor)>& may_be) {
    const auto current = ImageTag::parse(text);
    if (current.version.empty()) return std::nullopt;
    auto best = current;
    for (const auto& other : tags) {
        auto tag = ImageTag::parse(other);
        if (tag.prefix != current.prefix || tag.suffix != current.suffix ||
            tag.version.size() != current.version.size() || !tag.prerelease.empty())
            continue;
        // A finished release is newer than what came before it.
        const bool is_newer =
            best.prerelease.empty() ? tag.version > best.version : tag.version >= best.version;
        if (!is_newer) continue;
        const auto minor = tag.python_minor(repository);
        if (minor && !may_be(*minor)) continue;
        best = std::move(tag);
    }
    if (best.text == current.text) return std::nullopt;
    return best.text;
}

}  // namespace pycontainer::intellisense
