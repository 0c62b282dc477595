#include "install/wheel_converter.hpp"

#include "archive/deflate.hpp"
#include "archive/tar.hpp"
#include "archive/zip_reader.hpp"
#include "base/strings.hpp"
#include "install/elf.hpp"
#include "install/wheel_plan.hpp"

#include <algorithm>

namespace pycontainer::install {
namespace {

using archive::ZipEntry;

constexpr std::uint64_t kWhole = 4ULL << 20U;  // larger files are streamed
constexpr std::uint64_t kMaxNamespaceFile = 4096;
constexpr std::uint64_t kTiny =
    1024;  // smaller ones are compressed together with the headers around them
constexpr std::size_t kPiece = 256U << 10U;

/// A shared object that Python imports, rather than one that a package loads by itself where it
/// fits.
bool is_extension_module(std::string_view name) {
    return name.ends_with(".abi3.so") ||
           (name.ends_with(".so") && name.find(".cpython-") != std::string_view::npos);
}

bool is_shared_object(std::string_view name) {
    return name.ends_with(".so") || name.find(".so.") != std::string_view::npos;
}

/// Lines of Python without the empty ones and comments.
std::vector<std::string_view> code_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    for (const auto whole : split_lines(text))
        if (const auto line = trim(whole); !line.empty() && line.front() != '#')
            lines.push_back(line);
    return lines;
}

bool is_one_line_docstring(std::string_view line) {
    constexpr std::string_view kQuotes = "\"\"\"";
    return line.size() >= 2 * kQuotes.size() && line.find(kQuotes, 1) == line.size() - 3 &&
           line.starts_with(kQuotes);
}

/// Whether an `__init__.py` is the declaration of a namespace (Python Packaging User Guide,
/// "Packaging namespace packages") and nothing else, or empty.
bool is_namespace_declaration(std::string_view content) {
    for (const auto line : code_lines(content)) {
        const bool known =
            line == "try:" || line == "pass" || line == "import pkgutil" ||
            line == "import pkg_resources" || line == "from pkgutil import extend_path" ||
            line.starts_with("except ImportError") || line.starts_with("from __future__ import ") ||
            is_one_line_docstring(line) ||
            ((line.starts_with("__path__ = ") || line.starts_with("__path__: ")) &&
             line.find("extend_path(__path__, __name__)") != std::string_view::npos &&
             line.find(';') == std::string_view::npos) ||
            line == "__import__('pkg_resources').declare_namespace(__name__)" ||
            line == "__import__(\"pkg_resources\").declare_namespace(__name__)" ||
            line == "pkg_resources.declare_namespace(__name__)";
        if (!known) return false;
    }
    return true;
}

bool may_declare_namespace(std::string_view path, std::uint64_t size) {
    return path.ends_with("/__init__.py") && size <= kMaxNamespaceFile;
}

class Converter {
public:
    Converter(const exec::Context& ctx, const archive::ZipReader& zip,
              const packaging::WheelName& wheel, const Scheme& scheme, const WheelPlan& plan,
              const PartSink& out)
        : ctx_(ctx),
          zip_(zip),
          wheel_(wheel),
          scheme_(scheme),
          plan_(plan),
          out_(out),
          members_(out.write, archive::Compression::Gzip) {}

    Result<ConvertedWheel> run(const PartLimits& limits) {
        result_.files.reserve(plan_.files.size() + 1);
        const auto starts = part_starts(limits);
        for (std::size_t part = 0; part < starts.size(); ++part) {
            const bool last = part + 1 == starts.size();
            const auto end = last ? plan_.files.size() : starts[part + 1];
            PYC_TRY(
                write_part(std::span(plan_.files).subspan(starts[part], end - starts[part]), last));
        }
        PYC_TRY(check_machines());
        for (const auto& file : result_.files) result_.installed_size += file.size;
        return std::move(result_);
    }

private:
    /// The first file of each part. Follows from the wheel alone.
    std::vector<std::size_t> part_starts(const PartLimits& limits) const {
        const auto size = [](const PlannedFile& file) {
            return file.entry != nullptr ? file.entry->compressed_size : file.content.size();
        };
        std::uint64_t total = 0;
        for (const auto& file : plan_.files) total += size(file);
        std::vector<std::size_t> starts = {0};
        if (total <= limits.split_above) return starts;
        std::uint64_t in_part = 0;
        for (std::size_t i = 0; i < plan_.files.size(); ++i) {
            if (in_part > 0 && in_part + size(plan_.files[i]) > limits.part_size) {
                starts.push_back(i);
                in_part = 0;
            }
            in_part += size(plan_.files[i]);
        }
        return starts;
    }

