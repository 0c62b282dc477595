#include "base/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer {

std::string_view to_string(Severity severity) {
    switch (severity) {
        case Severity::Error: return "error";
        case Severity::Warning: return "warning";
        case Severity::Information: return "info";
        case Severity::Hint: return "hint";
    }
    return "error";
}

std::string to_string(const Diagnostic& diagnostic) {
    return fmt::format("{}:{}:{}: {}[{}]: {}", diagnostic.file, diagnostic.range.start.line + 1,
                       diagnostic.range.start.character + 1, to_string(diagnostic.severity),
                       diagnostic.code, diagnostic.message);
}

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [](const Diagnostic& d) { return d.severity == Severity::Error; });
}

}  // namespace pycontainer
