#include "image/base_facts.hpp"

#include "archive/layer_reader.hpp"
#include "base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace pycontainer::image {
namespace {

using archive::LayerEntry;

constexpr std::uint64_t kMaxText = 32ULL << 20U;
constexpr std::uint64_t kMaxLibrary = 16ULL << 20U;
constexpr std::size_t kMaxNotes = 500'000;  // of one layer
constexpr int kMaxLinks = 40;
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}
std::string_view parent(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// The parts of the merged file system that answer our questions: every link and directory name,
/// and the contents of a few files.
class Files {
public:
    /// OCI image specification, "Whiteouts": what a layer removes is of the layers below, whatever
    /// its own order.
    void add_layer(const LayerNotes& notes) {
        for (const auto& note : notes)
            if (file_name(note.path).starts_with(kWhiteout)) remove(note.path);
        for (const auto& note : notes) {
            if (file_name(note.path).starts_with(kWhiteout)) continue;
            const auto* target =
                note.type == LayerEntry::Type::Hardlink ? find(note.link) : nullptr;
            files_[note.path] = target != nullptr ? *target : note;
        }
    }

    /// The path that `path` leads to after all links, in every component; empty when it does not
    /// exist.
    std::string resolve(std::string_view path) const {
        std::vector<std::string> pending;  // components still to walk, last first
        push_components(path, pending);
        std::string at;
        int links = 0;
        while (!pending.empty()) {
            const auto component = std::move(pending.back());
            pending.pop_back();
            if (component == "..") {
                at = std::string(parent(at));
                continue;
            }
            auto next = at.empty() ? component : at + "/" + component;
            const auto* file = find(next);
            if (file && file->type == LayerEntry::Type::Symlink) {
                if (++links > kMaxLinks) return {};
                if (file->link.starts_with('/')) at.clear();
                push_components(file->link, pending);
                continue;
            }
            if (!file && !pending.empty() && !is_directory(next)) return {};
            if (!file && pending.empty() && !is_directory(next)) return {};
            at = std::move(next);
        }
        return at;
    }

    const LayerNote* find(std::string_view path) const {
        const auto found = files_.find(path);
        return found == files_.end() ? nullptr : &found->second;
    }
    const std::map<std::string, LayerNote, std::less<>>& all() const { return files_; }

    std::string content(std::string_view path) const {
        const auto* file = find(resolve(path));
        return file ? file->content : std::string();
    }

private:
    static void push_components(std::string_view path, std::vector<std::string>& pending) {
        const auto parts = split(path, '/');
        for (auto part = parts.rbegin(); part != parts.rend(); ++part)
            if (!part->empty() && *part != ".") pending.emplace_back(*part);
    }

    bool is_directory(std::string_view path) const {
        const auto prefix = std::string(path) + "/";
        const auto found = files_.lower_bound(prefix);
        return found != files_.end() && found->first.starts_with(prefix);
    }

    void remove_below(const std::string& directory) {
        const auto prefix = directory + "/";
        for (auto found = files_.lower_bound(prefix);
             found != files_.end() && found->first.starts_with(prefix);)
            found = files_.erase(found);
    }

    void remove(std::string_view whiteout) {
        const auto directory = std::string(parent(whiteout));
        const auto name = file_name(whiteout);
        if (name == kOpaque) return remove_below(directory);
        const auto removed =
            (directory.empty() ? "" : directory + "/") + std::string(name.substr(kWhiteout.size()));
        files_.erase(removed);
        remove_below(removed);
    }

    std::map<std::string, LayerNote, std::less<>> files_;
};

bool reads_content(std::string_view path) {
    const auto name = file_name(path);
    return name == "libc.so.6" || name == "patchlevel.h" || name == "os-release" ||
           name == "build-details.json" || path == "lib/apk/db/installed" ||
           path == "usr/lib/apk/db/installed" || path == "var/lib/dpkg/status" ||
           path.starts_with("var/lib/dpkg/status.d/");
}

/// `3.11` from `python3.11`, `3.13` from `python3.13t`; empty for other names.
std::string minor_of_name(std::string_view name) {
    constexpr std::string_view kPrefix = "python3.";
    if (!name.starts_with(kPrefix)) return {};
    auto digits = name.substr(kPrefix.size());
    if (digits.ends_with('t')) digits.remove_suffix(1);
    if (digits.empty() || digits.size() > 3 ||
        !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return {};
    return "3." + std::string(digits);
}

/// The `3.11` of `python3.11` and `libpython3.11.so.1.0`, where programs carry their own version.
std::string minor_of_program(std::string_view path) {
    auto name = file_name(path);
    if (name.starts_with("libpython3.")) {
        name.remove_prefix(3);
        name = name.substr(0, name.find(".so"));
    } else if (file_name(parent(path)) != "bin") {
        return {};
    }
    return minor_of_name(name);
}

/// `PY_VERSION` as a C text among the bytes of a program: `3.11.9`, also from `3.11.9+`.
std::string version_in_program(std::string_view bytes, const std::string& minor) {
    const auto wanted = std::string(1, '\0') + minor + ".";
    for (auto at = bytes.find(wanted); at != std::string_view::npos;
         at = bytes.find(wanted, at + 1)) {
        const auto text = bytes.substr(at + 1, 16);
        const auto end = text.find('\0');
        if (end == std::string_view::npos) continue;
        const auto version = text.substr(0, end);
        const auto digits = version.find_first_not_of("0123456789.");
        if (version.size() > minor.size() + 1 && digits == std::string_view::npos)
            return std::string(version);
        if (digits != std::string_view::npos && digits > minor.size() + 1 &&
            version.substr(digits) == "+")
            return std::string(version.substr(0, digits));
    }
    return {};
}

/// Links lead anywhere, so all are kept; of files those that are programs, C libraries or tell
/// versions.
bool is_interesting(const LayerEntry& entry) {
    if (entry.path.empty() || entry.type == LayerEntry::Type::Directory) return false;
    if (entry.type == LayerEntry::Type::Symlink) return true;
    const auto name = file_name(entry.path);
    return file_name(parent(entry.path)) == "bin" || name == "os.py" || reads_content(entry.path) ||
           name.starts_with(kWhiteout) || name.starts_with("ld-musl-") ||
           name.starts_with("libc-2.") || !minor_of_program(entry.path).empty();
}

/// Of the C library only the sentence that names its version is kept.
Result<std::string> wanted_content(const LayerEntry& entry, archive::EntryContent& content) {
    if (entry.type != LayerEntry::Type::File) return std::string();
    if (const auto minor = minor_of_program(entry.path); !minor.empty()) {
        if (entry.size > kMaxLibrary) return std::string();
        PYC_TRY_ASSIGN(const auto program, content.read_all(kMaxLibrary));
        return version_in_program(program, minor);
    }
    if (!reads_content(entry.path)) return std::string();
    const bool library = file_name(entry.path) == "libc.so.6";
    const auto limit = library ? kMaxLibrary : kMaxText;
    if (entry.size > limit) return std::string();
    PYC_TRY_ASSIGN(auto text, content.read_all(limit));
    if (!library) return text;
    const auto found = text.find("stable release version ");
    return found == std::string::npos ? std::string() : text.substr(found, 64);
}

/// The `Version:` of a package in a dpkg status file.
std::string dpkg_version(std::string_view status, std::string_view package) {
    const auto stanza = status.find(fmt::format("Package: {}\n", package));
    if (stanza == std::string_view::npos) return {};
    const auto text = status.substr(stanza, status.find("\n\n", stanza) - stanza);
    const auto version = text.find("\nVersion: ");
    if (version == std::string_view::npos) return {};
    const auto start = version + 10;
    return std::string(text.substr(start, text.find('\n', start) - start));
}

/// The `3.11.2` at the start of `3.11.2-6+deb12u6`, if it is a release of `minor`.
std::string release_of(std::string_view text, std::string_view minor) {
    const auto end = text.find_first_not_of("0123456789.");
    const auto release = text.substr(0, end);
    if (!release.starts_with(minor) || release.size() < minor.size() + 2 ||
        release[minor.size()] != '.' || release.ends_with('.'))
        return {};
    return std::string(release);
}

/// Everything that tells the patch number, best first (packaging rules: configuration, header,
/// package; then the program itself).
std::string full_version(const Files& files, const oci::ImageConfig& config,
                         const std::string& minor, const std::string& library,
                         const std::string& prefix) {
    // Only the Python in /usr/local is the one that the official images' variable speaks of – or
    // there is no other.
    if (auto version = release_of(config.env("PYTHON_VERSION"), minor); !version.empty())
        return version;
    for (const auto& directory : {prefix, std::string("usr/local"), std::string("usr")}) {
        const auto header = files.content(directory + "/include/" + library + "/patchlevel.h");
        const auto define = header.find("#define PY_VERSION ");
        if (define == std::string::npos) continue;
        const auto quote = header.find('"', define);
        if (quote != std::string::npos)
            if (auto version = release_of(std::string_view(header).substr(quote + 1, 24), minor);
                !version.empty())
                return version;
    }
    for (const auto& [path, file] : files.all()) {
        if (path != "var/lib/dpkg/status" && !path.starts_with("var/lib/dpkg/status.d/")) continue;
        for (const auto& package : {"python" + minor + "-minimal", "python" + minor})
            if (auto version = release_of(dpkg_version(file.content, package), minor);
                !version.empty())
                return version;
    }
    for (const auto* database : {"lib/apk/db/installed", "usr/lib/apk/db/installed"}) {
        const auto installed = files.content(database);
        const auto package = installed.find("\nP:python3\nV:");
        if (package != std::string::npos)
            if (auto version =
                    release_of(std::string_view(installed).substr(package + 13, 24), minor);
                !version.empty())
                return version;
    }
    for (const auto& [path, file] : files.all())
        if (minor_of_program(path) == minor && !file.content.empty())
            if (auto version = release_of(file.content, minor); !version.empty()) return version;
    return {};
}

std::optional<Interpreter> interpreter_at(const Files& files, const oci::ImageConfig& config,
                                          const std::string& path) {
    const auto resolved = files.resolve(path);
    const auto* file = resolved.empty() ? nullptr : files.find(resolved);
    if (!file || file->type == LayerEntry::Type::Symlink) return std::nullopt;
    const auto name = std::string(file_name(resolved));
    const auto minor = minor_of_name(name);
    if (minor.empty()) return std::nullopt;
    Interpreter interpreter{
        .path = "/" + resolved, .version = {}, .library = name, .exact_version = true};
    interpreter.version =
        full_version(files, config, minor, name, std::string(parent(parent(resolved))));
    if (interpreter.version.empty()) {
        interpreter.version = minor + ".0";
        interpreter.exact_version = false;
    }
    return interpreter;
}

std::optional<Interpreter> find_interpreter(const Files& files, const oci::ImageConfig& config,
                                            const std::string& wanted_minor) {
    auto search_path = config.env("PATH");
    if (search_path.empty()) search_path = oci::kDefaultSearchPath;
    std::vector<std::string> names;
    if (!wanted_minor.empty()) names.push_back("python" + wanted_minor);
    names.insert(names.end(), {"python3", "python"});
    for (const auto& name : names)
        for (const auto directory : split(search_path, ':'))
            if (auto interpreter =
                    interpreter_at(files, config, std::string(directory) + "/" + name))
                return interpreter;
    return std::nullopt;
}

std::optional<std::pair<unsigned, unsigned>> two_numbers(std::string_view text) {
    unsigned major = 0;
    unsigned minor = 0;
    const auto* end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, major);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
    if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc()) return std::nullopt;
    return std::pair(major, minor);
}

