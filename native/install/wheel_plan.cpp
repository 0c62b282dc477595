#include "install/wheel_plan.hpp"

#include "archive/deflate.hpp"
#include "archive/file_entry.hpp"
#include "base/strings.hpp"
#include "install/entry_points.hpp"
#include "packaging/core_metadata.hpp"
#include "packaging/names.hpp"
#include "packaging/specifier.hpp"
#include "packaging/version.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

namespace pycontainer::install {
namespace {

using archive::ZipEntry;

constexpr std::uint64_t kMaxMetadata = 32ULL << 20U;
constexpr std::uint64_t kMaxScript =
    16ULL << 20U;  // that begins with `#!python`; others are copied without limit
constexpr std::uint32_t kTypeMask = 0170000, kTypeFile = 0100000, kTypeDirectory = 0040000,
                        kTypeSymlink = 0120000;

using packaging::first_header;
using packaging::header_values;

/// Equal, or equal but for a local segment that only one of them has, as uv allows.
bool same_version(std::string_view left, std::string_view right) {
    const auto a = packaging::Version::from(left);
    const auto b = packaging::Version::from(right);
    if (!a || !b) return left == right;
    return *a == *b ||
           ((!a->has_local() || !b->has_local()) && a->public_version() == b->public_version());
}

class Planner {
public:
    Planner(const archive::ZipReader& zip, const packaging::WheelName& wheel, const Scheme& scheme,
            const std::string& direct_url)
        : zip_(zip), wheel_(wheel), scheme_(scheme), direct_url_(direct_url) {}

    Result<WheelPlan> run() {
        PYC_TRY(find_dist_info());
        PYC_TRY(read_wheel_file());
        PYC_TRY(read_metadata());
        PYC_TRY(read_record());
        PYC_TRY(read_entry_points());
        for (const auto& entry : zip_.entries()) PYC_TRY(place(entry));
        add_generated();
        report_record();
        PYC_TRY(check_targets());
        return std::move(plan_);
    }

private:
    Failure invalid(std::string_view what) const {
        return fail("wheel/invalid", "`{}` is not a valid wheel: {}", zip_.display_name(), what)
            .hint(
                "use another version of the package, or build the wheel again with a current tool");
    }

    void warn(std::string_view code, std::string message, std::string hint) {
        plan_.warnings.push_back({std::string(code), std::move(message), std::move(hint)});
    }

    /// "The .dist-info directory": exactly one at the top, named like the file.
    Result<void> find_dist_info() {
        std::set<std::string_view> found;
        for (const auto& entry : zip_.entries()) {
            const std::string_view name = entry.name;
            const auto top = name.substr(0, name.find('/'));
            if (top.ends_with(".dist-info") && (top.size() < name.size() || entry.directory))
                found.insert(top);
            entries_.emplace(name, &entry);
        }
        if (found.empty()) return invalid("it has no `.dist-info` directory");
        if (found.size() > 1) return invalid("it has several `.dist-info` directories");
        dist_info_ = *found.begin();
        stem_ = dist_info_.substr(0, dist_info_.size() - std::string_view(".dist-info").size());
        const auto dash = stem_.find('-');
        if (dash == std::string::npos ||
            packaging::normalize_name(stem_.substr(0, dash)) != wheel_.name ||
            !same_version(stem_.substr(dash + 1), wheel_.version))
            return wrong_name(fmt::format("its metadata is in `{}`", printable(dist_info_)));
        plan_.record_path = scheme_.site_packages() + "/" + dist_info_ + "/RECORD";
        return {};
    }

    Failure wrong_name(std::string_view what) const {
        return fail("wheel/wrong-name", "`{}` holds another distribution than its name says: {}",
                    zip_.display_name(), what)
            .hint("the file was renamed or built wrongly; get it again from its publisher");
    }

    Result<std::string> read_dist_info(const std::string& name) const {
        const auto found = entries_.find(dist_info_ + "/" + name);
        if (found == entries_.end() || found->second->directory)
            return invalid(fmt::format("`{}/{}` is missing", dist_info_, name));
        return zip_.read_content(*found->second, kMaxMetadata);
    }

    Result<void> read_wheel_file() {
        PYC_TRY_ASSIGN(const auto text, read_dist_info("WHEEL"));
        const auto version = first_header(text, "wheel-version");
        unsigned major = 0;
        const auto parsed = std::from_chars(version.data(), version.data() + version.size(), major);
        if (parsed.ec != std::errc()) return invalid("its WHEEL file names no Wheel-Version");
        if (major > 1)
            return fail("wheel/unsupported", "`{}` has wheel format {}, and only 1.0 is known",
                        zip_.display_name(), printable(version, 20))
                .hint("use another version of the package, or a newer pycontainer");
        // 0.x differs in nothing that is read here. "A wheel installer should warn if Wheel-Version
        // is greater than the version it supports".
        if (version != "1.0" && major == 1)
            warn("wheel/newer-format",
                 fmt::format("`{}` has wheel format {}, which is read as 1.0", zip_.display_name(),
                             printable(version, 20)),
                 "it is installed; if something of it is missing in the image, a newer pycontainer "
                 "may help");
        return {};
    }

