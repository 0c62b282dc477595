#include "base/strings.hpp"
#include "sources/backend.hpp"
#include "sources/project_table.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace pycontainer::sources {
namespace {

constexpr std::array<std::pair<std::string_view, const Backend*>, 11> kModules = {{
    {"hatchling.build", &kHatchling},
    {"setuptools.build_meta", &kSetuptools},
    {"setuptools.build_meta:__legacy__", &kSetuptools},
    {"flit_core.buildapi", &kFlit},
    {"flit.buildapi", &kFlit},
    {"flit_scm:buildapi", &kFlit},
    {"poetry.core.masonry.api", &kPoetry},
    {"poetry.masonry.api", &kPoetry},
    {"poetry_dynamic_versioning.backend", &kPoetry},
    {"pdm.backend", &kPdm},
    {"uv_build", &kUvBuild},
}};

}  // namespace

Result<Backend> find_backend(const Json& pyproject) {
    // PEP 517: without `[build-system]` or `build-backend` it is setuptools.
    const auto name =
        text_at(pyproject, "/build-system/build-backend").value_or("setuptools.build_meta");
    if (value_at(pyproject, "/build-system/backend-path"))
        return needs_build("its build backend is part of the project");
    for (const auto& [module, backend] : kModules)
        if (name == module) return *backend;
    return needs_build(fmt::format("its build backend `{}` has to be run", printable(name, 60)));
}

Failure needs_build(std::string_view why) {
    return fail("sources/needs-build", "its wheel cannot be told from its sources: {}", why)
        .hint("build a wheel of it (`uv build --wheel`) and depend on that");
}

}  // namespace pycontainer::sources
