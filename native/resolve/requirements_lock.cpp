#include "resolve/requirements_lock.hpp"

#include "base/strings.hpp"
#include "base/version.hpp"
#include "net/url.hpp"
#include "packaging/names.hpp"
#include "packaging/wheel_name.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/repository_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace pycontainer::resolve {
namespace {

constexpr unsigned kPagesAtATime = 16;
constexpr std::string_view kHowToLock =
    "run `uv lock`, or `uv pip compile requirements.in --generate-hashes -o requirements.txt`";

/// Everything the file says about one name.
struct Group {
    std::vector<const RequirementEntry*> entries;
    std::vector<const RequirementEntry*> constraints;
};

class Pinner {
public:
    Pinner(const RequirementsFile& file, const std::filesystem::path& project_directory,
           const packaging::TargetEnvironment& target)
        : file_(file),
          project_directory_(project_directory),
          environment_(target.marker_environment()) {}

    Result<Selection> pin() {
        diagnostics_ = file_.diagnostics;
        needs_hashes_ = file_.require_hashes ||
                        std::any_of(file_.entries.begin(), file_.entries.end(),
                                    [](const auto& entry) { return !entry.hashes.empty(); });
        for (const auto& entry : file_.entries) sort_in(entry);
        for (const auto& [name, group] : groups_)
            if (!group.entries.empty()) pin_group(name, group);
        if (!diagnostics_.empty()) return all_faults();
        add_warnings();
        return std::move(result_);
    }

private:
    void fault(const RequirementEntry& entry, std::string code, std::string message,
               std::string hint) {
        diagnostics_.push_back({entry.file, entry.range(), Severity::Error, std::move(code),
                                std::move(message), std::move(hint)});
    }

    Failure all_faults() {
        const auto file = diagnostics_.front().file;
        auto error = internal::all_faults(std::move(diagnostics_)).take();
        if (error.code == "resolve/not-pinned")
            error.message = fmt::format("`{}` does not pin {} to an exact version", file,
                                        internal::listing(unpinned_));
        return fail(std::move(error));
    }

    void add_warnings() {
        if (!unhashed_.empty())
            result_.warnings.push_back(
                {"resolve/unhashed-pins",
                 fmt::format("{} in `{}` {} no hash, so the index is believed",
                             internal::listing(unhashed_), unhashed_file_,
                             unhashed_.size() == 1 ? "has" : "have"),
                 std::string(kHowToLock)});
    }

    bool applies(const RequirementEntry& entry) {
        if (!entry.requirement || !entry.requirement->marker) return true;
        const auto holds = entry.requirement->marker->evaluate(environment_);
        if (!holds)
            fault(entry, "resolve/invalid-requirements", holds.error().message, holds.error().hint);
        return holds && *holds;
    }

    void sort_in(const RequirementEntry& entry) {
        using Kind = RequirementEntry::Kind;
        if (entry.kind == Kind::Invalid || !applies(entry)) return;
        if (entry.kind == Kind::Named && entry.requirement->url.empty()) {
            auto& group = groups_[entry.requirement->normalized_name()];
            (entry.is_constraint ? group.constraints : group.entries).push_back(&entry);
            return;
        }
        if (entry.is_constraint)
            return fault(entry, "resolve/unsupported-source",
                         "a constraint must be a name with versions",
                         "give the version of the package instead");
        if (entry.kind == Kind::Vcs)
            return entry.requirement
                       ? add_repository(entry, entry.requirement->normalized_name(),
                                        entry.requirement->url)
                       : add_repository(entry, egg_name(entry.location), entry.location);
        if (entry.kind == Kind::Path)
            add_path(entry);
        else
            add_url(entry, entry.kind == Kind::Named ? entry.requirement->url : entry.location);
    }

    void add_path(const RequirementEntry& entry) {
        const std::filesystem::path path(entry.location);
        if (path.extension() == ".whl")
            return add_direct(entry, {.filename = path.filename().string(),
                                      .url = {},
                                      .local_path = path,
                                      .sha256 = {},
                                      .size = {},
                                      .requires_python = {}});
        if (is_sdist_name(path.filename().string()))
            return add_sdist(entry, {.filename = path.filename().string(),
                                     .url = {},
                                     .local_path = path,
                                     .sha256 = {},
                                     .size = {},
                                     .requires_python = {}});
        // `.` and `-e .` are the project itself, which is in the image anyway.
        const auto strip = [](const std::filesystem::path& each) {
            return (each / "").lexically_normal();
        };
        if (strip(path) != strip(project_directory_))
            result_.local_projects.push_back(path.lexically_normal());
    }

