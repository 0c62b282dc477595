#include "intellisense/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace pycontainer::intellisense {
namespace {

constexpr const char* kPyproject = "pyproject.toml";

std::string with_underscores(std::string text) {
    std::replace(text.begin(), text.end(), '-', '_');
    return text;
}

}  // namespace

std::optional<FileKind> Source::kind_of(const std::string& path) {
    const auto name = std::filesystem::path(path).filename().string();
    if (name == kPyproject) return FileKind::Pyproject;
    if (name.ends_with(".toml")) return FileKind::Configuration;
    return std::nullopt;
}

std::shared_ptr<const Source> Source::make(const std::string& path, std::string text) {
    const auto kind = kind_of(path);
    return kind ? make(path, *kind, std::move(text)) : nullptr;
}

std::shared_ptr<const Source> Source::make(const std::string& path, FileKind kind,
                                           std::string text) {
    return std::shared_ptr<const Source>(new Source(path, kind, std::move(text)));
}

Source::Source(std::string path, FileKind kind, std::string text)
    : path_(std::move(path)),
      kind_(kind),
      tree_(std::move(text)),
      lines_(tree_.text()),
      keys_(toml::written_keys(tree_)) {
    if (kind_ == FileKind::Pyproject) prefix_ = {"tool", "pycontainer"};
}

std::optional<toml::KeyPath> Source::own_path(const toml::KeyPath& path) const {
    if (path.size() < prefix_.size() || !std::equal(prefix_.begin(), prefix_.end(), path.begin()))
        return std::nullopt;
    toml::KeyPath own(path.begin() + static_cast<std::ptrdiff_t>(prefix_.size()), path.end());
    for (std::size_t i = 0; i < own.size() && i < 2; ++i) own[i] = with_underscores(own[i]);
    return own;
}

const toml::WrittenKey* Source::find(const toml::KeyPath& own) const {
    for (const auto& key : keys_)
        if (key.path.size() == own.size() + prefix_.size() && own_path(key.path) == own)
            return &key;
    return nullptr;
}

bool Source::has_configuration() const {
    if (kind_ == FileKind::Configuration) return true;
    return std::any_of(keys_.begin(), keys_.end(),
                       [&](const auto& key) { return own_path(key.path).has_value(); });
}

Range Source::range_of(toml::NodeId id) const {
    const auto& node = tree_.node(id);
    return lines_.range_of(node.begin, node.end);
}

std::string apply_edits(std::string_view text, std::vector<TextEdit> edits) {
    std::stable_sort(edits.begin(), edits.end(),
                     [](const auto& a, const auto& b) { return a.begin < b.begin; });
    std::string out;
    std::size_t at = 0;
    for (const auto& edit : edits) {
        if (edit.begin < at) continue;
        out.append(text.substr(at, edit.begin - at)).append(edit.text);
        at = edit.end;
    }
    return out.append(text.substr(at));
}

std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (byte < 0x20 || byte == 0x7F)
            out += fmt::format("\\u{:04X}", byte);
        else
            out += c;
    }
    return out + "\"";
}

}  // namespace pycontainer::intellisense
