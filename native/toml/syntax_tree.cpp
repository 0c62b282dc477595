#include "toml/syntax_tree.hpp"

#include "base/result.hpp"
#include "base/strings.hpp"
#include "base/utf8.hpp"
#include "toml/internal/definitions.hpp"
#include "toml/internal/scalar_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace pycontainer::toml {

namespace {

constexpr std::size_t kMaxText = 64U << 20U;
constexpr unsigned kMaxNesting = 128;
constexpr const char* kQuotesHint = "text goes in quotes: `key = \"text\"`";

bool is_bare_key_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

bool is_word_byte(char c) {
    return std::string_view(" \t\r\n,[]{}#=\"'").find(c) == std::string_view::npos;
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

/// The bytes of an escape sequence that begins at `at`, a backslash, and what it means; nothing
/// when it is not valid. Line-ending backslashes are not among them.
struct Escape {
    std::size_t length;
    std::uint32_t point;
};
std::optional<Escape> read_escape(std::string_view text, std::size_t at) {
    if (at + 1 >= text.size()) return std::nullopt;
    constexpr std::string_view kLetters = "btnfr\"\\";
    constexpr std::string_view kMeanings = "\b\t\n\f\r\"\\";
    const char letter = text[at + 1];
    if (const auto known = kLetters.find(letter); known != std::string_view::npos)
        return Escape{2, static_cast<unsigned char>(kMeanings[known])};
    const std::size_t digits = letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    if (digits == 0 || at + 2 + digits > text.size()) return std::nullopt;
    std::uint32_t point = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const char c = text[at + 2 + i];
        const auto value = c >= '0' && c <= '9'   ? c - '0'
                           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                  : -1;
        if (value < 0 || point > 0x0FFFFFFFU) return std::nullopt;
        point = point * 16 + static_cast<std::uint32_t>(value);
    }
    if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return std::nullopt;
    return Escape{2 + digits, point};
}

}  // namespace

/// One pass over the text: tokens and nodes are made side by side.
class SyntaxParser {
public:
    explicit SyntaxParser(SyntaxTree& tree) : tree_(tree), text_(tree.text_) {}

    void run() {
        const auto document = begin_node(NodeKind::Document, kNoNode);
        if (text_.size() > kMaxText) {
            fault(0, 0, "the file is too large");
            take(TokenKind::Junk, text_.size());
            return end_node(document);
        }
        check_encoding();
        if (text_.starts_with("\xEF\xBB\xBF")) take(TokenKind::Space, 3);
        section_ = begin_node(NodeKind::Section, document);
        while (at_ < text_.size()) {
            parse_line(document);
            PYC_ASSERT(tree_.tokens_.empty() || tree_.tokens_.back().end == at_);
        }
        end_node(document);
        std::stable_sort(tree_.faults_.begin(), tree_.faults_.end(),
                         [](const auto& a, const auto& b) { return a.begin < b.begin; });
    }

private:
    // ---- nodes, tokens, faults

    NodeId begin_node(NodeKind kind, NodeId parent) {
        const auto id = static_cast<NodeId>(tree_.nodes_.size());
        const auto place = static_cast<std::uint32_t>(at_);
        tree_.nodes_.push_back({kind, place, place, parent});
        last_child_.push_back(kNoNode);
        if (parent == kNoNode) return id;
        if (last_child_[parent] == kNoNode)
            tree_.nodes_[parent].first_child = id;
        else
            tree_.nodes_[last_child_[parent]].next_sibling = id;
        last_child_[parent] = id;
        return id;
    }
    void end_node(NodeId id) { end_node_at(id, at_); }
    void end_node_at(NodeId id, std::size_t end) {
        tree_.nodes_[id].end = static_cast<std::uint32_t>(end);
    }
    NodeId add_leaf(NodeKind kind, NodeId parent, TokenKind token, std::size_t length) {
        const auto id = begin_node(kind, parent);
        if (length > 0) take(token, length);
        end_node(id);
        return id;
    }

