#include "lsp/features.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "intellisense/annotations.hpp"
#include "intellisense/code_actions.hpp"
#include "intellisense/completion.hpp"
#include "intellisense/diagnostics.hpp"
#include "intellisense/format.hpp"
#include "intellisense/hover.hpp"
#include "intellisense/image_names.hpp"
#include "intellisense/links.hpp"
#include "intellisense/structure.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace pycontainer::lsp {
namespace {

using intellisense::CompletionKind;
using intellisense::Source;

constexpr std::size_t kMaxSibling = 4U << 20U;
const std::vector<std::string> kTokenTypes{"namespace", "property", "variable", "string",
                                           "number",    "keyword",  "comment",  "type"};
const std::vector<std::string> kTokenModifiers{"deprecated"};

bool has_capability(const Json& params, std::initializer_list<const char*> path) {
    const Json* current = member(params, "capabilities");
    for (const auto* part : path) {
        if (!current) return false;
        current = member(*current, part);
    }
    return current && !current->is_null() && *current != false;
}

Json markdown(const std::string& text) {
    return {{"kind", "markdown"}, {"value", text}};
}

/// The numbers of LSP's CompletionItemKind.
int number_of(CompletionKind kind) {
    switch (kind) {
        case CompletionKind::Key: return 10;
        case CompletionKind::Table: return 9;
        case CompletionKind::Value: return 12;
        case CompletionKind::Choice: return 20;
        case CompletionKind::File: return 17;
        case CompletionKind::Folder: return 19;
        case CompletionKind::Image: return 21;
        case CompletionKind::Function: return 3;
    }
    return 1;
}

int number_of(intellisense::SymbolKind kind) {
    switch (kind) {
        case intellisense::SymbolKind::Table: return 19;
        case intellisense::SymbolKind::List: return 18;
        case intellisense::SymbolKind::Text: return 15;
        case intellisense::SymbolKind::Number: return 16;
        case intellisense::SymbolKind::Boolean: return 17;
        case intellisense::SymbolKind::Key: return 20;
    }
    return 13;
}

/// Index into kTokenTypes.
std::uint32_t token_type(intellisense::SemanticKind kind) {
    using intellisense::SemanticKind;
    switch (kind) {
        case SemanticKind::Table: return 0;
        case SemanticKind::Key:
        case SemanticKind::UnknownKey: return 1;
        case SemanticKind::Variable: return 2;
        case SemanticKind::String: return 3;
        case SemanticKind::Number: return 4;
        case SemanticKind::Boolean: return 5;
        case SemanticKind::Comment: return 6;
        case SemanticKind::Image: return 7;
    }
    return 1;
}

/// The answers to questions about one text.
class Answers {
public:
    Answers(const Question& question, const Source& source, const Json& params)
        : question_(question),
          source_(source),
          params_(params),
          columns_(source.lines(), question.settings.encoding) {}

    Json completion() const {
        const auto offset = this->offset();
        if (!offset) return nullptr;
        Json items = Json::array();
        auto found =
            intellisense::complete(source_, *offset, view(), {question_.settings.snippets});
        bool is_incomplete = false;
        if (const auto query = intellisense::image_query(source_, *offset)) {
            auto images = intellisense::image_items(*query, question_.images);
            is_incomplete = images.is_incomplete;
            for (auto& item : images.items) found.push_back(std::move(item));
        }
        for (const auto& item : found) {
            Json json{{"label", item.label},
                      {"kind", number_of(item.kind)},
                      {"sortText", item.sort_text},
                      {"filterText", item.filter_text.empty() ? item.edit.text : item.filter_text},
                      {"insertTextFormat", item.is_snippet ? 2 : 1},
                      {"textEdit", edit(item.edit)}};
            if (!item.detail.empty()) json["detail"] = item.detail;
            if (!item.documentation.empty()) json["documentation"] = markdown(item.documentation);
            if (item.is_preselected) json["preselect"] = true;
            if (!item.image.empty())
                json["data"] = {{"image", item.image}, {"uri", question_.snapshot->uri()}};
            items.push_back(std::move(json));
        }
        return {{"isIncomplete", is_incomplete}, {"items", std::move(items)}};
    }

