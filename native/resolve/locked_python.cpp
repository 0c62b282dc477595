#include "resolve/locked_python.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "packaging/marker.hpp"
#include "packaging/specifier.hpp"
#include "packaging/target.hpp"
#include "project/pyproject.hpp"
#include "project/python_releases.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "toml/document.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::resolve {
namespace {

using project::ConstraintSyntax;
using project::PythonConstraint;

constexpr std::uint64_t kMaxLock = 64U << 20U;
constexpr unsigned kPatches = 40;
constexpr std::string_view kOr = " || ";

std::optional<PythonConstraint> constraint(std::string text, std::string evidence,
                                           ConstraintSyntax syntax = ConstraintSyntax::Pep440) {
    std::vector<std::string> alternatives{text};
    if (syntax == ConstraintSyntax::Poetry)
        alternatives = project::specifiers_of_poetry_constraint(text);
    for (const auto& each : alternatives)
        if (!packaging::SpecifierSet::parse(each)) return std::nullopt;
    if (trim(text).empty()) return std::nullopt;
    return PythonConstraint{{std::move(text), std::move(evidence)}, syntax};
}

std::string joined(const std::vector<std::string>& alternatives) {
    std::string text;
    for (const auto& each : alternatives) text += std::string(text.empty() ? "" : kOr) + each;
    return text;
}

/// A lock in TOML.
class TomlLock {
public:
    TomlLock(std::string_view text, const std::string& file)
        : file_(file), document_(toml::parse(text, file)) {}

    std::optional<PythonConstraint> read(std::string_view pointer,
                                         ConstraintSyntax syntax = ConstraintSyntax::Pep440) const {
        auto text = project::Pyproject(document_.value).find_string(pointer);
        return text ? constraint(*std::move(text), place_of(pointer), syntax) : std::nullopt;
    }

    /// Releases that one of `environments` allows (pylock.toml), besides `requires-python`.
    std::optional<PythonConstraint> read_environments() const {
        const auto texts = internal::strings_member(document_.value, "environments");
        std::vector<packaging::Marker> markers;
        for (const auto& text : texts)
            if (auto marker = packaging::Marker::parse(text)) markers.push_back(*std::move(marker));
        if (markers.empty() || markers.size() != texts.size()) return std::nullopt;
        const auto required = packaging::SpecifierSet::parse(
            string_member(document_.value, "requires-python").value_or(""));
        std::vector<std::string> releases;
        for (const auto& release : project::python_releases()) {
            for (unsigned patch = 0; patch <= kPatches; ++patch) {
                const auto version = fmt::format("{}.{}", release.to_string(), patch);
                if ((required && !required->contains(version)) || !some_hold(markers, version))
                    continue;
                releases.push_back(fmt::format("=={}.*", release.to_string()));
                break;
            }
        }
        return constraint(joined(releases), place_of("/environments"), ConstraintSyntax::Poetry);
    }

    /// `[[metadata.targets]]` of pdm.lock, those for Linux.
    std::optional<PythonConstraint> read_targets() const {
        const auto* targets = internal::value_at(document_.value, {"metadata", "targets"});
        if (!targets || !targets->is_array()) return std::nullopt;
        std::vector<std::string> alternatives;
        for (const auto& target : *targets) {
            const auto platform = string_member(target, "platform").value_or("");
            const bool is_elsewhere = platform.starts_with("win") || platform.starts_with("macos");
            const auto required = string_member(target, "requires_python");
            if (required && !is_elsewhere) alternatives.push_back(*required);
        }
        return constraint(joined(alternatives), place_of("/metadata/targets"),
                          ConstraintSyntax::Poetry);
    }

private:
    static bool some_hold(const std::vector<packaging::Marker>& markers,
                          const std::string& version) {
        packaging::TargetEnvironment target;
        target.python_version = version;
        target.machine = "x86_64";
        const auto environment = target.marker_environment();
        return std::any_of(markers.begin(), markers.end(), [&](const auto& marker) {
            return marker.evaluate_leniently(environment);
        });
    }

    std::string place_of(std::string_view pointer) const {
        const auto key = pointer.substr(pointer.rfind('/') + 1);
        return fmt::format("{}:{}: {}", file_, document_.range_or_start(pointer).start.line + 1,
                           key);
    }

    const std::string& file_;
    toml::Document document_;
};

std::optional<PythonConstraint> from_pipfile_lock(std::string_view text, const std::string& file) {
    const auto root = parse_json(text, "the lock");
    const auto* required = root ? internal::value_at(*root, {"_meta", "requires"}) : nullptr;
    if (!required) return std::nullopt;
    for (const auto& [key, pattern] :
         {std::pair("python_full_version", "=={}"), std::pair("python_version", "=={}.*")})
        if (const auto version = string_member(*required, key))
            return constraint(fmt::format(fmt::runtime(pattern), *version),
                              fmt::format("{}: {}", file, key));
    return std::nullopt;
}

}  // namespace

std::optional<PythonConstraint> locked_python(std::string_view kind, std::string_view text,
                                              const std::string& file) {
    if (kind == "Pipfile.lock") return from_pipfile_lock(text, file);
    if (kind == "uv.lock") return TomlLock(text, file).read("/requires-python");
    if (kind == "poetry.lock")
        return TomlLock(text, file).read("/metadata/python-versions", ConstraintSyntax::Poetry);
    if (kind == "pylock.toml") {
        const TomlLock lock(text, file);
        auto found = lock.read_environments();
        return found ? found : lock.read("/requires-python");
    }
    if (kind == "pdm.lock") {
        const TomlLock lock(text, file);
        auto found = lock.read_targets();
        return found ? found : lock.read("/metadata/requires_python");
    }
    return std::nullopt;
}

std::optional<PythonConstraint> locked_python(const LockChoice& choice) {
    if (choice.file.empty()) return std::nullopt;
    const auto text = read_file(choice.file, kMaxLock);
    return text ? locked_python(choice.kind, *text, choice.file.filename().string()) : std::nullopt;
}

}  // namespace pycontainer::resolve
