#include "intellisense/image_names.hpp"

#include "base/strings.hpp"
#include "intellisense/image_tags.hpp"
#include "oci/reference.hpp"
#include "project/python_releases.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::intellisense {
namespace {

using toml::KeyPath;
using toml::PlaceKind;

/// More are of no use in a list; what is typed narrows it.
constexpr std::size_t kMostItems = 200;

std::optional<ImageQuery::Role> role_of(const KeyPath& own, bool in_array) {
    if (own == KeyPath{"build", "base_image"} && !in_array) return ImageQuery::Role::Base;
    if (own == KeyPath{"build", "tags"} && in_array) return ImageQuery::Role::Tag;
    if (own == KeyPath{"registry", "url"} && !in_array) return ImageQuery::Role::Repository;
    return std::nullopt;
}

/// Is it the name of a host, rather than of a repository of Docker Hub?
bool is_host(std::string_view text) {
    return text.find_first_of(".:") != std::string_view::npos || text == "localhost";
}

bool is_elsewhere(std::string_view text) {
    return text == "scratch" || text.starts_with("oci:") || text.starts_with("oci-archive:") ||
           text.starts_with("docker-archive:");
}

/// What a tag without a registry is a tag of: the repository of `[registry] url`.
std::string own_repository(const Source& source) {
    const auto* key = source.find({"registry", "url"});
    return key && key->value != toml::kNoNode ? source.tree().decoded(key->value) : std::string();
}

/// Splits what is typed at the colon of its tag.
void read_typed(const Source& source, ImageQuery& query) {
    const auto& typed = query.typed;
    if (is_elsewhere(typed) || typed.find('@') != std::string::npos) return;
    const auto slash = typed.rfind('/');
    const auto colon = typed.find(':', slash == std::string::npos ? 0 : slash);
    if (slash != std::string::npos)
        if (const auto host = typed.substr(0, typed.find('/')); is_host(host))
            query.registry = host;
    if (colon == std::string::npos) return;
    auto name = typed.substr(0, colon);
    if (slash == std::string::npos && is_host(name)) return;  // the colon of a port
    if (query.role == ImageQuery::Role::Repository) return;
    if (query.role == ImageQuery::Role::Tag && query.registry.empty())
        name = own_repository(source);
    if (const auto reference = oci::Reference::parse(name); reference && !name.empty())
        query.repository = reference->name();
}

class Lister {
public:
    Lister(const ImageQuery& query, const ImageCatalog* images) : query_(query), images_(images) {}

    ImageItems list() {
        if (!query_.repository.empty()) {
            add_tags();
        } else if (query_.role != ImageQuery::Role::Tag || !query_.registry.empty()) {
            result_.is_incomplete = true;  // with a colon or a slash there is more
            if (query_.role == ImageQuery::Role::Base)
                for (const auto& name : known_bases())
                    if (name.find(query_.typed) != std::string::npos) add(name, "base image");
            add_repositories();
            add_registries();
        }
        return std::move(result_);
    }

private:
    void add(const std::string& name, std::string detail, bool is_image = true) {
        if (std::any_of(result_.items.begin(), result_.items.end(),
                        [&](const auto& item) { return item.label == name; }))
            return;
        if (result_.items.size() >= kMostItems) {
            result_.is_incomplete = true;
            return;
        }
        CompletionItem item;
        item.label = name;
        item.kind = CompletionKind::Image;
        item.detail = std::move(detail);
        item.edit = {query_.begin, query_.end, toml_string(name)};
        item.filter_text = toml_string(name);
        item.sort_text = fmt::format("{:04}", result_.items.size());
        if (is_image) item.image = name;
        result_.items.push_back(std::move(item));
    }

    void add_tags() {
        const auto known = images_ ? images_->tags(query_.repository) : std::nullopt;
        const auto colon = query_.typed.find(':', query_.typed.rfind('/') + 1);
        const auto before = query_.typed.substr(0, colon + 1);
        const auto tag = query_.typed.substr(colon + 1);
        result_.is_incomplete = !known || !known->is_complete;
        if (known)
            for (const auto& name : sorted_tags(query_.repository, known->names)) {
                if (name.find(tag) != std::string::npos) add(before + name, detail_of(name));
            }
        if (!known && query_.role == ImageQuery::Role::Base)
            for (const auto& name : known_bases())
                if (const auto reference = oci::Reference::parse(name);
                    reference && reference->name() == query_.repository && reference->tag())
                    add(before + *reference->tag(), "base image");
    }

