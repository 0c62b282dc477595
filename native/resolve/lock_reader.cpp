#include "resolve/lock_reader.hpp"

#include "resolve/pdm_lock.hpp"
#include "resolve/pipfile_lock.hpp"
#include "resolve/poetry_lock.hpp"
#include "resolve/pylock.hpp"

#include <algorithm>
#include <iterator>

namespace pycontainer::resolve {
namespace {

struct Entry {
    std::string_view kind;
    LockReader reader;
};

constexpr Entry kReaders[] = {
    {"pylock.toml", select_from_pylock},
    {"poetry.lock", select_from_poetry_lock},
    {"pdm.lock", select_from_pdm_lock},
    {"Pipfile.lock", select_from_pipfile_lock},
};

}  // namespace

LockReader find_lock_reader(std::string_view kind) {
    const auto* found = std::find_if(std::begin(kReaders), std::end(kReaders),
                                     [&](const Entry& entry) { return entry.kind == kind; });
    return found == std::end(kReaders) ? nullptr : found->reader;
}

}  // namespace pycontainer::resolve
