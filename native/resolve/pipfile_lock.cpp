#include "resolve/pipfile_lock.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "net/url.hpp"
#include "packaging/marker.hpp"
#include "packaging/names.hpp"
#include "packaging/specifier.hpp"
#include "packaging/wheel_name.hpp"
#include "resolve/internal/json_places.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/internal/unknown_name.hpp"
#include "resolve/repository_url.hpp"
#include "toml/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace pycontainer::resolve {
namespace {

constexpr std::uint64_t kSpec = 6;
constexpr std::string_view kHowToLock = "run `pipenv lock`";
constexpr std::size_t kMaxListed = 4;
constexpr std::array<std::string_view, 3> kRepositories = {"hg", "svn", "bzr"};
constexpr std::array<std::string_view, 3> kHashAlgorithms = {"sha256", "sha384", "sha512"};

/// The Pipfile calls two of the lock's categories by other names.
std::string category_of(const std::string& group) {
    const auto name = packaging::normalize_name(group);
    if (name == "dev" || name == "dev-packages") return "develop";
    return name == "packages" ? "default" : name;
}

/// `${NAME}` as the environment has it; the name of a variable that it does not have.
Result<std::string> expand(std::string_view text, const Environment* environment) {
    std::string result;
    for (;;) {
        const auto start = text.find("${");
        const auto end =
            start == std::string_view::npos ? std::string_view::npos : text.find('}', start);
        result += text.substr(0, end == std::string_view::npos ? end : start);
        if (end == std::string_view::npos) return result;
        const auto name = text.substr(start + 2, end - start - 2);
        const auto value = environment ? environment->find_nonempty(name) : std::nullopt;
        if (!value)
            return fail("resolve/unset-variable", "the variable `{}` is not set",
                        printable(name, 60));
        result += *value;
        text.remove_prefix(end + 1);
    }
}

class Reader {
public:
    Reader(const Json& root, std::string_view text, const std::string& file,
           const SelectionRequest& request)
        : root_(root),
          places_(text),
          file_(file),
          request_(request),
          environment_(request.target.marker_environment()) {}

    Result<Selection> read() {
        PYC_TRY(check_python());
        PYC_TRY_ASSIGN(const auto categories, choose_categories());
        for (const auto& category : categories) {
            const auto& table = root_[category];
            if (!table.is_object()) {
                fault({category, ""}, "resolve/invalid-lock",
                      fmt::format("`{}` must be an object", category), kHowToLock);
                continue;
            }
            for (const auto& [name, entry] : table.items()) read_entry({category, name}, entry);
        }
        if (!diagnostics_.empty()) return internal::all_faults(std::move(diagnostics_));
        if (!unhashed_.empty())
            result_.warnings.push_back(
                {"resolve/unhashed-pins",
                 fmt::format("{} in `{}` {} no hash, so the index is believed",
                             join(unhashed_, ", "), file_, unhashed_.size() == 1 ? "has" : "have"),
                 std::string(kHowToLock)});
        for (auto& [name, pin] : pins_) result_.pins.push_back(std::move(pin));
        return std::move(result_);
    }

private:
    /// Where an entry stands: its category, and its name as it is written.
    struct Place {
        std::string category;
        std::string name;
    };

    void fault(const Place& place, std::string_view code, std::string message,
               std::string_view hint) {
        diagnostics_.push_back({file_, places_.range_of(place.category, place.name),
                                Severity::Error, std::string(code), std::move(message),
                                std::string(hint)});
    }

    /// `3.11` of `requires` must be what the image's version begins with.
    Result<void> check_python() const {
        const auto* requires_table = member(root_["_meta"], "requires");
        if (!requires_table) return {};
        const auto full = string_member(*requires_table, "python_full_version");
        const auto written = full ? full : string_member(*requires_table, "python_version");
        const auto wanted = written ? packaging::Version::from(*written) : std::nullopt;
        if (!wanted || packaging::same_release_prefix(*wanted, request_.target.python_release(),
                                                      wanted->release().size()))
            return {};
        return internal::other_python(file_, *written, request_.target,
                                      places_.range_of("_meta", "requires"));
    }