    Result<void> write_part(std::span<const PlannedFile> files, bool last) {
        if (!result_.parts.empty())
            members_ = archive::MemberWriter(out_.write, archive::Compression::Gzip);
        WheelPart part;
        const auto before = result_.files.size();
        std::vector<std::string> paths;
        paths.reserve(files.size() + 1);
        for (const auto& file : files) paths.push_back(file.path);
        if (last) paths.push_back(plan_.record_path);
        for (const auto& directory : archive::missing_parents(paths))
            PYC_TRY(write_header(directory, archive::FileEntry::Type::Directory, 0755, 0));
        PYC_TRY(members_.flush());
        part.piece_offset = members_.size();
        for (const auto& file : files) {
            PYC_TRY(ctx_.check());
            PYC_TRY(add(file));
        }
        if (last) PYC_TRY(add_record());
        PYC_TRY(members_.flush());
        part.piece_size = members_.size() - part.piece_offset;
        PYC_TRY(members_.write(archive::tar_end()));
        PYC_TRY_ASSIGN(const auto totals, members_.finish());
        part.layer = {totals.digest, totals.diff_id, totals.size, totals.tar_size};
        part.files = result_.files.size() - before;
        result_.parts.push_back(part);
        return out_.end_part(part.layer);
    }

    Result<void> write_header(std::string_view path, archive::FileEntry::Type type,
                              std::uint32_t mode, std::uint64_t size) {
        archive::TarHeader header;
        header.path = path;
        header.type = type;
        header.mode = mode;
        header.size = size;
        header.mtime = kInstallTime;
        return members_.write(archive::tar_header(header));
    }

    Result<void> add_text(const std::string& path, std::uint32_t mode, std::string_view content) {
        PYC_TRY(write_header(path, archive::FileEntry::Type::File, mode, content.size()));
        PYC_TRY(members_.write(content));
        PYC_TRY(members_.write(archive::tar_zeros(archive::tar_padding(content.size()))));
        result_.files.push_back({path, Digest::of(content), content.size(), mode, false});
        return {};
    }

    Result<void> add(const PlannedFile& file) {
        if (file.entry == nullptr) return add_text(file.path, file.mode, file.content);
        const ZipEntry& entry = *file.entry;
        PYC_TRY(write_header(file.path, archive::FileEntry::Type::File, file.mode, entry.size));
        const bool whole = entry.size <= kWhole && entry.compressed_size <= kWhole;
        FileHash hash(file.expected ? &*file.expected : nullptr);
        PYC_TRY(whole                                      ? copy_whole(entry, hash)
                : entry.method == ZipEntry::Method::Stored ? copy_large_stored(entry, hash)
                                                           : copy_large(entry, hash));
        PYC_TRY(members_.write(archive::tar_zeros(archive::tar_padding(entry.size))));
        const auto digest = hash.finish();
        if (!hash.agrees()) return record_mismatch(zip_, entry);
        const bool declares_namespace =
            whole && may_declare_namespace(file.path, entry.size) &&
            is_namespace_declaration(as_text(whole_.first(static_cast<std::size_t>(entry.size))));
        result_.files.push_back({file.path, digest, entry.size, file.mode, declares_namespace});
        return {};
    }

