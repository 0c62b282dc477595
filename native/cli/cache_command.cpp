#include "base/strings.hpp"
#include "cli/commands.hpp"

#include <CLI/CLI.hpp>

namespace pycontainer::cli {
namespace {

struct CacheFlags {
    CommonFlags common;
    std::optional<std::filesystem::path> directory;
    std::string max_size, max_age;
};

std::string entries(std::uint64_t count) {
    return count == 1 ? "1 entry" : fmt::format("{} entries", count);
}

std::string describe_info(const Json& info) {
    const auto row = [](std::string_view name, std::uint64_t size, std::string_view rest) {
        return fmt::format("  {:<13} {:>9}  {}\n", name, format_size(size), rest);
    };
    auto text = info["path"].get<std::string>() + "\n";
    for (const auto& kind : info["kinds"]) {
        const auto count = kind["count"].get<std::uint64_t>();
        text += row(kind["kind"].get<std::string>(), kind["size"].get<std::uint64_t>(),
                    count == 1 ? "1 file" : fmt::format("{} files", count));
    }
    const auto limit = unsigned_member(info, "limit");
    text += row("total", info["size"].get<std::uint64_t>(),
                limit ? "of " + format_size(*limit) : std::string("no limit"));
    if (const auto oldest = string_member(info, "oldest_use")) text += line("oldest use", *oldest);
    return text;
}

std::string describe_removal(const Json& report) {
    auto text =
        fmt::format("Removed {} ({})\n", entries(report["removed"]["count"].get<std::uint64_t>()),
                    format_size(report["removed"]["size"].get<std::uint64_t>()));
    const auto row = [&](std::string_view name, const std::string& value) {
        text += line(name, value);
    };
    if (const auto shared = report["shared_size"].get<std::uint64_t>(); shared > 0)
        row("still on disk", format_size(shared) + ", in images that were built of it");
    row("left", fmt::format("{} ({})", entries(report["left"]["count"].get<std::uint64_t>()),
                            format_size(report["left"]["size"].get<std::uint64_t>())));
    if (const auto needed = report["needed"].get<std::uint64_t>(); needed > 0)
        row("kept", entries(needed) + " that running builds may need");
    return text;
}

std::shared_ptr<CacheFlags> add_flags(CLI::App& command) {
    auto flags = std::make_shared<CacheFlags>();
    add_cache_flag(command, flags->directory);
    return flags;
}

Command add_info_command(CLI::App& cache) {
    auto* parser = cache.add_subcommand("info", "Show what the cache holds");
    auto flags = add_flags(*parser);
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) {
                        return service.cache_info(ctx, {flags->directory});
                    },
                    describe_info);
            }};
}

Command add_prune_command(CLI::App& cache) {
    auto* parser = cache.add_subcommand(
        "prune", "Remove what was not used for long; what running builds need stays");
    auto flags = add_flags(*parser);
    parser
        ->add_option("--max-size", flags->max_size,
                     "Leave at most so much, such as 10G (default: $PYCONTAINER_CACHE_SIZE, or "
                     "20 GB)")
        ->type_name("SIZE");
    parser->add_option("--max-age", flags->max_age, "Remove what was not used for so many days")
        ->type_name("DAYS");
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                const auto request = service::Service::read_prune_request(
                    flags->directory, flags->max_size, flags->max_age);
                if (!request) return refuse(flags->common, request.error());
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) { return service.cache_prune(ctx, *request); },
                    describe_removal);
            }};
}

Command add_clear_command(CLI::App& cache) {
    auto* parser =
        cache.add_subcommand("clear", "Remove everything; refused while a build is running");
    auto flags = add_flags(*parser);
    add_common_flags(*parser, flags->common);
    return {parser, [flags](const Surroundings& surroundings) {
                const service::Service service;
                return answer(
                    surroundings, flags->common,
                    [&](const exec::Context& ctx) {
                        return service.cache_clear(ctx, {flags->directory});
                    },
                    describe_removal);
            }};
}

}  // namespace

std::vector<Command> add_cache_commands(CLI::App& app, std::span<const std::string> arguments) {
    auto* cache = app.add_subcommand("cache", "Show, prune or clear what builds have cached");
    if (arguments.empty() || arguments.front() != cache->get_name()) return {};
    cache->require_subcommand(1);
    return {add_info_command(*cache), add_prune_command(*cache), add_clear_command(*cache)};
}

}  // namespace pycontainer::cli