    Result<std::vector<std::string>> choose_categories() const {
        if (!request_.extras.empty())
            return internal::unknown_name(internal::NameKind::Extra, request_.extras.front(), {},
                                          file_, "put its packages into a category of the Pipfile");
        std::map<std::string, std::string> known;  // as written, by normalized name
        std::set<std::string> shown;
        for (const auto& [name, table] : root_.items()) {
            if (name == "_meta") continue;
            known.emplace(packaging::normalize_name(name), name);
            if (name != "default") shown.insert(name);
        }
        std::vector<std::string> categories;
        if (known.contains("default")) categories.push_back(known.at("default"));
        for (const auto& group : request_.groups) {
            const auto found = known.find(category_of(group));
            if (found == known.end())
                return internal::unknown_name(internal::NameKind::Group, group, shown, file_,
                                              kHowToLock);
            if (std::find(categories.begin(), categories.end(), found->second) == categories.end())
                categories.push_back(found->second);
        }
        return categories;
    }

    void read_entry(const Place& place, const Json& entry) {
        if (!entry.is_object() || !packaging::is_valid_name(place.name))
            return fault(place, "resolve/invalid-lock",
                         fmt::format("`{}` is no entry of a package", printable(place.name, 60)),
                         kHowToLock);
        if (const auto* markers = member(entry, "markers")) {
            const auto marker =
                packaging::Marker::parse(markers->is_string() ? markers->get<std::string>() : "");
            if (!marker)
                return fault(place, "resolve/invalid-lock", marker.error().message, kHowToLock);
            if (!marker->evaluate_leniently(environment_)) return;
        }
        if (const auto git = string_member(entry, "git")) return add_repository(place, entry, *git);
        for (const auto kind : kRepositories)
            if (member(entry, kind))
                return fault(
                    place, "resolve/unsupported-source",
                    fmt::format("`{}` comes from a repository that is not Git's", place.name),
                    "use a released version, or build a wheel of it and give its URL");
        Pin pin{.name = packaging::normalize_name(place.name),
                .version = {},
                .is_arbitrary = false,
                .hashes = {},
                .direct = {},
                .index_url = {},
                .file = file_,
                .range = places_.range_of(place.category, place.name)};
        if (!read_hashes(place, entry, pin)) return;
        for (const char* key : {"path", "file"})
            if (const auto location = string_member(entry, key))
                return read_location(place, *location, std::move(pin));
        if (!read_version(place, entry, pin) || !read_index(place, entry, pin)) return;
        add(place, std::move(pin));
    }

    void add_repository(const Place& place, const Json& entry, const std::string& url) {
        const auto text = [&](const char* key) { return string_member(entry, key).value_or(""); };
        auto repository = make_repository(url, text("ref"), {}, text("subdirectory"));
        if (!repository)
            return fault(place, repository.error().code, repository.error().message,
                         repository.error().hint);
        add_source(place, *std::move(repository));
    }

    void add_source(const Place& place, std::variant<Artifact, Repository> origin) {
        auto name = packaging::normalize_name(place.name);
        const bool is_known =
            std::any_of(result_.sources.begin(), result_.sources.end(),
                        [&](const SourcePackage& each) { return each.name == name; });
        if (!is_known)
            result_.sources.push_back({.name = std::move(name),
                                       .version = {},
                                       .origin = std::move(origin),
                                       .is_direct = true,
                                       .file = file_,
                                       .range = places_.range_of(place.category, place.name)});
    }

