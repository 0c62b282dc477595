#include "intellisense/diagnostics.hpp"

#include "config/check.hpp"
#include "toml/document.hpp"

namespace pycontainer::intellisense {

std::vector<Diagnostic> diagnose_configuration(std::string_view text, const std::string& file) {
    return config::check_document(toml::parse(text, file), "", file).diagnostics;
}

std::vector<Diagnostic> diagnose_pyproject(std::string_view text, const std::string& file) {
    return config::check_document(toml::parse(text, file), config::kPyprojectTable, file)
        .diagnostics;
}

}  // namespace pycontainer::intellisense
