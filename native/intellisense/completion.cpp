#include "intellisense/completion.hpp"

#include "base/strings.hpp"
#include "intellisense/key_info.hpp"
#include "intellisense/scaffold.hpp"
#include "project/python_releases.hpp"
#include "schema/schemas.hpp"
#include "schema/validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

namespace pycontainer::intellisense {
namespace {

using toml::KeyPath;
using toml::Place;
using toml::PlaceKind;

constexpr std::size_t kMaxFiles = 200;
const KeyPath kBaseImage{"build", "base_image"};

std::string rank_text(std::size_t rank) {
    return fmt::format("{:04}", rank);
}

/// The tables that a header can name, ours without the prefix.
const std::vector<KeyPath>& tables() {
    static const std::vector<KeyPath> all{
        {"build"}, {"build", "env"}, {"build", "labels"}, {"registry"}, {}};
    return all;
}

class Completer {
public:
    Completer(const Source& source, std::size_t offset, const ProjectView* view,
              const CompletionOptions& options)
        : source_(source), view_(view), options_(options) {
        place_ = toml::place_at(source.tree(), offset);
        offset_ = offset;
    }

    std::vector<CompletionItem> run() {
        switch (place_.kind) {
            case PlaceKind::Statement:
                add_keys(place_.path, false);
                add_headers_as_statements();
                add_scaffold();
                break;
            case PlaceKind::Key: add_keys(place_.path, place_.in_inline_table); break;
            case PlaceKind::Header: add_headers(); break;
            case PlaceKind::Value: add_values(); break;
            case PlaceKind::None: break;
        }
        return std::move(items_);
    }

private:
    // ---- keys

    /// The keys of the table that are written already, without the one at the place.
    std::set<std::string> written_below(const KeyPath& own) const {
        std::set<std::string> names;
        const auto depth = source_.prefix().size() + own.size() + 1;
        for (const auto& key : source_.keys()) {
            if (key.path.size() != depth) continue;
            if (key.owner == place_.owner && place_.node != toml::kNoNode) continue;
            const auto path = source_.own_path(key.path);
            if (path && std::equal(own.begin(), own.end(), path->begin()))
                names.insert(path->back());
        }
        return names;
    }

    void add_keys(const KeyPath& table, bool is_inline) {
        const auto own = source_.own_path(table);
        if (!own) return add_prefix_keys(table);
        const auto* schema = schema_of(*own);
        if (!schema || !is_table(*schema)) return;
        const auto present = written_below(*own);
        // Between the entries of an inline table the owner is what holds it.
        const bool has_equals = !(is_inline && place_.node == toml::kNoNode) && owner_has_equals();
        std::size_t rank = 0;
        for (const auto& name : keys_of(*own)) {
            auto path = *own;
            path.push_back(name);
            ++rank;
            if (present.contains(name)) continue;
            const auto* key = schema_of(path);
            CompletionItem item;
            item.label = name;
            item.kind = is_table(*key) ? CompletionKind::Table : CompletionKind::Key;
            item.detail = type_text(*key);
            item.documentation = documentation(path);
            item.filter_text = name;
            item.sort_text = rank_text(rank);
            item.edit = {place_.begin, place_.end, name};
            if (!has_equals) complete_assignment(item, path, *key, is_inline);
            items_.push_back(std::move(item));
        }
    }

    /// `tool` and `pycontainer`, in the root of pyproject.toml.
    void add_prefix_keys(const KeyPath& table) {
        const auto& prefix = source_.prefix();
        if (place_.kind != PlaceKind::Key || table.size() >= prefix.size() ||
            !std::equal(table.begin(), table.end(), prefix.begin()))
            return;
        const auto& name = prefix[table.size()];
        items_.push_back({.label = name,
                          .kind = CompletionKind::Table,
                          .detail = "pycontainer's settings",
                          .documentation = {},
                          .edit = {place_.begin, place_.end, name},
                          .is_snippet = false,
                          .is_preselected = false,
                          .filter_text = name,
                          .sort_text = "0000",
                          .image = {}});
    }

    bool owner_has_equals() const {
        if (place_.owner == toml::kNoNode) return false;
        const auto key = source_.tree().child(place_.owner, toml::NodeKind::Key);
        if (key == toml::kNoNode) return false;
        const auto& text = source_.text();
        const auto next = text.find_first_not_of(" \t", source_.tree().node(key).end);
        return next != std::string::npos && (text[next] == '=' || text[next] == '.');
    }

