#include "intellisense/links.hpp"

#include "base/strings.hpp"
#include "oci/reference.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace pycontainer::intellisense {
namespace {

using toml::KeyPath;
using toml::NodeId;
using toml::NodeKind;

/// The page of an image for people; empty for registries that have none.
std::string page_of(const std::string& text) {
    const auto reference = oci::Reference::parse(text);
    if (!reference || text == "scratch" || text.starts_with("oci:")) return {};
    const auto& registry = reference->registry();
    const auto& repository = reference->repository();
    constexpr std::string_view kOfficial = "library/";
    if (registry == "docker.io" || registry == "index.docker.io")
        return repository.starts_with(kOfficial)
                   ? "https://hub.docker.com/_/" + repository.substr(kOfficial.size())
                   : "https://hub.docker.com/r/" + repository;
    if (registry == "quay.io") return "https://quay.io/repository/" + repository;
    return {};
}

std::vector<NodeId> strings_of(const Source& source, NodeId value) {
    const auto& tree = source.tree();
    if (tree.node(value).kind == NodeKind::String) return {value};
    std::vector<NodeId> strings;
    if (tree.node(value).kind == NodeKind::Array)
        for (const auto item : tree.children(value))
            if (tree.node(item).kind == NodeKind::String) strings.push_back(item);
    return strings;
}

std::optional<std::string> existing_file(const Source& source, const std::string& text) {
    if (text.empty() || text.find('\0') != std::string::npos) return std::nullopt;
    const auto directory = std::filesystem::path(source.path()).parent_path();
    std::error_code error;
    const auto path = directory / text;
    if (!std::filesystem::is_regular_file(path, error) || error) return std::nullopt;
    return path.lexically_normal().string();
}

}  // namespace

std::vector<Link> document_links(const Source& source) {
    std::vector<Link> links;
    for (const auto& key : source.keys()) {
        if (key.value == toml::kNoNode) continue;
        const auto own = source.own_path(key.path);
        if (!own || own->size() != 2) continue;
        const auto& name = (*own)[1];
        const bool is_image = name == "base_image";
        if (!is_image && name != "include") continue;
        for (const auto id : strings_of(source, key.value)) {
            const auto& node = source.tree().node(id);
            if (node.end < node.begin + 2) continue;
            const auto text = source.tree().decoded(id);
            const auto target = is_image ? page_of(text) : existing_file(source, text).value_or("");
            if (!target.empty())
                links.push_back({node.begin + 1U, node.end - 1U, target,
                                 is_image ? "the image's page" : "open the file"});
        }
    }
    return links;
}

std::optional<Target> definition(const Source& source, std::size_t offset,
                                 const ProjectView* view) {
    const auto place = toml::place_at(source.tree(), offset);
    if (place.kind != toml::PlaceKind::Value || place.node == toml::kNoNode ||
        source.tree().node(place.node).kind != NodeKind::String)
        return std::nullopt;
    const auto text = source.tree().decoded(place.node);
    const bool is_script = source.kind() == FileKind::Pyproject && place.path.size() == 3 &&
                           place.path[0] == "project" && place.path[1] == "scripts";
    const auto own = source.own_path(place.path);
    if ((!own || own->size() != 2) && !is_script) return std::nullopt;
    const auto key = is_script ? std::string("entrypoint") : (*own)[1];
    if (key == "include")
        if (const auto file = existing_file(source, text)) return Target{*file, 0};
    if (!view) return std::nullopt;
    if (key == "entrypoint" || key == "cmd") {
        for (const auto word : split(text, ' '))
            for (const auto& callable : view->callables)
                if (word == callable.reference())
                    return Target{(view->directory / callable.file).string(), callable.line - 1};
        for (const auto word : split(text, ' '))
            if (const auto module = std::string(word.substr(0, word.find(':'))); !module.empty())
                if (const auto file = file_of_module(*view, module))
                    return Target{(view->directory / *file).string(), 0};
    }
    const auto table = key == "groups"   ? "/dependency-groups"
                       : key == "extras" ? "/project/optional-dependencies"
                                         : nullptr;
    if (!table) return std::nullopt;
    const auto& document = view->loaded.pyproject_document;
    const auto range = document.key_range(toml::pointer_to(table, text));
    if (!range) return std::nullopt;
    return Target{(view->directory / "pyproject.toml").string(), range->start.line};
}

}  // namespace pycontainer::intellisense
