#pragma once

// Pipfile.lock, as Pipenv writes it: exact versions in categories, with the hashes of all files of
// a version and the name of its index, but without addresses.
//
// The file is flat: nothing is walked, markers and categories decide.

#include "base/result.hpp"
#include "resolve/selection.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::resolve {

/// The category `default`, and those of the request's groups: `develop` is also known by the names
/// that the Pipfile has for it.
///
/// Errors: `resolve/invalid-lock`, `resolve/unsupported-lock-version`, `resolve/python-mismatch`,
/// `resolve/unknown-extra`, `resolve/unknown-group`, `resolve/unsupported-source`,
/// `resolve/not-pinned`, `resolve/missing-hash`,
/// `resolve/unset-variable`; all faults of the file are in the diagnostics.
Result<Selection> select_from_pipfile_lock(std::string_view text, const std::string& file,
                                           const SelectionRequest& request);

/// What differs between the Pipfile and its lock, for people; nothing when they agree or one of
/// them cannot be read.
std::optional<std::string> find_pipfile_staleness(std::string_view pipfile, std::string_view lock);

/// The normalized names of `[packages]`, sorted; none if the text is not valid.
std::vector<std::string> pipfile_names(std::string_view pipfile);

}  // namespace pycontainer::resolve
