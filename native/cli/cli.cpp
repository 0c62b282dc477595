#include "cli/cli.hpp"

#include "base/strings.hpp"
#include "base/version.hpp"
#include "cli/commands.hpp"

#include <CLI/CLI.hpp>

#include <vector>

namespace pycontainer::cli {
namespace {

ProgressStyle style_of(const CommonFlags& flags, bool terminal) {
    if (flags.progress == "json") return ProgressStyle::JsonLines;
    if (flags.progress == "plain") return ProgressStyle::Plain;
    if (flags.progress == "tty") return ProgressStyle::Terminal;
    return terminal ? ProgressStyle::Terminal : ProgressStyle::Plain;
}

bool wants_json(std::span<const std::string> arguments) {
    return std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
}

/// The innermost command that was named; the program itself when there is none.
const CLI::App& chosen_command(const CLI::App& app) {
    const CLI::App* chosen = &app;
    for (auto below = chosen->get_subcommands(); !below.empty(); below = chosen->get_subcommands())
        chosen = below.front();
    return *chosen;
}

/// The words that name no command where one was expected: `biuld`, `cache inof`.
std::optional<std::string> unknown_command(const CLI::App& app,
                                           std::span<const std::string> arguments) {
    const auto& chosen = chosen_command(app);
    if (chosen.get_subcommands({}).empty()) return std::nullopt;
    auto at = arguments.begin();
    std::string words;
    if (&chosen != &app) {
        at = std::find(at, arguments.end(), chosen.get_name());
        if (at == arguments.end()) return std::nullopt;
        words = chosen.get_name() + " ";
        ++at;
        at = std::find_if(at, arguments.end(),
                          [](const std::string& word) { return !word.starts_with('-'); });
    }
    if (at == arguments.end() || at->starts_with('-')) return std::nullopt;
    return words + printable(*at, 60);
}

/// For an unknown flag or command: the one that was meant.
std::string suggestion(const CLI::App& app, std::span<const std::string> arguments) {
    const CLI::App* chosen = &chosen_command(app);
    std::vector<std::string> known;
    for (const auto* command : chosen->get_subcommands({})) known.push_back(command->get_name());
    std::vector<std::string> flags;
    for (const auto* option : chosen->get_options())
        for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
    for (const auto& argument : arguments) {
        const auto name = argument.substr(0, argument.find('='));
        const auto& candidates = name.starts_with("--") ? flags : known;
        if (std::find(candidates.begin(), candidates.end(), name) != candidates.end()) continue;
        if (const auto match = closest_match(name, candidates))
            return fmt::format("did you mean `{}`?", *match);
    }
    std::string names;
    for (const auto* command = chosen; command != &app; command = command->get_parent())
        names.insert(0, command->get_name() + " ");
    return fmt::format("see `pycontainer {}--help`", names);
}

}  // namespace

void add_common_flags(CLI::App& command, CommonFlags& flags) {
    command.add_flag("--json", flags.json, "Print the answer as one JSON object");
    command.add_flag("-v,--verbose", flags.verbose, "Say more about what is done");
    command.add_flag("-q,--quiet", flags.quiet, "Show warnings and errors only");
    command
        .add_option("--progress", flags.progress,
                    "How progress is shown: auto, tty, plain or json (lines on stderr)")
        ->check(CLI::IsMember({"auto", "tty", "plain", "json"}))
        ->type_name("STYLE");
}

void add_cache_flag(CLI::App& command, std::optional<std::filesystem::path>& directory) {
    const auto read = [&directory](const std::string& text) {
        if (!text.empty()) directory = std::filesystem::absolute(text);
    };
    command
        .add_option_function<std::string>(
            "--cache-dir", read, "Directory of the cache (default: $XDG_CACHE_HOME/pycontainer)")
        ->type_name("DIR");
}

Result<std::map<std::string, std::string>> read_pairs(const std::vector<std::string>& texts,
                                                      std::string_view flag) {
    std::map<std::string, std::string> values;
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail("usage/invalid", "`{} {}` is not NAME=VALUE", flag, printable(text, 100));
        values[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return values;
}

int refuse(const CommonFlags& flags, const Error& error) {
    if (flags.json)
        print_answer(dump_json(to_json(error)) + "\n");
    else
        print_note(describe(error));
    return static_cast<int>(Exit::Usage);
}

int answer(const Surroundings& surroundings, const CommonFlags& flags,
           const std::function<Result<Json>(const exec::Context&)>& action,
           const std::function<std::string(const Json&)>& describe_answer) {
    auto sink = make_progress(style_of(flags, surroundings.stderr_is_terminal),
                              {flags.verbose, flags.quiet});
    const exec::Context ctx(surroundings.stop, *sink, surroundings.environment,
                            surroundings.concurrency);
    const auto result = action(ctx);
    sink.reset();
    if (result) {
        const bool printed = print_answer(flags.json ? dump_json(*result) + "\n"
                                          : flags.quiet && result->contains("digest")
                                              ? string_member(*result, "digest").value_or("") + "\n"
                                              : describe_answer(*result));
        return static_cast<int>(printed ? Exit::Done : Exit::Failed);
    }
    if (flags.json) print_answer(dump_json(to_json(result.error())) + "\n");
    if (!flags.json || flags.verbose)
        print_note(result.error().is_cancelled() ? "cancelled; nothing half-written was left\n"
                                                 : describe(result.error()));
    return static_cast<int>(exit_code(result.error()));
}

int run(std::span<const std::string> arguments, const Surroundings& surroundings) {
    // What is not UTF-8 could not be written into a configuration or an answer as it is.
    for (const auto& argument : arguments)
        if (!is_valid_utf8(argument))
            return refuse({}, fail("usage/invalid", "the argument `{}` is not valid UTF-8",
                                   printable(argument, 80))
                                  .take());
    CLI::App app("OCI container images of Python projects, without Docker", "pycontainer");
    app.set_version_flag("--version", fmt::format("pycontainer {}", kVersion));
    app.require_subcommand(1);
    app.failure_message([](const CLI::App*, const CLI::Error&) { return std::string(); });
    std::vector<Command> commands = {
        add_build_command(app),   add_push_command(app),   add_plan_command(app),
        add_lock_command(app),    add_check_command(app),  add_init_command(app),
        add_inspect_command(app), add_load_command(app),   add_rebase_command(app),
        add_attach_command(app),  add_login_command(app),  add_logout_command(app),
        add_schema_command(app),  add_explain_command(app)};
    for (auto& command : add_cache_commands(app, arguments)) commands.push_back(std::move(command));
    commands.push_back(add_lsp_command(app));

    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        print_answer(chosen_command(app).help());
        return static_cast<int>(Exit::Done);
    } catch (const CLI::CallForVersion&) {
        print_answer(fmt::format("pycontainer {}\n", kVersion));
        return static_cast<int>(Exit::Done);
    } catch (const CLI::ParseError& error) {
        if (arguments.empty()) {
            print_note(app.help());
            return static_cast<int>(Exit::Usage);
        }
        CommonFlags flags;
        flags.json = wants_json(arguments);
        std::string message = error.what();
        while (message.ends_with('.')) message.pop_back();
        Error usage;
        usage.code = "usage/invalid";
        usage.message = message;
        if (const auto unknown = unknown_command(app, arguments))
            usage.message = fmt::format("there is no command `{}`", *unknown);
        usage.hint = suggestion(app, arguments);
        return refuse(flags, usage);
    }
    for (const auto& command : commands)
        if (command.parser->parsed()) return command.run(surroundings);
    return static_cast<int>(Exit::Usage);
}

}  // namespace pycontainer::cli
