#include "base/strings.hpp"

#include <gtest/gtest.h>

namespace pycontainer {
namespace {

using Words = std::vector<std::string>;

TEST(SplitShellWords, QuotesAsAShellDoes) {
    const std::vector<std::pair<std::string, Words>> rows = {
        {"uvicorn app:app --port 8080", {"uvicorn", "app:app", "--port", "8080"}},
        {"  a\t b ", {"a", "b"}},
        {"'a b' \"c d\"", {"a b", "c d"}},
        {"a\\ b", {"a b"}},
        {"\"say \\\"hi\\\"\"", {"say \"hi\""}},
        {"'$HOME' \"$HOME\"", {"$HOME", "$HOME"}},  // nothing is expanded
        {"''", {""}},
        {"a''b", {"ab"}},
        {"", {}},
    };
    for (const auto& [text, words] : rows) EXPECT_EQ(split_shell_words(text), words) << text;
}

TEST(SplitShellWords, RefusesWhatIsNotClosed) {
    for (const auto* text : {"'a", "\"a", "a\\"})
        EXPECT_EQ(split_shell_words(text), std::nullopt) << text;
}

TEST(ClosestMatch, FindsWhatWasMeant) {
    const Words keys = {"base_image", "workdir", "include_deps", "labels"};
    EXPECT_EQ(closest_match("base_imge", keys), "base_image");
    EXPECT_EQ(closest_match("base-image", keys), "base_image");
    EXPECT_EQ(closest_match("wrokdir", keys), "workdir");
    EXPECT_EQ(closest_match("colour", keys), std::nullopt);
    EXPECT_EQ(closest_match("", keys), std::nullopt);
}

TEST(Printable, ShowsNothingThatATerminalObeys) {
    EXPECT_EQ(printable("a\x1b[31m"), "a\\x1b[31m");
    EXPECT_EQ(printable("caf\xc3\xa9"), "caf\xc3\xa9");
    EXPECT_EQ(printable("\xff"), "\\xff");
    EXPECT_EQ(printable("abcdef", 3), "abc…");
}

TEST(IsValidUtf8, KnowsOverlongSurrogatesAndTheEnd) {
    for (const std::string text : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\x8d"})
        EXPECT_TRUE(is_valid_utf8(text));
    for (const std::string text :
         {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
        EXPECT_FALSE(is_valid_utf8(text));
}

TEST(SplitLines, KnowsBothLineEnds) {
    EXPECT_EQ(split_lines("a\r\nb\n\nc"), (std::vector<std::string_view>{"a", "b", "", "c"}));
    EXPECT_EQ(split_lines("a\n"), (std::vector<std::string_view>{"a"}));
    EXPECT_TRUE(split_lines("").empty());
}

TEST(Format, IsForPeople) {
    EXPECT_EQ(format_size(999), "999 B");
    EXPECT_EQ(format_size(9'550'000), "9.6 MB");
    EXPECT_EQ(format_milliseconds(8.4), "8 ms");
    EXPECT_EQ(format_milliseconds(1234), "1.2 s");
    EXPECT_EQ(format_milliseconds(125'000), "2 min 5 s");
}

}  // namespace
}  // namespace pycontainer
