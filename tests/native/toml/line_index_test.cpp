#include "toml/line_index.hpp"

#include <gtest/gtest.h>

namespace pycontainer::toml {
namespace {

/// Byte `offset` of `text` is at line and UTF-16 column, and back.
void check(std::string_view text, std::size_t offset, Position expected) {
    SCOPED_TRACE(testing::Message() << text << " @" << offset);
    const LineIndex index(text);
    EXPECT_EQ(index.position_at(offset), expected);
    EXPECT_EQ(index.offset_at(expected), offset);
}

TEST(LineIndex, CountsUtf16Units) {
    check("", 0, {0, 0});
    check("abc", 2, {0, 2});
    check("é=1", 2, {0, 1});  // two bytes, one unit
    check("€=1", 3, {0, 1});  // three bytes, one unit
    check("😀=1", 4, {0, 2});  // four bytes, two units
    check("a\n😀b\n", 6, {1, 2});
}

TEST(LineIndex, EndsLinesAtEveryLineEndOfEditors) {
    check("a\rb", 2, {1, 0});
    check("a\r\r\nb", 2, {1, 0});
    check("a\r\r\nb", 4, {2, 0});
    check("a\r", 2, {1, 0});
    check("a\r\nb", 3, {1, 0});
    check("a\n\nb", 3, {2, 0});
    check("a\n", 2, {1, 0});
    const LineIndex index("a\r\nb\r\n");
    EXPECT_EQ(index.line_count(), 3U);
    EXPECT_EQ(index.line(0), "a");
    EXPECT_EQ(index.line(2), "");
    EXPECT_EQ(index.position_at(1), (Position{0, 1}));
    EXPECT_EQ(index.position_at(2), (Position{0, 1})) << "the line end has no columns";
}

TEST(LineIndex, GivesAByteOrderMarkNoColumn) {
    check(
        "\xEF\xBB\xBF"
        "a = 1",
        3, {0, 0});
    EXPECT_EQ(LineIndex("\xEF\xBB\xBF"
                        "a")
                  .position_at(1),
              Position());
    EXPECT_EQ(LineIndex("\xEF\xBB\xBF"
                        "ab")
                  .offset_of_code_point(0, 1),
              4U);
}

TEST(LineIndex, ClampsWhatIsOutside) {
    const LineIndex index("ab\n😀");
    EXPECT_EQ(index.position_at(1000), (Position{1, 2}));
    EXPECT_EQ(index.offset_at({0, 99}), 2U);
    EXPECT_EQ(index.offset_at({99, 0}), 7U);
    EXPECT_EQ(index.offset_at({1, 1}), 3U) << "inside a surrogate pair is before it";
    EXPECT_EQ(index.position_at(5), (Position{1, 0})) << "inside a character is before it";
    EXPECT_EQ(index.offset_of_code_point(1, 1), 7U);
    EXPECT_EQ(index.offset_of_code_point(7, 1), 7U);
}

TEST(LineIndex, CountsLongLinesAsShortOnes) {
    std::string text = "é\r\n";
    for (int i = 0; i < 3000; ++i) text += "a€😀\xFF";
    text += "\nend";
    const LineIndex index(text);
    std::size_t offset = 4;
    for (std::uint32_t i = 0; i < 3000; ++i) {
        const std::uint32_t bytes[] = {1, 3, 4, 1};
        const std::uint32_t units[] = {0, 1, 2, 4};
        for (std::uint32_t n = 0; n < 4; ++n) {
            const Position position{1, i * 5 + units[n]};
            ASSERT_EQ(index.position_at(offset), position) << i << " " << n;
            ASSERT_EQ(index.offset_at(position), offset) << i << " " << n;
            ASSERT_EQ(index.offset_of_code_point(1, i * 4 + n), offset) << i << " " << n;
            offset += bytes[n];
        }
    }
    EXPECT_EQ(index.position_at(offset + 1), (Position{2, 0}));
    EXPECT_EQ(index.offset_at({1, 99999}), offset);
    EXPECT_EQ(index.offset_at({2, 1}), offset + 2);
}

TEST(LineIndex, TakesInvalidBytesOneByOne) {
    check("\xFF\xFE=1", 2, {0, 2});
    check("\xE2\x82", 1, {0, 1});
    check("\xC3(", 1, {0, 1});
}

}  // namespace
}  // namespace pycontainer::toml
