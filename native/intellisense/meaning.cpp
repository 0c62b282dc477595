#include "intellisense/meaning.hpp"

#include "base/strings.hpp"
#include "config/check.hpp"
#include "intellisense/image_names.hpp"
#include "intellisense/image_tags.hpp"
#include "intellisense/lock_checks.hpp"
#include "intellisense/settings_places.hpp"
#include "intellisense/source.hpp"
#include "oci/platform.hpp"
#include "oci/reference.hpp"
#include "packaging/names.hpp"
#include "packaging/specifier.hpp"
#include "packaging/version.hpp"
#include "project/python_source.hpp"
#include "project/python_version.hpp"
#include "project/scripts.hpp"
#include "project/source_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>

namespace pycontainer::intellisense {
namespace {

constexpr std::size_t kMaxShown = 80;

bool looks_secret(const std::string& name, const std::string& value) {
    if (value.empty()) return false;
    constexpr std::array<std::string_view, 7> kPrefixes{
        "ghp_", "github_pat_", "AKIA", "xoxb-", "glpat-", "sk-ant-", "-----BEGIN"};
    for (const auto prefix : kPrefixes)
        if (value.starts_with(prefix)) return true;
    const auto upper = to_upper(name);
    constexpr std::array<std::string_view, 8> kEnds{"PASSWORD",    "PASSWD",  "SECRET",
                                                    "SECRET_KEY",  "API_KEY", "ACCESS_KEY",
                                                    "PRIVATE_KEY", "_TOKEN"};
    const bool named = std::any_of(kEnds.begin(), kEnds.end(),
                                   [&](const auto end) { return upper.ends_with(end); });
    // A path to a file, a placeholder and a reference to another variable are no secrets.
    return named && !value.starts_with('/') && value.find("${") == std::string::npos &&
           !value.starts_with('<') && to_lower(value) != "changeme";
}

class Meaning {
public:
    Meaning(const ProjectView& view, const ImageCatalog* images)
        : view_(view), images_(images), config_(view.loaded.config), places_(view.loaded) {}

    std::vector<Diagnostic> run() {
        if (!places_.has_settings()) return {};
        check_base();
        check_entrypoint();
        check_names();
        check_framework();
        check_user_and_ports();
        check_paths();
        check_secrets("env", config_.env);
        check_secrets("labels", config_.labels);
        check_duplicates();
        check_both_files();
        auto of_lock = diagnose_lock(view_, places_, images_);
        found_.insert(found_.end(), std::make_move_iterator(of_lock.begin()),
                      std::make_move_iterator(of_lock.end()));
        return std::move(found_);
    }

private:
    bool is_written(const toml::KeyPath& own) const { return places_.find(own).has_value(); }

    Diagnostic* add(const toml::KeyPath& own, Severity severity, std::string code,
                    std::string message, std::string hint, bool at_key = false) {
        const auto place = places_.find(own);
        if (!place) return nullptr;
        found_.push_back({place->file,
                          at_key ? place->key : place->value,
                          severity,
                          std::move(code),
                          std::move(message),
                          std::move(hint),
                          {},
                          {}});
        return &found_.back();
    }

    // ---- base image

    void check_base() {
        const toml::KeyPath key{"build", "base_image"};
        if (!is_written(key) || !config_.base_image) return;
        const auto& base = *config_.base_image;
        if (base == "scratch" || base.starts_with("oci:")) return;
        check_base_python(key, base);
        check_base_exists(key, base);
        const auto reference = oci::Reference::parse(base);
        if (!reference || reference->digest()) return;
        const auto name = std::string_view(base).substr(base.rfind('/') + 1);
        const bool floats = name.find(':') == std::string_view::npos || name.ends_with(":latest");
        add(key, floats ? Severity::Warning : Severity::Hint, "config/unpinned-base",
            floats ? fmt::format("`{}` can be another Python every day", printable(base, kMaxShown))
                   : fmt::format("`{}` is not pinned to a digest", printable(base, kMaxShown)),
            floats ? "name a version, such as `python:3.12-slim`"
                   : "a digest makes builds the same until you change it");
    }

    /// Only what the registry has said already.
    void check_base_exists(const toml::KeyPath& key, const std::string& base) {
        const auto reference = oci::Reference::parse(base);
        if (!images_ || !reference || !reference->tag() || !images_->is_missing(base)) return;
        const auto known = images_->tags(reference->name());
        const auto near = known ? closest_match(*reference->tag(), known->names) : std::nullopt;
        auto* diagnostic =
            add(key, Severity::Warning, "base/tag-not-found",
                fmt::format("`{}` has no tag `{}`{}", reference->name(), *reference->tag(),
                            near ? fmt::format("; did you mean `{}`?", *near) : std::string()),
                "choose a tag that is there");
        if (diagnostic && near)
            diagnostic->fixes.push_back({fmt::format("Change to `{}`", *near), diagnostic->range,
                                         toml_string(base.substr(0, base.rfind(':') + 1) + *near)});
    }

