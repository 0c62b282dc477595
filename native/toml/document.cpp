#include "toml/document.hpp"

#include "base/strings.hpp"
#include "toml/line_index.hpp"
#include "toml/syntax_tree.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <exception>

namespace pycontainer::toml {

struct Document::Tree {
    LineIndex index;
    ::toml::table root;
};

namespace {

// ---- limits, before the parser
// -------------------------------------------------------------------------------------------------

/// Walks over the text as a TOML lexer does, up to its first fault, and measures what could exhaust
/// the stack or the clock. What it sees after a fault does not matter: the parser stops there.
class LimitScan {
public:
    explicit LimitScan(std::string_view text) : text_(text) {}

    /// The reason to refuse the text and the offset, or an empty reason.
    std::string_view reason() const { return reason_; }
    std::size_t offset() const { return at_; }

    LimitScan& run() {
        while (at_ < text_.size() && reason_.empty()) step();
        return *this;
    }

private:
    /// An open bracket: the parts of the key before it, and whether keys or values stand in it.
    struct Bracket {
        std::size_t key_parts;
        bool holds_keys;
    };

    void step() {
        const char c = text_[at_];
        switch (c) {
            case '#': at_ = std::min(text_.find('\n', at_), text_.size()); return;
            case '"':
            case '\'': skip_string(c); return;
            case ' ':
            case '\t':
            case '\r': ++at_; return;
            case '\n': end_line(); break;
            case '[': at_line_start_ ? open_header() : open(false); break;
            case '{': open(true); break;
            case ']':
            case '}': close(); break;
            case '.': separate_parts(); break;
            case '=': in_value_ = true; break;
            case ',': next_item(); break;
            default: break;
        }
        if (c != '\n') at_line_start_ = false;
        if (reason_.empty()) ++at_;
    }

    void end_line() {
        if (in_header_) header_parts_ = key_parts_;
        in_header_ = false;
        if (!open_.empty()) return;
        key_parts_ = 1;
        in_value_ = false;
        at_line_start_ = true;
    }

    void open_header() {
        in_header_ = true;
        in_value_ = false;
        header_parts_ = 0;
        key_parts_ = 1;
        count_table();
    }

    void open(bool holds_keys) {
        if (in_header_) return;  // the second bracket of an array of tables
        open_.push_back({key_parts_, holds_keys});
        depth_below_ += key_parts_;
        key_parts_ = 1;
        in_value_ = !holds_keys;
        check_depth();
    }

    void close() {
        if (open_.empty()) return;
        key_parts_ = open_.back().key_parts;
        depth_below_ -= key_parts_;
        open_.pop_back();
        in_value_ = true;
    }

    void next_item() {
        if (open_.empty()) return;
        key_parts_ = 1;
        in_value_ = !open_.back().holds_keys;
    }

    void separate_parts() {
        if (in_value_) return;  // of a number
        if (++key_parts_ == 2 && !in_header_) count_table();
        check_depth();
    }

    void check_depth() {
        if (header_parts_ + depth_below_ + key_parts_ > kMaxDepth) reason_ = "is nested too deeply";
    }
    void count_table() {
        if (++tables_ > kMaxTables) reason_ = "has too many tables and dotted keys";
    }

    /// The offset after the string that starts here (TOML 1.0, "String").
    void skip_string(char quote) {
        at_line_start_ = false;
        const std::string three(3, quote);
        const bool multi_line = text_.substr(at_).starts_with(three);
        at_ += multi_line ? 3 : 1;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\\' && quote == '"') {
                at_ += 2;
            } else if (multi_line && text_.substr(at_).starts_with(three)) {
                at_ += 3;
                for (int extra = 0; extra < 2 && at_ < text_.size() && text_[at_] == quote; ++extra)
                    ++at_;
                return;
            } else if (!multi_line && (c == quote || c == '\n')) {
                at_ += c == quote ? 1 : 0;
                return;
            } else {
                ++at_;
            }
        }
        at_ = text_.size();
    }

    std::string_view text_;
    std::string_view reason_;
    std::size_t at_ = 0;
    std::vector<Bracket> open_;
    std::size_t depth_below_ = 0;  // the key parts of all in `open_`
    std::size_t key_parts_ = 1;
    std::size_t header_parts_ = 0;
    std::size_t tables_ = 0;
    bool at_line_start_ = true;
    bool in_header_ = false;
    bool in_value_ = false;
};

// ---- values
// --------------------------------------------------------------------------------------------------------------------

