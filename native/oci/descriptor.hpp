#pragma once

#include "base/digest.hpp"
#include "base/json.hpp"
#include "oci/platform.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::oci {

/// Where content is and what it is (OCI image specification, "Content Descriptors").
struct Descriptor {
    std::string media_type;
    Digest digest;
    std::uint64_t size = 0;
    std::optional<Platform> platform;
    std::map<std::string, std::string> annotations;
    std::string artifact_type{};      ///< of a manifest that is no image
    std::vector<std::string> urls{};  ///< where else a layer is that registries do not hold

    /// Errors: `oci/invalid-manifest` naming what is missing.
    static Result<Descriptor> from_json(const Json& json);
    Json to_json() const;

    friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

}  // namespace pycontainer::oci
