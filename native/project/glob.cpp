#include "project/glob.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace pycontainer::project {
namespace {

constexpr std::size_t kMaxPattern = 4096;

std::size_t index_of(char c) {
    return static_cast<unsigned char>(c);
}

/// POSIX class names as git's wildmatch knows them; ASCII only, so that no locale matters.
bool in_named_class(std::string_view name, unsigned char c) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool upper = c >= 'A' && c <= 'Z';
    const bool digit = c >= '0' && c <= '9';
    const bool graph = c > 0x20 && c < 0x7F;
    if (name == "alpha") return lower || upper;
    if (name == "digit") return digit;
    if (name == "alnum") return lower || upper || digit;
    if (name == "upper") return upper;
    if (name == "lower") return lower;
    if (name == "space") return c == ' ' || (c >= '\t' && c <= '\r');
    if (name == "blank") return c == ' ' || c == '\t';
    if (name == "punct") return graph && !(lower || upper || digit);
    if (name == "xdigit") return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (name == "print") return graph || c == ' ';
    if (name == "graph") return graph;
    if (name == "cntrl") return c < 0x20 || c == 0x7F;
    return false;
}

}  // namespace

Glob::Glob(std::string_view pattern, GlobDialect dialect) {
    if (pattern.size() > kMaxPattern) {
        is_broken_ = true;
        return;
    }
    compile(pattern, dialect);
    if (is_broken_) return;

    const auto is_wild = [](const Token& token) { return token.kind != Kind::Literal; };
    const auto wild = std::find_if(tokens_.begin(), tokens_.end(), is_wild);
    for (auto token = tokens_.begin(); token != wild; ++token) prefix_ += token->byte;
    is_literal_ = wild == tokens_.end();
    is_suffix_ = wild == tokens_.begin() && !is_literal_ && wild->kind == Kind::Star &&
                 std::none_of(wild + 1, tokens_.end(), is_wild);
    if (is_suffix_)
        for (auto token = wild + 1; token != tokens_.end(); ++token) suffix_ += token->byte;
}

void Glob::compile(std::string_view pattern, GlobDialect dialect) {
    for (std::size_t i = 0; i < pattern.size() && !is_broken_;) {
        const char c = pattern[i];
        if (c == '*') {
            i = compile_stars(pattern, i, dialect);
        } else if (c == '?') {
            tokens_.push_back({Kind::AnyByte});
            ++i;
        } else if (c == '[') {
            i = compile_class(pattern, i, dialect);
        } else {
            if (c == '\\' && ++i == pattern.size()) {
                is_broken_ = true;
                return;
            }
            tokens_.push_back({Kind::Literal, pattern[i]});
            ++i;
        }
    }
}

std::size_t Glob::compile_stars(std::string_view pattern, std::size_t at, GlobDialect dialect) {
    auto end = std::min(pattern.find_first_not_of('*', at), pattern.size());
    if (end - at == 1) {
        tokens_.push_back({Kind::Star});
        return end;
    }
    if (dialect == GlobDialect::Docker) {  // moby takes the stars in pairs, wherever they are
        end = at + 2;
        if (end < pattern.size() && pattern[end] == '/') ++end;
        tokens_.push_back({end == pattern.size() ? Kind::DeepText : Kind::DeepPath});
        return end;
    }
    // gitignore(5): two asterisks are special as a whole component; "other consecutive asterisks
    // are considered regular asterisks".
    const bool starts_component = at == 0 || pattern[at - 1] == '/';
    if (starts_component && end == pattern.size()) {
        tokens_.push_back({Kind::DeepText});
    } else if (starts_component && pattern[end] == '/') {
        tokens_.push_back({Kind::DeepPath});
        ++end;
    } else {
        tokens_.push_back({Kind::Star});
    }
    return end;
}

