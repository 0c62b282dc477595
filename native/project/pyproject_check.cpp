#include "project/pyproject_check.hpp"

#include "base/strings.hpp"
#include "packaging/requirement.hpp"
#include "packaging/specifier.hpp"
#include "project/python_releases.hpp"
#include "project/python_version.hpp"
#include "project/scripts.hpp"

#include <fmt/format.h>

namespace pycontainer::project {
namespace {

class Checker {
public:
    Checker(const toml::Document& document, const std::string& file)
        : document_(&document), file_(&file) {}

    std::vector<Diagnostic> run() {
        const auto* project = member(document_->value, "project");
        if (!project) return {};
        if (!expect(project->is_object(), "/project", "`[project]` must be a table"))
            return std::move(found_);
        for (const auto* key : {"name", "version", "description", "requires-python"})
            if (const auto* value = member(*project, key))
                expect(value->is_string(), pointer(key), fmt::format("`{}` must be a string", key));
        if (const auto text = string_member(*project, "requires-python")) check_specifier(*text);
        if (const auto* list = member(*project, "dependencies"))
            check_requirements(*list, pointer("dependencies"), "dependencies");
        check_extras(*project);
        check_scripts(*project);
        return std::move(found_);
    }

private:
    static std::string pointer(std::string_view key) { return toml::pointer_to("/project", key); }

    void add(const std::string& where, Severity severity, std::string code, std::string message,
             std::string hint = {}) {
        found_.push_back({*file_, document_->range_or_start(where), severity, std::move(code),
                          std::move(message), std::move(hint)});
    }
    bool expect(bool holds, const std::string& where, std::string message) {
        if (!holds)
            add(where, Severity::Error, "config/wrong-type", std::move(message),
                "see the specification of pyproject.toml");
        return holds;
    }

    void check_specifier(const std::string& text) {
        const auto specifiers = packaging::SpecifierSet::parse(text);
        if (!specifiers)
            add(pointer("requires-python"), Severity::Error, specifiers.error().code,
                specifiers.error().message, specifiers.error().hint);
        else if (!some_release_fits(*specifiers))
            add(pointer("requires-python"), Severity::Error, "project/no-python",
                fmt::format("no release of Python fits `{}`", printable(text, 80)),
                fmt::format("known releases are {} to {}", python_releases().front().to_string(),
                            python_releases().back().to_string()));
    }

    void check_requirements(const Json& list, const std::string& where, const std::string& name) {
        if (!expect(list.is_array(), where,
                    fmt::format("`{}` must be a list of requirements", name)))
            return;
        for (std::size_t i = 0; i < list.size(); ++i) {
            const auto item = toml::pointer_to(where, i);
            if (!expect(list[i].is_string(), item,
                        fmt::format("a requirement of `{}` must be a string", name)))
                continue;
            if (const auto requirement =
                    packaging::Requirement::parse(list[i].get_ref<const std::string&>());
                !requirement)
                add(item, Severity::Error, requirement.error().code, requirement.error().message,
                    requirement.error().hint);
        }
    }

    void check_extras(const Json& project) {
        const auto* extras = member(project, "optional-dependencies");
        const auto where = pointer("optional-dependencies");
        if (!extras ||
            !expect(extras->is_object(), where, "`optional-dependencies` must be a table of lists"))
            return;
        for (const auto& [name, list] : extras->items())
            check_requirements(list, toml::pointer_to(where, name), printable(name, 60));
    }

    void check_scripts(const Json& project) {
        const auto* scripts = member(project, "scripts");
        const auto where = pointer("scripts");
        if (!scripts || !expect(scripts->is_object(), where, "`scripts` must be a table")) return;
        for (const auto& [name, value] : scripts->items()) {
            const auto place = toml::pointer_to(where, name);
            if (!expect(value.is_string(), place,
                        fmt::format("the script `{}` must be a string", printable(name, 60))))
                continue;
            if (!parse_object_reference(name, value.get_ref<const std::string&>()))
                add(place, Severity::Hint, "project/script-is-command",
                    fmt::format("the value of `{}` is a command, not an object reference",
                                printable(name, 60)),
                    "other tools reject it; `[build] entrypoint` is the place for a command");
        }
    }

    const toml::Document* document_;
    const std::string* file_;
    std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> check_pyproject(const toml::Document& document, const std::string& file) {
    return Checker(document, file).run();
}

}  // namespace pycontainer::project