std::string to_text(const ::toml::date& date) {
    return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string to_text(const ::toml::time& time) {
    auto text = fmt::format("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
    if (time.nanosecond == 0) return text;
    text += fmt::format(".{:09}", time.nanosecond);
    text.erase(text.find_last_not_of('0') + 1);
    return text;
}

std::string to_text(const ::toml::date_time& value) {
    auto text = to_text(value.date) + "T" + to_text(value.time);
    if (!value.offset) return text;
    const int minutes = value.offset->minutes;
    if (minutes == 0) return text + "Z";
    const int distance = minutes < 0 ? -minutes : minutes;
    return text +
           fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', distance / 60, distance % 60);
}

Json to_json(const ::toml::node& node) {
    if (const auto* table = node.as_table()) {
        Json object = Json::object();
        for (const auto& [key, value] : *table) object[std::string(key.str())] = to_json(value);
        return object;
    }
    if (const auto* array = node.as_array()) {
        Json list = Json::array();
        for (const auto& value : *array) list.push_back(to_json(value));
        return list;
    }
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* integer = node.as_integer()) {
        if (integer->get() >= 0) return static_cast<std::uint64_t>(integer->get());
        return integer->get();
    }
    if (const auto* real = node.as_floating_point()) return real->get();
    if (const auto* boolean = node.as_boolean()) return boolean->get();
    if (const auto* date = node.as_date()) return to_text(date->get());
    if (const auto* time = node.as_time()) return to_text(time->get());
    if (const auto* date_time = node.as_date_time()) return to_text(date_time->get());
    return nullptr;
}

// ---- places
// --------------------------------------------------------------------------------------------------------------------

std::size_t to_offset(const LineIndex& index, ::toml::source_position position) {
    return index.offset_of_code_point(position.line == 0 ? 0 : position.line - 1,
                                      position.column == 0 ? 0 : position.column - 1);
}

Range to_range(const LineIndex& index, const ::toml::source_region& region) {
    const auto begin = to_offset(index, region.begin);
    return index.range_of(begin, std::max(begin, to_offset(index, region.end)));
}

struct Found {
    const ::toml::key* key = nullptr;
    const ::toml::node* node = nullptr;
};

Found find(const ::toml::table& root, std::string_view json_pointer) {
    const auto tokens = pointer_tokens(json_pointer);
    if (!tokens) return {};
    Found found{nullptr, &root};
    for (const auto& token : *tokens) {
        if (const auto* table = found.node->as_table()) {
            const auto entry = table->find(token);
            if (entry == table->end()) return {};
            found = {&entry->first, &entry->second};
        } else if (const auto* array = found.node->as_array()) {
            std::size_t number = 0;
            const auto* end = token.data() + token.size();
            const auto [rest, fault] = std::from_chars(token.data(), end, number);
            if (fault != std::errc() || rest != end || number >= array->size()) return {};
            found = {nullptr, array->get(number)};
        } else {
            return {};
        }
    }
    return found;
}

Document refuse(std::string_view file, Diagnostic diagnostic) {
    diagnostic.file = file;
    Document document;
    document.diagnostics.push_back(std::move(diagnostic));
    return document;
}

Document refuse(std::string_view file, const SyntaxTree& syntax) {
    Document document;
    const LineIndex index(syntax.text());
    for (const auto& fault : syntax.faults())
        document.diagnostics.push_back({std::string(file), index.range_of(fault.begin, fault.end),
                                        Severity::Error, "toml/syntax", fault.message, fault.hint});
    return document;
}

Diagnostic too_large(Range range, std::string message) {
    return {{},
            range,
            Severity::Error,
            "toml/too-large",
            std::move(message),
            "no file of a Python project is like this: is it the right one?"};
}

/// The first byte that is not UTF-8 or is NUL, or the size of the text.
std::size_t first_bad_byte(std::string_view text) {
    const auto nul = std::min(text.find('\0'), text.size());
    const auto valid = text.substr(0, nul);
    if (is_valid_utf8(valid)) return nul;
    std::size_t low = 0, high = valid.size();  // every shorter valid prefix is valid too, but for a
                                               // cut last character
    for (std::size_t line = 0; line < valid.size();) {
        const auto end = std::min(valid.find('\n', line), valid.size());
        if (!is_valid_utf8(valid.substr(line, end - line))) {
            low = line;
            high = end;
            break;
        }
        line = end + 1;
    }
    for (auto at = low; at < high;) {
        std::size_t length = 1;
        while (length <= 4 && !is_valid_utf8(valid.substr(at, length))) ++length;
        if (length > 4) return at;
        at += length;
    }
    return high;
}

}  // namespace

