#include "service/cached_images.hpp"

#include "base/strings.hpp"
#include "build/base_image.hpp"
#include "oci/platform.hpp"
#include "store/store.hpp"

#include <fmt/format.h>

namespace pycontainer::service {
namespace {

/// The default of `build.platforms`.
constexpr const char* kPlatform = "linux/amd64";

std::optional<build::BaseImage> find(const Environment& environment, const std::string& reference) {
    const auto root = store::Store::find_root(environment, std::nullopt);
    const auto platform = oci::Platform::parse(kPlatform);
    if (!root || !platform) return std::nullopt;
    store::Store store(*root);
    return build::find_remembered_base_image(reference,
                                             {.platform = *platform,
                                              .pull = build::PullPolicy::Never,
                                              .now = 0,
                                              .max_age_seconds = 0,
                                              .wanted_python = {}},
                                             store);
}

}  // namespace

std::string CachedImages::describe(const std::string& reference) const {
    const auto base = find(*environment_, reference);
    if (!base) return {};
    auto text = fmt::format("**{}** for {}\n\n", printable(base->name, 200), kPlatform);
    const auto line = [&](const char* name, const std::string& value) {
        if (!value.empty()) text += fmt::format("- {}: {}\n", name, printable(value, 200));
    };
    line("Digest", "`" + base->manifest_digest->to_string() + "`");
    if (base->facts.interpreter) line("Python", base->facts.interpreter->version);
    line("Distribution", base->facts.distribution);
    line("C library", base->facts.libc);
    std::uint64_t size = 0;
    for (const auto& layer : base->manifest.layers) size += layer.size;
    line("Size", fmt::format("{} in {} layers", format_size(size), base->manifest.layers.size()));
    line("Created", string_member(base->config.json(), "created").value_or(""));
    line("User", base->config.user().empty() ? "root" : base->config.user());
    return text + "\nAs it was when a build last looked it up.\n";
}

std::optional<std::string> CachedImages::digest_of(const std::string& reference) const {
    const auto base = find(*environment_, reference);
    if (!base) return std::nullopt;
    return base->manifest_digest->to_string();
}

}  // namespace pycontainer::service
