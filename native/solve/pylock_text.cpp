#include "solve/pylock_text.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "index/flat_index.hpp"
#include "net/url.hpp"
#include "packaging/tags.hpp"
#include "packaging/wheel_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

namespace pycontainer::solve {
namespace {

/// A basic string of TOML, which is one of JSON.
std::string in_quotes(const std::string& text) {
    return dump_json(Json(text));
}

class Writer {
public:
    Writer(std::span<const SolvedTarget> targets, const PylockOptions& options)
        : targets_(targets), options_(options) {
        for (const auto& each : targets) {
            tags_.emplace_back(each.target);
            markers_.push_back(environment_marker(each.target));
        }
    }

    Result<std::string> write() {
        text_ = "lock-version = \"1.0\"\n";
        write_environments();
        write_names("extras", options_.extras);
        write_names("dependency-groups", options_.groups);
        write_names("default-groups", options_.groups);
        text_ += "created-by = \"pycontainer\"\n";
        // By name, version and place: the same package for several targets is written once.
        std::map<std::tuple<std::string, std::string, std::string>, std::set<std::size_t>> wanted;
        for (std::size_t i = 0; i < targets_.size(); ++i)
            for (const auto& package : targets_[i].solution.packages)
                wanted[{package.name, package.version, place_of(package)}].insert(i);
        if (wanted.empty()) text_ += "packages = []\n";
        for (const auto& [key, indexes] : wanted) {
            const auto& packages = targets_[*indexes.begin()].solution.packages;
            const auto package =
                std::find_if(packages.begin(), packages.end(),
                             [&](const auto& each) { return each.name == std::get<0>(key); });
            PYC_TRY(write_package(*package, indexes));
        }
        write_targets();
        return std::move(text_);
    }

private:
    static std::string place_of(const SolvedPackage& package) {
        if (package.repository)
            return package.repository->url + "@" + package.repository->commit + "#" +
                   package.repository->subdirectory;
        if (package.sdist) return package.sdist->filename;
        return package.direct ? package.direct->url : package.directory.string();
    }

    void write_environments() {
        std::string list;
        for (const auto& marker : std::set<std::string>(markers_.begin(), markers_.end()))
            list += "    " + in_quotes(marker) + ",\n";
        text_ += "environments = [\n" + list + "]\n";
        std::set<unsigned> minors;
        for (const auto& each : targets_) minors.insert(each.target.python_minor());
        if (minors.size() == 1)
            text_ += fmt::format("requires-python = \"==3.{}.*\"\n", *minors.begin());
    }

    void write_names(std::string_view key, const std::vector<std::string>& names) {
        if (names.empty()) return;
        std::string list;
        for (const auto& name : names) list += (list.empty() ? "" : ", ") + in_quotes(name);
        text_ += fmt::format("{} = [{}]\n", key, list);
    }

    void write_targets() {
        for (std::size_t i = 0; i < targets_.size(); ++i)
            if (const auto& inputs = targets_[i].inputs; !inputs.empty())
                text_ += fmt::format(
                    "\n[[tool.pycontainer.targets]]\nenvironment = {}\nlibc = {}\ninputs = {}\n",
                    in_quotes(markers_[i]), in_quotes(libc_text(targets_[i].target)),
                    in_quotes(inputs));
    }

    Result<void> write_package(const SolvedPackage& package, const std::set<std::size_t>& indexes) {
        text_ += fmt::format("\n[[packages]]\nname = {}\n", in_quotes(package.name));
        if (package.directory.empty() && !package.version.empty())
            text_ += fmt::format("version = {}\n", in_quotes(package.version));
        if (indexes.size() != targets_.size()) {
            std::vector<std::string> parts;
            for (const auto i : indexes) parts.push_back("(" + markers_[i] + ")");
            text_ += fmt::format("marker = {}\n", in_quotes(join(parts, " or ")));
        }
        if (!package.requires_python.empty() &&
            packaging::SpecifierSet::parse(package.requires_python))
            text_ += fmt::format("requires-python = {}\n", in_quotes(package.requires_python));
        if (!package.index_url.empty())
            text_ += fmt::format("index = {}\n", in_quotes(package.index_url));
        if (package.repository) return write_repository(*package.repository);
        if (!package.directory.empty()) {
            text_ += fmt::format("directory = {{ path = {} }}\n",
                                 in_quotes(relative_to_lock(package.directory)));
            return {};
        }
        if (package.direct) {
            const auto archive = file_text(*package.direct, false);
            if (!archive) return no_file(package);
            text_ += "archive = " + *archive + "\n";
            return {};
        }
        if (!package.sdist) return write_files(package, indexes);
        const auto sdist = file_text(*package.sdist, true);
        if (!sdist) return no_file(package);
        text_ += "sdist = " + *sdist + "\n";
        return {};
    }