    void add(const Place& place, Pin pin) {
        const auto [first, is_new] = pins_.try_emplace(pin.name, pin);
        if (is_new) {
            const bool is_verified =
                pin.direct ? pin.direct->sha256.has_value() : !pin.hashes.empty();
            if (!is_verified) unhashed_.push_back("`" + pin.name + "`");
            return;
        }
        // Pipenv locks the categories one after the other, and real files have such differences.
        if (first->second.version != pin.version)
            result_.warnings.push_back(
                {"resolve/category-conflict",
                 fmt::format("`{}` locks `{}` {} and, for `{}`, {}: the first is installed", file_,
                             pin.name, printable(first->second.version, 60), place.category,
                             printable(pin.version, 60)),
                 std::string(kHowToLock)});
    }

    bool read_version(const Place& place, const Json& entry, Pin& pin) {
        const auto version = string_member(entry, "version").value_or("");
        const auto clause = packaging::Specifier::from(version);
        if (!clause || !clause->is_pin()) {
            fault(place, "resolve/not-pinned",
                  fmt::format("`{}` is not pinned to an exact version", place.name), kHowToLock);
            return false;
        }
        pin.version = clause->version_text();
        pin.is_arbitrary = clause->operation() == packaging::Specifier::Operator::Arbitrary;
        return true;
    }

    /// The hashes are those of all files of the version; any of them will do.
    bool read_hashes(const Place& place, const Json& entry, Pin& pin) {
        const auto* hashes = member(entry, "hashes");
        if (!hashes) return true;
        bool has_weak = false;
        for (const auto& each : hashes->is_array() ? *hashes : Json::array()) {
            const auto text = each.is_string() ? to_lower(each.get<std::string>()) : "";
            const auto colon = text.find(':');
            const auto algorithm = text.substr(0, colon);
            const bool is_strong = std::find(kHashAlgorithms.begin(), kHashAlgorithms.end(),
                                             algorithm) != kHashAlgorithms.end();
            const bool is_valid =
                colon != std::string::npos &&
                (algorithm != "sha256" || Digest::from_hex(text.substr(colon + 1)).has_value());
            if (!is_valid) {
                fault(place, "resolve/invalid-lock",
                      fmt::format("`{}` of `{}` is no hash", printable(text, 80), place.name),
                      kHowToLock);
                return false;
            }
            has_weak = has_weak || !is_strong;
            if (is_strong) pin.hashes.push_back({algorithm, text.substr(colon + 1)});
        }
        if (!pin.hashes.empty() || !has_weak) return true;
        fault(place, "resolve/missing-hash",
              fmt::format("`{}` has no hash of sha256 or better", place.name), kHowToLock);
        return false;
    }

    /// The index that the entry names, else the first: only that one has what names none.
    bool read_index(const Place& place, const Json& entry, Pin& pin) {
        const auto* sources = member(root_["_meta"], "sources");
        const auto wanted = string_member(entry, "index");
        for (const auto& source : sources && sources->is_array() ? *sources : Json::array()) {
            if (wanted && string_member(source, "name") != wanted) continue;
            const auto url = string_member(source, "url");
            if (!url) break;
            auto expanded = expand(*url, request_.environment);
            if (!expanded) {
                auto error = std::move(expanded).error();
                fault(
                    place, error.code,
                    fmt::format("the index of `{}` cannot be asked: {}", place.name, error.message),
                    "set it in the environment of the build");
                return false;
            }
            pin.index_url = *std::move(expanded);
            return true;
        }
        if (!wanted) return true;
        fault(place, "resolve/invalid-lock",
              fmt::format("`{}` comes from the index `{}`, which is not among the sources",
                          place.name, printable(*wanted, 60)),
              kHowToLock);
        return false;
    }