    /// What the catalog knows of the image that an item names.
    Json resolved() const {
        auto item = params_;
        const auto name = image_of_item();
        const auto details = name && question_.images ? question_.images->image(*name)
                                                      : std::optional<intellisense::ImageDetails>();
        if (details)
            item["documentation"] = markdown(intellisense::image_markdown(*name, *details));
        return item;
    }

    bool is_typing_image() const {
        const auto offset = this->offset();
        const auto query = offset ? intellisense::image_query(source_, *offset) : std::nullopt;
        return query && !query->typed.empty();
    }

    /// What would make the answer better, in a registry's knowledge.
    std::vector<intellisense::ImageWant> wants(const std::string& method) const {
        std::vector<intellisense::ImageWant> wants;
        const auto add = [&](std::optional<intellisense::ImageWant> want) {
            if (want && question_.images && !question_.images->is_fresh(*want))
                wants.push_back(std::move(*want));
        };
        if (method == "completionItem/resolve") {
            if (const auto name = image_of_item()) add(intellisense::want_of_image(*name));
        } else if (method == "textDocument/completion") {
            const auto offset = this->offset();
            const auto query = offset ? intellisense::image_query(source_, *offset) : std::nullopt;
            if (query)
                for (auto& want : intellisense::image_wants(*query)) add(std::move(want));
        } else if (method == "textDocument/hover") {
            const auto offset = this->offset();
            const auto base = intellisense::base_image_of(source_);
            if (offset && base && base->begin <= *offset && *offset <= base->end)
                add(intellisense::want_of_image(base->reference));
        } else if (method == "textDocument/codeAction" && is_invoked()) {
            const auto base = intellisense::base_image_of(source_);
            const auto* range = member(params_, "range");
            const auto bytes =
                range ? byte_range(source_.lines(), *range, question_.settings.encoding)
                      : std::nullopt;
            if (base && bytes && bytes->first <= base->end && base->begin <= bytes->second) {
                // Of a pinned tag, what it stands for now.
                add(intellisense::want_of_image(
                    base->reference.substr(0, base->reference.find('@'))));
                add(intellisense::want_of_tags(base->reference));
            }
        }
        return wants;
    }

    Json hover() const {
        const auto offset = this->offset();
        const auto found =
            offset ? intellisense::hover(source_, *offset, view(), question_.images) : std::nullopt;
        if (!found) return nullptr;
        return {{"contents", markdown(found->markdown)},
                {"range", columns_.range(found->begin, found->end)}};
    }

    Json symbols() const {
        const auto symbols = intellisense::document_symbols(source_);
        Json list = Json::array();
        if (question_.settings.hierarchical_symbols)
            for (const auto& symbol : symbols) list.push_back(symbol_tree(symbol));
        else
            add_flat(symbols, "", list);
        return list;
    }

    Json foldings() const {
        Json list = Json::array();
        for (const auto& folding : intellisense::folding_ranges(source_)) {
            list.push_back({{"startLine", folding.start_line}, {"endLine", folding.end_line}});
            if (folding.is_comment) list.back()["kind"] = "comment";
        }
        return list;
    }

    Json selections() const {
        Json list = Json::array();
        const auto* positions = member(params_, "positions");
        if (!positions || !positions->is_array()) return nullptr;
        for (const auto& position : *positions) {
            Json chain;
            auto ranges =
                intellisense::selection_ranges(source_, columns_.offset(position).value_or(0));
            for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
                Json item{{"range", columns_.range(*range)}};
                if (!chain.is_null()) item["parent"] = std::move(chain);
                chain = std::move(item);
            }
            list.push_back(std::move(chain));
        }
        return list;
    }

    Json links() const {
        Json list = Json::array();
        for (const auto& link : intellisense::document_links(source_))
            list.push_back(
                {{"range", columns_.range(link.begin, link.end)},
                 {"target",
                  link.target.starts_with("https://") ? link.target : uri_of_path(link.target)},
                 {"tooltip", link.tooltip}});
        return list;
    }

