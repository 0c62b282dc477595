#pragma once

// What never gets into an image, whatever the ignore files say: version control, virtual
// environments, caches, build output, secrets.
//
// Judged by name, except PEM and configuration files that may or may not hold a secret: those are
// looked into. Not on the list, on purpose: `node_modules`, editors' folders, databases – they are
// sometimes needed and belong to the ignore files.

#include "project/ignore_rules.hpp"

#include <cstdint>
#include <string_view>

namespace pycontainer::project {

enum class Exclusion : std::uint8_t {
    None,
    VersionControl,
    VirtualEnvironment,
    Cache,
    BuildOutput,
    Secret,
    SecretIfContent,  ///< a secret if `holds_secret` says so of its text
};

/// For `plan`: "version control", "secret" …
std::string_view to_string(Exclusion exclusion);

/// `parent` is the relative path of the directory that holds `name`, empty for the project's root.
Exclusion exclusion_of(std::string_view parent, std::string_view name, EntryKind kind);

/// Does the text of a file that is `SecretIfContent` hold a private key or a password?
bool holds_secret(std::string_view name, std::string_view text);

}  // namespace pycontainer::project
