#include "intellisense/structure.hpp"

#include "base/strings.hpp"
#include "intellisense/key_info.hpp"

#include <algorithm>

namespace pycontainer::intellisense {
namespace {

using toml::NodeId;
using toml::NodeKind;

constexpr std::size_t kMaxDetail = 60;

SymbolKind symbol_kind(NodeKind kind) {
    switch (kind) {
        case NodeKind::InlineTable: return SymbolKind::Table;
        case NodeKind::Array: return SymbolKind::List;
        case NodeKind::String: return SymbolKind::Text;
        case NodeKind::Integer:
        case NodeKind::Float: return SymbolKind::Number;
        case NodeKind::Boolean: return SymbolKind::Boolean;
        default: return SymbolKind::Key;
    }
}

std::string name_of(const Source& source, NodeId id) {
    const auto name = printable(join(source.tree().key_parts(id), "."), 120);
    return name.empty() ? "?" : name;  // LSP forbids empty names
}

/// Takes the entry and what is in it from `room`, which is not zero.
Symbol entry_symbol(const Source& source, NodeId entry, std::size_t& room) {
    --room;
    const auto& tree = source.tree();
    Symbol symbol;
    symbol.name = name_of(source, entry);
    symbol.range = source.range_of(entry);
    symbol.selection = source.range_of(tree.child(entry, NodeKind::Key));
    const auto value = tree.value_of(entry);
    if (value == toml::kNoNode) return symbol;
    symbol.kind = symbol_kind(tree.node(value).kind);
    if (symbol.kind == SymbolKind::Table) {
        for (const auto child : tree.children(value)) {
            if (room == 0) break;
            symbol.children.push_back(entry_symbol(source, child, room));
        }
    } else {
        const auto text = tree.text_of(value);
        symbol.detail = printable(text.substr(0, text.find('\n')), kMaxDetail);
    }
    return symbol;
}

bool is_header(NodeKind kind) {
    return kind == NodeKind::TableHeader || kind == NodeKind::ArrayHeader;
}

/// Values that are brackets over several lines, at any depth.
void fold_values(const Source& source, NodeId id, std::vector<Folding>& found) {
    const auto& tree = source.tree();
    const auto& node = tree.node(id);
    const bool is_block = node.kind == NodeKind::Array || node.kind == NodeKind::InlineTable ||
                          node.kind == NodeKind::String;
    if (is_block) {
        const auto range = source.range_of(id);
        if (range.end.line > range.start.line)
            found.push_back({range.start.line, range.end.line, false});
    }
    for (auto at = node.first_child; at != toml::kNoNode; at = tree.node(at).next_sibling)
        fold_values(source, at, found);
}

void fold_comments(const Source& source, std::vector<Folding>& found) {
    std::optional<Folding> block;
    std::uint32_t line = 0;
    for (const auto text : split_lines(source.text())) {
        const bool is_comment = trim(text).starts_with('#');
        if (is_comment && block)
            block->end_line = line;
        else if (is_comment)
            block = Folding{line, line, true};
        if (!is_comment && block) {
            if (block->end_line > block->start_line) found.push_back(*block);
            block.reset();
        }
        ++line;
    }
    if (block && block->end_line > block->start_line) found.push_back(*block);
}

SemanticKind key_kind(const Source& source, const toml::WrittenKey& key) {
    const auto own = source.own_path(key.path);
    if (!own || own->empty()) return SemanticKind::Table;
    const auto* schema = schema_of(*own);
    if (!schema) return SemanticKind::UnknownKey;
    if (own->size() > 2) return SemanticKind::Variable;
    return is_table(*schema) ? SemanticKind::Table : SemanticKind::Key;
}

}  // namespace

std::vector<Symbol> document_symbols(const Source& source) {
    const auto& tree = source.tree();
    std::vector<Symbol> symbols;
    auto room = kMaxSymbols;
    for (const auto section : tree.children(toml::SyntaxTree::kRoot)) {
        Symbol* table = nullptr;
        for (const auto item : tree.children(section)) {
            if (room == 0) return symbols;
            if (is_header(tree.node(item).kind)) {
                --room;
                symbols.push_back({name_of(source, item),
                                   {},
                                   SymbolKind::Table,
                                   source.range_of(section),
                                   source.range_of(item),
                                   {}});
                table = &symbols.back();
            } else {
                (table ? table->children : symbols).push_back(entry_symbol(source, item, room));
            }
        }
    }
    return symbols;
}

std::vector<Folding> folding_ranges(const Source& source) {
    const auto& tree = source.tree();
    std::vector<Folding> found;
    for (const auto section : tree.children(toml::SyntaxTree::kRoot)) {
        const auto range = source.range_of(section);
        const auto first = tree.node(section).first_child;
        if (first != toml::kNoNode && is_header(tree.node(first).kind) &&
            range.end.line > range.start.line)
            found.push_back({range.start.line, range.end.line, false});
        for (const auto item : tree.children(section)) fold_values(source, item, found);
    }
    fold_comments(source, found);
    return found;
}

std::vector<Range> selection_ranges(const Source& source, std::size_t offset) {
    std::vector<Range> ranges;
    for (auto id = toml::node_at(source.tree(), offset); id != toml::kNoNode;
         id = source.tree().node(id).parent) {
        const auto range = id == toml::SyntaxTree::kRoot ? source.range_of(0, source.text().size())
                                                         : source.range_of(id);
        if (ranges.empty() || ranges.back() != range) ranges.push_back(range);
    }
    return ranges;
}

std::vector<SemanticToken> semantic_tokens(const Source& source) {
    const auto& tree = source.tree();
    std::vector<SemanticToken> tokens;
    const auto add = [&](NodeId id, SemanticKind kind) {
        const auto& node = tree.node(id);
        if (node.end > node.begin && tree.text_of(id).find('\n') == std::string_view::npos)
            tokens.push_back({node.begin, node.end, kind});
    };
    const bool is_ours = source.kind() == FileKind::Configuration;
    for (const auto& key : source.keys()) {
        const auto own = source.own_path(key.path);
        if (!own && !is_ours) continue;
        add(key.part, key_kind(source, key));
        if (key.value == toml::kNoNode) continue;
        const bool is_image = *own == toml::KeyPath{"build", "base_image"} ||
                              *own == toml::KeyPath{"registry", "url"} ||
                              *own == toml::KeyPath{"build", "tags"};
        std::vector<NodeId> values{key.value};
        if (tree.node(key.value).kind == NodeKind::Array) values = tree.children(key.value);
        for (const auto value : values) {
            switch (tree.node(value).kind) {
                case NodeKind::String:
                    add(value, is_image ? SemanticKind::Image : SemanticKind::String);
                    break;
                case NodeKind::Integer:
                case NodeKind::Float: add(value, SemanticKind::Number); break;
                case NodeKind::Boolean: add(value, SemanticKind::Boolean); break;
                default: break;
            }
        }
    }
    if (is_ours)
        for (const auto& token : tree.tokens())
            if (token.kind == toml::TokenKind::Comment)
                tokens.push_back({token.begin, token.end, SemanticKind::Comment});
    std::sort(tokens.begin(), tokens.end(),
              [](const auto& a, const auto& b) { return a.begin < b.begin; });
    return tokens;
}

}  // namespace pycontainer::intellisense
