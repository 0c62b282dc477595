#include "install/wheel_fetch.hpp"

#include "base/strings.hpp"

#include <optional>

namespace pycontainer::install {
namespace {

// No wheel is near it; it keeps a server from filling the disk when no size is known.
constexpr std::uint64_t kMaxWheel = 16ULL << 30U;

/// A file of the store that grows while its digest is taken.
class Receiver {
public:
    Receiver(const resolve::SelectedWheel& wheel, store::Store& store)
        : wheel_(wheel), store_(store) {}

    Result<void> start() {
        PYC_TRY_ASSIGN(auto file, store_.new_blob());
        file_.emplace(std::move(file));
        hash_ = Sha256();
        return {};
    }

    Result<void> take(Bytes bytes) {
        const auto limit = wheel_.size.value_or(kMaxWheel);
        if (bytes.size() > limit - std::min(limit, file_->size()))
            return wrong_size(fmt::format("more than {} bytes", limit));
        hash_.update(bytes);
        return file_->write(bytes);
    }

    std::uint64_t size() const { return file_->size(); }

    Result<FetchedWheel> finish() {
        const auto size = file_->size();
        if (wheel_.size && size != *wheel_.size) return wrong_size(fmt::format("{} bytes", size));
        const auto digest = hash_.finish();
        if (wheel_.sha256 && digest != *wheel_.sha256)
            return fail("install/wrong-hash",
                        "`{}` of {} {} has the SHA-256 {}, and the lock expects {}",
                        wheel_.filename, wheel_.name, wheel_.version, digest.hex(),
                        wheel_.sha256->hex())
                .hint(
                    "the file is not the one that was locked: check where it comes from, then lock "
                    "again");
        PYC_TRY(store_.commit_blob(std::move(*file_), digest));
        return FetchedWheel{digest, size};
    }

private:
    Failure wrong_size(std::string_view got) const {
        return fail("install/wrong-size", "`{}` of {} {} has {}, and the lock expects {} bytes",
                    wheel_.filename, wheel_.name, wheel_.version, got,
                    wheel_.size.value_or(kMaxWheel))
            .hint(
                "the file is not the one that was locked: check where it comes from, then lock "
                "again");
    }

    const resolve::SelectedWheel& wheel_;
    store::Store& store_;
    std::optional<AtomicFile> file_;
    Sha256 hash_;
};

Failure refused(const resolve::SelectedWheel& wheel, const net::HttpResponse& response,
                const net::Url& url) {
    const auto message = fmt::format("`{}` cannot be downloaded: {} answered {}", wheel.filename,
                                     url.redacted().text, response.status);
    if (response.status == 401 || response.status == 403)
        return fail("install/download-failed", "{}", message)
            .hint(
                "the index wants credentials: put them into its URL in the environment "
                "(UV_INDEX_URL, PIP_INDEX_URL) or into ~/.netrc");
    if (response.status == 404 || response.status == 410)
        return fail("install/download-failed", "{}", message)
            .hint("the file is gone from the index: lock again");
    return fail("install/download-failed", "{}", message)
        .hint("try again later")
        .retryable(response.status >= 500 || response.status == 429);
}

Result<void> download(const exec::Context& ctx, const resolve::SelectedWheel& wheel,
                      const net::Url& url, net::HttpClient& http, Receiver& receiver) {
    exec::Activity activity(ctx, "downloading " + wheel.filename, wheel.size.value_or(0));
    net::HttpRequest request;
    request.url = url;
    request.resumable = wheel.sha256.has_value();
    request.restart = [&]() -> Result<void> {
        activity.retreat(receiver.size());
        return receiver.start();
    };
    auto response = http.send(ctx, request, [&](Bytes bytes) -> Result<void> {
        activity.advance(bytes.size());
        return receiver.take(bytes);
    });
    if (!response) {
        activity.finish(response.error().is_cancelled() ? "cancelled" : "failed");
        return fail(std::move(response).error()).while_("downloading `{}`", wheel.filename);
    }
    if (response->is_success()) return {};
    activity.finish("failed");
    return refused(wheel, *response, url);
}

Result<std::optional<FetchedWheel>> find_in_store(const exec::Context& ctx,
                                                  const resolve::SelectedWheel& wheel,
                                                  store::Store& store) {
    if (!wheel.sha256) return std::nullopt;
    PYC_TRY_ASSIGN(const auto size, store.find_blob(ctx, *wheel.sha256));
    return size ? std::optional(FetchedWheel{*wheel.sha256, *size}) : std::nullopt;
}

bool is_local(const std::string& url) {
    return url.starts_with("file:");
}

Result<void> take_local(const exec::Context& ctx, const std::filesystem::path& path,
                        Receiver& receiver) {
    return stream_file(path, [&](Bytes bytes) -> Result<void> {
        PYC_TRY(ctx.check());
        return receiver.take(bytes);
    });
}

Result<void> take(const exec::Context& ctx, const resolve::SelectedWheel& wheel,
                  const std::string& place, const WheelSource& source, Receiver& receiver) {
    PYC_TRY_ASSIGN(const auto url, net::Url::parse(place));
    if (url.scheme() == "file") return take_local(ctx, net::percent_decode(url.path()), receiver);
    return download(ctx, wheel, url, *source.http, receiver);
}

/// The file is gone, or nobody is there to ask: it may be had from somebody else.
bool is_elsewhere(const Error& error) {
    for (const std::string_view code : {"net/unreachable", "net/unresolved", "net/timeout"})
        if (error.code == code) return true;
    return error.code == "install/download-failed" && !error.retryable;
}

}  // namespace

Result<FetchedWheel> fetch_wheel(const exec::Context& ctx, const resolve::SelectedWheel& wheel,
                                 const WheelSource& source, store::Store& store) {
    PYC_TRY_ASSIGN(const auto known, find_in_store(ctx, wheel, store));
    if (known) return *known;
    Receiver receiver(wheel, store);
    PYC_TRY(receiver.start());
    if (!wheel.local_path.empty()) {
        PYC_TRY(take_local(ctx, wheel.local_path, receiver));
        return receiver.finish();
    }
    if (wheel.url.empty())
        return fail("install/no-source",
                    "the lock says neither where `{}` of {} {} is nor where to download it",
                    wheel.filename, wheel.name, wheel.version)
            .hint("lock again");
    const bool may_move = source.find_place && wheel.sha256 && !is_local(wheel.url);
    std::optional<std::string> place;
    if (may_move) {
        PYC_TRY_ASSIGN(place, source.find_place(ctx, wheel, WheelSource::Asked::First));
    }
    auto taken = take(ctx, wheel, place.value_or(wheel.url), source, receiver);
    if (!taken && may_move && !place && is_elsewhere(taken.error())) {
        PYC_TRY_ASSIGN(place, source.find_place(ctx, wheel, WheelSource::Asked::AfterFailure));
        if (place && *place != wheel.url) {
            PYC_TRY(receiver.start());
            taken = take(ctx, wheel, *place, source, receiver);
        }
    }
    if (!taken) return fail(std::move(taken).error());
    return receiver.finish();
}

}  // namespace pycontainer::install