    void add_url(const RequirementEntry& entry, const std::string& text) {
        const auto url = net::Url::parse(text);
        if (!url)
            return fault(entry, "resolve/invalid-requirements", url.error().message,
                         url.error().hint);
        Artifact wheel;
        wheel.filename = net::percent_decode(url->path().substr(url->path().rfind('/') + 1));
        wheel.url = url->without_fragment().to_string();
        if (url->fragment().starts_with("sha256="))
            if (const auto digest = Digest::from_hex(url->fragment().substr(7)))
                wheel.sha256 = *digest;
        if (wheel.filename.ends_with(".whl")) return add_direct(entry, std::move(wheel));
        if (is_sdist_name(wheel.filename)) return add_sdist(entry, std::move(wheel));
        fault(entry, "resolve/unsupported-source",
              fmt::format("`{}` is neither a wheel nor a source distribution", url->redacted()),
              "give the URL of a wheel, or of a `.tar.gz`");
    }

    static bool is_sdist_name(std::string_view filename) {
        return filename.ends_with(".tar.gz") || filename.ends_with(".tgz");
    }

    /// A repository is exact by its commit; hashes cannot be.
    void add_repository(const RequirementEntry& entry, const std::string& name,
                        const std::string& url) {
        if (name.empty())
            return fault(
                entry, "resolve/unsupported-source",
                fmt::format("`{}` does not say which package it is", printable(entry.text, 80)),
                "write `name @ git+https://…@commit`");
        auto repository = repository_at(url);
        if (!repository)
            return fault(entry, repository.error().code, repository.error().message,
                         repository.error().hint);
        result_.sources.push_back({.name = name,
                                   .version = {},
                                   .origin = std::move(*repository),
                                   .is_direct = true,
                                   .file = entry.file,
                                   .range = entry.range()});
    }

    /// `name-version.tar.gz`; what it really is, is checked when it is read.
    void add_sdist(const RequirementEntry& entry, Artifact sdist) {
        for (const auto& hash : entry.hashes)
            if (hash.algorithm == "sha256") sdist.sha256 = *Digest::from_hex(hash.hex);
        auto name = entry.requirement ? entry.requirement->normalized_name() : std::string();
        if (name.empty())
            name = packaging::normalize_name(
                std::string_view(sdist.filename).substr(0, sdist.filename.rfind('-')));
        if (needs_hashes_ && !sdist.sha256)
            return fault(
                entry, "resolve/missing-hash",
                fmt::format("`{}` has no sha256 hash, and others have hashes", sdist.filename),
                "add `--hash=sha256:…`");
        if (!sdist.sha256) note_unhashed(entry, name);
        result_.sources.push_back({.name = std::move(name),
                                   .version = {},
                                   .origin = std::move(sdist),
                                   .is_direct = true,
                                   .file = entry.file,
                                   .range = entry.range()});
    }

    void add_direct(const RequirementEntry& entry, Artifact wheel) {
        const auto name = packaging::WheelName::parse(wheel.filename);
        if (!name)
            return fault(entry, "resolve/invalid-requirements", name.error().message,
                         name.error().hint);
        for (const auto& hash : entry.hashes)
            if (hash.algorithm == "sha256") wheel.sha256 = *Digest::from_hex(hash.hex);
        if (needs_hashes_ && !wheel.sha256)
            return fault(
                entry, "resolve/missing-hash",
                fmt::format("`{}` has no sha256 hash, and others have hashes", wheel.filename),
                "add `--hash=sha256:…`");
        if (!wheel.sha256) note_unhashed(entry, name->name);
        result_.pins.push_back({.name = name->name,
                                .version = name->version,
                                .is_arbitrary = false,
                                .hashes = {},
                                .direct = std::move(wheel),
                                .index_url = {},
                                .file = entry.file,
                                .range = entry.range()});
    }

    void note_unhashed(const RequirementEntry& entry, const std::string& name) {
        unhashed_.push_back(name);
        if (unhashed_file_.empty()) unhashed_file_ = entry.file;
    }

    /// The exact version that the clauses name, if there is one; sets whether it is `===`.
    static std::optional<std::string> pinned_version(
        const std::vector<const RequirementEntry*>& entries, bool& is_arbitrary) {
        for (const auto* entry : entries)
            for (const auto& clause : entry->requirement->specifiers.clauses())
                if (clause.is_pin()) {
                    is_arbitrary = clause.operation() == packaging::Specifier::Operator::Arbitrary;
                    return clause.version_text();
                }
        return std::nullopt;
    }

