#include "credentials/docker_login.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "credentials/base64.hpp"
#include "credentials/config_files.hpp"
#include "credentials/docker_config.hpp"
#include "credentials/helper_program.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <sys/stat.h>

namespace pycontainer::credentials {
namespace {

constexpr std::uint64_t kMaxConfig = 4U << 20U;

/// Keeps the order of what others wrote.
using OrderedJson = nlohmann::ordered_json;

struct OpenConfig {
    std::filesystem::path path;
    std::string origin;
    DockerConfig config;
    OrderedJson json;
};

Result<OpenConfig> open_config(const Environment& environment) {
    const auto file = docker_config_file(environment);
    if (!file)
        return fail("credentials/no-home",
                    "there is no place for credentials: neither `DOCKER_CONFIG` nor `HOME` is set")
            .hint("set HOME, or DOCKER_CONFIG to a directory");
    std::error_code ignored;
    auto path = std::filesystem::weakly_canonical(file->path, ignored);  // dotfiles are often links
    if (path.empty()) path = file->path;
    auto text = read_file(path, kMaxConfig);
    if (!text && text.error().code != "file/not-found") return fail(std::move(text).error());
    const auto content = text ? *text : std::string();
    PYC_TRY_ASSIGN(auto config, DockerConfig::parse(content, file->origin));
    auto json =
        trim(content).empty() ? OrderedJson::object() : OrderedJson::parse(content, nullptr, false);
    return OpenConfig{std::move(path), file->origin, std::move(config), std::move(json)};
}

Result<void> write_config(const OpenConfig& open) {
    const auto directory = open.path.parent_path();
    std::error_code ignored;
    const bool is_new = !std::filesystem::exists(directory, ignored);
    PYC_TRY_ASSIGN(auto file, AtomicFile::create(open.path));
    if (is_new) ::chmod(directory.c_str(), 0700);
    if (::fchmod(file.descriptor().value(), 0600) != 0)
        return file_error("write", open.path, errno);
    PYC_TRY(file.write(open.json.dump(1, '\t') + "\n"));
    return file.commit(Durability::Synced);
}

bool is_for(std::string_view key, const std::string& registry) {
    for (const std::string_view scheme : {"https://", "http://"})
        if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
    const auto slash = key.find('/');
    const auto path = slash == std::string_view::npos ? std::string_view() : key.substr(slash);
    return canonical_registry(key.substr(0, slash)) == canonical_registry(registry) &&
           (path.empty() || path == "/" || path.starts_with("/v1") || path.starts_with("/v2"));
}

/// Takes the registry out of `auths`. True: it was there, with something in it.
bool erase_entry(OrderedJson& json, const std::string& registry, bool& changed) {
    bool had_content = false;
    const auto auths = json.find("auths");
    if (auths == json.end() || !auths->is_object()) return false;
    for (auto entry = auths->begin(); entry != auths->end();) {
        if (!is_for(entry.key(), registry)) {
            ++entry;
            continue;
        }
        had_content = had_content || !entry->empty();
        changed = true;
        entry = auths->erase(entry);
    }
    return had_content;
}

std::optional<std::string> helper_of(const DockerConfig& config, const std::string& registry) {
    if (auto helper = config.helper(registry, "")) return helper;
    return config.store();
}

}  // namespace

Result<StoredLogin> store_login(const exec::Context& ctx, const std::string& registry,
                                const Credential& credential) {
    PYC_TRY_ASSIGN(auto open, open_config(ctx.environment()));
    bool changed = false;
    erase_entry(open.json, registry, changed);
    auto& auths = open.json["auths"];
    if (!auths.is_object()) auths = OrderedJson::object();
    auto& entry = auths[helper_server(registry)];
    entry = OrderedJson::object();  // docker leaves an empty one beside a helper's
    if (const auto helper = helper_of(open.config, registry)) {
        PYC_TRY(store_in_helper(ctx, *helper, registry, credential));
        PYC_TRY(write_config(open));
        return StoredLogin{"docker-credential-" + *helper, false};
    }
    entry["auth"] = to_base64(credential.username + ":" + credential.password);
    if (!credential.identity_token.empty()) entry["identitytoken"] = credential.identity_token;
    PYC_TRY(write_config(open));
    return StoredLogin{open.path.string(), true};
}

Result<std::vector<std::string>> erase_login(const exec::Context& ctx,
                                             const std::string& registry) {
    PYC_TRY_ASSIGN(auto open, open_config(ctx.environment()));
    std::vector<std::string> places;
    if (const auto helper = helper_of(open.config, registry)) {
        PYC_TRY_ASSIGN(const auto held, ask_helper(ctx, *helper, registry));
        if (held) {
            PYC_TRY(erase_from_helper(ctx, *helper, registry));
            places.push_back("docker-credential-" + *helper);
        }
    }
    bool changed = false;
    if (erase_entry(open.json, registry, changed)) places.push_back(open.path.string());
    if (changed) PYC_TRY(write_config(open));
    return places;
}

}  // namespace pycontainer::credentials
