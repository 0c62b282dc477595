#include "resolve/lock_reader.hpp"

#include "resolve/pipfile_lock.hpp"
#include "resolve/pylock.hpp"

#include <algorithm>
#include <iterator>

namespace pycontainer::resolve {
namespace {

struct Entry {
    std::string_view kind;
    LockReader reader;
};

/// A lock of another kind is read as soon as it stands here.
constexpr Entry kReaders[] = {
    {"pylock.toml", select_from_pylock},
    {"Pipfile.lock", select_from_pipfile_lock},
};

}  // namespace

LockReader find_lock_reader(std::string_view kind) {
    const auto* found = std::find_if(std::begin(kReaders), std::end(kReaders),
                                     [&](const Entry& entry) { return entry.kind == kind; });
    return found == std::end(kReaders) ? nullptr : found->reader;
}

}  // namespace pycontainer::resolve
