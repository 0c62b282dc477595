#include "resolve/requirements_file.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "resolve/internal/requirements_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace pycontainer::resolve {
namespace {

constexpr std::uint64_t kMaxFile = 16U << 20U;
constexpr std::size_t kMaxFiles = 200;

enum class Option {
    IndexUrl,
    ExtraIndexUrl,
    NoIndex,
    FindLinks,
    Requirement,
    Constraint,
    Editable,
    Hash,
    RequireHashes,
    TrustedHost,
    IgnoredFlag,
    IgnoredValue,
    NoBinary,
};

struct OptionName {
    std::string_view name;
    Option option;
    bool takes_value;
};

/// pip's options of requirements files. Ignored ones choose between files in ways that wheels only
/// and pins only leave no room for.
constexpr std::array<OptionName, 27> kOptions = {{
    {"-i", Option::IndexUrl, true},
    {"--index-url", Option::IndexUrl, true},
    {"--pypi-url", Option::IndexUrl, true},
    {"--extra-index-url", Option::ExtraIndexUrl, true},
    {"--no-index", Option::NoIndex, false},
    {"-f", Option::FindLinks, true},
    {"--find-links", Option::FindLinks, true},
    {"-r", Option::Requirement, true},
    {"--requirement", Option::Requirement, true},
    {"-c", Option::Constraint, true},
    {"--constraint", Option::Constraint, true},
    {"-e", Option::Editable, true},
    {"--editable", Option::Editable, true},
    {"--hash", Option::Hash, true},
    {"--require-hashes", Option::RequireHashes, false},
    {"--trusted-host", Option::TrustedHost, true},
    {"--no-binary", Option::NoBinary, true},
    {"--only-binary", Option::IgnoredValue, true},
    {"--prefer-binary", Option::IgnoredFlag, false},
    {"--pre", Option::IgnoredFlag, false},
    {"--use-feature", Option::IgnoredValue, true},
    {"--config-settings", Option::IgnoredValue, true},
    {"--config-setting", Option::IgnoredValue, true},
    {"-C", Option::IgnoredValue, true},
    {"--global-option", Option::IgnoredValue, true},
    {"--all-releases", Option::IgnoredValue, true},
    {"--only-final", Option::IgnoredValue, true},
}};

struct GivenOption {
    Option option;
    std::string value;
};

bool is_url(std::string_view text) {
    for (const char* scheme : {"http://", "https://", "file://", "ftp://"})
        if (to_lower(text.substr(0, 8)).starts_with(scheme)) return true;
    return false;
}

bool is_vcs(std::string_view text) {
    for (const char* prefix : {"git+", "hg+", "svn+", "bzr+", "git://"})
        if (text.starts_with(prefix)) return true;
    return false;
}

bool is_archive(std::string_view text) {
    for (const char* suffix : {".whl", ".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz"})
        if (text.ends_with(suffix)) return true;
    return false;
}

/// What pip takes for a path rather than a name.
bool looks_like_path(std::string_view text) {
    return text == "." || text == ".." || text.starts_with("./") || text.starts_with("../") ||
           text.starts_with('/') || text.starts_with(".[") ||
           (text.find('/') != std::string_view::npos && text.find('@') == std::string_view::npos) ||
           is_archive(text);
}

class RequirementsReader {
public:
    RequirementsReader(const std::filesystem::path& shown_directory, const Environment& environment,
                       const FileReader& read)
        : shown_directory_(shown_directory), environment_(environment), read_(read) {}

    Result<RequirementsFile> read(const std::filesystem::path& path) {
        PYC_TRY_ASSIGN(const auto bytes, read_(path));
        PYC_TRY(read_content(path.lexically_normal(), bytes, Role::Requirements));
        return std::move(result_);
    }

private:
    enum class Role { Requirements, Constraints };

    /// The file and line that are being read.
    struct Place {
        std::filesystem::path path;
        std::string shown;
        Role role = Role::Requirements;
        internal::LogicalLine line;
    };

    std::string shown(const std::filesystem::path& path) const {
        const auto relative = path.lexically_relative(shown_directory_.lexically_normal());
        return relative.empty() || *relative.begin() == ".." ? path.string() : relative.string();
    }

    void fault(const Place& place, std::string code, std::string message, std::string hint) {
        result_.diagnostics.push_back(
            {place.shown,
             {{place.line.number, 0}, {place.line.number, place.line.length}},
             Severity::Error,
             std::move(code),
             std::move(message),
             std::move(hint)});
    }

    Result<void> read_content(const std::filesystem::path& path, std::string_view bytes,
                              Role role) {
        Place place{path, shown(path), role, {}};
        PYC_TRY_ASSIGN(const auto text, internal::decode_requirements(bytes, place.shown));
        if (std::find(result_.files.begin(), result_.files.end(), path) == result_.files.end())
            result_.files.push_back(path);
        open_.push_back(path);
        for (auto& line : internal::logical_lines(text, environment_)) {
            place.line = std::move(line);
            read_line(place);
        }
        open_.pop_back();
        return {};
    }

