#pragma once

// What a distribution says about itself (packaging specifications, "Core metadata" and "Entry
// points"), whatever file of its sources it comes from, and the texts that a wheel has of it.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pycontainer::sources {

struct Person {
    std::string name;
    std::string email;
};

/// Values as written in the sources, unless said otherwise.
struct CoreMetadata {
    std::string name;
    std::string version;  ///< PEP 440, normalized; empty while it is dynamic
    std::string summary;
    std::string requires_python;
    std::string license_expression;
    std::string license;                     ///< free text
    std::vector<std::string> license_files;  ///< paths in the tree
    std::vector<Person> authors;
    std::vector<Person> maintainers;
    std::vector<std::string> keywords;
    std::vector<std::string> classifiers;
    std::vector<std::pair<std::string, std::string>> urls;  ///< label and URL
    std::vector<std::string> dependencies;
    /// Normalized names of extras and what they add, sorted.
    std::map<std::string, std::vector<std::string>> extras;
    /// Groups (`console_scripts` among them), names, object references.
    std::map<std::string, std::map<std::string, std::string>> entry_points;
    std::string readme;
    std::string readme_type;  ///< "text/markdown"
    /// Fields of `[project] dynamic` that nobody has filled in yet.
    std::vector<std::string> dynamic;

    std::string normalized_name() const;
    /// `my_api-1.0`: what a wheel and its directories begin with.
    std::string file_stem() const;
    bool is_dynamic(std::string_view field) const;
    void settle(std::string_view field);  ///< takes it from `dynamic`
    /// Dependencies and those of the extras, with `extra == "…"` in their markers.
    std::vector<std::string> requires_dist() const;
};

/// METADATA, version 2.4.
std::string metadata_text(const CoreMetadata& metadata);
/// entry_points.txt; nothing when there are none.
std::optional<std::string> entry_points_text(const CoreMetadata& metadata);

/// The fields of a METADATA or PKG-INFO file that matter for an installation.
struct PackageInfo {
    std::string metadata_version;
    std::string name;
    std::string version;
    std::string requires_python;
    std::vector<std::string> requires_dist;
    std::vector<std::string> provides_extra;
    std::vector<std::string> dynamic;  ///< lower case
    std::string description;           ///< the text after the fields
    std::string description_type;

    /// PEP 643: would every wheel built from the source have this name, version and dependencies?
    bool is_reliable() const;
};
PackageInfo parse_package_info(std::string_view text);

}  // namespace pycontainer::sources
