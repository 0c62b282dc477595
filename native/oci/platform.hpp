#pragma once

#include "base/json.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace pycontainer::oci {

/// `os/architecture[/variant]` in Go's names (OCI image index specification, "platform").
struct Platform {
    std::string os = "linux";
    std::string architecture = "amd64";
    std::string variant;

    /// Reads `linux/arm64`, `linux/arm/v7`; common other names (`x86_64`, `aarch64`) are errors
    /// with a suggestion. Errors: `platform/invalid`.
    static Result<Platform> parse(std::string_view text);
    /// As a document has it: its variant stays, since an index and the configuration of its image
    /// are to say the same.
    static Platform from_json(const Json& json);

    /// Without the variant that the architecture has anyway: `linux/arm64` for arm64/v8.
    std::string to_string() const;
    /// What `uname -m` says there: `x86_64`, `aarch64`; empty when unknown.
    std::string machine() const;
    /// True when an image for `offered` runs where this platform was asked for: arm64 and arm64/v8
    /// are the same.
    bool matches(const Platform& offered) const;

    friend bool operator==(const Platform&, const Platform&) = default;
};

}  // namespace pycontainer::oci
