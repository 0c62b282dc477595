#pragma once

#include <string>

namespace pycontainer::resolve {

/// Something the user should know that stops nothing; the parts are those of an `Error`.
struct Warning {
    std::string code;
    std::string message;
    std::string hint;
    friend bool operator==(const Warning&, const Warning&) = default;
};

}  // namespace pycontainer::resolve
