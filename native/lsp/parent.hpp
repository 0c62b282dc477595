#pragma once

// Whether the process that started the server is still there: a server whose editor was killed ends
// too (LSP 3.17, "Initialize Request", `processId`).

#include "base/file.hpp"

#include <sys/types.h>

namespace pycontainer::lsp {

/// One thread at a time.
class Parent {
public:
    /// Zero: nobody is watched.
    explicit Parent(pid_t id = 0);
    /// True when it has ended, even if nobody has collected it yet.
    bool is_gone() const;

private:
    pid_t id_;
    /// Stays the same process when its number is given to another one. Invalid on old kernels.
    FileDescriptor handle_;
};

}  // namespace pycontainer::lsp
