#include "config/settings.hpp"

#include "base/strings.hpp"
#include "oci/platform.hpp"
#include "oci/reference.hpp"
#include "schema/validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace pycontainer::config {
namespace {

constexpr std::uint64_t kMaxBaseAgeSeconds = 10ULL * 365 * 24 * 60 * 60;
constexpr std::size_t kMaxPlatforms = 16;
constexpr std::size_t kMaxShown = 100;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool all_of(std::string_view text, bool (*accepts)(char)) {
    return std::all_of(text.begin(), text.end(), accepts);
}

std::optional<std::uint64_t> to_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// `24h`, `30m`, `45s`, `7d` or plain seconds.
std::optional<std::uint64_t> parse_age(std::string_view text) {
    std::uint64_t unit = 1;
    if (!text.empty() && !is_digit(text.back())) {
        switch (text.back()) {
            case 's': break;
            case 'm': unit = 60; break;
            case 'h': unit = 60 * 60; break;
            case 'd': unit = 24 * 60 * 60; break;
            default: return std::nullopt;
        }
        text.remove_suffix(1);
    }
    const auto number = to_number(text);
    if (!number || *number > kMaxBaseAgeSeconds / unit) return std::nullopt;
    return *number * unit;
}

bool has_parent_component(std::string_view path) {
    const auto parts = split(path, '/');
    return std::find(parts.begin(), parts.end(), "..") != parts.end();
}

/// PEP 508, "Names": what groups and extras may be called.
bool is_package_name(std::string_view text) {
    const auto alphanumeric = [](char c) { return is_letter(c) || is_digit(c); };
    return !text.empty() && alphanumeric(text.front()) && alphanumeric(text.back()) &&
           all_of(text, [](char c) {
               return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
           });
}

bool is_variable_name(std::string_view text) {
    return !text.empty() && !is_digit(text.front()) &&
           all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

bool is_user_part(std::string_view text) {
    return !text.empty() && text.front() != '-' && text.front() != '.' && all_of(text, [](char c) {
        return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
    });
}

bool is_user(std::string_view text) {
    const auto parts = split(text, ':');
    return parts.size() <= 2 && std::all_of(parts.begin(), parts.end(), is_user_part);
}

/// `3.11` or `3.11.2`.
bool is_python_version(std::string_view text) {
    const auto parts = split(text, '.');
    const auto is_part = [](std::string_view part) {
        return !part.empty() && part.size() <= 2 && all_of(part, is_digit);
    };
    return (parts.size() == 2 || parts.size() == 3) && parts[0] == "3" &&
           std::all_of(parts.begin() + 1, parts.end(), is_part);
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& choices) {
    return std::find(choices.begin(), choices.end(), text) != choices.end();
}

bool is_port(std::string_view text) {
    const auto slash = text.find('/');
    const auto number = to_number(text.substr(0, slash));
    const auto protocol = slash == std::string_view::npos ? "tcp" : text.substr(slash + 1);
    return number && *number >= 1 && *number <= 65535 && (protocol == "tcp" || protocol == "udp");
}

/// What a person may have meant as a reference with a password in it must not be printed.
std::string shown_reference(std::string_view text) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || text.substr(at).starts_with("@sha256:"))
        return printable(text, kMaxShown);
    return "…" + printable(text.substr(at), kMaxShown);
}

/// A pattern with an open class or a final backslash matches nothing (gitignore(5)), which nobody
/// means.
bool is_complete_pattern(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            if (++i == text.size()) return false;
            continue;
        }
        if (text[i] != '[') continue;
        auto at = i + 1;
        if (at < text.size() && (text[at] == '!' || text[at] == '^')) ++at;
        i = text.find(']', at + 1);  // a `]` at the start is one of the class
        if (i == std::string_view::npos) return false;
    }
    return true;
}

/// Collects the faults of one `Settings`.
class MeaningCheck {
public:
    explicit MeaningCheck(std::vector<SettingFault>& faults) : faults_(faults) {}

    void run(const Settings& settings) {
        check_images(settings);
        check_image_contents(settings);
        check_choices(settings);
        check_tables(settings);
    }

private:
    using Path = std::vector<std::string>;

    void report(Path path, std::string message, std::string hint = {}, bool at_key = false) {
        faults_.push_back({std::move(path), at_key, std::move(message), std::move(hint)});
    }

    /// "`ports[1]` must be a port, not `x`".
    void report_value(const Path& path, std::string_view expected, const std::string& value) {
        const auto name = path.size() > 2 ? fmt::format("{}[{}]", path[1], path[2]) : path[1];
        report(path, fmt::format("`{}` must be {}, not `{}`", name, expected,
                                 printable(value, kMaxShown)));
    }