    Json definition() const {
        const auto offset = this->offset();
        const auto target =
            offset ? intellisense::definition(source_, *offset, view()) : std::nullopt;
        if (!target) return nullptr;
        return {{"uri", uri_of_path(target->path)},
                {"range", to_lsp(Range{{target->line, 0}, {target->line, 0}})}};
    }

    Json tokens() const {
        Json data = Json::array();
        Position last;
        std::uint32_t last_column = 0;
        for (const auto& token : intellisense::semantic_tokens(source_)) {
            const auto line = source_.lines().position_at(token.begin).line;
            const auto column = columns_.column(token.begin);
            const auto end = columns_.column(token.end);
            data.push_back(line - last.line);
            data.push_back(line == last.line ? column - last_column : column);
            data.push_back(end - column);
            data.push_back(token_type(token.kind));
            data.push_back(token.kind == intellisense::SemanticKind::UnknownKey ? 1 : 0);
            last.line = line;
            last_column = column;
        }
        return {{"data", std::move(data)}};
    }

    Json formatting() const {
        const auto text = intellisense::formatted(source_);
        if (!text) return nullptr;
        if (*text == source_.text()) return Json::array();
        return Json::array(
            {{{"range", columns_.range(0, source_.text().size())}, {"newText", *text}}});
    }

    Json lenses() const {
        Json list = Json::array();
        for (const auto& lens : intellisense::code_lenses(source_, question_.last_build)) {
            Json command{{"title", lens.title}, {"command", lens.command}};
            if (!lens.command.empty())
                command["arguments"] = Json::array({question_.snapshot->uri()});
            list.push_back(
                {{"range", columns_.range(lens.range)}, {"command", std::move(command)}});
        }
        return list;
    }

    Json hints() const {
        Json list = Json::array();
        const auto* range = member(params_, "range");
        const auto bytes =
            range ? byte_range(source_.lines(), *range, question_.settings.encoding) : std::nullopt;
        for (const auto& hint : intellisense::inlay_hints(source_, view(), question_.images)) {
            const auto at = source_.lines().offset_at(hint.position);
            if (bytes && (at < bytes->first || at > bytes->second)) continue;
            list.push_back({{"position", columns_.position(hint.position)},
                            {"label", hint.label},
                            {"paddingLeft", true},
                            {"tooltip", hint.tooltip}});
        }
        return list;
    }

    Json actions() const {
        const auto* range = member(params_, "range");
        const auto bytes =
            range ? byte_range(source_.lines(), *range, question_.settings.encoding) : std::nullopt;
        if (!bytes) return nullptr;
        const auto sibling = sibling_source();
        const auto* context = member(params_, "context");
        const auto* only = context ? member(*context, "only") : nullptr;
        Json list = Json::array();
        for (const auto& action :
             intellisense::code_actions(source_, bytes->first, bytes->second, all_diagnostics(),
                                        {sibling.get(), view(), question_.images}))
            if (is_wanted(action.kind, only)) list.push_back(action_json(action));
        return list;
    }

    std::vector<Diagnostic> all_diagnostics() const {
        auto diagnostics = intellisense::diagnose_text(source_);
        if (!question_.project || has_errors(diagnostics)) return diagnostics;
        const auto& project = *question_.project;
        const auto lines = project.texts.find(source_.path());
        if (lines == project.texts.end()) return diagnostics;
        for (const auto& diagnostic : project.diagnostics) {
            const auto line = diagnostic.range.start.line;
            const bool is_known =
                std::find(diagnostics.begin(), diagnostics.end(), diagnostic) != diagnostics.end();
            if (diagnostic.file == source_.path() && !is_known &&
                lines->second.line(line) == source_.lines().line(line))
                diagnostics.push_back(diagnostic);
        }
        return diagnostics;
    }

    Json diagnostics() const {
        Json list = Json::array();
        for (const auto& diagnostic : all_diagnostics()) {
            auto json = to_lsp(diagnostic, columns_);
            if (adjust(json, diagnostic.code, question_.settings)) list.push_back(std::move(json));
        }
        return list;
    }

