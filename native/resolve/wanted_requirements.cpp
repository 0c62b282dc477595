#include "resolve/wanted_requirements.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "net/url.hpp"
#include "packaging/dependency_groups.hpp"
#include "packaging/names.hpp"
#include "packaging/wheel_name.hpp"
#include "resolve/internal/pdm_project.hpp"
#include "resolve/internal/poetry_project.hpp"
#include "resolve/internal/unknown_name.hpp"
#include "resolve/lock_choice.hpp"
#include "resolve/repository_url.hpp"
#include "toml/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace pycontainer::resolve {
namespace {

using packaging::Requirement;
using solve::WrittenRequirement;

constexpr std::uint64_t kMaxFile = 16U << 20U;
constexpr int kMaxLevels = 16;
constexpr std::size_t kMaxLocalProjects = 500;
constexpr std::string_view kLock = "pyproject.toml";

const Json* at(const Json& value, std::initializer_list<std::string_view> keys) {
    const Json* current = &value;
    for (const auto key : keys) {
        current = member(*current, key);
        if (!current) return nullptr;
    }
    return current;
}

Failure with_place(Failure failure, const WrittenRequirement& written) {
    auto error = std::move(failure).take();
    error.diagnostics.push_back(
        {written.file, written.range, Severity::Error, error.code, error.message, error.hint});
    return fail(std::move(error));
}

/// The names under which a project or a member of its workspace lies on this machine.
class LocalSources {
public:
    /// `[tool.uv.sources]` of a project; those of its workspace count for members, too.
    LocalSources(const Json& pyproject, const std::filesystem::path& directory)
        : directory_(directory) {
        read_sources(pyproject, directory);
        auto root = std::filesystem::path();
        if (at(pyproject, {"tool", "uv", "workspace"})) {
            add_members(pyproject, directory);
        } else if (find_workspace(directory, root)) {
            const auto text = read_file(root / "pyproject.toml", kMaxFile);
            const auto document = toml::parse(text ? *text : "", "pyproject.toml");
            read_sources(document.value, root);
            add_members(document.value, root);
        }
    }

    struct Source {
        const Json* table = nullptr;
        std::filesystem::path base;
    };
    /// What is said of the name; a list of alternatives is taken at its first.
    std::optional<Source> find(const std::string& name) const {
        const auto found = sources_.find(name);
        if (found == sources_.end()) return std::nullopt;
        return Source{&found->second.first, found->second.second};
    }
    std::optional<std::filesystem::path> member(const std::string& name) const {
        const auto found = members_.find(name);
        return found == members_.end() ? std::nullopt : std::optional(found->second);
    }

private:
    void read_sources(const Json& pyproject, const std::filesystem::path& base) {
        const auto* table = at(pyproject, {"tool", "uv", "sources"});
        if (!table || !table->is_object()) return;
        for (const auto& [name, value] : table->items()) {
            const auto& one = value.is_array() && !value.empty() ? value.front() : value;
            if (one.is_object())
                sources_.emplace(packaging::normalize_name(name), std::pair(one, base));
        }
    }

    static bool find_workspace(const std::filesystem::path& directory,
                               std::filesystem::path& root) {
        std::error_code error;
        auto current = (std::filesystem::absolute(directory, error) / "").lexically_normal();
        current = current.parent_path();
        for (int level = 0; level < kMaxLevels && current.has_relative_path(); ++level) {
            if (std::filesystem::exists(current / ".git", error)) return false;
            current = current.parent_path();
            const auto text = read_file(current / "pyproject.toml", kMaxFile);
            if (!text || text->find("tool.uv.workspace") == std::string::npos) continue;
            root = current;
            return true;
        }
        return false;
    }

