#include "intellisense/code_actions.hpp"

#include "base/strings.hpp"
#include "intellisense/ignore.hpp"
#include "intellisense/key_info.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace pycontainer::intellisense {
namespace {

using toml::NodeId;
using toml::NodeKind;

constexpr const char* kFixAll = "source.fixAll.pycontainer";

bool is_header(NodeKind kind) {
    return kind == NodeKind::TableHeader || kind == NodeKind::ArrayHeader;
}

/// A section with the comments right above its header.
struct Block {
    NodeId header = toml::kNoNode;
    std::size_t begin = 0;
    std::size_t end = 0;
};

std::vector<Block> blocks_of(const Source& source) {
    const auto& tree = source.tree();
    const auto& text = source.text();
    std::vector<Block> blocks;
    for (const auto section : tree.children(toml::SyntaxTree::kRoot)) {
        Block block;
        block.begin = tree.node(section).begin;
        const auto first = tree.node(section).first_child;
        if (first != toml::kNoNode && is_header(tree.node(first).kind)) block.header = first;
        while (block.header != toml::kNoNode && block.begin > 0) {
            const auto before =
                block.begin < 2 ? std::string::npos : text.rfind('\n', block.begin - 2);
            const auto line = before == std::string::npos ? 0 : before + 1;
            if (text[block.begin - 1] != '\n' ||
                !trim(std::string_view(text).substr(line, block.begin - line)).starts_with('#'))
                break;
            block.begin = line;
        }
        if (!blocks.empty()) blocks.back().end = block.begin;
        blocks.push_back(block);
    }
    if (!blocks.empty()) blocks.back().end = text.size();
    return blocks;
}

class Actions {
public:
    Actions(const Source& source, Range range, const std::vector<Diagnostic>& diagnostics)
        : source_(source), range_(range), diagnostics_(diagnostics) {}

    std::vector<CodeAction> take() && { return std::move(actions_); }

    void add_fixes() {
        for (const auto& diagnostic : diagnostics_) {
            if (!touches(diagnostic.range)) continue;
            bool is_first = true;
            for (const auto& fix : diagnostic.fixes) {
                actions_.push_back(
                    {fix.title, "quickfix", is_first, {diagnostic}, {edit_of(fix)}, {}});
                is_first = false;
            }
        }
        for (const auto& diagnostic : diagnostics_) {
            if (!touches(diagnostic.range) || diagnostic.code.starts_with("toml/") ||
                diagnostic.severity == Severity::Error)
                continue;
            actions_.push_back({fmt::format("Ignore `{}` here", diagnostic.code),
                                "quickfix",
                                false,
                                {diagnostic},
                                {ignore_edit(source_, diagnostic.range, diagnostic.code)},
                                {}});
        }
    }

    void add_fix_all() {
        CodeAction all{"Fix all that can be fixed", kFixAll, false, {}, {}, {}};
        for (const auto& diagnostic : diagnostics_) {
            if (diagnostic.fixes.empty()) continue;
            const auto edit = edit_of(diagnostic.fixes.front());
            const bool overlaps =
                std::any_of(all.edits.begin(), all.edits.end(), [&](const auto& other) {
                    return edit.begin < other.end && other.begin < edit.end;
                });
            if (overlaps) continue;
            all.edits.push_back(edit);
            all.fixes.push_back(diagnostic);
        }
        if (!all.edits.empty()) actions_.push_back(std::move(all));
    }

    /// What is known is the image of the default platform: with others it would be the wrong one.
    void add_pin(const ImageCatalog& images) {
        if (source_.find({"build", "platforms"})) return;
        const auto* key = source_.find({"build", "base_image"});
        if (!key || key->value == toml::kNoNode || !touches(source_.range_of(key->owner))) return;
        const auto& node = source_.tree().node(key->value);
        if (node.kind != NodeKind::String) return;
        const auto text = source_.tree().decoded(key->value);
        const auto digest = images.digest_of(text);
        if (!digest || text.find('@') != std::string::npos) return;
        actions_.push_back({"Pin the base image to its digest",
                            "refactor.rewrite",
                            false,
                            {},
                            {{node.begin, node.end, toml_string(text + "@" + *digest)}},
                            {}});
    }