    template <typename Accepts>
    void check_each(const std::optional<std::vector<std::string>>& list, const char* key,
                    std::string_view expected, Accepts accepts) {
        if (!list) return;
        for (std::size_t i = 0; i < list->size(); ++i) {
            const auto& item = (*list)[i];
            if (item.find('\0') != std::string::npos || !accepts(item))
                report_value({"build", key, std::to_string(i)}, expected, item);
        }
    }

    template <typename Accepts>
    void check_one(const std::optional<std::string>& value, const char* key,
                   std::string_view expected, Accepts accepts) {
        if (value && (value->find('\0') != std::string::npos || !accepts(*value)))
            report_value({"build", key}, expected, *value);
    }

    // ---- names of images

    /// The reference in `text`, or nothing after a report.
    std::optional<oci::Reference> check_reference(const Path& path, const std::string& text) {
        if (text.find("://") != std::string::npos) {
            report(path,
                   fmt::format("`{}` is a URL, not the name of an image", shown_reference(text)),
                   "leave out the scheme: `ghcr.io/acme/api`");
            return std::nullopt;
        }
        auto reference = oci::Reference::parse(text);
        if (reference) return std::move(*reference);
        if (shown_reference(text).starts_with("…"))
            report(path, "the name of an image has no user and no password",
                   "credentials come from `pycontainer login` or the environment");
        else
            report(path, reference.error().message, reference.error().hint);
        return std::nullopt;
    }

    void check_images(const Settings& settings) {
        if (settings.base_image) check_base_image(*settings.base_image);
        for (std::size_t i = 0; settings.tags && i < settings.tags->size(); ++i) {
            const auto& tag = (*settings.tags)[i];
            const Path path{"build", "tags", std::to_string(i)};
            const auto reference = check_reference(path, tag);
            if (reference && reference->digest())
                report(path, fmt::format("the tag `{}` has a digest", printable(tag, kMaxShown)),
                       "the digest is known only after the build");
        }
        if (settings.registry_url) check_registry_url(*settings.registry_url);
        check_registries(settings);
        for (std::size_t i = 0; settings.platforms && i < settings.platforms->size(); ++i)
            check_platform((*settings.platforms)[i], i);
        if (settings.platforms &&
            (settings.platforms->empty() || settings.platforms->size() > kMaxPlatforms))
            report({"build", "platforms"},
                   fmt::format("{} platforms are named, 1 to {} are possible",
                               settings.platforms->size(), kMaxPlatforms),
                   "name those that are needed, such as `linux/amd64`");
    }

    void check_base_image(const std::string& text) {
        const Path path{"build", "base_image"};
        if (text.starts_with("oci:")) {
            if (text.size() == 4 || text[4] == ':' || text.find('\0') != std::string::npos)
                report(path, "`oci:` names no directory",
                       "write `oci:DIRECTORY` or `oci:DIRECTORY:TAG`");
            return;
        }
        for (const std::string_view archive : {"oci-archive:", "docker-archive:"}) {
            if (!text.starts_with(archive)) continue;
            if (text.size() == archive.size() || text.find('\0') != std::string::npos)
                report(path, fmt::format("`{}` names no file", archive),
                       fmt::format("write `{}FILE` or `{}FILE:TAG`", archive, archive));
            return;
        }
        for (const auto* scheme : {"docker-daemon:", "dir:", "containers-storage:"}) {
            if (!text.starts_with(scheme)) continue;
            report(path, fmt::format("a base image cannot be read from `{}`", scheme),
                   "use a reference in a registry, or an OCI layout as `oci:DIRECTORY`");
            return;
        }
        check_reference(path, text);
    }

    void check_registry_url(const std::string& text) {
        const Path path{"registry", "url"};
        const auto reference = check_reference(path, text);
        if (!reference) return;
        const auto name = text.substr(text.rfind('/') == std::string::npos ? 0 : text.rfind('/'));
        if (reference->digest() || name.find(':') != std::string::npos)
            report(path,
                   fmt::format("`{}` has a tag or a digest, a repository has none",
                               printable(text, kMaxShown)),
                   fmt::format("write `{}` and put the tag into `build.tags`",
                               printable(reference->name(), kMaxShown)));
    }

