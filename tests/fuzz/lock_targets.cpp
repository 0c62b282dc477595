// Lock files: read, and selected from for one target.

#include "target.hpp"

#include "resolve/lock_reader.hpp"
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

/// A lock that is read as one text, for a project that asks for some of everything.
void select(std::string_view kind, std::string_view input) {
    static const Json pyproject = Json::parse(R"({"project": {"name": "p", "dependencies":
        ["a>=1", "b[x]; python_version > '3'"], "optional-dependencies": {"x": ["c"]}},
        "tool": {"poetry": {"dependencies": {"python": "^3.9", "a": {"version": "~1", "optional": true}},
        "extras": {"x": ["a"]}}}})");
    resolve::SelectionRequest request;
    request.pyproject = &pyproject;
    request.directory = "/p";
    request.extras = {"x"};
    request.target = environment();
    static_cast<void>(resolve::find_lock_reader(kind)(input, std::string(kind), request));
    request.extras.clear();
    request.groups = {"dev"};
    static_cast<void>(resolve::find_lock_reader(kind)(input, std::string(kind), request));
}

}  // namespace

FUZZ_TARGET(pylock) {
    select("pylock.toml", input);
}
FUZZ_TARGET(poetry_lock) {
    select("poetry.lock", input);
}
FUZZ_TARGET(pdm_lock) {
    select("pdm.lock", input);
}
FUZZ_TARGET(pipfile_lock) {
    select("Pipfile.lock", input);
}

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
