#include "packaging/version.hpp"

#include "base/python_text.hpp"
#include "base/strings.hpp"
#include "packaging/internal/characters.hpp"

#include <algorithm>
#include <span>

namespace pycontainer::packaging {
namespace {

constexpr std::size_t kMaxLength = 4096;

bool is_separator(char c) {
    return c == '.' || c == '-' || c == '_';
}
bool is_number(std::string_view text) {
    return std::all_of(text.begin(), text.end(), internal::is_digit);
}

/// The release without the zeros at its end, which do not count (PEP 440, "Version specifiers").
std::span<const Natural> significant(const std::vector<Natural>& release) {
    auto size = release.size();
    while (size > 0 && release[size - 1].is_zero()) --size;
    return std::span(release).first(size);
}

std::strong_ordering compare_sequences(std::span<const Natural> a, std::span<const Natural> b) {
    return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

/// PEP 440, "Local version identifiers": numbers compare as numbers and come after text; text is
/// compared as text.
std::strong_ordering compare_local_segments(const std::string& a, const std::string& b) {
    const bool a_number = is_number(a);
    const bool b_number = is_number(b);
    if (a_number && b_number) return Natural(a) <=> Natural(b);
    if (a_number != b_number)
        return a_number ? std::strong_ordering::greater : std::strong_ordering::less;
    return a.compare(b) <=> 0;
}

/// A development release of a plain version sorts before its first alpha, the release itself after
/// the last candidate.
int pre_rank(const Version& version) {
    if (version.pre()) return static_cast<int>(version.pre()->phase);
    return !version.post() && version.dev() ? -1 : 3;
}

std::string_view phase_text(Version::Phase phase) {
    switch (phase) {
        case Version::Phase::Alpha: return "a";
        case Version::Phase::Beta: return "b";
        case Version::Phase::Candidate: return "rc";
    }
    return "";
}

}  // namespace

Natural::Natural(std::string_view digits) {
    const auto first = digits.find_first_not_of('0');
    digits_ = first == std::string_view::npos ? "0" : std::string(digits.substr(first));
}

std::strong_ordering operator<=>(const Natural& a, const Natural& b) {
    if (const auto order = a.digits_.size() <=> b.digits_.size(); order != 0) return order;
    return a.digits_.compare(b.digits_) <=> 0;
}

/// Follows the expression of PEP 440, appendix B, from left to right; an optional part that does
/// not match in full is left alone.
class VersionScanner {
public:
    explicit VersionScanner(std::string_view text) : text_(text) {}

    std::optional<std::pair<Version, std::size_t>> scan() {
        if (lower(at_) == 'v') ++at_;
        if (!scan_epoch_and_release()) return std::nullopt;
        scan_pre();
        scan_post();
        scan_dev();
        scan_local();
        return std::pair(std::move(version_), at_);
    }

private:
    char lower(std::size_t at) const {
        return at < text_.size() ? internal::to_lower_ascii(text_[at]) : '\0';
    }

    std::optional<Natural> scan_number(std::size_t& at) const {
        const auto start = at;
        while (internal::is_digit(lower(at))) ++at;
        if (at == start) return std::nullopt;
        return Natural(text_.substr(start, at - start));
    }

    bool scan_word(std::size_t& at, std::string_view word) const {
        for (std::size_t i = 0; i < word.size(); ++i)
            if (lower(at + i) != word[i]) return false;
        at += word.size();
        return true;
    }

    void skip_separator(std::size_t& at) const {
        if (is_separator(lower(at))) ++at;
    }

    /// `[._-]? word [._-]? number?`; a missing number is zero.
    std::optional<Natural> scan_labelled(std::size_t& at, std::span<const std::string_view> words,
                                         std::size_t& which) const {
        auto next = at;
        skip_separator(next);
        for (which = 0; which < words.size(); ++which) {
            if (!scan_word(next, words[which])) continue;
            skip_separator(next);
            const auto number = scan_number(next).value_or(Natural());
            at = next;
            return number;
        }
        return std::nullopt;
    }

    bool scan_epoch_and_release() {
        auto number = scan_number(at_);
        if (!number) return false;
        if (lower(at_) == '!') {
            auto next = at_ + 1;
            version_.epoch_ = *std::move(number);
            number = scan_number(next);
            if (!number) return false;
            at_ = next;
        }
        version_.release_.push_back(*std::move(number));
        while (lower(at_) == '.') {
            auto next = at_ + 1;
            auto part = scan_number(next);
            if (!part) break;
            version_.release_.push_back(*std::move(part));
            at_ = next;
        }
        return true;
    }

