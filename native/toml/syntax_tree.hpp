#pragma once

// A TOML 1.0 text as a syntax tree that survives every half-typed state: what an editor works on.
//
// Lossless: the tokens, one after the other, are the text, comments and spaces included. Every
// fault is reported and the tree goes on behind it, so that the rest of the text keeps its meaning.
// A text without faults is valid TOML (https://toml.io/en/v1.0.0), duplicate keys and values'
// forms included. Takes time proportional to the text; any bytes are safe. Values are for
// `document.hpp`. An edit is a new text and a new tree: two thousand lines take about a
// millisecond.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::toml {

enum class TokenKind : std::uint8_t {
    Space,  ///< blanks, tabs, a byte-order mark
    LineEnd,
    Comment,
    Word,  ///< a bare key, a number, a date, a boolean, or something like it
    String,
    Equals,
    Dot,
    Comma,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Junk,  ///< what has no place in TOML here
};

/// Bytes `begin` up to, not including, `end`; each begins where the one before ends.
struct Token {
    TokenKind kind;
    std::uint32_t begin;
    std::uint32_t end;
};

enum class NodeKind : std::uint8_t {
    Document,     ///< of sections
    Section,      ///< a header, if it is not the first, and the entries below it
    TableHeader,  ///< `[key]`
    ArrayHeader,  ///< `[[key]]`
    Entry,        ///< a key and, unless it is missing, a value
    Key,          ///< of parts
    KeyPart,      ///< a bare or quoted name; empty where one is missing
    String,
    Integer,
    Float,
    Boolean,
    DateTime,
    Array,        ///< of values
    InlineTable,  ///< of entries
    Invalid,      ///< a word that is no value
};

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = 0xFFFFFFFFU;

struct Node {
    NodeKind kind;
    std::uint32_t begin;
    std::uint32_t end;
    NodeId parent = kNoNode;
    NodeId first_child = kNoNode;
    NodeId next_sibling = kNoNode;
};

/// Why the text is not TOML; `end` may equal `begin`.
struct SyntaxFault {
    std::uint32_t begin;
    std::uint32_t end;
    std::string message;
    std::string hint;
};

inline constexpr std::size_t kMaxSyntaxFaults = 100;

/// Immutable; thread-safe to read.
class SyntaxTree {
public:
    SyntaxTree() : SyntaxTree(std::string()) {}
    explicit SyntaxTree(std::string text);

    const std::string& text() const { return text_; }
    const std::vector<Token>& tokens() const { return tokens_; }
    /// In the order of the text, up to `kMaxSyntaxFaults`.
    const std::vector<SyntaxFault>& faults() const { return faults_; }

    static constexpr NodeId kRoot = 0;
    const Node& node(NodeId id) const { return nodes_[id]; }
    std::size_t node_count() const { return nodes_.size(); }
    std::vector<NodeId> children(NodeId id) const;
    /// The first child of that kind, or `kNoNode`.
    NodeId child(NodeId id, NodeKind kind) const;
    std::string_view text_of(NodeId id) const;

    /// What a key part or a string says, escapes resolved as far as they are valid.
    std::string decoded(NodeId id) const;
    /// The parts of a `Key`, of a header or of an entry.
    std::vector<std::string> key_parts(NodeId id) const;
    /// The value of an entry, or `kNoNode`.
    NodeId value_of(NodeId entry) const;

private:
    friend class SyntaxParser;
    std::string text_;
    std::vector<Token> tokens_;
    std::vector<Node> nodes_;
    std::vector<SyntaxFault> faults_;
};

bool is_value(NodeKind kind);

/// The text between the quotes of a string token, escapes resolved; invalid escapes stay as they
/// are written.
std::string decode_string(std::string_view quoted);

}  // namespace pycontainer::toml
