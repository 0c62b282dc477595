// pycontainer-oracle FILE.jsonl [--projects DIRECTORY]: prints where we and a reference tool
// differ, then the numbers.

#include "checks.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

namespace pycontainer::oracle {

Checked equal(const Json& ours, const Json& theirs) {
    if (ours == theirs) return passed();
    return failed(fmt::format("ours {}, theirs {}", dump_json(ours), dump_json(theirs)));
}

namespace {

struct Arguments {
    std::filesystem::path file;
    std::filesystem::path projects;
};

std::optional<Arguments> parse_arguments(const std::vector<std::string>& words) {
    Arguments arguments;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--projects" && i + 1 < words.size())
            arguments.projects = words[++i];
        else if (arguments.file.empty() && !words[i].starts_with('-'))
            arguments.file = words[i];
        else
            return std::nullopt;
    }
    if (arguments.file.empty()) return std::nullopt;
    if (arguments.projects.empty()) arguments.projects = arguments.file.parent_path() / "projects";
    // Locks of workspaces are found by the absolute path.
    std::error_code error;
    arguments.projects = std::filesystem::absolute(arguments.projects, error).lexically_normal();
    return arguments;
}

int run(const Arguments& arguments) {
    const auto content = read_file(arguments.file, 256U << 20U);
    if (!content) {
        fmt::print(stderr, "{}\n", content.error().message);
        return 2;
    }
    State state{.projects = arguments.projects, .environments = {}, .files = {}, .tag_sets = {}};
    std::size_t passed_count = 0, failed_count = 0, number = 0;
    for (const auto text : split_lines(*content)) {
        ++number;
        const auto line = parse_json(text, arguments.file.string());
        Checked checked = failed("the line is not JSON");
        if (line) {
            checked = check_packaging(*line, state);
            if (checked.outcome == Outcome::Skipped) checked = check_locks(*line, state);
            if (checked.outcome == Outcome::Skipped) checked = check_flat_locks(*line, state);
        }
        if (checked.outcome == Outcome::Passed) ++passed_count;
        if (checked.outcome != Outcome::Failed) continue;
        ++failed_count;
        fmt::print("line {}: {}\n    {}\n", number, checked.difference, text.substr(0, 300));
    }
    fmt::print("{} passed, {} failed\n", passed_count, failed_count);
    return failed_count == 0 ? 0 : 1;
}

}  // namespace
}  // namespace pycontainer::oracle

int main(int argc, char** argv) {
    const auto arguments = pycontainer::oracle::parse_arguments({argv + 1, argv + argc});
    if (!arguments) {
        fmt::print(stderr, "usage: pycontainer-oracle FILE.jsonl [--projects DIRECTORY]\n");
        return 2;
    }
    return pycontainer::oracle::run(*arguments);
}
