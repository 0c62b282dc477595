#pragma once

// A tiny HTTP/1.1 server on a free loopback port, for what only a real socket can show. One thread,
// one connection at a time; with `Connection: close` on every answer. The handler gets the raw
// request and gives the raw answer.

#include "base/file.hpp"
#include "base/strings.hpp"
#include "base/synchronized.hpp"

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <charconv>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace pycontainer::testing {

struct LoopbackRequest {
    std::string head;  ///< request line and headers, with their line ends
    std::string body;
    std::string line() const { return head.substr(0, head.find('\r')); }
    /// Empty: there is none.
    std::string header(std::string_view name) const {
        for (const auto text : split_lines(head)) {
            const auto colon = text.find(':');
            if (colon != std::string_view::npos &&
                to_lower(text.substr(0, colon)) == to_lower(name))
                return std::string(trim(text.substr(colon + 1)));
        }
        return {};
    }
};

class LoopbackServer {
public:
    /// Raw bytes to send; the connection is closed after them. `kHang` keeps it open without a
    /// word.
    using Handler = std::function<std::string(const LoopbackRequest&)>;
    static constexpr std::string_view kHang = "hang";

    explicit LoopbackServer(Handler handler)
        : handler_(std::move(handler)),
          listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        const auto generic = [&] { return reinterpret_cast<sockaddr*>(&address); };
        if (::bind(listener_.value(), generic(), size) != 0 || ::listen(listener_.value(), 16) != 0)
            std::abort();
        if (::getsockname(listener_.value(), generic(), &size) != 0) std::abort();
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    }
    ~LoopbackServer() { stop(); }
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;

    void stop() {
        thread_.request_stop();
        if (thread_.joinable()) thread_.join();
        listener_ = FileDescriptor();
    }

    std::uint16_t port() const { return port_; }
    std::string url(std::string_view path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
    }
    std::vector<LoopbackRequest> requests() const {
        return requests_.with([](const auto& requests) { return requests; });
    }
    int connections() const { return connections_; }
    /// For tests that stop a request once the server has it.
    void wait_for_request() const { has_request_.wait(false); }

    static std::string answer(std::string_view status, std::string_view body,
                              std::string_view headers = "",
                              std::string_view connection = "close") {
        return "HTTP/1.1 " + std::string(status) +
               "\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\nConnection: " + std::string(connection) + "\r\n" + std::string(headers) +
               "\r\n" + std::string(body);
    }

private:
    static bool wait_readable(int socket, const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            pollfd polled{socket, POLLIN, 0};
            if (::poll(&polled, 1, 20) > 0) return true;
        }
        return false;
    }

    void serve(const std::stop_token& stop) {
        while (wait_readable(listener_.value(), stop)) {
            const FileDescriptor client(
                ::accept4(listener_.value(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!client.is_open()) continue;
            ++connections_;
            while (talk(client, stop)) {
            }
        }
    }

    /// One request and its answer. True: the connection goes on.
    bool talk(const FileDescriptor& client, const std::stop_token& stop) {
        LoopbackRequest request;
        std::string bytes;
        std::size_t end = std::string::npos;
        std::size_t length = 0;
        while (end == std::string::npos || bytes.size() < end + 4 + length) {
            std::array<char, 65536> buffer{};
            if (!wait_readable(client.value(), stop)) return false;
            const auto count = ::recv(client.value(), buffer.data(), buffer.size(), 0);
            if (count <= 0) return false;
            bytes.append(buffer.data(), static_cast<std::size_t>(count));
            if (end != std::string::npos) continue;
            end = bytes.find("\r\n\r\n");
            if (end == std::string::npos) {
                if (bytes.front() == '\x16')
                    break;  // a TLS handshake: answered as plain servers do
                continue;
            }
            request.head = bytes.substr(0, end + 2);
            const auto value = request.header("Content-Length");
            std::from_chars(value.data(), value.data() + value.size(), length);
        }
        if (end != std::string::npos)
            request.body = bytes.substr(end + 4);
        else
            request.head = "TLS\r\n";
        requests_.with([&](auto& requests) { requests.push_back(request); });
        has_request_ = true;
        has_request_.notify_all();
        const auto reply = handler_(request);
        if (reply == kHang) {
            while (wait_readable(client.value(), stop)) {
                char byte = 0;
                if (::recv(client.value(), &byte, 1, 0) <= 0) break;
            }
            return false;
        }
        std::string_view left = reply;
        while (!left.empty()) {
            const auto count = ::send(client.value(), left.data(), left.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            left.remove_prefix(static_cast<std::size_t>(count));
        }
        if (reply.find("Connection: keep-alive") != std::string::npos) return true;
        ::shutdown(client.value(), SHUT_WR);
        return false;
    }

    Handler handler_;
    FileDescriptor listener_;
    std::uint16_t port_ = 0;
    Synchronized<std::vector<LoopbackRequest>> requests_;
    std::atomic<int> connections_{0};
    std::atomic<bool> has_request_{false};
    std::jthread thread_;
};

}  // namespace pycontainer::testing
