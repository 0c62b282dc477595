#include "net/retrying_http_client.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace pycontainer::net {
namespace {

using Milliseconds = std::chrono::milliseconds;

/// A try that brought as much is none that counts: what is large may break off often.
constexpr std::uint64_t kWorthATry = 1U << 20U;
/// Of tries that brought something, but little.
constexpr unsigned kMostTries = 200;

bool is_busy(int status) {
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
           status == 504;
}

bool is_repeatable(const HttpRequest& request) {
    return request.may_repeat &&
           (request.method == "GET" || request.method == "HEAD" || request.method == "PUT" ||
            (request.method == "POST" && request.repeat_post));
}

/// The first byte of `bytes 100-199/200` (RFC 9110, section 14.4).
std::optional<std::uint64_t> range_start(const Headers& headers) {
    const auto value = headers.find("Content-Range").value_or("");
    if (!to_lower(value).starts_with("bytes ")) return std::nullopt;
    std::uint64_t start = 0;
    if (std::from_chars(value.data() + 6, value.data() + value.size(), start).ec != std::errc())
        return std::nullopt;
    return start;
}

/// What the caller's sink has got over all tries, and how the next try goes on from there.
class Delivery {
public:
    Delivery(const HttpRequest& request, const ByteSink& sink) : request_(&request), sink_(&sink) {}

    std::uint64_t received() const { return received_; }
    /// By the last try, and not in vain.
    std::uint64_t brought() const { return request_->resumable ? received_ - before_ : 0; }
    bool ended_early(const HttpResponse& response) const {
        return *sink_ && response.is_success() && request_->expected_size &&
               received_ < *request_->expected_size && !response.headers.find("Content-Length");
    }
    bool is_range_request() const { return before_ > 0 && takes_ranges_; }
    /// From now on, what is known already is skipped instead.
    void give_up_ranges() { takes_ranges_ = false; }

    HttpRequest next_request() {
        HttpRequest next = *request_;
        skip_ = 0;
        before_ = received_;
        if (is_range_request()) {
            next.headers.emplace_back("Range", fmt::format("bytes={}-", received_));
            if (!validator_.empty()) next.headers.emplace_back("If-Range", validator_);
        }
        next.on_headers = [this](int status, const Headers& headers) {
            return begin(status, headers);
        };
        return next;
    }

    Result<void> write(Bytes bytes) {
        const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
        skip_ -= skipped;
        bytes = bytes.subspan(skipped);
        if (bytes.empty()) return {};
        sink_failed_ = true;  // until it says otherwise
        PYC_TRY((*sink_)(bytes));
        sink_failed_ = false;
        received_ += bytes.size();
        return {};
    }

    /// Whether another try can go on, after making it so.
    Result<bool> prepare_retry() {
        if (sink_failed_) return false;
        if (received_ == 0 || request_->resumable) return true;
        if (!request_->restart) return false;
        PYC_TRY(request_->restart());
        received_ = 0;
        before_ = 0;
        announced_ = false;
        return true;
    }

private:
    Result<void> begin(int status, const Headers& headers) {
        if (received_ > 0) {
            if (status != 206)
                skip_ = received_;  // the server sends all of it again
            else if (range_start(headers) != received_) {
                give_up_ranges();
                return fail("net/protocol",
                            "`{}` answered a request for a range with another range",
                            request_->url.redacted())
                    .hint("this has to be repaired on the server, or in a proxy before it")
                    .retryable();
            }
        }
        // RFC 9110, section 13.1.5: only a strong validator may stand in If-Range.
        if (const auto tag = headers.find("ETag"); tag && tag->starts_with('"')) validator_ = *tag;
        if (announced_ || !request_->on_headers) return {};
        announced_ = true;
        return request_->on_headers(status, headers);
    }

    const HttpRequest* request_;
    const ByteSink* sink_;
    std::uint64_t received_ = 0;
    std::uint64_t before_ = 0;  ///< received before this try
    std::uint64_t skip_ = 0;
    bool takes_ranges_ = true;
    std::string validator_;
    bool announced_ = false;
    bool sink_failed_ = false;
};

}  // namespace

std::optional<Milliseconds> retry_after(const Headers& headers) {
    const auto value = headers.find("Retry-After");
    if (!value) return std::nullopt;
    std::uint32_t seconds = 0;
    if (const auto [end, error] =
            std::from_chars(value->data(), value->data() + value->size(), seconds);
        error == std::errc() && end == value->data() + value->size())
        return Milliseconds(std::uint64_t{seconds} * 1000);
    const auto parse = [](const std::string& text) -> std::optional<std::time_t> {
        std::tm time{};
        if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time) == nullptr)
            return std::nullopt;
        return ::timegm(&time);
    };
    const auto until = parse(*value);
    if (!until) return std::nullopt;
    const auto now = parse(headers.find("Date").value_or("")).value_or(std::time(nullptr));
    return Milliseconds(std::chrono::seconds(std::max<std::time_t>(*until - now, 0)));
}

Result<HttpResponse> RetryingHttpClient::send(const exec::Context& ctx, const HttpRequest& request,
                                              const ByteSink& sink) {
    if (!is_repeatable(request)) return inner_->send(ctx, request, sink);
    Delivery delivery(request, sink);
    const ByteSink counting = [&](Bytes bytes) { return delivery.write(bytes); };
    auto delay = options_.first_delay;
    unsigned fruitless = 0;
    auto last_progress = std::chrono::steady_clock::now();
    for (unsigned tries = 0;;) {
        const bool resuming = delivery.received() > 0;
        auto response = sink ? inner_->send(ctx, delivery.next_request(), counting)
                             : inner_->send(ctx, request);
        if (response && delivery.ended_early(*response))
            response = tl::unexpected(
                fail("net/interrupted", "the answer from `{}` ended after {} of {} bytes",
                     request.url.redacted(), delivery.received(), *request.expected_size)
                    .hint("try again")
                    .retryable()
                    .take());
        if (response && resuming && response->status == 206)
            response->status = 200;  // the caller got the whole
        // RFC 9110, section 15.5.17: there is nothing after what we have; its end was not told.
        const bool no_range =
            response && response->status == 416 && sink && delivery.is_range_request();
        const bool again =
            response ? is_busy(response->status) || no_range : response.error().retryable;
        if (!again) return response;
        if (no_range) delivery.give_up_ranges();
        const auto brought = delivery.brought();
        if (brought < kWorthATry) ++tries;
        fruitless = brought > 0 ? 0 : fruitless + 1;
        const auto now = std::chrono::steady_clock::now();
        if (brought > 0) {
            delay = options_.first_delay;
            last_progress = now;
        }
        if (fruitless >= options_.tries || tries >= kMostTries ||
            now - last_progress >= options_.patience)
            return response;
        if (!response) {
            PYC_TRY_ASSIGN(const bool can_retry, delivery.prepare_retry());
            if (!can_retry) return response;
        }
        const auto wanted = response ? retry_after(response->headers).value_or(delay) : delay;
        const auto reason =
            response ? fmt::format("HTTP status {}", response->status) : response.error().message;
        ctx.log(fmt::format("trying `{}` again in {} ms: {}", request.url.redacted(),
                            std::min(wanted, options_.longest_delay).count(), reason));
        PYC_TRY(ctx.wait(std::min(wanted, options_.longest_delay)));
        delay = std::min(delay * 2, options_.longest_delay);
    }
}

}  // namespace pycontainer::net
