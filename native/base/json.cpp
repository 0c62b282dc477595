#include "base/json.hpp"

#include <string>

namespace pycontainer {

Result<Json> parse_json(std::string_view text, std::string_view what) {
    // nlohmann's parser keeps its own stack, but copying and destroying deep values recurses:
    // refuse them first.
    constexpr int kMaxDepth = 200;
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxDepth)
                return fail("json/invalid", "{} is nested deeper than {} levels", what, kMaxDepth);
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& error) {
        return fail("json/invalid", "{} is not valid JSON (byte {})", what, error.byte);
    } catch (const Json::exception&) {
        return fail("json/invalid", "{} is not valid JSON", what);
    }
}

const Json* member(const Json& object, std::string_view key) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(std::string(key));
    return found == object.end() ? nullptr : &*found;
}

std::optional<std::string> string_member(const Json& object, std::string_view key) {
    const auto* value = member(object, key);
    if (!value || !value->is_string()) return std::nullopt;
    return value->get<std::string>();
}

std::optional<std::uint64_t> unsigned_member(const Json& object, std::string_view key) {
    const auto* value = member(object, key);
    if (!value || !value->is_number_integer()) return std::nullopt;
    // Parsed numbers are unsigned; those that the program itself put there may be signed.
    if (!value->is_number_unsigned() && value->get<std::int64_t>() < 0) return std::nullopt;
    return value->get<std::uint64_t>();
}

std::optional<bool> bool_member(const Json& object, std::string_view key) {
    const auto* value = member(object, key);
    if (!value || !value->is_boolean()) return std::nullopt;
    return value->get<bool>();
}

std::string dump_json(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pycontainer
