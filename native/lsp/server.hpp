#pragma once

// The language server: an editor's window onto `service`. Knows LSP and nothing else does.
//
// One thread reads and owns documents and request table; builds, pushes and plans run on threads of
// their own and answer when they are done. Nothing but the transport writes to the output.

#include "base/environment.hpp"

#include <stop_token>

namespace pycontainer::lsp {

/// Serves until `exit`, the end of the input, the parent's end or a stop. Returns the process's
/// exit code: 0 after `shutdown`, else 1.
int serve(int in, int out, const Environment& environment, unsigned concurrency,
          std::stop_token stop);

}  // namespace pycontainer::lsp
