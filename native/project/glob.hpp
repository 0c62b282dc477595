#pragma once

// One pattern of an ignore file, compiled. Not for the file's own syntax (negation, comments,
// anchors): that is ignore_rules.hpp.

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::project {

/// The two dialects differ in what `**` means in the middle of a name and in their character
/// classes.
enum class GlobDialect {
    Git,     ///< gitignore(5): `**` is special only as a whole path component
    Docker,  ///< moby/patternmatcher: `**` matches any text, `/` included
};

/// A pattern over a whole relative path. Matching takes time proportional to pattern times path,
/// whatever the pattern.
class Glob {
public:
    /// Every text is a pattern; a broken character class or a final backslash never matches, as in
    /// git.
    Glob(std::string_view pattern, GlobDialect dialect);

    bool matches(std::string_view path) const;
    /// Could a path below `directory` (no final `/`) match? May say yes too often, never no.
    bool may_match_below(std::string_view directory) const;

private:
    enum class Kind : std::uint8_t {
        Literal,   ///< one byte
        AnyByte,   ///< one byte but `/`
        Class,     ///< one byte of a set, never `/`
        Star,      ///< bytes but `/`; from here on: may match nothing
        DeepText,  ///< any bytes
        DeepPath,  ///< nothing, or text that ends with `/`
    };
    struct Token {
        Kind kind;
        char byte = 0;
        std::uint16_t set = 0;
    };

    void compile(std::string_view pattern, GlobDialect dialect);
    std::size_t compile_stars(std::string_view pattern, std::size_t at, GlobDialect dialect);
    std::size_t compile_class(std::string_view pattern, std::size_t at, GlobDialect dialect);
    bool simulate(std::string_view path) const;

    std::vector<Token> tokens_;
    std::vector<std::bitset<256>> sets_;
    std::string prefix_;       ///< the literal start
    std::string suffix_;       ///< for `*text`: the text
    bool is_literal_ = false;  ///< no wildcard at all
    bool is_suffix_ = false;   ///< a star, then only literals
    bool is_broken_ = false;
};

}  // namespace pycontainer::project
