#include "install/scheme.hpp"

#include "archive/member_writer.hpp"

namespace pycontainer::install {
namespace {

// Changes when the same wheel would be installed differently.
constexpr unsigned kInstallFormat = 2;

// The kernel reads 127 bytes of a first line (BINPRM_BUF_SIZE less one, on the oldest kernels in
// use).
constexpr std::size_t kMaxShebang = 127;

std::string shell_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\"'\"'") : std::string(1, c);
    return quoted + "'";
}

}  // namespace

std::string Scheme::headers(std::string_view distribution) const {
    return fmt::format("{}/include/site/{}/{}", prefix, lib_name, distribution);
}

std::string Scheme::shebang() const {
    const auto interpreter = shebang_interpreter();
    if (interpreter.size() + 3 <= kMaxShebang &&
        interpreter.find_first_of(" \t") == std::string::npos)
        return "#!" + interpreter + "\n";
    // Both a shell script and Python: the shell runs the second line, Python sees a string in three
    // quotes.
    return fmt::format("#!/bin/sh\n'''exec' {} \"$0\" \"$@\"\n' '''\n", shell_quoted(interpreter));
}

std::string Scheme::key() const {
    return fmt::format("install:{} layer:{} prefix:{} lib:{} minor:{} machine:{}", kInstallFormat,
                       archive::kLayerFormat, prefix, lib_name, python_minor, machine);
}

}  // namespace pycontainer::install