    Result<void> write_repository(const SourceRepository& repository) {
        text_ += fmt::format("vcs = {{ type = \"git\", url = {}, ", in_quotes(repository.url));
        if (!repository.requested_revision.empty())
            text_ +=
                fmt::format("requested-revision = {}, ", in_quotes(repository.requested_revision));
        text_ += fmt::format("commit-id = {}", in_quotes(repository.commit));
        if (!repository.subdirectory.empty())
            text_ += fmt::format(", subdirectory = {}", in_quotes(repository.subdirectory));
        text_ += " }\n";
        return {};
    }

    Result<void> write_files(const SolvedPackage& package, const std::set<std::size_t>& indexes) {
        std::string wheels;
        for (const auto& file : package.files) {
            if (!fits(file, indexes)) continue;
            if (const auto text = file_text(file, true)) wheels += "    " + *text + ",\n";
        }
        if (wheels.empty()) return no_file(package);
        text_ += "wheels = [\n" + wheels + "]\n";
        return {};
    }

    bool fits(const index::IndexFile& file, const std::set<std::size_t>& indexes) const {
        const auto name = packaging::WheelName::parse(file.filename);
        return name && std::any_of(indexes.begin(), indexes.end(),
                                   [&](std::size_t i) { return tags_[i].rank(*name).has_value(); });
    }

    std::string relative_to_lock(const std::filesystem::path& path) const {
        const auto relative = path.lexically_relative(options_.directory);
        return (relative.empty() ? path : relative).generic_string();
    }

    /// Nothing for a file without a hash, and for addresses that may hold a secret.
    std::optional<std::string> file_text(const index::IndexFile& file, bool with_name) const {
        const auto url = net::Url::parse(file.url);
        if (!url || !file.sha256 || !url->query().empty()) return std::nullopt;
        std::string text = "{ ";
        if (with_name) text += fmt::format("name = {}, ", in_quotes(file.filename));
        if (url->scheme() == "file")
            text +=
                fmt::format("path = {}, ", in_quotes(relative_to_lock(index::local_path_of(*url))));
        else
            text += fmt::format("url = {}, ", in_quotes(url->without_userinfo().to_string()));
        if (file.size) text += fmt::format("size = {}, ", *file.size);
        return text + fmt::format("hashes = {{ sha256 = \"{}\" }} }}", file.sha256->hex());
    }

    static Failure no_file(const SolvedPackage& package) {
        return fail("resolve/missing-hash",
                    "no wheel of `{} {}` can be locked: the package index gives it no sha256 hash, "
                    "or an address with a query, which may be a secret",
                    package.name, package.version)
            .hint("use an index that states hashes, as PEP 503 recommends");
    }

    std::span<const SolvedTarget> targets_;
    const PylockOptions& options_;
    std::vector<packaging::TagSet> tags_;
    std::vector<std::string> markers_;
    std::string text_;
};

}  // namespace

std::string environment_marker(const packaging::TargetEnvironment& target) {
    return fmt::format(
        "implementation_name == 'cpython' and platform_machine == '{}' and python_version == "
        "'3.{}' and sys_platform == 'linux'",
        target.machine, target.python_minor());
}

std::string libc_text(const packaging::TargetEnvironment& target) {
    return fmt::format("{} {}.{}", target.libc == packaging::Libc::Musl ? "musl" : "glibc",
                       target.libc_major, target.libc_minor);
}

Result<std::string> to_pylock(std::span<const SolvedTarget> targets, const PylockOptions& options) {
    return Writer(targets, options).write();
}

}  // namespace pycontainer::solve
