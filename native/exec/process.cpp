#include "exec/process.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pycontainer::exec {
namespace {

struct Pipe {
    FileDescriptor read;
    FileDescriptor write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail("process/failed", "cannot make a pipe: {}",
                    std::generic_category().message(errno));
    return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

/// Appends what can be read now. False: the other end is closed.
bool drain(const FileDescriptor& file, std::string& text) {
    std::array<char, 65536> buffer{};
    const auto count = ::read(file.value(), buffer.data(), buffer.size());
    if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<void> exchange(const Context& ctx, const ProcessRequest& request, Pipe& in, Pipe& out,
                      Pipe& err, ProcessOutcome& outcome) {
    const auto deadline = std::chrono::steady_clock::now() + request.timeout;
    std::string_view input = request.input;
    bool out_open = true;
    bool err_open = true;
    while (out_open || err_open) {
        PYC_TRY(ctx.check());
        if (std::chrono::steady_clock::now() > deadline)
            return fail("process/failed", "`{}` did not finish within {} s",
                        request.command.front(), request.timeout.count() / 1000);
        if (outcome.output.size() + outcome.errors.size() > request.output_limit)
            return fail("process/failed", "`{}` printed more than {} bytes",
                        request.command.front(), request.output_limit);
        if (input.empty()) in.write = FileDescriptor();
        std::array<pollfd, 3> polled{
            pollfd{out_open ? out.read.value() : -1, POLLIN, 0},
            pollfd{err_open ? err.read.value() : -1, POLLIN, 0},
            pollfd{in.write.is_open() ? in.write.value() : -1, POLLOUT, 0}};
        if (::poll(polled.data(), polled.size(), 50) <= 0) continue;
        if (polled[0].revents != 0) out_open = drain(out.read, outcome.output);
        if (polled[1].revents != 0) err_open = drain(err.read, outcome.errors);
        if (polled[2].revents != 0) {
            const auto count =
                ::write(in.write.value(), input.data(), std::min<std::size_t>(input.size(), 4096));
            if (count > 0)
                input.remove_prefix(static_cast<std::size_t>(count));
            else if (count < 0 && errno != EINTR && errno != EAGAIN)
                input = {};  // it does not read: not our concern
        }
    }
    return {};
}

}  // namespace

std::optional<std::filesystem::path> find_program(const Environment& environment,
                                                  std::string_view name) {
    if (name.find('/') != std::string_view::npos) {
        if (::access(std::string(name).c_str(), X_OK) == 0) return std::filesystem::path(name);
        return std::nullopt;
    }
    const auto path = environment.find("PATH").value_or("");
    for (const auto directory : split(path, ':')) {
        if (directory.empty() || directory.front() != '/')
            continue;  // relative entries would run programs of the project
        auto candidate = std::filesystem::path(directory) / name;
        std::error_code error;
        if (std::filesystem::is_regular_file(candidate, error) &&
            ::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return std::nullopt;
}

std::string without_userinfo(std::string_view text) {
    std::string result;
    while (true) {
        const auto scheme = text.find("://");
        if (scheme == std::string_view::npos) return result.append(text);
        result.append(text.substr(0, scheme + 3));
        text.remove_prefix(scheme + 3);
        const auto end = std::min(text.find_first_of("/ \t\n'\""), text.size());
        const auto at = text.substr(0, end).rfind('@');
        if (at != std::string_view::npos) text.remove_prefix(at + 1);
    }
}

Result<ProcessOutcome> run_process(const Context& ctx, const ProcessRequest& request) {
    PYC_ASSERT(!request.command.empty());
    const auto program = find_program(ctx.environment(), request.command.front());
    if (!program)
        return fail("process/not-found", "`{}` is not installed or not on PATH",
                    request.command.front());
    PYC_TRY_ASSIGN(auto in, make_pipe());
    PYC_TRY_ASSIGN(auto out, make_pipe());
    PYC_TRY_ASSIGN(auto err, make_pipe());

    std::vector<std::string> environment;
    for (const auto& [name, value] : ctx.environment().variables())
        environment.push_back(name + "=" + value);
    std::vector<char*> envp;
    for (auto& entry : environment) envp.push_back(entry.data());
    envp.push_back(nullptr);
    auto command = request.command;
    std::vector<char*> argv;
    for (auto& argument : command) argv.push_back(argument.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read.value(), 0);
    posix_spawn_file_actions_adddup2(&actions, out.write.value(), 1);
    posix_spawn_file_actions_adddup2(&actions, err.write.value(), 2);
    if (!request.directory.empty())
        posix_spawn_file_actions_addchdir_np(&actions, request.directory.c_str());
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // A group of its own, so that its children are stopped with it; our blocked and ignored signals
    // are not handed on.
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    pid_t pid = 0;
    const int status =
        ::posix_spawn(&pid, program->c_str(), &actions, &attributes, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (status != 0)
        return fail("process/failed", "`{}` could not be started: {}", request.command.front(),
                    std::generic_category().message(status));

    in.read = FileDescriptor();
    out.write = FileDescriptor();
    err.write = FileDescriptor();
    ProcessOutcome outcome;
    auto exchanged = exchange(ctx, request, in, out, err, outcome);
    if (!exchanged) ::kill(-pid, SIGKILL);
    outcome.exit_code = wait_for(pid);
    if (!exchanged) return fail(std::move(exchanged).error());
    return outcome;
}

}  // namespace pycontainer::exec
