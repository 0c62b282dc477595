#pragma once

// One function a command: adds it to the parser and returns what runs it. Private to this module.

#include "cli/cli.hpp"
#include "cli/render.hpp"
#include "service/service.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace pycontainer::cli {

/// Flags that every command has.
struct CommonFlags {
    bool json = false;
    bool verbose = false;
    bool quiet = false;
    std::string progress = "auto";
};

struct Command {
    CLI::App* parser = nullptr;
    std::function<int(const Surroundings&)> run;
};

Command add_build_command(CLI::App& app);
Command add_plan_command(CLI::App& app);
Command add_lock_command(CLI::App& app);
Command add_push_command(CLI::App& app);
Command add_check_command(CLI::App& app);
Command add_inspect_command(CLI::App& app);
Command add_load_command(CLI::App& app);
Command add_rebase_command(CLI::App& app);
Command add_attach_command(CLI::App& app);
Command add_login_command(CLI::App& app);
Command add_logout_command(CLI::App& app);
Command add_init_command(CLI::App& app);
Command add_schema_command(CLI::App& app);
Command add_explain_command(CLI::App& app);
/// The language server. `run` serves until it ends.
Command add_lsp_command(CLI::App& app);
/// `cache` is a group: one command each of `info`, `prune` and `clear`, which are only added when
/// the arguments begin with it. A command takes 30 µs to add, and an unchanged build 2 ms.
std::vector<Command> add_cache_commands(CLI::App& app, std::span<const std::string> arguments);

void add_common_flags(CLI::App& command, CommonFlags& flags);
/// `--cache-dir`, as an absolute path; an empty one counts as none.
void add_cache_flag(CLI::App& command, std::optional<std::filesystem::path>& directory);
/// `NAME=VALUE` as given with `flag`; the last value of a name counts. Errors: `usage/invalid`.
Result<std::map<std::string, std::string>> read_pairs(const std::vector<std::string>& texts,
                                                      std::string_view flag);

/// Runs `action` with progress shown as the flags say, prints its answer by `describe`, or its
/// error; returns the exit code.
int answer(const Surroundings& surroundings, const CommonFlags& flags,
           const std::function<Result<Json>(const exec::Context&)>& action,
           const std::function<std::string(const Json&)>& describe);

/// The same for an error met before there was anything to run: exit code 2.
int refuse(const CommonFlags& flags, const Error& error);

}  // namespace pycontainer::cli
