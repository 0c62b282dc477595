#include "jsonrpc/transport.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

namespace pycontainer::jsonrpc {
namespace {

constexpr std::size_t kMaxHeader = 4096;
constexpr std::size_t kMaxBody = 64U << 20U;
constexpr std::size_t kMaxOutgoing = 64U << 20U;
constexpr std::string_view kHeaderEnd = "\r\n\r\n";
constexpr std::string_view kLengthField = "content-length:";
/// How long a peer may take nothing of the last messages.
constexpr std::chrono::seconds kFarewell{1};

/// The value of Content-Length, of several the last: a message that broke off in its header may
/// stand before it. Other header fields are allowed and ignored.
Result<std::size_t> content_length(std::string_view header) {
    if (header.size() > kMaxHeader)
        return fail("jsonrpc/invalid-frame", "a message header is longer than {} bytes",
                    kMaxHeader);
    std::optional<std::size_t> found;
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
        found = length;
    }
    if (!found) return fail("jsonrpc/invalid-frame", "a message header has no Content-Length");
    return *found;
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

/// The first half (`8` to `b`) or the second (`c` to `f`) of a surrogate pair is escaped at `at`.
bool is_surrogate(std::string_view text, std::size_t at, std::string_view halves) {
    return text.size() >= at + 6 && text.substr(at, 2) == "\\u" &&
           (text[at + 2] == 'd' || text[at + 2] == 'D') &&
           halves.find(text[at + 3]) != std::string_view::npos;
}

std::string with_whole_surrogates(std::string text) {
    constexpr std::string_view kFirst = "89abAB";
    constexpr std::string_view kSecond = "cdefCDEF";
    for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
        if (is_surrogate(text, at, kFirst) && is_surrogate(text, at + 6, kSecond)) {
            at += 12;
        } else if (is_surrogate(text, at, kFirst) || is_surrogate(text, at, kSecond)) {
            text.replace(at, 6, "\\ufffd");
            at += 6;
        } else {
            at += 2;  // a backslash and what it escapes
        }
    }
    return text;
}

/// Where the next Content-Length field begins, in any case.
std::size_t find_length_field(std::string_view text, std::size_t from) {
    const auto found =
        std::search(text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size())),
                    text.end(), kLengthField.begin(), kLengthField.end(), [](char a, char b) {
                        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
                    });
    return found == text.end() ? std::string_view::npos
                               : static_cast<std::size_t>(found - text.begin());
}

}  // namespace

void FrameReader::drop(std::size_t count) {
    start_ += count;
    // Not at every message: moving the rest to the front takes time proportional to it.
    if (start_ < buffer_.size() && start_ < (1U << 16U)) return;
    buffer_.erase(0, start_);
    start_ = 0;
}

void FrameReader::skip(std::size_t count) {
    const auto unread = std::string_view(buffer_).substr(start_);
    const auto next = find_length_field(unread.substr(0, count), 1);
    drop(next == std::string_view::npos ? count : next);
}

Result<std::optional<std::string>> FrameReader::next() {
    for (;;) {
        const auto unread = std::string_view(buffer_).substr(start_);
        const auto end = unread.substr(0, kMaxHeader + kHeaderEnd.size()).find(kHeaderEnd);
        if (end == std::string_view::npos && unread.size() <= kMaxHeader) return std::nullopt;
        auto length = content_length(unread.substr(0, end));
        if (!length) {
            // The end may hold the beginning of a field.
            skip(end == std::string_view::npos ? unread.size() - kLengthField.size()
                                               : end + kHeaderEnd.size());
            if (std::exchange(skipping_, true)) continue;
            return fail(std::move(length).error());
        }
        const auto start = end + kHeaderEnd.size();
        if (unread.size() - start < *length) return std::nullopt;
        skipping_ = false;
        std::string body(unread.substr(start, *length));
        drop(start + *length);
        return body;
    }
}

Result<Json> parse_message(std::string_view body) {
    auto message = parse_json(body, "the message");
    if (message || body.find("\\u") == std::string_view::npos) return message;
    auto mended = with_whole_surrogates(std::string(body));
    return mended == body ? std::move(message) : parse_json(mended, "the message");
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

Transport::~Transport() {
    writer_.request_stop();
    if (writer_.joinable()) writer_.join();
}

void Transport::write(const Json& message) {
    auto text = frame(dump_json(message));
    {
        std::unique_lock lock(outgoing_mutex_);
        outgoing_changed_.wait(lock, writer_.get_stop_token(),
                               [this] { return peer_gone_ || outgoing_bytes_ < kMaxOutgoing; });
        if (peer_gone_) return;
        outgoing_bytes_ += text.size();
        outgoing_.push_back(std::move(text));
    }
    outgoing_changed_.notify_all();
}

void Transport::send_all(const std::stop_token& stop) {
    for (;;) {
        std::string text;
        {
            std::unique_lock lock(outgoing_mutex_);
            outgoing_changed_.wait(lock, stop, [this] { return !outgoing_.empty(); });
            if (outgoing_.empty()) return;  // stopped, and nothing is left
            text = std::move(outgoing_.front());
            outgoing_.pop_front();
        }
        const bool sent = send(text, stop);
        {
            const std::lock_guard lock(outgoing_mutex_);
            outgoing_bytes_ -= text.size();
            peer_gone_ = !sent;
            if (peer_gone_) outgoing_.clear();
        }
        outgoing_changed_.notify_all();
        if (!sent) return;
    }
}

bool Transport::send(std::string_view bytes, const std::stop_token& stop) const {
    auto last_taken = std::chrono::steady_clock::now();
    while (!bytes.empty()) {
        // In pieces that a pipe takes without waiting once there is room, so that a stop is seen.
        pollfd polled{out_, POLLOUT, 0};
        if (::poll(&polled, 1, 100) <= 0) {
            const auto now = std::chrono::steady_clock::now();
            if (stop.stop_requested() && now - last_taken > kFarewell) return false;
            continue;
        }
        const auto count =
            ::write(out_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
        last_taken = std::chrono::steady_clock::now();
    }
    return true;
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
    Json message{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
    if (!params.is_null()) message["params"] = std::move(params);  // JSON-RPC 2.0, section 4.2
    return message;
}

}  // namespace pycontainer::jsonrpc