    void take(TokenKind kind, std::size_t length) {
        const auto begin = static_cast<std::uint32_t>(at_);
        at_ += length;
        tree_.tokens_.push_back({kind, begin, static_cast<std::uint32_t>(at_)});
    }
    void fault(std::size_t begin, std::size_t end, std::string message, std::string hint = {}) {
        if (tree_.faults_.size() < kMaxSyntaxFaults)
            tree_.faults_.push_back({static_cast<std::uint32_t>(begin),
                                     static_cast<std::uint32_t>(end), std::move(message),
                                     std::move(hint)});
    }
    /// A fault where something is missing: at the last visible character before `at_`, since the
    /// end of a line is no place one can see.
    void fault_before(std::string message, std::string hint = {}) {
        auto end = at_;
        while (end > 0 &&
               std::string_view(" \t\r\n").find(text_[end - 1]) != std::string_view::npos)
            --end;
        auto begin = end == 0 ? 0 : end - 1;
        while (begin > 0 && (static_cast<unsigned char>(text_[begin]) & 0xC0U) == 0x80U) --begin;
        fault(begin, end, std::move(message), std::move(hint));
    }

    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    bool at_end() const { return at_ >= text_.size(); }
    bool at_line_end() const {
        return at_end() || peek() == '\n' || (peek() == '\r' && peek(1) == '\n');
    }
    std::size_t line_end_from(std::size_t from) const {
        auto end = std::min(text_.find('\n', from), text_.size());
        if (end < text_.size() && end > from && text_[end - 1] == '\r') --end;
        return end;
    }
    /// The word at the place, or the one character there.
    std::size_t word_length() const {
        std::size_t length = 0;
        while (at_ + length < text_.size() && is_word_byte(text_[at_ + length])) ++length;
        return length == 0 && !at_line_end() ? 1 : length;
    }
    std::string shown(std::size_t begin, std::size_t end) const {
        return printable(text_.substr(begin, end - begin), 60);
    }

    // ---- trivia

    void skip_space() {
        std::size_t length = 0;
        while (peek(length) == ' ' || peek(length) == '\t') ++length;
        if (length > 0) take(TokenKind::Space, length);
    }
    void take_line_end() {
        if (!at_end()) take(TokenKind::LineEnd, peek() == '\r' ? 2 : 1);
    }
    void take_comment() {
        const auto end = line_end_from(at_);
        for (auto i = at_; i < end; ++i)
            if (is_control(text_[i])) {
                fault(i, i + 1, "a control character is not allowed here");
                break;
            }
        take(TokenKind::Comment, end - at_);
    }
    void take_junk_line() {
        const auto end = line_end_from(at_);
        if (end > at_) take(TokenKind::Junk, end - at_);
    }

    void check_encoding() {
        if (is_valid_utf8(text_)) return;
        std::size_t line = 0;
        while (line < text_.size()) {
            const auto end = std::min(text_.find('\n', line), text_.size());
            if (!is_valid_utf8(text_.substr(line, end - line)))
                return fault(line, end, "the file is not UTF-8 from here on",
                             "save it as UTF-8 text");
            line = end + 1;
        }
    }

    // ---- lines

    void parse_line(NodeId document) {
        skip_space();
        if (at_line_end()) return take_line_end();
        if (peek() == '#') return take_comment();
        if (peek() == '[') return parse_header(document);
        table_ = section_table_;
        const auto entry = parse_entry(section_, false);
        const auto value = tree_.value_of(entry);
        end_node(section_);
        finish_line("value", value == kNoNode || tree_.node(value).kind == NodeKind::Invalid);
        table_ = section_table_;
    }

    void finish_line(const char* after, bool already_told) {
        skip_space();
        if (std::exchange(resumed_, false)) return;
        if (peek() == '#' && !at_end()) return take_comment();
        if (at_line_end()) return;
        if (peek() == '\r') {
            fault(at_, at_ + 1, "a carriage return without a line feed ends no line",
                  "use `LF` or `CRLF` line ends");
            return take(TokenKind::Junk, 1);
        }
        if (!already_told) {
            const auto end = at_ + word_length();
            fault(at_, end, fmt::format("unexpected `{}` after the {}", shown(at_, end), after),
                  "write one key a line, comments start with `#`");
        }
        take_junk_line();
    }

