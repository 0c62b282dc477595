#include "cli/commands.hpp"

#include <CLI/CLI.hpp>

namespace pycontainer::cli {
namespace {

struct CheckFlags {
    CommonFlags common;
    std::string context, config;
};

std::string describe_check(const Json& report) {
    std::string text;
    std::map<std::string, int> counts;
    for (const auto& item : report["diagnostics"]) {
        const auto& start = item["range"]["start"];
        const auto severity = item["severity"].get<std::string>();
        ++counts[severity];
        text += fmt::format("{}:{}:{}: {}[{}]: {}\n", item["file"].get<std::string>(),
                            start["line"].get<unsigned>() + 1,
                            start["character"].get<unsigned>() + 1, severity,
                            item["code"].get<std::string>(), item["message"].get<std::string>());
        if (const auto hint = string_member(item, "hint"))
            text += fmt::format("  hint: {}\n", *hint);
    }
    const auto count = [&](const std::string& severity) {
        return counts[severity] == 1 ? "1 " + severity
                                     : fmt::format("{} {}s", counts[severity], severity);
    };
    return text + (counts.empty() ? "no problems found\n"
                                  : fmt::format("{}, {}\n", count("error"), count("warning")));
}

}  // namespace

Command add_check_command(CLI::App& app) {
    auto* parser = app.add_subcommand("check", "Check pycontainer.toml and pyproject.toml");
    auto flags = std::make_shared<CheckFlags>();
    parser
        ->add_option("--context,-C", flags->context,
                     "The project's directory (default: the current one)")
        ->type_name("DIR");
    parser
        ->add_option("--config", flags->config,
                     "The configuration to check instead of the project's pycontainer.toml")
        ->type_name("FILE");
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                service::CheckRequest request;
                request.project_directory = flags->context.empty() ? "." : flags->context;
                if (!flags->config.empty()) request.config_file = flags->config;
                bool errors = false;
                const service::Service service;
                const int code = answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) -> Result<Json> {
                        PYC_TRY_ASSIGN(const auto diagnostics, service.check(ctx, request));
                        errors = has_errors(diagnostics);
                        Json report{{"format_version", 1}, {"diagnostics", Json::array()}};
                        for (const auto& diagnostic : diagnostics)
                            report["diagnostics"].push_back(to_json(diagnostic));
                        return report;
                    },
                    describe_check);
                return code == 0 && errors ? static_cast<int>(Exit::Configuration) : code;
            }};
}

}  // namespace pycontainer::cli