    /// `path` and `file`: a wheel or a source distribution by address or on this machine, or the
    /// directory of a project.
    void read_location(const Place& place, const std::string& location, Pin pin) {
        const auto url = net::Url::parse(location);
        const bool is_web = url && (url->scheme() == "https" || url->scheme() == "http");
        const bool is_file_url = url && url->scheme() == "file";
        const std::filesystem::path path = is_web        ? ""
                                           : is_file_url ? net::percent_decode(url->path())
                                                         : location;
        Artifact file;
        file.filename = is_web ? net::percent_decode(url->path().substr(url->path().rfind('/') + 1))
                               : path.filename().string();
        const bool is_wheel = file.filename.ends_with(".whl");
        if (!is_web && !is_wheel && !file.filename.ends_with(".gz") &&
            !file.filename.ends_with(".zip") && !file.filename.ends_with(".bz2"))
            return add_directory(path);
        if (is_web)
            file.url = url->without_fragment().to_string();
        else
            file.local_path = (request_.directory / path).lexically_normal();
        for (const auto& hash : pin.hashes)
            if (hash.algorithm == "sha256" && pin.hashes.size() == 1)
                file.sha256 = *Digest::from_hex(hash.hex);
        if (!pin.hashes.empty() && !file.sha256)
            return fault(place, "resolve/missing-hash",
                         fmt::format("`{}` needs one sha256 hash, as it is one file",
                                     printable(file.filename, 120)),
                         kHowToLock);
        if (!is_wheel) {
            if (!file.sha256) unhashed_.push_back("`" + pin.name + "`");
            return add_source(place, std::move(file));
        }
        const auto name = packaging::WheelName::parse(file.filename);
        if (!name || name->name != pin.name)
            return fault(
                place, "resolve/invalid-lock",
                fmt::format("`{}` is no wheel of `{}`", printable(file.filename, 120), place.name),
                kHowToLock);
        pin.version = name->version;
        pin.hashes.clear();
        pin.direct = std::move(file);
        add(place, std::move(pin));
    }

    /// `.` is the project itself, which is in the image anyway.
    void add_directory(const std::filesystem::path& path) {
        const auto strip = [](const std::filesystem::path& each) {
            return (each / "").lexically_normal();
        };
        const auto directory = request_.directory / path;
        if (strip(directory) != strip(request_.directory))
            result_.local_projects.push_back(directory.lexically_normal());
    }

    const Json& root_;
    internal::JsonPlaces places_;
    const std::string& file_;
    const SelectionRequest& request_;
    packaging::MarkerEnvironment environment_;
    std::map<std::string, Pin> pins_;  // by name
    std::vector<std::string> unhashed_;
    std::vector<Diagnostic> diagnostics_;
    Selection result_;
};

Failure invalid_lock(const std::string& file, Range range, std::string message, std::string hint) {
    Error error;
    error.code = "resolve/invalid-lock";
    error.message = fmt::format("`{}` cannot be used: {}", file, message);
    error.hint = hint;
    error.diagnostics.push_back(
        {file, range, Severity::Error, error.code, std::move(message), std::move(hint)});
    return fail(std::move(error));
}

Failure syntax_error(std::string_view text, const std::string& file) {
    const auto place = internal::position_of(text, internal::find_json_fault(text).value_or(0));
    const Range fault{place, place};
    const bool has_conflict = text.find("\n<<<<<<<") != std::string_view::npos;
    return invalid_lock(
        file, fault,
        fmt::format("it is no JSON from line {}, column {} on", fault.start.line + 1,
                    fault.start.character + 1),
        has_conflict ? "a merge left its marks: run `pipenv lock`" : std::string(kHowToLock));
}

const Json* table_at(const Json& value, std::string_view key) {
    const auto* found = member(value, key);
    return found && found->is_object() ? found : nullptr;
}

/// The hash that Pipenv keeps of a Pipfile: of the canonical JSON of what decides the lock. Nothing
/// without `[[source]]`, for which Pipenv puts in what it is configured for.
std::optional<std::string> hash_of(const Json& pipfile) {
    static constexpr std::array<std::string_view, 9> kOtherTables = {
        "source",  "packages", "dev-packages", "requires", "scripts",
        "pipfile", "pipenv",   "default",      "develop"};
    const auto* sources = member(pipfile, "source");
    if (!sources) return std::nullopt;
    const auto table = [&](std::string_view key) {
        const auto* found = member(pipfile, key);
        return found ? *found : Json::object();
    };
    Json content = {{"_meta", {{"sources", *sources}, {"requires", table("requires")}}},
                    {"default", table("packages")},
                    {"develop", table("dev-packages")}};
    for (const auto& [name, value] : pipfile.items())
        if (std::find(kOtherTables.begin(), kOtherTables.end(), name) == kOtherTables.end())
            content[name] = value;
    return Digest::of(content.dump(-1, ' ', true, Json::error_handler_t::replace)).hex();
}

/// What one entry of `[packages]` asks for; nothing when any version will do.
std::string specifier_of(const Json& entry) {
    const auto text = entry.is_string() ? entry.get<std::string>()
                                        : string_member(entry, "version").value_or("*");
    return text == "*" ? "" : text;
}

}  // namespace

