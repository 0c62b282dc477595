#include "registry/challenge.hpp"

#include "base/strings.hpp"

namespace pycontainer::registry {
namespace {

/// RFC 9110, section 5.6.2.
bool is_token_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    bool at_end() const { return at_ == text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    void skip_one() { at_ += at_end() ? 0 : 1; }
    void skip_blanks() {
        while (peek() == ' ' || peek() == '\t') ++at_;
    }
    void skip_separators() {
        while (peek() == ' ' || peek() == '\t' || peek() == ',') ++at_;
    }
    std::string_view token() {
        const auto start = at_;
        while (!at_end() && is_token_char(text_[at_])) ++at_;
        return text_.substr(start, at_ - start);
    }
    /// A token or a quoted string (RFC 9110, section 5.6.4).
    std::string value() {
        if (peek() != '"') return std::string(token());
        std::string value;
        for (++at_; !at_end() && peek() != '"'; ++at_) {
            if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
            value += text_[at_];
        }
        skip_one();
        return value;
    }
    /// token68: credentials such as `YII==`, which nothing here uses.
    void skip_to_comma() {
        while (!at_end() && peek() != ',') ++at_;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

void parse_field(std::string_view field, std::vector<Challenge>& challenges) {
    constexpr std::size_t kMaxChallenges = 16;
    Reader reader(field);
    bool in_challenge = false;  // of this field: parameters never belong to another field's
    for (reader.skip_separators(); !reader.at_end(); reader.skip_separators()) {
        const auto name = reader.token();
        if (name.empty()) {
            reader.skip_to_comma();
            continue;
        }
        const bool was_blank = reader.peek() == ' ' || reader.peek() == '\t';
        reader.skip_blanks();
        if (reader.peek() == '=') {
            reader.skip_one();
            reader.skip_blanks();
            auto value = reader.value();
            if (in_challenge)
                challenges.back().parameters.emplace(to_lower(name), std::move(value));
            if (reader.peek() != ',') reader.skip_to_comma();
        } else if (!was_blank && !reader.at_end() && reader.peek() != ',') {
            reader.skip_to_comma();
        } else if (challenges.size() < kMaxChallenges) {
            challenges.push_back({to_lower(name), {}});
            in_challenge = true;
        } else {
            return;
        }
    }
}

}  // namespace

std::string Challenge::parameter(std::string_view name) const {
    const auto found = parameters.find(std::string(name));
    return found == parameters.end() ? std::string() : found->second;
}

std::vector<Challenge> parse_challenges(std::span<const std::string> fields) {
    std::vector<Challenge> challenges;
    for (const auto& field : fields) parse_field(field, challenges);
    return challenges;
}

}  // namespace pycontainer::registry
