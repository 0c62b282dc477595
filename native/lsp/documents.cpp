#include "lsp/documents.hpp"

#include "lsp/protocol.hpp"
#include "toml/line_index.hpp"

namespace pycontainer::lsp {
namespace {

constexpr std::size_t kMaxText = 16U << 20U;

std::int64_t version_of(const Json& text_document) {
    const auto* version = member(text_document, "version");
    return version && version->is_number_integer() ? version->get<std::int64_t>() : 0;
}

void apply(std::string& text, const Json& change) {
    auto replacement = string_member(change, "text");
    if (!replacement || replacement->size() > kMaxText) return;
    const auto* range = member(change, "range");
    if (!range) {
        text = std::move(*replacement);
        return;
    }
    const auto* start_json = member(*range, "start");
    const auto* end_json = member(*range, "end");
    const auto start = start_json ? position_of(*start_json) : std::nullopt;
    const auto end = end_json ? position_of(*end_json) : std::nullopt;
    if (!start || !end) return;
    const toml::LineIndex index(text);
    const auto from = index.offset_at(*start);
    const auto to = std::max(from, index.offset_at(*end));
    text.replace(from, to - from, *replacement);
}

}  // namespace

void Documents::open(const Json& text_document) {
    const auto uri = string_member(text_document, "uri");
    auto text = string_member(text_document, "text");
    if (!uri || !text || text->size() > kMaxText) return;
    auto path = path_of_uri(*uri).value_or(uri->substr(uri->rfind('/') + 1));
    documents_[*uri] = {*uri, std::move(path), version_of(text_document), std::move(*text), true};
}

void Documents::change(const Json& params) {
    const auto* text_document = member(params, "textDocument");
    const auto* changes = member(params, "contentChanges");
    if (!text_document || !changes || !changes->is_array()) return;
    const auto found = documents_.find(string_member(*text_document, "uri").value_or(""));
    if (found == documents_.end()) return;
    for (const auto& change : *changes) apply(found->second.text, change);
    found->second.version = version_of(*text_document);
    found->second.needs_check = true;
}

}  // namespace pycontainer::lsp
