#pragma once

// INI files as Python's `configparser.RawConfigParser` reads them, which pip uses for pip.conf: no
// interpolation, continuation lines by indentation, comments on lines of their own.

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace pycontainer::index {

struct IniValue {
    std::string text;        ///< the lines of a value joined by `\n`
    std::uint32_t line = 0;  ///< one-based
};

/// Options by section; names of options in lower case with `-` for `_`, as pip compares them.
using Ini = std::map<std::string, std::map<std::string, IniValue>, std::less<>>;

/// `file` is what the error calls the text. Errors: `index/invalid-configuration` with the line.
Result<Ini> parse_ini(std::string_view text, const std::string& file);

}  // namespace pycontainer::index
