// argv to the command line or the language server. The only place with signal handling and other
// globals of the process.

#include "base/environment.hpp"
#include "cli/cli.hpp"
#include "lsp/server.hpp"

#include <array>
#include <clocale>
#include <cstdio>
#include <exception>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stop_token>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

/// Ctrl-C and SIGTERM: the first asks everything to stop, the second ends the process.
class SignalWatch {
public:
    SignalWatch() {
        ::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGTERM);
        sigaddset(&signals_, SIGUSR1);  // our own: the end of the watch
        ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
        thread_ = std::jthread([this] { watch(); });
    }
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;
    ~SignalWatch() { ::pthread_kill(thread_.native_handle(), SIGUSR1); }

    std::stop_token token() const { return stop_.get_token(); }

private:
    void watch() {
        for (int signal = 0; ::sigwait(&signals_, &signal) == 0 && signal != SIGUSR1;)
            if (!stop_.request_stop()) ::_exit(130);
    }

    sigset_t signals_{};
    std::stop_source stop_;
    std::jthread thread_;
};

/// The CPUs this process may use, which is what containers and `taskset` limit.
unsigned usable_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<unsigned>(CPU_COUNT(&set));
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::setlocale(
            LC_ALL,
            "C.UTF-8");  // libarchive converts names by it; nothing else may depend on the user's
        const std::vector<std::string> arguments(argv + 1, argv + argc);
        const auto environment = pycontainer::Environment::of_process();
        const SignalWatch signals;
        const pycontainer::cli::Surroundings surroundings{
            .environment = environment,
            .stop = signals.token(),
            .stderr_is_terminal = ::isatty(STDERR_FILENO) == 1,
            .concurrency = usable_cpus(),
            .language_server =
                [&](const pycontainer::cli::ServerLimits& limits) {
                    return pycontainer::lsp::serve(
                        STDIN_FILENO, STDOUT_FILENO,
                        {environment, usable_cpus(), limits.no_exec, limits.no_network},
                        signals.token());
                },
        };
        return pycontainer::cli::run(arguments, surroundings);
    } catch (const std::exception& error) {
        std::fprintf(stderr,
                     "error[internal/unexpected]: an unexpected fault occurred: %s\n  hint: this "
                     "is a bug in pycontainer; please report it\n",
                     error.what());
        return 1;
    }
}