    void check_base_python(const toml::KeyPath& key, const std::string& base) {
        const auto promised = promised_python(base);
        if (!promised) return;
        if (config_.python) {
            const auto wanted = project::python_minor_of(*config_.python);
            if (wanted && *wanted != promised->minor) {
                auto* diagnostic =
                    add(key, Severity::Error, "base/python-mismatch",
                        fmt::format("`{}` has Python {}, but `python` is `{}`",
                                    printable(base, kMaxShown), promised->minor, *config_.python),
                        "choose a base with that Python, or leave one of the two out");
                relate(diagnostic, {"build", "python"}, "the Python that is wanted");
            }
        }
        const auto* project = member(view_.loaded.pyproject, "project");
        const auto required = project ? string_member(*project, "requires-python") : std::nullopt;
        if (!required) return;
        const auto specifiers = packaging::SpecifierSet::parse(*required);
        // A tag without a patch release is the newest one.
        const auto version =
            packaging::Version::parse(promised->exact.value_or(promised->minor + ".999"));
        if (!specifiers || !version || specifiers->contains(*version)) return;
        auto* diagnostic =
            add(key, Severity::Error, "base/python-mismatch",
                fmt::format("`{}` has Python {}, but the project wants `{}`",
                            printable(base, kMaxShown), promised->minor,
                            printable(*required, kMaxShown)),
                "choose a base with a Python that fits, or change `requires-python`");
        if (diagnostic)
            diagnostic->related.push_back(
                {places_.pyproject_file(),
                 view_.loaded.pyproject_document.range_or_start("/project/requires-python"),
                 "the Python that the project wants"});
    }

    void relate(Diagnostic* diagnostic, const toml::KeyPath& own, std::string message) {
        const auto place = places_.find(own);
        if (diagnostic && place)
            diagnostic->related.push_back({place->file, place->value, std::move(message)});
    }

    // ---- what is started

    void check_entrypoint() {
        const toml::KeyPath key{"build", "entrypoint"};
        if (!config_.entrypoint) {
            if (!view_.facts && config_.origins.at("build.entrypoint") == "default" &&
                view_.facts.error().code.starts_with("project/"))
                found_.push_back({places_.main_file(),
                                  places_.main_range(),
                                  Severity::Warning,
                                  view_.facts.error().code,
                                  view_.facts.error().message,
                                  view_.facts.error().hint,
                                  {},
                                  {}});
            return;
        }
        if (!is_written(key)) return;
        const auto& words = *config_.entrypoint;
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (i > 0 && words[i - 1] == "-m")
                check_module(key, words[i]);
            else
                check_reference(key, words[i]);
        }
    }

    /// `module:attribute`, when the module could only be one of the project's own.
    void check_reference(const toml::KeyPath& key, const std::string& word) {
        auto text = word;
        if (text.ends_with("()")) text.resize(text.size() - 2);
        const auto reference = project::parse_object_reference("entrypoint", text);
        if (!reference || !check_module(key, reference->module)) return;
        const auto file = file_of_module(view_, reference->module);
        const project::SourceView sources(view_.directory, view_.sources);
        const auto source = file ? sources.read(*file) : std::nullopt;
        const auto attribute = reference->attr.substr(0, reference->attr.find('.'));
        if (!source || defines(*source, attribute)) return;
        std::vector<std::string> names;
        for (const auto& callable : view_.callables)
            if (callable.module == reference->module) names.push_back(callable.name);
        const auto near = closest_match(attribute, names);
        auto* diagnostic =
            add(key, Severity::Error, "project/entrypoint-not-found",
                fmt::format("`{}` has no `{}`{}", *file, printable(attribute, kMaxShown),
                            near ? fmt::format("; did you mean `{}`?", *near) : std::string()),
                "name something that is defined at the top level of the module");
        if (diagnostic && near) offer(*diagnostic, attribute, *near);
    }

    /// Replaces `from` behind a colon in the text of the diagnostic's range.
    void offer(Diagnostic& diagnostic, const std::string& from, const std::string& to) {
        const auto text = places_.text_of(diagnostic.file, diagnostic.range);
        const auto at = text.find(":" + from);
        if (at == std::string::npos) return;
        diagnostic.fixes.push_back({fmt::format("Change to `{}`", to), diagnostic.range,
                                    std::string(text).replace(at + 1, from.size(), to)});
    }

