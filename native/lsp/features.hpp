#pragma once

// Questions about a text, from LSP's parameters to LSP's answers.

#include "intellisense/image_catalog.hpp"
#include "lsp/documents.hpp"
#include "lsp/projects.hpp"
#include "lsp/protocol.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::lsp {

/// When a registry may be asked without a build: never; once the user has typed in an image's name;
/// whenever it helps.
enum class Network { Never, OnDemand, Always };

/// What the client can take and wants.
struct ClientSettings {
    PositionEncoding encoding = PositionEncoding::Utf16;
    bool snippets = false;
    bool hierarchical_symbols = false;
    bool pulls_diagnostics = false;
    bool refreshes_diagnostics = false;
    bool refreshes_hints = false;
    bool refreshes_lenses = false;
    bool watches_files = false;
    Network network = Network::OnDemand;
    /// By code, the LSP severity that it is shown with; 0: not at all.
    std::map<std::string, int> severities;
    /// An address with `{code}` in it, for the pages of the codes; empty: those of `pages`.
    std::string documentation;
    /// The addresses of the program's own pages, by code.
    std::map<std::string, std::string> pages;

    static ClientSettings from(const Json& initialize_params);
    /// Reads `severity`, `documentation` and `network` from settings.
    void apply(const Json& settings);
};

/// Everything that a question may look at.
struct Question {
    std::shared_ptr<const Snapshot> snapshot;
    std::shared_ptr<const ProjectState> project;  ///< may be null
    std::shared_ptr<const Snapshot> sibling;      ///< the project's other file, if it is open
    const intellisense::ImageCatalog* images = nullptr;
    std::string last_build;
    const ClientSettings& settings;
};

bool is_question(const std::string& method);
/// What is missing or of the wrong type in the parameters of a question or of a pull of
/// diagnostics; nothing when they are what the method takes.
std::optional<std::string> parameter_fault(const std::string& method, const Json& params);
/// What registries could be asked for a better answer, old news left out. Only what the user asks
/// for at an image's name: its completion, its hover, changes of it that were called for.
std::vector<intellisense::ImageWant> wants_of(const std::string& method, const Json& params,
                                              const Question& question);
/// The position is in an image's name of which something is typed.
bool is_typing_image(const Json& params, const Question& question);
/// `completionItem/resolve` names its text only in its data.
std::string uri_of_item(const Json& item);
/// The answer to a method that is one.
Json answer(const std::string& method, const Json& params, const Question& question);

/// The diagnostics of a text: those of its own, and those of its project as far as their lines have
/// not changed since it was looked at.
Json diagnostics_of(const Question& question);
/// Of a file that is not open.
Json diagnostics_of_file(const ProjectState& project, const std::string& path,
                         const ClientSettings& settings);

/// What `initialize` tells of the above.
Json capabilities(const ClientSettings& settings);

}  // namespace pycontainer::lsp
