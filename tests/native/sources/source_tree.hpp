#pragma once

// Source trees in memory from one string: `//- path` lines start files, `+x` at their end makes
// them executable.

#include "base/strings.hpp"
#include "sources/distribution.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::testing {

inline sources::Tree source_tree(std::string_view text) {
    std::vector<sources::TreeFile> files;
    for (const auto line : split_lines(text)) {
        if (line.starts_with("//- ")) {
            auto path = line.substr(4);
            const bool executable = path.ends_with(" +x");
            if (executable) path.remove_suffix(3);
            files.push_back({std::string(path), executable, std::string()});
        } else if (!files.empty()) {
            std::get<std::string>(files.back().content) += std::string(line) + "\n";
        }
    }
    return sources::Tree(std::move(files));
}

/// What a wheel would hold besides METADATA, WHEEL and entry_points.txt, or the error.
inline std::string wheel_paths(std::string_view text) {
    const auto distribution = sources::read_distribution(source_tree(text));
    if (!distribution)
        return "error[" + distribution.error().code + "]: " + distribution.error().message;
    std::string paths;
    for (const auto& file : distribution->files) {
        if (file.path.ends_with(".dist-info/METADATA") || file.path.ends_with(".dist-info/WHEEL") ||
            file.path.ends_with(".dist-info/entry_points.txt"))
            continue;
        paths += (paths.empty() ? "" : " ") + file.path;
    }
    return paths;
}

inline void check_wheel(const std::string& text, std::string_view paths) {
    SCOPED_TRACE(text);
    EXPECT_EQ(wheel_paths(text), paths);
}

/// The error has the code `sources/needs-build` and says `why`.
inline void check_needs_build(const std::string& text, std::string_view why) {
    SCOPED_TRACE(text);
    EXPECT_ERROR(sources::read_distribution(source_tree(text)), "sources/needs-build", why);
}

inline std::string metadata_of(std::string_view text) {
    const auto metadata = sources::read_metadata(source_tree(text));
    return metadata ? sources::metadata_text(*metadata)
                    : "error[" + metadata.error().code + "]: " + metadata.error().message;
}

inline std::string version_in(const std::string& text, const sources::VersionHints& hints = {}) {
    const auto metadata = sources::read_metadata(source_tree(text), hints);
    return metadata ? metadata->version : metadata.error().code;
}

}  // namespace pycontainer::testing
