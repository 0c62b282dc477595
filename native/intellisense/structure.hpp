#pragma once

// The shape of a text: outline, folding, growing selections, colours. Pure functions of the tree.

#include "intellisense/source.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

enum class SymbolKind { Table, List, Text, Number, Boolean, Key };

struct Symbol {
    std::string name;
    std::string detail;  ///< a short value
    SymbolKind kind = SymbolKind::Key;
    Range range;
    Range selection;
    std::vector<Symbol> children;
};

/// More are of no use to anybody, and each is a hundred times its shortest text.
constexpr std::size_t kMaxSymbols = 20'000;

/// Tables and keys, nested, in the order of the text; the first `kMaxSymbols` of them.
std::vector<Symbol> document_symbols(const Source& source);

struct Folding {
    std::uint32_t start_line = 0;
    std::uint32_t end_line = 0;
    bool is_comment = false;
};
/// Tables, values of several lines, and blocks of comments.
std::vector<Folding> folding_ranges(const Source& source);

/// From the smallest to the whole text; each holds the one before.
std::vector<Range> selection_ranges(const Source& source, std::size_t offset);

enum class SemanticKind {
    Table,
    Key,
    UnknownKey,
    Variable,
    Image,
    String,
    Number,
    Boolean,
    Comment
};
struct SemanticToken {
    std::size_t begin = 0;
    std::size_t end = 0;
    SemanticKind kind = SemanticKind::Key;
};
/// In the order of the text; of pyproject.toml only what is ours. None spans lines.
std::vector<SemanticToken> semantic_tokens(const Source& source);

}  // namespace pycontainer::intellisense