    /// The patterns of uv are nearly always directories or `directory/*`.
    void add_members(const Json& pyproject, const std::filesystem::path& root) {
        const auto* patterns = at(pyproject, {"tool", "uv", "workspace", "members"});
        add_member(root);
        if (!patterns || !patterns->is_array()) return;
        for (const auto& each : *patterns) {
            if (!each.is_string()) continue;
            const auto pattern = each.get<std::string>();
            if (!pattern.ends_with("*")) {
                add_member(root / pattern);
                continue;
            }
            std::error_code error;
            std::filesystem::directory_iterator entry(
                root / pattern.substr(0, pattern.find_last_of('/') + 1), error);
            const std::filesystem::directory_iterator end;
            for (; !error && entry != end; entry.increment(error))
                if (entry->is_directory(error)) add_member(entry->path());
        }
    }

    void add_member(const std::filesystem::path& directory) {
        const auto text = read_file(directory / "pyproject.toml", kMaxFile);
        if (!text) return;
        const auto document = toml::parse(*text, "pyproject.toml");
        const auto* name = at(document.value, {"project", "name"});
        if (name && name->is_string())
            members_.emplace(packaging::normalize_name(name->get<std::string>()),
                             directory.lexically_normal());
    }

    std::filesystem::path directory_;
    std::map<std::string, std::pair<Json, std::filesystem::path>> sources_;
    std::map<std::string, std::filesystem::path> members_;
};

class Gatherer {
public:
    explicit Gatherer(const WantedRequest& request)
        : request_(request),
          environment_(request.target.marker_environment()),
          sources_(*request.pyproject, request.project_directory) {
        result_.problem.target = request.target;
        result_.problem.asker = "the project";
        const auto text = read_file(request.project_directory / kLock, kMaxFile);
        document_ = toml::parse(text ? *text : "", kLock);
    }

    Result<Wanted> from_project() {
        PYC_TRY(read_uv_settings());
        if (at(*request_.pyproject, {"tool", "poetry", "dependencies"})) {
            PYC_TRY(read_poetry());
        } else if (at(*request_.pyproject, {"tool", "pdm", "dev-dependencies"})) {
            PYC_TRY(read_pdm());
        } else if (declares_dependencies(*request_.pyproject) ||
                   at(*request_.pyproject, {"project"})) {
            PYC_TRY(read_standard());
        } else {
            PYC_TRY(read_pipfile());
        }
        return std::move(result_);
    }

    Result<Wanted> from_file(const RequirementsFile& file) {
        PYC_TRY(read_uv_settings());
        result_.problem.asker = "`requirements.txt`";
        PYC_TRY(add_file(file));
        return std::move(result_);
    }

private:
    Result<void> add_file(const RequirementsFile& file) {
        if (!file.diagnostics.empty()) {
            Error error;
            error.code = file.diagnostics.front().code;
            error.message = file.diagnostics.front().message;
            error.hint = file.diagnostics.front().hint;
            error.diagnostics = file.diagnostics;
            return fail(std::move(error));
        }
        for (const auto& entry : file.entries) PYC_TRY(add_entry(entry));
        return {};
    }

    static std::string file_in(const std::filesystem::path& directory,
                               const std::filesystem::path& project) {
        const auto relative = (directory / kLock)
                                  .lexically_normal()
                                  .lexically_relative((project / "").lexically_normal());
        return relative.empty() ? std::string(kLock) : relative.generic_string();
    }

    WrittenRequirement written(Requirement requirement, const std::string& text,
                               const std::string& pointer) const {
        return {.requirement = std::move(requirement),
                .text = text,
                .file = std::string(kLock),
                .range = document_.range_or_start(pointer)};
    }

    Result<WrittenRequirement> parse(const std::string& text, const std::string& pointer) const {
        auto requirement = Requirement::parse(text);
        if (requirement) return written(*std::move(requirement), text, pointer);
        WrittenRequirement place{
            .text = text, .file = std::string(kLock), .range = document_.range_or_start(pointer)};
        return with_place(fail(std::move(requirement).error()), place);
    }

    /// Every requirement at the top comes through here: one that lies on this machine is read, and
    /// what it requires follows.
    Result<void> add(WrittenRequirement item) {
        PYC_TRY(settle_source(item, sources_));
        result_.problem.requirements.push_back(std::move(item));
        return {};
    }

