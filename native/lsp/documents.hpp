#pragma once

// The texts an editor has open, kept in step with it (LSP 3.17, "Text Document Synchronization").

#include "base/json.hpp"
#include "base/result.hpp"
#include "intellisense/source.hpp"
#include "lsp/protocol.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace pycontainer::lsp {

/// One version of a text. Immutable; thread-safe: the tree is made by whoever asks first, so that
/// typing waits for nobody.
class Snapshot {
public:
    Snapshot(std::string uri, std::string path, std::optional<intellisense::FileKind> kind,
             std::int64_t version, std::string text)
        : uri_(std::move(uri)),
          path_(std::move(path)),
          kind_(kind),
          version_(version),
          text_(std::move(text)) {}

    const std::string& uri() const { return uri_; }
    /// Of a `file:` URI; otherwise the URI's last part, so that its rules are known.
    const std::string& path() const { return path_; }
    /// Nothing for texts that are none of ours: editors send every TOML file.
    std::optional<intellisense::FileKind> kind() const { return kind_; }
    std::int64_t version() const { return version_; }
    const std::string& text() const { return text_; }
    /// Null for texts that are none of ours.
    const intellisense::Source* source() const;

private:
    std::string uri_;
    std::string path_;
    std::optional<intellisense::FileKind> kind_;
    std::int64_t version_;
    std::string text_;
    mutable std::once_flag parsed_;
    mutable std::shared_ptr<const intellisense::Source> source_;
};

/// One thread at a time.
class Documents {
public:
    using Open = std::map<std::string, std::shared_ptr<const Snapshot>>;

    void set_encoding(PositionEncoding encoding) { encoding_ = encoding; }
    /// The document that was opened or changed; null when the message makes no sense.
    std::shared_ptr<const Snapshot> open(const Json& text_document);
    /// Full and incremental changes, in their order. A document that is not open is ignored, and a
    /// version that is older than what is known.
    std::shared_ptr<const Snapshot> change(const Json& params);
    bool close(const std::string& uri) { return documents_.erase(uri) > 0; }
    std::shared_ptr<const Snapshot> find(const std::string& uri) const;
    const Open& all() const { return documents_; }

private:
    Open documents_;
    PositionEncoding encoding_ = PositionEncoding::Utf16;
};

}  // namespace pycontainer::lsp
