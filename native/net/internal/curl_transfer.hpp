#pragma once

// One request on its way through curl: its callbacks, and what they gather.

#include "base/result.hpp"
#include "exec/context.hpp"
#include "net/http_client.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace pycontainer::net {

/// Borrows everything it is made of; for one request on one thread.
class CurlTransfer {
public:
    CurlTransfer(const exec::Context& ctx, const HttpRequest& request, const ByteSink& sink)
        : ctx_(&ctx), request_(&request), sink_(&sink) {
        response_.url = request.url;
    }
    CurlTransfer(const CurlTransfer&) = delete;
    CurlTransfer& operator=(const CurlTransfer&) = delete;

    /// Sets the callbacks of the easy handle, which has to be reset before this goes away.
    void attach(void* easy);

    /// Our own reason for stopping curl, if there is one.
    std::optional<Error>& failure() { return failure_; }
    /// We stopped curl because an error's text was long enough: no failure.
    bool has_enough() const { return has_enough_; }
    /// The answer's head came to its end. curl takes a connection that is closed before it for the
    /// end of an answer.
    bool has_head() const { return has_head_; }
    std::string_view curl_message() const { return message_.data(); }
    HttpResponse& response() { return response_; }

private:
    // Called from C, so nothing may be thrown out of them.
    static std::size_t on_header(char* data, std::size_t unit, std::size_t size, void* self);
    static std::size_t on_body(char* data, std::size_t unit, std::size_t size, void* self);
    static std::size_t on_read(char* data, std::size_t unit, std::size_t size, void* self);
    static int on_seek(void* self, std::int64_t offset, int origin);

    template <typename Function>
    bool guarded(Function&& function) noexcept;
    Result<void> take_header(std::string_view line);
    Result<void> take_body(std::string_view bytes);
    Result<void> take_error_body(std::string_view bytes);
    Result<void> give_body(std::span<char> out, std::size_t& count);

    const exec::Context* ctx_;
    const HttpRequest* request_;
    const ByteSink* sink_;
    HttpResponse response_;
    std::optional<Error> failure_;
    std::array<char, 256> message_{};  // CURL_ERROR_SIZE
    std::uint64_t sent_ = 0;
    std::size_t header_bytes_ = 0;
    bool announced_ = false;
    bool has_head_ = false;
    bool has_enough_ = false;
};

}  // namespace pycontainer::net
