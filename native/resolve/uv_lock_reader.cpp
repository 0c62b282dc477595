#include "base/strings.hpp"
#include "net/url.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/uv_lock.hpp"

#include <fmt/format.h>

#include <array>

namespace pycontainer::resolve {
namespace {

constexpr std::uint64_t kVersion = 1;

struct SourceKey {
    std::string_view key;
    UvSource::Kind kind;
};
constexpr std::array<SourceKey, 7> kSourceKeys = {{
    {"registry", UvSource::Kind::Registry},
    {"git", UvSource::Kind::Git},
    {"url", UvSource::Kind::Url},
    {"path", UvSource::Kind::Path},
    {"directory", UvSource::Kind::Directory},
    {"editable", UvSource::Kind::Editable},
    {"virtual", UvSource::Kind::Virtual},
}};

bool is_url(std::string_view text) {
    return text.find("://") != std::string_view::npos;
}

/// Turns the parsed file into the structures, noting every fault with its place.
class Reader {
public:
    Reader(const Json& root, UvLock& lock) : root_(root), lock_(lock) {}

    std::vector<Diagnostic> read() {
        lock_.requires_python = string_member(root_, "requires-python").value_or("");
        lock_.supported_markers = internal::strings_member(root_, "supported-markers");
        read_conflicts();
        read_manifest();
        internal::walk_packages(
            root_, [&](const Json& table, std::size_t index) { read_package(table, index); },
            [&](const std::string& pointer, std::string message) {
                fault(pointer, std::move(message));
            });
        return std::move(diagnostics_);
    }

private:
    void fault(const std::string& pointer, std::string message) {
        diagnostics_.push_back({lock_.file, lock_.document.range_or_start(pointer), Severity::Error,
                                "resolve/invalid-lock", std::move(message), "run `uv lock`"});
    }

    void read_conflicts() {
        const auto* sets = member(root_, "conflicts");
        if (!sets || !sets->is_array()) return;
        for (const auto& set : *sets) {
            auto& items = lock_.conflicts.emplace_back();
            if (!set.is_array()) continue;
            for (const auto& item : set)
                items.push_back({string_member(item, "package").value_or(""),
                                 string_member(item, "extra").value_or(""),
                                 string_member(item, "group").value_or("")});
        }
    }

    void read_manifest() {
        const auto* manifest = member(root_, "manifest");
        if (!manifest) return;
        lock_.members = internal::strings_member(*manifest, "members");
        if (const auto* requirements = member(*manifest, "requirements"))
            lock_.root_requirements = dependencies(*requirements, "/manifest/requirements");
        if (const auto* groups = member(*manifest, "dependency-groups"))
            lock_.root_groups = dependency_table(*groups, "/manifest/dependency-groups");
    }

    void read_package(const Json& table, std::size_t index) {
        const auto pointer = fmt::format("/package/{}", index);
        const auto name = string_member(table, "name");
        if (!name || name->empty()) return fault(pointer, "the package has no name");
        UvPackage package;
        package.name = *name;
        package.version = string_member(table, "version").value_or("");
        package.index = index;
        package.resolution_markers = internal::strings_member(table, "resolution-markers");
        if (const auto* source = member(table, "source")) package.source = read_source(*source);
        if (package.source.kind == UvSource::Kind::Unknown)
            return fault(pointer,
                         fmt::format("`{}` has no source that is known", printable(*name, 60)));
        if (const auto* sdist = member(table, "sdist")) {
            package.has_sdist = true;
            package.sdist = read_file(*sdist, pointer, package);
        }
        if (const auto* wheels = member(table, "wheels"); wheels && wheels->is_array())
            for (const auto& wheel : *wheels) read_wheel(wheel, pointer, package);
        // A package that is a file has no list of files: a source distribution unless it is a
        // wheel.
        if ((package.source.kind == UvSource::Kind::Url ||
             package.source.kind == UvSource::Kind::Path) &&
            package.wheels.empty())
            package.has_sdist = true;
        if (const auto* list = member(table, "dependencies"))
            package.dependencies = dependencies(*list, pointer + "/dependencies");
        if (const auto* extras = member(table, "optional-dependencies"))
            package.extras = dependency_table(*extras, pointer + "/optional-dependencies");
        if (const auto* groups = member(table, "dev-dependencies"))
            package.groups = dependency_table(*groups, pointer + "/dev-dependencies");
        if (const auto* metadata = member(table, "metadata")) package.metadata = *metadata;
        lock_.packages.push_back(std::move(package));
    }

    static UvSource read_source(const Json& table) {
        for (const auto& [key, kind] : kSourceKeys)
            if (auto location = string_member(table, key)) return {kind, *std::move(location)};
        return {};
    }

    void read_wheel(const Json& table, const std::string& pointer, UvPackage& package) {
        if (auto wheel = read_file(table, pointer, package))
            package.wheels.push_back(std::move(*wheel));
    }

