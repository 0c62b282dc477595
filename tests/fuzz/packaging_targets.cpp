// What the PyPA's specifications define.

#include "target.hpp"

#include "packaging/core_metadata.hpp"
#include "packaging/marker.hpp"
#include "packaging/requirement.hpp"
#include "packaging/specifier.hpp"
#include "packaging/target.hpp"
#include "packaging/version.hpp"
#include "packaging/wheel_name.hpp"

using namespace pycontainer;
using fuzz::require;

FUZZ_TARGET(version) {
    const auto version = packaging::Version::parse(input);
    if (!version) return;
    const auto again = packaging::Version::parse(version->to_string());
    require(again.has_value(), "the normal form of a version is a version");
    require(*again == *version, "the normal form of a version is the same version");
    require(!(*version < *version), "no version is less than itself");
}

FUZZ_TARGET(specifier) {
    const auto set = packaging::SpecifierSet::parse(input);
    if (!set) return;
    for (const auto* version : {"1", "1.0", "2.0a1", "0.9.post3", "1!3", "2024.1+local"})
        static_cast<void>(set->contains(std::string_view(version)));
}

FUZZ_TARGET(marker) {
    const auto marker = packaging::Marker::parse(input);
    if (!marker) return;
    const auto again = packaging::Marker::parse(marker->to_string());
    require(again.has_value(), "a written marker is a marker");
    require(*again == *marker, "a written marker is the same marker");
    packaging::TargetEnvironment target;
    target.python_version = "3.12.4";
    target.machine = "x86_64";
    const auto environment = target.marker_environment();
    static_cast<void>(marker->evaluate(environment));
    static_cast<void>(marker->evaluate_leniently(environment));
}

FUZZ_TARGET(requirement) {
    static_cast<void>(packaging::Requirement::parse(input));
}

FUZZ_TARGET(core_metadata) {
    const auto metadata = packaging::CoreMetadata::parse(input);
    require(!metadata || (!metadata->name.empty() && !metadata->version.empty()),
            "metadata have a name and a version");
}

FUZZ_TARGET(wheel_name) {
    static_cast<void>(packaging::WheelName::parse(input));
    static_cast<void>(packaging::SourceName::parse(input));
}