    void parse_header(NodeId document) {
        const bool is_array = peek(1) == '[';
        section_ = begin_node(NodeKind::Section, document);
        const auto header =
            begin_node(is_array ? NodeKind::ArrayHeader : NodeKind::TableHeader, section_);
        const auto begin = at_;
        take(TokenKind::OpenBracket, 1);
        if (is_array) take(TokenKind::OpenBracket, 1);
        open_parts_ = 0;
        const bool has_key = parse_key(header, "the table header has no name");
        open_parts_ = static_cast<unsigned>(tree_.key_parts(header).size());
        skip_space();
        const bool closed = peek() == ']' && (!is_array || peek(1) == ']');
        if (closed) {
            take(TokenKind::CloseBracket, 1);
            if (is_array) take(TokenKind::CloseBracket, 1);
        } else if (is_array && peek() == ']') {
            fault(begin, at_ + 1, "the two brackets of an array of tables must stand together");
            take(TokenKind::CloseBracket, 1);
        } else if (has_key) {
            fault(begin, std::max(at_, begin + 1), "the table header is not closed by `]`");
        }
        end_node(header);
        end_node(section_);
        define_header(header, is_array);
        finish_line("table header", !closed || !has_key);
        end_node(section_);
    }

    // ---- keys

    /// False when a part is missing; that was told.
    bool parse_key(NodeId parent, const char* nothing_message) {
        skip_space();
        const auto key = begin_node(NodeKind::Key, parent);
        bool complete = true;
        bool first = true;
        for (unsigned parts = open_parts_ + 1;; ++parts) {
            if (parts > kMaxNesting) {
                fault(at_, at_ + 1, "the key is nested too deeply");
                take_junk_line();
                end_node(key);
                return false;
            }
            complete = parse_key_part(key, first ? nothing_message : nullptr) && complete;
            end_node(key);
            first = false;
            std::size_t blanks = 0;
            while (peek(blanks) == ' ' || peek(blanks) == '\t') ++blanks;
            if (peek(blanks) != '.') return complete;
            skip_space();
            take(TokenKind::Dot, 1);
            end_node(key);
            std::size_t behind = 0;
            while (peek(behind) == ' ' || peek(behind) == '\t') ++behind;
            if (is_bare_key_byte(peek(behind)) || peek(behind) == '"' || peek(behind) == '\'')
                skip_space();
        }
    }

    bool parse_key_part(NodeId key, const char* nothing_message) {
        const char c = peek();
        if (c == '"' || c == '\'') {
            if (peek(1) == c && peek(2) == c)
                fault(at_, at_ + 3, "a key cannot be a string in three quotes");
            const auto part = begin_node(NodeKind::KeyPart, key);
            take_string(c);
            end_node(part);
            return true;
        }
        std::size_t length = 0;
        while (is_bare_key_byte(peek(length)) && at_ + length < text_.size()) ++length;
        add_leaf(NodeKind::KeyPart, key, TokenKind::Word, length);
        if (length > 0) return true;
        if (at_line_end() || peek() == ']' || (peek() == '=' && !nothing_message)) {
            fault_before(nothing_message ? nothing_message : "a name is missing after the dot");
        } else {
            const auto end = at_ + word_length();
            fault(at_, end, fmt::format("`{}` cannot start a key", shown(at_, end)),
                  "keys are letters, digits, `_` and `-`; other keys go in quotes");
        }
        return false;
    }

    // ---- entries

    NodeId parse_entry(NodeId parent, bool is_inline) {
        const auto entry = begin_node(NodeKind::Entry, parent);
        const bool has_key = parse_key(entry, "the entry has no key");
        const auto key = tree_.child(entry, NodeKind::Key);
        const auto key_end = tree_.node(key).end;
        std::size_t blanks = 0;
        while (peek(blanks) == ' ' || peek(blanks) == '\t') ++blanks;
        if (peek(blanks) != '=') {
            end_node_at(entry, key_end);
            if (has_key) {
                skip_space();
                missing_equals(key);
            }
            if (!has_key && !at_line_end() && !is_word_byte(peek()) && peek() != '#' && !is_inline)
                take(TokenKind::Junk, 1);
            skip_junk(is_inline);
            return entry;
        }
        skip_space();
        take(TokenKind::Equals, 1);
        end_node(entry);
        const auto table = has_key ? define_entry(key) : std::nullopt;
        skip_space();
        const auto outer_parts = open_parts_;
        open_parts_ += static_cast<unsigned>(tree_.key_parts(key).size());
        parse_value(entry, table);
        open_parts_ = outer_parts;
        const auto value = tree_.value_of(entry);
        if (value != kNoNode) end_node_at(entry, tree_.node(value).end);
        return entry;
    }

