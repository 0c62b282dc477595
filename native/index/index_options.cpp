#include "index/index_options.hpp"

#include "base/strings.hpp"
#include "base/version.hpp"
#include "index/flat_index.hpp"
#include "net/url.hpp"
#include "packaging/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fnmatch.h>
#include <set>

namespace pycontainer::index {
namespace {

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
    });
}

bool is_index_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

/// Before the first that has a later word.
void insert_by_scope(std::vector<IndexLocation>& list, IndexLocation location) {
    const auto place = std::find_if(list.begin(), list.end(), [&](const auto& each) {
        return each.is_default || each.scope > location.scope;
    });
    list.insert(place, std::move(location));
}

/// A line for a file, or for each entry of a directory; empty for what is not there.
std::string state_of(const std::filesystem::path& path) {
    std::set<std::string> lines;
    const auto add = [&](const std::filesystem::path& file) {
        std::error_code error;
        const auto size = std::filesystem::file_size(file, error);
        const auto time = std::filesystem::last_write_time(file, error);
        lines.insert(fmt::format("{} {} {}\n", file.filename().string(), error ? 0 : size,
                                 time.time_since_epoch().count()));
    };
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) add(path);
    std::filesystem::directory_iterator entry(path, error);
    for (const std::filesystem::directory_iterator end; !error && entry != end;
         entry.increment(error))
        add(entry->path());
    return fmt::format("{}", fmt::join(lines, ""));
}

}  // namespace

bool IndexLocation::has_room_for(const std::string& project) const {
    if (!include_packages.empty() && !matches_any(include_packages, project)) return false;
    return !matches_any(exclude_packages, project);
}

std::string IndexLocation::shown() const {
    const auto parsed = net::Url::parse(url);
    return parsed ? parsed->redacted().text : printable(name.empty() ? "?" : name, 60);
}

IndexOptions IndexOptions::of(const std::vector<std::string>& urls) {
    IndexOptions result;
    for (const auto& url : urls) result.indexes.push_back({.url = url});
    if (!urls.empty()) result.indexes.back().is_default = true;
    return result;
}

IndexOptions IndexOptions::with(const IndexArguments& arguments) const {
    IndexOptions result = *this;
    const auto origin = [&](const char* flag) {
        return arguments.origin.empty() ? flag : arguments.origin;
    };
    const auto location = [&](const std::string& text, const char* flag) {
        auto parsed = parse_location(text, {}).value_or(IndexLocation{});
        parsed.scope = arguments.scope;
        parsed.origin = origin(flag);
        return parsed;
    };
    if (arguments.no_index && !result.no_index) {
        result.no_index = true;
        result.no_index_origin = origin("--no-index");
    }
    const bool is_settled = std::any_of(
        indexes.begin(), indexes.end(),
        [&](const IndexLocation& each) { return each.is_default && each.scope < arguments.scope; });
    if (arguments.index_url && !is_settled) {
        if (arguments.scope == Scope::Requirements)
            std::erase_if(result.indexes, [&](const IndexLocation& each) {
                return each.scope > arguments.scope && !each.is_explicit;
            });
        std::erase_if(result.indexes, [](const IndexLocation& each) { return each.is_default; });
        auto main = location(*arguments.index_url, "--default-index");
        main.is_default = true;
        // One that stands among the others already is not asked twice.
        std::erase_if(result.indexes, [&](const IndexLocation& each) {
            return !each.is_explicit && bare_url(each.url) == bare_url(main.url) &&
                   each.scope > main.scope;
        });
        result.indexes.push_back(std::move(main));
    }
    for (const auto& url : arguments.extra_index_urls) {
        auto extra = location(url, "--index");
        if (!extra.name.empty())
            std::erase_if(result.indexes, [&](const IndexLocation& each) {
                return each.name == extra.name && each.scope > extra.scope;
            });
        insert_by_scope(result.indexes, std::move(extra));
    }
    for (const auto& place : arguments.find_links) {
        auto flat = location(place, "--find-links");
        flat.format = IndexLocation::Format::Flat;
        insert_by_scope(result.find_links, std::move(flat));
    }
    return result;
}

IndexOptions IndexOptions::with_pins_for(const packaging::MarkerEnvironment& environment,
                                         const std::vector<std::string>& extras,
                                         const std::vector<std::string>& groups) const {
    const auto is_chosen = [](const std::string& name, const std::vector<std::string>& chosen) {
        return name.empty() || std::any_of(chosen.begin(), chosen.end(), [&](const auto& each) {
                   return packaging::normalize_name(each) == packaging::normalize_name(name);
               });
    };
    IndexOptions result = *this;
    std::erase_if(result.pins, [&](const IndexPin& pin) {
        if (!is_chosen(pin.extra, extras) || !is_chosen(pin.group, groups)) return true;
        if (pin.marker.empty()) return false;
        const auto marker = packaging::Marker::parse(pin.marker);
        return marker && !marker->evaluate_leniently(environment);
    });
    return result;
}

