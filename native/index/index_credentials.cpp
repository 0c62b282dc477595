#include "index/index_credentials.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "credentials/netrc.hpp"
#include "exec/process.hpp"
#include "toml/document.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace pycontainer::index {
namespace {

constexpr std::uint64_t kMaxNetrc = 1U << 20U;
constexpr std::uint64_t kMaxLogins = 1U << 20U;
/// A keyring that is locked opens a dialog, which nobody may see.
constexpr std::chrono::seconds kKeyringTimeout{30};

/// The name of an index in the names of variables: `UV_INDEX_MY_INDEX_PASSWORD`.
std::string variable_part(std::string_view name) {
    auto part = to_upper(name);
    for (char& c : part)
        if ((c < 'A' || c > 'Z') && (c < '0' || c > '9')) c = '_';
    return part;
}

/// How many leading segments two paths share.
std::size_t common_segments(std::string_view a, std::string_view b) {
    const auto left = split(a, '/');
    const auto right = split(b, '/');
    std::size_t count = 0;
    while (count < left.size() && count < right.size() && left[count] == right[count]) ++count;
    return count;
}

std::vector<std::filesystem::path> netrc_files(const Environment& environment) {
    if (const auto named = environment.find_nonempty("NETRC")) return {*named};
    const auto home = environment.find_nonempty("HOME");
    if (!home) return {};
    return {std::filesystem::path(*home) / ".netrc", std::filesystem::path(*home) / "_netrc"};
}

/// Where `poetry config http-basic.NAME …` and `pdm config pypi.NAME.password …` keep what they are
/// told.
std::optional<IndexCredential> login_of_tools(const Environment& environment,
                                              const std::string& name) {
    const auto home = environment.find_nonempty("HOME");
    const auto settings = environment.find_nonempty("XDG_CONFIG_HOME");
    if (!home && !settings) return std::nullopt;
    const auto directory =
        settings ? std::filesystem::path(*settings) : std::filesystem::path(*home) / ".config";
    const std::pair<std::filesystem::path, const char*> places[] = {
        {environment.find_nonempty("POETRY_CONFIG_DIR")
             ? std::filesystem::path(*environment.find_nonempty("POETRY_CONFIG_DIR")) / "auth.toml"
             : directory / "pypoetry" / "auth.toml",
         "http-basic"},
        {environment.find_nonempty("PDM_CONFIG_FILE")
             ? std::filesystem::path(*environment.find_nonempty("PDM_CONFIG_FILE"))
             : directory / "pdm" / "config.toml",
         "pypi"}};
    for (const auto& [file, table] : places) {
        const auto text = read_file(file, kMaxLogins);
        if (!text) continue;
        const auto document = toml::parse(*text, file.string());
        const auto* logins = member(document.value, table);
        const auto* login = logins ? member(*logins, name) : nullptr;
        const auto username = login ? string_member(*login, "username") : std::nullopt;
        if (!username) continue;
        return IndexCredential{*username, string_member(*login, "password").value_or(""),
                               file.string()};
    }
    return std::nullopt;
}

std::string source_of(const IndexLocation& location) {
    return location.origin.empty() ? "the index's URL" : "the URL in " + location.origin;
}

std::string first_line(std::string_view text) {
    const auto lines = split_lines(text);
    return lines.empty() ? std::string() : std::string(lines.front());
}

}  // namespace

IndexCredentials::IndexCredentials(const IndexOptions& options, const Environment& environment)
    : environment_(&environment), use_keyring_(options.use_keyring) {
    for (const auto* list : {&options.indexes, &options.find_links})
        for (const auto& location : *list) {
            auto url = net::Url::parse(location.url);
            if (!url || (url->scheme() != "https" && url->scheme() != "http")) continue;
            Known known{location, *url, {}, {}, {}, false};
            if (url->has_userinfo()) {
                known.username = url->username();
                known.password = url->password();
                known.has_password = !known.password.empty();
                known.source =
                    location.origin.empty() ? "the index's URL" : "the URL in " + location.origin;
            }
            for (const char* prefix : {"UV_INDEX_", "POETRY_HTTP_BASIC_"}) {
                if (location.name.empty() || known.has_password) break;
                const auto variables = prefix + variable_part(location.name);
                const auto username = environment.find_nonempty(variables + "_USERNAME");
                const auto password = environment.find_nonempty(variables + "_PASSWORD");
                if (!username && !password) continue;
                if (username) known.username = *username;
                if (password) known.password = *password;
                known.has_password = password.has_value();
                known.source = variables + (password ? "_PASSWORD" : "_USERNAME");
            }
            if (!location.name.empty() && !known.has_password)
                if (auto login = login_of_tools(environment, location.name)) {
                    known.username = std::move(login->username);
                    known.password = std::move(login->password);
                    known.source = std::move(login->source);
                    known.has_password = true;
                }
            known_.with([&](auto& all) { all.push_back(std::move(known)); });
            ++configured_;
        }
}

void IndexCredentials::learn(const IndexLocation& place) const {
    const auto url = net::Url::parse(place.url);
    if (!url || !url->has_userinfo()) return;
    known_.with([&](auto& all) {
        if (std::any_of(all.begin(), all.end(),
                        [&](const auto& known) { return known.url == *url; }))
            return;
        all.push_back({place, *url, url->username(), url->password(), source_of(place), true});
    });
}

bool IndexCredentials::has_learned() const {
    return known_.with([&](const auto& all) { return all.size() > configured_; });
}

