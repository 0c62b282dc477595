#include "project/source_tree.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "project/exclusions.hpp"
#include "project/ignore_rules.hpp"
#include "project/vcs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace pycontainer::project {
namespace {

constexpr std::size_t kMaxFiles = 500'000;
constexpr unsigned kMaxDepth = 256;
constexpr std::size_t kMaxIgnored = 10'000;
constexpr std::uint64_t kMaxIgnoreFile = 1U << 20U;
constexpr std::uint64_t kMaxSecretFile = 1U << 20U;
constexpr std::size_t kShownPaths = 5;
/// File systems stamp changes with the kernel's tick (1 to 10 ms); those without a sub-second part
/// may have steps of 2 s.
constexpr std::int64_t kTick = 20'000'000;
constexpr std::int64_t kCoarseTick = 2'000'000'000;

struct DirectoryCloser {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

std::int64_t nanoseconds(const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

std::string child_path(const std::string& parent, std::string_view name) {
    std::string path;
    path.reserve(parent.size() + 1 + name.size());
    path = parent;
    if (!path.empty()) path += '/';
    path += name;
    return path;
}

/// Does a link at `path` that says `target` end inside the project? Judged by the text alone:
/// nothing is followed.
bool stays_inside(std::string_view path, std::string_view target) {
    if (target.empty() || target.front() == '/') return false;
    auto depth = std::count(path.begin(), path.end(), '/');
    for (const auto part : split(target, '/')) {
        if (part.empty() || part == ".") continue;
        depth += part == ".." ? -1 : 1;
        if (depth < 0) return false;
    }
    return true;
}

bool is_static_directory(std::string_view name) {
    static constexpr std::array<std::string_view, 6> kNames{"static", "staticfiles", "assets",
                                                            "public", "templates",   "locale"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// What every `.gitignore` hides and no application misses.
bool is_litter(std::string_view name) {
    static constexpr std::array<std::string_view, 9> kNames{
        ".DS_Store", "Thumbs.db", "desktop.ini", "node_modules", ".idea",
        ".vscode",   ".cache",    "logs",        "tmp"};
    static constexpr std::array<std::string_view, 9> kEnds{".pyc", ".pyo", ".pyd",  ".log", ".swp",
                                                           ".tmp", ".bak", ".orig", "~"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
           std::any_of(kEnds.begin(), kEnds.end(),
                       [name](auto end) { return name.ends_with(end); });
}

std::string shown(const std::vector<std::string>& paths) {
    std::string text;
    for (std::size_t i = 0; i < paths.size() && i < kShownPaths; ++i) {
        if (i > 0) text += ", ";
        text += "`" + printable(paths[i]) + "`";
    }
    if (paths.size() > kShownPaths) text += fmt::format(" and {} more", paths.size() - kShownPaths);
    return text;
}

/// A `.gitignore` and the directory it lies in, as a prefix of the paths it judges.
struct PlacedRules {
    GitIgnore rules;
    std::size_t skipped =
        0;  ///< bytes of the path below the project that come before the directory of the rules
    std::string prepended;  ///< for rules above the project: the way from their directory to the
                            ///< project, with a final `/`
};

/// What a directory hands down to its children.
struct Inherited {
    bool ignored = false;     ///< only what `include` names is taken
    bool included = false;    ///< `include` named a parent: the ignore files have no say
    bool in_package = false;  ///< inside a Python package or a static directory
    bool in_tests = false;
    DockerIgnore::Fits fits;
};

struct Entry {
    std::string name;
    struct stat info {};
};

class Walker {
public:
    Walker(const exec::Context& ctx, const ScanRequest& request)
        : ctx_(ctx),
          root_(request.directory),
          include_(request.include, "[build] include"),
          exclude_(request.exclude, "[build] exclude") {}

    Result<SourceTree> run(const std::filesystem::path& output_directory);

private:
    Result<void> read_ignore_files();
    void add_parents_rules(const GitLocation& location);
    void add_rules(const std::filesystem::path& file, PlacedRules placed, std::string name);
    Result<std::vector<Entry>> read_entries(int fd, const std::string& path) const;
    Result<void> walk(int fd, const std::string& path, const Inherited& inherited, unsigned depth);
    Result<void> visit(int parent, const std::string& parent_path, const Entry& entry,
                       const Inherited& inherited, unsigned depth);
    Result<void> visit_directory(int parent, const std::string& path, const Entry& entry,
                                 const Inherited& inherited, unsigned depth);
    Result<void> take_link(int parent, std::string path, const Entry& entry);
    Result<void> take_file(std::string path, const Entry& entry);
    Exclusion never(int parent, const std::string& parent_path, const Entry& entry) const;
    std::optional<std::string> ignored_by(const std::string& path, EntryKind kind,
                                          const DockerIgnore::Fits& fits) const;
    std::optional<bool> git_verdict(const PlacedRules& placed, const std::string& path,
                                    EntryKind kind) const;
    void leave_out(const std::string& path, EntryKind kind, std::string reason);
    void note_hidden(const std::string& path, const Entry& entry, const Inherited& inherited,
                     int parent);
    void add_warnings();
    void finish();

    const exec::Context& ctx_;
    std::filesystem::path root_;
    GitIgnore include_;
    GitIgnore exclude_;
    std::string output_;  ///< relative to the project; empty when outside
    std::optional<DockerIgnore> docker_;
    std::vector<PlacedRules>
        git_;  ///< outermost first; those of nested directories while they are walked
    bool saw_gitignore_ = false;
    std::vector<std::string> escaping_;
    std::vector<std::string> special_;
    SourceTree tree_;
};

/// The path of `output` below `root`, or empty. Lexical, after both were made canonical as far as
/// they exist.
std::string relative_output(const std::filesystem::path& root,
                            const std::filesystem::path& output) {
    if (output.empty()) return {};
    std::error_code error;
    const auto canonical_root = std::filesystem::weakly_canonical(root, error);
    if (error) return {};
    const auto canonical =
        std::filesystem::weakly_canonical(output.is_absolute() ? output : root / output, error);
    if (error) return {};
    auto relative = canonical.lexically_relative(canonical_root).generic_string();
    if (relative.empty() || relative == "." || relative == ".." || relative.starts_with("../"))
        return {};
    while (relative.ends_with('/')) relative.pop_back();
    return relative;
}

Result<SourceTree> Walker::run(const std::filesystem::path& output_directory) {
    const int fd = ::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return file_error("read", root_, errno);
    const FileDescriptor root(fd);
    output_ = relative_output(root_, output_directory);
    PYC_TRY(read_ignore_files());
    PYC_TRY(walk(root.value(), "", Inherited(), 0));
    finish();
    return std::move(tree_);
}

Result<void> Walker::read_ignore_files() {
    auto docker = read_file(root_ / ".dockerignore", kMaxIgnoreFile);
    if (docker) {
        docker_.emplace(*docker);
        tree_.ignore_file = ".dockerignore";
        return {};
    }
    if (docker.error().code != "file/not-found") return fail(std::move(docker).error());
    if (const auto location = find_git(root_)) add_parents_rules(*location);
    return {};
}

/// git reads `.gitignore` files from the top of the working tree down; `info/exclude` comes before
/// all of them.
void Walker::add_parents_rules(const GitLocation& location) {
    std::error_code error;
    const auto root = std::filesystem::weakly_canonical(root_, error);
    if (error) return;
    const auto top = std::filesystem::weakly_canonical(location.worktree, error);
    if (error) return;
    const auto way = root == top ? std::filesystem::path() : root.lexically_relative(top);
    std::vector<std::string> components;
    for (const auto& part : way) components.push_back(part.generic_string());

    const auto rest_of_way = [&](std::size_t from) {
        std::string text;
        for (auto i = from; i < components.size(); ++i) text += components[i] + "/";
        return text;
    };
    add_rules(location.common / "info" / "exclude", {GitIgnore(), 0, rest_of_way(0)},
              ".git/info/exclude");
    auto directory = top;
    for (std::size_t level = 0; level < components.size(); ++level) {
        add_rules(directory / ".gitignore", {GitIgnore(), 0, rest_of_way(level)},
                  (directory.filename() / ".gitignore").generic_string());
        directory /= components[level];
    }
    // A project in a directory that its repository ignores is built all the same: those rules were
    // not made for it.
    std::string path;
    for (const auto& component : components) {
        path = child_path(path, component);
        for (auto placed = git_.rbegin(); placed != git_.rend(); ++placed) {
            const auto prefix = rest_of_way(0).size() - placed->prepended.size();
            if (path.size() <= prefix) continue;
            const auto verdict =
                placed->rules.verdict(std::string_view(path).substr(prefix), EntryKind::Directory);
            if (!verdict) continue;
            if (*verdict) return git_.clear();
            break;
        }
    }
}

void Walker::add_rules(const std::filesystem::path& file, PlacedRules placed, std::string name) {
    const auto text = read_file(file, kMaxIgnoreFile);
    if (!text) return;  // an ignore file that cannot be read ignores nothing, as in git
    placed.rules = GitIgnore(*text, std::move(name));
    if (placed.rules.empty()) return;
    git_.push_back(std::move(placed));
    saw_gitignore_ = true;
}

Result<std::vector<Entry>> Walker::read_entries(int fd, const std::string& path) const {
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC,
                             0);  // closedir closes its descriptor, but `fd` is still needed
    if (copy < 0) return file_error("read", root_ / path, errno);
    const std::unique_ptr<DIR, DirectoryCloser> directory(::fdopendir(copy));
    if (!directory) {
        const int reason = errno;
        ::close(copy);
        return file_error("read", root_ / path, reason);
    }
    std::vector<Entry> entries;
    for (;;) {
        errno = 0;
        const auto* item = ::readdir(directory.get());
        if (!item) {
            if (errno != 0) return file_error("read", root_ / path, errno);
            return entries;
        }
        const std::string_view name = item->d_name;
        if (name == "." || name == "..") continue;
        if (entries.size() >= 2 * kMaxFiles)
            return fail("project/too-many-files", "`{}` holds more than {} entries",
                        (root_ / path).string(), 2 * kMaxFiles);
        Entry entry{std::string(name)};
        if (::fstatat(fd, entry.name.c_str(), &entry.info, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) continue;  // removed since it was listed
            return file_error("read", root_ / path / entry.name, errno);
        }
        entries.push_back(std::move(entry));
    }
}

Result<void> Walker::walk(int fd, const std::string& path, const Inherited& inherited,
                          unsigned depth) {
    PYC_TRY(ctx_.check());
    if (depth > kMaxDepth)
        return fail("project/too-many-files", "directories below `{}` are nested more than {} deep",
                    printable(path, 80), kMaxDepth)
            .hint("leave the directory out with `[build] exclude` or an ignore file");
    PYC_TRY_ASSIGN(const auto entries, read_entries(fd, path));

    const auto has = [&entries](std::string_view name) {
        return std::any_of(entries.begin(), entries.end(),
                           [name](const Entry& entry) { return entry.name == name; });
    };
    // Made by venv, virtualenv and uv (`pyvenv.cfg`) or by conda. The project itself may have been
    // turned into one; its sources still count.
    if (depth > 0 && (has("pyvenv.cfg") || has("conda-meta"))) {
        if (!inherited.ignored)
            leave_out(path, EntryKind::Directory,
                      std::string(to_string(Exclusion::VirtualEnvironment)));
        return {};
    }
    // An image layout: the output of an earlier build under another name.
    if (depth > 0 && has("oci-layout") && has("index.json") && has("blobs")) {
        if (!inherited.ignored) leave_out(path, EntryKind::Directory, "image layout");
        return {};
    }
    Inherited here = inherited;
    here.in_package = here.in_package || has("__init__.py");
    const auto outer_rules = git_.size();
    if (!docker_ && has(".gitignore"))
        add_rules(root_ / path / ".gitignore",
                  {GitIgnore(), path.empty() ? 0 : path.size() + 1, ""},
                  child_path(path, ".gitignore"));
    for (const auto& entry : entries) PYC_TRY(visit(fd, path, entry, here, depth));
    git_.resize(outer_rules);
    return {};
}

Exclusion Walker::never(int parent, const std::string& parent_path, const Entry& entry) const {
    const bool directory = S_ISDIR(entry.info.st_mode);
    // A link named `dist` or `venv` stands for the directory it leads to.
    const auto kind =
        directory || S_ISLNK(entry.info.st_mode) ? EntryKind::Directory : EntryKind::Other;
    auto exclusion = exclusion_of(parent_path, entry.name, kind);
    if (exclusion == Exclusion::None && S_ISLNK(entry.info.st_mode))
        exclusion = exclusion_of(parent_path, entry.name, EntryKind::Other);
    if (exclusion == Exclusion::None && !output_.empty() &&
        child_path(parent_path, entry.name) == output_)
        return Exclusion::BuildOutput;
    if (exclusion != Exclusion::SecretIfContent) return exclusion;
    if (!S_ISREG(entry.info.st_mode)) return Exclusion::None;
    const FileDescriptor file(
        ::openat(parent, entry.name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file.is_open()) return Exclusion::Secret;
    std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(
                         static_cast<std::uint64_t>(entry.info.st_size), kMaxSecretFile)),
                     '\0');
    if (!read_at(file, entry.name, 0, std::as_writable_bytes(std::span(text))))
        return Exclusion::Secret;
    return holds_secret(entry.name, text) ? Exclusion::Secret : Exclusion::None;
}

std::optional<bool> Walker::git_verdict(const PlacedRules& placed, const std::string& path,
                                        EntryKind kind) const {
    if (placed.prepended.empty())
        return placed.rules.verdict(std::string_view(path).substr(placed.skipped), kind);
    return placed.rules.verdict(placed.prepended + path, kind);
}

std::optional<std::string> Walker::ignored_by(const std::string& path, EntryKind kind,
                                              const DockerIgnore::Fits& fits) const {
    if (docker_)
        return docker_->is_ignored(fits) ? std::optional<std::string>(".dockerignore")
                                         : std::nullopt;
    for (auto placed = git_.rbegin(); placed != git_.rend(); ++placed) {
        const auto verdict = git_verdict(*placed, path, kind);
        if (!verdict) continue;
        if (!*verdict) return std::nullopt;
        return placed->rules.name();
    }
    return std::nullopt;
}

Result<void> Walker::visit(int parent, const std::string& parent_path, const Entry& entry,
                           const Inherited& inherited, unsigned depth) {
    if (ctx_.is_stopped()) return cancelled();
    auto path = child_path(parent_path, entry.name);
    const bool directory = S_ISDIR(entry.info.st_mode);
    const auto kind = directory ? EntryKind::Directory : EntryKind::Other;

    const auto exclusion = never(parent, parent_path, entry);
    if (exclusion != Exclusion::None) {
        if (exclusion == Exclusion::Secret) tree_.secrets.push_back(path);
        leave_out(path, kind, std::string(to_string(exclusion)));
        return {};
    }
    if (exclude_.verdict(path, kind).value_or(false)) {
        leave_out(path, kind, exclude_.name());
        return {};
    }

    Inherited own = inherited;
    const auto wanted = include_.verdict(path, kind);
    if (wanted) own.included = *wanted;
    if (docker_) own.fits = docker_->fits(path, inherited.fits);
    if (!own.included) {
        const auto reason =
            inherited.ignored && !docker_ ? std::nullopt : ignored_by(path, kind, own.fits);
        if (reason && !inherited.ignored) {
            leave_out(path, kind, *reason);
            if (!docker_) note_hidden(path, entry, inherited, parent);
        }
        own.ignored = docker_ ? reason.has_value() : inherited.ignored || reason.has_value();
    }
    if (directory) return visit_directory(parent, path, entry, own, depth);
    if (own.ignored && !own.included) return {};
    if (S_ISLNK(entry.info.st_mode)) return take_link(parent, std::move(path), entry);
    if (S_ISREG(entry.info.st_mode)) return take_file(std::move(path), entry);
    special_.push_back(std::move(path));
    return {};
}

Result<void> Walker::visit_directory(int parent, const std::string& path, const Entry& entry,
                                     const Inherited& inherited, unsigned depth) {
    if (inherited.ignored && !inherited.included) {
        const bool may_return =
            (docker_ && docker_->may_bring_back_below(path)) || include_.may_match_below(path);
        if (!may_return) return {};
    }
    const FileDescriptor fd(
        ::openat(parent, entry.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.is_open()) {
        if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
            return {};  // replaced since it was listed
        return file_error("read", root_ / path, errno);
    }
    Inherited own = inherited;
    own.in_package = own.in_package || is_static_directory(entry.name);
    own.in_tests = own.in_tests || entry.name == "tests" || entry.name == "test";
    return walk(fd.value(), path, own, depth + 1);
}

Result<void> Walker::take_link(int parent, std::string path, const Entry& entry) {
    std::string target(4096, '\0');
    const auto length = ::readlinkat(parent, entry.name.c_str(), target.data(), target.size());
    if (length < 0) {
        if (errno == ENOENT || errno == EINVAL) return {};  // replaced since it was listed
        return file_error("read", root_ / path, errno);
    }
    target.resize(static_cast<std::size_t>(length));
    if (!stays_inside(path, target)) {
        leave_out(path, EntryKind::Other, "leads out of the project");
        escaping_.push_back(std::move(path));
        return {};
    }
    PYC_TRY(take_file(std::move(path), entry));
    auto& file = tree_.files.back();
    file.is_symlink = true;
    file.executable = false;
    file.link = std::move(target);
    file.size = 0;
    return {};
}

Result<void> Walker::take_file(std::string path, const Entry& entry) {
    if (tree_.files.size() >= kMaxFiles)
        return fail("project/too-many-files", "`{}` has more than {} files for the image",
                    root_.string(), kMaxFiles)
            .hint("leave data and dependencies out with `.dockerignore` or `[build] exclude`");
    SourceFile file;
    file.path = std::move(path);
    file.executable = (entry.info.st_mode & S_IXUSR) != 0;
    file.size = static_cast<std::uint64_t>(entry.info.st_size);
    file.mtime_ns = nanoseconds(entry.info.st_mtim);
    file.ctime_ns = nanoseconds(entry.info.st_ctim);
    file.inode = static_cast<std::uint64_t>(entry.info.st_ino);
    tree_.files.push_back(std::move(file));
    return {};
}

void Walker::leave_out(const std::string& path, EntryKind kind, std::string reason) {
    if (tree_.ignored.size() >= kMaxIgnored) return;
    tree_.ignored.push_back({kind == EntryKind::Directory ? path + "/" : path, std::move(reason)});
}

/// Only what looks needed: in a package or static directory, or such a directory itself.
void Walker::note_hidden(const std::string& path, const Entry& entry, const Inherited& inherited,
                         int parent) {
    if (inherited.in_tests || is_litter(entry.name)) return;
    const bool directory = S_ISDIR(entry.info.st_mode);
    const bool itself = directory && (is_static_directory(entry.name) ||
                                      ::faccessat(parent, (entry.name + "/__init__.py").c_str(),
                                                  F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    if (inherited.in_package || itself) tree_.hidden.push_back(directory ? path + "/" : path);
}

void Walker::add_warnings() {
    if (!tree_.hidden.empty())
        tree_.warnings.push_back({"project/hidden-by-gitignore",
                                  fmt::format("`.gitignore` keeps {} out of the image, though "
                                              "inside a package or a static directory",
                                              shown(tree_.hidden)),
                                  "add what the application needs to `[build] include`, or write a "
                                  "`.dockerignore`, which then decides alone"});
    if (!escaping_.empty())
        tree_.warnings.push_back(
            {"project/link-escapes",
             fmt::format("left out, because the link leads out of the project: {}",
                         shown(escaping_)),
             "put the file itself into the project, or add the link to the ignore file"});
    if (!special_.empty())
        tree_.warnings.push_back(
            {"project/special-file",
             fmt::format("left out, because it is neither file, directory nor link: {}",
                         shown(special_)),
             "add it to the ignore file"});
}

void append_number(std::string& text, std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8)
        text += static_cast<char>((value >> shift) & 0xFFU);
}

void Walker::finish() {
    std::sort(tree_.files.begin(), tree_.files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    std::sort(tree_.ignored.begin(), tree_.ignored.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    for (auto* paths : {&tree_.secrets, &tree_.hidden, &escaping_, &special_})
        std::sort(paths->begin(), paths->end());
    if (tree_.ignore_file.empty() && saw_gitignore_) tree_.ignore_file = ".gitignore";
    add_warnings();

    std::set<std::string, std::less<>> directories;
    std::string stat_data;
    stat_data.reserve(tree_.files.size() * 96);
    std::string_view previous;
    for (const auto& file : tree_.files) {
        const auto slash = file.path.rfind('/');
        const auto directory = slash == std::string::npos
                                   ? std::string_view()
                                   : std::string_view(file.path).substr(0, slash);
        if (directory != previous) {
            for (auto way = directory; !way.empty() && directories.emplace(way).second;)
                way = way.substr(0, way.find('/') == std::string_view::npos ? 0 : way.rfind('/'));
            previous = directory;
        }
        tree_.newest_change_ns = std::max({tree_.newest_change_ns, file.mtime_ns, file.ctime_ns});
        stat_data += file.path;
        stat_data += '\0';
        stat_data += file.is_symlink ? 'l' : file.executable ? 'x' : 'f';
        append_number(stat_data, file.size);
        append_number(stat_data, static_cast<std::uint64_t>(file.mtime_ns));
        append_number(stat_data, static_cast<std::uint64_t>(file.ctime_ns));
        append_number(stat_data, file.inode);
    }
    tree_.directories.assign(directories.begin(), directories.end());
    tree_.stat_fingerprint = Digest::of(stat_data);
}

}  // namespace

const SourceFile* SourceTree::find(std::string_view path) const {
    const auto file =
        std::lower_bound(files.begin(), files.end(), path,
                         [](const auto& a, std::string_view b) { return a.path < b; });
    return file != files.end() && file->path == path ? &*file : nullptr;
}

bool SourceTree::is_settled(std::int64_t now_ns) const {
    const auto step = newest_change_ns % 1'000'000'000 == 0 ? kCoarseTick : kTick;
    return newest_change_ns + step < now_ns;
}

Result<SourceTree> scan_sources(const exec::Context& ctx, const ScanRequest& request) {
    return Walker(ctx, request).run(request.output_directory);
}

}  // namespace pycontainer::project
