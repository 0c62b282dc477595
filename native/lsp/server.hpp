#pragma once

// The language server: an editor's window onto `intellisense` and `service`. Knows LSP and nothing
// else does.
//
// One thread reads, owns the documents and never works; one answers questions about texts, in their
// order; one looks at projects, one answers about the whole workspace; builds, pushes and plans run
// on threads of their own. Nothing but the transport writes to the output, on its own thread.

#include "base/environment.hpp"

#include <stop_token>

namespace pycontainer::lsp {

struct ServerOptions {
    const Environment& environment;
    unsigned concurrency = 1;
    /// Nothing is built, planned or pushed, and no program of the machine is run.
    bool no_exec = false;
    bool no_network =
        false;  ///< no server of a network is asked, whatever the client's settings say
};

/// Serves until `exit`, the end of the input, the parent's end or a stop. Returns the process's
/// exit code: 0 after `shutdown`, else 1.
int serve(int in, int out, const ServerOptions& options, std::stop_token stop);

}  // namespace pycontainer::lsp
