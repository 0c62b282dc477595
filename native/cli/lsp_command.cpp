#include "cli/commands.hpp"

#include <CLI/CLI.hpp>

namespace pycontainer::cli {

Command add_lsp_command(CLI::App& app) {
    auto* parser =
        app.add_subcommand("lsp", "Serve an editor: the language server, on stdin and stdout");
    parser->allow_extras();  // clients add flags of their own, such as --stdio
    auto limits = std::make_shared<ServerLimits>();
    parser->add_flag("--no-exec", limits->no_exec,
                     "Refuse to build, push and plan: for folders that are not trusted");
    parser->add_flag(
        "--no-network", limits->no_network,
        "Ask no registry and no index; builds are made offline, and nothing is pushed");
    return {parser, [limits](const Surroundings& surroundings) {
                return surroundings.language_server(*limits);
            }};
}

}  // namespace pycontainer::cli
