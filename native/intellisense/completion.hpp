#pragma once

// What can be written at a place: keys, table headers and values.
//
// Pure, but for names of files below the project. Names of base images are in `image_names.hpp`,
// here is only where they are typed.

#include "intellisense/project_view.hpp"
#include "intellisense/source.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

enum class CompletionKind { Key, Table, Value, Choice, File, Folder, Image, Function };

struct CompletionItem {
    std::string label;
    CompletionKind kind = CompletionKind::Value;
    std::string detail;
    std::string documentation;  ///< Markdown
    TextEdit edit;
    bool is_snippet = false;
    bool is_preselected = false;
    std::string filter_text;  ///< what is typed to find it; the text of the edit when empty
    std::string sort_text;
    std::string image;  ///< the reference that it names: the catalog tells more of it
};

struct CompletionOptions {
    bool snippets = false;
};

/// `view` may be null. Empty where nothing can be said.
std::vector<CompletionItem> complete(const Source& source, std::size_t offset,
                                     const ProjectView* view, const CompletionOptions& options);

}  // namespace pycontainer::intellisense
