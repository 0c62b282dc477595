#pragma once

// A project on the disk from one text: `//- path` lines begin files.

#include "base/file.hpp"
#include "base/strings.hpp"
#include "intellisense/project_view.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

namespace pycontainer::intellisense {

class TestProject {
public:
    explicit TestProject(const std::string& files)
        : directory_(*TemporaryDirectory::create(::testing::TempDir(), "intellisense-")) {
        std::string path;
        std::string text;
        const auto write = [&] {
            if (!path.empty()) ignore(write_file(directory_.path() / path, text));  // seen below
            text.clear();
        };
        for (const auto line : split_lines(files)) {
            if (line.starts_with("//- ")) {
                write();
                path = line.substr(4);
            } else if (!path.empty()) {
                text += std::string(line) + "\n";
            }
        }
        write();
    }

    std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }

    std::shared_ptr<const ProjectView> look() {
        auto view = look_at_project(context_.ctx, {directory_.path(), std::nullopt, {}});
        EXPECT_TRUE(view) << view.error().message;
        return view ? *view : nullptr;
    }

private:
    testing::TestContext context_;
    TemporaryDirectory directory_;
};

}  // namespace pycontainer::intellisense
