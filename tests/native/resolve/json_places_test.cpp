#include "resolve/internal/json_places.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve::internal {
namespace {

TEST(PositionOf, CountsLinesAndUtf16Units) {
    const std::string text = "ab\n\xC3\xA4\xF0\x9F\x98\x80x\n";
    EXPECT_EQ(position_of(text, 0), (Position{0, 0}));
    EXPECT_EQ(position_of(text, 2), (Position{0, 2}));
    EXPECT_EQ(position_of(text, 3), (Position{1, 0}));
    EXPECT_EQ(position_of(text, 5), (Position{1, 1}));
    EXPECT_EQ(position_of(text, 9), (Position{1, 3}));
    EXPECT_EQ(position_of(text, 1000), (Position{2, 0}));
    EXPECT_EQ(position_of("", 5), (Position{0, 0}));
}

TEST(FindJsonFault, NamesTheFirstWrongByte) {
    EXPECT_EQ(find_json_fault(R"({"a": [1, 2.5, true, null, "x"]})"), std::nullopt);
    EXPECT_EQ(find_json_fault("{\n  \"a\": 1,\n<<<<<<< HEAD\n"), 12U);
    EXPECT_EQ(find_json_fault("{} x"), 3U);
    EXPECT_TRUE(find_json_fault("").has_value());
    EXPECT_TRUE(find_json_fault(R"({"a": )").has_value());
    EXPECT_TRUE(find_json_fault("{\"a\": \"\xFF\"}").has_value());
    EXPECT_TRUE(find_json_fault(std::string(100'000, '[')).has_value());
}

TEST(JsonPlaces, KnowsTheKeysOfTwoLevels) {
    const JsonPlaces places(
        "{\n  \"a\": {\n    \"b\\\"c\": {\"deep\": 1}, \"d\": [{\"no\": 2}]\n  },\n"
        "  \"e\": \"f\"\n}\n");
    EXPECT_EQ(places.range_of("a"), (Range{{1, 2}, {1, 5}}));
    EXPECT_EQ(places.range_of("a", "b\"c"), (Range{{2, 4}, {2, 10}}));
    EXPECT_EQ(places.range_of("a", "d"), (Range{{2, 25}, {2, 28}}));
    EXPECT_EQ(places.range_of("e"), (Range{{4, 2}, {4, 5}}));
    for (const char* missing : {"deep", "no", "f", "b\"c"})
        EXPECT_EQ(places.range_of("a", missing),
                  missing == std::string("b\"c") ? (Range{{2, 4}, {2, 10}}) : Range{})
            << missing;
    EXPECT_EQ(places.range_of("x", "y"), Range{});
}

TEST(JsonPlaces, TakesWhatIsNoObject) {
    EXPECT_EQ(JsonPlaces("").range_of("a"), Range{});
    EXPECT_EQ(JsonPlaces("[\"a\"]").range_of("a"), Range{});
    EXPECT_EQ(JsonPlaces("\"a").range_of("a"), Range{});
}

}  // namespace
}  // namespace pycontainer::resolve::internal
