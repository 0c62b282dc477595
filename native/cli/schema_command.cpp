#include "cli/commands.hpp"

#include <CLI/CLI.hpp>

namespace pycontainer::cli {
namespace {

/// The answer of a command whose text is the same with and without `--json`.
std::string text_of(const Json& answer) {
    return string_member(answer, "text").value_or("");
}

}  // namespace

Command add_schema_command(CLI::App& app) {
    auto* parser = app.add_subcommand(
        "schema", "Print the JSON Schema of pycontainer.toml and [tool.pycontainer]");
    return {parser, [](const Surroundings&) {
                return static_cast<int>(print_answer(service::Service::configuration_schema())
                                            ? Exit::Done
                                            : Exit::Failed);
            }};
}

Command add_explain_command(CLI::App& app) {
    auto* parser = app.add_subcommand("explain", "Explain the code of an error or warning");
    auto code = std::make_shared<std::string>();
    auto flags = std::make_shared<CommonFlags>();
    parser->add_option("CODE", *code, "The code, such as config/unknown-key")->required();
    add_common_flags(*parser, *flags);
    return {parser, [code, flags](const Surroundings& surroundings) {
                const auto page = service::Service::explain(*code);
                if (!page) return refuse(*flags, page.error());
                return answer(
                    surroundings, *flags,
                    [&](const exec::Context&) -> Result<Json> {
                        return Json{{"format_version", 1}, {"code", *code}, {"text", *page}};
                    },
                    text_of);
            }};
}

Command add_init_command(CLI::App& app) {
    struct InitFlags {
        CommonFlags common;
        std::string context;
        bool dry_run = false;
    };
    auto* parser = app.add_subcommand("init", "Write a first pycontainer.toml for the project");
    auto flags = std::make_shared<InitFlags>();
    parser
        ->add_option("--context,-C", flags->context,
                     "The project's directory (default: the current one)")
        ->type_name("DIR");
    parser->add_flag("--dry-run", flags->dry_run, "Print the file instead of writing it");
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                const service::InitRequest request{flags->context.empty() ? "." : flags->context,
                                                   flags->dry_run};
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.init(ctx, request); },
                    [](const Json& result) {
                        return result["written"].get<bool>()
                                   ? fmt::format("wrote {}\n", result["path"].get<std::string>())
                                   : text_of(result);
                    });
            }};
}

}  // namespace pycontainer::cli
