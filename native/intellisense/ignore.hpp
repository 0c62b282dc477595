#pragma once

// `# pycontainer: ignore[config/root-user]` on a line, or alone on the line above it: these
// diagnostics are not wanted there. Several codes are separated by commas. Faults of syntax cannot
// be ignored, as nothing behind them is known.

#include "base/diagnostic.hpp"
#include "intellisense/source.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::intellisense {

std::vector<Diagnostic> without_ignored(std::vector<Diagnostic> diagnostics, const Source& source);

/// The edit that ignores `code` on the line of `range`.
TextEdit ignore_edit(const Source& source, const Range& range, std::string_view code);

}  // namespace pycontainer::intellisense
