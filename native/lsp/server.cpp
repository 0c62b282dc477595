#include "lsp/server.hpp"

#include "base/version.hpp"
#include "jsonrpc/transport.hpp"
#include "lsp/language_features.hpp"
#include "lsp/parent.hpp"
#include "lsp/progress.hpp"
#include "lsp/protocol.hpp"
#include "lsp/requests.hpp"
#include "service/registry_images.hpp"
#include "service/service.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <thread>

namespace pycontainer::lsp {
namespace {

using jsonrpc::ErrorCode;

/// How soon the end of the client's process is noticed.
constexpr std::chrono::milliseconds kParentCheck{500};

/// A build, push or plan that runs on its own thread.
struct Operation {
    Json id;
    Json token;
    std::stop_source stop;
    std::atomic<bool> finished{false};
    std::jthread thread;
};

class Server {
public:
    Server(int in, int out, const ServerOptions& options)
        : transport_(in, out), options_(options), images_(options.environment, !options.no_exec) {}

    int run(const std::stop_token& stop);

private:
    using Work = std::function<Result<Json>(const exec::Context&)>;

    void take(std::string_view body);
    void handle(const Json& message);
    void handle_request(const Json& id, const std::string& method, const Json& params);
    void handle_notification(const std::string& method, const Json& params);
    void initialize(const Json& id, const Json& params);
    void note_result(const Json& params, CustomRequest& request);
    void start(const Json& id, const Json& params, Result<CustomRequest> request);
    void launch(const Json& id, const Json& token, const std::string& title, Work work);
    void finish(const Json& id, const Result<Json>& result, ProgressSink& progress);
    void cancel(const Json& id);
    void cancel_progress(const Json& token);
    void reap();

