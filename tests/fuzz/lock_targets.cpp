// Lock files: read, and selected from for one target.

#include "target.hpp"

#include "resolve/requirements_file.hpp"
#include "resolve/requirements_lock.hpp"
#include "resolve/uv_lock.hpp"

using namespace pycontainer;

namespace {

packaging::TargetEnvironment environment() {
    packaging::TargetEnvironment target;
    target.python_version = "3.11.2";
    target.libc_minor = 36;
    target.machine = "x86_64";
    return target;
}

}  // namespace

FUZZ_TARGET(uv_lock) {
    const auto lock = resolve::read_uv_lock(input, "uv.lock");
    if (!lock) return;
    resolve::UvSelection selection;
    selection.groups = {"dev"};
    static_cast<void>(resolve::select_packages(*lock, selection, environment()));
    selection.all_extras = true;
    selection.all_members = true;
    static_cast<void>(resolve::select_packages(*lock, selection, environment()));
}

FUZZ_TARGET(requirements) {
    const auto read = [&](const std::filesystem::path& path) -> Result<std::string> {
        if (path.filename() == "requirements.txt") return std::string(input);
        return fail("file/not-found", "there is no such file");
    };
    const auto file = resolve::read_requirements("/p/requirements.txt", "/p", Environment(), read);
    if (file) static_cast<void>(resolve::pin_requirements(*file, "/p", environment()));
}
