#include "intellisense/annotations.hpp"

#include "base/strings.hpp"
#include "intellisense/image_names.hpp"
#include "intellisense/key_info.hpp"

namespace pycontainer::intellisense {
namespace {

/// The header of `build`, else the first key of ours; nothing without one.
const toml::WrittenKey* anchor(const Source& source) {
    if (const auto* build = source.find({"build"})) return build;
    for (const auto& key : source.keys())
        if (const auto own = source.own_path(key.path); own && (key.is_last || !own->empty()))
            return &key;
    return nullptr;
}

}  // namespace

std::vector<Lens> code_lenses(const Source& source, const std::string& last_result) {
    const auto* key = anchor(source);
    if (!key) return {};
    const auto range = source.range_of(key->owner);
    std::vector<Lens> lenses{{range, "Build", "pycontainer.build"},
                             {range, "Plan", "pycontainer.plan"},
                             {range, "Push", "pycontainer.push"}};
    if (!last_result.empty()) lenses.push_back({range, last_result, ""});
    return lenses;
}

std::vector<InlayHint> inlay_hints(const Source& source, const ProjectView* view,
                                   const ImageCatalog* images) {
    std::vector<InlayHint> hints;
    const auto* build = source.find({"build"});
    const bool is_header =
        build && source.tree().node(build->owner).kind == toml::NodeKind::TableHeader;
    if (view && view->python && is_header && !view->loaded.config.base_image)
        hints.push_back({source.range_of(build->owner).end,
                         "on python:" + view->python->minor + "-slim", view->python->evidence});
    if (view && view->facts && is_header && !view->loaded.config.entrypoint) {
        const auto& start = view->facts->entrypoint;
        hints.push_back({source.range_of(build->owner).end,
                         "starts " + printable(join(start.argv, " "), 80), start.evidence});
    }
    const auto base = base_image_of(source);
    const auto details = images && base && base->reference.find('@') == std::string::npos
                             ? images->image(base->reference)
                             : std::nullopt;
    if (details)
        hints.push_back({source.range_of(base->begin, base->end).end,
                         details->digest.substr(0, details->digest.find(':') + 13),
                         details->digest});
    return hints;
}

}  // namespace pycontainer::intellisense
