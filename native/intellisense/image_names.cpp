#include "intellisense/image_names.hpp"

#include "project/python_releases.hpp"

#include <fmt/format.h>

namespace pycontainer::intellisense {
std::vector<std::string> known_bases() {
    std::vector<std::string> bases;
    const auto releases = project::python_releases();
    for (auto release = releases.rbegin(); release != releases.rend(); ++release) {
        if (!release->is_supported) continue;
        for (const auto* variant : {"-slim", "", "-alpine"})
            bases.push_back("python:" + release->to_string() + variant);
    }
    const auto newest = releases.empty() ? std::string("3") : releases.back().to_string();
    bases.insert(bases.end(),
                 {"ghcr.io/astral-sh/uv:python" + newest + "-bookworm-slim",
                  "gcr.io/distroless/python3-debian12", "cgr.dev/chainguard/python:latest",
                  "registry.access.redhat.com/ubi9/python-312", "scratch"});
    return bases;
}

std::vector<CompletionItem> image_items(const ImageQuery& query) {
    std::vector<CompletionItem> items;
    for (const auto& name : known_bases()) {
        CompletionItem item;
        item.label = name;
        item.kind = CompletionKind::Image;
        item.detail = "base image";
        item.edit = {query.begin, query.end, toml_string(name)};
        item.filter_text = toml_string(name);
        item.sort_text = fmt::format("{:04}", items.size());
        items.push_back(std::move(item));
    }
    return items;
}

}  // namespace pycontainer::intellisense