    Result<void> read_metadata() {
        PYC_TRY_ASSIGN(const auto text, read_dist_info("METADATA"));
        const auto name = first_header(text, "name");
        const auto version = first_header(text, "version");
        if (packaging::normalize_name(name) != wheel_.name ||
            !same_version(version, wheel_.version))
            return wrong_name(fmt::format("its METADATA is of `{} {}`", printable(name, 80),
                                          printable(version, 40)));
        plan_.name = wheel_.name;
        plan_.version = version;
        plan_.distribution = wheel_.name + " " + version;
        plan_.requires_dist = header_values(text, "requires-dist");
        plan_.requires_python = first_header(text, "requires-python");
        if (!packaging::SpecifierSet::parse(plan_.requires_python)) {
            warn("wheel/invalid-requires-python",
                 fmt::format("`Requires-Python: {}` of {} cannot be read and is not looked at",
                             printable(plan_.requires_python, 80), plan_.distribution),
                 "the package's publisher should know");
            plan_.requires_python.clear();
        }
        return {};
    }

    Result<void> read_record() {
        PYC_TRY_ASSIGN(const auto text, read_dist_info("RECORD"));
        PYC_TRY_ASSIGN(auto lines, parse_record(text, plan_.distribution));
        for (auto& line : lines) {
            if (FileHash::is_forbidden(line.algorithm))
                return invalid(fmt::format("its RECORD has {} hashes, which prove nothing",
                                           to_upper(line.algorithm)));
            auto path = line.path;
            const auto [place, is_new] = record_.try_emplace(std::move(path), line);
            if (is_new || place->second.hash.empty()) {
                place->second = std::move(line);
            } else if (!line.hash.empty() && line.algorithm == place->second.algorithm &&
                       line.hash != place->second.hash) {
                return invalid(fmt::format("its RECORD lists `{}` twice, with different hashes",
                                           printable(line.path)));
            }
        }
        return {};
    }

    Result<void> read_entry_points() {
        if (!entries_.contains(dist_info_ + "/entry_points.txt")) return {};
        PYC_TRY_ASSIGN(const auto text, read_dist_info("entry_points.txt"));
        PYC_TRY_ASSIGN(entry_points_, parse_entry_points(text, plan_.distribution));
        if (plan_.name == "pip") name_pip_scripts();
        for (const auto& entry_point : entry_points_)
            if (is_reserved_script_name(entry_point.name)) return reserved(entry_point.name);
        return {};
    }

    /// pip's wheel names the scripts of the Python that built it; every installer makes those of
    /// the target instead.
    void name_pip_scripts() {
        const auto pip =
            std::find_if(entry_points_.begin(), entry_points_.end(),
                         [](const EntryPoint& entry_point) { return entry_point.name == "pip"; });
        if (pip == entry_points_.end()) return;
        const EntryPoint model = *pip;
        std::erase_if(entry_points_, [](const EntryPoint& entry_point) {
            return entry_point.name.starts_with("pip3");
        });
        entry_points_.push_back({"pip3", model.module, model.attribute});
        entry_points_.push_back(
            {fmt::format("pip3.{}", scheme_.python_minor), model.module, model.attribute});
    }

    Failure reserved(std::string_view script) const {
        return fail("wheel/reserved-name", "`{}` would replace `{}` of the virtual environment",
                    zip_.display_name(), printable(script))
            .hint("no package may do that; do not use this wheel");
    }

    Result<void> place(const ZipEntry& entry) {
        const auto type = entry.unix_mode & kTypeMask;
        if (type == kTypeSymlink)
            return fail("wheel/unsupported", "`{}` in `{}` is a symbolic link",
                        printable(entry.name), zip_.display_name())
                .hint(
                    "wheels have no links: installers would make a file of it; build the wheel "
                    "again");
        if (type != 0 && type != kTypeFile && type != kTypeDirectory)
            return fail("wheel/unsupported", "`{}` in `{}` is a special file",
                        printable(entry.name), zip_.display_name())
                .hint("wheels have only files and directories; build the wheel again");
        if (entry.directory) return {};  // made for the files in them

        const std::string_view name = entry.name;
        const auto data = stem_ + ".data/";
        if (name.starts_with(data)) return place_data(entry, name.substr(data.size()));
        if (name.starts_with(dist_info_ + "/") &&
            !is_kept_metadata(name.substr(dist_info_.size() + 1), entry))
            return {};
        add(entry, scheme_.site_packages() + "/" + entry.name);
        return {};
    }

