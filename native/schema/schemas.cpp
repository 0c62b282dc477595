#include "schema/schemas.hpp"

namespace pycontainer::embedded {
extern const std::string_view pycontainer_schema;
extern const std::string_view build_request_schema;
extern const std::string_view push_request_schema;
}  // namespace pycontainer::embedded

namespace pycontainer::schema {
namespace {

Json parse(std::string_view text) {
    auto json = parse_json(text, "an embedded schema");
    PYC_ASSERT(json.has_value());
    return std::move(*json);
}

}  // namespace

const Json& configuration() {
    static const Json kSchema = parse(embedded::pycontainer_schema);
    return kSchema;
}

const Json& build_request() {
    static const Json kSchema = parse(embedded::build_request_schema);
    return kSchema;
}

const Json& push_request() {
    static const Json kSchema = parse(embedded::push_request_schema);
    return kSchema;
}

std::string_view configuration_text() {
    return embedded::pycontainer_schema;
}

}  // namespace pycontainer::schema
