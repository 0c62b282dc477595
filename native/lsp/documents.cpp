#include "lsp/documents.hpp"

#include "toml/line_index.hpp"

namespace pycontainer::lsp {
namespace {

constexpr std::size_t kMaxText = 16U << 20U;

std::int64_t version_of(const Json& text_document) {
    const auto* version = member(text_document, "version");
    return version && version->is_number_integer() ? version->get<std::int64_t>() : 0;
}

/// By the name of the file; other texts are a configuration when the user says so by the language.
std::optional<intellisense::FileKind> kind_of(const std::string& path,
                                              const std::string& language) {
    const auto name = std::string_view(path).substr(path.rfind('/') + 1);
    if (name == "pyproject.toml") return intellisense::FileKind::Pyproject;
    if (name == "pycontainer.toml" || language == "pycontainer-toml")
        return intellisense::FileKind::Configuration;
    return std::nullopt;
}

void apply(std::string& text, const Json& change, PositionEncoding encoding) {
    auto replacement = string_member(change, "text");
    if (!replacement || replacement->size() > kMaxText) return;
    const auto* range = member(change, "range");
    if (!range || range->is_null()) {
        text = std::move(*replacement);
        return;
    }
    const toml::LineIndex index(text);
    const auto found = byte_range(index, *range, encoding);
    if (found) text.replace(found->first, found->second - found->first, *replacement);
}

}  // namespace

const intellisense::Source* Snapshot::source() const {
    std::call_once(parsed_, [this] {
        if (kind_) source_ = intellisense::Source::make(path_, *kind_, text_);
    });
    return source_.get();
}

std::shared_ptr<const Snapshot> Documents::open(const Json& text_document) {
    const auto uri = string_member(text_document, "uri");
    auto text = string_member(text_document, "text");
    if (!uri || !text || text->size() > kMaxText) return nullptr;
    auto path = path_of_uri(*uri).value_or(uri->substr(uri->rfind('/') + 1));
    const auto kind = kind_of(path, string_member(text_document, "languageId").value_or(""));
    auto snapshot = std::make_shared<const Snapshot>(*uri, std::move(path), kind,
                                                     version_of(text_document), std::move(*text));
    documents_[*uri] = snapshot;
    return snapshot;
}

std::shared_ptr<const Snapshot> Documents::change(const Json& params) {
    const auto* text_document = member(params, "textDocument");
    const auto* changes = member(params, "contentChanges");
    if (!text_document || !changes || !changes->is_array()) return nullptr;
    const auto found = documents_.find(string_member(*text_document, "uri").value_or(""));
    if (found == documents_.end()) return nullptr;
    const auto& before = *found->second;
    const auto version = version_of(*text_document);
    if (version < before.version()) return nullptr;
    auto text = before.text();
    for (const auto& change : *changes) apply(text, change, encoding_);
    if (text.size() > kMaxText) return nullptr;
    found->second = std::make_shared<const Snapshot>(before.uri(), before.path(), before.kind(),
                                                     version, std::move(text));
    return found->second;
}

std::shared_ptr<const Snapshot> Documents::find(const std::string& uri) const {
    const auto found = documents_.find(uri);
    return found == documents_.end() ? nullptr : found->second;
}

}  // namespace pycontainer::lsp
