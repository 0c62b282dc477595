#include "project/exclusions.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>

namespace pycontainer::project {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 6> kVersionControl{".git", ".hg", ".svn",
                                                          ".bzr", ".jj", "_darcs"};

constexpr std::array<std::string_view, 4> kEnvironments{".venv", "venv", "site-packages",
                                                        "__pypackages__"};

constexpr std::array<std::string_view, 12> kCaches{
    "__pycache__", ".mypy_cache", ".pytest_cache",      ".ruff_cache", ".tox",       ".nox",
    ".hypothesis", ".pytype",     ".ipynb_checkpoints", ".pyre",       ".pdm-build", ".benchmarks"};

constexpr std::array<std::string_view, 5> kSecretDirectories{".aws", ".ssh", ".azure", ".gnupg",
                                                             ".kube"};

constexpr std::array<std::string_view, 27> kSecretFiles{".netrc",
                                                        ".vault_pass",
                                                        ".terraformrc",
                                                        "terraform.tfstate",
                                                        "terraform.tfstate.backup",
                                                        "secrets.toml",
                                                        "_netrc",
                                                        ".pypirc",
                                                        ".npmrc",
                                                        ".git-credentials",
                                                        ".pgpass",
                                                        ".my.cnf",
                                                        ".dockercfg",
                                                        ".htpasswd",
                                                        ".vault-token",
                                                        ".boto",
                                                        ".s3cfg",
                                                        "kubeconfig",
                                                        "secrets.json",
                                                        "secrets.yaml",
                                                        "secrets.yml",
                                                        ".secrets.toml",
                                                        ".secrets.yaml",
                                                        "credentials.json",
                                                        "credentials.csv",
                                                        "credentials.yaml",
                                                        "application_default_credentials.json"};

constexpr std::array<std::string_view, 7> kSecretExtensions{".key", ".p12",      ".pfx", ".env",
                                                            ".jks", ".keystore", ".kdbx"};

constexpr std::array<std::string_view, 5> kServiceAccounts{
    "service-account", "service_account", "serviceaccount", "client_secret", "client-secret"};

/// `id_rsa`, `id_ed25519.pub`, `id_rsa_backup`, but not the module `id_rsa_tools.py`.
bool is_ssh_key(std::string_view name) {
    static constexpr std::array<std::string_view, 4> kKinds{"id_rsa", "id_dsa", "id_ecdsa",
                                                            "id_ed25519"};
    return !name.ends_with(".py") && std::any_of(kKinds.begin(), kKinds.end(), [name](auto kind) {
        return name.starts_with(kind);
    });
}

bool is_service_account(std::string_view name) {
    return name.ends_with(".json") &&
           std::any_of(kServiceAccounts.begin(), kServiceAccounts.end(),
                       [name](auto start) { return name.starts_with(start); });
}

Exclusion secret_by_name(std::string_view parent, std::string_view name, EntryKind kind) {
    // The whole family: `.env`, `.env.local`, `.envrc` and also `.env.example`, which is of no use
    // in an image.
    if (name.starts_with(".env")) return Exclusion::Secret;
    if (kind == EntryKind::Directory)
        return is_one_of(name, kSecretDirectories) ? Exclusion::Secret : Exclusion::None;
    if (is_one_of(name, kSecretFiles) || is_ssh_key(name) || is_service_account(name))
        return Exclusion::Secret;
    if (std::any_of(kSecretExtensions.begin(), kSecretExtensions.end(),
                    [name](auto end) { return name.ends_with(end); }))
        return Exclusion::Secret;
    if (name.ends_with(".ppk")) return Exclusion::Secret;
    const auto directory = parent.substr(parent.rfind('/') + 1);  // npos + 1 is 0
    if (name == "config.json" && directory == ".docker") return Exclusion::Secret;
    const bool looked_into = name.ends_with(".pem") || name.ends_with(".asc") ||
                             name == "pip.conf" || name == "uv.toml" || name == ".condarc";
    return looked_into ? Exclusion::SecretIfContent : Exclusion::None;
}

}  // namespace

std::string_view to_string(Exclusion exclusion) {
    switch (exclusion) {
        case Exclusion::None: return "";
        case Exclusion::VersionControl: return "version control";
        case Exclusion::VirtualEnvironment: return "virtual environment";
        case Exclusion::Cache: return "cache";
        case Exclusion::BuildOutput: return "build output";
        case Exclusion::Secret:
        case Exclusion::SecretIfContent: return "secret";
    }
    return "";
}

Exclusion exclusion_of(std::string_view parent, std::string_view name, EntryKind kind) {
    const bool directory = kind == EntryKind::Directory;
    // A worktree's or a submodule's `.git` is a file, a shared environment's `.venv` a link.
    if (is_one_of(name, kVersionControl)) return Exclusion::VersionControl;
    if (is_one_of(name, kEnvironments) && (directory || name == ".venv"))
        return Exclusion::VirtualEnvironment;
    if (name == "pyvenv.cfg") return Exclusion::VirtualEnvironment;
    if (directory && is_one_of(name, kCaches)) return Exclusion::Cache;
    if (!directory &&
        (name == ".coverage" || name.starts_with(".coverage.") || name == ".dmypy.json"))
        return Exclusion::Cache;
    if (directory && parent.empty() && (name == "dist" || name == "build"))
        return Exclusion::BuildOutput;
    // Left by development installs; in the image it would pass for the metadata of an installed
    // distribution.
    if (directory && (name == ".eggs" || name.ends_with(".egg-info")))
        return Exclusion::BuildOutput;
    const auto lower = to_lower(name);
    return secret_by_name(parent, lower, kind);
}

bool holds_secret(std::string_view name, std::string_view text) {
    if (text.find("PRIVATE KEY") != std::string_view::npos) return true;
    if (name.ends_with(".pem") || name.ends_with(".asc")) return false;
    // A URL with user information, or a key that holds a password.
    for (auto at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
        const auto authority =
            text.substr(at + 3, text.find_first_of("/ \t\r\n\"'", at + 3) - (at + 3));
        if (authority.find('@') != std::string_view::npos) return true;
    }
    const auto lower = to_lower(text);
    return lower.find("password") != std::string::npos || lower.find("token") != std::string::npos;
}

}  // namespace pycontainer::project
