#pragma once

// The releases of CPython and when their support ends. Data, updated with the program: no clock is
// asked, so that the same sources give the same image next year.

#include <span>
#include <string>
#include <string_view>

namespace pycontainer::project {

struct PythonRelease {
    unsigned minor;                ///< of Python 3
    std::string_view end_of_life;  ///< year and month
    bool is_supported;             ///< when this version of the program was released

    std::string to_string() const { return "3." + std::to_string(minor); }
};

/// Oldest first. Source: the status of Python versions in the developer's guide, PEP 569 to 790.
std::span<const PythonRelease> python_releases();

}  // namespace pycontainer::project