    /// False for files that are written anew, and for those that only an installer may write.
    bool is_kept_metadata(std::string_view file, const ZipEntry& entry) {
        if (file == "RECORD.jws" || file == "RECORD.p7s") {
            plan_.unlisted.push_back(scheme_.site_packages() + "/" + entry.name);
            record_.erase(entry.name);
            return true;
        }
        if (file != "RECORD" && file != "INSTALLER" && file != "REQUESTED" &&
            file != "direct_url.json")
            return true;
        record_.erase(entry.name);
        return false;
    }

    /// "The .data directory": {scheme key}/path.
    Result<void> place_data(const ZipEntry& entry, std::string_view rest) {
        const auto slash = rest.find('/');
        const auto key = rest.substr(0, slash);
        if (slash == std::string_view::npos)
            return invalid(
                fmt::format("`{}` belongs to no installation scheme", printable(entry.name)));
        const std::string path(rest.substr(slash + 1));
        if (key == "purelib" || key == "platlib") {
            if (path.starts_with(dist_info_ + "/"))
                return invalid(
                    fmt::format("`{}` would be among its metadata", printable(entry.name)));
            add(entry, scheme_.site_packages() + "/" + path);
        } else if (key == "headers") {
            add(entry, scheme_.headers(stem_.substr(0, stem_.find('-'))) + "/" + path);
        } else if (key == "scripts") {
            return place_script(entry, path);
        } else if (key == "data") {
            return place_prefix(entry, path);
        } else {
            return invalid(fmt::format("`{}` is for the unknown scheme key `{}`",
                                       printable(entry.name), printable(key)));
        }
        return {};
    }

    /// Anywhere in the environment, but not over what makes it one. `lib64` is a link to `lib`
    /// there.
    Result<void> place_prefix(const ZipEntry& entry, std::string path) {
        if (path.starts_with("lib64/")) path.erase(3, 2);
        if (path.starts_with("bin/") && is_reserved_script_name(std::string_view(path).substr(4)))
            return reserved(path);
        if (path == "pyvenv.cfg" || path == "lib64" || path == "bin" || path == "lib")
            return reserved(path);
        add(entry, scheme_.prefix + "/" + path);
        return {};
    }

    Result<void> place_script(const ZipEntry& entry, const std::string& path) {
        if (!is_script_name(path)) {  // uv and pip take only what lies directly in scripts/; deeper
                                      // files are data of no use there
            add(entry, scheme_.scripts() + "/" + path);
            return {};
        }
        if (is_wrapper(path)) {
            record_.erase(entry.name);
            return {};
        }
        if (is_reserved_script_name(path)) return reserved(path);
        PYC_TRY_ASSIGN(const bool rewritten, begins_with_python(entry));
        if (!rewritten) {
            add(entry, scheme_.scripts() + "/" + path, 0755);
            return {};
        }
        PYC_TRY_ASSIGN(auto content, zip_.read_content(entry, kMaxScript));
        const auto line = take_record(entry);
        FileHash hash(line ? &*line : nullptr);
        hash.update(as_bytes(content));
        hash.finish();
        if (!hash.agrees()) return record_mismatch(zip_, entry);
        // "If the first line of a file in scripts starts with exactly b'#!python', rewrite to point
        // to the correct interpreter."
        const auto line_end = content.find('\n');
        content.replace(0, line_end == std::string::npos ? content.size() : line_end + 1,
                        scheme_.shebang());
        add_content(scheme_.scripts() + "/" + path, std::move(content), 0755);
        return {};
    }

    /// Wrappers that old setuptools put into scripts/ for entry points; launchers are made for
    /// those anyway.
    bool is_wrapper(std::string_view script) const {
        for (const std::string_view ending : {".exe", "-script.py", "-script.pyw", ".pya"})
            if (script.ends_with(ending)) {
                script.remove_suffix(ending.size());
                break;
            }
        return std::any_of(
            entry_points_.begin(), entry_points_.end(),
            [&](const EntryPoint& entry_point) { return entry_point.name == script; });
    }

    /// Looks at the first bytes only: scripts/ may hold programs of any size.
    Result<bool> begins_with_python(const ZipEntry& entry) const {
        constexpr std::string_view kMarker = "#!python";
        PYC_TRY_ASSIGN(const auto offset, zip_.body_offset(entry));
        std::vector<std::byte> start(
            static_cast<std::size_t>(std::min<std::uint64_t>(entry.compressed_size, 4096)));
        PYC_TRY(zip_.read(offset, start));
        if (entry.method == ZipEntry::Method::Stored) return as_text(start).starts_with(kMarker);
        std::array<std::byte, kMarker.size()> content{};
        archive::StreamInflater inflater;
        const auto step = inflater.step(start, content);
        if (!step) return archive::damaged_entry(zip_, entry);
        return as_text(Bytes(content).first(step->produced)) == kMarker;
    }

