#pragma once

// What installed wheels say that they need and the image does not have, as `pip check` tells it: a
// lock that is not complete, or an index whose metadata are not those of its wheels.

#include "install/wheels.hpp"
#include "packaging/marker.hpp"

#include <span>
#include <string>
#include <vector>

namespace pycontainer::install {

struct UnmetRequirement {
    std::string wheel;        ///< `name version` of who asks
    std::string name;         ///< normalized
    std::string requirement;  ///< as its METADATA has it, without its marker
    std::string installed;    ///< the version that is there; empty: none
};

/// Extras are not looked at: nobody knows here which of them were asked for. Markers and
/// requirements that cannot be read ask for nothing.
std::vector<UnmetRequirement> find_unmet_requirements(
    std::span<const PreparedWheel> wheels, const packaging::MarkerEnvironment& environment);

}  // namespace pycontainer::install
