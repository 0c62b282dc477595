#pragma once

// Changes of a text that an editor offers: what removes a fault, and what is often wanted.

#include "base/diagnostic.hpp"
#include "intellisense/image_catalog.hpp"
#include "intellisense/source.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

struct CodeAction {
    std::string title;
    std::string kind;  ///< of LSP: `quickfix`, `refactor.extract`, `source.fixAll.pycontainer`
    bool is_preferred = false;
    std::vector<Diagnostic> fixes;  ///< the diagnostics that it removes
    std::vector<TextEdit> edits;    ///< of this text
    /// Whole new texts of other files, by path; they need not exist.
    std::map<std::string, std::string> files;
};

/// For the bytes `begin` up to `end`. `diagnostics` are those of the text; `sibling` is the text of
/// the other file of the project, if there is one; `images` may be null.
std::vector<CodeAction> code_actions(const Source& source, std::size_t begin, std::size_t end,
                                     const std::vector<Diagnostic>& diagnostics,
                                     const Source* sibling, const ImageCatalog* images);

}  // namespace pycontainer::intellisense
