#pragma once

// pdm.lock: which of its packages an image gets.
//
// The rules are those of `pdm sync --prod` (PDM's models/repositories/lock.py and cli/actions.py),
// with the configured groups and extras beside it: locks with the strategy `inherit_metadata` say
// for every package in which groups and under which marker it is installed; in others
// `pyproject.toml` says what is wanted, and the packages say what they need. The lock is believed;
// that it is not up to date is a warning.

#include "base/result.hpp"
#include "resolve/selection.hpp"

#include <string>
#include <string_view>

namespace pycontainer::resolve {

/// `file` is what messages call the lock. A pure function.
///
/// Errors: `resolve/invalid-lock` with all faults and their places,
/// `resolve/unsupported-lock-version`, `resolve/python-mismatch`,
/// `resolve/unsupported-environment`, `resolve/unknown-extra`, `resolve/unknown-group`,
/// `resolve/no-root` (a lock without groups and without the `pyproject.toml` it is for),
/// `resolve/invalid-dependency`, `resolve/conflicting-pins`, `resolve/unsupported-source`.
Result<Selection> select_from_pdm_lock(std::string_view text, const std::string& file,
                                       const SelectionRequest& request);

}  // namespace pycontainer::resolve
