#include "toml/syntax_place.hpp"

#include <algorithm>

namespace pycontainer::toml {
namespace {

constexpr std::size_t kMaxBytesOfPaths = 64U << 20U;

bool is_header(NodeKind kind) {
    return kind == NodeKind::TableHeader || kind == NodeKind::ArrayHeader;
}

void append(KeyPath& path, const KeyPath& more) {
    path.insert(path.end(), more.begin(), more.end());
}

class Collector {
public:
    explicit Collector(const SyntaxTree& tree) : tree_(tree) {}

    std::vector<WrittenKey> run() {
        for (const auto section : tree_.children(SyntaxTree::kRoot)) {
            KeyPath table;
            for (const auto item : tree_.children(section)) {
                if (is_header(tree_.node(item).kind))
                    table = add(item, {});
                else
                    add_entry(item, table);
            }
        }
        return std::move(found_);
    }

private:
    KeyPath add(NodeId owner, const KeyPath& table) {
        auto path = table;
        const auto key = tree_.child(owner, NodeKind::Key);
        if (key == kNoNode) return path;
        const auto parts = tree_.children(key);
        const auto outer = path.size();
        for (const auto part : parts) path.push_back(tree_.decoded(part));
        if (!afford(path, outer)) return path;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto end = path.begin() + static_cast<std::ptrdiff_t>(outer + i + 1);
            found_.push_back({KeyPath(path.begin(), end), parts[i], owner, kNoNode, false});
        }
        if (!found_.empty() && found_.back().owner == owner) found_.back().is_last = true;
        return path;
    }

    void add_entry(NodeId entry, const KeyPath& table) {
        const auto path = add(entry, table);
        const auto value = tree_.value_of(entry);
        if (value == kNoNode) return;
        if (!found_.empty() && found_.back().owner == entry) found_.back().value = value;
        add_value(value, path);
    }

    void add_value(NodeId value, const KeyPath& path) {
        const auto kind = tree_.node(value).kind;
        if (kind != NodeKind::InlineTable && kind != NodeKind::Array) return;
        for (const auto item : tree_.children(value)) {
            if (kind == NodeKind::InlineTable)
                add_entry(item, path);
            else
                add_value(item, path);
        }
    }

    /// Every path is a copy: keys below a long or deep one cost more than their text. False when
    /// those of all parts behind `outer` are too much; then no more are collected.
    bool afford(const KeyPath& path, std::size_t outer) {
        std::size_t prefix = 0;
        for (std::size_t i = 0; i < path.size(); ++i) {
            prefix += sizeof path[i] + path[i].size();
            if (i >= outer) bytes_ += prefix;
        }
        return bytes_ <= kMaxBytesOfPaths;
    }

    const SyntaxTree& tree_;
    std::vector<WrittenKey> found_;
    std::size_t bytes_ = 0;
};

/// The last token that begins before `offset`, or nothing.
const Token* token_before(const SyntaxTree& tree, std::size_t offset) {
    const auto& tokens = tree.tokens();
    const auto after =
        std::lower_bound(tokens.begin(), tokens.end(), offset,
                         [](const Token& token, std::size_t at) { return token.begin < at; });
    return after == tokens.begin() ? nullptr : &*std::prev(after);
}

/// Is there an `=` of the entry itself before `offset`?
bool is_behind_equals(const SyntaxTree& tree, NodeId entry, std::size_t offset) {
    const auto key = tree.child(entry, NodeKind::Key);
    const auto from = key == kNoNode ? tree.node(entry).begin : tree.node(key).end;
    const auto equals = tree.text().find('=', from);
    return equals != std::string::npos && equals < offset && equals < tree.node(entry).end;
}

/// The entry whose line ends with `=` or a value before `offset`, on the same line.
NodeId entry_before(const SyntaxTree& tree, NodeId section, std::size_t offset) {
    NodeId found = kNoNode;
    for (auto at = tree.node(section).first_child; at != kNoNode; at = tree.node(at).next_sibling) {
        if (tree.node(at).begin > offset) break;
        found = at;
    }
    if (found == kNoNode) return kNoNode;
    const auto end = tree.node(found).end;
    if (end > offset) return found;
    const auto between = std::string_view(tree.text()).substr(end, offset - end);
    return between.find('\n') == std::string_view::npos ? found : kNoNode;
}

NodeId section_at(const SyntaxTree& tree, std::size_t offset) {
    NodeId found = kNoNode;
    for (auto at = tree.node(SyntaxTree::kRoot).first_child; at != kNoNode;
         at = tree.node(at).next_sibling) {
        if (found != kNoNode && tree.node(at).begin > offset) break;
        found = at;
    }
    return found;
}

class Locator {
public:
    Locator(const SyntaxTree& tree, std::size_t offset) : tree_(tree), offset_(offset) {}

    Place run() {
        place_.begin = place_.end = offset_;
        if (const auto* token = token_before(tree_, offset_))
            if (token->kind == TokenKind::Comment && offset_ <= token->end) return place_;
        const auto section = section_at(tree_, offset_);
        const auto item = entry_before(tree_, section, offset_);
        for (const auto child : tree_.children(section))
            if (is_header(tree_.node(child).kind)) {
                table_ = tree_.key_parts(child);
                break;
            }
        if (item == kNoNode || offset_ < tree_.node(item).begin) {
            place_.kind = PlaceKind::Statement;
            place_.path = table_;
            return place_;
        }
        if (is_header(tree_.node(item).kind))
            in_header(item);
        else
            in_entry(item, table_, false);
        return place_;
    }

private:
    void in_header(NodeId header) {
        const auto& node = tree_.node(header);
        const auto text = tree_.text_of(header);
        const bool is_array = node.kind == NodeKind::ArrayHeader;
        const auto open = node.begin + (is_array ? 2U : 1U);
        const bool closed = text.ends_with(is_array ? "]]" : "]");
        const auto close = node.end - (closed ? (is_array ? 2U : 1U) : 0U);
        if (offset_ < open || (closed && offset_ > close)) return;
        place_.is_array_header = is_array;
        in_key(header, {}, PlaceKind::Header);
    }

