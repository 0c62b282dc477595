#include "base/result.hpp"

#include <cstdio>
#include <cstdlib>

namespace pycontainer {

void assertion_failed(const char* condition, const char* file, int line) {
    std::fprintf(
        stderr,
        "pycontainer: internal error: `%s` does not hold (%s:%d); this is a bug worth reporting\n",
        condition, file, line);
    std::abort();
}

}  // namespace pycontainer
