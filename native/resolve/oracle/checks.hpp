#pragma once

// One line of an oracle's file: what a reference tool said about an input. A check repeats the
// question to our code.

#include "base/json.hpp"
#include "packaging/marker.hpp"
#include "packaging/tags.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::oracle {

/// What lines of a file may refer to: earlier lines, and the projects beside the file.
struct State {
    std::filesystem::path projects;
    std::map<std::string, packaging::MarkerEnvironment> environments;
    std::map<std::string, std::vector<std::string>> files;
    std::map<std::string, packaging::TagSet> tag_sets;
};

enum class Outcome { Passed, Failed, Skipped };
struct Checked {
    Outcome outcome = Outcome::Skipped;
    std::string difference;
};

inline Checked passed() {
    return {Outcome::Passed, {}};
}
inline Checked failed(std::string difference) {
    return {Outcome::Failed, std::move(difference)};
}
inline Checked skipped() {
    return {};
}
Checked equal(const Json& ours, const Json& theirs);

/// pep440.jsonl, pep508.jsonl and tags.jsonl.
Checked check_packaging(const Json& line, State& state);
/// uvlock_select.jsonl and reqtxt.jsonl.
Checked check_locks(const Json& line, State& state);
/// pylock_select.jsonl and dependency_groups.jsonl.
Checked check_flat_locks(const Json& line, State& state);

/// `glibc-2.36-x86_64/cp312`, with the full version of Python if it is known.
std::optional<packaging::TargetEnvironment> parse_target(std::string_view text,
                                                         std::string_view full_version = {});

}  // namespace pycontainer::oracle
