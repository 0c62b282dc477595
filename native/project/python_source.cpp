#include "project/python_source.hpp"

#include "base/strings.hpp"

#include <algorithm>

namespace pycontainer::project {
namespace {

enum class TokenKind { Name, String, Number, Operator, Newline };

struct Token {
    TokenKind kind;
    std::string_view text;  ///< of a string: its contents, escapes as written
    unsigned line;
    unsigned indent;        ///< of the logical line; only the first token's counts
    bool is_plain = false;  ///< a string without prefix f or b and without escapes
};

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_name_byte(char c) {
    return is_name_start(c) || is_digit(c);
}

/// Python reference, 2.1 "Line structure" and 2.4 to 2.6; numbers and operators only as far as to
/// get past them.
class Tokenizer {
public:
    explicit Tokenizer(std::string_view text) : text_(text) {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    }

    std::vector<Token> run() {
        while (at_ < text_.size()) step();
        end_line();
        return std::move(tokens_);
    }

private:
    void step() {
        const char c = text_[at_];
        if (c == '\n') {
            if (depth_ == 0) end_line();
            ++line_;
            ++at_;
            if (depth_ == 0) measure_indent();
        } else if (c == '#') {
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else if (c == '\\' && (text_.substr(at_ + 1).starts_with("\n") ||
                                 text_.substr(at_ + 1).starts_with("\r\n"))) {
            at_ = text_.find('\n', at_) + 1;
            ++line_;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
            if (at_ == 0)
                measure_indent();
            else
                ++at_;
        } else if (c == '"' || c == '\'') {
            take_string("");
        } else if (is_name_start(c)) {
            take_name();
        } else if (is_digit(c)) {
            const auto start = at_;
            while (at_ < text_.size() && (is_name_byte(text_[at_]) || text_[at_] == '.')) ++at_;
            add(TokenKind::Number, text_.substr(start, at_ - start));
        } else {
            if (c == '(' || c == '[' || c == '{') ++depth_;
            if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
            const std::string_view rest = text_.substr(at_);
            std::size_t length = 1;
            for (const std::string_view two :
                 {"->", "==", ":=", "!=", "<=", ">=", "+=", "-=", "**", "//"})
                if (rest.starts_with(two)) length = 2;
            add(TokenKind::Operator, rest.substr(0, length));
            at_ += length;
        }
    }

    void take_name() {
        const auto start = at_;
        while (at_ < text_.size() && is_name_byte(text_[at_])) ++at_;
        const auto name = text_.substr(start, at_ - start);
        const bool is_prefix = name.size() <= 2 && at_ < text_.size() &&
                               (text_[at_] == '"' || text_[at_] == '\'') &&
                               to_lower(name).find_first_not_of("rbuft") == std::string::npos;
        if (is_prefix)
            take_string(name);
        else
            add(TokenKind::Name, name);
    }

    /// A string, ended by its quotes, or by the end of the line where that is an error.
    void take_string(std::string_view prefix) {
        const char quote = text_[at_];
        const std::string triple(3, quote);
        const bool is_triple = text_.substr(at_).starts_with(triple);
        const std::string_view close =
            is_triple ? std::string_view(triple) : std::string_view(triple).substr(0, 1);
        const auto first_line = line_;
        at_ += close.size();
        const auto start = at_;
        bool escaped = false;
        while (at_ < text_.size() && !text_.substr(at_).starts_with(close)) {
            if (text_[at_] == '\n') {
                if (!is_triple) break;
                ++line_;
            }
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                escaped = true;
                ++at_;
                if (text_[at_] == '\n') ++line_;
            }
            ++at_;
        }
        const auto end = std::min(at_, text_.size());
        const auto lower = to_lower(prefix);
        const bool plain = lower.find_first_of("fbt") == std::string::npos &&
                           (!escaped || lower.find('r') != std::string::npos);
        tokens_.push_back(
            {TokenKind::String, text_.substr(start, end - start), first_line, indent_, plain});
        at_ = end;
        if (text_.substr(at_).starts_with(close)) at_ += close.size();
    }

    void measure_indent() {
        indent_ = 0;
        for (; at_ < text_.size(); ++at_) {
            if (text_[at_] == ' ')
                ++indent_;
            else if (text_[at_] == '\t')
                indent_ = (indent_ / 8 + 1) * 8;
            else if (text_[at_] == '\f')
                indent_ = 0;
            else
                break;
        }
    }

