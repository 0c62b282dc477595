#include "schema/validator.hpp"

#include "schema/schemas.hpp"

#include <gtest/gtest.h>

namespace pycontainer::schema {
namespace {

constexpr ValidateOptions kToml{KeySpelling::DashOrUnderscore, Notation::Toml};

/// The only problem of `json` against the schema of the configuration.
void check(std::string_view json, Fault fault, std::string_view pointer, std::string_view message,
           std::string_view hint = {}) {
    SCOPED_TRACE(json);
    const auto problems = validate(configuration(), Json::parse(json), kToml);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].fault, fault);
    EXPECT_EQ(problems[0].pointer, pointer);
    EXPECT_EQ(problems[0].message, message);
    EXPECT_NE(problems[0].hint.find(hint), std::string::npos) << problems[0].hint;
    EXPECT_EQ(problems[0].at_key, fault == Fault::UnknownKey || fault == Fault::DuplicateKey);
}

void check_valid(std::string_view json) {
    const auto problems = validate(configuration(), Json::parse(json), kToml);
    EXPECT_TRUE(problems.empty()) << json << ": " << problems[0].message;
}

TEST(Validator, AcceptsWhatIsRight) {
    check_valid("{}");
    check_valid(R"({"build": {}, "registry": {"url": "ghcr.io/acme/api"}})");
    check_valid(
        R"({"build": {"base-image": "python:3.11", "include_deps": false, "ports": [80, "81/udp"], "entrypoint": "a b", "cmd": ["a"], "base_max_age": 60}})");
    check_valid(R"({"build": {"labels": {"a-b": "", "a_b": "x"}, "env": {"A_B": ""}}})");
}

TEST(Validator, SuggestsKnownKeys) {
    check(R"({"build": {"base_imge": "x"}})", Fault::UnknownKey, "/build/base_imge",
          "unknown key `base_imge`; did you mean `base_image`?");
    check(R"({"build": {"baseimage": "x"}})", Fault::UnknownKey, "/build/baseimage",
          "unknown key `baseimage`; did you mean `base_image`?");
    check(R"({"build": {"environment": {}}})", Fault::UnknownKey, "/build/environment",
          "unknown key `environment`; did you mean `env`?");
    check(R"({"build": {"from": "x"}})", Fault::UnknownKey, "/build/from",
          "unknown key `from`; did you mean `base_image`?");
    check(R"({"biuld": {}})", Fault::UnknownKey, "/biuld",
          "unknown key `biuld`; did you mean `build`?");
    check(R"({"build": {"zzz/q": 1}})", Fault::UnknownKey, "/build/zzz~1q", "unknown key `zzz/q`",
          "known here: `base_image`, ");
    check(R"({"base-image": "x"})", Fault::UnknownKey, "/base-image",
          "unknown key `base-image`; it belongs to `build`");
    check(R"({"build": {"url": "x"}})", Fault::UnknownKey, "/build/url",
          "unknown key `url`; it belongs to `registry`");
}

TEST(Validator, KnowsThatDashesAreUnderscores) {
    check(R"({"build": {"base-image": "x", "base_image": "y"}})", Fault::DuplicateKey,
          "/build/base-image", "`base-image` and `base_image` are the same key");
    check(R"({"build": {"include-deps": "x"}})", Fault::WrongType, "/build/include-deps",
          "`include-deps` must be a boolean, not a string");
    EXPECT_EQ(
        validate(configuration(), Json::parse(R"({"build": {"base-image": "x"}})"), {}).size(), 1U)
        << "exact spelling was asked for";
    const Json object{{"base-image", 1}};
    EXPECT_NE(find_member(object, "base_image", KeySpelling::DashOrUnderscore), nullptr);
    EXPECT_EQ(find_member(object, "base_image", KeySpelling::Exact), nullptr);
    EXPECT_EQ(find_member(Json(1), "a", KeySpelling::DashOrUnderscore), nullptr);
}

