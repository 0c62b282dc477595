#include "checks.hpp"

#include "base/file.hpp"
#include "packaging/dependency_groups.hpp"
#include "packaging/wheel_name.hpp"
#include "resolve/pylock.hpp"
#include "resolve/wheel_choice.hpp"
#include "toml/document.hpp"

#include <algorithm>
#include <cstdlib>

namespace pycontainer::oracle {
namespace {

std::string text_of(const Json& line, std::string_view key) {
    return string_member(line, key).value_or("");
}

/// The environments stand in the first line of a file beside this one.
void read_environments(State& state) {
    const auto text = read_file(state.projects.parent_path() / "uvlock_select.jsonl", 256U << 20U);
    if (!text) return;
    const auto meta = parse_json(std::string_view(*text).substr(0, text->find('\n')), "meta");
    const auto* environments = meta ? member(*meta, "envs") : nullptr;
    if (!environments || !environments->is_object()) return;
    for (const auto& [name, values] : environments->items())
        state.environments[name].python_full_version = text_of(values, "python_full_version");
}

/// docs/decisions/0012, "Hashes": one that is none is refused when the lock is read.
bool is_hash_decision(const Error& error) {
    return !error.diagnostics.empty() &&
           std::all_of(error.diagnostics.begin(), error.diagnostics.end(), [](const auto& each) {
               return each.message.find(" is no hash") != std::string::npos;
           });
}

/// docs/decisions/0005: a name that is not normalized is taken with a warning.
bool is_name_decision(const resolve::Pylock& lock, const Json& line) {
    return text_of(line, "error").find("is not normalized") != std::string::npos &&
           std::any_of(lock.warnings.begin(), lock.warnings.end(), [](const auto& warning) {
               return warning.code == "resolve/unnormalized-name";
           });
}

/// docs/decisions/0012, "Times".
bool is_time_decision(const Json& line) {
    return text_of(line, "error").find("(expected datetime)") != std::string::npos;
}

Checked check_file(const Json& line, const State& state) {
    const auto text = read_file(state.projects / text_of(line, "file"));
    if (!text) return failed("the file is not there");
    const bool is_valid = bool_member(line, "valid").value_or(false);
    const auto lock = resolve::read_pylock(*text, "pylock.toml");
    if (!lock)
        return !is_valid || is_hash_decision(lock.error()) ? passed()
                                                           : failed(lock.error().message);
    if (!is_valid)
        return is_name_decision(*lock, line) || is_time_decision(line)
                   ? passed()
                   : failed("read, theirs: " + text_of(line, "error"));
    return equal(
        {lock->created_by, lock->packages.size(), lock->extras, lock->groups, lock->default_groups},
        {line["created_by"], line["n"], line["extras"], line["groups"], line["default_groups"]});
}

/// docs/decisions/0012, "Groups" and "Build numbers": takes out what differs for these reasons
/// only.
void drop_decided(const std::string& text, const Json& line, Json& ours, Json& theirs) {
    const auto lock = resolve::read_pylock(text, "pylock.toml");
    const bool adds_defaults = line["groups"].is_array() && lock && !lock->default_groups.empty();
    const auto number_of = [](const std::string& build) {
        return std::strtoul(build.c_str(), nullptr, 10);  // 0 without one
    };
    const auto same = [&](const Json& one, const Json& other) {
        const auto a = packaging::WheelName::parse(one[2].get<std::string>());
        const auto b = packaging::WheelName::parse(other[2].get<std::string>());
        return a && b && one[0] == other[0] && one[1] == other[1] &&
               a->python_tags == b->python_tags && a->abi_tags == b->abi_tags &&
               a->platform_tags == b->platform_tags && number_of(a->build) > number_of(b->build);
    };
    Json kept = Json::array();
    for (const auto& each : ours) {
        const auto other = std::find_if(theirs.begin(), theirs.end(),
                                        [&](const Json& their) { return same(each, their); });
        if (other != theirs.end()) {
            theirs.erase(other);
            continue;
        }
        const bool is_theirs = std::any_of(theirs.begin(), theirs.end(),
                                           [&](const Json& their) { return their[0] == each[0]; });
        const auto is_of_group = [&](const auto& package) {
            return each[0] == package.name && package.marker &&
                   package.marker->to_string().find("dependency_groups") != std::string::npos;
        };
        if (!is_theirs && adds_defaults &&
            std::any_of(lock->packages.begin(), lock->packages.end(), is_of_group))
            continue;
        kept.push_back(each);
    }
    ours = std::move(kept);
}

Checked check_selection(const Json& line, State& state) {
    const auto path = state.projects / text_of(line, "file");
    const auto text = read_file(path);
    if (!text) return failed("the file is not there");
    if (state.environments.empty()) read_environments(state);
    const auto name = text_of(line, "target");
    const auto target = parse_target(name, state.environments[name].python_full_version);
    if (!target) return failed("the target is not understood");
    const Json pyproject = Json::object();
    resolve::SelectionRequest request{.pyproject = &pyproject,
                                      .directory = path.parent_path(),
                                      .groups = {},
                                      .extras = line["extras"].get<std::vector<std::string>>(),
                                      .target = *target};
    if (line["groups"].is_array()) request.groups = line["groups"].get<std::vector<std::string>>();
    const bool expected = bool_member(line, "ok").value_or(false);
    const auto selection = resolve::select_from_pylock(*text, "pylock.toml", request);
    if (!selection)
        return !expected || is_hash_decision(selection.error()) ? passed()
                                                                : failed(selection.error().message);
    Json ours = Json::array();
    bool has_unusable = false;
    const packaging::TagSet tags(*target);
    for (const auto& package : selection->packages) {
        const auto wheel = resolve::choose_wheel(package, tags, *target);
        has_unusable = has_unusable || (!wheel && !package.has_sdist);
        ours.push_back({package.name, package.version, wheel ? wheel->filename : ""});
    }
    for (const auto& source : selection->sources) ours.push_back({source.name, source.version, ""});
    if (!expected)
        return has_unusable ? passed() : failed("selected, theirs: " + text_of(line, "error"));
    Json theirs = Json::array();
    for (const auto& each : line["selected"])
        if (each[2] != "directory")
            theirs.push_back({each[0], each[1].is_null() ? "" : each[1],
                              each[2] == "wheel" ? each[3].get<std::string>() : ""});
    drop_decided(*text, line, ours, theirs);
    std::sort(ours.begin(), ours.end());
    std::sort(theirs.begin(), theirs.end());
    return equal(ours, theirs);
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool has_foreign_names(const Json& groups) {
    if (!groups.is_object()) return false;
    for (const auto& [name, list] : groups.items()) {
        if (!is_ascii(name)) return true;
        for (const auto& entry : list)
            if (!is_ascii(string_member(entry, "include-group").value_or(""))) return true;
    }
    return false;
}

Checked check_group(const Json& line, const State& state) {
    const auto text = read_file(state.projects / text_of(line, "file"));
    if (!text) return failed("the file is not there");
    const auto document = toml::parse(*text, "pyproject.toml");
    if (line.contains("toml_error"))
        return has_errors(document.diagnostics)
                   ? passed()
                   : failed("read, theirs: " + text_of(line, "toml_error"));
    const auto* table = member(document.value, "dependency-groups");
    // docs/decisions/0012, "Letters": names of groups are compared as ASCII is.
    if (table && has_foreign_names(*table)) return skipped();
    const auto group = packaging::resolve_dependency_group(table ? *table : Json::object(),
                                                           text_of(line, "group"));
    if (line.contains("error"))
        return group ? failed("resolved, theirs: " + text_of(line, "error")) : passed();
    if (!group) return failed(group.error().message);
    Json ours = Json::array();
    for (const auto& requirement : *group) ours.push_back(requirement.to_string());
    return equal(ours, line["result"]);
}

}  // namespace

Checked check_flat_locks(const Json& line, State& state) {
    const auto kind = text_of(line, "kind");
    if (kind == "pylock") return check_file(line, state);
    if (kind == "select" && text_of(line, "file").find("pylock") != std::string::npos)
        return check_selection(line, state);
    if (kind.empty() && (line.contains("group") || line.contains("toml_error")))
        return check_group(line, state);
    return skipped();
}

}  // namespace pycontainer::oracle
