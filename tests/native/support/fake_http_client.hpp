#pragma once

// An HttpClient without a network: a handler answers, every request is kept, and what the handler
// does not know fails the test.
//
//     FakeHttpClient http;
//     http.on("GET", "https://index.example/simple/", {.status = 200, .body = "…"});
//     http.on("GET", "https://host/blob", FakeHttpClient::cut_after(3, {.status = 200, .body =
//     "abcdef"}));

#include "base/synchronized.hpp"
#include "net/http_client.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace pycontainer::testing {

/// What the fake answers. `broken_after`: that many bytes of the body arrive, then the connection
/// is lost.
struct FakeAnswer {
    int status = 200;
    net::Headers headers{};
    std::string body{};
    std::optional<std::size_t> broken_after{};
    std::optional<Error> error{};  ///< instead of an answer
};

struct SeenRequest {
    std::string method;
    std::string url;  ///< without user information
    net::Headers headers;
    std::string body;
    std::string userinfo{};  ///< `user:password`, decoded; empty: none
};

/// Thread-safe. Redirects are followed as the real client does it, without Authorization to another
/// origin.
class FakeHttpClient final : public net::HttpClient {
public:
    using Handler = std::function<FakeAnswer(const SeenRequest&)>;

    /// The answers of one method and URL, in turn; the last one stays. Ones added first are used
    /// first.
    void on(const std::string& method, const std::string& url, FakeAnswer answer) {
        answers_.with(
            [&](auto& answers) { answers[method + " " + url].push_back(std::move(answer)); });
    }
    /// Asked for everything that `on` does not know.
    void otherwise(Handler handler) { handler_ = std::move(handler); }

    static FakeAnswer cut_after(std::size_t bytes, FakeAnswer answer) {
        answer.broken_after = bytes;
        return answer;
    }
    static FakeAnswer failing(std::string code, bool retryable = true) {
        FakeAnswer answer;
        answer.error = fail(code, "a made-up failure").retryable(retryable).take();
        return answer;
    }

    std::vector<SeenRequest> requests() const {
        return seen_.with([](const auto& seen) { return seen; });
    }
    std::vector<SeenRequest> requests(std::string_view method) const {
        auto all = requests();
        std::erase_if(all, [&](const SeenRequest& request) { return request.method != method; });
        return all;
    }

    Result<net::HttpResponse> send(const exec::Context& ctx, const net::HttpRequest& request,
                                   const ByteSink& sink = {}) override {
        auto current = request;
        for (int hops = 0; hops < 10; ++hops) {
            PYC_TRY(ctx.check());
            PYC_TRY_ASSIGN(auto response, send_once(current, sink));
            const auto location = response.headers.find("Location");
            if (!request.follow_redirects || response.status < 300 || response.status >= 400 ||
                !location)
                return response;
            PYC_TRY_ASSIGN(const auto target, current.url.resolve(*location));
            if (!target.has_same_origin(current.url))
                std::erase_if(current.headers,
                              [](const auto& field) { return field.first == "Authorization"; });
            current.url = target.has_same_origin(current.url) && !target.has_userinfo()
                              ? target.with_userinfo_of(current.url)
                              : target;
        }
        return fail("net/redirect", "too many redirects");
    }

private:
    Result<net::HttpResponse> send_once(const net::HttpRequest& request, const ByteSink& sink) {
        SeenRequest seen{
            request.method, request.url.without_userinfo().to_string(), {}, request.body};
        if (request.url.has_userinfo())
            seen.userinfo = request.url.username() + ":" + request.url.password();
        for (const auto& [name, value] : request.headers) seen.headers.add(name, value);
        if (request.body_source) {
            seen.body.resize(static_cast<std::size_t>(request.body_source->size));
            std::size_t done = 0;
            while (done < seen.body.size()) {
                PYC_TRY_ASSIGN(
                    const auto count,
                    request.body_source->read(
                        done, std::as_writable_bytes(std::span(seen.body).subspan(done))));
                if (count == 0) return fail("net/interrupted", "the body's source ended early");
                done += count;
            }
        }
        seen_.with([&](auto& all) { all.push_back(seen); });
        const auto answer = answer_to(seen);
        if (answer.error) return fail(*answer.error);
        net::HttpResponse response{answer.status, answer.headers, {}, request.url};
        const bool cut = answer.broken_after.has_value();
        const auto body = std::string_view(answer.body)
                              .substr(0, answer.broken_after.value_or(answer.body.size()));
        if (request.method != "HEAD") {
            if (sink && response.is_success()) {
                if (request.on_headers)
                    PYC_TRY(request.on_headers(response.status, response.headers));
                if (!body.empty()) PYC_TRY(sink(as_bytes(body)));
            } else {
                if (response.is_success() && body.size() > request.body_limit)
                    return fail("net/too-large", "the answer is too long");
                response.body = body;
            }
        }
        if (cut) return fail("net/interrupted", "the connection broke off").retryable();
        return response;
    }

    FakeAnswer answer_to(const SeenRequest& seen) {
        std::optional<FakeAnswer> answer =
            answers_.with([&](auto& answers) -> std::optional<FakeAnswer> {
                const auto found = answers.find(seen.method + " " + seen.url);
                if (found == answers.end()) return std::nullopt;
                auto first = found->second.front();
                if (found->second.size() > 1) found->second.pop_front();
                return first;
            });
        if (answer) return *answer;
        if (handler_) return handler_(seen);
        ADD_FAILURE() << "unexpected request: " << seen.method << " " << seen.url;
        return failing("net/unreachable", false);
    }

    Synchronized<std::map<std::string, std::deque<FakeAnswer>>> answers_;
    Synchronized<std::vector<SeenRequest>> seen_;
    Handler handler_;
};

}  // namespace pycontainer::testing
