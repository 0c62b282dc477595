#include "base/digest.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer {
namespace {

// FIPS 180-4, examples.
constexpr std::string_view kOfEmpty =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kOfAbc =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Digest, IsThatOfTheStandard) {
    EXPECT_EQ(Digest::of("").to_string(), kOfEmpty);
    EXPECT_EQ(Digest::of("abc").to_string(), kOfAbc);
}

TEST(Digest, IsTheSameInPieces) {
    Sha256 hasher;
    hasher.update("a");
    hasher.update("");
    hasher.update("bc");
    EXPECT_EQ(hasher.finish().to_string(), kOfAbc);
    EXPECT_EQ(hasher.finish().to_string(), kOfEmpty);  // starts anew
}

TEST(Digest, ReadsWhatItWrites) {
    const auto digest = Digest::parse(kOfAbc);
    ASSERT_OK(digest);
    EXPECT_EQ(*digest, Digest::of("abc"));
    EXPECT_EQ(digest->to_string(), kOfAbc);
    EXPECT_FALSE(digest->empty());
    EXPECT_TRUE(Digest().empty());
}

TEST(Digest, RefusesEverythingElse) {
    for (const std::string text :
         {"", "sha256:", "sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e",
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"})
        EXPECT_ERROR(Digest::parse(text), "digest/invalid");
    auto upper = std::string(kOfAbc);
    upper[8] = 'A';
    EXPECT_ERROR(Digest::parse(upper), "digest/invalid", "lower-case");
}

TEST(Digest, TakesHexOfEitherCaseFromLocks) {
    const auto digest =
        Digest::from_hex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
    ASSERT_OK(digest);
    EXPECT_EQ(*digest, Digest::of("abc"));
}

TEST(Sha512, IsThatOfTheStandard) {
    // FIPS 180-4, the examples for "abc".
    const auto check = [](Sha512::Length length, const std::string& expected) {
        Sha512 hasher(length);
        hasher.update(as_bytes("a"));
        hasher.update(as_bytes("bc"));
        EXPECT_EQ(to_hex(hasher.finish()), expected);
    };
    check(Sha512::Length::Bits384,
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
          "8086072ba1e7cc2358baeca134c825a7");
    check(Sha512::Length::Bits512,
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
          "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Base64Url, IsThatOfRecordFiles) {
    EXPECT_EQ(to_base64_url(as_bytes("")), "");
    EXPECT_EQ(to_base64_url(as_bytes("f")), "Zg");
    EXPECT_EQ(to_base64_url(as_bytes("fo")), "Zm8");
    EXPECT_EQ(to_base64_url(as_bytes("foobar")), "Zm9vYmFy");
    EXPECT_EQ(to_base64_url(as_bytes("\xff\xfe\xfd")), "__79");
}

}  // namespace
}  // namespace pycontainer
