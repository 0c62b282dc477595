#include "resolve/python_json.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

TEST(ToPythonJson, SortsKeysAndSpaces) {
    EXPECT_EQ(to_python_json(Json::parse(R"({"b":[1,-2,true,null],"a":{},"c":[]})")),
              R"({"a": {}, "b": [1, -2, true, null], "c": []})");
}

TEST(ToPythonJson, EscapesAllButAscii) {
    EXPECT_EQ(to_python_json(Json("é\"\\\n\t\x01/")), "\"\\u00e9\\\"\\\\\\n\\t\\u0001/\"");
    EXPECT_EQ(to_python_json(Json("\xF0\x9F\x90\x8D")), "\"\\ud83d\\udc0d\"");
    EXPECT_EQ(to_python_json(Json{{"ключ", 1}}), R"({"\u043a\u043b\u044e\u0447": 1})");
    EXPECT_EQ(to_python_json(Json("\x7f")), "\"\x7f\"");
    EXPECT_EQ(to_python_json(Json("\\u007f \\\x7f")), "\"\\\\u007f \\\\\x7f\"");
}

TEST(ToPythonJson, WritesFloatsAsRepr) {
    EXPECT_EQ(to_python_json(Json(1.0)), "1.0");
    EXPECT_EQ(to_python_json(Json(0.1)), "0.1");
    EXPECT_EQ(to_python_json(Json(1e20)), "1e+20");
    EXPECT_EQ(to_python_json(Json(-2.5)), "-2.5");
}

TEST(ToPythonJson, SurvivesInvalidUtf8) {
    EXPECT_EQ(to_python_json(Json("a\xff")), "\"a\\ufffd\"");
}

}  // namespace
}  // namespace pycontainer::resolve