void find_libc(const Files& files, BaseFacts& facts) {
    const auto settle = [&](const char* name, std::pair<unsigned, unsigned> version) {
        facts.libc = name;
        facts.libc_major = version.first;
        facts.libc_minor = version.second;
    };
    bool musl = false;
    for (const auto& [path, file] : files.all()) {
        const auto name = file_name(path);
        if (name == "libc.so.6" && !file.content.empty()) {
            constexpr std::string_view kSentence = "stable release version ";
            if (const auto version =
                    two_numbers(std::string_view(file.content).substr(kSentence.size())))
                return settle("glibc", *version);
        }
        if (name.starts_with("libc-2.") && name.ends_with(".so"))
            if (const auto version = two_numbers(name.substr(5))) return settle("glibc", *version);
        if (name.starts_with("ld-musl-")) musl = true;
    }
    if (!musl) return;
    for (const auto* database : {"lib/apk/db/installed", "usr/lib/apk/db/installed"}) {
        const auto installed = "\n" + files.content(database);
        const auto package = installed.find("\nP:musl\nV:");
        if (package != std::string::npos)
            if (const auto version =
                    two_numbers(std::string_view(installed).substr(package + 10, 16)))
                return settle("musl", *version);
    }
    settle("musl", {1, 2});
}

std::string distribution_name(const Files& files) {
    for (const auto* path : {"etc/os-release", "usr/lib/os-release"}) {
        const auto text = files.content(path);
        for (const auto line : split_lines(text)) {
            constexpr std::string_view kName = "PRETTY_NAME=";
            if (!line.starts_with(kName)) continue;
            auto value = line.substr(kName.size());
            if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
                value = value.substr(1, value.size() - 2);
            return printable(value, 100);
        }
    }
    return {};
}

}  // namespace