    /// pycontainer.toml becomes the end of pyproject.toml.
    void add_move_into_pyproject(const Source& pyproject) {
        if (!can_move() || pyproject.has_configuration()) return;
        std::string moved;
        for (const auto& block : blocks_of(source_)) {
            auto text = text_of(block);
            if (block.header == toml::kNoNode) {
                if (has_entries(block)) text = "[tool.pycontainer]\n" + text;
            } else {
                const auto key = source_.tree().child(block.header, NodeKind::Key);
                text.insert(source_.tree().node(key).begin - block.begin, "tool.pycontainer.");
            }
            moved += text;
        }
        auto whole = pyproject.text();
        if (!whole.empty() && !whole.ends_with('\n')) whole += '\n';
        if (!whole.empty()) whole += '\n';
        actions_.push_back({"Move the configuration into pyproject.toml",
                            "refactor.move",
                            false,
                            {},
                            {{0, source_.text().size(), ""}},
                            {{pyproject.path(), whole + moved}}});
    }

    /// The tables `[tool.pycontainer…]` become pycontainer.toml.
    void add_move_out_of_pyproject() {
        if (!can_move() || !source_.has_configuration()) return;
        CodeAction action{
            "Move the configuration into pycontainer.toml", "refactor.move", false, {}, {}, {}};
        std::string first;
        std::string moved;
        const auto prefix = source_.prefix().size();
        for (const auto& block : blocks_of(source_)) {
            if (block.header == toml::kNoNode) continue;
            const auto own = source_.own_path(source_.tree().key_parts(block.header));
            if (!own) continue;
            auto text = text_of(block);
            if (own->empty()) {
                const auto& header = source_.tree().node(block.header);
                text.erase(header.begin - block.begin, header.end - header.begin);
                first += std::string(trim(text)) + "\n\n";
            } else {
                const auto key = source_.tree().child(block.header, NodeKind::Key);
                const auto parts = source_.tree().children(key);
                const auto from = source_.tree().node(parts[0]).begin;
                const auto to = source_.tree().node(parts[prefix]).begin;
                text.erase(from - block.begin, to - from);
                moved += text;
            }
            action.edits.push_back({block.begin, block.end, ""});
        }
        if (action.edits.empty() || written_elsewhere()) return;
        const auto path =
            (std::filesystem::path(source_.path()).parent_path() / "pycontainer.toml").string();
        action.files[path] = (trim(first).empty() ? std::string() : first) + moved;
        actions_.push_back(std::move(action));
    }

private:
    bool touches(const Range& range) const {
        return range.start <= range_.end && range_.start <= range.end;
    }
    bool can_move() const { return source_.tree().faults().empty(); }
    std::string text_of(const Block& block) const {
        return source_.text().substr(block.begin, block.end - block.begin);
    }
    bool has_entries(const Block& block) const {
        return std::any_of(source_.keys().begin(), source_.keys().end(), [&](const auto& key) {
            const auto begin = source_.tree().node(key.part).begin;
            return begin >= block.begin && begin < block.end;
        });
    }
    /// Settings of ours that are not below a header of ours, such as `pycontainer.build.user = …`
    /// in `[tool]`, stay where they are, and then nothing is moved.
    bool written_elsewhere() const {
        const auto& tree = source_.tree();
        for (const auto& key : source_.keys()) {
            if (!source_.own_path(key.path) || is_header(tree.node(key.owner).kind)) continue;
            auto section = key.owner;
            while (tree.node(section).kind != NodeKind::Section)
                section = tree.node(section).parent;
            const auto header = tree.node(section).first_child;
            if (!is_header(tree.node(header).kind) || !source_.own_path(tree.key_parts(header)))
                return true;
        }
        return false;
    }
    TextEdit edit_of(const Fix& fix) const {
        return {source_.lines().offset_at(fix.range.start),
                source_.lines().offset_at(fix.range.end), fix.text};
    }

    const Source& source_;
    Range range_;
    const std::vector<Diagnostic>& diagnostics_;
    std::vector<CodeAction> actions_;
};

}  // namespace

std::vector<CodeAction> code_actions(const Source& source, std::size_t begin, std::size_t end,
                                     const std::vector<Diagnostic>& diagnostics,
                                     const Source* sibling, const ImageCatalog* images) {
    Actions actions(source, source.range_of(begin, end), diagnostics);
    actions.add_fixes();
    if (images) actions.add_pin(*images);
    if (source.kind() == FileKind::Configuration && sibling)
        actions.add_move_into_pyproject(*sibling);
    if (source.kind() == FileKind::Pyproject && (!sibling || trim(sibling->text()).empty()))
        actions.add_move_out_of_pyproject();
    actions.add_fix_all();
    return std::move(actions).take();
}

}  // namespace pycontainer::intellisense