std::optional<Range> Document::key_range(std::string_view json_pointer) const {
    if (!tree) return std::nullopt;
    const auto found = find(tree->root, json_pointer);
    if (!found.key) return std::nullopt;
    return to_range(tree->index, found.key->source());
}

std::optional<Range> Document::value_range(std::string_view json_pointer) const {
    if (!tree) return std::nullopt;
    auto found = find(tree->root, json_pointer);
    if (!found.node) return std::nullopt;
    if (found.node == &tree->root) return Range{};
    // toml++ stretches an array of tables over what follows its first header; that header is the
    // place people look for.
    if (const auto* array = found.node->as_array(); array && !array->empty()) {
        const auto* first = array->get(0)->as_table();
        if (first && !first->is_inline()) found.node = first;
    }
    return to_range(tree->index, found.node->source());
}

Range Document::range_or_start(std::string_view json_pointer) const {
    if (const auto range = value_range(json_pointer)) return *range;
    return key_range(json_pointer).value_or(Range{});
}

std::string Document::text() const {
    return tree ? tree->index.text() : std::string();
}

std::string Document::text_of(const Range& range) const {
    if (!tree) return {};
    const auto begin = tree->index.offset_at(range.start);
    const auto end = std::max(begin, tree->index.offset_at(range.end));
    return tree->index.text().substr(begin, end - begin);
}

namespace {

/// Why a text is not even looked at.
std::optional<Document> refusal(std::string_view text, std::string_view file) {
    if (text.size() > kMaxBytes)
        return refuse(
            file, too_large({}, fmt::format("the file is larger than {}", format_size(kMaxBytes))));
    if (const auto bad = first_bad_byte(text); bad < text.size()) {
        const LineIndex index(text);
        Diagnostic diagnostic{{}, index.range_of(bad, bad + 1), Severity::Error, "toml/syntax", {},
                              {}};
        diagnostic.message = text[bad] == '\0' ? "the file has a NUL byte here"
                                               : "the file is not UTF-8 from here on";
        diagnostic.hint = "save it as UTF-8 text";
        return refuse(file, std::move(diagnostic));
    }
    if (const auto scan = LimitScan(text).run(); !scan.reason().empty()) {
        const LineIndex index(text);
        return refuse(file, too_large(index.range_of(scan.offset(), scan.offset() + 1),
                                      fmt::format("the file {}", scan.reason())));
    }
    return std::nullopt;
}

Document parse_checked(const SyntaxTree& syntax, std::string_view file) {
    // Our own reading tells all faults, in our words, whatever toml++ says.
    if (!syntax.faults().empty()) return refuse(file, syntax);
    const std::string_view text = syntax.text();
    auto tree = std::make_shared<Document::Tree>();
    tree->index = LineIndex(text);
    try {
        tree->root = ::toml::parse(text);
    } catch (const ::toml::parse_error& error) {
        const auto at = to_offset(tree->index, error.source().begin);
        return refuse(file, {{},
                             tree->index.range_of(at, at + 1),
                             Severity::Error,
                             "toml/syntax",
                             fmt::format("not valid TOML: {}", printable(error.description())),
                             {}});
    } catch (const std::exception& error) {
        return refuse(file, {{},
                             {},
                             Severity::Error,
                             "toml/syntax",
                             fmt::format("the file could not be parsed: {}", error.what()),
                             {}});
    }
    Document document;
    document.value = to_json(tree->root);
    document.tree = std::move(tree);
    return document;
}

}  // namespace

Document parse(std::string_view text, std::string_view file) {
    if (auto refused = refusal(text, file)) return std::move(*refused);
    return parse_checked(SyntaxTree(std::string(text)), file);
}

Document parse(const SyntaxTree& syntax, std::string_view file) {
    if (auto refused = refusal(syntax.text(), file)) return std::move(*refused);
    return parse_checked(syntax, file);
}

std::string pointer_to(std::string_view parent, std::string_view key) {
    auto token = replace_all(std::string(key), "~", "~0");
    token = replace_all(std::move(token), "/", "~1");
    return fmt::format("{}/{}", parent, token);
}

std::string pointer_to(std::string_view parent, std::size_t index) {
    return fmt::format("{}/{}", parent, index);
}

std::optional<std::vector<std::string>> pointer_tokens(std::string_view json_pointer) {
    std::vector<std::string> tokens;
    if (json_pointer.empty()) return tokens;
    if (json_pointer.front() != '/') return std::nullopt;
    for (const auto part : split(json_pointer.substr(1), '/')) {
        auto token = replace_all(std::string(part), "~1", "/");
        tokens.push_back(replace_all(std::move(token), "~0", "~"));
    }
    return tokens;
}

}  // namespace pycontainer::toml
