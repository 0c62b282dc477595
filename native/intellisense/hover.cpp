#include "intellisense/hover.hpp"

#include "base/strings.hpp"
#include "intellisense/image_names.hpp"
#include "intellisense/key_info.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::intellisense {
namespace {

using toml::KeyPath;

/// A value in a document, keys with dashes or underscores.
const Json* value_at(const Json& root, const KeyPath& path) {
    const Json* current = &root;
    for (const auto& part : path) {
        if (!current->is_object()) return nullptr;
        const Json* next = member(*current, part);
        if (!next)
            for (const auto& [name, value] : current->items()) {
                auto underscored = name;
                std::replace(underscored.begin(), underscored.end(), '-', '_');
                if (underscored == part) next = &value;
            }
        if (!next) return nullptr;
        current = next;
    }
    return current;
}

std::string in_code(const Json& value) {
    return "`" + printable(toml_text(value), 200) + "`";
}

/// What detection says where no source does.
std::string detected_value(const ProjectView& view, const KeyPath& own) {
    if (own.size() != 2) return {};
    const auto& key = own[1];
    const auto found = [](const std::string& value, const std::string& evidence) {
        return fmt::format("`{}` (detected: {})", printable(value, 200), printable(evidence, 200));
    };
    if (view.python && (key == "python" || key == "base_image"))
        return found(
            key == "python" ? view.python->minor : "python:" + view.python->minor + "-slim",
            view.python->evidence);
    if (key == "lock" && !view.lock.file.empty())
        return found(view.lock.file.filename().string(), view.lock.reason);
    if (!view.facts) {
        if (key == "entrypoint") return "not found: " + printable(view.facts.error().message, 200);
        return {};
    }
    const auto& start = view.facts->entrypoint;
    if (key == "entrypoint") return found(toml_text(Json(start.argv)), start.evidence);
    if (key == "framework" && start.framework)
        return found(start.framework->value, start.framework->evidence);
    if (key == "ports" && !start.ports.empty())
        return found(std::to_string(start.ports.front().value), start.ports.front().evidence);
    if (key == "tags")
        return found(view.facts->identity.normalized_name + ":latest",
                     view.facts->identity.name.evidence);
    return {};
}

class Hoverer {
public:
    Hoverer(const Source& source, const ProjectView* view, const ImageCatalog* images)
        : source_(source), view_(view), images_(images) {}

    std::optional<Hover> on_key(const toml::WrittenKey& key) const {
        const auto own = source_.own_path(key.path);
        if (!own) return std::nullopt;
        const auto& node = source_.tree().node(key.part);
        if (own->empty())
            return Hover{"**pycontainer** · the settings of the container image\n", node.begin,
                         node.end};
        auto text = documentation(*own);
        if (text.empty()) return std::nullopt;
        if (view_)
            if (const auto value = effective_value(*view_, *own); !value.empty())
                text += "\nEffective: " + value + "\n";
        return Hover{std::move(text), node.begin, node.end};
    }

    std::optional<Hover> on_value(const toml::Place& place) const {
        if (place.node == toml::kNoNode) return std::nullopt;
        const auto own = source_.own_path(place.path);
        if (!own || own->size() != 2 ||
            source_.tree().node(place.node).kind != toml::NodeKind::String)
            return std::nullopt;
        const auto text = source_.tree().decoded(place.node);
        auto markdown = resolved((*own)[1], text);
        if (markdown.empty()) return std::nullopt;
        return Hover{std::move(markdown), place.begin, place.end};
    }

private:
    std::string resolved(const std::string& key, const std::string& text) const {
        if (key == "base_image") {
            const auto details = images_ ? images_->image(text) : std::nullopt;
            return details ? image_markdown(text, *details) : std::string();
        }
        if (!view_) return {};
        if (key == "entrypoint" || key == "cmd") return callable(text);
        if (key == "groups")
            return requirements(fmt::format("dependency group `{}`", printable(text, 80)),
                                value_at(view_->loaded.pyproject, {"dependency-groups"}), text);
        if (key == "extras")
            return requirements(
                fmt::format("extra `{}`", printable(text, 80)),
                value_at(view_->loaded.pyproject, {"project", "optional-dependencies"}), text);
        return {};
    }

    std::string callable(const std::string& text) const {
        if (view_->facts)
            for (const auto& script : view_->facts->entrypoint.console_scripts)
                if (text.substr(0, text.find(' ')) == script.name)
                    return fmt::format("`{}` is `{}:{}`, of `[project.scripts]`", script.name,
                                       script.module, script.attr);
        for (const auto word : split(text, ' '))
            for (const auto& callable : view_->callables)
                if (word == callable.reference())
                    return fmt::format("`{}` is `{}` in `{}`, line {}", word, callable.name,
                                       callable.file, callable.line);
        return {};
    }

    static std::string requirements(const std::string& title, const Json* tables,
                                    const std::string& name) {
        const auto* list = tables ? member(*tables, name) : nullptr;
        if (!list || !list->is_array()) return {};
        auto text = title + "\n\n";
        for (const auto& item : *list)
            text += "- `" +
                    printable(item.is_string() ? item.get<std::string>() : toml_text(item), 120) +
                    "`\n";
        return text;
    }

    const Source& source_;
    const ProjectView* view_;
    const ImageCatalog* images_;
};

}  // namespace

std::string effective_value(const ProjectView& view, const KeyPath& own) {
    if (own.size() < 2) return {};
    const auto key = join(own, ".");
    const auto found = view.loaded.config.origins.find(key);
    const auto origin = found == view.loaded.config.origins.end() ? "" : found->second;
    const Json* value = nullptr;
    if (origin.starts_with("pyproject.toml")) {
        KeyPath path{"tool", "pycontainer"};
        path.insert(path.end(), own.begin(), own.end());
        value = value_at(view.loaded.pyproject, path);
    } else if (origin.starts_with("environment")) {
        const auto set = view.environment.find(key);
        return set == view.environment.end()
                   ? fmt::format("set by {}", origin)
                   : fmt::format("`{}` ({})", printable(set->second, 200), origin);
    } else if (!origin.empty() && origin != "default") {
        value = value_at(view.loaded.own_document.value, own);
    }
    if (value) return fmt::format("{} ({})", in_code(*value), origin);
    if (auto text = detected_value(view, own); !text.empty()) return text;
    const auto* schema = schema_of(own);
    const auto fallback = schema && own.size() == 2 ? default_text(*schema) : std::string();
    return fallback.empty() ? std::string() : fallback + " (default)";
}

std::optional<Hover> hover(const Source& source, std::size_t offset, const ProjectView* view,
                           const ImageCatalog* images) {
    const Hoverer hoverer(source, view, images);
    for (const auto& key : source.keys()) {
        const auto& node = source.tree().node(key.part);
        if (node.begin <= offset && offset <= node.end) return hoverer.on_key(key);
    }
    const auto place = toml::place_at(source.tree(), offset);
    return place.kind == toml::PlaceKind::Value ? hoverer.on_value(place) : std::nullopt;
}

}  // namespace pycontainer::intellisense
