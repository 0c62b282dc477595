#include "project/exclusions.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

void check(std::string_view path, Exclusion expected) {
    SCOPED_TRACE(path);
    const auto kind = path.ends_with('/') ? EntryKind::Directory : EntryKind::Other;
    if (kind == EntryKind::Directory) path.remove_suffix(1);
    const auto slash = path.rfind('/');
    const auto parent =
        slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
    EXPECT_EQ(exclusion_of(parent, path.substr(slash + 1), kind), expected);
}

TEST(Exclusions, KeepsVersionControlAndEnvironmentsOut) {
    for (const auto* path : {".git/", ".git", "sub/.git", ".hg/", "a/.svn/"})
        check(path, Exclusion::VersionControl);
    for (const auto* path :
         {".venv/", "venv/", "a/venv/", ".venv", "lib/site-packages/", "pyvenv.cfg"})
        check(path, Exclusion::VirtualEnvironment);
    for (const auto* path : {".gitignore", ".github/", "venv", "venv.py", "environment/"})
        check(path, Exclusion::None);
}

TEST(Exclusions, KeepsCachesAndBuildOutputOut) {
    for (const auto* path : {"__pycache__/", "a/__pycache__/", ".mypy_cache/", ".pytest_cache/",
                             ".ruff_cache/", ".tox/", ".nox/", ".coverage", ".coverage.host.1"})
        check(path, Exclusion::Cache);
    for (const auto* path : {"dist/", "build/", "src/app.egg-info/", ".eggs/"})
        check(path, Exclusion::BuildOutput);
    for (const auto* path :
         {"build", "dist", "app/build/", "static/dist/", ".coveragerc", "node_modules/"})
        check(path, Exclusion::None);
}

TEST(Exclusions, KeepsSecretsOut) {
    for (const auto* path : {".env",
                             ".env.production",
                             ".env.example",
                             ".envrc",
                             "deploy/.env",
                             "id_rsa",
                             "keys/id_ed25519.pub",
                             "ID_RSA",
                             "server.key",
                             "cert.P12",
                             ".netrc",
                             ".pypirc",
                             ".npmrc",
                             "credentials.json",
                             "service-account-prod.json",
                             "client_secret_1.json",
                             ".aws/",
                             ".ssh/",
                             ".kube/",
                             ".streamlit/secrets.toml",
                             ".docker/config.json",
                             "a/.secrets.toml"})
        check(path, Exclusion::Secret);
    for (const auto* path :
         {"env.py", "environment.yml", "id_rsa_tools.py", "key.py", "keys/", "service-account.md",
          "secrets.py", "config.json", ".streamlit/config.toml", ".docker/"})
        check(path, Exclusion::None);
    for (const auto* path : {"tls/server.pem", "pip.conf"}) check(path, Exclusion::SecretIfContent);
}

TEST(Exclusions, LooksIntoWhatMayHoldASecret) {
    EXPECT_TRUE(holds_secret("a.pem", "-----BEGIN EC PRIVATE KEY-----\n"));
    EXPECT_TRUE(
        holds_secret("a.pem", "-----BEGIN CERTIFICATE-----\n…\n-----BEGIN PRIVATE KEY-----\n"));
    EXPECT_FALSE(holds_secret("ca.pem", "-----BEGIN CERTIFICATE-----\n"));
    EXPECT_TRUE(
        holds_secret("pip.conf", "[global]\nindex-url = https://user:pw@index.example/simple\n"));
    EXPECT_FALSE(holds_secret("pip.conf", "[global]\nindex-url = https://index.example/simple\n"));
    EXPECT_TRUE(holds_secret("uv.toml", "[[index]]\npassword = \"x\"\n"));
}

}  // namespace
}  // namespace pycontainer::project
