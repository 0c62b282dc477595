#include "resolve/python_json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

namespace pycontainer::resolve {
namespace {

/// `repr` of a float: always with a point or an exponent.
std::string float_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    auto text = fmt::format("{}", value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

/// A string in quotes, in ASCII only. nlohmann/json escapes as Python does, but for DEL.
std::string string_text(const Json& value) {
    auto text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    constexpr std::string_view kDelete = "\\u007f";
    for (auto at = text.find(kDelete); at != std::string::npos; at = text.find(kDelete, at + 1)) {
        // A backslash that is itself escaped starts nothing.
        std::size_t before = 0;
        while (before < at && text[at - 1 - before] == '\\') ++before;
        if (before % 2 == 0) text.replace(at, kDelete.size(), "\x7f");
    }
    return text;
}

}  // namespace

std::string to_python_json(const Json& value) {
    if (value.is_string()) return string_text(value);
    if (value.is_number_float()) return float_text(value.get<double>());
    const bool is_object = value.is_object();
    if (!is_object && !value.is_array()) return value.dump();
    std::string text(1, is_object ? '{' : '[');
    bool is_first = true;
    for (const auto& [key, each] : value.items()) {  // an object's keys are in order
        if (!is_first) text += ", ";
        is_first = false;
        if (is_object) text += string_text(Json(key)) + ": ";
        text += to_python_json(each);
    }
    return text + (is_object ? '}' : ']');
}

}  // namespace pycontainer::resolve
