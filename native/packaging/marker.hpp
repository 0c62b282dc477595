#pragma once

// Environment markers (PEP 508; packaging specifications, "Dependency specifiers"): `python_version
// < "3.11" and extra == "cli"`.

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::packaging {

/// What markers ask about the Python that will run: the variables of the specification, all text.
struct MarkerEnvironment {
    std::string implementation_name;
    std::string implementation_version;
    std::string os_name;
    std::string platform_machine;
    std::string platform_python_implementation;
    std::string platform_release;
    std::string platform_system;
    std::string platform_version;
    std::string python_full_version;
    std::string python_version;
    std::string sys_platform;
    /// The extras asked for, in any spelling. `extra == "x"` holds if one of them is x, `!=` if
    /// none is; empty: `extra` is "".
    std::vector<std::string> extra;
    /// PEP 751's variables, which exist in lock files only.
    std::optional<std::vector<std::string>> extras;
    std::optional<std::vector<std::string>> dependency_groups;
};

/// A condition on the environment; a value, valid from construction on.
class Marker {
public:
    /// Errors: `packaging/invalid-marker` with the place of the fault. Nesting is limited to 100
    /// levels.
    static Result<Marker> parse(std::string_view text);

    /// As the reference implementation does: versions compare as versions, everything else for
    /// equality and `in` only. Errors: `packaging/undefined-comparison` for `~=` and `===` on
    /// texts, for variables that do not exist here, and where both sides are texts.
    Result<bool> evaluate(const MarkerEnvironment& environment) const;
    /// For lock files, where nothing may stop an installation any more: texts compare in the order
    /// of their bytes, and what has no meaning is false.
    bool evaluate_leniently(const MarkerEnvironment& environment) const;

    /// With double quotes, single spaces and the parentheses that were written around several
    /// conditions.
    const std::string& to_string() const { return text_; }

    friend bool operator==(const Marker& a, const Marker& b) { return a.text_ == b.text_; }

    enum class Variable : std::uint8_t {
        ImplementationName,
        ImplementationVersion,
        OsName,
        PlatformMachine,
        PlatformPythonImplementation,
        PlatformRelease,
        PlatformSystem,
        PlatformVersion,
        PythonFullVersion,
        PythonVersion,
        SysPlatform,
        Extra,
        Extras,
        DependencyGroups,
        None,  ///< both sides are texts, which is grammatical and has no meaning
    };
    enum class Operator : std::uint8_t {
        Compatible,
        Equal,
        NotEqual,
        LessOrEqual,
        GreaterOrEqual,
        Less,
        Greater,
        Arbitrary,
        In,
        NotIn
    };

    /// One comparison of a variable with a text, or a logical operation on the two results before
    /// it.
    struct Step {
        enum class Kind : std::uint8_t { Compare, And, Or } kind = Kind::Compare;
        Variable variable = Variable::PythonVersion;
        Operator operation = Operator::Equal;
        bool variable_is_left = true;
        std::string value;
        /// `value` is the name of a second variable and not a text, but is compared like one.
        bool value_is_name = false;
        std::string left_text;  ///< the left side where `variable` is `None`
    };

private:
    friend class MarkerParser;
    Marker() = default;

    std::vector<Step> steps_;  // postfix order
    std::string text_;
};

}  // namespace pycontainer::packaging