std::string Interpreter::minor() const {
    return minor_of_name(library);
}

Json BaseFacts::to_json() const {
    Json json{{"libc", libc},
              {"libc_major", libc_major},
              {"libc_minor", libc_minor},
              {"distribution", distribution}};
    if (interpreter)
        json["interpreter"] = {{"path", interpreter->path},
                               {"version", interpreter->version},
                               {"library", interpreter->library},
                               {"exact", interpreter->exact_version}};
    return json;
}

std::optional<BaseFacts> BaseFacts::from_json(const Json& json) {
    const auto libc = string_member(json, "libc");
    if (!libc) return std::nullopt;
    BaseFacts facts;
    facts.libc = *libc;
    facts.libc_major = static_cast<unsigned>(unsigned_member(json, "libc_major").value_or(0));
    facts.libc_minor = static_cast<unsigned>(unsigned_member(json, "libc_minor").value_or(0));
    facts.distribution = string_member(json, "distribution").value_or("");
    if (const auto* item = member(json, "interpreter")) {
        Interpreter interpreter{string_member(*item, "path").value_or(""),
                                string_member(*item, "version").value_or(""),
                                string_member(*item, "library").value_or(""),
                                bool_member(*item, "exact").value_or(true)};
        if (interpreter.minor().empty()) return std::nullopt;
        facts.interpreter = std::move(interpreter);
    }
    return facts;
}

