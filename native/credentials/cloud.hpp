#pragma once

// Registries whose owners have programs and variables of their own for who the user is: GitHub,
// Azure, AWS, Google. Each is asked for its own registries' hosts only.

#include "credentials/keychain.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::credentials {

/// A program that prints a credential for a registry.
struct CloudProgram {
    enum class Kind { Github, Azure, Aws, Google };
    Kind kind = Kind::Github;
    std::vector<std::string> command;
};

/// The program for `registry`; nothing for hosts of nobody known.
std::optional<CloudProgram> cloud_program(std::string_view registry);

/// `GITHUB_TOKEN` or `GH_TOKEN`, for GitHub's registry only.
std::optional<Credential> github_token(const Environment& environment, std::string_view registry);

/// Runs the program. Nothing when it is not installed, fails or prints nothing of use: nobody has
/// asked for it; `note` says which. Errors: `cancelled`.
Result<std::optional<Credential>> ask_cloud_program(const exec::Context& ctx,
                                                    const CloudProgram& program, std::string& note);

}  // namespace pycontainer::credentials
