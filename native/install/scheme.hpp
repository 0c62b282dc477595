#pragma once

// Where things are installed in the image: a virtual environment, as `sysconfig` describes it on
// Linux (`posix_prefix` with `venv`).

#include "base/digest.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pycontainer::install {

/// The time of every installed file: 1980-01-01, the earliest that ZIP can hold. A wheel's layer
/// must not depend on when it was built.
constexpr std::int64_t kInstallTime = 315532800;

/// Paths are relative to the root of the image, without a leading slash.
struct Scheme {
    std::string prefix = "opt/venv";
    unsigned python_minor = 0;
    std::string lib_name;  ///< the interpreter's directory in lib: "python3.11", "python3.13t"
    std::string machine;   ///< as the kernel names it: x86_64, aarch64
    /// In full, for what wheels require of it; empty: not checked. No layer depends on it.
    std::string python_version{};

    std::string site_packages() const { return prefix + "/lib/" + lib_name + "/site-packages"; }
    std::string scripts() const { return prefix + "/bin"; }
    std::string headers(std::string_view distribution) const;
    std::string shebang_interpreter() const { return "/" + prefix + "/bin/python"; }

    /// The first line of a script that runs with the environment's interpreter; three lines where
    /// the kernel would refuse the one.
    std::string shebang() const;

    /// Names everything that an installed wheel depends on besides itself.
    std::string key() const;
};

}  // namespace pycontainer::install
