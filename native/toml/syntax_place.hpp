#pragma once

// From a place in a TOML text to what stands or could stand there, and from key paths to places:
// what completion, hover, links and code actions ask of a syntax tree.

#include "toml/syntax_tree.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace pycontainer::toml {

using KeyPath = std::vector<std::string>;

/// One part of a key that was written: of a header, of an entry, of an entry of an inline table.
struct WrittenKey {
    KeyPath path;  ///< from the root, with this part; elements of arrays of tables count as theirs
    NodeId part = kNoNode;   ///< the `KeyPart`
    NodeId owner = kNoNode;  ///< the `Entry`, `TableHeader` or `ArrayHeader`
    NodeId value = kNoNode;  ///< of the last part of an entry that has one
    bool is_last = false;    ///< the last part of its key
};

/// All of them, in the order of the text, up to 64 MiB of paths. Takes time proportional to the
/// text.
std::vector<WrittenKey> written_keys(const SyntaxTree& tree);

enum class PlaceKind {
    Statement,  ///< where an entry or a header can begin, or the first part of an entry's key
    Key,        ///< in the key of an entry, behind a dot or of an inline table
    Header,     ///< between the brackets of a header
    Value,      ///< in a value, or behind `=` where one is missing
    None,       ///< in a comment, behind a complete value
};

struct Place {
    PlaceKind kind = PlaceKind::None;
    /// The table whose key is written here; for `Value` the whole key of the value.
    KeyPath path;
    /// What is there and would be replaced: a key part, a scalar, a string with its quotes.
    std::size_t begin = 0;
    std::size_t end = 0;
    NodeId node = kNoNode;   ///< the key part or value, if there is one
    NodeId owner = kNoNode;  ///< the entry or header that it belongs to
    NodeId array = kNoNode;  ///< `Value`: the array that it is an element of
    bool in_inline_table = false;
    bool is_array_header = false;
};

/// What is at byte `offset`; a place between two things belongs to the one before it.
Place place_at(const SyntaxTree& tree, std::size_t offset);

/// The smallest node that holds `offset`, its ends included.
NodeId node_at(const SyntaxTree& tree, std::size_t offset);

/// The whole key path of an entry, of a header, or of the entry around a value.
KeyPath path_of(const SyntaxTree& tree, NodeId id);

}  // namespace pycontainer::toml