    void include(const Place& place, const std::string& target, Role role) {
        if (is_url(target) && !target.starts_with("file://"))
            return fault(place, "resolve/unsupported-source",
                         "requirements at a URL cannot be included yet",
                         "download the file and include the copy");
        const auto path = (place.path.parent_path() / target).lexically_normal();
        if (std::find(open_.begin(), open_.end(), path) != open_.end())
            return fault(place, "resolve/invalid-requirements",
                         fmt::format("`{}` includes itself", shown(path)), "remove the line");
        if (result_.files.size() >= kMaxFiles)
            return fault(place, "resolve/invalid-requirements", "too many files are included",
                         "include fewer files");
        const auto bytes = read_(path);
        if (!bytes)
            return fault(place, "resolve/invalid-requirements", bytes.error().message,
                         "correct the path, which is relative to this file");
        // Constraints stay constraints, whatever they include.
        const auto inner = place.role == Role::Constraints ? Role::Constraints : role;
        if (const auto done = read_content(path, *bytes, inner); !done)
            fault(place, done.error().code, done.error().message, done.error().hint);
    }

    void read_line(const Place& place) {
        const auto parts = internal::split_options(place.line.text);
        const auto options = parse_options(place, parts.options);
        if (!options) return;
        if (!parts.requirement.empty()) return add_requirement(place, parts.requirement, *options);
        for (const auto& [option, value] : *options) apply(place, option, value);
    }

    /// As pip has it, a path is relative to the file it stands in, if it is there, else to the
    /// project.
    void add_find_links(const Place& place, const std::string& value) {
        if (value.find("://") != std::string::npos)
            return result_.index.find_links.push_back(value);
        std::error_code error;
        auto path = place.path.parent_path() / value;
        if (!std::filesystem::exists(path, error)) path = shown_directory_ / value;
        result_.index.find_links.push_back(path.lexically_normal().string());
    }

    void apply(const Place& place, Option option, const std::string& value) {
        if (result_.index.origin.empty()) result_.index.origin = place.shown;
        switch (option) {
            case Option::IndexUrl: result_.index.index_url = value; break;
            case Option::ExtraIndexUrl: result_.index.extra_index_urls.push_back(value); break;
            case Option::NoIndex: result_.index.no_index = true; break;
            case Option::FindLinks: add_find_links(place, value); break;
            case Option::TrustedHost: result_.trusted_hosts.push_back(value); break;
            case Option::RequireHashes: result_.require_hashes = true; break;
            case Option::Requirement: include(place, value, Role::Requirements); break;
            case Option::Constraint: include(place, value, Role::Constraints); break;
            case Option::Editable: add_editable(place, value); break;
            case Option::Hash:
                fault(place, "resolve/invalid-requirements", "`--hash` stands alone",
                      "put it on the line of a requirement, with `\\` at the line before");
                break;
            case Option::NoBinary:
                if (value != ":none:")
                    fault(place, "resolve/unsupported-source",
                          "`--no-binary` keeps wheels away, which are taken wherever there are any",
                          "remove the line; what has no wheel is made from its sources");
                break;
            case Option::IgnoredFlag:
            case Option::IgnoredValue: break;
        }
    }

    /// Nothing after a fault, which has been noted.
    std::optional<std::vector<GivenOption>> parse_options(const Place& place,
                                                          std::string_view text) {
        const auto words = split_shell_words(text);
        if (!words) {
            fault(place, "resolve/invalid-requirements", "a quotation mark is missing",
                  "close the quotation");
            return std::nullopt;
        }
        std::vector<GivenOption> result;
        for (std::size_t i = 0; i < words->size(); ++i) {
            const std::string_view word = (*words)[i];
            const bool is_long = word.starts_with("--");
            const auto equals = is_long ? word.find('=') : std::string_view::npos;
            const auto name = is_long ? word.substr(0, equals) : word.substr(0, 2);
            const auto* found = std::find_if(kOptions.begin(), kOptions.end(),
                                             [&](const auto& each) { return each.name == name; });
            if (found == kOptions.end()) {
                fault(
                    place, "resolve/invalid-requirements",
                    fmt::format("`{}` is not an option of requirements files", printable(word, 60)),
                    "remove it");
                return std::nullopt;
            }
            GivenOption given{found->option, {}};
            if (found->takes_value) {
                const bool is_attached =
                    is_long ? equals != std::string_view::npos : word.size() > 2;
                if (is_attached)
                    given.value = word.substr(is_long ? equals + 1 : 2);
                else if (i + 1 < words->size())
                    given.value = (*words)[++i];
                else {
                    fault(place, "resolve/invalid-requirements",
                          fmt::format("`{}` has no value", name), "write it behind the option");
                    return std::nullopt;
                }
            }
            result.push_back(std::move(given));
        }
        return result;
    }

    RequirementEntry entry_at(const Place& place, std::string text) {
        RequirementEntry entry;
        entry.text = std::move(text);
        entry.is_constraint = place.role == Role::Constraints;
        entry.file = place.shown;
        entry.line = place.line.number;
        entry.length = place.line.length;
        return entry;
    }

