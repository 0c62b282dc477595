#pragma once

// Which ports a given command line listens on.

#include "project/fact.hpp"
#include "project/warning.hpp"

#include <span>
#include <string>
#include <vector>

namespace pycontainer::project {

struct ListeningPorts {
    std::vector<Fact<unsigned>> ports;  ///< without repetitions, in the order of the command
    std::vector<Warning> warnings;      ///< a server that listens on the loopback interface only
};

/// From `--port N`, `-p N`, `--bind HOST:N`, `-b`, `--listen`, `PORT=N`, `runserver HOST:N`; for a
/// known server that names none, its default.
ListeningPorts listening_ports(std::span<const std::string> argv);

}  // namespace pycontainer::project