    Result<void> settle_source(WrittenRequirement& item, const LocalSources& sources) {
        const auto name = item.requirement.normalized_name();
        if (item.requirement.url.starts_with("file:"))
            return with_place(
                fail("resolve/unsupported-source", "`{}` is named by a file on this machine", name)
                    .hint("put the wheel on an index, or name its directory in "
                          "`[tool.uv.sources]`"),
                item);
        const auto source = sources.find(name);
        if (!item.requirement.url.empty()) return add_address(item);
        if (!source) return {};
        const auto text = [&](std::string_view key) { return string_member(*source->table, key); };
        if (const auto git = text("git")) {
            const auto branch = text("branch"), tag = text("tag");
            return add_repository(item, *git,
                                  branch ? "refs/heads/" + *branch
                                  : tag  ? "refs/tags/" + *tag
                                         : text("rev").value_or(""),
                                  text("subdirectory").value_or(""));
        }
        if (const auto url = text("url")) {
            item.requirement.url = *url;
            item.requirement.specifiers = {};
            return add_address(item);
        }
        if (const auto path = text("path")) {
            return add_local(source->base / *path, name, item);
        } else if (bool_member(*source->table, "workspace").value_or(false)) {
            if (const auto directory = sources.member(name))
                return add_local(*directory, name, item);
            return with_place(
                fail("resolve/unsupported-source", "`{}` is no member of the uv workspace", name)
                    .hint("add it to `[tool.uv.workspace] members`"),
                item);
        }
        return {};
    }

    /// A URL of the requirement: only wheels are the resolver's.
    Result<void> add_address(const WrittenRequirement& item) {
        if (!may_apply(item)) return {};
        auto source = source_at(item.requirement.normalized_name(), item.requirement.url, item);
        if (!source) return with_place(fail(std::move(source).error()), item);
        if (*source) result_.sources.push_back(*std::move(*source));
        return {};
    }

    /// The requirement's URL becomes one that says everything.
    Result<void> add_repository(WrittenRequirement& item, const std::string& url,
                                std::string revision, std::string subdirectory) {
        item.requirement.url = fmt::format("{}@{}#{}", url, revision, subdirectory);
        item.requirement.specifiers = {};
        if (!may_apply(item)) return {};
        auto repository =
            make_unlocked_repository(url, std::move(revision), std::move(subdirectory));
        if (!repository) return with_place(fail(std::move(repository).error()), item);
        result_.sources.push_back({.name = item.requirement.normalized_name(),
                                   .place = *std::move(repository),
                                   .written = item});
        return {};
    }

    /// With the extra that it is of, if it is one's of a local project.
    bool may_apply(const WrittenRequirement& item) const {
        auto environment = environment_;
        if (!extra_.empty()) environment.extra = {extra_};
        return !item.requirement.marker || item.requirement.marker->evaluate_leniently(environment);
    }