    void add_editable(const Place& place, const std::string& target) {
        auto entry = entry_at(place, target);
        entry.is_editable = true;
        set_location(place, entry, target);
        result_.entries.push_back(std::move(entry));
    }

    void add_requirement(const Place& place, const std::string& text,
                         const std::vector<GivenOption>& options) {
        auto entry = entry_at(place, text);
        for (const auto& [option, value] : options) {
            if (option == Option::Hash)
                add_hash(place, entry, value);
            else if (option != Option::IgnoredFlag && option != Option::IgnoredValue)
                fault(place, "resolve/invalid-requirements",
                      "the option does not belong behind a requirement",
                      "give it a line of its own");
        }
        const auto [location, marker] = split_location(text);
        // `name@https://…` is no path for its slashes.
        if (is_vcs(location) || is_url(location) ||
            (looks_like_path(location) && location.find("://") == std::string::npos)) {
            set_location(place, entry, location);
            if (!marker.empty()) set_marker(place, entry, marker);
        } else {
            auto requirement = packaging::Requirement::parse(text);
            if (requirement) {
                entry.kind = is_vcs(requirement->url) ? RequirementEntry::Kind::Vcs
                                                      : RequirementEntry::Kind::Named;
                entry.location = requirement->url;
                entry.requirement = *std::move(requirement);
            } else {
                fault(place, "resolve/invalid-requirements", requirement.error().message,
                      requirement.error().hint);
            }
        }
        result_.entries.push_back(std::move(entry));
    }

    /// What stands before the marker of a location: a URL may itself have a `;`, so it needs a
    /// blank around the marker's.
    static std::pair<std::string, std::string> split_location(const std::string& text) {
        const std::string separator = is_url(text) || is_vcs(text) ? "; " : ";";
        const auto at = text.find(separator);
        if (at == std::string::npos) return {text, {}};
        return {std::string(trim(std::string_view(text).substr(0, at))),
                std::string(trim(std::string_view(text).substr(at + separator.size())))};
    }

    void set_location(const Place& place, RequirementEntry& entry, std::string_view target) {
        if (is_vcs(target)) {
            entry.kind = RequirementEntry::Kind::Vcs;
            entry.location = target;
        } else if (is_url(target) && !target.starts_with("file://")) {
            entry.kind = RequirementEntry::Kind::Url;
            entry.location = target;
        } else {
            entry.kind = RequirementEntry::Kind::Path;
            auto path = target.starts_with("file://") ? target.substr(7) : target;
            path = path.substr(0, path.find('#'));
            if (path.ends_with(']'))
                path = path.substr(0, path.rfind('['));  // extras of a directory
            entry.location = (place.path.parent_path() / path).lexically_normal().string();
        }
    }

    /// A requirement without name holds the marker of a location.
    void set_marker(const Place& place, RequirementEntry& entry, const std::string& text) {
        auto marker = packaging::Marker::parse(text);
        if (!marker)
            return fault(place, "resolve/invalid-requirements", marker.error().message,
                         marker.error().hint);
        entry.requirement.emplace();
        entry.requirement->marker = *std::move(marker);
    }

    void add_hash(const Place& place, RequirementEntry& entry, const std::string& value) {
        static const std::map<std::string, std::size_t, std::less<>> kLengths = {
            {"sha256", 64}, {"sha384", 96}, {"sha512", 128}};
        const auto colon = value.find(':');
        const RequirementHash hash{
            to_lower(value.substr(0, colon)),
            colon == std::string::npos ? "" : to_lower(value.substr(colon + 1))};
        const auto length = kLengths.find(hash.algorithm);
        if (length == kLengths.end())
            return fault(
                place, "resolve/invalid-requirements",
                fmt::format("`{}` is not sha256, sha384 or sha512", printable(hash.algorithm, 40)),
                "lock again with a current tool");
        if (hash.hex.size() != length->second ||
            hash.hex.find_first_not_of("0123456789abcdef") != std::string::npos)
            return fault(
                place, "resolve/invalid-requirements",
                fmt::format("`{}` is not a {} hash", printable(hash.hex, 40), hash.algorithm),
                "lock again");
        entry.hashes.push_back(hash);
    }

    const std::filesystem::path& shown_directory_;
    const Environment& environment_;
    const FileReader& read_;
    RequirementsFile result_;
    std::vector<std::filesystem::path> open_;
};

}  // namespace

Result<RequirementsFile> read_requirements(const std::filesystem::path& path,
                                           const std::filesystem::path& shown_directory,
                                           const Environment& environment, const FileReader& read) {
    return RequirementsReader(shown_directory, environment, read).read(path);
}

Result<RequirementsFile> read_requirements(const std::filesystem::path& path,
                                           const std::filesystem::path& shown_directory,
                                           const Environment& environment) {
    return read_requirements(
        path, shown_directory, environment,
        [](const std::filesystem::path& each) { return read_file(each, kMaxFile); });
}

}  // namespace pycontainer::resolve
