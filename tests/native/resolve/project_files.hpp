#pragma once

// A project on disk, written from one text: `//- path` starts a file.

#include "base/file.hpp"
#include "base/strings.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace pycontainer::testing {

class ProjectFiles {
public:
    explicit ProjectFiles(std::string_view files)
        : directory_(*TemporaryDirectory::create(std::filesystem::temp_directory_path(),
                                                 "pycontainer-test-")) {
        std::string path;
        std::string content;
        const auto finish = [&] {
            if (!path.empty())
                ignore(write_file(directory_.path() / path,
                                  content));  // a missing file fails the test soon enough
            content.clear();
        };
        for (const auto line : split_lines(files)) {
            if (line.starts_with("//- ")) {
                finish();
                path = line.substr(4);
            } else {
                content += std::string(line) + "\n";
            }
        }
        finish();
    }

    const std::filesystem::path& path() const { return directory_.path(); }

private:
    TemporaryDirectory directory_;
};

}  // namespace pycontainer::testing
