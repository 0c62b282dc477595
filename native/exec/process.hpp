#pragma once

// Other programs, run without a shell: arguments as a list, input and output captured with a limit,
// stopped with the context.

#include "base/result.hpp"
#include "exec/context.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::exec {

struct ProcessRequest {
    std::vector<std::string> command;  ///< the first is a program's name (searched on PATH) or path
    std::filesystem::path directory;   ///< empty: the current one
    std::string input;
    std::chrono::milliseconds timeout{120'000};
    std::size_t output_limit = 64U << 20U;
};

struct ProcessOutcome {
    int exit_code = 0;  ///< 128 + signal number when it was killed
    std::string output;
    std::string errors;
};

/// The absolute path of `name` on the PATH of the context's environment, if it is there and
/// executable.
std::optional<std::filesystem::path> find_program(const Environment& environment,
                                                  std::string_view name);

/// Runs to the end with the context's environment. Errors: `process/not-found`, `process/failed`
/// (could not be started, time-out, too much output), `cancelled`. A non-zero exit code is an
/// outcome, not an error.
Result<ProcessOutcome> run_process(const Context& ctx, const ProcessRequest& request);

/// What a program has printed, for messages: what stands between `://` and `@` is left out.
std::string without_userinfo(std::string_view text);

}  // namespace pycontainer::exec
