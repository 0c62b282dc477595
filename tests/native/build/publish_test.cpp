#include "build/publish.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::build {
namespace {

void check(const std::vector<std::string>& tags, const std::optional<std::string>& registry,
           const std::vector<std::string>& expected) {
    const auto targets = push_targets(tags, registry);
    ASSERT_OK(targets);
    std::vector<std::string> names;
    for (const auto& target : *targets) names.push_back(target.to_full_string());
    EXPECT_EQ(names, expected);
}

TEST(PushTargets, TakeTheRegistryFromTagOrSettings) {
    check({"ghcr.io/acme/api:1"}, std::nullopt, {"ghcr.io/acme/api:1"});
    check({"myapp:v1"}, "ghcr.io/acme/myapp", {"ghcr.io/acme/myapp:v1"});
    check({"ghcr.io/acme/api:1", "myapp:2"}, "quay.io/acme/api",
          {"ghcr.io/acme/api:1", "quay.io/acme/api:2"});
    check({"docker.io/acme/api:1"}, std::nullopt, {"docker.io/acme/api:1"});
}

TEST(PushTargets, NeverPushToDockerHubByAccident) {
    EXPECT_ERROR(push_targets({"myapp:v1"}, std::nullopt), "usage/no-registry", "`myapp:v1`",
                 "ghcr.io/acme/myapp:v1");
    for (const auto* const place : {"ghcr.io", "localhost:5000", "acme", "ghcr.io/acme/api:1"})
        EXPECT_ERROR(push_targets({"myapp:v1"}, place), "usage/no-registry", place,
                     "ghcr.io/acme/api");
}

}  // namespace
}  // namespace pycontainer::build