TEST(Validator, TellsOfDeprecatedKeys) {
    const Json schema = {{"type", "object"},
                         {"additionalProperties", false},
                         {"properties",
                          {{"old_name",
                            {{"type", "string"},
                             {"deprecated", true},
                             {"x-pycontainer", {{"instead", "new.name"}}}}},
                           {"gone", {{"deprecated", true}}}}}};
    const auto problems =
        validate(schema, {{"old-name", 1}, {"gone", 1}},
                 {.spelling = KeySpelling::DashOrUnderscore, .notation = Notation::Toml});
    ASSERT_EQ(problems.size(), 3U);
    EXPECT_EQ(problems[0].fault, Fault::DeprecatedKey);
    EXPECT_EQ(problems[0].message, "`gone` is deprecated");
    EXPECT_EQ(problems[1].message, "`old-name` is deprecated");
    EXPECT_EQ(problems[1].hint, "write `new.name` instead");
    EXPECT_TRUE(problems[1].at_key);
    EXPECT_EQ(problems[2].fault, Fault::WrongType);
}

TEST(Validator, NamesTypes) {
    check(R"({"build": {"workdir": 1}})", Fault::WrongType, "/build/workdir",
          "`workdir` must be a string, not an integer", "`\"1\"`");
    check(R"({"build": {"workdir": 1.5}})", Fault::WrongType, "/build/workdir",
          "`workdir` must be a string, not a number");
    check(R"({"build": {"workdir": ["/app"]}})", Fault::WrongType, "/build/workdir",
          "`workdir` must be a string, not an array");
    check(R"({"build": {"include_deps": "true"}})", Fault::WrongType, "/build/include_deps",
          "`include_deps` must be a boolean, not a string", "without quotes");
    check(R"({"build": {"tags": "a:1"}})", Fault::WrongType, "/build/tags",
          "`tags` must be an array of strings, not a string", "`[\"a:1\"]`");
    check(R"({"build": {"tags": ["a", 2]}})", Fault::WrongType, "/build/tags/1",
          "`tags[1]` must be a string, not an integer");
    check(R"({"build": {"entrypoint": 3}})", Fault::WrongType, "/build/entrypoint",
          "`entrypoint` must be a string or an array of strings, not an integer");
    check(R"({"build": {"entrypoint": ["a", true]}})", Fault::WrongType, "/build/entrypoint/1",
          "`entrypoint[1]` must be a string, not a boolean");
    check(R"({"build": {"ports": [true]}})", Fault::WrongType, "/build/ports/0",
          "`ports[0]` must be an integer or a string, not a boolean");
    check(R"({"build": 1})", Fault::WrongType, "/build", "`build` must be a table, not an integer");
    check(R"({"build": {"env": {"PORT": 8080}}})", Fault::WrongType, "/build/env/PORT",
          "`PORT` must be a string, not an integer", "`\"8080\"`");
    check(R"({"build": {"labels": {"a": {"b": "c"}}}})", Fault::WrongType, "/build/labels/a",
          "`a` must be a string, not a table");
}

TEST(Validator, SaysWhatAValueMustBe) {
    check(R"({"build": {"workdir": "app"}})", Fault::InvalidValue, "/build/workdir",
          "`workdir` must be an absolute path such as `/app`, not `app`");
    check(R"({"build": {"python": "3"}})", Fault::InvalidValue, "/build/python",
          "`python` must be a Python version such as `3.11`, not `3`");
    check(R"({"build": {"base_image": ""}})", Fault::InvalidValue, "/build/base_image",
          "`base_image` must not be empty");
    check(R"({"build": {"compression": "gzpi"}})", Fault::InvalidValue, "/build/compression",
          "`compression` must be `gzip`, `gzip-single`, `zstd` or `none`, not `gzpi`; did you mean "
          "`gzip`?");
    check(R"({"build": {"framework": 3}})", Fault::InvalidValue, "/build/framework",
          "`framework` must be `fastapi`, `litestar`, `quart`, `starlette`, `flask`, `django`, "
          "`streamlit`, `gradio` or `none`, not `3`");
    check(R"({"build": {"platforms": []}})", Fault::InvalidValue, "/build/platforms",
          "`platforms` must have at least one item");
    std::string many;
    for (int i = 0; i < 16; ++i) many += "\"p" + std::to_string(i) + "\",";
    check("{\"build\": {\"platforms\": [" + many + "\"a\"]}}", Fault::InvalidValue,
          "/build/platforms", "`platforms` can have only 16 items");
    check(R"({"build": {"tags": ["a", "b", "a"]}})", Fault::InvalidValue, "/build/tags/2",
          "`tags` has `a` twice");
    check(R"({"build": {"ports": [0]}})", Fault::InvalidValue, "/build/ports/0",
          "`ports[0]` must be a port from 1 to 65535, with `/tcp` or `/udp` if need be, not `0`");
    check(R"({"build": {"ports": ["80/sctp"]}})", Fault::InvalidValue, "/build/ports/0",
          "`ports[0]` must be a port from 1 to 65535, with `/tcp` or `/udp` if need be, not "
          "`80/sctp`");
    check(R"({"build": {"base_max_age": -1}})", Fault::InvalidValue, "/build/base_max_age",
          "`base_max_age` must be a time such as `24h`, `30m` or a number of seconds, not `-1`");
}

