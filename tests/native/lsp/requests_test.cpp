#include "lsp/requests.hpp"

#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::lsp {
namespace {

Result<CustomRequest> read(const std::string& method, const Json& params) {
    static const service::Service service;
    auto request = read_custom_request(service, method, params);
    if (!request) return fail("test/unknown", "`{}` is none of ours", method);
    return std::move(*request);
}

TEST(CustomRequest, TakesTheTokensOfLspAway) {
    for (const auto* method : {"pycontainer/build", "pycontainer/plan", "pycontainer/push",
                               "pycontainer/image", "pycontainer/cacheInfo"})
        EXPECT_OK(read(method, {{"context", "/p"}, {"workDoneToken", 7}})) << method;
    EXPECT_ERROR(read("pycontainer/dance", {}), "test/unknown");
}

TEST(CustomRequest, RefusesWhatItCannotRead) {
    for (const auto* method :
         {"pycontainer/build", "pycontainer/plan", "pycontainer/push", "pycontainer/image"})
        for (const auto& params : {Json(), Json::array(), Json{{"context", 7}}})
            EXPECT_ERROR(read(method, params), "request/invalid", "context") << method << params;
    EXPECT_ERROR(read("pycontainer/cacheInfo", {{"cache_dir", 7}}), "request/invalid", "cache_dir");
}

TEST(CustomRequest, NeverShowsACredential) {
    for (const auto& wrong :
         {Json("hunter2"), Json::array({{{"password", Json::array({"hunter2"})}}}),
          Json::array({{{"registry", "ghcr.io"},
                        {"username", "me"},
                        {"password", "hunter2"},
                        {"token", "hunter2"}}})}) {
        const auto request = read("pycontainer/push", {{"context", "/p"}, {"credentials", wrong}});
        ASSERT_FALSE(request);
        const auto& error = request.error();
        EXPECT_EQ((error.message + error.hint).find("hunter2"), std::string::npos) << error.message;
    }
}

TEST(CustomRequest, NamesNoRegistryWhereNobodyIsLoggedIn) {
    testing::TestContext test;
    const auto request = read("pycontainer/registries", {});
    ASSERT_OK(request);
    const auto answer = request->work(test.ctx);
    ASSERT_OK(answer);
    EXPECT_EQ((*answer)["registries"], Json::array());
}

TEST(CustomRequest, LooksForTheImageInTheProject) {
    testing::TestContext test;
    const auto request = read("pycontainer/image", {{"context", "/nowhere/api"}});
    ASSERT_OK(request);
    EXPECT_ERROR(request->work(test.ctx), "layout/not-found", "/nowhere/api/dist/image");
}

}  // namespace
}  // namespace pycontainer::lsp
