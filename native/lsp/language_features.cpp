#include "lsp/language_features.hpp"

#include "base/digest.hpp"
#include "lsp/workspace.hpp"
#include "service/service.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::lsp {
namespace {

using jsonrpc::ErrorCode;

/// How long an answer waits for the first look at a project.
constexpr std::chrono::milliseconds kFirstLook{400};

std::string directory_of(const Snapshot& snapshot) {
    return std::filesystem::path(snapshot.path()).parent_path().string();
}

std::string uri_in(const Json& params) {
    const auto* document = member(params, "textDocument");
    return document ? string_member(*document, "uri").value_or("") : "";
}

bool is_ours(const std::string& path) {
    const auto name = std::filesystem::path(path).filename();
    return name == "pycontainer.toml" || name == "pyproject.toml";
}

std::string result_id(const Json& items) {
    return Digest::of(dump_json(items)).to_string();
}

/// How long an answer waits for registries; then it is what is known.
constexpr std::chrono::milliseconds kTags{2'500};
constexpr std::chrono::milliseconds kImage{5'000};

/// Answers that are of no use for an older version of the text.
bool is_about_version(const std::string& method) {
    return method == "textDocument/semanticTokens/full" || method == "textDocument/inlayHint" ||
           method == "textDocument/codeLens" || method == "textDocument/documentLink";
}

/// `previousResultIds` by URI.
std::map<std::string, std::string> previous_ids(const Json& params) {
    std::map<std::string, std::string> ids;
    if (const auto* list = member(params, "previousResultIds"); list && list->is_array())
        for (const auto& item : *list)
            ids[string_member(item, "uri").value_or("")] =
                string_member(item, "value").value_or("");
    return ids;
}

Json report_of(const Json& items, const std::optional<std::string>& previous) {
    auto id = result_id(items);
    if (previous == id) return {{"kind", "unchanged"}, {"resultId", std::move(id)}};
    return {{"kind", "full"}, {"resultId", std::move(id)}, {"items", items}};
}

}  // namespace

LanguageFeatures::LanguageFeatures(jsonrpc::Transport& transport, const Environment& environment,
                                   const Json& initialize_params,
                                   const intellisense::ImageCatalog* images,
                                   ImageLookups::LookUp look_up)
    : transport_(&transport),
      images_(images),
      settings_(std::make_shared<const ClientSettings>(ClientSettings::from(initialize_params))),
      folders_(folders_of(initialize_params)) {
    if (const auto pages = service::Service::error_pages(environment)) {
        auto with_pages = *settings();
        for (const auto& [code, line] : pages->lines)
            with_pages.pages[code] = fmt::format("{}#L{}", uri_of_path(pages->file.string()), line);
        settings_.with([&](auto& settings) {
            settings = std::make_shared<const ClientSettings>(std::move(with_pages));
        });
    }
    documents_.with([&](auto& documents) { documents.set_encoding(settings()->encoding); });
    projects_ = std::make_unique<Projects>(
        environment, images_,
        [this](const std::string& directory, bool changed) { project_seen(directory, changed); });
    background_ = std::make_unique<WorkQueue>();
    questions_ = std::make_unique<WorkQueue>();
    if (look_up)
        lookups_ = std::make_unique<ImageLookups>(
            environment, std::move(look_up),
            [this](const auto& want, const auto& result) { looked_up(want, result); });
}

LanguageFeatures::~LanguageFeatures() {
    lookups_.reset();
    projects_->stop();  // it hands work to the queues, which must live until then
    questions_.reset();
    background_.reset();
}

void LanguageFeatures::initialized() {
    if (!settings()->watches_files) return;
    Json watchers = Json::array();
    for (const auto* pattern : {"**/pycontainer.toml", "**/pyproject.toml", "**/*.py", "**/*.lock",
                                "**/pylock*.toml", "**/requirements*.txt", "**/.python-version"})
        watchers.push_back({{"globPattern", pattern}});
    send_request("client/registerCapability",
                 {{"registrations",
                   Json::array({{{"id", "pycontainer-files"},
                                 {"method", "workspace/didChangeWatchedFiles"},
                                 {"registerOptions", {{"watchers", std::move(watchers)}}}}})}});
}

void LanguageFeatures::send_request(const char* method, Json params) {
    const auto number = next_id_.with([](unsigned& id) { return ++id; });
    transport_->write(
        jsonrpc::request(fmt::format("pycontainer-{}", number), method, std::move(params)));
}

std::shared_ptr<const Snapshot> LanguageFeatures::find(const std::string& uri) const {
    return documents_.with([&](const auto& documents) { return documents.find(uri); });
}

// ---- notifications

bool LanguageFeatures::handle_notification(const std::string& method, const Json& params) {
    if (method == "textDocument/didOpen") {
        const auto* document = member(params, "textDocument");
        if (document)
            changed(documents_.with([&](auto& documents) { return documents.open(*document); }));
    } else if (method == "textDocument/didChange") {
        changed(documents_.with([&](auto& documents) { return documents.change(params); }));
    } else if (method == "textDocument/didClose") {
        closed(uri_in(params));
    } else if (method == "textDocument/didSave") {
        if (const auto snapshot = find(uri_in(params))) projects_->look(directory_of(*snapshot));
    } else if (method == "workspace/didChangeWatchedFiles") {
        watched_files_changed(params);
    } else if (method == "workspace/didChangeConfiguration") {
        const auto* settings = member(params, "settings");
        const auto* own = settings ? member(*settings, "pycontainer") : nullptr;
        if (!own) return true;
        auto changed_settings = *this->settings();
        changed_settings.apply(*own);
        settings_.with([&](auto& settings) {
            settings = std::make_shared<const ClientSettings>(std::move(changed_settings));
        });
        for (const auto& [uri, snapshot] :
             documents_.with([](const auto& documents) { return documents.all(); }))
            changed(snapshot);
    } else if (method == "workspace/didChangeWorkspaceFolders") {
        const auto* event = member(params, "event");
        const auto named = [&](const char* key) {
            const auto* list = event ? member(*event, key) : nullptr;
            return folders_of({{"workspaceFolders", list ? *list : Json::array()}});
        };
        folders_.with([&](auto& folders) {
            for (const auto& folder : named("removed")) std::erase(folders, folder);
            for (const auto& folder : named("added")) folders.push_back(folder);
        });
    } else {
        return false;
    }
    return true;
}

void LanguageFeatures::changed(const std::shared_ptr<const Snapshot>& snapshot) {
    if (!snapshot) return;
    if (is_ours(snapshot->path())) projects_->set_text(snapshot->path(), snapshot->text());
    if (settings()->pulls_diagnostics) return;
    questions_->add([this, uri = snapshot->uri(), version = snapshot->version()] {
        publish(uri, version, true);
    });
}

void LanguageFeatures::closed(const std::string& uri) {
    const auto snapshot = find(uri);
    if (!snapshot) return;
    documents_.with([&](auto& documents) { documents.close(uri); });
    projects_->set_text(snapshot->path(), std::nullopt);
    if (settings()->pulls_diagnostics) return;
    questions_->add([this, uri] {
        published_.with([&](auto& published) { published.erase(uri); });
        transport_->write(jsonrpc::notification("textDocument/publishDiagnostics",
                                                {{"uri", uri}, {"diagnostics", Json::array()}}));
    });
}

void LanguageFeatures::watched_files_changed(const Json& params) {
    const auto* changes = member(params, "changes");
    if (!changes || !changes->is_array()) return;
    for (const auto& change : *changes)
        if (const auto path = path_of_uri(string_member(change, "uri").value_or("")))
            projects_->file_changed(*path);
    retry_workspace_pull();
}

// ---- diagnostics

Question LanguageFeatures::question_about(const std::shared_ptr<const Snapshot>& snapshot,
                                          const ClientSettings& settings) const {
    Question question{snapshot, nullptr, nullptr, images_, {}, settings};
    if (!snapshot) return question;
    const std::filesystem::path path(snapshot->path());
    const auto directory = directory_of(*snapshot);
    question.project = projects_->find(directory);
    question.last_build = builds_.with([&](const auto& builds) {
        const auto found = builds.find(directory);
        return found == builds.end() ? std::string() : found->second;
    });
    const auto other =
        path.parent_path() /
        (path.filename() == "pyproject.toml" ? "pycontainer.toml" : "pyproject.toml");
    documents_.with([&](const auto& documents) {
        for (const auto& [uri, open] : documents.all())
            if (open->path() == other) question.sibling = open;
    });
    return question;
}

void LanguageFeatures::publish(const std::string& uri, std::int64_t version, bool always) {
    const auto snapshot = find(uri);
    if (!snapshot || (always && snapshot->version() != version)) return;  // a newer one is coming
    const auto settings = this->settings();
    auto diagnostics = diagnostics_of(question_about(snapshot, *settings));
    const bool is_new = published_.with([&](auto& published) {
        std::pair<std::int64_t, Json> now{snapshot->version(), diagnostics};
        auto& last = published[uri];
        if (!always && last == now) return false;
        last = std::move(now);
        return true;
    });
    if (!is_new) return;
    transport_->write(jsonrpc::notification(
        "textDocument/publishDiagnostics",
        {{"uri", uri}, {"version", snapshot->version()}, {"diagnostics", std::move(diagnostics)}}));
}

void LanguageFeatures::project_seen(const std::string& directory, bool changed) {
    const auto settings = this->settings();
    if (!settings->pulls_diagnostics) {
        for (const auto& [uri, snapshot] :
             documents_.with([](const auto& documents) { return documents.all(); }))
            if (directory_of(*snapshot) == directory)
                questions_->add([this, open = uri] { publish(open, 0, false); });
    } else if (changed && settings->refreshes_diagnostics) {
        send_request("workspace/diagnostic/refresh");
    }
    if (changed && settings->refreshes_hints) send_request("workspace/inlayHint/refresh");
    retry_workspace_pull();
}

void LanguageFeatures::pull(const Json& id, const Json& params) {
    const auto snapshot = find(uri_in(params));
    queue(*questions_, id, [this, id, params, snapshot, settings = settings()] {
        const auto current = snapshot ? find(snapshot->uri()) : nullptr;
        if (current && current->version() != snapshot->version())
            return transport_->write(jsonrpc::error_response(id, ErrorCode::ServerCancelled,
                                                             "the text has changed",
                                                             {{"retriggerRequest", true}}));
        const auto items =
            snapshot ? diagnostics_of(question_about(snapshot, *settings)) : Json::array();
        transport_->write(
            jsonrpc::response(id, report_of(items, string_member(params, "previousResultId"))));
    });
}

void LanguageFeatures::pull_workspace(const Json& id, const Json& params) {
    queue(*background_, id, [this, pull = WorkspacePull{id, params}] {
        for (const auto& directory : find_projects(folders()))
            if (!projects_->find(directory.string())) projects_->look(directory.string());
        if (!answer_workspace_pull(pull, !std::exchange(answered_workspace_, true)))
            waiting_pull_.with([&](auto& waiting) { waiting = pull; });
    });
}

/// Files that are open are asked for one by one.
bool LanguageFeatures::answer_workspace_pull(const WorkspacePull& pull, bool must) {
    const auto previous = previous_ids(pull.params);
    const auto settings = this->settings();
    Json reports = Json::array();
    bool is_new = must;
    for (const auto& directory : find_projects(folders())) {
        const auto state = projects_->wait_for(directory.string(), kFirstLook * 10);
        if (!state || !state->view) continue;
        for (const auto& [path, lines] : state->texts) {
            const auto uri = uri_of_path(path);
            if (lines.text().empty() && !std::filesystem::exists(path)) continue;
            if (find(uri)) continue;
            const auto known = previous.find(uri);
            auto report = report_of(
                diagnostics_of_file(*state, path, *settings),
                known == previous.end() ? std::nullopt : std::optional<std::string>(known->second));
            is_new = is_new || report["kind"] == "full";
            report["uri"] = uri;
            report["version"] = nullptr;
            reports.push_back(std::move(report));
        }
    }
    if (!is_new) return false;
    transport_->write(jsonrpc::response(pull.id, {{"items", std::move(reports)}}));
    return true;
}

void LanguageFeatures::retry_workspace_pull() {
    background_->add([this] {
        auto waiting =
            waiting_pull_.with([](auto& pull) { return std::exchange(pull, std::nullopt); });
        if (waiting && !answer_workspace_pull(*waiting, false))
            waiting_pull_.with([&](auto& pull) {
                if (!pull) pull = std::move(waiting);
            });
    });
}

// ---- questions

bool LanguageFeatures::handle_request(const Json& id, const std::string& method,
                                      const Json& params) {
    const bool is_pull = method == "textDocument/diagnostic";
    if (is_pull || is_question(method))
        if (const auto fault = parameter_fault(method, params)) {
            transport_->write(jsonrpc::error_response(id, ErrorCode::InvalidParams, *fault));
            return true;
        }
    if (is_pull) {
        pull(id, params);
    } else if (method == "workspace/diagnostic") {
        pull_workspace(id, params);
    } else if (is_question(method)) {
        ask(id, method, params);
    } else {
        return false;
    }
    return true;
}

std::vector<intellisense::ImageWant> LanguageFeatures::allowed_wants(const std::string& method,
                                                                     const Json& params,
                                                                     const Question& question) {
    if (!lookups_ || question.settings.network == Network::Never) return {};
    if (method == "textDocument/completion" && is_typing_image(params, question))
        typed_image_ = true;
    if (question.settings.network == Network::OnDemand && !typed_image_) return {};
    return lookups_->promising(wants_of(method, params, question));
}

void LanguageFeatures::looked_up(const intellisense::ImageWant& want, const Result<void>& result) {
    if (!result && result.error().is_cancelled()) return;
    constexpr int kLog = 4;  // MessageType
    const auto text =
        result ? fmt::format("looked up `{}`", want.name)
               : fmt::format("looking up `{}` failed: {}{}", want.name, result.error().message,
                             result.error().hint.empty() ? "" : " (" + result.error().hint + ")");
    transport_->write(
        jsonrpc::notification("window/logMessage", {{"type", kLog}, {"message", text}}));
    if (!result) return;
    // What is known now may be wrong somewhere, and is shown between the lines.
    for (const auto& [uri, snapshot] :
         documents_.with([](const auto& documents) { return documents.all(); }))
        if (is_ours(snapshot->path())) projects_->look(directory_of(*snapshot));
    if (settings()->refreshes_hints) send_request("workspace/inlayHint/refresh");
}

void LanguageFeatures::ask(const Json& id, const std::string& method, const Json& params) {
    const auto snapshot =
        find(method == "completionItem/resolve" ? uri_of_item(params) : uri_in(params));
    queue(*questions_, id, [this, id, method, params, snapshot, settings = settings()] {
        const auto current = snapshot ? find(snapshot->uri()) : nullptr;
        if (current && current->version() != snapshot->version() && is_about_version(method))
            return transport_->write(
                jsonrpc::error_response(id, ErrorCode::ContentModified, "the text has changed"));
        if (snapshot) static_cast<void>(projects_->wait_for(directory_of(*snapshot), kFirstLook));
        const auto question = question_about(snapshot, *settings);
        const auto wants = allowed_wants(method, params, question);
        if (wants.empty())
            return transport_->write(jsonrpc::response(id, answer(method, params, question)));
        const auto patience = method == "textDocument/completion" ? kTags : kImage;
        lookups_->wait(id, wants, patience, [this, id, method, params, snapshot, settings] {
            queue(*questions_, id, [this, id, method, params, snapshot, settings] {
                transport_->write(jsonrpc::response(
                    id, answer(method, params, question_about(snapshot, *settings))));
            });
        });
    });
}

void LanguageFeatures::queue(WorkQueue& queue, const Json& id, std::function<void()> work) {
    queue.add([this, id, work = std::move(work)] {
        if (take_cancelled(id))
            return transport_->write(jsonrpc::error_response(id, ErrorCode::RequestCancelled,
                                                             "the request was cancelled"));
        try {
            work();
        } catch (const std::exception& error) {
            transport_->write(jsonrpc::error_response(
                id, ErrorCode::InternalError,
                fmt::format("an unexpected fault occurred: {}", error.what())));
        }
    });
}

void LanguageFeatures::cancel(const Json& id) {
    auto waiting = waiting_pull_.with([&](auto& pull) {
        return pull && pull->id == id ? std::exchange(pull, std::nullopt)
                                      : std::optional<WorkspacePull>();
    });
    if (waiting)
        return transport_->write(
            jsonrpc::error_response(id, ErrorCode::RequestCancelled, "the request was cancelled"));
    if (lookups_ && lookups_->cancel(id))
        return transport_->write(
            jsonrpc::error_response(id, ErrorCode::RequestCancelled, "the request was cancelled"));
    // Of a request that was answered before, the note goes when both queues have come to it.
    cancelled_.with([&](auto& ids) { ids.insert(dump_json(id)); });
    questions_->add(
        [this, id] { background_->add([this, id] { static_cast<void>(take_cancelled(id)); }); });
}

bool LanguageFeatures::take_cancelled(const Json& id) {
    return cancelled_.with([&](auto& ids) { return ids.erase(dump_json(id)) > 0; });
}

void LanguageFeatures::shut_down() {
    const auto waiting =
        waiting_pull_.with([](auto& pull) { return std::exchange(pull, std::nullopt); });
    if (waiting)
        transport_->write(jsonrpc::error_response(waiting->id, ErrorCode::RequestCancelled,
                                                  "the server is shutting down"));
}

void LanguageFeatures::note_build(const std::string& directory, std::string result) {
    builds_.with([&](auto& builds) { builds[directory] = std::move(result); });
    if (settings()->refreshes_lenses) send_request("workspace/codeLens/refresh");
}

}  // namespace pycontainer::lsp
