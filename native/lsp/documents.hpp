#pragma once

// The texts an editor has open, kept in step with it (LSP 3.17, "Text Document Synchronization").

#include "base/json.hpp"
#include "base/result.hpp"

#include <map>
#include <optional>
#include <string>

namespace pycontainer::lsp {

struct Document {
    std::string uri;
    std::string
        path;  ///< of a `file:` URI; otherwise the URI's last part, so that its rules are known
    std::int64_t version = 0;
    std::string text;
    bool needs_check = true;
};

/// One thread at a time.
class Documents {
public:
    void open(const Json& text_document);
    /// Full and incremental changes, in their order. A document that is not open is ignored.
    void change(const Json& params);
    void close(const std::string& uri) { documents_.erase(uri); }
    std::map<std::string, Document>& all() { return documents_; }

private:
    std::map<std::string, Document> documents_;
};

}  // namespace pycontainer::lsp