    /// False when it is known not to be there; then that was told. Modules of dependencies and what
    /// is not plain Python are taken for granted.
    bool check_module(const toml::KeyPath& key, const std::string& module) {
        const auto dot = module.rfind('.');
        if (dot == std::string::npos || file_of_module(view_, module)) return true;
        const auto parent = file_of_module(view_, module.substr(0, dot));
        if (!parent || !parent->ends_with("/__init__.py")) return true;
        const auto stem = parent->substr(0, parent->size() - 11) + module.substr(dot + 1);
        const auto is_it = [&](const project::SourceFile& file) {
            return file.path.starts_with(stem + "/") || file.path.starts_with(stem + ".");
        };
        if (std::any_of(view_.sources.files.begin(), view_.sources.files.end(), is_it)) return true;
        add(key, Severity::Error, "project/entrypoint-not-found",
            fmt::format("there is no module `{}` in the project", printable(module, kMaxShown)),
            fmt::format("a file `{}.py` was looked for", stem));
        return false;
    }

    static bool defines(const std::string& text, const std::string& name) {
        // What is made at run time cannot be seen.
        if (text.find("import *") != std::string::npos ||
            text.find("__getattr__") != std::string::npos ||
            text.find("globals()") != std::string::npos ||
            text.find("class " + name) != std::string::npos)
            return true;
        const auto source = project::read_python(text);
        const auto named = [&](const auto& item) { return item.name == name; };
        return source.names.contains(name) ||
               std::any_of(source.assignments.begin(), source.assignments.end(), named) ||
               std::any_of(source.functions.begin(), source.functions.end(), named) ||
               text.find(name + " =") != std::string::npos ||
               text.find(name + ":") != std::string::npos ||
               text.find(name + ",") != std::string::npos;
    }

    // ---- names that must be known

    /// Groups and extras of other tools are not in the standard tables.
    bool has_standard_tables() const {
        if (!view_.loaded.pyproject.contains("project")) return false;
        const auto* tools = member(view_.loaded.pyproject, "tool");
        if (!tools) return true;
        return !tools->contains("poetry") && !tools->contains("pdm") && !tools->contains("hatch") &&
               !tools->contains("setuptools") && view_.lock.kind != "Pipfile.lock" &&
               view_.lock.kind != "pylock.toml";
    }

    void check_names() {
        if (!has_standard_tables()) return;
        check_list("groups", config_.groups, view_.groups, "resolve/unknown-group",
                   "[dependency-groups]");
        const auto* project = member(view_.loaded.pyproject, "project");
        const auto* dynamic = member(*project, "dynamic");
        if (dynamic && dump_json(*dynamic).find("optional-dependencies") != std::string::npos)
            return;
        check_list("extras", config_.extras, view_.extras, "resolve/unknown-extra",
                   "[project.optional-dependencies]");
    }

    void check_list(const std::string& key, const std::vector<std::string>& wanted,
                    const std::vector<std::string>& known, const std::string& code,
                    std::string_view table) {
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const auto same = [&](const auto& name) {
                return packaging::normalize_name(name) == packaging::normalize_name(wanted[i]);
            };
            if (std::any_of(known.begin(), known.end(), same)) continue;
            const auto near = closest_match(wanted[i], known);
            auto* diagnostic =
                add({"build", key, std::to_string(i)}, Severity::Error, code,
                    fmt::format("`{}` has no `{}`{}", table, printable(wanted[i], kMaxShown),
                                near ? fmt::format("; did you mean `{}`?", *near) : std::string()),
                    known.empty() ? "there are none in `pyproject.toml`"
                                  : fmt::format("there are: {}", join(known, ", ")));
            if (diagnostic && near)
                diagnostic->fixes.push_back(
                    {fmt::format("Change to `{}`", *near), diagnostic->range, toml_string(*near)});
        }
    }

    void check_framework() {
        if (!config_.framework || *config_.framework == "none") return;
        const auto& names = view_.dependencies;
        if (names.direct.empty() && names.locked.empty()) return;
        for (const auto* list : {&names.direct, &names.locked})
            if (std::find(list->begin(), list->end(), *config_.framework) != list->end()) return;
        add({"build", "framework"}, Severity::Warning, "config/framework-not-installed",
            fmt::format("`{}` is not among the project's dependencies", *config_.framework),
            "add it to the dependencies, or choose the framework that is there");
    }

    // ---- what the image may do

    bool runs_as_root() const {
        if (!config_.user) return false;
        const auto name = config_.user->substr(0, config_.user->find(':'));
        return name == "root" || name == "0";
    }