    jsonrpc::Transport transport_;
    ServerOptions options_;
    service::Service service_;
    service::RegistryImages images_;
    std::unique_ptr<LanguageFeatures> features_;
    std::list<Operation> operations_;
    Parent parent_;
    bool initialized_ = false;
    bool shut_down_ = false;
    bool exit_ = false;
};

int Server::run(const std::stop_token& stop) {
    while (!exit_) {
        auto incoming = transport_.read(stop, kParentCheck);
        if (!incoming) {
            if (incoming.error().is_cancelled()) break;
            transport_.write(
                jsonrpc::error_response(nullptr, ErrorCode::ParseError, incoming.error().message));
            continue;
        }
        if (incoming->closed) break;
        reap();
        if (!incoming->body) {
            if (parent_.is_gone()) break;
            continue;
        }
        take(*incoming->body);
    }
    for (auto& operation : operations_) operation.stop.request_stop();
    operations_.clear();  // joins
    features_.reset();
    return shut_down_ ? 0 : 1;
}

/// Our own mistakes cost one message, not the session.
void Server::take(std::string_view body) {
    Json message;
    try {
        auto parsed = jsonrpc::parse_message(body);
        if (!parsed)
            return transport_.write(
                jsonrpc::error_response(nullptr, ErrorCode::ParseError, parsed.error().message));
        message = std::move(*parsed);
        handle(message);
    } catch (const std::exception& error) {
        if (const auto* id = member(message, "id"); id && member(message, "method"))
            transport_.write(jsonrpc::error_response(
                *id, ErrorCode::InternalError,
                fmt::format("an unexpected fault occurred: {}", error.what())));
    }
}

void Server::handle(const Json& message) {
    const auto method = string_member(message, "method");
    const auto* id = member(message, "id");
    static const Json kNone;
    const auto* params = member(message, "params");
    if (!method) {
        // An answer to a request of ours – there are none – or nonsense.
        if (!member(message, "result") && !member(message, "error"))
            transport_.write(jsonrpc::error_response(
                id ? *id : Json(nullptr), ErrorCode::InvalidRequest, "the message has no method"));
        return;
    }
    if (id && !id->is_string() && !id->is_number_integer())
        return transport_.write(jsonrpc::error_response(
            nullptr, ErrorCode::InvalidRequest, "the request's id is no integer and no string"));
    if (id)
        handle_request(*id, *method, params ? *params : kNone);
    else
        handle_notification(*method, params ? *params : kNone);
}

void Server::handle_request(const Json& id, const std::string& method, const Json& params) {
    const auto refuse = [&](ErrorCode code, std::string_view text) {
        transport_.write(jsonrpc::error_response(id, code, text));
    };
    if (method == "initialize")
        return initialized_ ? refuse(ErrorCode::InvalidRequest, "the server is initialized already")
                            : initialize(id, params);
    if (!initialized_)
        return refuse(ErrorCode::ServerNotInitialized, "the server is not initialized yet");
    if (shut_down_) return refuse(ErrorCode::InvalidRequest, "the server has been shut down");
    if (method == "shutdown") {
        shut_down_ = true;
        for (auto& operation : operations_) operation.stop.request_stop();
        features_->shut_down();
        return transport_.write(jsonrpc::response(id, nullptr));
    }
    if (features_->handle_request(id, method, params)) return;
    const Limits limits{options_.no_exec, options_.no_network};
    if (const auto reason = refusal_of(method, limits))
        return refuse(ErrorCode::RequestFailed, *reason);
    if (auto request = read_custom_request(service_, method, params, limits)) {
        if (*request && method == "pycontainer/build") note_result(params, **request);
        return start(id, params, std::move(*request));
    }
    refuse(ErrorCode::MethodNotFound, fmt::format("`{}` is not supported", method));
}

void Server::initialize(const Json& id, const Json& params) {
    initialized_ = true;
    constexpr std::uint64_t kMaxProcess = std::numeric_limits<pid_t>::max();
    if (const auto parent = unsigned_member(params, "processId"); parent && *parent <= kMaxProcess)
        parent_ = Parent(static_cast<pid_t>(*parent));
    ImageLookups::LookUp look_up;
    if (!options_.no_network)
        look_up = [this](const exec::Context& ctx, const intellisense::ImageWant& want) {
            return images_.look_up(ctx, want);
        };
    features_ = std::make_unique<LanguageFeatures>(transport_, options_.environment, params,
                                                   &images_, std::move(look_up));
    transport_.write(
        jsonrpc::response(id, {{"capabilities", features_->capabilities()},
                               {"serverInfo", {{"name", "pycontainer"}, {"version", kVersion}}}}));
}

void Server::handle_notification(const std::string& method, const Json& params) {
    if (method == "exit") {
        exit_ = true;
        return;
    }
    if (!initialized_) return;
    if (method == "$/cancelRequest") {
        if (const auto* id = member(params, "id")) cancel(*id);
    } else if (method == "window/workDoneProgress/cancel") {
        if (const auto* token = member(params, "token")) cancel_progress(*token);
    } else if (method == "initialized") {
        features_->initialized();
    } else {
        features_->handle_notification(method, params);
    }
    // Others are not for us: notifications are never answered.
}

/// The code lens above the configuration tells how the last build ended.
void Server::note_result(const Json& params, CustomRequest& request) {
    auto directory =
        std::filesystem::path(string_member(params, "context").value_or("")).lexically_normal();
    if (directory.filename().empty()) directory = directory.parent_path();
    request.work = [this, project = directory.string(),
                    work = std::move(request.work)](const exec::Context& ctx) {
        auto result = work(ctx);
        if (const auto digest = result ? string_member(*result, "digest") : std::nullopt)
            features_->note_build(project, "Last build: " + digest->substr(0, 19));
        return result;
    };
}

void Server::start(const Json& id, const Json& params, Result<CustomRequest> request) {
    if (!request)
        return transport_.write(jsonrpc::error_response(
            id, ErrorCode::InvalidParams, request.error().message, to_error_data(request.error())));
    const auto* token = member(params, "workDoneToken");
    launch(id, token ? *token : Json(nullptr), request->title, std::move(request->work));
}

void Server::launch(const Json& id, const Json& token, const std::string& title, Work work) {
    auto& operation = operations_.emplace_back();
    operation.id = id;
    operation.token = token;
    operation.thread = std::jthread([this, &operation, title, work = std::move(work)] {
        ProgressSink progress(transport_, operation.token, title);
        const exec::Context ctx(operation.stop.get_token(), progress, options_.environment,
                                options_.concurrency);
        try {
            finish(operation.id, work(ctx), progress);
        } catch (const std::exception& error) {
            finish(operation.id,
                   fail("internal/unexpected", "an unexpected fault occurred: {}", error.what()),
                   progress);
        }
        operation.finished = true;
    });
}

void Server::finish(const Json& id, const Result<Json>& result, ProgressSink& progress) {
    progress.end(result ? "done" : result.error().is_cancelled() ? "cancelled" : "failed");
    if (result) return transport_.write(jsonrpc::response(id, *result));
    const auto code =
        result.error().is_cancelled() ? ErrorCode::RequestCancelled : ErrorCode::RequestFailed;
    transport_.write(
        jsonrpc::error_response(id, code, result.error().message, to_error_data(result.error())));
}

void Server::cancel(const Json& id) {
    features_->cancel(id);
    for (auto& operation : operations_)
        if (operation.id == id) operation.stop.request_stop();
}

void Server::cancel_progress(const Json& token) {
    for (auto& operation : operations_)
        if (!token.is_null() && operation.token == token) operation.stop.request_stop();
}

void Server::reap() {
    operations_.remove_if([](const Operation& operation) { return operation.finished.load(); });
}

}  // namespace

int serve(int in, int out, const ServerOptions& options, std::stop_token stop) {
    Server server(in, out, options);
    return server.run(stop);
}

}  // namespace pycontainer::lsp
