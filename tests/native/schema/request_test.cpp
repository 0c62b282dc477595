#include "schema/request.hpp"

#include "schema/schemas.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::schema {
namespace {

TEST(Request, PassesWhenItFitsTheSchema) {
    EXPECT_OK(check_request(build_request(), {{"context", "."}}));
    EXPECT_OK(check_request(
        build_request(),
        {{"context", "."}, {"env", {{"A", "b"}}}, {"ports", {80, "81/udp"}}, {"dry_run", true}}));
    EXPECT_OK(check_request(push_request(), {{"context", "."}, {"references", {"ghcr.io/a/b:1"}}}));
}

TEST(Request, SaysWhatIsWrongAndWhere) {
    EXPECT_ERROR(check_request(build_request(), Json::array()), "request/invalid",
                 "must be a JSON object");
    EXPECT_ERROR(check_request(build_request(), Json::object()), "request/invalid",
                 "`context` is missing");
    EXPECT_ERROR(check_request(build_request(), {{"context", "."}, {"tag", "a"}}),
                 "request/invalid", "at `/tag`", "did you mean `tags`?");
    EXPECT_ERROR(check_request(build_request(), {{"context", "."}, {"tags", {1}}}),
                 "request/invalid", "at `/tags/0`", "must be a string, not an integer");
    EXPECT_ERROR(check_request(build_request(), {{"context", 1}, {"push", "yes"}}),
                 "request/invalid", "(and 1 more)");
    EXPECT_ERROR(check_request(push_request(), {{"context", "."}, {"tags", {"a"}}}),
                 "request/invalid", "unknown key `tags`");
}

}  // namespace
}  // namespace pycontainer::schema
