#include "schema/pattern.hpp"

#include <memory>

namespace pycontainer::schema {
namespace {

using Fragment = std::vector<Pattern::Instruction>;
using Operation = Pattern::Operation;

constexpr int kMaxRepeat = 100;
constexpr int kMaxDepth = 20;

Fragment one(Operation operation, int first = 0, int second = 0) {
    return {{operation, {}, first, second}};
}
Fragment bytes(const std::bitset<256>& set) {
    return {{Operation::Bytes, set, 1, 0}};
}
void append(Fragment& to, const Fragment& from) {
    to.insert(to.end(), from.begin(), from.end());
}
int length(const Fragment& fragment) {
    return static_cast<int>(fragment.size());
}

Fragment optional(const Fragment& atom) {
    auto result = one(Operation::Split, 1, length(atom) + 1);
    append(result, atom);
    return result;
}

Fragment any_number(const Fragment& atom) {
    auto result = one(Operation::Split, 1, length(atom) + 2);
    append(result, atom);
    append(result, one(Operation::Jump, -(length(atom) + 1)));
    return result;
}

void add_range(std::bitset<256>& set, char from, char to) {
    for (unsigned c = static_cast<unsigned char>(from); c <= static_cast<unsigned char>(to); ++c)
        set.set(c);
}

/// The bytes of `\d`, `\w`, `\s` or of an escaped punctuation mark.
std::optional<std::bitset<256>> escaped(char c) {
    std::bitset<256> set;
    if (c == 'd' || c == 'w') add_range(set, '0', '9');
    if (c == 'w') {
        add_range(set, 'a', 'z');
        add_range(set, 'A', 'Z');
        set.set('_');
    }
    if (c == 's')
        for (const char space : std::string_view(" \t\n\r\f\v"))
            set.set(static_cast<unsigned char>(space));
    if (set.any()) return set;
    if (std::string_view("\\/.*+?()[]{}|^$-").find(c) == std::string_view::npos)
        return std::nullopt;
    set.set(static_cast<unsigned char>(c));
    return set;
}

/// Recursive descent over the pattern; any fault makes the whole nothing.
class Compiler {
public:
    explicit Compiler(std::string_view text) : text_(text) {}

    std::optional<Fragment> compile() {
        auto fragment = alternatives();
        if (failed_ || at_ != text_.size()) return std::nullopt;
        append(fragment, one(Operation::Match));
        return fragment;
    }

private:
    bool at_end() const { return at_ >= text_.size(); }
    bool accept(char c) {
        if (at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    Fragment fail() {
        failed_ = true;
        at_ = text_.size();
        return {};
    }

    Fragment alternatives() {
        if (++depth_ > kMaxDepth) return fail();
        auto left = sequence();
        while (accept('|')) {
            const auto right = sequence();
            auto both = one(Operation::Split, 1, length(left) + 2);
            append(both, left);
            append(both, one(Operation::Jump, length(right) + 1));
            append(both, right);
            left = std::move(both);
        }
        --depth_;
        return left;
    }

    Fragment sequence() {
        Fragment result;
        while (!at_end() && text_[at_] != '|' && text_[at_] != ')')
            append(result, repeated(atom()));
        return result;
    }

    Fragment repeated(Fragment atom) {
        if (accept('?')) return optional(atom);
        if (accept('*')) return any_number(atom);
        if (accept('+')) {
            append(atom, one(Operation::Split, -length(atom), 1));
            return atom;
        }
        if (!accept('{')) return atom;
        const int low = number();
        const int high = accept(',') ? number() : low;
        if (!accept('}') || low < 0 || high < low) return fail();
        Fragment result;
        for (int i = 0; i < low; ++i) append(result, atom);
        for (int i = low; i < high; ++i) append(result, optional(atom));
        return result;
    }

    int number() {
        int value = -1;
        while (!at_end() && text_[at_] >= '0' && text_[at_] <= '9' && value <= kMaxRepeat)
            value = (value < 0 ? 0 : value * 10) + (text_[at_++] - '0');
        return value > kMaxRepeat ? -1 : value;
    }

    Fragment atom() {
        const char c = text_[at_++];
        std::bitset<256> set;
        switch (c) {
            case '^': return one(Operation::Start, 1);
            case '$': return one(Operation::End, 1);
            case '.': return bytes(set.set().reset('\n'));
            case '[': return character_class();
            case '(': {
                auto inside = alternatives();
                return accept(')') ? inside : fail();
            }
            case '\\': {
                if (at_end()) return fail();
                const auto escape = escaped(text_[at_++]);
                return escape ? bytes(*escape) : fail();
            }
            case '?':
            case '*':
            case '+':
            case '{': return fail();
            default: return bytes(set.set(static_cast<unsigned char>(c)));
        }
    }

    Fragment character_class() {
        std::bitset<256> set;
        const bool negated = accept('^');
        while (!at_end() && text_[at_] != ']') {
            const char c = text_[at_++];
            if (c == '\\') {
                const auto escape = at_end() ? std::nullopt : escaped(text_[at_++]);
                if (!escape) return fail();
                set |= *escape;
            } else if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
                add_range(set, c, text_[at_ + 1]);
                at_ += 2;
            } else {
                set.set(static_cast<unsigned char>(c));
            }
        }
        if (!accept(']')) return fail();
        return bytes(negated ? ~set : set);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
    bool failed_ = false;
};

/// The instructions that a set of threads stands at, each once.
class Threads {
public:
    explicit Threads(const std::vector<Pattern::Instruction>& program)
        : program_(program), seen_(program.size(), false) {}

    /// Adds `from` and all that is reached from it without reading.
    void add(std::size_t from, bool at_start, bool at_end) {
        std::vector<std::size_t> open{from};
        while (!open.empty()) {
            const auto at = open.back();
            open.pop_back();
            if (seen_[at]) continue;
            seen_[at] = true;
            const auto& instruction = program_[at];
            const auto go = [&](int distance) {
                open.push_back(
                    static_cast<std::size_t>(static_cast<std::ptrdiff_t>(at) + distance));
            };
            switch (instruction.operation) {
                case Operation::Split:
                    go(instruction.first);
                    go(instruction.second);
                    break;
                case Operation::Jump: go(instruction.first); break;
                case Operation::Start:
                    if (at_start) go(1);
                    break;
                case Operation::End:
                    if (at_end) go(1);
                    break;
                case Operation::Bytes: reading_.push_back(at); break;
                case Operation::Match: matched_ = true; break;
            }
        }
    }

    const std::vector<std::size_t>& reading() const { return reading_; }
    bool matched() const { return matched_; }

private:
    const std::vector<Pattern::Instruction>& program_;
    std::vector<bool> seen_;
    std::vector<std::size_t> reading_;
    bool matched_ = false;
};

}  // namespace

std::optional<Pattern> Pattern::compile(std::string_view text) {
    auto program = Compiler(text).compile();
    if (!program) return std::nullopt;
    Pattern pattern;
    pattern.program_ = std::move(*program);
    return pattern;
}

bool Pattern::matches(std::string_view text) const {
    auto threads = std::make_unique<Threads>(program_);
    threads->add(0, true, text.empty());
    for (std::size_t i = 0; i < text.size() && !threads->matched(); ++i) {
        auto next = std::make_unique<Threads>(program_);
        const bool at_end = i + 1 == text.size();
        for (const auto at : threads->reading())
            if (program_[at].bytes[static_cast<unsigned char>(text[i])])
                next->add(at + 1, false, at_end);
        next->add(0, false, at_end);
        threads = std::move(next);
    }
    return threads->matched();
}

}  // namespace pycontainer::schema