    /// False when it is not to be shown.
    static bool adjust(Json& json, const std::string& code, const ClientSettings& settings) {
        const auto severity = settings.severities.find(code);
        if (severity != settings.severities.end()) {
            if (severity->second == 0) return false;
            json["severity"] = severity->second;
        }
        if (!settings.documentation.empty())
            json["codeDescription"]["href"] = replace_all(settings.documentation, "{code}", code);
        else if (const auto page = settings.pages.find(code); page != settings.pages.end())
            json["codeDescription"]["href"] = page->second;
        return true;
    }

private:
    const intellisense::ProjectView* view() const {
        return question_.project ? question_.project->view.get() : nullptr;
    }

    std::optional<std::size_t> offset() const {
        const auto* position = member(params_, "position");
        return position ? columns_.offset(*position) : std::nullopt;
    }

    std::optional<std::string> image_of_item() const {
        const auto* data = member(params_, "data");
        return data ? string_member(*data, "image") : std::nullopt;
    }

    /// Somebody has called for the actions, rather than the editor for its light bulb
    /// (CodeActionTriggerKind).
    bool is_invoked() const {
        const auto* context = member(params_, "context");
        return context && unsigned_member(*context, "triggerKind") == 1;
    }

    Json edit(const intellisense::TextEdit& edit) const {
        return {{"range", columns_.range(edit.begin, edit.end)}, {"newText", edit.text}};
    }

    Json symbol_tree(const intellisense::Symbol& symbol) const {
        Json json{{"name", symbol.name},
                  {"kind", number_of(symbol.kind)},
                  {"range", columns_.range(symbol.range)},
                  {"selectionRange", columns_.range(symbol.selection)}};
        if (!symbol.detail.empty()) json["detail"] = symbol.detail;
        for (const auto& child : symbol.children) json["children"].push_back(symbol_tree(child));
        return json;
    }

    void add_flat(const std::vector<intellisense::Symbol>& symbols, const std::string& container,
                  Json& list) const {
        for (const auto& symbol : symbols) {
            list.push_back(
                {{"name", symbol.name},
                 {"kind", number_of(symbol.kind)},
                 {"location",
                  {{"uri", question_.snapshot->uri()}, {"range", columns_.range(symbol.range)}}}});
            if (!container.empty()) list.back()["containerName"] = container;
            add_flat(symbol.children, symbol.name, list);
        }
    }

    static bool is_wanted(const std::string& kind, const Json* only) {
        if (!only || !only->is_array()) return !kind.starts_with("source.");
        return std::any_of(only->begin(), only->end(), [&](const Json& wanted) {
            return wanted.is_string() && (kind == wanted.get_ref<const std::string&>() ||
                                          kind.starts_with(wanted.get<std::string>() + "."));
        });
    }

    /// The other file of the project: as it is open, else from the disk.
    std::shared_ptr<const Source> sibling_source() const {
        if (question_.sibling && question_.sibling->source())
            return {question_.sibling, question_.sibling->source()};
        const bool is_pyproject = source_.kind() == intellisense::FileKind::Pyproject;
        const auto path = std::filesystem::path(source_.path()).parent_path() /
                          (is_pyproject ? "pycontainer.toml" : "pyproject.toml");
        auto text = read_file(path, kMaxSibling);
        return text ? Source::make(path.string(), std::move(*text)) : nullptr;
    }

    Json action_json(const intellisense::CodeAction& action) const {
        Json changes = Json::array();
        if (!action.edits.empty()) {
            Json edits = Json::array();
            for (const auto& item : action.edits) edits.push_back(edit(item));
            changes.push_back(
                {{"textDocument",
                  {{"uri", question_.snapshot->uri()}, {"version", question_.snapshot->version()}}},
                 {"edits", std::move(edits)}});
        }
        for (const auto& [path, text] : action.files) {
            const auto uri = uri_of_path(path);
            constexpr std::uint32_t kEnd = 0x7FFFFFFF;
            // A list in braces would be taken for several elements.
            const Json create = {
                {"kind", "create"}, {"uri", uri}, {"options", {{"ignoreIfExists", true}}}};
            changes.insert(changes.begin(), create);
            changes.push_back({{"textDocument", {{"uri", uri}, {"version", nullptr}}},
                               {"edits", Json::array({{{"range", to_lsp(Range{{0, 0}, {kEnd, 0}})},
                                                       {"newText", text}}})}});
        }
        Json json{{"title", action.title},
                  {"kind", action.kind},
                  {"edit", {{"documentChanges", std::move(changes)}}}};
        if (action.is_preferred) json["isPreferred"] = true;
        for (const auto& diagnostic : action.fixes)
            json["diagnostics"].push_back(to_lsp(diagnostic, columns_));
        return json;
    }