    void check_registries(const Settings& settings) {
        for (std::size_t i = 0; settings.registry_mirrors && i < settings.registry_mirrors->size();
             ++i) {
            const auto& text = (*settings.registry_mirrors)[i];
            const Path path{"registry", "mirrors", std::to_string(i)};
            const auto equals = text.find('=');
            if (equals == std::string::npos || equals == 0) {
                report_value(path, "`PREFIX=PLACE`, such as `docker.io=mirror.example:5000/hub`",
                             shown_reference(text));
                continue;
            }
            const auto place = check_reference(path, text.substr(equals + 1) + "/image");
            if (place && !place->names_registry())
                report_value(path, "a mirror with a host, such as `mirror.example:5000/hub`",
                             text.substr(equals + 1));
        }
        for (std::size_t i = 0;
             settings.registry_insecure && i < settings.registry_insecure->size(); ++i) {
            const auto& text = (*settings.registry_insecure)[i];
            if (text.find("://") != std::string::npos || text.find('@') != std::string::npos ||
                text.find('\0') != std::string::npos || text.find(' ') != std::string::npos)
                report_value({"registry", "insecure", std::to_string(i)},
                             "a host such as `registry.example:5000` or a network such as "
                             "`10.0.0.0/8`",
                             shown_reference(text));
        }
    }

    void check_platform(const std::string& text, std::size_t index) {
        const Path path{"build", "platforms", std::to_string(index)};
        const auto platform = oci::Platform::parse(text);
        if (!platform) report(path, platform.error().message, platform.error().hint);
    }

    // ---- the rest

    void check_image_contents(const Settings& settings) {
        const auto inside = [](const std::string& path) {
            return !path.empty() && !has_parent_component(path);
        };
        check_one(
            settings.workdir, "workdir", "an absolute path such as `/app`",
            [](const auto& path) { return path.starts_with('/') && !has_parent_component(path); });
        check_each(settings.writable, "writable",
                   "a directory below the working directory or an absolute path, without `..`",
                   inside);
        constexpr const char* kPattern =
            "a pattern relative to the project, without `..`, its `[` closed by a `]`";
        const auto pattern = [&](const std::string& text) {
            return inside(text) && is_complete_pattern(text);
        };
        check_each(settings.include, "include", kPattern, pattern);
        check_each(settings.exclude, "exclude", kPattern, pattern);
        check_each(settings.ports, "ports",
                   "a port from 1 to 65535, with `/tcp` or `/udp` if need be", is_port);
        check_each(settings.groups, "groups", "a name of letters, digits, `.`, `_` and `-`",
                   is_package_name);
        check_each(settings.extras, "extras", "a name of letters, digits, `.`, `_` and `-`",
                   is_package_name);
        const auto any = [](const std::string&) { return true; };
        check_each(settings.entrypoint, "entrypoint", "text without a NUL character", any);
        check_each(settings.cmd, "cmd", "text without a NUL character", any);
        if (settings.entrypoint &&
            (settings.entrypoint->empty() || settings.entrypoint->front().empty()))
            report({"build", "entrypoint"}, "`entrypoint` names no program");
    }

    void check_choices(const Settings& settings) {
        check_one(settings.python, "python", "a Python version such as `3.11`", is_python_version);
        check_one(settings.package, "package", "the name of a project", is_package_name);
        check_one(settings.lock, "lock", "the path of a lock file",
                  [](const auto& text) { return !text.empty(); });
        check_one(settings.bytecode, "bytecode", "the path or name of a CPython",
                  [](const auto& text) { return !text.empty(); });
        check_one(settings.user, "user", "a user such as `app` or `1000:1000`", is_user);
        check_one(settings.compression, "compression", "`gzip`, `gzip-single`, `zstd` or `none`",
                  [](const auto& text) {
                      return is_one_of<4>(text, {"gzip", "gzip-single", "zstd", "none"});
                  });
        check_one(settings.conflicting_files, "conflicting_files", "`error` or `warn`",
                  [](const auto& text) {
                      return is_one_of<2>(text, {"error", "warn"});
                  });
        check_one(settings.framework, "framework", "the name of a known web framework or `none`",
                  [](const auto& text) {
                      return is_one_of<9>(text, {"fastapi", "litestar", "quart", "starlette",
                                                 "flask", "django", "streamlit", "gradio", "none"});
                  });
        check_one(settings.output, "output", "the path of a directory", [](const auto& text) {
            constexpr std::array<std::string_view, 3> kArchives{
                "oci-archive:", "docker-archive:", "docker-daemon:"};
            return !text.empty() &&
                   std::none_of(kArchives.begin(), kArchives.end(),
                                [&](auto scheme) { return text.starts_with(scheme); });
        });
    }

    void check_tables(const Settings& settings) {
        for (const auto& [name, value] : settings.env) {
            if (!is_variable_name(name))
                report({"build", "env", name},
                       fmt::format("`{}` is not a variable name of letters, digits and `_`",
                                   printable(name, kMaxShown)),
                       {}, true);
            else if (value.find('\0') != std::string::npos)
                report({"build", "env", name},
                       fmt::format("the value of `{}` has a NUL character", name));
        }
        for (const auto& [name, value] : settings.labels) {
            if (name.empty())
                report({"build", "labels", name}, "a label needs a name", {}, true);
            else if (name.find('\0') != std::string::npos || value.find('\0') != std::string::npos)
                report({"build", "labels", name}, fmt::format("the label `{}` has a NUL character",
                                                              printable(name, kMaxShown)));
        }
    }

