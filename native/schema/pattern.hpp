#pragma once

// The `pattern` keyword: the small part of regular expressions that our schemas use, matched in
// linear time.
//
// Literals, `.`, `[a-z]` and `[^a-z]`, `( )`, `|`, `? * +`, `{m}` and `{m,n}` up to 100, `\d`,
// `\w`, `\s`, escaped punctuation, `^` and `$`. Bytes, not characters. As in JSON Schema a pattern
// matches anywhere unless it is anchored.

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pycontainer::schema {

class Pattern {
public:
    /// Nothing when the text is not a pattern of the kind above.
    static std::optional<Pattern> compile(std::string_view text);
    /// Takes time proportional to the pattern's size times the text's.
    bool matches(std::string_view text) const;

    enum class Operation : std::uint8_t { Bytes, Split, Jump, Start, End, Match };
    struct Instruction {
        Operation operation = Operation::Match;
        std::bitset<256> bytes;
        int first = 0;  // where to go on, relative to this instruction
        int second = 0;
    };

private:
    std::vector<Instruction> program_;
};

}  // namespace pycontainer::schema