    void scan_pre() {
        // Longer words before their beginnings.
        static constexpr std::string_view kWords[] = {"alpha",   "a",   "beta", "b",
                                                      "preview", "pre", "c",    "rc"};
        static constexpr Version::Phase kPhases[] = {
            Version::Phase::Alpha,     Version::Phase::Alpha,     Version::Phase::Beta,
            Version::Phase::Beta,      Version::Phase::Candidate, Version::Phase::Candidate,
            Version::Phase::Candidate, Version::Phase::Candidate};
        std::size_t which = 0;
        if (auto number = scan_labelled(at_, kWords, which))
            version_.pre_ = Version::PreRelease{kPhases[which], *std::move(number)};
    }

    void scan_post() {
        static constexpr std::string_view kWords[] = {"post", "rev", "r"};
        if (lower(at_) == '-') {  // the implicit post release: `1.0-1`
            auto next = at_ + 1;
            if (auto number = scan_number(next)) {
                version_.post_ = std::move(number);
                at_ = next;
                return;
            }
        }
        std::size_t which = 0;
        version_.post_ = scan_labelled(at_, kWords, which);
    }

    void scan_dev() {
        static constexpr std::string_view kWords[] = {"dev"};
        std::size_t which = 0;
        version_.dev_ = scan_labelled(at_, kWords, which);
    }

    void scan_local() {
        if (lower(at_) != '+') return;
        auto next = at_ + 1;
        for (;;) {
            const auto start = next;
            std::string segment;
            while (internal::is_alphanumeric(lower(next))) segment += lower(next++);
            if (next == start) return;  // what came before, if anything, stands
            version_.local_.push_back(is_number(segment) ? Natural(segment).to_string() : segment);
            at_ = next;
            if (!is_separator(lower(next))) return;
            ++next;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Version version_;
};

std::optional<std::pair<Version, std::size_t>> Version::scan(std::string_view text) {
    if (text.size() > kMaxLength) text = text.substr(0, kMaxLength);
    return VersionScanner(text).scan();
}

std::optional<Version> Version::from(std::string_view text) {
    const auto trimmed = trim_python_space(text);
    auto found = scan(trimmed);
    if (!found || found->second != trimmed.size()) return std::nullopt;
    return std::move(found->first);
}

Result<Version> Version::parse(std::string_view text) {
    if (auto version = from(text)) return *std::move(version);
    return fail("packaging/invalid-version", "`{}` is not a version", printable(text, 80))
        .hint("a version looks like `1.4.2` or `2.0rc1` (PEP 440)");
}

Version Version::public_version() const {
    Version result = *this;
    result.local_.clear();
    return result;
}

Version Version::base_version() const {
    Version result;
    result.epoch_ = epoch_;
    result.release_ = release_;
    return result;
}

Version Version::first_development_release() const {
    Version result = public_version();
    result.dev_ = Natural();
    return result;
}

std::string Version::to_string() const {
    std::string text = epoch_.is_zero() ? "" : epoch_.to_string() + "!";
    for (std::size_t i = 0; i < release_.size(); ++i)
        text += (i == 0 ? "" : ".") + release_[i].to_string();
    if (pre_) text += std::string(phase_text(pre_->phase)) + pre_->number.to_string();
    if (post_) text += ".post" + post_->to_string();
    if (dev_) text += ".dev" + dev_->to_string();
    if (has_local()) text += "+" + join(local_, ".");
    return text;
}

std::strong_ordering operator<=>(const Version& a, const Version& b) {
    if (const auto order = a.epoch_ <=> b.epoch_; order != 0) return order;
    if (const auto order = compare_sequences(significant(a.release_), significant(b.release_));
        order != 0)
        return order;
    if (const auto order = pre_rank(a) <=> pre_rank(b); order != 0) return order;
    if (a.pre_)
        if (const auto order = a.pre_->number <=> b.pre_->number; order != 0) return order;
    // No post release comes before the first one, no development release after the last one.
    if (const auto order = a.post_ <=> b.post_; order != 0) return order;
    if (a.dev_.has_value() != b.dev_.has_value())
        return a.dev_ ? std::strong_ordering::less : std::strong_ordering::greater;
    if (const auto order = a.dev_ <=> b.dev_; order != 0) return order;
    return std::lexicographical_compare_three_way(
        a.local_.begin(), a.local_.end(), b.local_.begin(), b.local_.end(), compare_local_segments);
}

bool same_release_prefix(const Version& a, const Version& b, std::size_t count) {
    if (a.epoch() != b.epoch()) return false;
    static const Natural kZero;
    const auto part = [](const Version& version, std::size_t i) -> const Natural& {
        return i < version.release().size() ? version.release()[i] : kZero;
    };
    for (std::size_t i = 0; i < count; ++i)
        if (part(a, i) != part(b, i)) return false;
    return true;
}

}  // namespace pycontainer::packaging
