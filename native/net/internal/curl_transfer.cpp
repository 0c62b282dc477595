#include "net/internal/curl_transfer.hpp"

#include "base/strings.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <exception>

namespace pycontainer::net {
namespace {

constexpr std::size_t kMaxErrorBody = 64U << 10U;
constexpr std::size_t kMaxHeaderBytes = 256U << 10U;

static_assert(CURL_ERROR_SIZE <= 256);
static_assert(sizeof(curl_off_t) == sizeof(std::int64_t));

}  // namespace

void CurlTransfer::attach(void* easy) {
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &CurlTransfer::on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &CurlTransfer::on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message_.data());
}

template <typename Function>
bool CurlTransfer::guarded(Function&& function) noexcept {
    try {
        Result<void> result = function();
        if (result) return true;
        failure_ = std::move(result).error();
    } catch (const std::exception& error) {
        failure_ =
            fail("internal/unexpected", "an unexpected fault occurred: {}", error.what()).take();
    }
    return false;
}

std::size_t CurlTransfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
    auto* const transfer = static_cast<CurlTransfer*>(self);
    return transfer->guarded([&] { return transfer->take_header({data, size}); }) ? size : 0;
}

std::size_t CurlTransfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto* const transfer = static_cast<CurlTransfer*>(self);
    return transfer->guarded([&] { return transfer->take_body({data, size}); }) ? size : 0;
}

std::size_t CurlTransfer::on_read(char* data, std::size_t unit, std::size_t size, void* self) {
    auto* const transfer = static_cast<CurlTransfer*>(self);
    std::size_t count = 0;
    return transfer->guarded([&] {
        return transfer->give_body({data, unit * size}, count);
    })
               ? count
               : CURL_READFUNC_ABORT;
}

int CurlTransfer::on_seek(void* self, std::int64_t offset, int origin) {
    if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
    auto* const transfer = static_cast<CurlTransfer*>(self);
    // curl sends again by itself when a kept connection breaks; who must not repeat a request has
    // to know of it.
    if (!transfer->request_->may_repeat && transfer->sent_ > 0) return CURL_SEEKFUNC_FAIL;
    transfer->sent_ = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
}

Result<void> CurlTransfer::take_header(std::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > kMaxHeaderBytes)
        return fail("net/protocol", "`{}` sent more than {} bytes of headers",
                    request_->url.redacted(), kMaxHeaderBytes)
            .hint("check that the address belongs to the service that is meant");
    if (line.starts_with("HTTP/")) {  // also of the answer that follows `100 Continue`
        response_.headers.clear();
        response_.status = 0;
        has_head_ = false;
        const auto space = line.find(' ');
        if (space != std::string_view::npos)
            std::from_chars(line.data() + space + 1, line.data() + line.size(), response_.status);
        return {};
    }
    if (trim(line).empty()) {
        has_head_ = true;
        return {};
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos)
        response_.headers.add(std::string(trim(line.substr(0, colon))),
                              std::string(trim(line.substr(colon + 1))));
    return {};
}

Result<void> CurlTransfer::take_body(std::string_view bytes) {
    PYC_TRY(ctx_->check());
    if (!response_.is_success()) return take_error_body(bytes);
    if (*sink_) {
        if (!announced_ && request_->on_headers)
            PYC_TRY(request_->on_headers(response_.status, response_.headers));
        announced_ = true;
        return (*sink_)(as_bytes(bytes));
    }
    if (response_.body.size() + bytes.size() > request_->body_limit)
        return fail("net/too-large", "the answer from `{}` is longer than {}",
                    request_->url.redacted(), format_size(request_->body_limit))
            .hint("check that the address belongs to the service that is meant");
    response_.body.append(bytes);
    return {};
}

Result<void> CurlTransfer::take_error_body(std::string_view bytes) {
    const auto limit =
        static_cast<std::size_t>(std::min<std::uint64_t>(request_->body_limit, kMaxErrorBody));
    response_.body.append(bytes.substr(0, limit - response_.body.size()));
    has_enough_ = response_.body.size() >= limit;
    if (has_enough_) return fail("net/too-large", "the rest of an error's text is not needed");
    return {};
}

Result<void> CurlTransfer::give_body(std::span<char> out, std::size_t& count) {
    PYC_TRY(ctx_->check());
    const auto& source = *request_->body_source;
    if (sent_ >= source.size) return {};
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), source.size - sent_));
    PYC_TRY_ASSIGN(count, source.read(sent_, std::as_writable_bytes(out.first(wanted))));
    sent_ += count;
    return {};
}

}  // namespace pycontainer::net