    void missing_equals(NodeId key) {
        const auto& node = tree_.node(key);
        if (at_line_end() || peek() == '#' || peek() == '}' || peek() == ',')
            return fault(node.begin, node.end, "the key has no value", "write `key = value`");
        const auto end = at_ + word_length();
        fault(at_, end, "`=` is missing after the key",
              peek() == ':' ? "TOML writes `key = value`, not `key: value`"
                            : "a key with spaces goes in quotes");
    }

    /// What was told already: the rest of the line, or of the part of an inline table.
    void skip_junk(bool is_inline) {
        auto end = line_end_from(at_);
        if (is_inline) end = std::min(end, std::min(text_.find_first_of(",}", at_), text_.size()));
        const auto comment = text_.substr(at_, end - at_).find('#');
        if (comment != std::string_view::npos) end = at_ + comment;
        if (end > at_) take(TokenKind::Junk, end - at_);
    }

    // ---- values

    void parse_value(NodeId parent, std::optional<Definitions::Slot> slot) {
        const char c = peek();
        if (c == '"' || c == '\'') {
            const auto node = begin_node(NodeKind::String, parent);
            take_string(c);
            return end_node(node);
        }
        if (c == '[' || c == '{') {
            if (nesting_ >= kMaxNesting) {
                fault(at_, at_ + 1, "the value is nested too deeply");
                const auto node = begin_node(NodeKind::Invalid, parent);
                take_junk_line();
                return end_node(node);
            }
            ++nesting_;
            c == '[' ? parse_array(parent) : parse_inline_table(parent, slot);
            --nesting_;
            return;
        }
        if (at_line_end() || !is_word_byte(c)) {
            if (c == '\r') return;
            return fault_before("a value is missing after `=`", kQuotesHint);
        }
        parse_scalar(parent);
    }

    void parse_scalar(NodeId parent) {
        auto length = word_length();
        // RFC 3339, section 5.6: a blank may stand between date and time.
        if (length == 10 && peek(length) == ' ' && is_full_date(text_.substr(at_, length)) &&
            peek(length + 1) >= '0' && peek(length + 1) <= '9') {
            ++length;
            while (at_ + length < text_.size() && is_word_byte(text_[at_ + length])) ++length;
        }
        const auto word = text_.substr(at_, length);
        const auto form = scalar_form(word);
        if (form.kind == NodeKind::Invalid)
            fault(at_, at_ + length, form.message, form.hint.empty() ? kQuotesHint : form.hint);
        add_leaf(form.kind, parent, TokenKind::Word, length);
    }

