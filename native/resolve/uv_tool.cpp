#include "resolve/uv_tool.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "exec/process.hpp"

namespace pycontainer::resolve {
namespace {

constexpr std::chrono::minutes kTimeout{10};
constexpr std::size_t kShownErrors = 600;

/// The end of what uv said is where the reason stands.
std::string last_lines(std::string_view text) {
    text = trim(text);
    if (text.size() > kShownErrors) text = text.substr(text.size() - kShownErrors);
    std::string result;
    for (const auto line : split_lines(text))
        result += (result.empty() ? "" : " ") + std::string(trim(line));
    return printable(result, kShownErrors);
}

}  // namespace

Result<std::string> lock_with_uv(const exec::Context& ctx, const std::filesystem::path& uv,
                                 const std::filesystem::path& project_directory) {
    const exec::Activity activity(ctx, "locking with uv");
    const auto parent = ctx.environment().find_nonempty("TMPDIR").value_or("/tmp");
    PYC_TRY_ASSIGN(const auto directory, TemporaryDirectory::create(parent, "pycontainer-lock-"));
    for (const char* name : {"pyproject.toml", ".python-version", "uv.toml"}) {
        std::error_code error;
        if (!std::filesystem::exists(project_directory / name, error)) continue;
        PYC_TRY_ASSIGN(const auto content, read_file(project_directory / name));
        PYC_TRY(write_file(directory.path() / name, content));
    }
    exec::ProcessRequest request;
    request.command = {uv.string(), "lock", "--no-progress", "--color", "never"};
    request.directory = directory.path();
    request.timeout = kTimeout;
    PYC_TRY_ASSIGN(const auto outcome, exec::run_process(ctx, request));
    if (outcome.exit_code != 0)
        return fail("resolve/uv-failed", "`uv lock` could not lock the project: {}",
                    last_lines(outcome.errors))
            .hint("run `uv lock` in the project and mend what it says");
    return read_file(directory.path() / "uv.lock");
}

}  // namespace pycontainer::resolve