    void complete_assignment(CompletionItem& item, const KeyPath& path, const Json& schema,
                             bool is_inline) const {
        if (is_table(schema) && !is_open_table(schema)) {  // `build.` goes on
            item.edit.text += ".";
            return;
        }
        item.is_snippet = options_.snippets;
        item.edit.text += " = " + placeholder(path, schema, is_inline);
    }

    std::string placeholder(const KeyPath& path, const Json& schema, bool) const {
        const bool snippets = options_.snippets;
        const auto type = string_member(schema, "type").value_or("");
        if (type == "boolean") {
            const bool fallback = bool_member(schema, "default").value_or(true);
            const auto* other = fallback ? "false" : "true";
            return snippets ? fmt::format("${{1|{},{}|}}", other, fallback ? "true" : "false")
                            : other;
        }
        if (is_table(schema)) return snippets ? "{ $1 }" : "{}";
        if (type == "array") {
            const auto* items = member(schema, "items");
            const bool strings =
                items && string_member(schema::resolve_reference(schema::configuration(), *items),
                                       "type") == "string";
            return !snippets ? "[]" : strings ? "[\"$1\"]" : "[$1]";
        }
        if (path == KeyPath{"build", "cmd"} || path == KeyPath{"build", "entrypoint"})
            return snippets ? "[\"$1\"]" : "[]";
        return snippets ? "\"$1\"" : "\"\"";
    }

    // ---- headers

    KeyPath full(const KeyPath& own) const {
        auto path = source_.prefix();
        path.insert(path.end(), own.begin(), own.end());
        return path;
    }

    bool is_written_table(const KeyPath& own) const {
        for (const auto& key : source_.keys())
            if (key.is_last && key.owner != place_.owner && source_.own_path(key.path) == own)
                return true;
        return false;
    }

    void add_headers() {
        std::size_t rank = 0;
        for (const auto& own : tables()) {
            const auto path = full(own);
            ++rank;
            if (place_.is_array_header || is_written_table(own) || path.empty() ||
                path.size() <= place_.path.size() ||
                !std::equal(place_.path.begin(), place_.path.end(), path.begin()))
                continue;
            const auto key = source_.tree().child(place_.owner, toml::NodeKind::Key);
            auto end = place_.end;
            if (key != toml::kNoNode)
                end = std::max<std::size_t>(end, source_.tree().node(key).end);
            const KeyPath rest(path.begin() + static_cast<std::ptrdiff_t>(place_.path.size()),
                               path.end());
            add_header(own, join(path, "."), join(rest, "."), {place_.begin, end, join(rest, ".")},
                       rank);
        }
    }

    /// Whole headers where a statement can begin: of pycontainer.toml at any line, of
    /// pyproject.toml only on a line that has nothing yet.
    void add_headers_as_statements() {
        if (!begins_line()) return;
        std::size_t rank = 500;
        for (const auto& own : tables()) {
            ++rank;
            if (is_written_table(own) || full(own).empty()) continue;
            const auto name = join(full(own), ".");
            add_header(own, "[" + name + "]", name, {place_.begin, place_.end, "[" + name + "]\n"},
                       rank);
        }
    }

    bool begins_line() const {
        const auto& text = source_.text();
        const auto line = text.rfind('\n', place_.begin == 0 ? 0 : place_.begin - 1);
        const auto from = line == std::string::npos || place_.begin == 0 ? 0 : line + 1;
        return text.find_first_not_of(" \t\xEF\xBB\xBF", from) >= place_.begin &&
               !owner_has_equals();
    }

    void add_header(const KeyPath& own, std::string label, std::string filter, TextEdit edit,
                    std::size_t rank) {
        CompletionItem item;
        item.label = std::move(label);
        item.kind = CompletionKind::Table;
        item.detail = "table";
        item.documentation = documentation(own);
        item.filter_text = std::move(filter);
        item.sort_text = rank_text(rank);
        item.edit = std::move(edit);
        items_.push_back(std::move(item));
    }

    /// A whole file for an empty one.
    void add_scaffold() {
        if (source_.kind() != FileKind::Configuration || !view_ ||
            source_.text().find_first_not_of(" \t\r\n") != std::string::npos)
            return;
        CompletionItem item;
        item.label = "pycontainer.toml for this project";
        item.kind = CompletionKind::Value;
        item.detail = "from what was found in the project";
        item.edit = {0, source_.text().size(), scaffold(*view_)};
        item.documentation = "```toml\n" + item.edit.text + "```";
        item.filter_text = "pycontainer";
        item.sort_text = "0000";
        item.is_preselected = true;
        items_.push_back(std::move(item));
    }

    // ---- values