    /// Reads the project that lies there, and those that it names.
    Result<void> add_local(const std::filesystem::path& directory, const std::string& name,
                           const WrittenRequirement& item) {
        if (!locals_.insert(name).second) return {};
        const auto path = (directory / "").lexically_normal().parent_path();
        const auto text = read_file(path / kLock, kMaxFile);
        const auto document = toml::parse(text ? *text : "", kLock);
        const auto* project = at(document.value, {"project"});
        const bool is_static = project && !member(*project, "dynamic");
        std::error_code error;
        if (!is_static && !has_errors(document.diagnostics) &&
            (text || std::filesystem::exists(path / "setup.cfg", error))) {
            result_.files.push_back(path / kLock);
            result_.sources.push_back({.name = name, .place = path, .written = item});
            return {};
        }
        if (!text || !project || has_errors(document.diagnostics) ||
            locals_.size() > kMaxLocalProjects)
            return with_place(fail("resolve/unsupported-source",
                                   "`{}` is at `{}`, where no `pyproject.toml` with a `[project]` "
                                   "can be read",
                                   name, path.generic_string())
                                  .hint("name the directory of a Python project, or a released "
                                        "version"),
                              item);
        result_.files.push_back(path / kLock);
        solve::LocalProject local{.name = name,
                                  .version = string_member(*project, "version").value_or("0"),
                                  .directory = path,
                                  .requirements = {}};
        const auto file = file_in(path, request_.project_directory);
        const LocalSources sources(document.value, path);
        const auto take = [&](const Json& list, const std::string& pointer,
                              const std::string& extra) -> Result<void> {
            for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
                if (!list[i].is_string()) continue;
                auto line = list[i].get<std::string>();
                PYC_TRY_ASSIGN(auto requirement, Requirement::parse(line));
                if (!extra.empty()) {
                    const auto condition = fmt::format("extra == '{}'", extra);
                    PYC_TRY_ASSIGN(requirement.marker,
                                   packaging::Marker::parse(
                                       requirement.marker
                                           ? fmt::format("({}) and {}",
                                                         requirement.marker->to_string(), condition)
                                           : condition));
                }
                WrittenRequirement each{
                    .requirement = std::move(requirement),
                    .text = std::move(line),
                    .file = file,
                    .range = document.range_or_start(toml::pointer_to(pointer, i))};
                extra_ = extra;
                PYC_TRY(settle_source(each, sources));
                extra_.clear();
                local.requirements.push_back(std::move(each));
            }
            return {};
        };
        if (const auto* list = member(*project, "dependencies"))
            PYC_TRY(take(*list, "/project/dependencies", ""));
        if (const auto* extras = member(*project, "optional-dependencies");
            extras && extras->is_object())
            for (const auto& [extra, list] : extras->items())
                PYC_TRY(take(list, toml::pointer_to("/project/optional-dependencies", extra),
                             packaging::normalize_name(extra)));
        result_.problem.local_projects.push_back(std::move(local));
        return {};
    }

    Result<void> read_uv_settings() {
        for (const auto& [key, list] :
             {std::pair("constraint-dependencies", &result_.problem.constraints),
              std::pair("override-dependencies", &result_.problem.overrides)}) {
            const auto* texts = at(*request_.pyproject, {"tool", "uv", key});
            for (std::size_t i = 0; texts && texts->is_array() && i < texts->size(); ++i) {
                if (!(*texts)[i].is_string()) continue;
                PYC_TRY_ASSIGN(auto item, parse((*texts)[i].get<std::string>(),
                                                fmt::format("/tool/uv/{}/{}", key, i)));
                PYC_TRY(settle_source(item, sources_));
                list->push_back(std::move(item));
            }
        }
        return {};
    }

    /// PEP 621 and PEP 735.
    Result<void> read_standard() {
        const auto* project = at(*request_.pyproject, {"project"});
        if (project)
            if (const auto* list = member(*project, "dependencies"))
                PYC_TRY(read_list(*list, "/project/dependencies"));
        PYC_TRY(read_dynamic());
        for (const auto& extra : request_.extras)
            PYC_TRY(read_extra(packaging::normalize_name(extra), extra));
        for (const auto& group : request_.groups) PYC_TRY(read_group(group));
        return {};
    }

    /// What a build backend reads from requirements files is read here, too; what it computes is
    /// not known without running it.
    Result<void> read_dynamic() {
        const auto* dynamic = at(*request_.pyproject, {"project", "dynamic"});
        if (!dynamic || !dynamic->is_array() ||
            std::find(dynamic->begin(), dynamic->end(), "dependencies") == dynamic->end())
            return {};
        const auto* files =
            at(*request_.pyproject, {"tool", "setuptools", "dynamic", "dependencies", "file"});
        if (!files)
            files = at(*request_.pyproject,
                       {"tool", "hatch", "metadata", "hooks", "requirements_txt", "files"});
        if (!files)
            return fail("resolve/no-lock",
                        "the build backend computes the dependencies, as `dynamic` in "
                        "`pyproject.toml` says, and there is no lock file")
                .hint("lock with the project's own tool, or list the dependencies in `[project]`");
        for (const auto& each : files->is_array() ? *files : Json::array({*files})) {
            if (!each.is_string()) continue;
            const auto path = request_.project_directory / each.get<std::string>();
            PYC_TRY_ASSIGN(const auto file,
                           read_requirements(path, request_.project_directory, Environment()));
            result_.files.insert(result_.files.end(), file.files.begin(), file.files.end());
            PYC_TRY(add_file(file));
        }
        return {};
    }

