#include "packaging/target.hpp"

#include <fmt/format.h>

#include <charconv>

namespace pycontainer::packaging {
namespace {

/// Self-built interpreters say `3.14.0+`, which is no version; the sign is a local label without
/// text.
std::string without_trailing_plus(std::string_view version) {
    return std::string(version.ends_with('+') ? version.substr(0, version.size() - 1) : version);
}

}  // namespace

unsigned TargetEnvironment::python_minor() const {
    const auto version = Version::from(without_trailing_plus(python_version));
    if (!version || version->release().size() < 2) return 0;
    const auto& digits = version->release()[1].to_string();
    unsigned minor = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
    return error == std::errc() && minor < 1000 ? minor : 0;
}

Version TargetEnvironment::python_release() const {
    if (const auto version = Version::from(without_trailing_plus(python_version)))
        return version->base_version();
    return *Version::from("3");
}

MarkerEnvironment TargetEnvironment::marker_environment() const {
    MarkerEnvironment environment;
    environment.implementation_name = "cpython";
    environment.implementation_version =
        python_version.ends_with('+') ? python_version + "local" : python_version;
    environment.os_name = "posix";
    environment.platform_machine = machine;
    environment.platform_python_implementation = "CPython";
    environment.platform_system = "Linux";
    environment.python_full_version = environment.implementation_version;
    environment.python_version = fmt::format("3.{}", python_minor());
    environment.sys_platform = "linux";
    return environment;
}

std::string TargetEnvironment::describe() const {
    return fmt::format("Python 3.{}{} on {} with {} {}.{}", python_minor(),
                       free_threaded ? "t" : "", machine, libc == Libc::Glibc ? "glibc" : "musl",
                       libc_major, libc_minor);
}

}  // namespace pycontainer::packaging
