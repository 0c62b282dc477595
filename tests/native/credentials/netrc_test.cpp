#include "credentials/netrc.hpp"

#include <gtest/gtest.h>

namespace pycontainer::credentials {
namespace {

std::string found(std::string_view text, std::string_view host = "quay.io") {
    const auto login = find_in_netrc(text, host);
    return login ? login->username + "/" + login->password : "nobody";
}

TEST(Netrc, FindsTheMachine) {
    EXPECT_EQ(found("machine quay.io login me password secret"), "me/secret");
    EXPECT_EQ(
        found("machine other login a password b\nmachine QUAY.io\n  login me\n\tpassword s\n"),
        "me/s");
    EXPECT_EQ(found("machine quay.io password s user me account x"), "me/s");
    EXPECT_EQ(found("machine quay.io login a password 1\nmachine quay.io login b password 2"),
              "a/1");
}

TEST(Netrc, KnowsPorts) {
    const std::string text =
        "machine reg:5000 login five password x machine reg login any password y";
    EXPECT_EQ(found(text, "reg:5000"), "five/x");
    EXPECT_EQ(found(text, "reg:5001"), "any/y");
    EXPECT_EQ(found("machine reg:5000 login a password b", "reg"), "nobody");
}

TEST(Netrc, ReadsQuotesCommentsAndMacros) {
    EXPECT_EQ(found("# machine quay.io login no password no\nmachine quay.io login me password \"a "
                    "b\\\"c\""),
              "me/a b\"c");
    EXPECT_EQ(found("machine quay.io login me password #1 # a comment"), "me/#1");
    EXPECT_EQ(found("macdef init\nmachine quay.io login no password no\n\nmachine quay.io login me "
                    "password s"),
              "me/s");
}

TEST(Netrc, GivesTheDefaultToNobody) {
    EXPECT_EQ(found("default login me password secret"), "nobody");
    EXPECT_EQ(found("machine quay.io login me password s default login x password y"), "me/s");
}

TEST(Netrc, EndsAtWhatItDoesNotUnderstand) {
    for (const auto* text : {"", "machine", "machine quay.io", "machine quay.io login me",
                             "machine quay.io login", "machine quay.io password s", "{\"json\": 1}",
                             "machine quay.io login me password \"open"})
        EXPECT_EQ(found(text), "nobody") << text;
}

}  // namespace
}  // namespace pycontainer::credentials