    const Question& question_;
    const Source& source_;
    const Json& params_;
    Columns columns_;
};

using Method = Json (Answers::*)() const;

const std::map<std::string, Method>& methods() {
    static const std::map<std::string, Method> all{
        {"textDocument/completion", &Answers::completion},
        {"completionItem/resolve", &Answers::resolved},
        {"textDocument/hover", &Answers::hover},
        {"textDocument/documentSymbol", &Answers::symbols},
        {"textDocument/foldingRange", &Answers::foldings},
        {"textDocument/selectionRange", &Answers::selections},
        {"textDocument/documentLink", &Answers::links},
        {"textDocument/definition", &Answers::definition},
        {"textDocument/semanticTokens/full", &Answers::tokens},
        {"textDocument/formatting", &Answers::formatting},
        {"textDocument/codeLens", &Answers::lenses},
        {"textDocument/inlayHint", &Answers::hints},
        {"textDocument/codeAction", &Answers::actions},
    };
    return all;
}

}  // namespace

ClientSettings ClientSettings::from(const Json& params) {
    ClientSettings settings;
    if (const auto* capabilities = member(params, "capabilities"))
        settings.encoding = choose_encoding(*capabilities);
    settings.snippets =
        has_capability(params, {"textDocument", "completion", "completionItem", "snippetSupport"});
    settings.hierarchical_symbols = has_capability(
        params, {"textDocument", "documentSymbol", "hierarchicalDocumentSymbolSupport"});
    settings.pulls_diagnostics = has_capability(params, {"textDocument", "diagnostic"});
    settings.refreshes_diagnostics =
        has_capability(params, {"workspace", "diagnostics", "refreshSupport"});
    settings.refreshes_hints = has_capability(params, {"workspace", "inlayHint", "refreshSupport"});
    settings.refreshes_lenses = has_capability(params, {"workspace", "codeLens", "refreshSupport"});
    settings.watches_files =
        has_capability(params, {"workspace", "didChangeWatchedFiles", "dynamicRegistration"});
    if (const auto* options = member(params, "initializationOptions")) settings.apply(*options);
    return settings;
}

void ClientSettings::apply(const Json& settings) {
    if (const auto address = string_member(settings, "documentation")) documentation = *address;
    if (const auto when = string_member(settings, "network"))
        network = *when == "never"    ? Network::Never
                  : *when == "always" ? Network::Always
                                      : Network::OnDemand;
    const auto* by_code = member(settings, "severity");
    if (!by_code || !by_code->is_object()) return;
    severities.clear();
    const std::vector<std::string> names{"off", "error", "warning", "information", "hint"};
    for (const auto& [code, name] : by_code->items()) {
        if (!name.is_string()) continue;
        const auto found = std::find(names.begin(), names.end(), name.get<std::string>());
        if (found != names.end()) severities[code] = static_cast<int>(found - names.begin());
    }
}

bool is_question(const std::string& method) {
    return methods().contains(method);
}

