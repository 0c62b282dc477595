#pragma once

// How events, answers and errors look: on a terminal, as plain lines, as JSON. The only writers of
// stdout and stderr in this program besides the language server's transport.

#include "base/json.hpp"
#include "base/result.hpp"
#include "cli/cli.hpp"
#include "exec/events.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace pycontainer::cli {

enum class ProgressStyle { Terminal, Plain, JsonLines, None };

struct Verbosity {
    bool verbose = false;
    bool quiet = false;
};

/// A sink that shows events on stderr. Its destructor leaves the terminal clean.
std::unique_ptr<exec::EventSink> make_progress(ProgressStyle style, Verbosity verbosity);

/// The answer, on stdout. False: it could not be written, and stderr says so.
bool print_answer(std::string_view text);
/// A line for people, on stderr.
void print_note(std::string_view text);

/// `  name       value`, for lists below a headline; nothing where there is no value.
std::string line(std::string_view name, std::string_view value);
/// What a push has moved.
std::string blobs_line(const Json& result);

std::string describe_build(const Json& result);
std::string describe_lock(const Json& result);
std::string describe_plan(const Json& plan);
std::string describe_push(const Json& result);

/// `error[code]: message`, what was being done, the diagnostics and the hint.
std::string describe(const Error& error);
/// What `--json` prints in place of the answer.
Json to_json(const Error& error);
Json to_json(const Diagnostic& diagnostic);

Exit exit_code(const Error& error);

}  // namespace pycontainer::cli