    void add_values() {
        const auto own = source_.own_path(place_.path);
        const auto* schema = own ? schema_of(*own) : nullptr;
        if (!schema || own->empty()) return;
        own_ = *own;
        in_array_ = place_.array != toml::kNoNode;
        const auto* element = schema;
        if (in_array_) {
            element = array_items(*schema);
            if (!element) return;
        }
        add_known_values(*element);
        add_examples(*schema);
    }

    static const Json* array_items(const Json& schema) {
        if (const auto* items = member(schema, "items"))
            return &schema::resolve_reference(schema::configuration(), *items);
        if (const auto* branches = member(schema, "anyOf"))
            for (const auto& branch : *branches)
                if (const auto* items = member(branch, "items"))
                    return &schema::resolve_reference(schema::configuration(), *items);
        return nullptr;
    }

    bool expects_list() const {
        const auto* schema = schema_of(own_);
        return !in_array_ && schema && array_items(*schema) && !member(*schema, "anyOf");
    }

    std::set<std::string> elements() const {
        std::set<std::string> texts;
        if (!in_array_) return texts;
        for (const auto child : source_.tree().children(place_.array))
            if (child != place_.node) texts.insert(source_.tree().decoded(child));
        return texts;
    }

    void add_value(const std::string& toml, std::string detail, std::string docs = {},
                   CompletionKind kind = CompletionKind::Value) {
        if (std::any_of(items_.begin(), items_.end(),
                        [&](const auto& item) { return item.label == toml; }))
            return;
        CompletionItem item;
        item.label = toml;
        item.kind = kind;
        item.detail = std::move(detail);
        item.documentation = std::move(docs);
        item.edit = {place_.begin, place_.end, expects_list() ? "[" + toml + "]" : toml};
        item.filter_text = toml;
        item.sort_text = rank_text(items_.size());
        items_.push_back(std::move(item));
    }
    void add_string(const std::string& text, std::string detail,
                    CompletionKind kind = CompletionKind::Value) {
        add_value(toml_string(text), std::move(detail), {}, kind);
    }

    void add_known_values(const Json& schema) {
        if (const auto* choices = member(schema, "enum"))
            for (const auto& choice : *choices)
                if (choice.is_string())
                    add_string(choice.get<std::string>(), default_mark(choice),
                               CompletionKind::Choice);
        if (string_member(schema, "type") == "boolean")
            for (const auto* word : {"true", "false"})
                add_value(word, default_mark(Json(word[0] == 't')), {}, CompletionKind::Choice);
        if (own_.size() != 2) return;
        const auto& key = own_[1];
        if (key == "platforms")
            add_all({"linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386", "linux/ppc64le",
                     "linux/s390x", "linux/riscv64"},
                    "platform");
        else if (key == "python")
            add_python_versions();
        else if (key == "user")
            add_all({"65532:65532", "1000:1000", "nobody"}, "user");
        else if (key == "include" || key == "exclude" || key == "writable" || key == "output" ||
                 key == "lock")
            add_files(key == "writable" || key == "output");
        else if (view_)
            add_values_of_project(key);
    }

    std::string default_mark(const Json& value) const {
        const auto* schema = schema_of(own_);
        const auto* fallback = schema ? member(*schema, "default") : nullptr;
        return fallback && *fallback == value ? "default" : "";
    }

    void add_all(std::initializer_list<const char*> texts, const char* detail) {
        const auto present = elements();
        for (const auto* text : texts)
            if (!present.contains(text)) add_string(text, detail);
    }

    void add_python_versions() {
        const auto releases = project::python_releases();
        for (auto release = releases.rbegin(); release != releases.rend(); ++release)
            if (release->is_supported)
                add_string(release->to_string(),
                           fmt::format("supported until {}", release->end_of_life));
    }

    void add_values_of_project(const std::string& key) {
        const auto present = elements();
        const auto add_names = [&](const std::vector<std::string>& names, const char* detail) {
            for (const auto& name : names)
                if (!present.contains(name)) add_string(name, detail);
        };
        if (key == "groups") add_names(view_->groups, "[dependency-groups]");
        if (key == "extras") add_names(view_->extras, "[project.optional-dependencies]");
        if (key == "ports" && view_->facts)
            for (const auto& port : view_->facts->entrypoint.ports)
                add_value(std::to_string(port.value), port.evidence);
        if (key == "tags" && view_->facts) add_tags();
        if (key == "entrypoint") add_entrypoints();
    }

