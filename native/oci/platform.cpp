#include "oci/platform.hpp"

#include "base/strings.hpp"

#include <array>

namespace pycontainer::oci {
namespace {

struct Architecture {
    std::string_view name;
    std::string_view variant;
    std::string_view machine;
};
constexpr std::array kArchitectures = {
    Architecture{"amd64", "", "x86_64"}, Architecture{"arm64", "", "aarch64"},
    Architecture{"arm", "v7", "armv7l"}, Architecture{"arm", "v6", "armv6l"},
    Architecture{"386", "", "i686"},     Architecture{"ppc64le", "", "ppc64le"},
    Architecture{"s390x", "", "s390x"},  Architecture{"riscv64", "", "riscv64"},
};

std::string_view default_variant(std::string_view architecture) {
    if (architecture == "arm64") return "v8";
    if (architecture == "arm") return "v7";
    return "";
}

}  // namespace

Result<Platform> Platform::parse(std::string_view text) {
    const auto parts = split(text, '/');
    const auto invalid = [&] {
        return fail("platform/invalid", "`{}` is not a platform", printable(text, 80));
    };
    if (parts.size() < 2 || parts.size() > 3)
        return invalid().hint(
            "a platform is `os/architecture`, as in `linux/amd64` or `linux/arm64`");
    Platform platform{std::string(parts[0]), std::string(parts[1]),
                      parts.size() == 3 ? std::string(parts[2]) : std::string()};
    if (platform.os != "linux")
        return invalid().hint("only Linux images are built: `linux/{}`",
                              printable(platform.architecture, 20));
    for (const auto& known : kArchitectures) {
        if (known.name == platform.architecture) {
            if (platform.variant == default_variant(known.name)) platform.variant.clear();
            return platform;
        }
    }
    for (const auto& known : kArchitectures)
        if (known.machine == platform.architecture)
            return invalid().hint("images call it `linux/{}`", known.name);
    return invalid().hint(
        "known architectures are amd64, arm64, arm, 386, ppc64le, s390x and riscv64");
}

Platform Platform::from_json(const Json& json) {
    return {string_member(json, "os").value_or(""),
            string_member(json, "architecture").value_or(""),
            string_member(json, "variant").value_or("")};
}

std::string Platform::to_string() const {
    const bool is_default = variant.empty() || variant == default_variant(architecture);
    return os + "/" + architecture + (is_default ? "" : "/" + variant);
}

std::string Platform::machine() const {
    for (const auto& known : kArchitectures)
        if (known.name == architecture &&
            (known.variant.empty() ||
             known.variant == (variant.empty() ? default_variant(architecture) : variant)))
            return std::string(known.machine);
    return {};
}

bool Platform::matches(const Platform& offered) const {
    return to_string() == offered.to_string();
}

}  // namespace pycontainer::oci
