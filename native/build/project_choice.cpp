#include "build/project_choice.hpp"

#include "project/workspace.hpp"

namespace pycontainer::build {

Result<ProjectChoice> choose_project(const Environment& environment, const BuildRequest& request) {
    ProjectChoice choice{.directory = request.project_directory, .settings = {}};
    config::LoadRequest load{.project_directory = request.project_directory,
                             .config_file = request.config_file,
                             .overrides = request.overrides};
    PYC_TRY_ASSIGN(choice.settings, config::load(environment, load));
    const auto package = choice.settings.config.package;
    if (!package || has_errors(choice.settings.diagnostics)) return choice;

    PYC_TRY_ASSIGN(const auto directory, project::find_member(request.project_directory,
                                                              choice.settings.pyproject, *package));
    std::error_code error;
    if (std::filesystem::equivalent(directory, request.project_directory, error)) return choice;
    auto origin = choice.settings.config.origins["build.package"];
    choice.directory = directory;
    load.project_directory = directory;
    load.workspace_directory = request.project_directory;
    PYC_TRY_ASSIGN(choice.settings, config::load(environment, load));
    // What a member says of this key is for builds that start there.
    choice.settings.config.package = package;
    choice.settings.config.origins["build.package"] = std::move(origin);
    return choice;
}

}  // namespace pycontainer::build
