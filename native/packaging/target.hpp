#pragma once

// The Python that will run the image: what wheels must fit and what markers are evaluated for.
// Never the machine that builds.

#include "packaging/marker.hpp"
#include "packaging/version.hpp"

#include <string>
#include <string_view>

namespace pycontainer::packaging {

enum class Libc { Glibc, Musl };

/// A CPython 3 on Linux.
struct TargetEnvironment {
    std::string python_version;  ///< in full: "3.11.2", "3.14.0rc1"
    bool free_threaded = false;
    Libc libc = Libc::Glibc;
    unsigned libc_major = 2;
    unsigned libc_minor = 17;
    std::string machine;  ///< as the kernel names it: x86_64, aarch64, armv7l …

    /// 11 for "3.11.2"; 0 when the version is none.
    unsigned python_minor() const;
    /// What `requires-python` is compared with: a pre-release counts as its release.
    Version python_release() const;
    MarkerEnvironment marker_environment() const;
    /// For messages: `Python 3.11 on x86_64 with glibc 2.36`.
    std::string describe() const;
};

}  // namespace pycontainer::packaging
