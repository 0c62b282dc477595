#pragma once

// Which places are asked for packages, in which order, and who said so. A value without a file or
// network behind it; `index_configuration.hpp` reads it from where people write it.

#include "packaging/marker.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pycontainer::index {

/// Whose word it is; a smaller one goes first.
enum class Scope { Flag, Requirements, Environment, Project, User, System, BuiltIn };

/// A place that has packages.
struct IndexLocation {
    enum class Format {
        Simple,  ///< the base URL of a simple API (PEP 503): a page a project
        Flat,    ///< one HTML page, or a directory (`file:`), with the files of all projects
    };

    /// Absolute; may hold user information, so for requests only.
    std::string url;
    std::string name{};    ///< what uv, Poetry or PDM call it; empty: it has none
    std::string origin{};  ///< for people: `UV_INDEX`, `/etc/pip.conf:3`
    Scope scope = Scope::BuiltIn;
    Format format = Format::Simple;
    bool is_default = false;   ///< the one in the place of the built-in one, asked last
    bool is_explicit = false;  ///< asked for the packages that are pinned to it, and for no other
    /// Statuses by which this index says that it does not have a project (uv's
    /// `ignore-error-codes`), besides 404 and 410.
    std::vector<int> missing_statuses{};
    /// Patterns as shells have them (PDM): if there are any, only such projects are asked for here.
    std::vector<std::string> include_packages{};
    std::vector<std::string> exclude_packages{};

    /// May a project be asked for here, unless it is pinned elsewhere? `name` is normalized.
    bool has_room_for(const std::string& name) const;
    /// As a message may show it: without user information.
    std::string shown() const;

    friend bool operator==(const IndexLocation&, const IndexLocation&) = default;
};

/// A package that comes from one index only (`[tool.uv.sources] x = { index = "y" }`).
struct IndexPin {
    std::string package;  ///< normalized
    std::string index;    ///< its name
    std::string origin;
    std::string marker{};  ///< under which it counts, as are the next two; empty: always
    std::string extra{};
    std::string group{};

    friend bool operator==(const IndexPin&, const IndexPin&) = default;
};

/// What flags or a requirements file say about indexes, as pip's options.
struct IndexArguments {
    std::optional<std::string> index_url;  ///< the default index
    std::vector<std::string> extra_index_urls;
    std::vector<std::string> find_links;  ///< URLs and absolute paths
    bool no_index = false;
    Scope scope = Scope::Requirements;
    std::string origin{};

    bool empty() const {
        return !index_url && extra_index_urls.empty() && find_links.empty() && !no_index;
    }
};

struct IndexOptions {
    /// In the order in which they are asked: the first that knows a name is the only one asked for
    /// it, so that nobody can publish a private name elsewhere.
    std::vector<IndexLocation> indexes;
    /// Flat places whose files are there besides those of the index.
    std::vector<IndexLocation> find_links;
    std::vector<IndexPin> pins;
    bool no_index = false;  ///< only `find_links` are looked at
    std::string no_index_origin{};
    /// Where nothing else knows a password, the `keyring` command is asked (`subprocess` in uv's
    /// and pip's configuration).
    bool use_keyring = false;
    std::vector<std::filesystem::path> files{};  ///< configuration that was read or looked for

    /// These indexes in this order, the last one the default.
    static IndexOptions of(const std::vector<std::string>& urls);

    /// These, changed by what a requirements file or the flags say: its default index replaces all
    /// indexes of the environment, the project and the user's and the system's files, as pip has
    /// it, unless the flags name one; extra indexes come before the others of their scope.
    IndexOptions with(const IndexArguments& arguments) const;

    /// These, with the pins that count for an image with these extras and groups.
    IndexOptions with_pins_for(const packaging::MarkerEnvironment& environment,
                               const std::vector<std::string>& extras,
                               const std::vector<std::string>& groups) const;
    /// Only this index, and the flat places.
    IndexOptions only(IndexLocation index) const;
    /// Without what the project's own files name: for what a lock says is on the default index.
    IndexOptions without_project_indexes() const;

    /// Those to ask for a project, in order: the one it is pinned to, or all that are not explicit.
    /// Nothing but the pin's absence of an index is an empty list with `no_index` unset. `name` is
    /// normalized.
    std::vector<const IndexLocation*> places_for(const std::string& name) const;
    const IndexPin* find_pin(const std::string& name) const;
    const IndexLocation* find_index(std::string_view name) const;
    /// The configured index at the URL, whatever user information and final slash either has.
    const IndexLocation* find_url(std::string_view url) const;
    /// Whether the built-in index is one of those that are asked.
    bool asks_built_in() const;
    /// Whether files of this machine may be chosen, which no page names.
    bool has_local_places() const;
    /// What lies in the flat places on this machine now, by names, sizes and times: another text
    /// means other files. Nothing where an index on this machine cannot be looked over like that.
    std::optional<std::string> local_state() const;
    /// Everything that changes which files are found, without user information: for digests.
    std::string fingerprint() const;
};

/// A location as flags, variables and files write it: `URL`, uv's `NAME=URL`, or a path.
/// Paths are relative to `directory`. Nothing for an empty text.
std::optional<IndexLocation> parse_location(std::string_view text,
                                            const std::filesystem::path& directory);

/// The URL without user information and final slash, which two spellings of an index may differ in;
/// empty for what is no URL.
std::string bare_url(std::string_view url);

}  // namespace pycontainer::index