    /// A wheel or an sdist.
    std::optional<Artifact> read_file(const Json& table, const std::string& pointer,
                                      const UvPackage& package) {
        const auto refuse = [&](std::string message) {
            fault(pointer, std::move(message));
            return std::nullopt;
        };
        Artifact wheel;
        const auto& source = package.source;
        // Paths are relative to the index they are in, and that to the lock; a wheel that is the
        // source itself has only a name.
        if (auto url = string_member(table, "url"))
            wheel.url = *std::move(url);
        else if (auto path = string_member(table, "path"))
            wheel.local_path = is_url(source.location)
                                   ? std::filesystem::path(*path)
                                   : std::filesystem::path(source.location) / *path;
        else if (source.kind == UvSource::Kind::Url)
            wheel.url = source.location;
        else if (source.kind == UvSource::Kind::Path)
            wheel.local_path = source.location;
        wheel.filename = string_member(table, "filename").value_or("");
        if (wheel.filename.empty())
            wheel.filename =
                internal::filename_of(wheel.url.empty() ? wheel.local_path.string() : wheel.url);
        if (wheel.url.empty() && wheel.local_path.empty())
            return refuse(fmt::format("a file of `{}` has neither URL nor path", package.name));
        if (!wheel.url.empty() && !wheel.url.starts_with("https://") &&
            !wheel.url.starts_with("http://"))
            return refuse(fmt::format("a file of `{}` is neither at an https nor at an http URL",
                                      package.name));
        if (const auto hash = string_member(table, "hash"); hash && hash->starts_with("sha256:")) {
            auto digest = Digest::from_hex(std::string_view(*hash).substr(7));
            if (!digest)
                return refuse(
                    fmt::format("`{}` is not a hash, in `{}`", printable(*hash, 80), package.name));
            wheel.sha256 = *digest;
        }
        wheel.size = unsigned_member(table, "size");
        return wheel;
    }

    std::vector<UvDependency> dependencies(const Json& list, const std::string& pointer) {
        std::vector<UvDependency> result;
        if (!list.is_array()) {
            fault(pointer, "dependencies must be an array");
            return result;
        }
        result.reserve(list.size());
        for (const auto& table : list) {
            auto name = string_member(table, "name");
            if (!name) {
                fault(pointer, "a dependency has no name");
                continue;
            }
            UvDependency dependency{.name = *std::move(name),
                                    .version = string_member(table, "version"),
                                    .source = {},
                                    .extras = {},
                                    .marker = {}};
            if (const auto* source = member(table, "source"))
                dependency.source = read_source(*source);
            // `extras` is how the manifest spells it.
            dependency.extras =
                internal::strings_member(table, member(table, "extra") ? "extra" : "extras");
            dependency.marker = string_member(table, "marker").value_or("");
            result.push_back(std::move(dependency));
        }
        return result;
    }

    std::map<std::string, std::vector<UvDependency>> dependency_table(const Json& table,
                                                                      const std::string& pointer) {
        std::map<std::string, std::vector<UvDependency>> result;
        if (!table.is_object()) return result;
        for (const auto& [name, list] : table.items())
            result.emplace(name, dependencies(list, toml::pointer_to(pointer, name)));
        return result;
    }

    const Json& root_;
    UvLock& lock_;
    std::vector<Diagnostic> diagnostics_;
};

Failure invalid_lock(const std::string& file, std::vector<Diagnostic> diagnostics) {
    Error error;
    error.code = "resolve/invalid-lock";
    error.message = fmt::format("`{}` cannot be used: {}", file, diagnostics.front().message);
    error.hint = "run `uv lock`";
    error.diagnostics = std::move(diagnostics);
    return fail(std::move(error));
}

}  // namespace

Range UvLock::range_of(const UvPackage& package) const {
    return document.range_or_start(fmt::format("/package/{}/name", package.index));
}

Result<UvLock> read_uv_lock(std::string_view text, const std::string& file) {
    UvLock lock;
    lock.file = file;
    lock.document = toml::parse(text, file);
    if (has_errors(lock.document.diagnostics)) return invalid_lock(file, lock.document.diagnostics);
    const auto version = unsigned_member(lock.document.value, "version");
    if (version != kVersion) {
        auto failure = version ? fail("resolve/unsupported-lock-version",
                                      "`{}` has version {} of the format, known is {}", file,
                                      *version, kVersion)
                               : fail("resolve/unsupported-lock-version",
                                      "`{}` does not say which version of the format it has", file);
        auto error = std::move(failure)
                         .hint("lock with a version of uv that writes version {}", kVersion)
                         .take();
        error.diagnostics.push_back({file, lock.document.range_or_start("/version"),
                                     Severity::Error, error.code, error.message, error.hint});
        return fail(std::move(error));
    }
    const Json root = std::move(lock.document.value);
    lock.document.value = Json::object();
    auto diagnostics = Reader(root, lock).read();
    if (!diagnostics.empty()) return invalid_lock(file, std::move(diagnostics));
    return lock;
}

}  // namespace pycontainer::resolve
