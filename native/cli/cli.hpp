#pragma once

// The command line: argv to requests, answers and events to text. Everything else is behind
// `service`.

#include "base/environment.hpp"

#include <functional>
#include <span>
#include <stop_token>
#include <string>

namespace pycontainer::cli {

/// Exit codes (docs/reference/cli.md).
enum class Exit : int {
    Done = 0,
    Failed = 1,
    Usage = 2,  ///< flags and what is parsed from them
    Configuration =
        3,  ///< pyproject.toml, pycontainer.toml or a lock file has errors, or there is no project
    Cancelled = 130,
};

/// What a language server for folders that nobody trusts must not do.
struct ServerLimits {
    bool no_exec = false;
    bool no_network = false;
};

/// What the process has and the command line borrows.
struct Surroundings {
    const Environment& environment;
    std::stop_token stop;
    bool stderr_is_terminal = false;
    unsigned concurrency = 1;
    /// Runs the language server on stdin and stdout until it ends.
    std::function<int(const ServerLimits&)> language_server;
};

/// Runs one command. `arguments` are those behind the program's name.
int run(std::span<const std::string> arguments, const Surroundings& surroundings);

}  // namespace pycontainer::cli
