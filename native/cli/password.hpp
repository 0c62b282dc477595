#pragma once

// Passwords on their way in: from standard input, or typed at the terminal without being shown.
// Never from an argument, which every process of the machine can read. Private to this module.

#include "base/result.hpp"
#include "service/service.hpp"

#include <stop_token>
#include <string>

namespace CLI {
class App;
}

namespace pycontainer::cli {

/// `--registry-username` and `--registry-password-stdin` of the commands that push.
struct RegistryLoginFlags {
    std::string username;
    bool password_stdin = false;
};

void add_registry_login_flags(CLI::App& command, RegistryLoginFlags& flags);
/// Reads the password if one is announced. Errors: `usage/invalid`.
Result<build::Access> read_access(const RegistryLoginFlags& flags);

/// One line, or what there is without one. Errors: `usage/invalid` when that is nothing, too much
/// or has control characters.
Result<std::string> password_from_stdin();
/// Errors: `usage/no-terminal`, `cancelled`, and as above.
Result<std::string> password_from_terminal(const std::string& prompt, const std::stop_token& stop);

}  // namespace pycontainer::cli
