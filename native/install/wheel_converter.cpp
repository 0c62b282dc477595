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

constexpr std::uint64_t kWhole = 8ULL << 20U;  // larger files are streamed
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

class Converter {
public:
    Converter(const exec::Context& ctx, const archive::ZipReader& zip,
              const packaging::WheelName& wheel, const Scheme& scheme, const WheelPlan& plan,
              const ByteSink& out)
        : ctx_(ctx),
          zip_(zip),
          wheel_(wheel),
          scheme_(scheme),
          plan_(plan),
          members_(out, archive::Compression::Gzip) {}

    Result<ConvertedWheel> run() {
        for (const auto& directory : plan_.directories)
            PYC_TRY(write_header(directory, archive::FileEntry::Type::Directory, 0755, 0));
        PYC_TRY(members_.flush());
        result_.piece_offset = members_.size();
        result_.files.reserve(plan_.files.size() + 1);
        for (const auto& file : plan_.files) {
            PYC_TRY(ctx_.check());
            PYC_TRY(add(file));
        }
        PYC_TRY(add_record());
        PYC_TRY(check_machines());
        PYC_TRY(members_.flush());
        result_.piece_size = members_.size() - result_.piece_offset;
        PYC_TRY(members_.write(archive::tar_end()));
        PYC_TRY_ASSIGN(const auto totals, members_.finish());
        result_.layer = {totals.digest, totals.diff_id, totals.size, totals.tar_size};
        for (const auto& file : result_.files) result_.installed_size += file.size;
        return std::move(result_);
    }

private:
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
        result_.files.push_back({path, Digest::of(content), content.size(), mode});
        return {};
    }

    Result<void> add(const PlannedFile& file) {
        if (file.entry == nullptr) return add_text(file.path, file.mode, file.content);
        const ZipEntry& entry = *file.entry;
        PYC_TRY(write_header(file.path, archive::FileEntry::Type::File, file.mode, entry.size));
        const bool whole = entry.size <= kWhole && entry.compressed_size <= kWhole;
        PYC_TRY_ASSIGN(const auto digest, whole ? copy_whole(entry)
                                          : entry.method == ZipEntry::Method::Stored
                                              ? copy_large_stored(entry)
                                              : copy_large(entry));
        PYC_TRY(members_.write(archive::tar_zeros(archive::tar_padding(entry.size))));
        if (file.expected && !agrees_with_record(*file.expected, digest, entry.size))
            return record_mismatch(zip_, entry);
        result_.files.push_back({file.path, digest, entry.size, file.mode});
        return {};
    }

    Result<Digest> copy_whole(const ZipEntry& entry) {
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
        if (!exact || content.size() < kTiny) {
            PYC_TRY(members_.write(content));
        } else {
            PYC_TRY(members_.write_raw(archive::gzip_header()));
            PYC_TRY(members_.write_raw(body));
            PYC_TRY(members_.write_raw(archive::gzip_trailer(entry.crc32, entry.size)));
            members_.add_content(content);
        }
        return Digest::of(content);
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
    Result<Digest> copy_large(const ZipEntry& entry) {
        PYC_TRY_ASSIGN(const auto offset, zip_.body_offset(entry));
        Sha256 hash;
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
        return hash.finish();
    }

    Result<Digest> copy_large_stored(const ZipEntry& entry) {
        PYC_TRY_ASSIGN(const auto offset, zip_.body_offset(entry));
        Sha256 hash;
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
        return hash.finish();
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
    archive::MemberWriter members_;
    archive::Inflater inflater_;
    std::vector<std::byte>
        body_;  // both are reused: fresh memory costs more than inflating into it
    std::vector<std::byte> content_;
    bool fitting_objects_ = false;
    const ZipEntry* foreign_object_ = nullptr;
    std::uint16_t foreign_machine_ = 0;
    ConvertedWheel result_;
};

}  // namespace

Result<ConvertedWheel> convert_wheel(const exec::Context& ctx, const std::filesystem::path& path,
                                     const std::string& filename, const Scheme& scheme,
                                     const ByteSink& out) {
    PYC_TRY_ASSIGN(const auto wheel, packaging::WheelName::parse(filename));
    PYC_TRY_ASSIGN(const auto zip, archive::ZipReader::open(path, filename));
    PYC_TRY_ASSIGN(auto plan, plan_wheel(zip, wheel, scheme));
    PYC_TRY_ASSIGN(auto result, Converter(ctx, zip, wheel, scheme, plan, out).run());
    result.name = std::move(plan.name);
    result.version = std::move(plan.version);
    result.directories = std::move(plan.directories);
    result.requires_dist = std::move(plan.requires_dist);
    result.warnings = std::move(plan.warnings);
    return result;
}

}  // namespace pycontainer::install
