#include "credentials/base64.hpp"

#include <gtest/gtest.h>

namespace pycontainer::credentials {
namespace {

TEST(Base64, FollowsRfc4648Section10) {
    const std::pair<std::string_view, std::string_view> rows[] = {{"", ""},
                                                                  {"f", "Zg=="},
                                                                  {"fo", "Zm8="},
                                                                  {"foo", "Zm9v"},
                                                                  {"foob", "Zm9vYg=="},
                                                                  {"fooba", "Zm9vYmE="},
                                                                  {"foobar", "Zm9vYmFy"}};
    for (const auto& [text, encoded] : rows) {
        EXPECT_EQ(to_base64(text), encoded);
        EXPECT_EQ(from_base64(encoded), text);
    }
    EXPECT_EQ(to_base64("\xFF\xFE\xFB"), "//77");
    EXPECT_EQ(from_base64("//77"), "\xFF\xFE\xFB");
}

TEST(Base64, ToleratesMissingPaddingOnly) {
    EXPECT_EQ(from_base64("Zg"), "f");
    for (const auto* text : {"Z", "Zm9vY", "Zm 9v", "Zm9v\n", "Zm9_", "Z=m9"})
        EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace pycontainer::credentials
