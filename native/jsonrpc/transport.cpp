#include "jsonrpc/transport.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <poll.h>
#include <unistd.h>

namespace pycontainer::jsonrpc {
namespace {

constexpr std::size_t kMaxHeader = 4096;
constexpr std::size_t kMaxBody = 64U << 20U;
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

/// The value of Content-Length; other header fields are allowed and ignored.
Result<std::size_t> content_length(std::string_view header) {
    for (const auto line : split_lines(header)) {
        const auto colon = line.find(':');
        if (colon == std::string_view::npos)
            return fail("jsonrpc/invalid-frame", "a message header has no colon: `{}`",
                        printable(line, 80));
        if (to_lower(trim(line.substr(0, colon))) != "content-length") continue;
        const auto text = trim(line.substr(colon + 1));
        std::size_t length = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
        if (error != std::errc() || end != text.data() + text.size() || length > kMaxBody)
            return fail("jsonrpc/invalid-frame", "a message has the length `{}`",
                        printable(text, 40));
        return length;
    }
    return fail("jsonrpc/invalid-frame", "a message header has no Content-Length");
}

/// Waits in short steps so that a stop is seen within 100 ms. True: there is input (or the end of
/// it).
bool wait_readable(int fd, const std::stop_token& stop, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        pollfd polled{fd, POLLIN, 0};
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        const int step = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 100));
        if (::poll(&polled, 1, step) > 0) return true;
        if (stop.stop_requested() || left.count() <= 0) return false;
    }
}

}  // namespace

Result<std::optional<std::string>> FrameReader::next() {
    const auto end = buffer_.find(kHeaderEnd);
    if (end == std::string::npos) {
        if (buffer_.size() > kMaxHeader)
            return fail("jsonrpc/invalid-frame", "a message header is longer than {} bytes",
                        kMaxHeader);
        return std::nullopt;
    }
    PYC_TRY_ASSIGN(const auto length, content_length(std::string_view(buffer_).substr(0, end)));
    const auto start = end + kHeaderEnd.size();
    if (buffer_.size() - start < length) return std::nullopt;
    std::string body = buffer_.substr(start, length);
    buffer_.erase(0, start + length);
    return body;
}

std::string frame(std::string_view body) {
    return fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
}

Result<Transport::Incoming> Transport::read(const std::stop_token& stop,
                                            std::chrono::milliseconds patience) {
    for (;;) {
        if (pending_) return Incoming{std::exchange(pending_, std::nullopt), false};
        PYC_TRY_ASSIGN(auto body, reader_.next());
        if (body) return Incoming{std::move(body), false};
        if (!wait_readable(in_, stop, patience)) {
            if (stop.stop_requested()) return cancelled();
            return Incoming{};
        }
        std::array<char, 65536> buffer{};
        const auto count = ::read(in_, buffer.data(), buffer.size());
        if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN))
            return Incoming{std::nullopt, true};
        if (count > 0) reader_.append({buffer.data(), static_cast<std::size_t>(count)});
    }
}

bool Transport::has_input() {
    if (pending_) return true;
    if (auto body = reader_.next(); body && *body) {
        pending_ = std::move(*body);
        return true;
    }
    pollfd polled{in_, POLLIN, 0};
    return ::poll(&polled, 1, 0) > 0;
}

void Transport::write(const Json& message) {
    const auto text = frame(dump_json(message));
    const std::lock_guard lock(write_mutex_);
    for (std::string_view rest = text; !rest.empty();) {
        const auto count = ::write(out_, rest.data(), rest.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
}

Json response(const Json& id, Json result) {
    return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}};
}

Json error_response(const Json& id, ErrorCode code, std::string_view message, Json data) {
    Json error{{"code", static_cast<int>(code)}, {"message", message}};
    if (!data.is_null()) error["data"] = std::move(data);
    return {{"jsonrpc", "2.0"}, {"id", id}, {"error", std::move(error)}};
}

Json notification(std::string_view method, Json params) {
    return {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

Json request(const Json& id, std::string_view method, Json params) {
    return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}

}  // namespace pycontainer::jsonrpc
