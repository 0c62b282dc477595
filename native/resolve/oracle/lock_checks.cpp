#include "checks.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "resolve/lock_choice.hpp"
#include "resolve/requirements_file.hpp"
#include "resolve/uv_lock.hpp"
#include "resolve/wheel_choice.hpp"
#include "toml/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pycontainer::oracle {
namespace {

std::string text_of(const Json& line, std::string_view key) {
    return string_member(line, key).value_or("");
}

/// uv's arguments as a selection; nothing for those that are not known here.
std::optional<resolve::UvSelection> parse_selection(const Json& arguments, const Json& pyproject) {
    resolve::UvSelection selection;
    const Json::json_pointer configured("/tool/uv/default-groups");
    std::vector<std::string> defaults = {"dev"};
    if (pyproject.contains(configured)) {
        const auto& value = pyproject[configured];
        if (value.is_array())
            defaults = value.get<std::vector<std::string>>();
        else
            selection.all_groups = value == "all";
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto argument = arguments[i].get<std::string>();
        const bool has_value = i + 1 < arguments.size();
        if (argument == "--no-default-groups")
            defaults.clear(), selection.all_groups = false;
        else if (argument == "--no-dev")
            std::erase(defaults, "dev");
        else if (argument == "--all-extras")
            selection.all_extras = true;
        else if (argument == "--all-groups")
            selection.all_groups = true;
        else if (argument == "--all-packages")
            selection.all_members = true;
        else if (argument == "--extra" && has_value)
            selection.extras.push_back(arguments[++i].get<std::string>());
        else if (argument == "--only-group" && has_value) {
            selection.production = false;
            selection.all_groups = false;
            defaults.clear();
            selection.groups.push_back(arguments[++i].get<std::string>());
        } else
            return std::nullopt;
    }
    selection.groups.insert(selection.groups.end(), defaults.begin(), defaults.end());
    return selection;
}

/// Exports spell the names of wheels anew, so their meaning is compared.
std::string canonical_wheel(const std::string& filename) {
    auto name = packaging::WheelName::parse(filename);
    if (!name) return filename;
    std::sort(name->python_tags.begin(), name->python_tags.end());
    std::sort(name->platform_tags.begin(), name->platform_tags.end());
    return fmt::format("{}-{}-{}-{}-{}-{}", name->name, name->version, name->build,
                       fmt::join(name->python_tags, "."), fmt::join(name->abi_tags, "."),
                       fmt::join(name->platform_tags, "."));
}

std::string python_of(const Json& line, const State& state) {
    const auto found = state.environments.find(text_of(line, "target"));
    return found == state.environments.end() ? "" : found->second.python_full_version;
}

/// Groups that are there by default, such as `dev`, need not exist in what is selected.
void drop_missing_defaults(const resolve::UvLock& lock, resolve::UvSelection& selection) {
    std::set<std::string> known;
    const auto* root = resolve::find_root(lock, selection);
    for (const auto& package : lock.packages)
        if (selection.all_members || !root || &package == root)
            for (const auto& [name, list] : package.groups) known.insert(name);
    if (!root)
        for (const auto& [name, list] : lock.root_groups) known.insert(name);
    std::erase_if(selection.groups, [&](const std::string& group) {
        return !known.contains(packaging::normalize_name(group));
    });
}

/// uv took the lock of a workspace above that is not among the stored files.
bool is_workspace_lock_missing(const std::filesystem::path& directory) {
    const auto text = read_file(directory.parent_path() / "pyproject.toml");
    return text && text->find("[tool.uv.workspace]") != std::string::npos &&
           !std::filesystem::exists(directory.parent_path() / "uv.lock");
}

Checked check_uv_lock(const Json& line, State& state) {
    const auto directory = state.projects / text_of(line, "dir");
    if (is_workspace_lock_missing(directory)) return skipped();
    const auto pyproject = read_file(directory / "pyproject.toml");
    const auto project =
        pyproject ? toml::parse(*pyproject, "pyproject.toml").value : Json::object();
    const auto choice = resolve::choose_lock(directory, project);
    const auto text = read_file(choice.file);
    const auto target = parse_target(text_of(line, "target"), python_of(line, state));
    if (!text || !pyproject || !target) return skipped();
    auto selection = parse_selection(line["args"], project);
    if (!selection) return skipped();
    selection->root = directory.lexically_normal()
                          .lexically_relative(choice.file.parent_path().lexically_normal())
                          .generic_string();
    const bool expected = bool_member(line, "ok").value_or(false);
    const auto lock = resolve::read_uv_lock(*text, "uv.lock");
    if (!lock) return expected ? failed(lock.error().message) : passed();
    drop_missing_defaults(*lock, *selection);
    const auto packages = resolve::select_packages(*lock, *selection, *target);
    if (!packages) return expected ? failed(packages.error().message) : passed();
    Json ours = Json::array();
    bool has_unusable = false;
    const packaging::TagSet tags(*target);
    for (const auto* package : *packages) {
        if (package->source.is_local_project()) continue;
        const auto wheel = resolve::choose_wheel(
            {package->name, package->version, package->wheels, package->has_sdist, {}, {}}, tags,
            *target);
        has_unusable = has_unusable || (!wheel && !package->has_sdist &&
                                        package->source.kind != resolve::UvSource::Kind::Git);
        ours.push_back(
            {package->name, package->version, wheel ? canonical_wheel(wheel->filename) : ""});
    }
    if (!expected)
        return has_unusable ? passed() : failed("selected, theirs: " + text_of(line, "error"));
    Json theirs = Json::array();
    for (const auto& each : line["selected"])
        if (each[2] != "directory")
            theirs.push_back(
                {each[0], each[1].is_null() ? "" : each[1],
                 each[2] == "wheel" ? canonical_wheel(each[3].get<std::string>()) : ""});
    std::sort(ours.begin(), ours.end());
    std::sort(theirs.begin(), theirs.end());
    if (ours == theirs) return passed();
    std::string difference;
    for (const auto& each : ours)
        if (std::find(theirs.begin(), theirs.end(), each) == theirs.end())
            difference += " ours " + dump_json(each);
    for (const auto& each : theirs)
        if (std::find(ours.begin(), ours.end(), each) == ours.end())
            difference += " theirs " + dump_json(each);
    return failed(difference.substr(0, 2000));
}

/// docs/decisions/0012, "Requirements files": lines are refused of which pip passes over a part,
/// and both files of a line are read. What a variable of theirs was is not known here.
bool is_requirements_decision(const std::filesystem::path& path,
                              const resolve::RequirementsFile& file) {
    const auto text = read_file(path).value_or("");
    if (text.find("-r other.txt -c cons.txt") != std::string::npos) return true;
    return std::any_of(file.diagnostics.begin(), file.diagnostics.end(), [](const auto& each) {
        for (const auto* part : {" hash", " is not an option of requirements files",
                                 " stands alone", "`${PATH}x` is not a requirement"})
            if (each.message.find(part) != std::string::npos)
                return each.severity == Severity::Error;
        return false;
    });
}

Checked check_requirements_file(const Json& line, State& state) {
    const auto path = state.projects / text_of(line, "file");
    const auto file = resolve::read_requirements(path, state.projects, Environment());
    const bool expected = bool_member(line, "ok").value_or(false);
    if (!file) return expected ? failed(file.error().message) : passed();
    if (!expected)
        return has_errors(file->diagnostics) ? passed()
                                             : failed("read, theirs: " + text_of(line, "error"));
    Json ours = Json::array();
    for (const auto& entry : file->entries) {
        std::vector<std::string> hashes;
        for (const auto& hash : entry.hashes) hashes.push_back(hash.algorithm + ":" + hash.hex);
        std::sort(hashes.begin(), hashes.end());
        ours.push_back({entry.text, entry.is_editable, entry.is_constraint, hashes});
    }
    Json theirs = Json::array();
    for (const auto& each : line["reqs"]) {
        auto hashes = each["hashes"];
        std::sort(hashes.begin(), hashes.end());
        theirs.push_back({trim(each["req"].get_ref<const std::string&>()), each["editable"],
                          each["constraint"], hashes});
    }
    return is_requirements_decision(path, *file) ? passed() : equal(ours, theirs);
}

}  // namespace

Checked check_locks(const Json& line, State& state) {
    const auto kind = text_of(line, "kind");
    if (kind == "meta" && line.contains("envs")) {
        for (const auto& [name, values] : line["envs"].items())
            state.environments[name].python_full_version = text_of(values, "python_full_version");
        return skipped();
    }
    if (kind == "select" && line.contains("dir")) return check_uv_lock(line, state);
    if (kind == "file") return check_requirements_file(line, state);
    return skipped();
}

}  // namespace pycontainer::oracle