    void pin_group(const std::string& name, const Group& group) {
        const auto& entry = *group.entries.front();
        Pin pin{.name = name,
                .version = {},
                .is_arbitrary = false,
                .hashes = {},
                .direct = {},
                .index_url = {},
                .file = entry.file,
                .range = entry.range()};
        auto version = pinned_version(group.entries, pin.is_arbitrary);
        if (!version) version = pinned_version(group.constraints, pin.is_arbitrary);
        if (!version) {
            unpinned_.push_back(name);
            return fault(
                entry, "resolve/not-pinned",
                fmt::format("`{}` is not pinned to an exact version", printable(entry.text, 80)),
                std::string(kHowToLock));
        }
        pin.version = *version;
        for (const auto* list : {&group.entries, &group.constraints})
            for (const auto* each : *list)
                if (!each->requirement->specifiers.contains(pin.version))
                    return fault(
                        *each, "resolve/conflicting-pins",
                        fmt::format("`{}` does not allow {}, to which `{}` is pinned elsewhere",
                                    printable(each->text, 80), pin.version, name),
                        std::string(kHowToLock));
        pin.hashes = allowed_hashes(group);
        if (pin.hashes.empty() && needs_hashes_)
            return fault(
                entry, "resolve/missing-hash",
                fmt::format("`{}` has no hash, and others have hashes", printable(entry.text, 80)),
                std::string(kHowToLock));
        if (pin.hashes.empty()) note_unhashed(entry, name);
        result_.pins.push_back(std::move(pin));
    }

    /// Those of all lines of the requirement; constraints with hashes leave the common ones only.
    static std::vector<RequirementHash> allowed_hashes(const Group& group) {
        std::vector<RequirementHash> allowed;
        for (const auto* entry : group.entries)
            allowed.insert(allowed.end(), entry->hashes.begin(), entry->hashes.end());
        for (const auto* constraint : group.constraints) {
            if (constraint->hashes.empty()) continue;
            if (allowed.empty()) allowed = constraint->hashes;
            std::erase_if(allowed, [&](const auto& hash) {
                return std::find(constraint->hashes.begin(), constraint->hashes.end(), hash) ==
                       constraint->hashes.end();
            });
        }
        return allowed;
    }

    const RequirementsFile& file_;
    const std::filesystem::path& project_directory_;
    packaging::MarkerEnvironment environment_;
    bool needs_hashes_ = false;
    std::map<std::string, Group> groups_;
    std::vector<std::string> unpinned_;
    std::vector<std::string> unhashed_;
    std::string unhashed_file_;
    std::vector<Diagnostic> diagnostics_;
    Selection result_;
};

/// The version that a file of the index is of, as its name says; nothing for what is neither wheel
/// nor source distribution.
std::optional<std::string> version_of(const index::IndexFile& file, const std::string& name) {
    if (const auto wheel = packaging::WheelName::parse(file.filename))
        return wheel->name == name ? std::optional(wheel->version) : std::nullopt;
    if (const auto source = packaging::SourceName::parse(file.filename))
        return source->name == name ? std::optional(source->version) : std::nullopt;
    return std::nullopt;
}

bool has_allowed_hash(const Pin& pin, const index::IndexFile& file) {
    return pin.hashes.empty() ||
           std::any_of(pin.hashes.begin(), pin.hashes.end(), [&](const auto& hash) {
               const auto found = file.hashes.find(hash.algorithm);
               return found != file.hashes.end() && found->second == hash.hex;
           });
}

/// The pinned version itself; only if there is none, versions that `==` takes for it because of
/// their local segment.
bool is_version(const Pin& pin, const std::string& version, bool with_local) {
    if (pin.is_arbitrary) return to_lower(version) == to_lower(pin.version);
    const auto candidate = packaging::Version::from(version);
    const auto wanted = packaging::Version::from(pin.version);
    if (!candidate || !wanted) return false;
    return with_local ? candidate->public_version() == *wanted : *candidate == *wanted;
}

/// The client that asks the index that a lock names; null: the configured ones are asked. Locks
/// spell out the default index, in whose place the user may have configured another; and they leave
/// out the user information, which a configured index at the same place has.
std::unique_ptr<index::IndexClient> client_for(const Pin& pin, const index::IndexClient& client) {
    const auto wanted = index::bare_url(pin.index_url);
    if (pin.direct || wanted.empty()) return nullptr;
    const auto& options = client.options();
    if (wanted == index::bare_url(kDefaultIndex))
        return client.with_options(options.without_project_indexes());
    const auto* known = options.find_url(pin.index_url);
    return client.with_options(options.only(
        known ? *known : index::IndexLocation{.url = pin.index_url, .origin = pin.file}));
}

Failure version_not_found(const Pin& pin, const std::set<std::string>& versions) {
    std::vector<packaging::Version> known;
    for (const auto& text : versions)
        if (auto version = packaging::Version::from(text)) known.push_back(*std::move(version));
    std::sort(known.begin(), known.end(), [](const auto& a, const auto& b) { return a > b; });
    std::vector<std::string> texts;
    for (const auto& version : known) texts.push_back(version.to_string());
    auto failure = fail("resolve/version-not-found", "the package index has no version {} of `{}`",
                        printable(pin.version, 60), pin.name);
    if (texts.empty())
        return std::move(failure).hint(
            "the index has no file of it at all: check that it is the right index");
    return std::move(failure).hint("it has {}", internal::listing(texts));
}

}  // namespace