Result<LayerNotes> read_layer_notes(const exec::Context& ctx, const std::filesystem::path& layer) {
    LayerNotes notes;
    auto read = archive::read_layer(
        ctx, layer,
        [&](const LayerEntry& entry, archive::EntryContent& content) -> Result<archive::Walk> {
            if (!is_interesting(entry)) return archive::Walk::Continue;
            if (notes.size() >= kMaxNotes)
                return fail("base/invalid-layer",
                            "the base image has more than {} links and programs", kMaxNotes);
            PYC_TRY_ASSIGN(auto text, wanted_content(entry, content));
            notes.push_back({entry.type, entry.path, entry.link, std::move(text)});
            return archive::Walk::Continue;
        });
    if (!read)
        return fail(
            std::move(read).error().while_("reading the layer {}", layer.filename().string()));
    return notes;
}

BaseFacts find_base_facts(const std::vector<LayerNotes>& layers, const oci::ImageConfig& config,
                          const std::string& wanted_minor) {
    Files files;
    for (const auto& layer : layers) files.add_layer(layer);
    BaseFacts facts;
    facts.interpreter = find_interpreter(files, config, wanted_minor);
    find_libc(files, facts);
    facts.distribution = distribution_name(files);
    return facts;
}

}  // namespace pycontainer::image
