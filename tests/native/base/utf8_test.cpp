#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace pycontainer {
namespace {

TEST(AppendUtf8, EveryLength) {
    std::string text;
    for (const std::uint32_t code_point :
         {0x0U, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0xFFFFU, 0x10000U, 0x10FFFFU})
        append_utf8(text, code_point);
    using namespace std::string_literals;
    EXPECT_EQ(text,
              "\0\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"
              "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"s);
}

}  // namespace
}  // namespace pycontainer