    std::string detail_of(const std::string& name) const {
        if (query_.role == ImageQuery::Role::Tag) return "in the registry already";
        const auto tag = ImageTag::parse(name);
        const auto minor = tag.python_minor(query_.repository);
        if (!minor) return "tag";
        if (!tag.prerelease.empty()) return "not released yet";
        for (const auto& release : project::python_releases())
            if (release.minor == *minor && release.is_supported)
                return fmt::format("supported until {}", release.end_of_life);
            else if (release.minor == *minor)
                return fmt::format("support ended {}", release.end_of_life);
        return "tag";
    }

    void add_repositories() {
        const auto known = images_ && !query_.registry.empty()
                               ? images_->repositories(query_.registry)
                               : std::nullopt;
        if (!known) return;
        for (const auto& name : known->names) {
            const auto text = query_.registry + "/" + name;
            if (text.find(query_.typed) != std::string::npos) add(text, "repository", false);
        }
    }

    void add_registries() {
        if (!images_ || !query_.registry.empty()) return;
        for (const auto& registry : images_->registries())
            if (registry != "docker.io") add(registry + "/", "registry", false);
    }

    const ImageQuery& query_;
    const ImageCatalog* images_;
    ImageItems result_;
};

}  // namespace

std::optional<ImageQuery> image_query(const Source& source, std::size_t offset) {
    const auto place = toml::place_at(source.tree(), offset);
    const auto own = source.own_path(place.path);
    if (place.kind != PlaceKind::Value || !own) return std::nullopt;
    const auto role = role_of(*own, place.array != toml::kNoNode);
    if (!role) return std::nullopt;
    ImageQuery query;
    query.role = *role;
    query.begin = place.begin;
    query.end = place.end;
    if (place.node == toml::kNoNode) return query;
    if (source.tree().node(place.node).kind != toml::NodeKind::String || offset <= place.begin)
        return std::nullopt;
    query.typed = source.text().substr(place.begin + 1, offset - place.begin - 1);
    if (query.typed.ends_with('"') || query.typed.ends_with('\'')) query.typed.pop_back();
    read_typed(source, query);
    return query;
}

std::vector<ImageWant> image_wants(const ImageQuery& query) {
    if (!query.repository.empty()) return {{ImageWant::Kind::Tags, query.repository}};
    // Docker Hub and GitHub list their repositories to nobody.
    if (query.registry.empty() || query.registry == "docker.io" || query.registry == "ghcr.io" ||
        !oci::Reference::parse(query.registry + "/x"))
        return {};
    return {{ImageWant::Kind::Repositories, query.registry}};
}

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

ImageItems image_items(const ImageQuery& query, const ImageCatalog* images) {
    return Lister(query, images).list();
}

std::optional<BaseImageText> base_image_of(const Source& source) {
    const auto* key = source.find({"build", "base_image"});
    if (!key || key->value == toml::kNoNode) return std::nullopt;
    const auto& node = source.tree().node(key->value);
    if (node.kind != toml::NodeKind::String) return std::nullopt;
    return BaseImageText{source.tree().decoded(key->value), node.begin, node.end,
                         source.find({"build", "platforms"}) == nullptr};
}

std::optional<ImageWant> want_of_image(const std::string& text) {
    if (is_elsewhere(text)) return std::nullopt;
    const auto reference = oci::Reference::parse(text);
    if (!reference) return std::nullopt;
    return ImageWant{ImageWant::Kind::Image, reference->to_full_string()};
}

std::optional<ImageWant> want_of_tags(const std::string& text) {
    if (is_elsewhere(text)) return std::nullopt;
    const auto reference = oci::Reference::parse(text);
    if (!reference || !reference->tag()) return std::nullopt;
    return ImageWant{ImageWant::Kind::Tags, reference->name()};
}

std::string image_markdown(const std::string& reference, const ImageDetails& details) {
    auto text = fmt::format("**{}**\n\n", printable(reference, 200));
    const auto line = [&](const char* name, const std::string& value) {
        if (!value.empty()) text += fmt::format("- {}: {}\n", name, printable(value, 400));
    };
    line("Digest", "`" + details.digest + "`");
    line("Platforms", join(details.platforms, ", "));
    line("Python", details.python);
    line("Distribution", details.distribution);
    line("C library", details.libc);
    line("Size", fmt::format("{} in {} layers{}", format_size(details.size), details.layers,
                             details.platforms.size() > 1 ? " for " + details.platform : ""));
    line("Created", details.created);
    line("User", details.user.empty() ? "root" : details.user);
    return text;
}

}  // namespace pycontainer::intellisense