TEST(Validator, ChecksTheNamesOfOpenTables) {
    const auto problems = validate(
        configuration(),
        Json::parse(R"({"build": {"env": {"A-B": "x", "OK": "y"}, "labels": {"": "z"}}})"), kToml);
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].pointer, "/build/env/A-B");
    EXPECT_EQ(problems[0].message, "`A-B` is not a variable name of letters, digits and `_`");
    EXPECT_TRUE(problems[0].at_key);
    EXPECT_EQ(problems[1].pointer, "/build/labels/");
    EXPECT_EQ(problems[1].message, "a key must not be empty");
}

TEST(Validator, ReportsEverything) {
    EXPECT_EQ(
        validate(configuration(),
                 Json::parse(R"({"a1": 1, "build": {"b1": 2, "tags": [1, 2], "workdir": 3}})"),
                 kToml)
            .size(),
        5U);
    Json many = Json::object();
    for (int i = 0; i < 1000; ++i) many["key" + std::to_string(i)] = 1;
    EXPECT_EQ(validate(configuration(), many, kToml).size(), kMaxProblems);
}

TEST(Validator, ChecksRequests) {
    const auto first = [](const Json& json) {
        const auto problems = validate(build_request(), json, {});
        return problems.empty() ? std::string() : problems[0].message;
    };
    EXPECT_EQ(first({{"context", "."}, {"tags", {"a:1"}}, {"cmd", "x y"}, {"pull", "never"}}), "");
    EXPECT_EQ(first(Json::object()), "`context` is missing");
    EXPECT_EQ(first({{"context", "."}, {"base-image", "x"}}),
              "unknown key `base-image`; did you mean `base_image`?");
    EXPECT_EQ(first({{"context", "."}, {"env", 1}}), "`env` must be an object, not an integer");
    EXPECT_EQ(first({{"context", "."}, {"output", nullptr}}),
              "`output` must be a string, not null");
    EXPECT_EQ(first({{"context", "."}, {"pull", "sometimes"}}),
              "`pull` must be `missing`, `always` or `never`, not `sometimes`");
}

TEST(Validator, ShortensAndEscapesWhatItShows) {
    const auto problems = validate(
        configuration(), Json{{"build", {{"workdir", "a\n" + std::string(10'000, 'x')}}}}, kToml);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_LT(problems[0].message.size(), 200U);
    EXPECT_EQ(problems[0].message.find('\n'), std::string::npos);
}

TEST(Validator, TakesTheFittingBranch) {
    const Json schema = Json::parse(
        R"({"oneOf": [{"type": "object", "required": ["kind"], "properties": {"kind": {"const": "a"}}},
                                                  {"type": "object", "required": ["kind", "x"], "properties": {"kind": {"const": "b"}, "x": {"type": "number", "minimum": 1}}}]})");
    EXPECT_TRUE(validate(schema, {{"kind", "b"}, {"x", 1.5}}, {}).empty());
    const auto problems = validate(schema, {{"kind", "b"}, {"x", 0}}, {});
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(validate(schema, 3, {})[0].fault, Fault::WrongType);
}

TEST(Schema, IsLookedUpByPath) {
    EXPECT_EQ(property_schema(configuration(), {"build", "workdir"})->at("default"), "/app");
    EXPECT_EQ(property_schema(configuration(), {"build", "nothing"}), nullptr);
    EXPECT_EQ(property_schema(configuration(), {"build", "workdir", "x"}), nullptr);
    EXPECT_EQ(property_names(configuration(), configuration()),
              (std::vector<std::string>{"build", "registry"}));
}

}  // namespace
}  // namespace pycontainer::schema