    void in_key(NodeId owner, const KeyPath& table, PlaceKind kind) {
        place_.kind = kind;
        place_.owner = owner;
        place_.path = table;
        const auto key = tree_.child(owner, NodeKind::Key);
        if (key == kNoNode) return;
        for (const auto part : tree_.children(key)) {
            const auto& node = tree_.node(part);
            if (offset_ <= node.end) {
                if (offset_ >= node.begin) {
                    place_.node = part;
                    place_.begin = node.begin;
                    place_.end = node.end;
                }
                return;
            }
            const auto dot = std::string_view(tree_.text()).substr(node.end, offset_ - node.end);
            if (dot.find('.') == std::string_view::npos) {
                // Blanks behind the last part: the word is complete.
                place_.kind = PlaceKind::None;
                return;
            }
            place_.path.push_back(tree_.decoded(part));
            if (kind == PlaceKind::Statement) place_.kind = PlaceKind::Key;
        }
    }

    void in_entry(NodeId entry, const KeyPath& table, bool is_inline) {
        if (!is_behind_equals(tree_, entry, offset_)) {
            place_.in_inline_table = is_inline;
            return in_key(entry, table, is_inline ? PlaceKind::Key : PlaceKind::Statement);
        }
        auto path = table;
        append(path, tree_.key_parts(entry));
        const auto value = tree_.value_of(entry);
        place_.owner = entry;
        if (value == kNoNode) {
            place_.kind = PlaceKind::Value;
            place_.path = std::move(path);
            return;
        }
        in_value(value, path);
    }

    void in_value(NodeId value, const KeyPath& path) {
        const auto& node = tree_.node(value);
        if (offset_ < node.begin) {
            // Between `=` and the value: only an empty spot takes another one.
            return;
        }
        if (offset_ > node.end) return;
        if (node.kind == NodeKind::Array) return in_array(value, path);
        if (node.kind == NodeKind::InlineTable) return in_inline_table(value, path);
        place_.kind = PlaceKind::Value;
        place_.path = path;
        place_.node = value;
        place_.begin = node.begin;
        place_.end = node.end;
    }

    bool is_closed(NodeId value, char bracket) const {
        const auto text = tree_.text_of(value);
        return text.size() > 1 && text.back() == bracket;
    }

    void in_array(NodeId array, const KeyPath& path) {
        const auto& node = tree_.node(array);
        if (offset_ == node.begin || (offset_ == node.end && is_closed(array, ']'))) return;
        place_.array = array;
        for (const auto item : tree_.children(array)) {
            const auto& element = tree_.node(item);
            if (offset_ >= element.begin && offset_ <= element.end) return in_value(item, path);
        }
        place_.kind = PlaceKind::Value;
        place_.path = path;
    }

    void in_inline_table(NodeId table, const KeyPath& path) {
        const auto& node = tree_.node(table);
        if (offset_ == node.begin || (offset_ == node.end && is_closed(table, '}'))) return;
        NodeId before = kNoNode;
        for (const auto item : tree_.children(table)) {
            if (tree_.node(item).begin > offset_) break;
            before = item;
        }
        if (before != kNoNode) {
            const auto end = tree_.node(before).end;
            const auto behind =
                std::string_view(tree_.text())
                    .substr(std::min<std::size_t>(end, offset_), offset_ > end ? offset_ - end : 0);
            if (behind.find(',') == std::string_view::npos) return in_entry(before, path, true);
        }
        place_.kind = PlaceKind::Key;
        place_.path = path;
        place_.in_inline_table = true;
    }

    const SyntaxTree& tree_;
    std::size_t offset_;
    Place place_;
    KeyPath table_;
};

}  // namespace

std::vector<WrittenKey> written_keys(const SyntaxTree& tree) {
    return Collector(tree).run();
}

Place place_at(const SyntaxTree& tree, std::size_t offset) {
    return Locator(tree, std::min(offset, tree.text().size())).run();
}

NodeId node_at(const SyntaxTree& tree, std::size_t offset) {
    NodeId found = SyntaxTree::kRoot;
    while (true) {
        NodeId next = kNoNode;
        for (auto at = tree.node(found).first_child; at != kNoNode;
             at = tree.node(at).next_sibling) {
            if (tree.node(at).begin > offset) break;
            if (offset <= tree.node(at).end) next = at;
        }
        if (next == kNoNode) return found;
        found = next;
    }
}

KeyPath path_of(const SyntaxTree& tree, NodeId id) {
    KeyPath path;
    auto at = id;
    while (at != kNoNode) {
        const auto kind = tree.node(at).kind;
        if (kind == NodeKind::Entry) {
            auto parts = tree.key_parts(at);
            append(parts, path);
            path = std::move(parts);
        } else if (is_header(kind)) {
            return tree.key_parts(at);
        } else if (kind == NodeKind::Section) {
            for (const auto item : tree.children(at)) {
                if (!is_header(tree.node(item).kind)) continue;
                auto parts = tree.key_parts(item);
                append(parts, path);
                return parts;
            }
        }
        at = tree.node(at).parent;
    }
    return path;
}

}  // namespace pycontainer::toml