    Result<void> copy_whole(const ZipEntry& entry, FileHash& hash) {
        PYC_TRY_ASSIGN(const auto body, zip_.read_body(entry, body_));
        Bytes content = body;
        bool exact = false;
        if (entry.method == ZipEntry::Method::Deflated) {
            const auto size = static_cast<std::size_t>(entry.size);
            if (content_.size() < size) content_.resize(size);
            const auto outcome = inflater_.inflate(body, std::span(content_).first(size));
            if (!outcome || outcome->produced != size) return archive::damaged_entry(zip_, entry);
            content = Bytes(content_).first(size);
            exact = outcome->consumed == body.size();
        }
        if (archive::crc32(content) != entry.crc32) return archive::damaged_entry(zip_, entry);
        PYC_TRY(probe(entry, content));
        whole_ = content;
        if (!exact || content.size() < kTiny) {
            PYC_TRY(members_.write(content));
        } else {
            PYC_TRY(members_.write_raw(archive::gzip_header()));
            PYC_TRY(members_.write_raw(body));
            PYC_TRY(members_.write_raw(archive::gzip_trailer(entry.crc32, entry.size)));
            members_.add_content(content);
        }
        hash.update(content);
        return {};
    }

    /// Gives the stored bytes of an entry to `take`, in pieces.
    template <typename Take>
    Result<void> stream_body(const ZipEntry& entry, std::uint64_t offset, Take&& take) {
        body_.resize(std::max(body_.size(), kPiece));
        for (std::uint64_t done = 0; done < entry.compressed_size;) {
            PYC_TRY(ctx_.check());
            const auto piece = std::span(body_).first(static_cast<std::size_t>(
                std::min<std::uint64_t>(kPiece, entry.compressed_size - done)));
            PYC_TRY(zip_.read(offset + done, piece));
            PYC_TRY_ASSIGN(const bool more, take(Bytes(piece)));
            if (!more) return {};
            done += piece.size();
        }
        return {};
    }

    /// Inflates an entry piece by piece; says whether the stream ends where the entry does.
    template <typename Take>
    Result<bool> stream_inflated(const ZipEntry& entry, std::uint64_t offset, Take&& take) {
        content_.resize(std::max(content_.size(), kPiece));
        archive::StreamInflater inflater;
        std::uint64_t consumed = 0;
        std::uint64_t produced = 0;
        bool finished = false;
        PYC_TRY(stream_body(entry, offset, [&](Bytes input) -> Result<bool> {
            for (;;) {
                const auto step = inflater.step(input, std::span(content_).first(kPiece));
                if (!step) return archive::damaged_entry(zip_, entry);
                consumed += step->consumed;
                produced += step->produced;
                if (produced > entry.size) return archive::damaged_entry(zip_, entry);
                input = input.subspan(step->consumed);
                PYC_TRY(take(Bytes(content_).first(step->produced)));
                finished = step->finished;
                if (finished || (input.empty() && step->produced < kPiece)) return !finished;
                if (step->consumed == 0 && step->produced == 0)
                    return archive::damaged_entry(zip_, entry);
            }
        }));
        if (!finished || produced != entry.size) return archive::damaged_entry(zip_, entry);
        return consumed == entry.compressed_size;
    }

    /// The checksum must be known to be right before the first byte of the member is written, so
    /// the body is read twice.
    Result<void> copy_large(const ZipEntry& entry, FileHash& hash) {
        PYC_TRY_ASSIGN(const auto offset, zip_.body_offset(entry));
        std::uint32_t crc = 0;
        std::uint64_t size = 0;
        PYC_TRY_ASSIGN(const bool exact,
                       stream_inflated(entry, offset, [&](Bytes content) -> Result<void> {
                           if (size == 0) PYC_TRY(probe(entry, content));
                           size += content.size();
                           hash.update(content);
                           crc = archive::crc32(content, crc);
                           members_.add_content(content);
                           return {};
                       }));
        if (crc != entry.crc32) return archive::damaged_entry(zip_, entry);
        if (exact) {
            PYC_TRY(members_.write_raw(archive::gzip_header()));
            PYC_TRY(stream_body(entry, offset, [&](Bytes body) -> Result<bool> {
                PYC_TRY(members_.write_raw(body));
                return true;
            }));
            PYC_TRY(members_.write_raw(archive::gzip_trailer(entry.crc32, entry.size)));
        } else {
            PYC_TRY(stream_inflated(
                entry, offset, [&](Bytes content) { return members_.write_counted(content); }));
        }
        return {};
    }

