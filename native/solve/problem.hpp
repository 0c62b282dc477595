#pragma once

// What the resolver is asked, and what it answers: plain values, whatever file they come from.

#include "base/diagnostic.hpp"
#include "index/simple_page.hpp"
#include "packaging/requirement.hpp"
#include "packaging/target.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::solve {

/// A requirement that somebody has written, and where. Its marker is evaluated here.
struct WrittenRequirement {
    packaging::Requirement requirement;
    /// Instead of the requirement's specifiers, for other grammars than PEP 440; empty otherwise.
    std::function<bool(const packaging::Version&)> admits{};
    bool allows_prereleases = false;  ///< besides those that its specifiers name
    std::string text;                 ///< for people, and part of what a solution is remembered by
    std::string file;                 ///< empty: from nowhere that could be shown
    Range range{};
};

/// A Git repository at one commit.
struct SourceRepository {
    std::string url;  ///< without user information
    std::string commit;
    std::string requested_revision;  ///< may be empty
    std::string subdirectory;        ///< may be empty
};

/// A project that is needed as its sources are, so that there is one version of it: in a directory
/// of this machine, or in one of the other places if that is set.
struct LocalProject {
    std::string name;     ///< normalized
    std::string version;  ///< empty: not known
    std::filesystem::path directory;
    std::optional<SourceRepository> repository{};
    std::optional<index::IndexFile> archive{};  ///< a source distribution, named by its URL
    /// With markers on `extra` for its optional dependencies.
    std::vector<WrittenRequirement> requirements{};
};

struct Problem {
    std::string asker = "the project";  ///< the subject of what is required at the top
    std::vector<WrittenRequirement> requirements;
    std::vector<WrittenRequirement> constraints;  ///< restrict, and add nothing
    /// Count in place of all requirements of their names.
    std::vector<WrittenRequirement> overrides;
    std::vector<LocalProject> local_projects;
    /// Versions to be kept where nothing speaks against it, by normalized name.
    std::map<std::string, std::string> preferences;
    packaging::TargetEnvironment target;
};

struct SolvedPackage {
    std::string name;     ///< normalized
    std::string version;  ///< as its file has it
    std::string requires_python;
    std::string index_url;                   ///< without user information; empty: not from an index
    std::vector<index::IndexFile> files;     ///< all of this version
    std::optional<index::IndexFile> direct;  ///< the wheel or archive that was named by its URL
    std::filesystem::path directory;         ///< of a local project; empty for others
    std::optional<SourceRepository> repository{};
    /// Of a version that has no wheel for the target: what one is made of.
    std::optional<index::IndexFile> sdist{};
};

struct SolveWarning {
    std::string code, message, hint;
};

struct Solution {
    std::vector<SolvedPackage> packages;  ///< sorted by name
    std::vector<SolveWarning> warnings;
};

}  // namespace pycontainer::solve
