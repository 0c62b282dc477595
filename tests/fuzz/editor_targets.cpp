// What an editor sends: frames, texts, edits.

#include "target.hpp"

#include "base/strings.hpp"
#include "intellisense/format.hpp"
#include "jsonrpc/transport.hpp"
#include "lsp/documents.hpp"
#include "toml/document.hpp"
#include "toml/syntax_place.hpp"
#include "toml/syntax_tree.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::fuzz {  // not a using directive: toml++ has a namespace `toml` too

FUZZ_TARGET(toml) {
    const auto document = toml::parse(input, "pycontainer.toml");
    for (const auto& diagnostic : document.diagnostics)
        require(!diagnostic.message.starts_with("not valid TOML"),
                "our own reading knows every fault that toml++ knows");
}

FUZZ_TARGET(frames) {
    jsonrpc::FrameReader reader;
    for (std::size_t at = 0; at < input.size(); at += 7) {
        reader.append(input.substr(at, 7));
        for (;;) {
            const auto body = reader.next();
            if (!body) continue;  // told, and reading goes on behind it
            if (!*body) break;
            require(input.find(**body) != std::string_view::npos, "a body is part of the input");
        }
    }
}

FUZZ_TARGET(toml_tree) {
    const toml::SyntaxTree tree{std::string(input)};
    std::size_t end = 0;
    for (const auto& token : tree.tokens()) {
        require(token.begin == end && token.end > token.begin, "tokens leave no gap");
        end = token.end;
    }
    require(end == input.size(), "the text of the tree is the text");
    for (toml::NodeId id = 1; id < tree.node_count(); ++id) {
        const auto& node = tree.node(id);
        require(node.begin <= node.end && node.end <= tree.node(node.parent).end,
                "nodes lie in their parents");
    }
    static_cast<void>(toml::written_keys(tree));
    for (std::size_t at = 0; at <= input.size(); at += 1 + input.size() / 50) {
        const auto place = toml::place_at(tree, at);
        require(place.begin <= place.end && place.end <= input.size(), "places are in the text");
    }
}

namespace {

/// What toml++ alone says; nothing where its own limits or ours come first.
std::optional<bool> is_valid_for_parser(std::string_view text) {
    for (const auto& diagnostic : toml::parse(text, "pycontainer.toml").diagnostics)
        if (diagnostic.code != "toml/syntax") return std::nullopt;
    try {
        static_cast<void>(::toml::parse(text));
        return true;
    } catch (const ::toml::parse_error&) {
        return false;
    }
}

}  // namespace

FUZZ_TARGET(toml_agreement) {
    if (!is_valid_utf8(input) || input.find('\0') != std::string_view::npos) return;
    const auto is_valid = is_valid_for_parser(input);
    if (!is_valid) return;
    require(toml::SyntaxTree(std::string(input)).faults().empty() == *is_valid,
            "our own reading and toml++ agree on what is TOML");
}

namespace {

/// A text as the protocol sees it: lines of characters, each with its line end.
class Model {
public:
    explicit Model(std::string_view text) : text_(text) {}

    /// The byte of a position, counted character by character (LSP 3.17, "Position").
    std::size_t offset(unsigned line, unsigned column, lsp::PositionEncoding encoding) const {
        std::size_t at = 0;
        for (; line > 0; --line) {
            at = text_.find_first_of("\r\n", at);
            if (at == std::string::npos) return text_.size();
            at += text_.compare(at, 2, "\r\n") == 0 ? 2 : 1;
        }
        for (unsigned counted = 0; at < text_.size() && text_[at] != '\r' && text_[at] != '\n';) {
            const auto bytes = length(at);
            counted += encoding == lsp::PositionEncoding::Utf8    ? bytes
                       : encoding == lsp::PositionEncoding::Utf32 ? 1
                       : bytes == 4                               ? 2
                                                                  : 1;
            if (counted > column) break;
            at += bytes;
        }
        return at;
    }
    void replace(std::size_t begin, std::size_t end, std::string_view by) {
        text_.replace(std::min(begin, end), std::max(begin, end) - std::min(begin, end), by);
    }
    const std::string& text() const { return text_; }

private:
    unsigned length(std::size_t at) const {
        const auto first = static_cast<unsigned char>(text_[at]);
        return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    }
    std::string text_;
};

Json position(unsigned char line, unsigned char column) {
    return {{"line", line}, {"character", column}};
}

}  // namespace

/// The encoding, edits of five bytes each (two positions and what is written), NUL, the text.
FUZZ_TARGET(edits) {
    const auto end = std::min(input.find('\0'), input.size());
    const auto script = input.substr(0, end);
    const auto text = input.substr(std::min(end + 1, input.size()));
    if (script.empty() || !is_valid_utf8(text)) return;
    constexpr std::string_view kWritten[] = {
        "",      "a",  "\n", "\r\n", "\xC3\xA9",    "\xF0\x9F\x98\x80",
        "[x]\n", "\"", "\r", " = 1", "\xEF\xBB\xBF"};
    const auto encoding =
        static_cast<lsp::PositionEncoding>(static_cast<unsigned char>(script[0]) % 3);
    constexpr const char* kUri = "file:///p/pycontainer.toml";
    lsp::Documents documents;
    documents.set_encoding(encoding);
    documents.open({{"uri", kUri}, {"version", 1}, {"text", std::string(text)}});
    Model model(text);
    Json changes = Json::array();
    for (std::size_t at = 1; at + 5 <= script.size(); at += 5) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(script[at + i]); };
        const auto written = kWritten[byte(4) % std::size(kWritten)];
        changes.push_back(
            {{"range",
              {{"start", position(byte(0), byte(1))}, {"end", position(byte(2), byte(3))}}},
             {"text", std::string(written)}});
        model.replace(model.offset(byte(0), byte(1), encoding),
                      model.offset(byte(2), byte(3), encoding), written);
    }
    documents.change(
        {{"textDocument", {{"uri", kUri}, {"version", 2}}}, {"contentChanges", changes}});
    const auto snapshot = documents.find(kUri);
    require(snapshot->text() == model.text(), "edits change what they say");
    const toml::SyntaxTree fresh(model.text());
    const auto& tree = snapshot->source()->tree();
    require(
        tree.node_count() == fresh.node_count() && tree.tokens().size() == fresh.tokens().size(),
        "an edited text reads as one that was always so");
}

namespace {

std::vector<std::string> comments_of(const toml::SyntaxTree& tree) {
    std::vector<std::string> comments;
    for (const auto& token : tree.tokens())
        if (token.kind == toml::TokenKind::Comment) {
            const auto text =
                std::string_view(tree.text()).substr(token.begin, token.end - token.begin);
            comments.emplace_back(text.substr(0, text.find_last_not_of(" \t") + 1));
        }
    return comments;
}

}  // namespace

FUZZ_TARGET(format) {
    const auto source = intellisense::Source::make("pycontainer.toml", std::string(input));
    const auto text = intellisense::formatted(*source);
    if (!text) return;
    const auto again = intellisense::Source::make("pycontainer.toml", *text);
    require(intellisense::formatted(*again) == *text, "formatting twice is formatting once");
    require(dump_json(toml::parse(*text, "").value) == dump_json(toml::parse(input, "").value),
            "the values stay");
    require(comments_of(again->tree()) == comments_of(source->tree()), "the comments stay");
}

}  // namespace pycontainer::fuzz