    std::vector<SettingFault>& faults_;
};

/// Reads the members of one table; types are right already.
class TableReader {
public:
    TableReader(const Json& configuration, const char* table, std::vector<SettingFault>& faults)
        : table_name_(table), faults_(faults) {
        if (const auto* found =
                schema::find_member(configuration, table, schema::KeySpelling::DashOrUnderscore))
            table_ = found;
    }

    void read(const char* key, std::optional<std::string>& target) const {
        if (const auto* value = find(key); value && value->is_string())
            target = value->get<std::string>();
    }
    void read(const char* key, std::optional<bool>& target) const {
        if (const auto* value = find(key); value && value->is_boolean())
            target = value->get<bool>();
    }
    void read(const char* key, std::optional<std::vector<std::string>>& target) const {
        const auto* value = find(key);
        if (!value || !value->is_array()) return;
        target.emplace();
        for (const auto& item : *value)
            target->push_back(item.is_string() ? item.get<std::string>() : dump_json(item));
    }
    void read(const char* key, std::map<std::string, std::string>& target) const {
        const auto* value = find(key);
        if (!value || !value->is_object()) return;
        for (const auto& [name, item] : value->items())
            if (item.is_string()) target.insert_or_assign(name, item.get<std::string>());
    }
    /// A command: text is split as a shell would.
    void read_command(const char* key, std::optional<std::vector<std::string>>& target) {
        const auto* value = find(key);
        if (!value || !value->is_string()) return read(key, target);
        target = split_shell_words(value->get_ref<const std::string&>());
        if (!target)
            faults_.push_back({{table_name_, key},
                               false,
                               fmt::format("`{}` has a quote or a backslash without its end", key),
                               "write it as an array, one item a word"});
    }
    void read_age(const char* key, std::optional<std::uint64_t>& target) {
        const auto* value = find(key);
        if (!value) return;
        const auto text = value->is_string() ? value->get<std::string>() : dump_json(*value);
        target = parse_age(text);
        if (!target)
            faults_.push_back({{table_name_, key},
                               false,
                               fmt::format("`{}` must be a time such as `24h`, `30m` or a number "
                                           "of seconds, up to ten years, not `{}`",
                                           key, printable(text, kMaxShown)),
                               {}});
    }

private:
    const Json* find(const char* key) const {
        return table_ ? schema::find_member(*table_, key, schema::KeySpelling::DashOrUnderscore)
                      : nullptr;
    }

    std::string table_name_;
    const Json* table_ = nullptr;
    std::vector<SettingFault>& faults_;
};

}  // namespace

ReadSettings read_settings(const Json& configuration) {
    ReadSettings result;
    auto& settings = result.settings;
    TableReader build(configuration, "build", result.faults);
    build.read("base_image", settings.base_image);
    build.read("python", settings.python);
    build.read("package", settings.package);
    build.read("lock", settings.lock);
    build.read("bytecode", settings.bytecode);
    build.read("tags", settings.tags);
    build.read("platforms", settings.platforms);
    build.read("include_deps", settings.include_deps);
    build.read("build_sdists", settings.build_sdists);
    build.read("groups", settings.groups);
    build.read("extras", settings.extras);
    build.read("framework", settings.framework);
    build.read_command("entrypoint", settings.entrypoint);
    build.read_command("cmd", settings.cmd);
    build.read("workdir", settings.workdir);
    build.read("user", settings.user);
    build.read("writable", settings.writable);
    build.read("ports", settings.ports);
    build.read("include", settings.include);
    build.read("exclude", settings.exclude);
    build.read("compression", settings.compression);
    build.read("conflicting_files", settings.conflicting_files);
    build.read("reproducible", settings.reproducible);
    build.read("output", settings.output);
    build.read_age("base_max_age", settings.base_max_age_seconds);
    build.read("labels", settings.labels);
    build.read("env", settings.env);
    TableReader registry(configuration, "registry", result.faults);
    registry.read("url", settings.registry_url);
    registry.read("mirrors", settings.registry_mirrors);
    registry.read("insecure", settings.registry_insecure);
    MeaningCheck(result.faults).run(settings);
    return result;
}

std::vector<SettingFault> check_settings(const Settings& settings) {
    std::vector<SettingFault> faults;
    MeaningCheck(faults).run(settings);
    return faults;
}

}  // namespace pycontainer::config
