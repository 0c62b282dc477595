#pragma once

// The environment variables, as a value: taken once in `app/`, made up in tests.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pycontainer {

class Environment {
public:
    Environment() = default;
    explicit Environment(std::map<std::string, std::string, std::less<>> variables)
        : variables_(std::move(variables)) {}
    /// The variables of this process. Call once, before threads start.
    static Environment of_process();

    /// Nothing when unset; an empty value counts as set.
    std::optional<std::string> find(std::string_view name) const;
    /// Nothing when unset or empty.
    std::optional<std::string> find_nonempty(std::string_view name) const;
    const std::map<std::string, std::string, std::less<>>& variables() const { return variables_; }

private:
    std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace pycontainer