std::size_t Glob::compile_class(std::string_view pattern, std::size_t at, GlobDialect dialect) {
    std::bitset<256> set;
    std::size_t i = at + 1;
    const bool negated = i < pattern.size() &&
                         (pattern[i] == '^' || (pattern[i] == '!' && dialect == GlobDialect::Git));
    if (negated) ++i;
    const auto first = i;
    // A member at `i`, escapes resolved; moves `i` behind it.
    const auto take = [&] {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
        return index_of(pattern[i++]);
    };
    while (i < pattern.size() && (pattern[i] != ']' || i == first)) {
        if (pattern.substr(i).starts_with("[:")) {
            if (const auto close = pattern.find(":]", i + 2); close != std::string_view::npos) {
                for (unsigned byte = 0; byte < 256; ++byte)
                    if (in_named_class(pattern.substr(i + 2, close - i - 2),
                                       static_cast<unsigned char>(byte)))
                        set.set(byte);
                i = close + 2;
                continue;
            }
        }
        const auto low = take();
        auto high = low;
        if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
            ++i;
            high = take();
        }
        for (auto byte = low; byte <= high; ++byte) set.set(byte);
    }
    if (i >= pattern.size()) {
        is_broken_ = true;
        return pattern.size();
    }
    if (negated) set.flip();
    set.reset(index_of('/'));
    tokens_.push_back({Kind::Class, 0, static_cast<std::uint16_t>(sets_.size())});
    sets_.push_back(set);
    return i + 1;
}

bool Glob::matches(std::string_view path) const {
    if (is_broken_) return false;
    if (is_literal_) return path == prefix_;
    if (is_suffix_)
        return path.ends_with(suffix_) &&
               path.substr(0, path.size() - suffix_.size()).find('/') == std::string_view::npos;
    return path.starts_with(prefix_) && simulate(path);
}

/// All states at once, as sets: no backtracking, so that a hostile pattern costs pattern times path
/// and no more.
bool Glob::simulate(std::string_view path) const {
    const auto accept = tokens_.size();
    const auto width = accept + 1;
    std::array<char, 512> small{};
    std::vector<char> large;
    if (4 * width > small.size()) large.resize(4 * width);
    const std::span<char> memory = large.empty() ? std::span<char>(small) : std::span<char>(large);
    // `at[s]`: the text so far leads to token s. `inside[s]`: it ends within the DeepPath s, which
    // only a `/` leaves.
    auto at = memory.subspan(0, width);
    auto inside = memory.subspan(width, width);
    auto next_at = memory.subspan(2 * width, width);
    auto next_inside = memory.subspan(3 * width, width);
    bool alive = true;
    const auto enter = [&](std::span<char> states, std::size_t state) {
        alive = true;
        for (states[state] = 1; state < accept && tokens_[state].kind >= Kind::Star;
             states[++state] = 1) {
        }
    };

    enter(at, 0);
    for (const char c : path) {
        alive = false;
        std::fill(next_at.begin(), next_at.end(), '\0');
        std::fill(next_inside.begin(), next_inside.end(), '\0');
        for (std::size_t state = 0; state < accept; ++state) {
            if (at[state] == 0 && inside[state] == 0) continue;
            const auto& token = tokens_[state];
            switch (token.kind) {
                case Kind::Literal:
                    if (token.byte == c) enter(next_at, state + 1);
                    break;
                case Kind::AnyByte:
                    if (c != '/') enter(next_at, state + 1);
                    break;
                case Kind::Class:
                    if (sets_[token.set].test(index_of(c))) enter(next_at, state + 1);
                    break;
                case Kind::Star:
                    if (c != '/') enter(next_at, state);
                    break;
                case Kind::DeepText: enter(next_at, state); break;
                case Kind::DeepPath:
                    alive = true;
                    next_inside[state] = 1;
                    if (c == '/') enter(next_at, state + 1);
                    break;
            }
        }
        if (!alive) return false;
        std::swap(at, next_at);
        std::swap(inside, next_inside);
    }
    return at[accept] != 0;
}

bool Glob::may_match_below(std::string_view directory) const {
    if (is_broken_) return false;
    // The literal start and `directory/` must agree as far as both go.
    const std::string below = std::string(directory) + "/";
    const auto common = std::min(prefix_.size(), below.size());
    if (std::string_view(prefix_).substr(0, common) != std::string_view(below).substr(0, common))
        return false;
    return !is_literal_ || prefix_.size() > below.size();
}

}  // namespace pycontainer::project
