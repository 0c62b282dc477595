#include "intellisense/format.hpp"

#include "base/strings.hpp"

#include <algorithm>

namespace pycontainer::intellisense {
namespace {

using toml::TokenKind;

/// Writes the tokens again, with blanks of its own.
class Formatter {
public:
    explicit Formatter(const Source& source)
        : tree_(source.tree()),
          line_end_(source.text().find("\r\n") != std::string::npos ? "\r\n" : "\n") {}

    std::string run() {
        const auto& tokens = tree_.tokens();
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const auto& token = tokens[i];
            const auto text = text_of(token);
            if (i == 0 && text.starts_with("\xEF\xBB\xBF")) {
                out_ += text;
                continue;
            }
            switch (token.kind) {
                case TokenKind::Space: break;
                case TokenKind::LineEnd: end_line(); break;
                case TokenKind::Comment: write_comment(text); break;
                default: write(token.kind, text); break;
            }
        }
        if (!line_.empty()) end_line();
        while (!lines_.empty() && lines_.back().empty()) lines_.pop_back();
        std::string text = out_;
        for (const auto& line : lines_) text += line + line_end_;
        return text;
    }

private:
    std::string_view text_of(const toml::Token& token) const {
        return std::string_view(tree_.text()).substr(token.begin, token.end - token.begin);
    }

    void indent() {
        if (line_.empty() && depth_ > 0) line_.append(depth_ * 4, ' ');
    }

    void write_comment(std::string_view text) {
        auto comment = std::string(text);
        while (comment.ends_with(' ') || comment.ends_with('\t')) comment.pop_back();
        if (line_.empty())
            indent();
        else
            line_ += "  ";
        line_ += comment;
    }

    void write(TokenKind kind, std::string_view text) {
        const bool at_start = line_.empty();
        if (at_start && depth_ == 0 && kind == TokenKind::OpenBracket) separate_table();
        if (kind == TokenKind::CloseBracket || kind == TokenKind::CloseBrace) {
            const bool is_brace = kind == TokenKind::CloseBrace;
            if (depth_ > 0) --depth_;
            if (at_start)
                indent();
            else if (is_brace && last_ != TokenKind::OpenBrace)
                line_ += ' ';
            line_ += text;
            last_ = kind;
            return;
        }
        if (at_start)
            indent();
        else if (wants_blank(kind))
            line_ += ' ';
        line_ += text;
        last_ = kind;
        if (kind == TokenKind::Equals) in_value_ = true;
        if (in_value_ && (kind == TokenKind::OpenBracket || kind == TokenKind::OpenBrace)) ++depth_;
    }

    bool wants_blank(TokenKind kind) const {
        if (kind == TokenKind::Comma || kind == TokenKind::Dot || last_ == TokenKind::Dot)
            return false;
        if (kind == TokenKind::Equals || last_ == TokenKind::Equals) return true;
        return last_ == TokenKind::Comma || last_ == TokenKind::OpenBrace;
    }

    /// One empty line between a table and what stands before it; comments right above it are its.
    void separate_table() {
        auto at = lines_.size();
        while (at > 0 && trim(lines_[at - 1]).starts_with('#')) --at;
        if (at > 0 && !lines_[at - 1].empty())
            lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at), std::string());
    }

    void end_line() {
        const bool is_empty = line_.empty();
        const bool was_empty = lines_.empty() || lines_.back().empty();
        if (!is_empty || !was_empty) lines_.push_back(std::move(line_));
        line_.clear();
        if (depth_ == 0) in_value_ = false;
        last_ = TokenKind::LineEnd;
    }

    const toml::SyntaxTree& tree_;
    std::string line_end_;
    std::string out_;
    std::vector<std::string> lines_;
    std::string line_;
    std::size_t depth_ = 0;
    bool in_value_ = false;
    TokenKind last_ = TokenKind::LineEnd;
};

}  // namespace

std::optional<std::string> formatted(const Source& source) {
    if (source.kind() != FileKind::Configuration || !source.tree().faults().empty())
        return std::nullopt;
    return Formatter(source).run();
}

}  // namespace pycontainer::intellisense
