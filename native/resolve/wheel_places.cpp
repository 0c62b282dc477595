#include "resolve/wheel_places.hpp"

#include "base/strings.hpp"
#include "base/version.hpp"
#include "net/url.hpp"

#include <memory>

namespace pycontainer::resolve {
namespace {

/// The file of that name and hash; an index that gives no hash is believed
/// here, since the bytes are checked when they come.
Result<std::optional<std::string>> find_file(const exec::Context& ctx, const SelectedWheel& wheel,
                                             index::IndexClient& client) {
    PYC_TRY_ASSIGN(const auto files, client.files(ctx, wheel.name));
    for (const auto& file : files)
        if (file.filename == wheel.filename && (!file.sha256 || file.sha256 == wheel.sha256))
            return file.url;
    return std::nullopt;
}

std::string shown(const std::string& url) {
    const auto parsed = net::Url::parse(url);
    return parsed ? parsed->redacted().text : "?";
}

bool is_absence(const Error& error) {
    return error.code == "index/not-found" || error.code == "index/none";
}

}  // namespace

Result<std::optional<std::string>> WheelPlaces::instead(const exec::Context& ctx,
                                                        const SelectedWheel& wheel) const {
    const auto& options = for_locks_.options();
    const bool is_mirrored = index::bare_url(wheel.index_url) == index::bare_url(kDefaultIndex) &&
                             !options.asks_built_in();
    if (!options.no_index && !is_mirrored) return std::nullopt;
    auto place = find_file(ctx, wheel, for_locks_);
    if (!place && !is_absence(place.error())) return place;
    if (place && *place) return place;
    if (options.no_index)
        return fail("index/none",
                    "`{}` is in none of the places of `--find-links`, and "
                    "`--no-index` ({}) forbids "
                    "to download it from `{}`",
                    wheel.filename, options.no_index_origin, shown(wheel.url))
            .hint("add the file, for example with `pip download --no-deps {}=={}`", wheel.name,
                  wheel.version);
    ctx.warn("index/not-mirrored",
             fmt::format("`{}` is not on the configured index, so it is taken "
                         "from `{}`, as the "
                         "lock says",
                         wheel.filename, shown(wheel.url)),
             "lock again with the configured index");
    return std::nullopt;
}

Result<std::optional<std::string>> WheelPlaces::otherwise(const exec::Context& ctx,
                                                          const SelectedWheel& wheel) const {
    auto* client = &client_;
    std::unique_ptr<index::IndexClient> own;
    const auto named = index::bare_url(wheel.index_url);
    if (!named.empty() && named != index::bare_url(kDefaultIndex)) {
        // What a lock takes from a private index is nobody else's business, not
        // even its name.
        const auto* known = client_.options().find_url(wheel.index_url);
        if (!known) return std::nullopt;
        own = client_.with_options(client_.options().only(*known));
        client = own.get();
    }
    auto place = find_file(ctx, wheel, *client);
    if (place) return place;
    if (place.error().is_cancelled()) return place;
    return std::nullopt;  // the first failure tells more
}

}  // namespace pycontainer::resolve
