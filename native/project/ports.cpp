#include "project/ports.hpp"

#include "base/result.hpp"
#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace pycontainer::project {
namespace {

struct KnownServer {
    std::string_view program;
    std::string_view subcommand;  ///< must be among the arguments; empty: none needed
    unsigned port;
    bool is_loopback_by_default;
};

constexpr std::array<KnownServer, 11> kServers{{
    {"uvicorn", "", 8000, true},
    {"gunicorn", "", 8000, true},
    {"hypercorn", "", 8000, true},
    {"granian", "", 8000, true},
    {"daphne", "", 8000, true},
    {"waitress-serve", "", 8080, false},
    {"flask", "run", 5000, true},
    {"fastapi", "run", 8000, false},
    {"fastapi", "dev", 8000, true},
    {"manage.py", "runserver", 8000, true},
    {"streamlit", "run", 8501, false},
}};

std::optional<unsigned> parse_port(std::string_view text) {
    if (text.empty() || text.size() > 5 ||
        text.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    const auto value = std::stoul(std::string(text));
    if (value == 0 || value > 65535) return std::nullopt;
    return static_cast<unsigned>(value);
}

struct Address {
    std::string host;
    unsigned port;
};

/// `0.0.0.0:80`, `[::]:80`, `:80`, `*:80`, `80`; nothing for sockets in the file system.
std::optional<Address> parse_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        const auto port = parse_port(text);
        return port ? std::optional(Address{"", *port}) : std::nullopt;
    }
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return std::nullopt;
    return Address{std::string(text.substr(0, colon)), *port};
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host.starts_with("127.") || host == "::1" || host == "[::1]";
}

enum class Meaning { Port, Address, Host, Other };

Meaning meaning_of(std::string_view flag) {
    static constexpr std::array<std::string_view, 3> kPort{"--port", "-p", "--server.port"};
    static constexpr std::array<std::string_view, 4> kAddress{"--bind", "-b", "--listen",
                                                              "--address"};
    static constexpr std::array<std::string_view, 3> kHost{"--host", "-h", "--server.address"};
    const auto has = [flag](const auto& flags) {
        return std::find(flags.begin(), flags.end(), flag) != flags.end();
    };
    return has(kPort)      ? Meaning::Port
           : has(kAddress) ? Meaning::Address
           : has(kHost)    ? Meaning::Host
                           : Meaning::Other;
}

const KnownServer* find_server(std::span<const std::string> argv) {
    const auto has = [argv](std::string_view word) {
        return std::find(argv.begin(), argv.end(), word) != argv.end();
    };
    // The program, or the module or script that a Python runs.
    for (const auto& server : kServers) {
        for (std::size_t i = 0; i < argv.size() && i < 3; ++i) {
            const auto name = std::string_view(argv[i]).substr(argv[i].rfind('/') + 1);
            if (name == server.program && (server.subcommand.empty() || has(server.subcommand)))
                return &server;
        }
    }
    return nullptr;
}

}  // namespace

ListeningPorts listening_ports(std::span<const std::string> argv) {
    ListeningPorts result;
    std::optional<std::string> host;
    const auto add = [&](unsigned port, std::string evidence) {
        for (const auto& known : result.ports)
            if (known.value == port) return;
        result.ports.push_back({port, std::move(evidence)});
    };
    const auto add_address = [&](std::string_view text, std::string evidence) {
        const auto address = parse_address(text);
        if (!address) return false;
        if (!address->host.empty()) host = address->host;
        add(address->port, std::move(evidence));
        return true;
    };
    for (std::size_t i = 0; i < argv.size(); ++i) {
        const std::string_view word = argv[i];
        if (word.starts_with("PORT="))
            if (const auto port = parse_port(word.substr(5))) add(*port, argv[i]);
        if (i > 0 && argv[i - 1] == "runserver" && !word.starts_with('-'))
            add_address(word, "runserver " + argv[i]);
        if (!word.starts_with('-')) continue;
        const auto equals = word.find('=');
        const auto flag = word.substr(0, equals);
        const auto meaning = meaning_of(flag);
        if (meaning == Meaning::Other) continue;
        if (equals == std::string_view::npos && i + 1 == argv.size()) continue;
        const auto value = equals == std::string_view::npos ? std::string_view(argv[i + 1])
                                                            : word.substr(equals + 1);
        const auto evidence = fmt::format("{} {}", flag, printable(value, 60));
        if (meaning == Meaning::Host)
            host = value;
        else if (meaning == Meaning::Address) {
            if (!add_address(value, evidence)) host = value;
        } else if (const auto port = parse_port(value))
            add(*port, evidence);
    }
    const auto* server = find_server(argv);
    if (server && result.ports.empty())
        add(server->port, fmt::format("the default of {}", server->program));
    if (server && (host ? is_loopback(*host) : server->is_loopback_by_default))
        result.warnings.push_back({"project/binds-loopback",
                                   fmt::format("`{}` will listen on the container's loopback "
                                               "interface only, where nothing outside reaches it",
                                               server->program),
                                   "make it listen on 0.0.0.0, usually with --host or --bind"});
    return result;
}

}  // namespace pycontainer::project
