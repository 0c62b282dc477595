#pragma once

// A fixture project, scanned and with its pyproject.toml parsed, for tests of what detection finds
// in it.

#include "project_fixture.hpp"

#include "project/detect.hpp"
#include "support/test_context.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::testing {

class DetectedProject {
public:
    explicit DetectedProject(std::string_view text) : files_(text) {
        const TestContext context;
        auto tree = project::scan_sources(context.ctx, {.directory = files_.path()});
        if (!tree) throw std::runtime_error(tree.error().message);
        tree_ = std::move(*tree);
        const auto pyproject = read_file(files_.path() / "pyproject.toml");
        if (pyproject) document_ = toml::parse(*pyproject, "pyproject.toml");
    }

    const std::filesystem::path& path() const { return files_.path(); }
    const project::SourceTree& tree() const { return tree_; }
    project::SourceView sources() const { return {path(), tree_}; }
    project::Pyproject pyproject() const { return project::Pyproject(document_.value, &document_); }
    project::DetectRequest request(std::vector<std::string> dependencies = {},
                                   std::vector<std::string> installed = {}) const {
        return {.directory = path(),
                .pyproject = document_.value,
                .pyproject_document = &document_,
                .sources = tree_,
                .dependency_names = std::move(dependencies),
                .installed_names = std::move(installed)};
    }

private:
    ProjectFixture files_;
    project::SourceTree tree_;
    toml::Document document_;
};

inline std::string joined(const std::vector<std::string>& words) {
    return join(words, " ");
}

inline std::vector<std::string> codes(const std::vector<project::Warning>& warnings) {
    std::vector<std::string> result;
    for (const auto& warning : warnings) result.push_back(warning.code);
    return result;
}

}  // namespace pycontainer::testing