    Result<void> copy_large_stored(const ZipEntry& entry, FileHash& hash) {
        PYC_TRY_ASSIGN(const auto offset, zip_.body_offset(entry));
        std::uint32_t crc = 0;
        std::uint64_t size = 0;
        PYC_TRY(stream_body(entry, offset, [&](Bytes content) -> Result<bool> {
            if (size == 0) PYC_TRY(probe(entry, content));
            size += content.size();
            hash.update(content);
            crc = archive::crc32(content, crc);
            PYC_TRY(members_.write(content));
            return true;
        }));
        if (crc != entry.crc32) return archive::damaged_entry(zip_, entry);
        return {};
    }

    /// Looks at the start of a shared object: an extension module for another processor could never
    /// be imported.
    Result<void> probe(const ZipEntry& entry, Bytes content) {
        if (!is_shared_object(entry.name)) return {};
        const auto machine = elf_machine(content);
        if (!machine) return {};
        if (fits_machine(*machine, scheme_.machine)) {
            fitting_objects_ = true;
            return {};
        }
        if (is_extension_module(entry.name)) return wrong_machine(entry, *machine);
        if (foreign_object_ == nullptr) foreign_object_ = &entry;
        foreign_machine_ = *machine;
        return {};
    }

    /// Other shared objects may be for several processors side by side (debuggers have them), but
    /// one should fit.
    Result<void> check_machines() {
        const bool any = std::find(wheel_.platform_tags.begin(), wheel_.platform_tags.end(),
                                   "any") != wheel_.platform_tags.end();
        if (foreign_object_ == nullptr || fitting_objects_ || any) return {};
        return wrong_machine(*foreign_object_, foreign_machine_);
    }

    Failure wrong_machine(const ZipEntry& entry, std::uint16_t machine) const {
        return fail("wheel/wrong-machine", "`{}` in `{}` is for {}, and the image is for {}",
                    printable(entry.name), zip_.display_name(), machine_name(machine),
                    scheme_.machine)
            .hint(
                "the wheel is tagged for a platform that it does not fit; use another version, or "
                "build it for {}",
                scheme_.machine);
    }

    Result<void> add_record() {
        std::vector<std::string> lines;
        const auto site_packages = scheme_.site_packages();
        for (const auto& file : result_.files) {
            const bool listed = std::find(plan_.unlisted.begin(), plan_.unlisted.end(),
                                          file.path) == plan_.unlisted.end();
            if (listed)
                lines.push_back(
                    record_line(relative_path(site_packages, file.path), file.digest, file.size));
        }
        lines.push_back(
            record_line(relative_path(site_packages, plan_.record_path), std::nullopt, 0));
        std::sort(lines.begin(), lines.end());
        return add_text(plan_.record_path, 0644, join(lines, ""));
    }

    const exec::Context& ctx_;
    const archive::ZipReader& zip_;
    const packaging::WheelName& wheel_;
    const Scheme& scheme_;
    const WheelPlan& plan_;
    const PartSink& out_;
    archive::MemberWriter members_;
    archive::Inflater inflater_;
    std::vector<std::byte>
        body_;  // both are reused: fresh memory costs more than inflating into it
    std::vector<std::byte> content_;
    Bytes whole_;  // in one of them: the content of the small file that was copied last
    bool fitting_objects_ = false;
    const ZipEntry* foreign_object_ = nullptr;
    std::uint16_t foreign_machine_ = 0;
    ConvertedWheel result_;
};

}  // namespace

Result<ConvertedWheel> convert_wheel(const exec::Context& ctx, const std::filesystem::path& path,
                                     const std::string& filename, const Scheme& scheme,
                                     const PartSink& out, const PartLimits& limits,
                                     const std::string& direct_url) {
    PYC_TRY_ASSIGN(const auto wheel, packaging::WheelName::parse(filename));
    PYC_TRY_ASSIGN(const auto zip, archive::ZipReader::open(path, filename));
    PYC_TRY_ASSIGN(auto plan, plan_wheel(zip, wheel, scheme, direct_url));
    PYC_TRY_ASSIGN(auto result, Converter(ctx, zip, wheel, scheme, plan, out).run(limits));
    result.name = std::move(plan.name);
    result.version = std::move(plan.version);
    result.directories = std::move(plan.directories);
    result.requires_dist = std::move(plan.requires_dist);
    result.requires_python = std::move(plan.requires_python);
    result.warnings = std::move(plan.warnings);
    return result;
}

}  // namespace pycontainer::install
