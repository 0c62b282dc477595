#include "checks.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "packaging/requirement.hpp"
#include "packaging/specifier.hpp"
#include "packaging/version.hpp"
#include "packaging/wheel_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>

namespace pycontainer::oracle {
namespace {

using packaging::Marker;
using packaging::Prereleases;
using packaging::Requirement;
using packaging::SpecifierSet;
using packaging::Version;

std::string text_of(const Json& line, std::string_view key) {
    return string_member(line, key).value_or("");
}
bool is_valid(const Json& line) {
    return bool_member(line, "valid").value_or(false);
}
bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// docs/decisions/0012, "Backslashes": a marker that Python would read otherwise than it stands
/// there is refused.
bool is_backslash_decision(std::string_view marker, const Error& error) {
    return marker.find('\\') != std::string_view::npos &&
           error.message.find("a text without `\\`") != std::string::npos;
}

Checked check_version(const Json& line, State&) {
    const auto version = Version::from(text_of(line, "input"));
    if (!version || !is_valid(line)) return equal(version.has_value(), is_valid(line));
    const Json ours = {version->to_string(),
                       version->public_version().to_string(),
                       version->base_version().to_string(),
                       version->is_prerelease(),
                       version->is_postrelease(),
                       version->dev().has_value()};
    return equal(ours, {line["normalized"], line["public"], line["base"], line["is_prerelease"],
                        line["is_postrelease"], line["is_devrelease"]});
}

Checked check_comparison(const Json& line, State&) {
    const auto a = Version::from(text_of(line, "a"));
    const auto b = Version::from(text_of(line, "b"));
    if (!a || !b) return failed("a version is refused");
    const auto order = *a <=> *b;
    return equal(order < 0 ? -1 : order > 0 ? 1 : 0, line["cmp"]);
}

Checked check_specifiers(const Json& line, State&) {
    const auto set = SpecifierSet::parse(text_of(line, "spec"));
    if (!set || !is_valid(line)) return equal(set.has_value(), is_valid(line));
    return equal({set->to_string(), set->clauses().size()}, {line["normalized"], line["n"]});
}

Checked check_contains(const Json& line, State&) {
    const auto set = SpecifierSet::parse(text_of(line, "spec"));
    if (!set) return failed("the specifier is refused");
    const auto version = text_of(line, "version");
    const bool allowed = set->contains(version, Prereleases::Allow);
    return equal({allowed, allowed, set->contains(version, Prereleases::Exclude)},
                 {line["default"], line["pre_true"], line["pre_false"]});
}

/// The rule of PEP 440, "Handling of pre-releases", over what the set contains.
Checked check_filter(const Json& line, State&) {
    const auto set = SpecifierSet::parse(text_of(line, "spec"));
    if (!set) return failed("the specifier is refused");
    Json all = Json::array();
    Json finals = Json::array();
    for (const auto& version : line["versions"]) {
        const auto& text = version.get_ref<const std::string&>();
        if (!set->contains(text)) continue;
        all.push_back(version);
        if (set->contains(text, Prereleases::Exclude)) finals.push_back(version);
    }
    return equal(set->names_prerelease() || finals.empty() ? all : finals, line["result"]);
}

Checked read_environment(const Json& line, State& state) {
    const auto& values = line["values"];
    auto& environment = state.environments[text_of(line, "name")];
    environment.implementation_name = text_of(values, "implementation_name");
    environment.implementation_version = text_of(values, "implementation_version");
    environment.os_name = text_of(values, "os_name");
    environment.platform_machine = text_of(values, "platform_machine");
    environment.platform_python_implementation = text_of(values, "platform_python_implementation");
    environment.platform_release = text_of(values, "platform_release");
    environment.platform_system = text_of(values, "platform_system");
    environment.platform_version = text_of(values, "platform_version");
    environment.python_full_version = text_of(values, "python_full_version");
    environment.python_version = text_of(values, "python_version");
    environment.sys_platform = text_of(values, "sys_platform");
    return skipped();
}

Checked check_marker_syntax(const Json& line, State&) {
    const auto text = text_of(line, "marker");
    const auto marker = Marker::parse(text);
    if (!marker && is_backslash_decision(text, marker.error())) return passed();
    if (!marker || !is_valid(line)) return equal(marker.has_value(), is_valid(line));
    return equal(marker->to_string(), line["str"]);
}

Checked check_marker(const Json& line, State& state) {
    const auto text = text_of(line, "marker");
    const auto marker = Marker::parse(text);
    if (!marker)
        return is_backslash_decision(text, marker.error()) ? passed()
                                                           : failed(marker.error().message);
    auto environment = state.environments[text_of(line, "env")];
    if (const auto extra = string_member(line, "extra")) environment.extra = {*extra};
    const auto result = marker->evaluate(environment);
    if (!result) return line["result"].is_object() ? passed() : failed(result.error().message);
    return equal(*result, line["result"]);
}

Checked check_requirement(const Json& line, State&) {
    const auto text = text_of(line, "input");
    const auto requirement = Requirement::parse(text);
    if (!requirement && is_backslash_decision(text, requirement.error())) return passed();
    if (!requirement || !is_valid(line)) {
        return requirement.has_value() == is_valid(line)
                   ? passed()
                   : failed(requirement ? "accepted, theirs refused" : requirement.error().message);
    }
    return equal({requirement->name, requirement->normalized_name(), requirement->to_string()},
                 {line["name"], line["normalized_name"], line["str"]});
}

Checked check_platforms(const Json& line, State&) {
    const auto target = parse_target(text_of(line, "target") + "/cp312");
    if (!target) return failed("the target is not understood");
    return equal(packaging::platform_tags(*target), line["platforms"]);
}

Checked check_tag_list(const Json& line, State&) {
    const auto target = parse_target(text_of(line, "target"));
    if (!target) return failed("the target is not understood");
    return equal(packaging::TagSet(*target).tags(), line["tags"]);
}

Checked check_wheel_name(const Json& line, State&) {
    const auto input = text_of(line, "input");
    const auto name = packaging::WheelName::parse(input);
    // docs/decisions/0012, "Letters": Python's expression takes those of all alphabets.
    if (!is_ascii(input) && !name) return passed();
    if (!name || !is_valid(line)) return equal(name.has_value(), is_valid(line));
    std::vector<std::string> tags;
    for (const auto& python : name->python_tags)
        for (const auto& abi : name->abi_tags)
            for (const auto& platform : name->platform_tags)
                tags.push_back(python + "-" + abi + "-" + platform);
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    auto theirs = line["tags"].get<std::vector<std::string>>();
    std::sort(theirs.begin(), theirs.end());
    std::string build;
    for (const auto& part : line["build"])
        build += part.is_string()         ? part.get<std::string>()
                 : part.is_number_float() ? name->build
                                          : part.dump();
    return equal({name->name, name->version, name->build, tags},
                 {line["name"], line["version"], build, theirs});
}

Checked check_source_name(const Json& line, State&) {
    const auto name = packaging::SourceName::parse(text_of(line, "input"));
    if (!name || !is_valid(line)) return equal(name.has_value(), is_valid(line));
    return equal({name->name, name->version}, {line["name"], line["version"]});
}

Checked check_name(const Json& line, State&) {
    const auto input = text_of(line, "input");
    if (!is_ascii(input)) return equal(packaging::is_valid_name(input), is_valid(line));
    return equal({packaging::is_valid_name(input), packaging::normalize_name(input)},
                 {line["valid"], line["normalized"]});
}

Checked read_files(const Json& line, State& state) {
    state.files[text_of(line, "key")] = line["files"].get<std::vector<std::string>>();
    return skipped();
}

Checked check_selection(const Json& line, State& state) {
    const auto target = parse_target(text_of(line, "target"));
    if (!target) return failed("the target is not understood");
    const auto tags = state.tag_sets.try_emplace(text_of(line, "target"), *target).first;
    Json best;
    std::size_t best_rank = 0;
    std::string best_build;
    for (const auto& file : state.files[text_of(line, "key")]) {
        const auto name = packaging::WheelName::parse(file);
        const auto rank = name ? tags->second.rank(*name) : std::nullopt;
        if (!rank) continue;
        if (!best.is_null() &&
            (*rank > best_rank ||
             (*rank == best_rank && !packaging::build_tag_less(best_build, name->build))))
            continue;
        best = file;
        best_rank = *rank;
        best_build = name->build;
    }
    return equal(best, line["best"]);
}

unsigned number_of(std::string_view text) {
    unsigned value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

std::optional<packaging::TargetEnvironment> parse_target(std::string_view text,
                                                         std::string_view full_version) {
    const auto slash = text.find("/cp3");
    const auto parts = split(text.substr(0, slash), '-');
    if (slash == std::string_view::npos || parts.size() != 3) return std::nullopt;
    packaging::TargetEnvironment target;
    const auto dot = parts[1].find('.');
    target.libc = parts[0] == "musl" ? packaging::Libc::Musl : packaging::Libc::Glibc;
    target.libc_major = number_of(parts[1]);
    target.libc_minor = number_of(parts[1].substr(dot + 1));
    target.machine = parts[2];
    const auto python = text.substr(slash + 4);
    target.free_threaded = python.ends_with('t');
    target.python_version =
        full_version.empty() ? fmt::format("3.{}.0", number_of(python)) : std::string(full_version);
    return target;
}

Checked check_packaging(const Json& line, State& state) {
    static const std::map<std::string, std::function<Checked(const Json&, State&)>> kChecks = {
        {"version", check_version},
        {"cmp", check_comparison},
        {"spec_parse", check_specifiers},
        {"contains", check_contains},
        {"filter", check_filter},
        {"env", read_environment},
        {"marker_parse", check_marker_syntax},
        {"marker", check_marker},
        {"requirement", check_requirement},
        {"platforms", check_platforms},
        {"taglist", check_tag_list},
        {"wheel", check_wheel_name},
        {"sdist", check_source_name},
        {"name", check_name},
        {"files", read_files},
    };
    const auto kind = text_of(line, "kind");
    if (kind == "select" && line.contains("key")) return check_selection(line, state);
    const auto found = kChecks.find(kind);
    return found == kChecks.end() ? skipped() : found->second(line, state);
}

}  // namespace pycontainer::oracle
