#include "intellisense/image_tags.hpp"

#include "base/strings.hpp"

#include <gtest/gtest.h>

namespace pycontainer::intellisense {
namespace {

constexpr const char* kPython = "docker.io/library/python";

std::string sorted(const std::string& repository, const std::string& tags) {
    std::vector<std::string> list;
    for (const auto tag : split(tags, ' ')) list.emplace_back(tag);
    return join(sorted_tags(repository, list), " ");
}

std::string newer(const std::string& tag, const std::string& tags,
                  const std::string& repository = kPython) {
    std::vector<std::string> list;
    for (const auto one : split(tags, ' ')) list.emplace_back(one);
    return newer_tag(repository, tag, list, [](unsigned minor) { return minor < 14; }).value_or("");
}

std::string promised(const std::string& reference) {
    const auto found = promised_python(reference);
    return found ? found->minor + " " + found->exact.value_or("") : "none";
}

TEST(ImageTags, SortPythonBySupportThenVersionThenVariant) {
    EXPECT_EQ(sorted(kPython, "3.12-slim 3.13-alpine 3.13 3.13-slim"),
              "3.13-slim 3.13 3.13-alpine 3.12-slim");
    EXPECT_EQ(sorted(kPython, "3.13.10-slim 3.13.9-slim 3.13-slim"),
              "3.13-slim 3.13.10-slim 3.13.9-slim");
    EXPECT_EQ(sorted(kPython, "2.7 3.6 3.99 3 latest 3.12 windowsservercore 3.16.0a1"),
              "3.12 latest 3 3.99 3.16.0a1 3.6 2.7 windowsservercore");
    EXPECT_EQ(sorted(kPython, "3.12-slim-bullseye 3.12-slim-trixie 3.12-bookworm 3.12-alpine3.20"),
              "3.12-slim-trixie 3.12-slim-bullseye 3.12-bookworm 3.12-alpine3.20");
}

TEST(ImageTags, SortOthersByVersion) {
    EXPECT_EQ(sorted("ghcr.io/acme/base", "1.9 v1 1.10 latest 1.10.1 edge"),
              "v1 1.10 1.10.1 1.9 latest edge");
    EXPECT_EQ(sorted("ghcr.io/astral-sh/uv", "python3.12-bookworm python3.13-bookworm 0.9.2"),
              "python3.13-bookworm python3.12-bookworm 0.9.2");
}

TEST(ImageTags, LeaveOutSignaturesAndDoubles) {
    const std::string signature = "sha256-" + std::string(64, 'a') + ".sig";
    EXPECT_EQ(sorted("ghcr.io/acme/base", "1 " + signature + " 1"), "1");
}

TEST(ImageTags, NewerIsOfTheSameKind) {
    EXPECT_EQ(newer("3.11-slim", "3.12-slim 3.13-slim 3.13 3.13.1-slim 3.14-slim 3.13-alpine"),
              "3.13-slim");
    EXPECT_EQ(newer("3.11.2-slim", "3.11.10-slim 3.11.9-slim 3.11-slim"), "3.11.10-slim");
    EXPECT_EQ(newer("3.13.0rc1", "3.13.0 3.12.1"), "3.13.0");
    EXPECT_EQ(newer("3.12", "3.13.0rc1 3.13.0a2 3.12"), "");
    EXPECT_EQ(newer("v1.2", "v1.10 1.11 v2.0.0", "ghcr.io/acme/base"), "v1.10");
    for (const auto* none : {"latest", "slim", ""})
        EXPECT_EQ(newer(none, "3.13 3.12 4"), "") << none;
}

TEST(ImageTags, PromiseAPythonWhereTheyNameIt) {
    EXPECT_EQ(promised("python:3.11-slim"), "3.11 ");
    EXPECT_EQ(promised("python:3.11.4"), "3.11 3.11.4");
    EXPECT_EQ(promised("ghcr.io/astral-sh/uv:0.9.2-python3.12-bookworm"), "3.12 ");
    EXPECT_EQ(promised("ghcr.io/acme/python:3.9"), "3.9 ");
    for (const auto* none : {"python", "python:3", "python:latest", "node:3.11", "ghcr.io/a/b:3.1",
                             "python:3.99999999999999999999", "python:2.7", ""})
        EXPECT_EQ(promised(none), "none") << none;
}

}  // namespace
}  // namespace pycontainer::intellisense