    void check_user_and_ports() {
        if (runs_as_root())
            add({"build", "user"}, Severity::Warning, "config/root-user",
                "the program runs as root in the container",
                "leave `user` out: then it is `65532:65532`, who may write what `writable` names");
        if (!config_.ports || runs_as_root()) return;
        for (std::size_t i = 0; i < config_.ports->size(); ++i) {
            const auto& text = (*config_.ports)[i];
            unsigned port = 0;
            std::from_chars(text.data(), text.data() + text.size(), port);
            if (port == 0 || port >= 1024) continue;
            add({"build", "ports", std::to_string(i)}, Severity::Warning, "config/privileged-port",
                fmt::format("port {} is below 1024, which only root may open everywhere", port),
                "use a port from 1024 on, and map it where the container is started");
        }
    }

    bool is_secret(const std::string& path) const {
        const auto& secrets = view_.sources.secrets;
        return std::any_of(secrets.begin(), secrets.end(), [&](const auto& secret) {
            return secret == path || secret == path + "/";
        });
    }

    void check_paths() {
        for (std::size_t i = 0; i < config_.include.size(); ++i) {
            auto path = config_.include[i];
            if (path.find_first_of("*?[\\!") != std::string::npos) continue;
            if (path.starts_with('/')) path.erase(0, 1);
            const toml::KeyPath key{"build", "include", std::to_string(i)};
            if (is_secret(path)) {
                add(key, Severity::Warning, "config/secret-left-out",
                    fmt::format("`{}` looks like a secret and stays out of the image, whatever "
                                "`include` says",
                                printable(path, kMaxShown)),
                    "give it to the container when it is started");
                continue;
            }
            std::error_code error;
            if (path.find('/') == std::string::npos ||
                std::filesystem::exists(view_.directory / path, error) || error)
                continue;
            add(key, Severity::Warning, "config/path-not-found",
                fmt::format("there is no `{}` in the project", printable(path, kMaxShown)),
                "correct the path, or make the file before the build");
        }
        for (const std::string_view taken : {"/opt/venv", "/proc", "/sys", "/dev", "/"}) {
            const auto& path = config_.workdir;
            const bool inside = taken != "/" && path.starts_with(taken) &&
                                path.size() > taken.size() && path[taken.size()] == '/';
            if (path == taken || inside)
                add({"build", "workdir"}, Severity::Error, "config/reserved-workdir",
                    fmt::format("the working directory cannot be `{}`: `{}` is used otherwise",
                                printable(path, kMaxShown), taken),
                    "choose another one, such as `/app`");
        }
    }

    void check_secrets(const std::string& table,
                       const std::map<std::string, std::string>& entries) {
        for (const auto& [name, value] : entries)
            if (looks_secret(name, value))
                add({"build", table, name}, Severity::Warning, "config/secret-in-image",
                    fmt::format("`{}` looks like a secret, and everyone who can pull the image can "
                                "read it",
                                printable(name, kMaxShown)),
                    "give it to the container when it is started");
    }

    // ---- said twice

    void check_duplicates() {
        const auto tag_name = [](const std::string& text) {
            const auto reference = oci::Reference::parse(text);
            return reference ? reference->to_full_string() : text;
        };
        const auto platform_name = [](const std::string& text) {
            const auto platform = oci::Platform::parse(text);
            return platform ? platform->to_string() : text;
        };
        find_duplicates("tags", config_.tags, tag_name);
        find_duplicates("platforms", config_.platforms, platform_name);
    }

    template <typename Name>
    void find_duplicates(const std::string& key, const std::vector<std::string>& values,
                         Name name_of) {
        std::map<std::string, std::size_t> first;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto [known, is_new] = first.emplace(name_of(values[i]), i);
            if (is_new) continue;
            auto* diagnostic =
                add({"build", key, std::to_string(i)}, Severity::Warning, "config/duplicate-value",
                    fmt::format("`{}` is the same as `{}`", printable(values[i], kMaxShown),
                                printable(values[known->second], kMaxShown)),
                    "keep one of the two");
            relate(diagnostic, {"build", key, std::to_string(known->second)}, "the first one");
        }
    }

    void check_both_files() {
        for (const auto& both : places_.in_both_files()) {
            found_.push_back(
                {both.pyproject.file,
                 both.pyproject.key,
                 Severity::Information,
                 "config/overridden",
                 fmt::format("`{}` has another value in `pycontainer.toml`, which wins", both.name),
                 "keep one of the two",
                 {{both.own.file, both.own.value, "the value that holds"}},
                 {}});
        }
    }

    const ProjectView& view_;
    const ImageCatalog* images_;
    const config::BuildConfig& config_;
    SettingsPlaces places_;
    std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> diagnose_meaning(const ProjectView& view, const ImageCatalog* images) {
    if (has_errors(view.loaded.diagnostics)) return {};
    return Meaning(view, images).run();
}

}  // namespace pycontainer::intellisense
