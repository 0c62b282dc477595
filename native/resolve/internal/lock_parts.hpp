#pragma once

// What the readers of locks have in common: files with hashes, packages on their way into a
// `Selection`, and messages.

#include "base/diagnostic.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "resolve/selection.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::resolve::internal {

/// A file of a package: its name or its address, and its hash if that is of an algorithm that
/// counts.
struct LockedFile {
    std::string filename;
    std::string url;
    std::optional<RequirementHash> hash;
};

/// One package of a lock, wherever it comes from.
struct LockEntry {
    enum class Kind {
        Index,
        Url,        ///< `location` is the address of one file
        File,       ///< … its path
        Directory,  ///< a project
        Repository  ///< Git and the like
    };
    std::string name;  ///< normalized
    std::string version;
    Kind kind = Kind::Index;
    std::string location;
    std::string index_url;
    std::vector<LockedFile> files;
    Range range;
    // Of a repository that is Git's.
    std::string commit{};
    std::string requested_revision{};
    std::string subdirectory{};
};

/// The error as a diagnostic at `range` of the lock, too.
Failure with_place(Failure failure, const std::string& file, Range range);
/// `resolve/python-mismatch` of a whole lock, which says at `range` which Pythons it is for.
Failure other_python(const std::string& file, std::string_view wanted,
                     const packaging::TargetEnvironment& target, Range range);

/// The last segment of a URL's or path's path, decoded.
std::string filename_of(std::string_view location);
/// "`a`, `b` and 3 more".
std::string listing(const std::vector<std::string>& names);
/// `sha256:…` and its longer relatives; nothing for algorithms that prove nothing any more.
std::optional<RequirementHash> parse_hash(std::string_view text);
/// `files = [{file | url, hash}]`. What cannot be used becomes a message in `faults`.
std::vector<LockedFile> read_files(const Json& list, std::string_view package,
                                   std::vector<std::string>& faults);
/// Nothing when the key is missing; what is no string is left out.
std::vector<std::string> strings_member(const Json& table, std::string_view key);
/// As above, as normalized names.
std::vector<std::string> names_member(const Json& table, std::string_view key);
/// The value at the end of a chain of keys, or null.
const Json* value_at(const Json& value, std::initializer_list<std::string_view> keys);

/// Calls `read` for each of `[[package]]` in uv.lock, poetry.lock or pdm.lock, with its number; a
/// project without dependencies has none. `fault` takes a pointer and a message.
void walk_packages(const Json& root, const std::function<void(const Json&, std::size_t)>& read,
                   const std::function<void(const std::string&, std::string)>& fault);
/// A group and those that it includes, those again; each once. `includes_of` is null for a group
/// that does not exist. Errors: `resolve/invalid-dependency`, with `advice` as its hint.
Result<std::vector<std::string>> included_groups(
    const std::string& name,
    const std::function<const std::vector<std::string>*(const std::string&)>& includes_of,
    std::string_view advice);

/// At least one fault as one error: what the first says, and how many there are.
Failure all_faults(std::vector<Diagnostic> diagnostics);
/// The same for a lock that cannot be used: `resolve/invalid-lock`, unless the first says
/// otherwise.
Failure lock_faults(const std::string& file, std::vector<Diagnostic> diagnostics,
                    std::string_view lock_command);

/// Collects the packages of a selection; every fault, not the first one.
class SelectionBuilder {
public:
    /// `lock_command` is what makes the lock anew.
    SelectionBuilder(std::string file, std::filesystem::path directory, std::string lock_command);

    void add(const LockEntry& entry);
    void warn(Warning warning) { result_.warnings.push_back(std::move(warning)); }
    void fault(Range range, std::string_view code, std::string message, std::string hint);
    /// Sorted. Errors: `resolve/unsupported-source`, `resolve/invalid-lock`,
    /// `resolve/conflicting-pins` (two versions of one name).
    Result<Selection> finish();

private:
    void add_from_index(const LockEntry& entry);
    void add_url(const LockEntry& entry);
    void add_file(const LockEntry& entry, std::string_view path);
    void add_directory(const std::string& location);
    void add_repository(const LockEntry& entry);
    LockedPackage locked_package(const LockEntry& entry) const;
    void note_unhashed(const std::string& name);

    std::string file_;
    std::filesystem::path directory_;
    std::string lock_command_;
    Selection result_;
    std::map<std::string, std::string> versions_;
    std::vector<std::string> unhashed_;
    std::vector<Diagnostic> diagnostics_;
};

/// What `pyproject.toml` asks for and the lock does not have, for `resolve/stale-lock`.
struct StaleRequirement {
    std::string text;    ///< as people write it
    std::string locked;  ///< the version in the lock; empty: none
};
/// The warning about a lock that was made from another `pyproject.toml`; `differences` may be
/// empty.
Warning stale_lock_warning(const std::string& file,
                           const std::vector<StaleRequirement>& differences,
                           std::string_view lock_command);

}  // namespace pycontainer::resolve::internal
