#pragma once

// Changes of a text that an editor offers: what removes a fault, and what is often wanted.

#include "base/diagnostic.hpp"
#include "intellisense/image_catalog.hpp"
#include "intellisense/project_view.hpp"
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

/// What is around the text; each may be null.
struct ActionSurroundings {
    const Source* sibling = nullptr;  ///< the other file of the project
    const ProjectView* view = nullptr;
    const ImageCatalog* images = nullptr;
};

/// For the bytes `begin` up to `end`. `diagnostics` are those of the text.
std::vector<CodeAction> code_actions(const Source& source, std::size_t begin, std::size_t end,
                                     const std::vector<Diagnostic>& diagnostics,
                                     const ActionSurroundings& around);

}  // namespace pycontainer::intellisense
