#include "lsp/parent.hpp"

#include <cerrno>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pycontainer::lsp {
namespace {

/// Linux 5.3; -1 where it does not exist.
int open_process(pid_t id) {
#ifdef SYS_pidfd_open
    return static_cast<int>(::syscall(SYS_pidfd_open, id, 0U));
#else
    static_cast<void>(id);
    return -1;
#endif
}

}  // namespace

Parent::Parent(pid_t id) : id_(id) {
    if (id_ <= 0) return;
    if (const int descriptor = open_process(id_); descriptor >= 0)
        handle_ = FileDescriptor(descriptor);
}

bool Parent::is_gone() const {
    if (id_ <= 0) return false;
    if (handle_.is_open()) {
        pollfd polled{handle_.value(), POLLIN, 0};
        return ::poll(&polled, 1, 0) > 0;
    }
    return ::kill(id_, 0) != 0 && errno == ESRCH;
}

}  // namespace pycontainer::lsp
