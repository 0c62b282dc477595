#pragma once

#include "base/digest.hpp"
#include "base/json.hpp"
#include "oci/platform.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace pycontainer::oci {

/// Where content is and what it is (OCI image specification, "Content Descriptors").
struct Descriptor {
    std::string media_type;
    Digest digest;
    std::uint64_t size = 0;
    std::optional<Platform> platform;
    std::map<std::string, std::string> annotations;

    /// Errors: `oci/invalid-manifest` naming what is missing.
    static Result<Descriptor> from_json(const Json& json);
    Json to_json() const;

    friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

}  // namespace pycontainer::oci