    void end_line() {
        if (!tokens_.empty() && tokens_.back().kind != TokenKind::Newline)
            add(TokenKind::Newline, "");
    }
    void add(TokenKind kind, std::string_view text) {
        tokens_.push_back({kind, text, line_, indent_});
    }

    std::string_view text_;
    std::size_t at_ = 0;
    unsigned line_ = 1;
    unsigned indent_ = 0;
    unsigned depth_ = 0;
    std::vector<Token> tokens_;
};

/// Goes over logical lines and keeps what is at the top level.
class Reader {
public:
    explicit Reader(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    PythonSource run() {
        // Imports first: a factory may call what is imported further down.
        for_each_line([this] { read_import(); });
        for_each_line([this] { read_statement(); });
        return std::move(source_);
    }

private:
    template <typename Visit>
    void for_each_line(Visit visit) {
        blocks_.clear();
        for (line_ = 0; line_ < tokens_.size(); line_ = end_ + 1) {
            end_ = line_;
            while (end_ < tokens_.size() && tokens_[end_].kind != TokenKind::Newline) ++end_;
            if (end_ == line_) continue;
            at_ = line_;
            while (!blocks_.empty() && tokens_[line_].indent <= blocks_.back().indent)
                blocks_.pop_back();
            visit();
        }
    }

    // What encloses the current line.
    enum class Block { Transparent, Function, Opaque };
    struct OpenBlock {
        unsigned indent;
        Block kind;
        std::size_t function = 0;  ///< index in `functions`
    };

    const Token* peek(std::size_t ahead = 0) const {
        return at_ + ahead < end_ ? &tokens_[at_ + ahead] : nullptr;
    }
    bool is(std::string_view text, std::size_t ahead = 0) const {
        const auto* token = peek(ahead);
        return token && token->kind != TokenKind::String && token->text == text;
    }
    bool take(std::string_view text) {
        if (!is(text)) return false;
        ++at_;
        return true;
    }
    std::string take_name() {
        const auto* token = peek();
        if (!token || token->kind != TokenKind::Name) return {};
        ++at_;
        return std::string(token->text);
    }
    std::string take_dotted() {
        std::string name = take_name();
        while (!name.empty() && is(".") && peek(1) && peek(1)->kind == TokenKind::Name) {
            ++at_;
            name += "." + take_name();
        }
        return name;
    }
    /// The first part of a dotted name replaced by what an import bound to it.
    std::string resolve(const std::string& dotted) const {
        const auto dot = dotted.find('.');
        const auto found = source_.names.find(dotted.substr(0, dot));
        if (found == source_.names.end()) return dotted;
        return found->second + (dot == std::string::npos ? std::string() : dotted.substr(dot));
    }

    void read_import() {
        if (take("import")) {
            do {
                const auto module = take_dotted();
                if (module.empty()) return;
                source_.imports.push_back(module);
                const auto first = module.substr(0, module.find('.'));
                if (take("as"))
                    source_.names[take_name()] = module;
                else
                    source_.names[first] = first;
            } while (take(","));
        } else if (take("from")) {
            std::string module;
            while (is(".")) module += tokens_[at_++].text;
            if (!is("import")) module += take_dotted();
            if (module.empty() || !take("import")) return;
            source_.imports.push_back(module);
            take("(");
            do {
                const auto name = take_name();
                if (name.empty()) return;
                const auto bound = take("as") ? take_name() : name;
                source_.names[bound] = module.ends_with('.') ? module + name : module + "." + name;
            } while (take(","));
        }
    }

    void read_statement() {
        if (!blocks_.empty() && blocks_.front().kind == Block::Function)
            note_callees(blocks_.front().function, at_);
        const bool at_top = std::all_of(blocks_.begin(), blocks_.end(), [](const auto& block) {
            return block.kind == Block::Transparent;
        });
        const auto indent = tokens_[line_].indent;
        take("async");
        if (take("def")) {
            if (at_top)
                read_function(indent);
            else
                blocks_.push_back({indent, Block::Opaque});
        } else if (is("class")) {
            blocks_.push_back({indent, Block::Opaque});
        } else if (is("if") && is("__name__", 1)) {
            blocks_.push_back({indent, Block::Opaque});
        } else if (tokens_[end_ - 1].text == ":" && tokens_[end_ - 1].kind == TokenKind::Operator) {
            blocks_.push_back({indent, Block::Transparent});
        } else if (at_top) {
            read_assignment();
        }
    }

    void read_function(unsigned indent) {
        PythonFunction function;
        function.line = tokens_[line_].line;
        function.name = take_name();
        if (function.name.empty()) return;
        function.needs_arguments = read_parameters();
        if (take("->")) function.returns = resolve(read_annotation());
        blocks_.push_back({indent, Block::Function, source_.functions.size()});
        source_.functions.push_back(std::move(function));
        // `def f(): return Flask(__name__)` on one line.
        note_callees(source_.functions.size() - 1, at_);
    }

    /// Over `( … )`; true when some parameter other than `*args`, `**kwargs` has no default.
    bool read_parameters() {
        if (!take("(")) return false;
        bool needs = false;
        int depth = 0;
        bool has_name = false;
        bool optional = false;
        for (; peek(); ++at_) {
            const bool closes = depth == 0 && is(")");
            if (closes || (depth == 0 && is(","))) {
                needs = needs || (has_name && !optional);
                has_name = optional = false;
                if (closes) {
                    ++at_;
                    return needs;
                }
            } else if (is("(") || is("[") || is("{")) {
                ++depth;
            } else if (is(")") || is("]") || is("}")) {
                --depth;
            } else if (depth == 0) {
                if (is("=") || is("*") || is("**") || is("/"))
                    optional = true;
                else
                    has_name = true;
            }
        }
        return needs;
    }

    /// `FastAPI`, `"FastAPI"`, `Optional[FastAPI]` gives `Optional`; stops before `=` and `:`.
    std::string read_annotation() {
        if (const auto* token = peek(); token && token->kind == TokenKind::String) {
            ++at_;
            return std::string(trim(token->text));
        }
        return take_dotted();
    }

    void note_callees(std::size_t function, std::size_t from) {
        const auto saved = at_;
        for (at_ = from; at_ < end_;) {
            const bool attribute = at_ > from && tokens_[at_ - 1].text == "." &&
                                   tokens_[at_ - 1].kind == TokenKind::Operator;
            const auto name = take_dotted();
            if (name.empty())
                ++at_;
            else if (!attribute && is("("))
                source_.functions[function].callees.push_back(resolve(name));
        }
        at_ = saved;
    }

    void read_assignment() {
        PythonAssignment assignment;
        assignment.line = tokens_[line_].line;
        assignment.name = take_name();
        if (assignment.name.empty()) return;
        if (take(":")) {
            assignment.annotation = resolve(read_annotation());
            int depth = 0;
            for (; peek() && (depth > 0 || !is("=")); ++at_)
                depth += is("[") || is("(") ? 1 : is("]") || is(")") ? -1 : 0;
        }
        if (!take("=")) return;
        std::vector<std::string> names{assignment.name};
        while (peek() && peek()->kind == TokenKind::Name && is("=", 1)) {  // `a = b = value`
            names.push_back(take_name());
            ++at_;
        }
        const auto* value = peek();
        if (value && value->kind == TokenKind::String && value->is_plain && at_ + 1 == end_)
            assignment.literal = std::string(value->text);
        take("await");
        const auto callee = take_dotted();
        if (!callee.empty() && is("(")) assignment.callee = resolve(callee);
        for (auto& name : names) {
            assignment.name = std::move(name);
            source_.assignments.push_back(assignment);
        }
    }

    std::vector<Token> tokens_;
    std::size_t line_ = 0;  ///< first token of the line
    std::size_t end_ = 0;   ///< its newline
    std::size_t at_ = 0;
    std::vector<OpenBlock> blocks_;
    PythonSource source_;
};

}  // namespace

PythonSource read_python(std::string_view text) {
    return Reader(Tokenizer(text).run()).run();
}

std::optional<std::string> string_after(std::string_view text, std::string_view key) {
    const auto tokens = Tokenizer(text).run();
    for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
        if (tokens[i].kind != TokenKind::String || tokens[i].text != key) continue;
        // `environ["KEY"] = "value"` as well as `setdefault("KEY", "value")`.
        auto next = i + 1;
        if (tokens[next].text == "]") ++next;
        if (next + 1 < tokens.size() && (tokens[next].text == "," || tokens[next].text == "=") &&
            tokens[next + 1].kind == TokenKind::String)
            return std::string(tokens[next + 1].text);
    }
    return std::nullopt;
}

}  // namespace pycontainer::project