    void add_tags() {
        const auto& identity = view_->facts->identity;
        const auto& registry = view_->loaded.config.registry_url;
        const auto repository = registry ? *registry : identity.normalized_name;
        const auto present = elements();
        const auto version = identity.version ? identity.version->value : std::string();
        if (!version.empty() && version.find('+') == std::string::npos &&
            !present.contains(repository + ":" + version))
            add_string(repository + ":" + version, "the project's version", CompletionKind::Image);
        if (!present.contains(repository + ":latest"))
            add_string(repository + ":latest", {}, CompletionKind::Image);
    }

    /// Inside a string only what can follow the words before it; otherwise whole commands.
    void add_entrypoints() {
        const bool has_node = place_.node != toml::kNoNode;
        const auto& tree = source_.tree();
        const auto typed =
            has_node ? tree.text().substr(place_.begin, offset_ - place_.begin) : std::string();
        const auto space = typed.rfind(' ');
        if (!in_array_ && space != std::string::npos)
            return add_callables(typed.substr(0, space + 1));
        if (in_array_) return add_callables("\"");
        if (view_->facts) {
            std::vector<std::string> words;
            for (const auto& word : view_->facts->entrypoint.argv)
                words.push_back(toml_string(word));
            add_value("[" + join(words, ", ") + "]", view_->facts->entrypoint.evidence);
            for (const auto& script : view_->facts->entrypoint.console_scripts)
                add_string(script.name, "[project.scripts] " + script.module + ":" + script.attr);
        }
        add_callables("\"");
    }

    /// `module:callable` behind `before`, which begins with a quote.
    void add_callables(const std::string& before) {
        for (const auto& callable : view_->callables) {
            const auto text = before + callable.reference() + "\"";
            CompletionItem item;
            item.label = callable.reference();
            item.kind = CompletionKind::Function;
            item.detail = fmt::format("{}:{}", callable.file, callable.line);
            item.edit = {place_.begin, place_.end, text};
            item.filter_text = text;
            item.sort_text = "1" + rank_text(items_.size());
            items_.push_back(std::move(item));
        }
    }

    /// Files below the directory that was typed so far.
    void add_files(bool only_directories) {
        const auto directory = std::filesystem::path(source_.path()).parent_path();
        const auto raw = place_.node == toml::kNoNode
                             ? std::string("\"")
                             : source_.text().substr(place_.begin, offset_ - place_.begin);
        const auto typed = raw.substr(std::min<std::size_t>(1, raw.size()));
        if (typed.starts_with('/') || typed.find("..") != std::string::npos) return;
        const auto slash = typed.rfind('/');
        const auto base = slash == std::string::npos ? "" : typed.substr(0, slash + 1);
        std::error_code error;
        std::vector<std::pair<std::string, bool>> found;
        for (auto entry = std::filesystem::directory_iterator(directory / base, error);
             !error && entry != std::filesystem::directory_iterator() && found.size() < kMaxFiles;
             entry.increment(error)) {
            const auto name = entry->path().filename().string();
            std::error_code ignored;
            const bool is_directory = entry->is_directory(ignored);
            if (name.starts_with('.') || name == "__pycache__" || !is_valid_utf8(name)) continue;
            if (is_directory || !only_directories) found.emplace_back(name, is_directory);
        }
        std::sort(found.begin(), found.end());
        for (const auto& [name, is_directory] : found)
            add_string(base + name + (is_directory && !only_directories ? "/" : ""),
                       is_directory ? "directory" : "file",
                       is_directory ? CompletionKind::Folder : CompletionKind::File);
    }

    void add_examples(const Json& schema) {
        const auto* examples = member(schema, "examples");
        if (!examples || own_ == kBaseImage) return;
        if (member(schema, "enum") || string_member(schema, "type") == "boolean") return;
        const bool is_list = !in_array_ && expects_list();
        for (const auto& example : *examples) {
            if (in_array_ || !items_.empty()) break;
            if (is_list) {
                CompletionItem item;
                item.label = toml_text(example);
                item.detail = "example";
                item.edit = {place_.begin, place_.end, item.label};
                item.filter_text = item.label;
                item.sort_text = "9000";
                items_.push_back(std::move(item));
            } else {
                add_value(toml_text(example), "example");
            }
        }
    }

    const Source& source_;
    const ProjectView* view_;
    const CompletionOptions& options_;
    Place place_;
    std::size_t offset_ = 0;
    KeyPath own_;
    bool in_array_ = false;
    std::vector<CompletionItem> items_;
};

}  // namespace

std::vector<CompletionItem> complete(const Source& source, std::size_t offset,
                                     const ProjectView* view, const CompletionOptions& options) {
    return Completer(source, std::min(offset, source.text().size()), view, options).run();
}

}  // namespace pycontainer::intellisense
