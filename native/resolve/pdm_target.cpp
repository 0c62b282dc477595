#include "base/strings.hpp"
#include "resolve/internal/pdm_lock_file.hpp"

#include <fmt/format.h>

#include <charconv>

namespace pycontainer::resolve::internal {
namespace {

/// `manylinux_2_17_x86_64` in its parts.
struct Platform {
    std::string_view system;
    unsigned major = 0;
    unsigned minor = 0;
    bool has_version = false;
    std::string_view machine;
};

bool read_number(std::string_view& text, unsigned& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with('_')) return false;
    text.remove_prefix(1);
    return true;
}

/// The names that dep-logic's tags/platform.py knows, which PDM uses.
Platform to_platform(std::string_view text) {
    if (text == "linux") return {"manylinux", 2, 40, true, "x86_64"};
    if (text == "alpine") return {"musllinux", 1, 2, true, "x86_64"};
    const auto underscore = text.find('_');
    Platform platform{.system = text.substr(0, underscore)};
    if (underscore == std::string_view::npos) return platform;
    auto rest = text.substr(underscore + 1);
    platform.machine = rest;
    platform.has_version = read_number(rest, platform.major) && read_number(rest, platform.minor);
    if (platform.has_version) platform.machine = rest;
    return platform;
}

std::string_view machine_of(std::string_view machine) {
    if (machine == "amd64") return "x86_64";
    if (machine == "arm64") return "aarch64";
    if (machine == "x86" || machine == "i386") return "i686";
    return machine;
}

}  // namespace

PdmTarget::Fit PdmTarget::fit(const packaging::TargetEnvironment& target) const {
    if (!implementation.empty() && implementation != "cpython") return Fit::None;
    if (gil_disabled && !implementation.empty() && *gil_disabled != target.free_threaded)
        return Fit::None;
    auto result = Fit::Full;
    if (!platform.empty()) {
        const auto wanted = to_platform(platform);
        const bool is_glibc = target.libc == packaging::Libc::Glibc;
        if (wanted.system != (is_glibc ? "manylinux" : "musllinux") ||
            machine_of(wanted.machine) != target.machine)
            return Fit::None;
        if (wanted.has_version &&
            std::pair(wanted.major, wanted.minor) > std::pair(target.libc_major, target.libc_minor))
            result = Fit::NewerLibc;
    }
    if (pythons.empty()) return result;
    for (const auto& specifiers : pythons)
        if (specifiers.contains(target.python_release())) return result;
    return Fit::OtherPython;
}

std::string PdmTarget::describe() const {
    auto text = "Python " + (requires_python.empty() ? std::string("of any version")
                                                     : "`" + printable(requires_python, 60) + "`");
    if (!platform.empty()) text += " on " + printable(platform, 60);
    if (!implementation.empty() && implementation != "cpython")
        text += " (" + printable(implementation, 40) + ")";
    return text;
}

}  // namespace pycontainer::resolve::internal
