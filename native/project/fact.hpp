#pragma once

// A detected value with the place it comes from, so that `plan` can say why.

#include <string>

namespace pycontainer::project {

template <typename T>
struct Fact {
    T value{};
    std::string
        evidence;  ///< "pyproject.toml:12: [project.scripts] myapi", "app.py:3: app = FastAPI(…)"
    friend bool operator==(const Fact&, const Fact&) = default;
};

}  // namespace pycontainer::project