std::optional<std::string> parameter_fault(const std::string& method, const Json& params) {
    static const std::set<std::string> kAtPosition{"textDocument/completion", "textDocument/hover",
                                                   "textDocument/definition"};
    static const std::set<std::string> kInRange{"textDocument/codeAction",
                                                "textDocument/inlayHint"};
    const auto is_position = [](const Json* value) {
        return value && unsigned_member(*value, "line") && unsigned_member(*value, "character");
    };
    if (method == "completionItem/resolve") return std::nullopt;  // an item, in no document
    const auto* document = member(params, "textDocument");
    if (!document || !string_member(*document, "uri")) return "`textDocument.uri` is no string";
    if (kAtPosition.contains(method) && !is_position(member(params, "position")))
        return "`position` is no position";
    const auto* range = member(params, "range");
    if (kInRange.contains(method) &&
        (!range || !is_position(member(*range, "start")) || !is_position(member(*range, "end"))))
        return "`range` is no range";
    if (method != "textDocument/selectionRange") return std::nullopt;
    const auto* positions = member(params, "positions");
    if (!positions || !positions->is_array() ||
        !std::all_of(positions->begin(), positions->end(),
                     [&](const Json& position) { return is_position(&position); }))
        return "`positions` is no list of positions";
    return std::nullopt;
}

std::vector<intellisense::ImageWant> wants_of(const std::string& method, const Json& params,
                                              const Question& question) {
    const auto* source = question.snapshot ? question.snapshot->source() : nullptr;
    if (!source) return {};
    return Answers(question, *source, params).wants(method);
}

bool is_typing_image(const Json& params, const Question& question) {
    const auto* source = question.snapshot ? question.snapshot->source() : nullptr;
    return source && Answers(question, *source, params).is_typing_image();
}

std::string uri_of_item(const Json& item) {
    const auto* data = member(item, "data");
    return data ? string_member(*data, "uri").value_or("") : "";
}

Json answer(const std::string& method, const Json& params, const Question& question) {
    const auto found = methods().find(method);
    const auto* source = question.snapshot ? question.snapshot->source() : nullptr;
    if (!source && method == "completionItem/resolve") return params;
    if (!source || found == methods().end()) return nullptr;
    return (Answers(question, *source, params).*found->second)();
}

Json diagnostics_of(const Question& question) {
    const auto* source = question.snapshot->source();
    if (!source) return Json::array();
    static const Json kNone;
    return Answers(question, *source, kNone).diagnostics();
}

Json diagnostics_of_file(const ProjectState& project, const std::string& path,
                         const ClientSettings& settings) {
    Json list = Json::array();
    const auto lines = project.texts.find(path);
    const toml::LineIndex empty;
    const Columns columns(lines == project.texts.end() ? empty : lines->second, settings.encoding);
    for (const auto& diagnostic : project.diagnostics) {
        if (diagnostic.file != path) continue;
        auto json = to_lsp(diagnostic, columns);
        if (Answers::adjust(json, diagnostic.code, settings)) list.push_back(std::move(json));
    }
    return list;
}

Json capabilities(const ClientSettings& settings) {
    Json json{{"positionEncoding", to_string(settings.encoding)},
              {"textDocumentSync",
               {{"openClose", true}, {"change", 2}, {"save", {{"includeText", false}}}}},
              {"completionProvider",
               {{"triggerCharacters", {"\"", "'", ":", "/", "@", "[", "=", ".", "-"}},
                {"resolveProvider", true}}},
              {"hoverProvider", true},
              {"documentSymbolProvider", true},
              {"foldingRangeProvider", true},
              {"selectionRangeProvider", true},
              {"documentLinkProvider", {{"resolveProvider", false}}},
              {"definitionProvider", true},
              {"documentFormattingProvider", true},
              {"codeLensProvider", {{"resolveProvider", false}}},
              {"inlayHintProvider", true},
              {"codeActionProvider",
               {{"codeActionKinds",
                 {"quickfix", "refactor.rewrite", "refactor.move", "source.fixAll.pycontainer"}}}},
              {"semanticTokensProvider",
               {{"legend", {{"tokenTypes", kTokenTypes}, {"tokenModifiers", kTokenModifiers}}},
                {"full", true}}},
              {"workspace",
               {{"workspaceFolders", {{"supported", true}, {"changeNotifications", true}}}}}};
    if (settings.pulls_diagnostics)
        json["diagnosticProvider"] = {{"identifier", "pycontainer"},
                                      {"interFileDependencies", true},
                                      {"workspaceDiagnostics", true}};
    return json;
}

}  // namespace pycontainer::lsp
