#pragma once

#include <cstdint>
#include <string>

namespace pycontainer {

/// Appends a code point, at most 0x10FFFF and no surrogate, as one to four bytes (RFC 3629 §3).
void append_utf8(std::string& text, std::uint32_t code_point);

}  // namespace pycontainer