IndexOptions IndexOptions::only(IndexLocation index) const {
    IndexOptions result = *this;
    result.pins.clear();
    index.is_explicit = false;
    result.indexes = {std::move(index)};
    return result;
}

IndexOptions IndexOptions::without_project_indexes() const {
    IndexOptions result = *this;
    result.pins.clear();
    std::erase_if(result.indexes, [](const auto& each) { return each.scope == Scope::Project; });
    const bool has_default = std::any_of(result.indexes.begin(), result.indexes.end(),
                                         [](const auto& each) { return each.is_default; });
    if (!has_default)
        result.indexes.push_back(
            {.url = std::string(kDefaultIndex), .origin = "built in", .is_default = true});
    return result;
}

bool IndexOptions::has_local_places() const {
    const auto is_local = [](const IndexLocation& each) { return each.url.starts_with("file:"); };
    return std::any_of(indexes.begin(), indexes.end(), is_local) ||
           std::any_of(find_links.begin(), find_links.end(), is_local);
}

std::optional<std::string> IndexOptions::local_state() const {
    std::string text;
    for (const auto* list : {&find_links, &indexes})
        for (const auto& each : *list) {
            if (!each.url.starts_with("file:")) continue;
            if (list == &indexes && each.format != IndexLocation::Format::Flat) return std::nullopt;
            const auto url = net::Url::parse(each.url);
            if (!url) return std::nullopt;
            text += bare_url(each.url) + "\n" + state_of(local_path_of(*url));
        }
    return text;
}

std::string IndexOptions::fingerprint() const {
    std::string text = no_index ? "none\n" : "";
    for (const auto* list : {&indexes, &find_links})
        for (const auto& each : *list)
            text += fmt::format("{} {} {} {} {} {} {}\n", bare_url(each.url), each.name,
                                static_cast<int>(each.format), each.is_explicit,
                                fmt::join(each.missing_statuses, ","),
                                fmt::join(each.include_packages, ","),
                                fmt::join(each.exclude_packages, ","));
    for (const auto& pin : pins)
        text += fmt::format("{} {} {} {} {}\n", pin.package, pin.index, pin.marker, pin.extra,
                            pin.group);
    return text;
}

const IndexPin* IndexOptions::find_pin(const std::string& name) const {
    const auto found = std::find_if(pins.begin(), pins.end(),
                                    [&](const IndexPin& pin) { return pin.package == name; });
    return found == pins.end() ? nullptr : &*found;
}

const IndexLocation* IndexOptions::find_index(std::string_view name) const {
    const auto wanted = packaging::normalize_name(name);
    const auto found = std::find_if(indexes.begin(), indexes.end(), [&](const auto& each) {
        return !each.name.empty() && packaging::normalize_name(each.name) == wanted;
    });
    return found == indexes.end() ? nullptr : &*found;
}

const IndexLocation* IndexOptions::find_url(std::string_view url) const {
    const auto wanted = bare_url(url);
    if (wanted.empty()) return nullptr;
    const auto found = std::find_if(indexes.begin(), indexes.end(),
                                    [&](const auto& each) { return bare_url(each.url) == wanted; });
    return found == indexes.end() ? nullptr : &*found;
}

bool IndexOptions::asks_built_in() const {
    const auto* found = find_url(kDefaultIndex);
    return found && !found->is_explicit && !no_index;
}

std::vector<const IndexLocation*> IndexOptions::places_for(const std::string& name) const {
    std::vector<const IndexLocation*> places;
    if (no_index) return places;
    if (const auto* pin = find_pin(name)) {
        if (const auto* index = find_index(pin->index)) places.push_back(index);
        return places;
    }
    for (const auto& each : indexes)
        if (!each.is_explicit && each.has_room_for(name)) places.push_back(&each);
    return places;
}

std::optional<IndexLocation> parse_location(std::string_view text,
                                            const std::filesystem::path& directory) {
    text = trim(text);
    if (text.empty()) return std::nullopt;
    IndexLocation location;
    // A URL has its `=` only after the scheme, and a path that has one begins with `.` or `/`.
    if (const auto equals = text.find('=');
        equals != std::string_view::npos && is_index_name(text.substr(0, equals))) {
        location.name = text.substr(0, equals);
        text = text.substr(equals + 1);
    }
    if (text.starts_with("file:") && !text.starts_with("file://")) text.remove_prefix(5);
    if (text.find("://") != std::string_view::npos) {
        location.url = text;
        return location;
    }
    const auto path = (directory / std::filesystem::path(text)).lexically_normal();
    location.url = "file://" + replace_all(net::percent_encode(path.string()), "%2F", "/");
    return location;
}

std::string bare_url(std::string_view url) {
    const auto parsed = net::Url::parse(url);
    if (!parsed) return {};
    auto result = parsed->without_userinfo().without_fragment().to_string();
    while (result.ends_with('/')) result.pop_back();
    return result;
}

}  // namespace pycontainer::index
