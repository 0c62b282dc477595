#include "schema/schemas.hpp"

#include "schema/pattern.hpp"
#include "schema/validator.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <set>

namespace pycontainer::schema {
namespace {

std::string file_content(const std::string& name) {
    std::ifstream file(std::string(PYC_SOURCE_DIR) + "/schemas/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Schemas, AreEmbeddedByteForByte) {
    EXPECT_EQ(configuration_text(), file_content("pycontainer.schema.json"));
    EXPECT_EQ(build_request(), Json::parse(file_content("build-request.schema.json")));
    EXPECT_EQ(push_request(), Json::parse(file_content("push-request.schema.json")));
}

TEST(Schemas, UseOnlyKeywordsThatTheValidatorKnows) {
    const std::set<std::string> known{
        "$schema",       "$id",         "$ref",       "$defs",
        "title",         "description", "default",    "examples",
        "x-pycontainer", "type",        "properties", "additionalProperties",
        "propertyNames", "required",    "enum",       "const",
        "pattern",       "minLength",   "items",      "minItems",
        "maxItems",      "uniqueItems", "minimum",    "maximum",
        "anyOf",         "oneOf"};
    const std::function<void(const Json&)> check = [&](const Json& schema) {
        for (const auto& [keyword, value] : schema.items()) {
            EXPECT_TRUE(known.contains(keyword)) << keyword;
            if (keyword == "properties" || keyword == "$defs")
                for (const auto& property : value) check(property);
            if ((keyword == "items" || keyword == "propertyNames" ||
                 keyword == "additionalProperties") &&
                value.is_object())
                check(value);
            if (keyword == "anyOf" || keyword == "oneOf")
                for (const auto& branch : value) check(branch);
        }
        EXPECT_TRUE(Pattern::compile(string_member(schema, "pattern").value_or("")).has_value())
            << schema;
    };
    for (const auto* name :
         {"pycontainer", "build-request", "push-request", "build-result", "events"})
        check(Json::parse(file_content(std::string(name) + ".schema.json")));
}

TEST(Schemas, ExplainEveryKeyOfTheConfiguration) {
    for (const auto* table : {"build", "registry"}) {
        const auto& schema = *property_schema(configuration(), {table});
        for (const auto& [key, property] : schema["properties"].items()) {
            SCOPED_TRACE(key);
            EXPECT_TRUE(string_member(property, "title").has_value());
            EXPECT_TRUE(string_member(property, "description").value_or("").ends_with('.'));
            EXPECT_TRUE(property.contains("default") ||
                        property["x-pycontainer"].contains("default"));
            ASSERT_FALSE(property.value("examples", Json::array()).empty());
            for (const auto& example : property["examples"])
                EXPECT_TRUE(validate(configuration(), Json{{table, {{key, example}}}}, {}).empty())
                    << example;
            if (!property.contains("default")) continue;
            EXPECT_TRUE(
                validate(configuration(), Json{{table, {{key, property["default"]}}}}, {}).empty());
        }
    }
}

}  // namespace
}  // namespace pycontainer::schema
