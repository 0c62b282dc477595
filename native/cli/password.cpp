#include "cli/password.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace pycontainer::cli {
namespace {

constexpr std::size_t kMaxPassword = 64U << 10U;  // tokens are a few KiB
constexpr int kPollMilliseconds = 50;

Result<std::string> checked(std::string password) {
    while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
    if (password.empty())
        return fail("usage/invalid", "the password is empty")
            .hint("in CI, a secret that is not available to the job is a usual reason");
    const bool has_control = std::any_of(password.begin(), password.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (password.size() > kMaxPassword || has_control)
        return fail("usage/invalid", "the password has more than one line, or is no text");
    return password;
}

/// The terminal without echo, as it was before again when this ends.
class WithoutEcho {
public:
    explicit WithoutEcho(int terminal) : terminal_(terminal) {
        if (::tcgetattr(terminal_, &before_) != 0) return;
        auto silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        changed_ = ::tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
    }
    WithoutEcho(const WithoutEcho&) = delete;
    WithoutEcho& operator=(const WithoutEcho&) = delete;
    ~WithoutEcho() {
        if (changed_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    }
    bool is_silent() const { return changed_; }

private:
    int terminal_;
    termios before_{};
    bool changed_ = false;
};

void say(const FileDescriptor& terminal, std::string_view text) {
    static_cast<void>(!::write(terminal.value(), text.data(), text.size()));  // only a prompt
}

}  // namespace

void add_registry_login_flags(CLI::App& command, RegistryLoginFlags& flags) {
    command
        .add_option("--registry-username", flags.username,
                    "User at the registry that is pushed to, with --registry-password-stdin")
        ->type_name("NAME");
    command.add_flag("--registry-password-stdin", flags.password_stdin,
                     "Read the password or token for that registry from stdin");
}

Result<build::Access> read_access(const RegistryLoginFlags& flags) {
    if (flags.username.empty() != !flags.password_stdin)
        return fail("usage/invalid",
                    "--registry-username and --registry-password-stdin belong together");
    build::Access access;
    if (flags.password_stdin) {
        PYC_TRY_ASSIGN(auto password, password_from_stdin());
        access.login = credentials::Login{flags.username, std::move(password)};
    }
    return access;
}

Result<std::string> password_from_stdin() {
    std::string text;
    std::array<char, 4096> buffer{};
    while (text.size() <= kMaxPassword) {
        const auto count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return checked(std::move(text));
}

Result<std::string> password_from_terminal(const std::string& prompt, const std::stop_token& stop) {
    const FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
    const WithoutEcho silence(terminal.value());
    if (!terminal.is_open() || !silence.is_silent())
        return fail("usage/no-terminal", "there is no terminal to ask for the password at")
            .hint("give it on standard input with --password-stdin");
    say(terminal, prompt);
    std::string text;
    std::array<char, 4096> buffer{};
    while (text.size() <= kMaxPassword && text.find('\n') == std::string::npos) {
        if (stop.stop_requested()) return cancelled();
        pollfd wait{terminal.value(), POLLIN, 0};
        if (::poll(&wait, 1, kPollMilliseconds) <= 0) continue;
        const auto count = ::read(terminal.value(), buffer.data(), buffer.size());
        if (count <= 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    say(terminal, "\n");
    return checked(text.substr(0, text.find('\n')));
}

}  // namespace pycontainer::cli