std::optional<IndexCredentials::Known> IndexCredentials::known_at(const net::Url& url) const {
    return known_.with([&](const auto& all) {
        std::optional<Known> best;
        std::size_t best_score = 0;
        for (const auto& known : all) {
            if (!known.url.has_same_origin(url)) continue;
            // One that knows who the user is, before one that does not; then the nearest.
            const auto score = common_segments(known.url.path(), url.path()) +
                               (known.username.empty() && !known.has_password ? 0 : 1'000'000);
            if (best && score <= best_score) continue;
            best = known;
            best_score = score;
        }
        return best;
    });
}

std::optional<IndexLocation> IndexCredentials::index_of(const net::Url& url) const {
    const auto known = known_at(url);
    return known ? std::optional(known->location) : std::nullopt;
}

std::optional<IndexCredential> IndexCredentials::from_netrc(const net::Url& url,
                                                            const std::string& username) const {
    for (const auto& path : netrc_files(*environment_)) {
        const auto text = read_file(path, kMaxNetrc);
        if (!text) continue;
        auto login = credentials::find_in_netrc(*text, url.host_and_port());
        if (!login || (!username.empty() && login->username != username)) return std::nullopt;
        return IndexCredential{std::move(login->username), std::move(login->password),
                               path.string()};
    }
    return std::nullopt;
}

std::optional<IndexCredential> IndexCredentials::find(const net::Url& url) const {
    const auto known = known_at(url);
    if (url.has_userinfo() && !url.password().empty()) {
        const bool is_known = known && known->has_password && known->username == url.username() &&
                              known->password == url.password();
        return IndexCredential{url.username(), url.password(),
                               is_known ? known->source : "the URL itself"};
    }
    if (const auto answer = keyring_answer(url, known)) return answer;
    if (known && known->has_password)
        return IndexCredential{known->username, known->password, known->source};
    const auto username = username_at(url, known);
    if (auto found = from_netrc(url, username)) return found;
    // A token as user name with an empty password is a password, too.
    if (!username.empty())
        return IndexCredential{username, "", known ? known->source : "the URL itself"};
    return std::nullopt;
}

std::string IndexCredentials::keyring_key(const net::Url& url, const std::optional<Known>& known) {
    const auto place = (known ? known->url : url).without_userinfo().without_fragment();
    return place.to_string() + " " + username_at(url, known);
}

std::string IndexCredentials::username_at(const net::Url& url, const std::optional<Known>& known) {
    return url.has_userinfo() ? url.username() : known ? known->username : "";
}

std::optional<IndexCredential> IndexCredentials::keyring_answer(
    const net::Url& url, const std::optional<Known>& known) const {
    return keyring_answers_.with([&](const auto& answers) -> std::optional<IndexCredential> {
        const auto found = answers.find(keyring_key(url, known));
        return found == answers.end() ? std::nullopt : found->second;
    });
}

Result<std::optional<IndexCredential>> IndexCredentials::ask_keyring(const exec::Context& ctx,
                                                                     const net::Url& url) const {
    if (!use_keyring_) return std::nullopt;
    const auto known = known_at(url);
    const auto username = username_at(url, known);
    const auto place = (known ? known->url : url).without_userinfo().without_fragment();
    const auto key = keyring_key(url, known);
    const auto answered = keyring_answers_.with([&](const auto& answers) {
        using Answer = std::optional<std::optional<IndexCredential>>;
        const auto found = answers.find(key);
        return found == answers.end() ? Answer() : Answer(std::in_place, found->second);
    });
    if (answered) return *answered;
    const auto program = exec::find_program(*environment_, "keyring");
    std::optional<IndexCredential> credential;
    if (!program) ctx.log("`keyring` is switched on, but not installed");
    for (const auto& service : {place.to_string(), place.host_and_port()}) {
        if (!program || credential) break;
        exec::ProcessRequest request;
        request.command =
            username.empty()
                ? std::vector<std::string>{program->string(), "--mode", "creds", "get", service}
                : std::vector<std::string>{program->string(), "get", service, username};
        request.timeout = kKeyringTimeout;
        request.output_limit = 64U << 10U;
        const auto outcome = exec::run_process(ctx, request);
        if (!outcome && outcome.error().is_cancelled()) return fail(outcome.error());
        if (!outcome) {
            ctx.log(fmt::format("`keyring` did not answer: {}", outcome.error().message));
            break;
        }
        const auto lines = split_lines(outcome->output);
        if (outcome->exit_code != 0 || lines.empty() || (username.empty() && lines.size() < 2))
            continue;
        credential = username.empty()
                         ? IndexCredential{std::string(lines[0]), std::string(lines[1]), "keyring"}
                         : IndexCredential{username, first_line(outcome->output), "keyring"};
    }
    keyring_answers_.with([&](auto& answers) { answers.insert_or_assign(key, credential); });
    return credential;
}

std::string IndexCredentials::advice_for(const net::Url& url) const {
    const auto known = known_at(url);
    const auto name = known ? known->location.name : std::string();
    auto text = name.empty() ? std::string("put user and password into the index's URL")
                             : fmt::format("set UV_INDEX_{0}_USERNAME and UV_INDEX_{0}_PASSWORD",
                                           variable_part(name));
    text +=
        fmt::format(", or add `machine {} login … password …` to ~/.netrc", url.host_and_port());
    if (!use_keyring_) text += ", or ask the keyring with UV_KEYRING_PROVIDER=subprocess";
    return text;
}

}  // namespace pycontainer::index