    /// TOML 1.0, "String".
    void take_string(char quote) {
        const auto begin = at_;
        const bool is_long = peek(1) == quote && peek(2) == quote;
        auto i = at_ + (is_long ? 3 : 1);
        bool told_escape = false;
        bool told_control = false;
        for (; i < text_.size(); ++i) {
            const char c = text_[i];
            if (c == quote && (!is_long || text_.substr(i, 3) == std::string(3, quote))) break;
            if (c == '\n' || (c == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n')) {
                if (!is_long) break;
                if (c == '\r') ++i;
            } else if (c == '\\' && quote == '"') {
                i = check_escape(i, is_long, told_escape);
            } else if (is_control(c) && !told_control) {
                told_control = true;
                fault(i, i + 1,
                      c == '\r' ? "a carriage return without a line feed ends no line"
                                : "a control character in a string must be written as an escape",
                      c == '\r' ? "use `LF` or `CRLF` line ends" : "for example `\\u0007`");
            }
        }
        i = std::min(i, text_.size());
        const bool closed = i < text_.size() && text_[i] == quote;
        if (closed) {
            i += is_long ? 3 : 1;
            // Up to two quotes may stand before the closing ones.
            for (int more = 0; is_long && more < 2 && i < text_.size() && text_[i] == quote; ++more)
                ++i;
        } else if (!is_long && i < text_.size()) {
            fault(begin, i, "the string is not closed on its line",
                  "close it, or use three quotes for text of several lines");
        } else {
            const auto line = line_end_from(begin);
            fault(begin, std::min(i, line), "the string is not closed",
                  "end it with the quotes it began with");
        }
        take(TokenKind::String, i - begin);
    }

    /// The last byte of the escape sequence at `at`.
    std::size_t check_escape(std::size_t at, bool is_long, bool& told) {
        if (const auto escape = read_escape(text_, at)) return at + escape->length - 1;
        if (is_long) {  // a backslash at the end of the line swallows the white space behind it
            auto end = text_.find_first_not_of(" \t", at + 1);
            if (end != std::string_view::npos && text_[end] == '\r') ++end;
            if (end != std::string_view::npos && end < text_.size() && text_[end] == '\n')
                return end;
        }
        const bool swallows =
            at + 1 < text_.size() && (text_[at + 1] == '"' || text_[at + 1] == '\\');
        if (!told)
            fault(at, std::min(at + 2, line_end_from(at)),
                  "a backslash in the string starts no valid escape sequence",
                  "double the backslash, or put the string in single quotes");
        told = true;
        return swallows ? at + 1 : at;
    }

    void parse_array(NodeId parent) {
        const auto array = begin_node(NodeKind::Array, parent);
        const auto begin = at_;
        take(TokenKind::OpenBracket, 1);
        bool wants_value = true;
        while (true) {
            const auto before = at_;
            const bool new_line = skip_lines() || resumed_;
            if (at_end() || (new_line && is_new_statement(wants_value))) {
                resumed_ = !at_end();
                if (!at_end() && !wants_value)
                    fault(at_, at_ + word_length(), "a comma or `]` is missing in the array");
                else
                    fault(begin, begin + 1, "the array is not closed by `]`");
                // What follows on its own line is no part of this value.
                return end_node_at(array, before);
            }
            if (peek() == ']') {
                take(TokenKind::CloseBracket, 1);
                return end_node(array);
            }
            if (peek() == ',') {
                if (wants_value) fault(at_, at_ + 1, "a comma stands where a value should be");
                take(TokenKind::Comma, 1);
                wants_value = true;
                continue;
            }
            if (!wants_value)
                fault(at_, at_ + word_length(), "a comma or `]` is missing in the array");
            if (peek() == '}' && inline_depth_ > 0) return end_node(array);
            if (!is_word_byte(peek()) &&
                std::string_view("\"'[{").find(peek()) == std::string_view::npos) {
                if (wants_value)
                    fault(at_, at_ + 1,
                          fmt::format("unexpected `{}` in the array", shown(at_, at_ + 1)));
                take(TokenKind::Junk, 1);
                wants_value = false;
                continue;
            }
            parse_value(array, std::nullopt);
            wants_value = false;
        }
    }

    /// Blanks, comments and line ends; true if there was a line end.
    bool skip_lines() {
        bool new_line = false;
        while (!at_end()) {
            skip_space();
            if (at_end()) break;
            if (peek() == '#') {
                take_comment();
            } else if (at_line_end()) {
                new_line = true;
                take_line_end();
            } else {
                break;
            }
        }
        return new_line;
    }

    /// Is this line the next entry or header, because a bracket before it was never closed?
    bool is_new_statement(bool wants_value) const {
        const auto line = text_.substr(at_, line_end_from(at_) - at_);
        std::size_t i = 0;
        if (peek() == '[') {
            i = line.starts_with("[[") ? 2 : 1;
            const auto name = i;
            while (i < line.size() && (is_bare_key_byte(line[i]) || line[i] == '.')) ++i;
            const auto word = line.substr(name, i - name);
            if (word.empty() || i >= line.size() || line[i] != ']') return false;
            return !wants_value ||
                   scalar_form(word.substr(0, word.find('.'))).kind == NodeKind::Invalid;
        }
        if (peek() == '"' || peek() == '\'') {
            i = line.find(peek(), 1);
            if (i == std::string_view::npos) return false;
            ++i;
        } else {
            while (i < line.size() && (is_bare_key_byte(line[i]) || line[i] == '.')) ++i;
            if (i == 0) return false;
        }
        i = line.find_first_not_of(" \t", i);
        return i != std::string_view::npos && line[i] == '=';
    }

    void parse_inline_table(NodeId parent, std::optional<Definitions::Slot> slot) {
        const auto node = begin_node(NodeKind::InlineTable, parent);
        const auto begin = at_;
        const auto outer = table_;
        table_ = definitions_.open_inline(slot);
        ++inline_depth_;
        take(TokenKind::OpenBrace, 1);
        fill_inline_table(node, begin);
        --inline_depth_;
        definitions_.close_inline(table_);
        table_ = outer;
    }

    void fill_inline_table(NodeId node, std::size_t begin) {
        bool wants_entry = true;
        bool told_line = false;
        std::optional<std::size_t> comma;
        while (true) {
            skip_space();
            const auto before = at_;
            if (resumed_) {
                fault(begin, begin + 1, "the inline table is not closed by `}`");
                return end_node_at(node, before);
            }
            if (at_line_end() || peek() == '#') {
                if (at_end() || !goes_on_below(wants_entry)) {
                    fault(begin, begin + 1, "the inline table is not closed by `}`");
                    return end_node_at(node, before);
                }
                if (!told_line)
                    fault(begin, std::max(before, begin + 1),
                          "an inline table must end on the line it begins on",
                          "write a `[table]` of its own");
                told_line = true;
                skip_lines();
                continue;
            }
            if (peek() == '}') {
                if (comma)
                    fault(*comma, *comma + 1,
                          "a comma before the closing `}` is not allowed in an inline table",
                          "remove the comma");
                take(TokenKind::CloseBrace, 1);
                return end_node(node);
            }
            if (peek() == ',') {
                if (wants_entry) fault(at_, at_ + 1, "a comma stands where a value should be");
                comma = at_;
                take(TokenKind::Comma, 1);
                wants_entry = true;
                continue;
            }
            if (!wants_entry)
                fault(at_, at_ + word_length(), "a comma or `}` is missing in the inline table");
            if (peek() == ']' || peek() == '[' || peek() == '{' || peek() == '\r') {
                if (wants_entry)
                    fault(at_, at_ + 1,
                          fmt::format("`{}` cannot start a key", shown(at_, at_ + 1)));
                take(TokenKind::Junk, 1);
                wants_entry = false;
                continue;
            }
            const auto start = at_;
            parse_entry(node, true);
            if (at_ == start) take(TokenKind::Junk, 1);
            comma.reset();
            wants_entry = false;
        }
    }

    /// Does an inline table that is not closed on its line look as if it went on below? Looks at
    /// the next lines only: hostile text would make it look at everything again and again.
    bool goes_on_below(bool wants_entry) const {
        constexpr std::size_t kMaxLookAhead = 4096;
        const auto text = text_.substr(0, at_ + kMaxLookAhead);
        auto next = at_;
        while (next < text.size()) {
            next = text.find_first_not_of(" \t\r\n", next);
            if (next == std::string_view::npos) return false;
            if (text[next] != '#') break;
            next = std::min(text.find('\n', next), text.size());
        }
        if (next >= text.size()) return false;
        if (text[next] == '}' || text[next] == ',') return true;
        return wants_entry && text[next] != '[' &&
               text.find('}', next) < std::min(text.find("\n[", next), text.size());
    }

    // ---- what is defined

    std::vector<std::string> parts_of(NodeId key) const { return tree_.key_parts(key); }

    void define_header(NodeId header, bool is_array) {
        const auto key = tree_.child(header, NodeKind::Key);
        const auto parts = parts_of(key);
        const auto& node = tree_.node(header);
        const auto found = is_array ? definitions_.array_header(parts) : definitions_.header(parts);
        section_table_ = table_ = found.table;
        tell(found, parts, node.begin, node.end);
    }

    std::optional<Definitions::Slot> define_entry(NodeId key) {
        const auto parts = parts_of(key);
        const auto& node = tree_.node(key);
        const auto found = definitions_.entry(table_, parts);
        tell(found, parts, node.begin, node.end);
        return found.slot;
    }

    void tell(const Definitions::Outcome& outcome, const std::vector<std::string>& parts,
              std::size_t begin, std::size_t end) {
        using Conflict = Definitions::Conflict;
        if (outcome.conflict == Conflict::None) return;
        const auto name = printable(join(parts, "."), 80);
        if (outcome.conflict == Conflict::Inline)
            return fault(
                begin, end,
                fmt::format("`{}` cannot be added to a table that was written inline", name),
                "put it between the braces");
        fault(begin, end, fmt::format("`{}` is defined twice", name),
              "keep one of the two, or merge them");
    }

    SyntaxTree& tree_;
    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<NodeId> last_child_;
    NodeId section_ = kNoNode;
    Definitions definitions_;
    Definitions::Table section_table_ = Definitions::kRootTable;
    Definitions::Table table_ = Definitions::kRootTable;
    unsigned nesting_ = 0;     ///< arrays and inline tables that are open
    unsigned open_parts_ = 0;  ///< parts of the header and of the keys whose values are open
    bool resumed_ = false;  ///< the place is the start of a statement already, below a value that
                            ///< was never closed
    unsigned inline_depth_ = 0;
};

SyntaxTree::SyntaxTree(std::string text) : text_(std::move(text)) {
    SyntaxParser(*this).run();
}

std::vector<NodeId> SyntaxTree::children(NodeId id) const {
    std::vector<NodeId> ids;
    for (auto at = nodes_[id].first_child; at != kNoNode; at = nodes_[at].next_sibling)
        ids.push_back(at);
    return ids;
}

NodeId SyntaxTree::child(NodeId id, NodeKind kind) const {
    for (auto at = nodes_[id].first_child; at != kNoNode; at = nodes_[at].next_sibling)
        if (nodes_[at].kind == kind) return at;
    return kNoNode;
}

std::string_view SyntaxTree::text_of(NodeId id) const {
    return std::string_view(text_).substr(nodes_[id].begin, nodes_[id].end - nodes_[id].begin);
}

std::string SyntaxTree::decoded(NodeId id) const {
    const auto text = text_of(id);
    if (text.empty() || (text.front() != '"' && text.front() != '\'')) return std::string(text);
    return decode_string(text);
}

std::vector<std::string> SyntaxTree::key_parts(NodeId id) const {
    auto key = id;
    if (nodes_[id].kind != NodeKind::Key) key = child(id, NodeKind::Key);
    std::vector<std::string> parts;
    if (key == kNoNode) return parts;
    for (auto at = nodes_[key].first_child; at != kNoNode; at = nodes_[at].next_sibling)
        parts.push_back(decoded(at));
    return parts;
}

NodeId SyntaxTree::value_of(NodeId entry) const {
    for (auto at = nodes_[entry].first_child; at != kNoNode; at = nodes_[at].next_sibling)
        if (is_value(nodes_[at].kind)) return at;
    return kNoNode;
}

bool is_value(NodeKind kind) {
    return kind >= NodeKind::String;
}

std::string decode_string(std::string_view quoted) {
    if (quoted.empty()) return {};
    const char quote = quoted.front();
    const std::string three(3, quote);
    const bool is_long = quoted.starts_with(three);
    const std::size_t width = is_long ? 3 : 1;
    auto body = quoted.substr(width);
    if (body.size() >= width && body.ends_with(three.substr(0, width))) body.remove_suffix(width);
    // TOML 1.0, "String": a line end right after the opening quotes is trimmed.
    if (is_long && body.starts_with("\r\n"))
        body.remove_prefix(2);
    else if (is_long && body.starts_with('\n'))
        body.remove_prefix(1);
    if (quote == '\'') return std::string(body);
    std::string out;
    for (std::size_t i = 0; i < body.size();) {
        if (body[i] != '\\') {
            out += body[i++];
            continue;
        }
        if (const auto escape = read_escape(body, i)) {
            append_utf8(out, escape->point);
            i += escape->length;
            continue;
        }
        const auto behind = std::min(body.find_first_not_of(" \t\r\n", i + 1), body.size());
        const bool ends_line = body.substr(i, behind - i).find('\n') != std::string_view::npos;
        if (ends_line)
            i = behind;
        else
            out += body[i++];
    }
    return out;
}

}  // namespace pycontainer::toml
