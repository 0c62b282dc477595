#include "resolve/uv_lock.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

const packaging::TargetEnvironment kTarget{
    .python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"};

/// A package of the registry with these dependencies, each an inline table.
std::string package(const std::string& name, const std::string& dependencies = "",
                    const std::string& version = "1.0", const std::string& rest = "") {
    return "[[package]]\nname = \"" + name + "\"\nversion = \"" + version +
           "\"\nsource = { registry = \"https://index.example/simple\" }\ndependencies = [" +
           dependencies + "]\n" + rest;
}

std::string app(const std::string& rest) {
    return "[[package]]\nname = \"app\"\nversion = \"0\"\nsource = { virtual = \".\" }\n" + rest;
}

/// `name version` of what is selected, or the error's code.
std::string select(const std::string& text, const UvSelection& selection = {},
                   const packaging::TargetEnvironment& target = kTarget) {
    const auto lock = read_uv_lock("version = 1\n" + text, "uv.lock");
    if (!lock) return lock.error().code;
    const auto packages = select_packages(*lock, selection, target);
    if (!packages) return packages.error().code;
    std::string result;
    for (const auto* each : *packages)
        result += (result.empty() ? "" : ", ") + each->name +
                  (each->version == "1.0" ? "" : " " + each->version);
    return result;
}

TEST(SelectPackages, FollowsEdgesWhoseMarkersHold) {
    const auto lock = app("dependencies = [{ name = \"a\" }, { name = \"w\", marker = "
                          "\"sys_platform == 'win32'\" }]\n") +
                      package("a",
                              "{ name = \"b\", marker = \"python_full_version >= '3.12'\" }, { "
                              "name = \"c\", marker = \"python_full_version < '3.12'\" }") +
                      package("b", "{ name = \"a\" }") + package("c") + package("w");
    EXPECT_EQ(select(lock), "a, b");
}

TEST(SelectPackages, FollowsExtrasOfEdges) {
    const auto lock =
        app("dependencies = [{ name = \"a\", extra = [\"fast\"] }, { name = \"a\" }]\n") +
        package("a", "", "1.0",
                "[package.optional-dependencies]\nfast = [{ name = \"b\" }]\nslow = [{ name = "
                "\"c\" }]\n") +
        package("b") + package("c");
    EXPECT_EQ(select(lock), "a, b");
}

TEST(SelectPackages, TakesOnlyTheGroupsAndExtrasThatAreAskedFor) {
    const auto lock =
        app("dependencies = [{ name = \"a\" }]\n[package.optional-dependencies]\ncli = [{ name = "
            "\"b\" }]\nall = [{ name = \"app\", extra = [\"cli\"] }]\n"
            "[package.dev-dependencies]\ndev = [{ name = \"c\" }]\ntest-unit = [{ name = \"d\" }]\n"
            "[package.metadata]\nprovides-extras = [\"cli\", "
            "\"empty\"]\n[package.metadata.requires-dev]\nnothing = []\n") +
        package("a") + package("b") + package("c") + package("d");
    EXPECT_EQ(select(lock), "a");
    EXPECT_EQ(select(lock, {.extras = {"CLI"}}), "a, b");
    EXPECT_EQ(select(lock, {.extras = {"all", "empty"}}), "a, b");
    EXPECT_EQ(select(lock, {.groups = {"Test_Unit", "nothing"}}), "a, d");
    EXPECT_EQ(select(lock, {.production = false, .groups = {"dev"}}), "c");
    EXPECT_EQ(select(lock, {.all_extras = true, .all_groups = true}), "a, b, c, d");
    EXPECT_EQ(select(lock, {.extras = {"clo"}}), "resolve/unknown-extra");
    EXPECT_EQ(select(lock, {.groups = {"doc"}}), "resolve/unknown-group");
}

TEST(SelectPackages, ChoosesAmongVersionsOfOneName) {
    const auto lock =
        app("dependencies = [{ name = \"a\", version = \"2\", source = { registry = "
            "\"https://index.example/simple\" }, marker = \"python_full_version >= '3.12'\" },"
            "{ name = \"a\", version = \"1.0\", source = { registry = "
            "\"https://index.example/simple\" }, marker = \"python_full_version < '3.12'\" }, { "
            "name = \"b\" }]\n") +
        package("a", "", "1.0", "resolution-markers = [\"python_full_version < '3.12'\"]\n") +
        package("a", "", "2", "resolution-markers = [\"python_full_version >= '3.12'\"]\n") +
        package("b", "{ name = \"a\" }");
    EXPECT_EQ(select(lock), "a 2, b");
    EXPECT_EQ(select(lock, {}, {.python_version = "3.11.1", .machine = "x86_64"}), "a, b");
}

TEST(SelectPackages, EvaluatesConflictMarkers) {
    const std::string lock =
        "conflicts = [[{ package = \"app\", extra = \"cpu\" }, { package = \"app\", extra = "
        "\"gpu\" }]]\n" +
        app("dependencies = [{ name = \"t\", version = \"1.0\", marker = \"extra == "
            "'extra-3-app-cpu'\" },"
            "{ name = \"t\", version = \"2\", marker = \"extra == 'extra-3-app-gpu' or (extra != "
            "'extra-3-app-cpu' and extra != 'extra-3-app-gpu')\" }]\n"
            "[package.optional-dependencies]\ncpu = [{ name = \"t\", version = \"1.0\" }]\ngpu = "
            "[{ name = \"t\", version = \"2\" }]\n") +
        package("t") + package("t", "", "2");
    EXPECT_EQ(select(lock, {.extras = {"cpu"}}), "t");
    EXPECT_EQ(select(lock, {.extras = {"gpu"}}), "t 2");
    EXPECT_EQ(select(lock), "t 2");
    EXPECT_EQ(select(lock, {.extras = {"cpu", "gpu"}}), "resolve/conflicting-extras");
}

TEST(SelectPackages, NoticesExtrasThatEdgesSwitchOn) {
    const std::string lock =
        "conflicts = [[{ package = \"a\", extra = \"x\" }, { package = \"a\", extra = \"y\" }]]\n" +
        app("dependencies = [{ name = \"a\", extra = [\"x\"] }]\n") +
        package("a",
                "{ name = \"b\", marker = \"extra == 'extra-1-a-x'\" }, { name = \"c\", marker = "
                "\"extra == 'extra-1-a-y'\" }") +
        package("b") + package("c");
    EXPECT_EQ(select(lock), "a, b");
}

TEST(SelectPackages, FindsTheProjectOfAWorkspace) {
    const std::string lock =
        "[manifest]\nmembers = [\"api\", \"lib\", \"root\"]\n"
        "[[package]]\nname = \"api\"\nversion = \"1.0\"\nsource = { editable = \"services/api\" "
        "}\ndependencies = [{ name = \"lib\" }, { name = \"a\" }]\n"
        "[[package]]\nname = \"lib\"\nversion = \"1.0\"\nsource = { editable = \"lib\" "
        "}\ndependencies = [{ name = \"b\" }]\n"
        "[[package]]\nname = \"root\"\nversion = \"1.0\"\nsource = { virtual = \".\" "
        "}\ndependencies = [{ name = \"c\" }]\n" +
        package("a") + package("b") + package("c");
    EXPECT_EQ(select(lock), "c");
    EXPECT_EQ(select(lock, {.root = "services/api"}), "api, lib, a, b");
    EXPECT_EQ(select(lock, {.all_members = true}), "api, lib, a, b, c");
    EXPECT_EQ(select(lock, {.root = "elsewhere"}), "resolve/no-root");
}

TEST(SelectPackages, LetsAMemberUseTheGroupsOfTheWorkspace) {
    const std::string lock =
        "[manifest]\nmembers = [\"lib\", \"root\"]\n"
        "[[package]]\nname = \"lib\"\nversion = \"1.0\"\nsource = { editable = \"lib\" }\n"
        "[package.dev-dependencies]\ndocs = [{ name = \"a\" }]\n"
        "[[package]]\nname = \"root\"\nversion = \"1.0\"\nsource = { virtual = \".\" }\n"
        "[package.dev-dependencies]\ndocs = [{ name = \"b\" }]\ntest = [{ name = \"c\" }]\n" +
        package("a") + package("b") + package("c");
    EXPECT_EQ(select(lock, {.root = "lib"}), "lib");
    EXPECT_EQ(select(lock, {.root = "lib", .groups = {"test"}}), "lib, c");
    EXPECT_EQ(select(lock, {.root = "lib", .groups = {"docs"}}), "lib, a") << "its own";
    EXPECT_EQ(select(lock, {.groups = {"docs"}}), "b");
    EXPECT_EQ(select(lock, {.root = "lib", .groups = {"gone"}}), "resolve/unknown-group");
}

TEST(SelectPackages, TakesWhatARootWithoutProjectAsksFor) {
    const std::string lock =
        "[manifest]\nrequirements = [{ name = \"a\", specifier = \">=1\" }, { name = \"w\", marker "
        "= \"sys_platform == 'win32'\" }]\n"
        "[manifest.dependency-groups]\ndev = [{ name = \"b\" }]\n" +
        package("a") + package("b") + package("w");
    EXPECT_EQ(select(lock), "a");
    EXPECT_EQ(select(lock, {.groups = {"dev"}}), "a, b");
}

TEST(SelectPackages, RefusesOtherTargets) {
    const auto lock = read_uv_lock("version = 1\nrequires-python = \">=3.13\"\n", "uv.lock");
    EXPECT_ERROR(select_packages(*lock, {}, kTarget), "resolve/python-mismatch", ">=3.13",
                 "3.12.7");
    EXPECT_EQ(select_packages(*lock, {}, kTarget).error().diagnostics.at(0).range.start.line, 1U);
    EXPECT_EQ(select("requires-python = \">=3.12\"\n", {},
                     {.python_version = "3.12.0rc1", .machine = "x86_64"}),
              "");
    EXPECT_EQ(select("requires-python = \"much\"\n"), "resolve/invalid-lock");
    EXPECT_EQ(select("supported-markers = [\"sys_platform == 'darwin'\"]\n"),
              "resolve/unsupported-environment");
    EXPECT_EQ(
        select("supported-markers = [\"sys_platform == 'darwin'\", \"sys_platform == 'linux'\"]\n"),
        "");
}

TEST(SelectPackages, SaysWhereTheGraphIsBroken) {
    EXPECT_EQ(select(app("dependencies = [{ name = \"ghost\" }]\n")), "resolve/invalid-lock");
    EXPECT_EQ(select(app("dependencies = [{ name = \"a\", version = \"9\" }]\n") + package("a")),
              "resolve/invalid-lock");
    EXPECT_EQ(
        select(app("dependencies = [{ name = \"a\", marker = \"nonsense\" }]\n") + package("a")),
        "resolve/invalid-lock");
    EXPECT_EQ(select(package("a")), "resolve/no-root");
}

}  // namespace
}  // namespace pycontainer::resolve