    Result<void> read_list(const Json& list, const std::string& pointer) {
        for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
            if (!list[i].is_string()) continue;
            PYC_TRY_ASSIGN(auto item,
                           parse(list[i].get<std::string>(), toml::pointer_to(pointer, i)));
            PYC_TRY(add_or_read_extras(std::move(item)));
        }
        return {};
    }

    /// `app[web]` in an extra or a group of `app` means that extra.
    Result<void> add_or_read_extras(WrittenRequirement item) {
        if (item.requirement.normalized_name() != own_name()) return add(std::move(item));
        if (!may_apply(item)) return {};
        for (const auto& extra : item.requirement.normalized_extras())
            PYC_TRY(read_extra(extra, extra));
        return {};
    }

    std::string own_name() const {
        const auto* name = at(*request_.pyproject, {"project", "name"});
        return name && name->is_string() ? packaging::normalize_name(name->get<std::string>())
                                         : std::string();
    }

    Result<void> read_extra(const std::string& normalized, const std::string& as_written) {
        if (!extras_read_.insert(normalized).second) return {};
        const auto* extras = at(*request_.pyproject, {"project", "optional-dependencies"});
        std::set<std::string> known;
        if (extras && extras->is_object())
            for (const auto& [name, list] : extras->items()) {
                if (packaging::normalize_name(name) == normalized)
                    return read_list(list,
                                     toml::pointer_to("/project/optional-dependencies", name));
                known.insert(name);
            }
        return internal::unknown_name(internal::NameKind::Extra, as_written, known, kLock,
                                      "add it to `[project.optional-dependencies]`");
    }

    Result<void> read_group(const std::string& name) {
        const auto* table = at(*request_.pyproject, {"dependency-groups"});
        std::set<std::string> known;
        if (table && table->is_object())
            for (const auto& [each, list] : table->items()) known.insert(each);
        const auto normalized = packaging::normalize_name(name);
        const auto found = std::find_if(known.begin(), known.end(), [&](const auto& each) {
            return packaging::normalize_name(each) == normalized;
        });
        if (found == known.end())
            return internal::unknown_name(internal::NameKind::Group, name, known, kLock,
                                          "add it to `[dependency-groups]`");
        PYC_TRY_ASSIGN(auto requirements, packaging::resolve_dependency_group(*table, name));
        for (auto& each : requirements) {
            const auto text = each.to_string();
            PYC_TRY(add_or_read_extras(
                written(std::move(each), text, toml::pointer_to("/dependency-groups", *found))));
        }
        return {};
    }

    Result<void> read_poetry() {
        PYC_TRY_ASSIGN(const auto project, internal::read_poetry_project(*request_.pyproject));
        const auto extras = internal::normalized_names(request_.extras);
        std::set<std::string> known_groups, known_extras;
        for (const auto& [name, list] : project.groups) {
            if (name != "main") known_groups.insert(name);
            for (const auto& each : list)
                known_extras.insert(each.in_extras.begin(), each.in_extras.end());
        }
        for (const auto& extra : extras)
            if (!known_extras.contains(extra))
                return internal::unknown_name(internal::NameKind::Extra, extra, known_extras, kLock,
                                              "add it to `[tool.poetry.extras]`");
        std::vector<std::string> groups = {"main"};
        for (const auto& group : internal::normalized_names(request_.groups)) {
            if (!known_groups.contains(group))
                return internal::unknown_name(internal::NameKind::Group, group, known_groups, kLock,
                                              "add it to `[tool.poetry.group]`");
            groups.push_back(group);
        }
        for (const auto& group : groups) {
            const auto found = project.groups.find(group);
            if (found == project.groups.end()) continue;
            for (const auto& each : found->second) PYC_TRY(add_poetry(each, group, extras));
        }
        return {};
    }

    Result<void> add_poetry(const internal::PoetryDependency& each, const std::string& group,
                            const std::vector<std::string>& extras) {
        using Source = internal::PoetryDependency::Source;
        if (each.name == "python") return {};
        const bool is_chosen =
            each.in_extras.empty()
                ? !each.is_optional
                : std::any_of(each.in_extras.begin(), each.in_extras.end(), [&](const auto& one) {
                      return std::find(extras.begin(), extras.end(), one) != extras.end();
                  });
        if (!is_chosen || !each.applies(request_.target, environment_)) return {};
        Requirement requirement;
        requirement.name = each.name;
        requirement.extras = each.extras;
        const auto table = group == "main"
                               ? std::string("/tool/poetry/dependencies")
                               : fmt::format("/tool/poetry/group/{}/dependencies", group);
        auto item = written(std::move(requirement), each.text, pointer_below(table, each.name));
        const auto* value = value_below(table, each.name);
        if (each.source == Source::Repository) {
            const auto field = [&](std::string_view key) {
                return value ? string_member(*value, key) : std::nullopt;
            };
            const auto git = field("git");
            if (!git) return add_standard(each, std::move(item));
            const auto branch = field("branch"), tag = field("tag");
            PYC_TRY(add_repository(item, *git,
                                   branch ? "refs/heads/" + *branch
                                   : tag  ? "refs/tags/" + *tag
                                          : field("rev").value_or(""),
                                   field("subdirectory").value_or("")));
            result_.problem.requirements.push_back(std::move(item));
            return {};
        }
        if (each.source == Source::Path) {
            const auto path = value ? string_member(*value, "path") : std::nullopt;
            if (!path)
                return with_place(fail("resolve/unsupported-source",
                                       "`{}` is named by a file on this machine", each.name)
                                      .hint("put the wheel on an index"),
                                  item);
            PYC_TRY(add_local(request_.project_directory / *path, each.name, item));
        } else if (each.source == Source::Url) {
            item.requirement.url = value ? string_member(*value, "url").value_or("") : "";
            if (item.requirement.url.empty())
                if (const auto standard = Requirement::parse(each.text))
                    item.requirement.url = standard->url;
            PYC_TRY(add_address(item));
        }
        if (item.requirement.url.empty()) {
            const auto constraint = each.constraint;
            item.admits = [constraint](const packaging::Version& version) {
                return constraint.allows(version);
            };
            item.allows_prereleases = names_prerelease(constraint.to_string());
        }
        result_.problem.requirements.push_back(std::move(item));
        return {};
    }

    /// One of `[project] dependencies`, `name @ git+https://…`.
    Result<void> add_standard(const internal::PoetryDependency& each, WrittenRequirement item) {
        PYC_TRY_ASSIGN(const auto standard, Requirement::parse(each.text));
        item.requirement.url = standard.url;
        PYC_TRY(add_address(item));
        result_.problem.requirements.push_back(std::move(item));
        return {};
    }

    /// `^1.0rc1`: some word of the constraint is a pre-release.
    static bool names_prerelease(const std::string& constraint) {
        for (std::size_t i = 0; i < constraint.size(); ++i) {
            if (constraint[i] < '0' || constraint[i] > '9') continue;
            const auto found = packaging::Version::scan(std::string_view(constraint).substr(i));
            if (!found) continue;
            if (found->first.is_prerelease()) return true;
            i += found->second > 0 ? found->second - 1 : 0;
        }
        return false;
    }

    /// The key of a table that is `name` once normalized.
    std::string pointer_below(const std::string& table, const std::string& name) const {
        const Json::json_pointer pointer(table);
        if (document_.value.contains(pointer))
            for (const auto& [key, value] : document_.value.at(pointer).items())
                if (packaging::normalize_name(key) == name) return toml::pointer_to(table, key);
        return table;
    }
    const Json* value_below(const std::string& table, const std::string& name) const {
        const Json::json_pointer pointer(pointer_below(table, name));
        return document_.value.contains(pointer) ? &document_.value.at(pointer) : nullptr;
    }

    Result<void> read_pdm() {
        PYC_TRY_ASSIGN(const auto project, internal::read_pdm_project(*request_.pyproject));
        auto groups = internal::normalized_names(request_.groups);
        for (const auto& extra : internal::normalized_names(request_.extras))
            groups.push_back(extra);
        groups.insert(groups.begin(), "default");
        for (const auto& group : groups) {
            const auto found = project.groups.find(group);
            if (found == project.groups.end()) {
                if (group == "default") continue;
                std::set<std::string> known;
                for (const auto& [name, list] : project.groups) known.insert(name);
                return internal::unknown_name(internal::NameKind::Group, group, known, kLock,
                                              "add it to `[tool.pdm.dev-dependencies]`");
            }
            for (const auto& each : found->second) PYC_TRY(add_pdm(each));
        }
        return {};
    }

    Result<void> add_pdm(const internal::PdmRequirement& each) {
        Requirement requirement;
        requirement.name = each.name;
        requirement.extras = each.extras;
        requirement.specifiers = each.specifiers;
        requirement.marker = each.marker;
        if (each.location.find("://") != std::string::npos) requirement.url = each.location;
        auto item = written(std::move(requirement), each.text, "/project");
        if (each.name.empty() || (!each.location.empty() && item.requirement.url.empty()))
            return with_place(
                fail("resolve/unsupported-source", "a dependency is named by its place alone")
                    .hint("write it as `name @ URL`"),
                item);
        return add(std::move(item));
    }

    Result<void> read_pipfile() {
        const auto text = read_file(request_.project_directory / "Pipfile", kMaxFile);
        if (!text) return {};
        document_ = toml::parse(*text, "Pipfile");
        result_.problem.asker = "the `Pipfile`";
        result_.files.push_back(request_.project_directory / "Pipfile");
        std::vector<std::string> tables = {"packages"};
        for (const auto& group : request_.groups)
            tables.push_back(group == "develop" || group == "dev" ? "dev-packages" : group);
        for (const auto& table : tables) {
            const auto* packages = member(document_.value, table);
            if (!packages && table != "packages")
                return internal::unknown_name(internal::NameKind::Group, table, {}, "Pipfile",
                                              "add it to the Pipfile");
            if (!packages || !packages->is_object()) continue;
            for (const auto& [name, value] : packages->items())
                PYC_TRY(add_pipfile_entry(name, value, table));
        }
        return {};
    }

    Result<void> add_pipfile_entry(const std::string& name, const Json& value,
                                   const std::string& table) {
        const auto field = [&](std::string_view key) {
            return value.is_object() ? string_member(value, key).value_or("") : std::string();
        };
        auto version = value.is_string() ? value.get<std::string>() : field("version");
        if (trim(version) == "*") version.clear();
        std::string line = name;
        if (const auto* extras = value.is_object() ? member(value, "extras") : nullptr;
            extras && extras->is_array()) {
            std::vector<std::string> names;
            for (const auto& each : *extras)
                if (each.is_string()) names.push_back(each.get<std::string>());
            line += "[" + join(names, ",") + "]";
        }
        line += version;
        if (const auto markers = field("markers"); !markers.empty()) line += " ; " + markers;
        auto requirement = Requirement::parse(line);
        WrittenRequirement item{
            .text = line,
            .file = "Pipfile",
            .range = document_.range_or_start(toml::pointer_to("/" + table, name))};
        if (!requirement) return with_place(fail(std::move(requirement).error()), item);
        item.requirement = *std::move(requirement);
        for (const auto* other : {"hg", "svn"})
            if (!field(other).empty())
                return with_place(
                    fail("resolve/unsupported-source",
                         "`{}` comes from a repository that is not Git's", name)
                        .hint("use a released version, or build a wheel of it and depend on its "
                              "URL"),
                    item);
        if (const auto git = field("git"); !git.empty()) {
            PYC_TRY(add_repository(item, git, field("ref"), field("subdirectory")));
            result_.problem.requirements.push_back(std::move(item));
            return {};
        }
        // Sources written in Pipenv's own way: `.` is the project itself, which is there anyway.
        if (const auto path = field("path"); !path.empty()) {
            if ((request_.project_directory / path / "").lexically_normal() ==
                (request_.project_directory / "").lexically_normal())
                return {};
            PYC_TRY(add_local(request_.project_directory / path, item.requirement.normalized_name(),
                              item));
        } else if (const auto file = field("file"); !file.empty()) {
            item.requirement.url = file;
            PYC_TRY(add_address(item));
        }
        result_.problem.requirements.push_back(std::move(item));
        return {};
    }

    Result<void> add_entry(const RequirementEntry& entry) {
        using Kind = RequirementEntry::Kind;
        WrittenRequirement item{.text = entry.text, .file = entry.file, .range = entry.range()};
        if (entry.kind == Kind::Invalid) return {};
        if (entry.kind == Kind::Vcs) return add_unnamed(egg_name(entry.location), entry, item);
        if (entry.kind == Kind::Path) return add_path(entry, item);
        if (entry.kind == Kind::Url) {
            const auto url = net::Url::parse(entry.location);
            const auto filename =
                url ? net::percent_decode(url->path().substr(url->path().rfind('/') + 1)) : "";
            const auto wheel = packaging::WheelName::parse(filename);
            if (!wheel) {
                const auto sdist = packaging::SourceName::parse(filename);
                return add_unnamed(sdist ? sdist->name : std::string(), entry, item);
            }
            item.requirement.name = wheel->name;
            item.requirement.url = entry.location;
            result_.problem.requirements.push_back(std::move(item));
            return {};
        }
        item.requirement = *entry.requirement;
        if (entry.is_constraint) {
            if (!item.requirement.url.empty()) PYC_TRY(add_address(item));
            result_.problem.constraints.push_back(std::move(item));
            return {};
        }
        return add(std::move(item));
    }

    /// A line with an address alone: what is there tells its name.
    Result<void> add_unnamed(const std::string& name, const RequirementEntry& entry,
                             WrittenRequirement item) {
        auto source = source_at(name, entry.location, item);
        if (!source) return with_place(fail(std::move(source).error()), item);
        if (!*source) return {};
        (*source)->written.requirement.url = entry.location;
        (*source)->is_top = true;
        result_.sources.push_back(*std::move(*source));
        return {};
    }

    Result<void> add_path(const RequirementEntry& entry, const WrittenRequirement& item) {
        const std::filesystem::path path(entry.location);
        const auto strip = [](const std::filesystem::path& each) {
            return (each / "").lexically_normal();
        };
        if (strip(path) == strip(request_.project_directory)) return {};  // in the image anyway
        const auto text = read_file(path / kLock, kMaxFile);
        const auto document = toml::parse(text ? *text : "", kLock);
        const auto* name = at(document.value, {"project", "name"});
        if (!name || !name->is_string())
            return with_place(fail("resolve/unsupported-source",
                                   "`{}` is neither a package's name nor a Python project's "
                                   "directory",
                                   printable(entry.text, 80))
                                  .hint("put wheels on an index, or pin every package so that "
                                        "nothing has to be resolved"),
                              item);
        auto local = item;
        local.requirement.name = name->get<std::string>();
        PYC_TRY(add_local(path, local.requirement.normalized_name(), local));
        result_.problem.requirements.push_back(std::move(local));
        return {};
    }

    const WantedRequest& request_;
    packaging::MarkerEnvironment environment_;
    LocalSources sources_;
    toml::Document document_;
    std::set<std::string> locals_, extras_read_;
    std::string extra_;  // of a local project, whose requirements are being read
    Wanted result_;
};

}  // namespace

Result<Wanted> wanted_requirements(const WantedRequest& request) {
    return Gatherer(request).from_project();
}

Result<Wanted> wanted_of_file(const RequirementsFile& file, const WantedRequest& request) {
    return Gatherer(request).from_file(file);
}

bool wants_something(const WantedRequest& request) {
    if (declares_dependencies(*request.pyproject)) return true;
    if (!request.groups.empty() || !request.extras.empty()) return true;
    if (at(*request.pyproject, {"project"})) return false;
    const auto text = read_file(request.project_directory / "Pipfile", kMaxFile);
    if (!text) return false;
    const auto document = toml::parse(*text, "Pipfile");
    const auto* packages = member(document.value, "packages");
    return packages && packages->is_object() && !packages->empty();
}

}  // namespace pycontainer::resolve
