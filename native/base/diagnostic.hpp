#pragma once

// A place in the user's file that is wrong, and how it is printed. Collected, never thrown: all of
// them, not the first one.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer {

/// Zero-based line and UTF-16 column, as in LSP.
struct Position {
    std::uint32_t line = 0;
    std::uint32_t character = 0;
    friend auto operator<=>(const Position&, const Position&) = default;
};

/// From `start` up to, not including, `end`.
struct Range {
    Position start;
    Position end;
    friend auto operator<=>(const Range&, const Range&) = default;
};

enum class Severity {
    Error = 1,
    Warning = 2,
    Information = 3,
    Hint = 4
};  // the numbers of LSP's DiagnosticSeverity

std::string_view to_string(Severity severity);

/// Another place that has to do with a fault.
struct RelatedPlace {
    std::string file;
    Range range;
    std::string message;
    friend bool operator==(const RelatedPlace&, const RelatedPlace&) = default;
};

/// A replacement of `range`, in the diagnostic's file, that removes the fault.
struct Fix {
    std::string title;  ///< imperative: "Change to `workdir`"
    Range range;
    std::string text;
    friend bool operator==(const Fix&, const Fix&) = default;
};

struct Diagnostic {
    std::string file;
    Range range;
    Severity severity = Severity::Error;
    std::string code;
    std::string message;
    std::string hint;
    std::vector<RelatedPlace> related;
    std::vector<Fix> fixes;  ///< the best one first
    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

/// `pyproject.toml:12:5: error[config/unknown-key]: …`, one-based.
std::string to_string(const Diagnostic& diagnostic);

bool has_errors(const std::vector<Diagnostic>& diagnostics);

}  // namespace pycontainer
