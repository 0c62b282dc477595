#include "packaging/requirement.hpp"

#include "base/strings.hpp"
#include "packaging/internal/characters.hpp"
#include "packaging/names.hpp"

#include <algorithm>

namespace pycontainer::packaging {
namespace {

constexpr std::size_t kMaxLength = 64U << 10U;

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// Recursive descent over the grammar of the specification, with one character of looking ahead.
class RequirementParser {
public:
    explicit RequirementParser(std::string_view text) : text_(text) {}

    Result<Requirement> parse() {
        if (text_.size() > kMaxLength) return fault("it is too long");
        skip_blanks();
        PYC_TRY_ASSIGN(requirement_.name, parse_identifier("a package name is expected"));
        skip_blanks();
        if (peek() == '[') PYC_TRY(parse_extras());
        skip_blanks();
        if (peek() == '@')
            PYC_TRY(parse_url());
        else
            PYC_TRY(parse_specifiers());
        if (at_ == text_.size()) return std::move(requirement_);
        if (peek() != ';')
            return fault(requirement_.url.empty()
                             ? "a version specifier, `;` or the end is expected"
                             : "` ;` or the end is expected");
        PYC_TRY_ASSIGN(requirement_.marker, Marker::parse(text_.substr(at_ + 1)));
        return std::move(requirement_);
    }

private:
    Failure fault(std::string_view what) const {
        return fail("packaging/invalid-requirement",
                    "`{}` is not a requirement: {} at character {}", printable(text_, 120), what,
                    at_ + 1)
            .hint(
                "a requirement looks like `name[extra]>=1.4; python_version < \"3.12\"` (PEP 508)");
    }

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_blanks() {
        while (is_blank(peek())) ++at_;
    }

    Result<std::string> parse_identifier(std::string_view expectation) {
        auto end = at_;
        while (end < text_.size() && internal::is_name_character(text_[end])) ++end;
        // Ends with a letter or digit; the reference implementation takes an underscore, too.
        while (end > at_ && (text_[end - 1] == '-' || text_[end - 1] == '.')) --end;
        if (end == at_ || !internal::is_alphanumeric(peek())) return fault(expectation);
        std::string name(text_.substr(at_, end - at_));
        at_ = end;
        return name;
    }

    Result<void> parse_extras() {
        ++at_;
        skip_blanks();
        while (peek() != ']') {
            PYC_TRY_ASSIGN(auto extra, parse_identifier("the name of an extra or `]` is expected"));
            auto& extras = requirement_.extras;
            if (std::find(extras.begin(), extras.end(), extra) == extras.end())
                extras.push_back(std::move(extra));
            skip_blanks();
            if (peek() == ']') break;
            if (peek() != ',') return fault("`,` or `]` is expected");
            ++at_;
            skip_blanks();
            if (peek() == ']') return fault("the name of an extra is expected");
        }
        ++at_;
        return {};
    }

    Result<void> parse_url() {
        ++at_;
        skip_blanks();
        const auto start = at_;
        while (at_ < text_.size() && !is_blank(text_[at_])) ++at_;
        if (at_ == start) return fault("a URL is expected after `@`");
        requirement_.url = text_.substr(start, at_ - start);
        skip_blanks();
        return {};
    }

    Result<void> parse_specifiers() {
        const bool in_parentheses = peek() == '(';
        if (in_parentheses) ++at_;
        skip_blanks();
        const auto start = at_;
        while (const auto length = Specifier::scan(text_.substr(at_))) {
            at_ += length;
            skip_blanks();
            if (peek() != ',') break;
            ++at_;
            skip_blanks();
        }
        PYC_TRY_ASSIGN(requirement_.specifiers,
                       SpecifierSet::parse(text_.substr(start, at_ - start)));
        if (in_parentheses) {
            if (peek() != ')') return fault("a version specifier or `)` is expected");
            ++at_;
            skip_blanks();
        }
        return {};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Requirement requirement_;
};

}  // namespace

Result<Requirement> Requirement::parse(std::string_view text) {
    return RequirementParser(text).parse();
}

std::string Requirement::normalized_name() const {
    return normalize_name(name);
}

std::vector<std::string> Requirement::normalized_extras() const {
    std::vector<std::string> result;
    for (const auto& extra : extras) result.push_back(normalize_name(extra));
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
}

std::string Requirement::to_string() const {
    std::string text = name;
    auto sorted = extras;
    std::sort(sorted.begin(), sorted.end());
    if (!sorted.empty()) text += "[" + join(sorted, ",") + "]";
    text += url.empty() ? specifiers.to_string() : " @ " + url;
    if (marker) text += (url.empty() ? "; " : " ; ") + marker->to_string();
    return text;
}

}  // namespace pycontainer::packaging
