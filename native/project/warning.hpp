#pragma once

// Something that does not stop a build but that its user should know; shown as `warning[code]:
// message` with the hint below it.

#include <string>

namespace pycontainer::project {

struct Warning {
    std::string code;
    std::string message;
    std::string hint;
    friend bool operator==(const Warning&, const Warning&) = default;
};

}  // namespace pycontainer::project
