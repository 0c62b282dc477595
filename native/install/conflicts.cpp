#include "install/conflicts.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

namespace pycontainer::install {
namespace {

constexpr std::size_t kMaxShownPairs = 5;

// Directories that belong to no package: setuptools finds them beside it when nobody tells it not
// to. Nothing is imported from them at run time.
constexpr std::array<std::string_view, 13> kStrayDirectories = {
    "tests",      "test",    "testing", "docs",  "doc",     "examples", "example",
    "benchmarks", "samples", "scripts", "tools", ".github", "licenses"};
// Files that belong to a source tree, by the part before the dot and in any case.
constexpr std::array<std::string_view, 17> kStrayFiles = {
    "license",  "licence",   "copying", "notice",       "authors",      "readme",
    "changes",  "changelog", "history", "news",         "contributing", "setup",
    "conftest", "noxfile",   "tasks",   "requirements", "pyproject"};

template <std::size_t Size>
bool contains(const std::array<std::string_view, Size>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// The part of `path` below `directory`; empty when it is not there.
std::string_view below(std::string_view path, const std::string& directory) {
    return path.size() > directory.size() + 1 && path.starts_with(directory) &&
                   path[directory.size()] == '/'
               ? path.substr(directory.size() + 1)
               : std::string_view();
}

/// Where an installed path is from; the last one counts.
struct Owner {
    std::size_t wheel = 0;
    const InstalledFile* file = nullptr;
};

using Pair = std::pair<std::size_t, std::size_t>;
using PairedPaths = std::map<Pair, std::vector<std::string_view>>;

class ConflictFinder {
public:
    ConflictFinder(std::span<const PreparedWheel> wheels, const Scheme& scheme,
                   ConflictPolicy policy)
        : wheels_(wheels), scheme_(scheme), policy_(policy), groups_(wheels.size()) {
        result_.dropped.resize(wheels.size());
    }

    Result<FileConflicts> run(std::span<const WheelGroup> groups) {
        for (std::size_t group = 0; group < groups.size(); ++group)
            for (const auto wheel : groups[group].wheels) {
                groups_[wheel] = group;
                for (const auto& file : wheels_[wheel].files) add(group, wheel, file);
            }
        for (const auto& wheel : wheels_)
            for (const auto& directory : wheel.directories)
                if (const auto owner = owners_.find(directory); owner != owners_.end())
                    return fail("install/conflicting-files",
                                "`/{}` is a file of {} and a directory of {}", printable(directory),
                                wheel_label(wheels_[owner->second.wheel]), wheel_label(wheel))
                        .hint(
                            "these two packages cannot be installed together; remove one of them "
                            "and lock again");
        if (!refused_.empty()) return refusal();
        for (const auto& [pair, paths] : tolerated_) warn(pair, paths);
        check_case();
        return std::move(result_);
    }

private:
    void add(std::size_t group, std::size_t wheel, const InstalledFile& file) {
        const auto [place, is_new] = owners_.try_emplace(file.path, Owner{wheel, &file});
        if (is_new) return;
        const Owner earlier = std::exchange(place->second, Owner{wheel, &file});
        if (groups_[earlier.wheel] == group)
            result_.dropped[earlier.wheel].insert(earlier.file->path);
        if (earlier.file->digest == file.digest) return;
        const bool harmless = (earlier.file->declares_namespace && file.declares_namespace) ||
                              is_harmless_conflict(file.path, scheme_);
        auto& list = harmless || policy_ == ConflictPolicy::Warn ? tolerated_ : refused_;
        list[{earlier.wheel, wheel}].push_back(file.path);
    }

    std::string describe(const Pair& pair, const std::vector<std::string_view>& paths) const {
        const auto first = "`/" + printable(paths.front()) + "`";
        return fmt::format(
            "{} and {} both have {}, with different contents", wheel_label(wheels_[pair.first]),
            wheel_label(wheels_[pair.second]),
            paths.size() == 1 ? first : fmt::format("{} files, such as {}", paths.size(), first));
    }

    Failure refusal() const {
        std::vector<std::string> texts;
        for (const auto& [pair, paths] : refused_) {
            if (texts.size() == kMaxShownPairs) {
                texts.push_back(fmt::format("{} more pairs of packages have such files",
                                            refused_.size() - kMaxShownPairs));
                break;
            }
            texts.push_back(describe(pair, paths));
        }
        return fail("install/conflicting-files", "{}", join(texts, "; "))
            .hint(
                "they cannot both work: remove one of the packages and lock again; if it is known "
                "to do no harm, `[build] conflicting_files = \"warn\"` lets the later one count");
    }

    void warn(const Pair& pair, const std::vector<std::string_view>& paths) {
        result_.warnings.push_back(
            {"install/conflicting-files",
             fmt::format("{}; {} of {} {} used", describe(pair, paths),
                         paths.size() == 1 ? "that" : "those", wheels_[pair.second].wheel.name,
                         paths.size() == 1 ? "is" : "are"),
             "pip and uv would keep one of them too; if something misses the other, remove the "
             "package that is not needed and lock again"});
    }

    /// Only paths with a capital letter can differ from another by case alone, and they are few.
    void check_case() {
        std::unordered_set<std::string_view> directories;
        for (const auto& wheel : wheels_)
            directories.insert(wheel.directories.begin(), wheel.directories.end());
        std::unordered_map<std::string, std::string_view> seen;
        std::vector<std::pair<std::string_view, std::string_view>> found;
        const auto look_at = [&](std::string_view path) {
            if (std::none_of(path.begin(), path.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
                return;
            auto lower = to_lower(path);
            if (const auto owner = owners_.find(lower); owner != owners_.end())
                found.emplace_back(owner->first, path);
            else if (const auto directory = directories.find(lower); directory != directories.end())
                found.emplace_back(*directory, path);
            else if (const auto [place, is_new] = seen.try_emplace(std::move(lower), path);
                     !is_new && place->second != path)
                found.emplace_back(std::min(place->second, path), std::max(place->second, path));
        };
        for (const auto& wheel : wheels_) {
            for (const auto& file : wheel.files) look_at(file.path);
            for (const auto& directory : wheel.directories) look_at(directory);
        }
        if (found.empty()) return;
        std::sort(found.begin(), found.end());
        const auto count =
            static_cast<std::size_t>(std::unique(found.begin(), found.end()) - found.begin());
        const auto& [one, other] = found.front();
        result_.warnings.push_back(
            {"install/case-conflict",
             fmt::format(
                 "`/{}` and `/{}` differ only by case{}", printable(one), printable(other),
                 count == 1 ? "" : fmt::format(", and so do {} other pairs of paths", count - 1)),
             "the image is right, but unpacking it where case does not count (macOS, Windows) "
             "loses one of them"});
    }

    std::span<const PreparedWheel> wheels_;
    const Scheme& scheme_;
    ConflictPolicy policy_;
    std::vector<std::size_t> groups_;  // by wheel
    FileConflicts result_;
    std::unordered_map<std::string_view, Owner> owners_;
    PairedPaths tolerated_;
    PairedPaths refused_;
};

}  // namespace

std::string wheel_label(const PreparedWheel& wheel) {
    return wheel.wheel.name + " " + wheel.wheel.version;
}

bool is_harmless_conflict(std::string_view path, const Scheme& scheme) {
    if (const auto rest = below(path, scheme.site_packages()); !rest.empty()) {
        const auto slash = rest.find('/');
        if (slash != std::string_view::npos)
            return contains(kStrayDirectories, rest.substr(0, slash));
        return rest.front() == '.' ||
               contains(kStrayFiles, to_lower(rest.substr(0, rest.find('.'))));
    }
    if (!below(path, scheme.scripts()).empty()) return true;
    const auto data = below(path, scheme.prefix);
    return data.starts_with("share/doc/") || data.starts_with("share/man/") ||
           data.starts_with("share/licenses/") || data.starts_with("man/");
}

Result<FileConflicts> find_conflicts(std::span<const PreparedWheel> wheels,
                                     std::span<const WheelGroup> groups, const Scheme& scheme,
                                     ConflictPolicy policy) {
    return ConflictFinder(wheels, scheme, policy).run(groups);
}

}  // namespace pycontainer::install
