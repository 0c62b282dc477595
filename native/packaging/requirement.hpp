#pragma once

// Dependency specifiers (PEP 508): `name[extra]>=1.4; python_version < "3.11"` and `name @
// https://…`.

#include "base/result.hpp"
#include "packaging/marker.hpp"
#include "packaging/specifier.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::packaging {

/// What is required, as it was written; compare names and extras in their normalized form.
struct Requirement {
    std::string name;
    std::vector<std::string> extras;  ///< in the order written, none twice
    SpecifierSet specifiers;
    std::string url;  ///< empty unless `name @ url`
    std::optional<Marker> marker;

    /// Errors: `packaging/invalid-requirement`, `packaging/invalid-marker`,
    /// `packaging/invalid-specifier`.
    static Result<Requirement> parse(std::string_view text);

    std::string normalized_name() const;
    /// Sorted, without repetitions.
    std::vector<std::string> normalized_extras() const;
    std::string to_string() const;
};

}  // namespace pycontainer::packaging
