#pragma once

// `pyproject.toml` as detection reads it: values by JSON pointer that never throw, and evidence
// with the line where a key was written.

#include "base/json.hpp"
#include "toml/document.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::project {

/// Borrows its arguments; a null document only means evidence without lines.
class Pyproject {
public:
    explicit Pyproject(const Json& value, const toml::Document* document = nullptr)
        : value_(&value), document_(document) {}

    const Json& value() const { return *value_; }
    /// The value at an RFC 6901 pointer, or null.
    const Json* find(std::string_view pointer) const;
    const Json* find_object(std::string_view pointer) const;
    const Json* find_array(std::string_view pointer) const;
    std::optional<std::string> find_string(std::string_view pointer) const;
    bool has(std::string_view pointer) const { return find(pointer) != nullptr; }
    /// "pyproject.toml:12: <what>", without the line when it is not known.
    std::string evidence(std::string_view pointer, std::string_view what) const;

private:
    const Json* value_;
    const toml::Document* document_;
};

}  // namespace pycontainer::project
