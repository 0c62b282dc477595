#pragma once

// The locks that are read as one text, each by a function of its own: all that the choice of a lock
// and the resolution need to know of them.

#include "base/result.hpp"
#include "resolve/selection.hpp"

#include <string>
#include <string_view>

namespace pycontainer::resolve {

/// `file` is what diagnostics call the text.
using LockReader = Result<Selection> (*)(std::string_view text, const std::string& file,
                                         const SelectionRequest& request);

/// The reader of a kind (`LockChoice::kind`); null for those that are read otherwise or not at all.
LockReader find_lock_reader(std::string_view kind);

}  // namespace pycontainer::resolve
