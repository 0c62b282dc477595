#include "base/utf8.hpp"

namespace pycontainer {

void append_utf8(std::string& text, std::uint32_t code_point) {
    const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    const auto put_rest = [&](std::uint32_t shift) {
        put(0x80U | ((code_point >> shift) & 0x3FU));
    };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0U | (code_point >> 6U));
        put_rest(0);
    } else if (code_point < 0x10000) {
        put(0xE0U | (code_point >> 12U));
        put_rest(6);
        put_rest(0);
    } else {
        put(0xF0U | (code_point >> 18U));
        put_rest(12);
        put_rest(6);
        put_rest(0);
    }
}

}  // namespace pycontainer
