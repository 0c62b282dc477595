#include "credentials/netrc.hpp"

#include "base/strings.hpp"

namespace pycontainer::credentials {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Words between blanks; in quotes with `\"` and `\\`; `#` begins a comment where a word could.
class Words {
public:
    explicit Words(std::string_view text) : text_(text) {}

    std::optional<std::string> next(bool may_be_comment = true) {
        for (;;) {
            while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
            if (at_ >= text_.size()) return std::nullopt;
            if (text_[at_] != '#' || !may_be_comment) break;
            while (at_ < text_.size() && text_[at_] != '\n') ++at_;
        }
        return text_[at_] == '"' ? quoted() : plain();
    }
    /// A macro goes on to the next empty line.
    void skip_macro() {
        for (bool empty = false; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\n' && empty) return;
            if (text_[at_] == '\n')
                empty = true;
            else if (!is_blank(text_[at_]))
                empty = false;
        }
    }

private:
    std::string plain() {
        const auto start = at_;
        while (at_ < text_.size() && !is_blank(text_[at_])) ++at_;
        return std::string(text_.substr(start, at_ - start));
    }
    std::optional<std::string> quoted() {
        std::string word;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            word += text_[at_];
        }
        if (at_ >= text_.size()) return std::nullopt;
        ++at_;
        return word;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::optional<NetrcLogin> find_in_netrc(std::string_view text, std::string_view host) {
    const auto wanted = to_lower(host);
    const auto name = wanted.substr(0, wanted.find(':'));
    Words words(text);
    bool matches = false;
    NetrcLogin login;
    const auto complete = [&] {
        return matches && !login.username.empty() && !login.password.empty();
    };
    while (auto word = words.next()) {
        if (*word == "machine" || *word == "default") {
            if (complete()) return login;
            login = {};
            matches = false;
            if (*word == "default") continue;
            const auto machine = words.next(false);
            if (!machine) return std::nullopt;
            const auto lowered = to_lower(*machine);
            matches = lowered == wanted || lowered == name;
        } else if (*word == "login" || *word == "user" || *word == "password" ||
                   *word == "account") {
            auto value = words.next(false);
            if (!value) return std::nullopt;
            if (*word == "password")
                login.password = std::move(*value);
            else if (*word != "account")
                login.username = std::move(*value);
        } else if (*word == "macdef") {
            words.skip_macro();
        } else {
            return std::nullopt;
        }
    }
    return complete() ? std::optional(std::move(login)) : std::nullopt;
}

}  // namespace pycontainer::credentials
