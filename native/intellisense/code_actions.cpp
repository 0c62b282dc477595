#include "intellisense/code_actions.hpp"

#include "base/strings.hpp"
#include "intellisense/ignore.hpp"
#include "intellisense/image_names.hpp"
#include "intellisense/image_tags.hpp"
#include "intellisense/key_info.hpp"
#include "oci/reference.hpp"
#include "packaging/specifier.hpp"
#include "packaging/version.hpp"
#include "project/python_releases.hpp"
#include "project/python_version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

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

/// Whether an image with Python 3.`minor` will do for the project, and Python's makers still look
/// after it.
bool may_be_python(unsigned minor, const ProjectView* view) {
    const auto releases = project::python_releases();
    if (!std::any_of(releases.begin(), releases.end(), [&](const auto& release) {
            return release.minor == minor && release.is_supported;
        }))
        return false;
    if (!view) return true;
    const auto text = fmt::format("3.{}", minor);
    if (const auto& wanted = view->loaded.config.python)
        if (project::python_minor_of(*wanted) != text) return false;
    const auto* project = member(view->loaded.pyproject, "project");
    const auto required = project ? string_member(*project, "requires-python") : std::nullopt;
    const auto specifiers =
        required ? packaging::SpecifierSet::parse(*required) : packaging::SpecifierSet::parse("");
    // A tag is of the newest patch release, or of one that is newer than the current one.
    const auto version = packaging::Version::parse(text + ".999");
    return !specifiers || !version || specifiers->contains(*version);
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

    /// A key of another table goes there, with what is behind it on its line.
    void add_moves_to_table() {
        for (const auto& diagnostic : diagnostics_) {
            if (diagnostic.code != "config/unknown-key" || !touches(diagnostic.range)) continue;
            const auto begin = source_.lines().offset_at(diagnostic.range.start);
            for (const auto& key : source_.keys()) {
                const auto own = source_.own_path(key.path);
                if (source_.tree().node(key.part).begin != begin || !own || own->empty()) continue;
                const auto table = table_with(own->back());
                if (table && own->size() <= 2 && (own->size() == 1 || own->front() != *table))
                    add_move_to_table(diagnostic, key, own->back(), *table);
            }
        }
    }

    static std::optional<std::string> table_with(const std::string& key) {
        for (const auto& table : keys_of({}))
            if (schema_of({table, key}) && !is_open_table(*schema_of({table}))) return table;
        return std::nullopt;
    }

    void add_move_to_table(const Diagnostic& diagnostic, const toml::WrittenKey& key,
                           const std::string& name, const std::string& table) {
        const auto& tree = source_.tree();
        const auto& text = source_.text();
        const auto& owner = tree.node(key.owner);
        if (owner.kind != NodeKind::Entry || key.value == toml::kNoNode || !can_move() ||
            tree.node(tree.node(key.owner).parent).kind != NodeKind::Section)
            return;
        const auto line_end = std::min(text.find('\n', owner.end), text.size() - 1) + 1;
        const auto before = text.rfind('\n', owner.begin);
        const std::size_t line_begin =
            owner.begin == 0 || before == std::string::npos ? 0 : before + 1;
        const auto& value = tree.node(key.value);
        auto line = name + " = " + text.substr(value.begin, line_end - value.begin);
        if (!line.ends_with('\n')) line += '\n';
        std::vector<TextEdit> edits{{line_begin, line_end, ""}};
        const auto* header = source_.find({table});
        const bool has_header = header && is_header(tree.node(header->owner).kind);
        if (has_header) {
            const auto end = text.find('\n', tree.node(header->owner).end);
            const auto at = end == std::string::npos ? text.size() : end + 1;
            edits.push_back({at, at, (end == std::string::npos ? "\n" : "") + line});
        } else if (!header) {
            auto path = source_.prefix();
            path.push_back(table);
            const bool needs_end = !text.ends_with('\n') && line_end != text.size();
            edits.push_back({text.size(), text.size(),
                             (needs_end ? "\n\n[" : "\n[") + join(path, ".") + "]\n" + line});
        } else {
            return;  // written as `build.x = …` or `build = { … }`
        }
        actions_.push_back({fmt::format("Move `{}` to `[{}]`", name, table),
                            "quickfix",
                            true,
                            {diagnostic},
                            std::move(edits),
                            {}});
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

    void add_base_actions(const ImageCatalog& images, const ProjectView* view) {
        const auto base = base_image_of(source_);
        if (!base || !touches(source_.range_of(base->begin, base->end))) return;
        const auto reference = oci::Reference::parse(base->reference);
        if (!reference || !want_of_image(base->reference)) return;
        add_pin(*base, *reference, images);
        add_update(*base, *reference, images, view);
    }

    void add_pin(const BaseImageText& base, const oci::Reference& reference,
                 const ImageCatalog& images) {
        // Of a pinned tag, what it stands for now.
        const auto text = base.reference.substr(0, base.reference.find('@'));
        const auto details = images.image(text);
        // What builds know is the image of one platform: with others it would be the wrong one.
        if (!details || (!details->is_index && !base.is_single_platform)) return;
        if (!reference.digest()) {
            add_rewrite("Pin the base image to its digest", base, text + "@" + details->digest);
        } else if (reference.tag() && details->is_index &&
                   reference.digest()->to_string() != details->digest) {
            add_rewrite(fmt::format("Update to what `{}` is now", text), base,
                        text + "@" + details->digest);
        }
    }

    /// Without the digest: it was that of the old one.
    void add_update(const BaseImageText& base, const oci::Reference& reference,
                    const ImageCatalog& images, const ProjectView* view) {
        const auto known = images.tags(reference.name());
        if (!known || !reference.tag()) return;
        const auto before = base.reference.substr(0, base.reference.find('@'));
        const auto colon = before.rfind(':');
        const auto current = ImageTag::parse(*reference.tag()).python_minor(reference.name());
        std::set<std::string> offered;
        const auto offer = [&](const std::function<bool(unsigned)>& may_be) {
            const auto tag = newer_tag(reference.name(), *reference.tag(), known->names, may_be);
            if (!tag || !offered.insert(*tag).second) return;
            const auto text = before.substr(0, colon + 1) + *tag;
            add_rewrite(fmt::format("Update the base image to `{}`", printable(text, 120)), base,
                        text);
        };
        if (current) offer([&](unsigned minor) { return minor == *current; });
        offer([&](unsigned minor) { return may_be_python(minor, view); });
    }

    void add_rewrite(std::string title, const BaseImageText& base, const std::string& text) {
        actions_.push_back({std::move(title),
                            "refactor.rewrite",
                            false,
                            {},
                            {{base.begin, base.end, toml_string(text)}},
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
                                     const ActionSurroundings& around) {
    Actions actions(source, source.range_of(begin, end), diagnostics);
    const auto* sibling = around.sibling;
    actions.add_fixes();
    actions.add_moves_to_table();
    if (around.images) actions.add_base_actions(*around.images, around.view);
    if (source.kind() == FileKind::Configuration && sibling)
        actions.add_move_into_pyproject(*sibling);
    if (source.kind() == FileKind::Pyproject && (!sibling || trim(sibling->text()).empty()))
        actions.add_move_out_of_pyproject();
    actions.add_fix_all();
    return std::move(actions).take();
}

}  // namespace pycontainer::intellisense