Result<Selection> select_from_pipfile_lock(std::string_view text, const std::string& file,
                                           const SelectionRequest& request) {
    const auto root = parse_json(text, file);
    if (!root) {
        if (!internal::find_json_fault(text)) return fail(root.error());  // a limit
        return syntax_error(text, file);
    }
    const auto* meta = table_at(*root, "_meta");
    if (!meta) return invalid_lock(file, {}, "it has no `_meta`", std::string(kHowToLock));
    const auto spec = unsigned_member(*meta, "pipfile-spec");
    if (spec != kSpec)
        return fail("resolve/unsupported-lock-version",
                    "`{}` is of another specification of Pipfiles than {}", file, kSpec)
            .hint("lock with a current version of Pipenv");
    return Reader(*root, text, file, request).read();
}

std::optional<std::string> find_pipfile_staleness(std::string_view pipfile, std::string_view lock) {
    const auto document = toml::parse(pipfile, "Pipfile");
    const auto root = parse_json(lock, "the lock");
    if (has_errors(document.diagnostics) || !root) return std::nullopt;
    const auto* meta = table_at(*root, "_meta");
    const auto* hash = meta ? table_at(*meta, "hash") : nullptr;
    const auto kept = hash ? string_member(*hash, "sha256") : std::nullopt;
    const auto now = hash_of(document.value);
    if (!kept || !now || *kept == *now) return std::nullopt;
    std::map<std::string, std::string> locked;  // version by normalized name
    if (const auto* packages = table_at(*root, "default"))
        for (const auto& [name, entry] : packages->items())
            locked[packaging::normalize_name(name)] = string_member(entry, "version").value_or("");
    std::vector<std::string> differences;
    const auto* wanted = table_at(document.value, "packages");
    const Json none = Json::object();
    for (const auto& [name, entry] : (wanted ? *wanted : none).items()) {
        const auto text = specifier_of(entry);
        const auto found = locked.find(packaging::normalize_name(name));
        if (found == locked.end()) {
            differences.push_back(fmt::format("`{}` is only in `Pipfile`", printable(name, 60)));
            continue;
        }
        const auto specifiers = packaging::SpecifierSet::parse(text);
        const auto version = packaging::Specifier::from(found->second);
        if (specifiers && version && version->version() &&
            !specifiers->contains(version->version_text()))
            differences.push_back(fmt::format("`{}{}` is in `Pipfile`, {} in the lock",
                                              printable(name, 60), text, version->version_text()));
    }
    if (differences.empty()) return "the lock keeps the hash of another `Pipfile`";
    const auto count = differences.size();
    differences.resize(std::min(count, kMaxListed));
    auto text = join(differences, ", ");
    if (count > kMaxListed) text += fmt::format(" and {} more", count - kMaxListed);
    return text;
}

std::vector<std::string> pipfile_names(std::string_view pipfile) {
    const auto document = toml::parse(pipfile, "Pipfile");
    std::vector<std::string> names;
    if (const auto* packages = table_at(document.value, "packages"))
        for (const auto& [name, entry] : packages->items())
            names.push_back(packaging::normalize_name(name));
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace pycontainer::resolve