    std::optional<RecordLine> take_record(const ZipEntry& entry) {
        const auto found = record_.find(entry.name);
        if (found == record_.end()) {
            missing_.push_back(entry.name);
            return std::nullopt;
        }
        auto line = std::move(found->second);
        record_.erase(found);
        if (!FileHash::is_checked(line.algorithm)) missing_.push_back(entry.name);
        return line;
    }

    void add(const ZipEntry& entry, std::string path, std::uint32_t mode = 0) {
        PlannedFile file;
        file.path = std::move(path);
        file.mode = mode != 0 ? mode : (entry.unix_mode & 0111U) != 0 ? 0755 : 0644;
        file.entry = &entry;
        const auto is_unlisted = std::find(plan_.unlisted.begin(), plan_.unlisted.end(),
                                           file.path) != plan_.unlisted.end();
        if (!is_unlisted) file.expected = take_record(entry);
        plan_.files.push_back(std::move(file));
    }

    void add_content(std::string path, std::string content, std::uint32_t mode) {
        PlannedFile file;
        file.path = std::move(path);
        file.mode = mode;
        file.content = std::move(content);
        plan_.files.push_back(std::move(file));
    }

    void add_generated() {
        if (!direct_url_.empty())
            add_content(scheme_.site_packages() + "/" + dist_info_ + "/direct_url.json",
                        direct_url_, 0644);
        for (const auto& entry_point : entry_points_)
            add_content(scheme_.scripts() + "/" + entry_point.name, launcher(scheme_, entry_point),
                        0755);
        add_content(scheme_.site_packages() + "/" + dist_info_ + "/INSTALLER", "pycontainer\n",
                    0644);
        record_.erase(dist_info_ + "/RECORD");
    }

    void report_record() {
        if (!missing_.empty())
            warn("wheel/record-incomplete",
                 fmt::format("the RECORD of {} has no SHA-2 hash for {} of its files, such as `{}`",
                             plan_.distribution, missing_.size(), printable(missing_.front())),
                 "they are installed and listed; the package's publisher should know");
        std::erase_if(record_, [](const auto& item) {
            return item.first.empty() || item.first.back() == '/';
        });
        if (!record_.empty())
            warn("wheel/record-incomplete",
                 fmt::format(
                     "the RECORD of {} lists {} files that the wheel does not have, such as `{}`",
                     plan_.distribution, record_.size(), printable(record_.begin()->first)),
                 "the package's publisher should know");
    }

    /// Sorts, and refuses two files for one place, or one that is a directory of another. RECORD is
    /// among them until the end.
    Result<void> check_targets() {
        auto& files = plan_.files;
        add_content(plan_.record_path, {}, 0644);
        std::sort(files.begin(), files.end(),
                  [](const PlannedFile& left, const PlannedFile& right) {
                      return archive::path_less(left.path, right.path);
                  });
        std::vector<std::string> paths;
        paths.reserve(files.size() + 1);
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (i > 0 && files[i].path == files[i - 1].path)
                return invalid(
                    fmt::format("two of its files would be `{}`", printable(files[i].path)));
            if (i > 0 && files[i].path.starts_with(files[i - 1].path + "/"))
                return invalid(fmt::format("`{}` would be a file and a directory",
                                           printable(files[i - 1].path)));
            paths.push_back(files[i].path);
        }
        plan_.directories = archive::missing_parents(paths);
        std::erase_if(files,
                      [&](const PlannedFile& file) { return file.path == plan_.record_path; });
        return {};
    }

    const archive::ZipReader& zip_;
    const packaging::WheelName& wheel_;
    const Scheme& scheme_;
    const std::string& direct_url_;
    WheelPlan plan_;
    std::map<std::string, const ZipEntry*, std::less<>> entries_;
    std::string dist_info_;
    std::string stem_;  ///< of dist-info and data: `name-version` as the wheel writes it
    std::map<std::string, RecordLine, std::less<>>
        record_;  ///< lines that no file was found for yet
    std::vector<std::string> missing_;
    std::vector<EntryPoint> entry_points_;
};

}  // namespace

Result<WheelPlan> plan_wheel(const archive::ZipReader& zip, const packaging::WheelName& wheel,
                             const Scheme& scheme, const std::string& direct_url) {
    return Planner(zip, wheel, scheme, direct_url).run();
}

Failure record_mismatch(const archive::ZipReader& zip, const archive::ZipEntry& entry) {
    return fail("wheel/record-mismatch",
                "`{}` in `{}` is not the file that the wheel's RECORD lists", printable(entry.name),
                zip.display_name())
        .hint(
            "the wheel was changed after it was built; get it again from its publisher, or build "
            "it again");
}

}  // namespace pycontainer::install
