#include "resolve/local_project.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "toml/document.hpp"

#include <algorithm>
#include <array>

namespace pycontainer::resolve {
namespace {

constexpr std::uint64_t kMaxFile = 16U << 20U;

/// Build backends that only copy files, unless something else below says otherwise.
constexpr std::array<std::string_view, 7> kPureBackends = {
    "hatchling", "flit_core", "poetry.core", "pdm.backend", "uv_build", "setuptools", "flit_scm"};

std::optional<std::string> text_at(const Json& value,
                                   std::initializer_list<std::string_view> keys) {
    const Json* current = &value;
    for (const auto key : keys) {
        current = member(*current, key);
        if (!current) return std::nullopt;
    }
    return current->is_string() ? std::optional(current->get<std::string>()) : std::nullopt;
}

}  // namespace

Result<LocalProject> read_local_project(const std::filesystem::path& directory,
                                        const std::string& shown) {
    const auto refuse = [&](std::string_view why) {
        return fail("resolve/unsupported-source",
                    "the local project `{}` cannot be installed yet: {}", printable(shown), why)
            .hint("build a wheel of it (`uv build --wheel`) and depend on that");
    };
    const auto path = directory / "pyproject.toml";
    const auto text = read_file(path, kMaxFile);
    if (!text) return refuse("it has no `pyproject.toml` that can be read");
    const auto document = toml::parse(*text, path.string());
    if (has_errors(document.diagnostics)) return refuse("its `pyproject.toml` has errors");
    const auto name =
        text_at(document.value, {"project", "name"})
            .value_or(text_at(document.value, {"tool", "poetry", "name"}).value_or(""));
    if (!packaging::is_valid_name(name)) return refuse("its `pyproject.toml` has no name");
    const auto backend =
        text_at(document.value, {"build-system", "build-backend"}).value_or("setuptools");
    const bool is_pure = std::any_of(
        kPureBackends.begin(), kPureBackends.end(),
        [&](std::string_view each) { return std::string_view(backend).starts_with(each); });
    if (!is_pure)
        return refuse("its build backend `" + printable(backend, 60) + "` may compile something");
    std::error_code error;
    if (std::filesystem::exists(directory / "setup.py", error))
        return refuse("it has a `setup.py`");
    const Json::json_pointer extensions("/tool/setuptools/ext-modules");
    if (document.value.contains(extensions)) return refuse("it has extension modules");
    return LocalProject{packaging::normalize_name(name), directory.lexically_normal()};
}

}  // namespace pycontainer::resolve