Result<Selection> pin_requirements(const RequirementsFile& requirements,
                                   const std::filesystem::path& project_directory,
                                   const packaging::TargetEnvironment& target) {
    PYC_TRY_ASSIGN(auto pinned, Pinner(requirements, project_directory, target).pin());
    std::sort(pinned.pins.begin(), pinned.pins.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    const auto twice =
        std::adjacent_find(pinned.pins.begin(), pinned.pins.end(),
                           [](const auto& a, const auto& b) { return a.name == b.name; });
    if (twice != pinned.pins.end())
        return fail("resolve/conflicting-pins", "`{}` is required both by version and by file",
                    twice->name)
            .hint("keep one of the lines");
    return pinned;
}

Result<LockedPackage> match_files(const Pin& pin, std::span<const index::IndexFile> files,
                                  std::vector<Warning>& warnings) {
    LockedPackage package{pin.name, pin.version, {}, false, pin.file, pin.range};
    std::set<std::string> versions;
    std::size_t of_version = 0;
    for (const bool with_local : {false, true}) {
        for (const auto& file : files) {
            const auto version = version_of(file, pin.name);
            if (!version) continue;
            versions.insert(*version);
            if (!is_version(pin, *version, with_local)) continue;
            ++of_version;
            if (!has_allowed_hash(pin, file)) continue;
            const bool is_wheel = file.filename.ends_with(".whl");
            package.has_sdist = package.has_sdist || !is_wheel;
            if (!is_wheel && (!package.sdist || file.filename.ends_with(".tar.gz")))
                package.sdist = Artifact{file.filename, file.url,  {},
                                         file.sha256,   file.size, file.requires_python};
            if (is_wheel)
                package.wheels.push_back(
                    {file.filename, file.url, {}, file.sha256, file.size, file.requires_python});
            package.version = *version;
            if (file.yanked &&
                std::none_of(warnings.begin(), warnings.end(), [&](const auto& each) {
                    return each.code == "resolve/yanked" &&
                           each.message.starts_with("`" + pin.name + " ");
                }))
                warnings.push_back(
                    {"resolve/yanked",
                     fmt::format("`{} {}` was withdrawn by its authors{}{}", pin.name, *version,
                                 file.yanked_reason.empty() ? "" : ": ",
                                 printable(file.yanked_reason, 200)),
                     "pin another version"});
        }
        if (of_version > 0) break;
    }
    if (of_version == 0) return version_not_found(pin, versions);
    if (package.wheels.empty() && !package.has_sdist)
        return fail("resolve/hash-mismatch",
                    "no file of `{} {}` in the package index has a hash that `{}` allows", pin.name,
                    pin.version, pin.file)
            .hint(
                "if the index is the right one, its files were exchanged or are new: find out why "
                "before locking again");
    return package;
}

Result<std::vector<LockedPackage>> find_pinned_files(const exec::Context& ctx,
                                                     const std::vector<Pin>& pins,
                                                     index::IndexClient& client,
                                                     std::vector<Warning>& warnings) {
    std::map<std::string, std::unique_ptr<index::IndexClient>> own_clients;  // by URL
    std::vector<index::IndexClient*> clients;
    for (const auto& pin : pins) {
        auto [own, is_new] = own_clients.try_emplace(pin.direct ? "" : pin.index_url);
        if (is_new) own->second = client_for(pin, client);
        clients.push_back(own->second ? own->second.get() : &client);
    }
    std::vector<LockedPackage> packages(pins.size());
    std::vector<std::vector<Warning>> found_warnings(pins.size());
    PYC_TRY(exec::parallel_for(
        ctx, packages.size(), kPagesAtATime,
        [&](const exec::Context& task, std::size_t i) -> Result<void> {
            const auto& pin = pins[i];
            if (pin.direct) {
                packages[i] = {pin.name, pin.version, {*pin.direct}, false, pin.file, pin.range};
                return {};
            }
            PYC_TRY_ASSIGN(const auto files, clients[i]->files(task, pin.name));
            PYC_TRY_ASSIGN(packages[i], match_files(pin, files, found_warnings[i]));
            return {};
        }));
    for (auto& list : found_warnings) warnings.insert(warnings.end(), list.begin(), list.end());
    return packages;
}

}  // namespace pycontainer::resolve
