#pragma once

// Messages over a byte stream, framed as the Language Server Protocol's base protocol says (3.17,
// "Base Protocol"): header lines with Content-Length in bytes, a blank line, JSON in UTF-8.

#include "base/json.hpp"
#include "base/result.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace pycontainer::jsonrpc {

/// Cuts a stream into message bodies. Input is hostile: headers to 4 KiB, bodies to 64 MiB.
class FrameReader {
public:
    void append(std::string_view bytes) { buffer_ += bytes; }
    /// The next complete body, or nothing yet. Errors: `jsonrpc/invalid-frame`, once for each
    /// stretch of bytes that are no frame; the next call goes on with the next Content-Length
    /// behind them.
    Result<std::optional<std::string>> next();

private:
    void drop(std::size_t count);
    /// Drops what cannot be a frame: everything before the next Content-Length in the first `count`
    /// bytes, or all of them.
    void skip(std::size_t count);

    std::string buffer_;
    std::size_t start_ = 0;  ///< what is before it was given out
    bool skipping_ = false;
};

std::string frame(std::string_view body);

/// The JSON of a body. Half a surrogate pair, which editors written in JavaScript can send and JSON
/// does not know, is read as U+FFFD: as wide, so that positions stay. Errors: `json/invalid`.
Result<Json> parse_message(std::string_view body);

/// Both directions of a connection. Reading: one thread. Writing: thread-safe, and it waits for
/// nobody: a thread of its own sends what was written, in its order.
class Transport {
public:
    Transport(int in, int out)
        : in_(in), out_(out), writer_([this](const std::stop_token& stop) { send_all(stop); }) {}
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    /// What was written is sent, as long as the peer takes it within a second.
    ~Transport();

    struct Incoming {
        std::optional<std::string> body;  ///< nothing: see `closed`; both empty: the time was up
        bool closed = false;
    };
    /// Waits for the next message, up to `patience`. Errors: `jsonrpc/invalid-frame`, after which
    /// reading goes on; `cancelled`.
    Result<Incoming> read(const std::stop_token& stop, std::chrono::milliseconds patience);
    /// Whether a message can be read without waiting.
    bool has_input();
    /// Failures to write are dropped: the peer is gone, which reading will tell. Waits only when
    /// the peer has left 64 MiB unread.
    void write(const Json& message);

private:
    void send_all(const std::stop_token& stop);
    /// False: the peer is gone, or took nothing for a second after the stop.
    bool send(std::string_view bytes, const std::stop_token& stop) const;

    int in_;
    int out_;
    FrameReader reader_;
    std::optional<std::string> pending_;
    std::mutex outgoing_mutex_;
    std::condition_variable_any outgoing_changed_;
    std::deque<std::string> outgoing_;
    std::size_t outgoing_bytes_ = 0;
    bool peer_gone_ = false;
    std::jthread writer_;
};

/// Error codes of JSON-RPC 2.0 and the Language Server Protocol.
enum class ErrorCode : int {
    ParseError = -32700,
    InvalidRequest = -32600,
    MethodNotFound = -32601,
    InvalidParams = -32602,
    InternalError = -32603,
    ServerNotInitialized = -32002,
    RequestFailed = -32803,
    RequestCancelled = -32800,
    ContentModified = -32801,
    ServerCancelled = -32802,
};

Json response(const Json& id, Json result);
Json error_response(const Json& id, ErrorCode code, std::string_view message, Json data = nullptr);
Json notification(std::string_view method, Json params);
Json request(const Json& id, std::string_view method, Json params);

}  // namespace pycontainer::jsonrpc
