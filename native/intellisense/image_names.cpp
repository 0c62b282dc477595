#include "intellisense/image_names.hpp"

#include "base/strings.hpp"
#include "project/python_releases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace pycontainer::intellisense {
namespace {

constexpr std::size_t kMaxItems = 200;

/// `3.12.4-slim-bookworm` as numbers and the rest.
struct TagOrder {
    bool has_version = false;
    std::vector<unsigned> numbers;
    std::string rest;
};

TagOrder order_of(const std::string& tag) {
    TagOrder order;
    std::size_t at = 0;
    while (at < tag.size() && tag[at] >= '0' && tag[at] <= '9') {
        unsigned number = 0;
        for (; at < tag.size() && tag[at] >= '0' && tag[at] <= '9'; ++at)
            number =
                number < 100'000'000U ? number * 10 + static_cast<unsigned>(tag[at] - '0') : number;
        order.numbers.push_back(number);
        if (at >= tag.size() || tag[at] != '.') break;
        ++at;
    }
    order.has_version = order.numbers.size() > 1;
    if (!order.has_version) order.numbers.clear();
    order.rest = order.has_version ? tag.substr(at) : tag;
    return order;
}

/// `3.12` and `3.12-slim` before `3.12.4`, whatever the variant.
bool comes_before(const TagOrder& a, const TagOrder& b) {
    if (a.has_version != b.has_version) return a.has_version;
    if (!a.has_version) return a.rest < b.rest;
    for (std::size_t i = 0; i < 2; ++i)
        if (a.numbers[i] != b.numbers[i]) return a.numbers[i] > b.numbers[i];
    if (a.numbers.size() != b.numbers.size()) return a.numbers.size() < b.numbers.size();
    if (a.numbers != b.numbers) return b.numbers < a.numbers;
    return std::tuple(a.rest.size(), a.rest) < std::tuple(b.rest.size(), b.rest);
}

}  // namespace

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

std::optional<std::string> repository_in(const std::string& typed) {
    const auto colon = typed.rfind(':');
    if (colon == std::string::npos || colon == 0 || typed.find('/', colon) != std::string::npos ||
        typed.find('@') != std::string::npos || typed.starts_with("oci:"))
        return std::nullopt;
    return typed.substr(0, colon);
}

void sort_tags(std::vector<std::string>& tags) {
    std::vector<std::pair<TagOrder, std::string>> keyed;
    for (auto& tag : tags) {
        auto order = order_of(tag);
        keyed.emplace_back(std::move(order), std::move(tag));
    }
    std::stable_sort(keyed.begin(), keyed.end(),
                     [](const auto& a, const auto& b) { return comes_before(a.first, b.first); });
    tags.clear();
    for (auto& [order, tag] : keyed) tags.push_back(std::move(tag));
}

std::vector<CompletionItem> image_items(const ImageQuery& query,
                                        const std::vector<std::string>* tags) {
    std::vector<CompletionItem> items;
    const auto add = [&](const std::string& name, const char* detail) {
        CompletionItem item;
        item.label = name;
        item.kind = CompletionKind::Image;
        item.detail = detail;
        item.edit = {query.begin, query.end, toml_string(name)};
        item.filter_text = toml_string(name);
        item.sort_text = fmt::format("{:04}", items.size());
        item.image = name;
        items.push_back(std::move(item));
    };
    const auto repository = repository_in(query.typed);
    if (!tags || !repository) {
        for (const auto& base : known_bases()) add(base, "base image");
        return items;
    }
    auto sorted = *tags;
    const auto typed = query.typed.substr(repository->size() + 1);
    std::erase_if(sorted, [&](const auto& tag) { return !tag.starts_with(typed); });
    sort_tags(sorted);
    for (const auto& tag : sorted) {
        if (items.size() >= kMaxItems) break;
        add(*repository + ":" + tag, "tag");
    }
    return items;
}

}  // namespace pycontainer::intellisense
