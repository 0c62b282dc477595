#include "install/elf.hpp"

#include <algorithm>
#include <array>

namespace pycontainer::install {
namespace {

struct Machine {
    std::uint16_t elf;
    std::string_view name;
};
// The first name of a number is the one shown.
constexpr std::array<Machine, 13> kMachines = {{{62, "x86_64"},
                                                {62, "amd64"},
                                                {183, "aarch64"},
                                                {183, "arm64"},
                                                {3, "i686"},
                                                {3, "i386"},
                                                {40, "armv7l"},
                                                {40, "armv6l"},
                                                {21, "ppc64le"},
                                                {22, "s390x"},
                                                {243, "riscv64"},
                                                {258, "loongarch64"},
                                                {40, "armv8l"}}};

/// Numbers and texts of a file, which may end anywhere.
class Reader {
public:
    explicit Reader(Bytes file) : file_(file) {
        wide_ = byte(4) == 2;
        big_endian_ = byte(5) == 2;
    }

    bool is_wide() const { return wide_; }
    /// Whether everything was there so far.
    bool is_whole() const { return whole_; }

    std::uint64_t number(std::uint64_t offset, std::size_t size) {
        if (offset > file_.size() || size > file_.size() - offset) {
            whole_ = false;
            return 0;
        }
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < size; ++i)
            value = value << 8U | byte(offset + (big_endian_ ? i : size - 1 - i));
        return value;
    }
    /// Of the width that addresses have.
    std::uint64_t word(std::uint64_t offset) { return number(offset, wide_ ? 8 : 4); }

    std::string text(std::uint64_t offset) {
        const auto rest = offset < file_.size() ? as_text(file_.subspan(offset)) : "";
        const auto end = rest.substr(0, kMaxText).find('\0');
        if (end == std::string_view::npos) whole_ = false;
        return std::string(rest.substr(0, end == std::string_view::npos ? 0 : end));
    }

private:
    static constexpr std::size_t kMaxText = 4096;

    unsigned byte(std::uint64_t offset) const {
        return offset < file_.size() ? std::to_integer<unsigned>(file_[offset]) : 0;
    }

    Bytes file_;
    bool wide_ = false;
    bool big_endian_ = false;
    bool whole_ = true;
};

struct Segment {
    std::uint64_t type, offset, address, size;
};

std::vector<Segment> segments_of(Reader& file) {
    const bool wide = file.is_wide();
    const auto start = file.word(wide ? 32 : 28);
    const auto size = file.number(wide ? 54 : 42, 2);
    const auto count = file.number(wide ? 56 : 44, 2);
    std::vector<Segment> segments;
    for (std::uint64_t i = 0; i < count && file.is_whole(); ++i) {
        const auto at = start + i * size;
        segments.push_back({file.number(at, 4), file.word(at + (wide ? 8 : 4)),
                            file.word(at + (wide ? 16 : 8)), file.word(at + (wide ? 32 : 16))});
    }
    return segments;
}

/// A file that says more is none that a linker has made.
constexpr std::uint64_t kMaxDynamic = 4096;

/// The tables that `elf_needs` reads (LSB, "Version Requirements").
class DynamicSection {
public:
    DynamicSection(Reader& file, std::vector<Segment> segments)
        : file_(file), segments_(std::move(segments)) {}

    std::optional<ElfNeeds> read(const Segment& dynamic) {
        const std::uint64_t width = file_.is_wide() ? 8 : 4;
        std::vector<std::uint64_t> libraries;
        std::uint64_t texts = 0, versions = 0, version_count = 0;
        for (std::uint64_t i = 0; i < kMaxDynamic; ++i) {
            const auto at = dynamic.offset + i * 2 * width;
            const auto tag = file_.word(at);
            const auto value = file_.word(at + width);
            if (tag == kEnd || !file_.is_whole()) break;
            if (tag == kNeeded) libraries.push_back(value);
            if (tag == kTexts) texts = value;
            if (tag == kVersions) versions = value;
            if (tag == kVersionCount) version_count = value;
        }
        ElfNeeds needs;
        const auto text_offset = offset_of(texts);
        for (const auto library : libraries)
            needs.libraries.push_back(file_.text(text_offset + library));
        read_versions(offset_of(versions), std::min(version_count, kMaxDynamic), text_offset,
                      needs);
        return file_.is_whole() ? std::optional(std::move(needs)) : std::nullopt;
    }

private:
    static constexpr std::uint64_t kEnd = 0, kNeeded = 1, kTexts = 5, kVersions = 0x6ffffffe,
                                   kVersionCount = 0x6fffffff;

    std::uint64_t offset_of(std::uint64_t address) const {
        for (const auto& segment : segments_)
            if (segment.type == 1 && address >= segment.address &&
                address - segment.address < segment.size)
                return segment.offset + (address - segment.address);
        return address;
    }

    void read_versions(std::uint64_t at, std::uint64_t count, std::uint64_t texts,
                       ElfNeeds& needs) {
        for (std::uint64_t i = 0; i < count && file_.is_whole(); ++i) {
            const auto names = file_.number(at + 2, 2);
            auto name = at + file_.number(at + 8, 4);
            for (std::uint64_t j = 0;
                 j < names && needs.versions.size() < kMaxDynamic && file_.is_whole(); ++j) {
                needs.versions.push_back(file_.text(texts + file_.number(name + 8, 4)));
                name += file_.number(name + 12, 4);
            }
            at += file_.number(at + 12, 4);
        }
    }

    Reader& file_;
    std::vector<Segment> segments_;
};

}  // namespace

std::optional<std::uint16_t> elf_machine(Bytes start) {
    if (start.size() < kElfProbe || as_text(start.first(4)) !=
                                        "\x7f"
                                        "ELF")
        return std::nullopt;
    const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(start[i]); };
    const bool big_endian = at(5) == 2;
    return static_cast<std::uint16_t>(big_endian ? at(18) << 8U | at(19) : at(19) << 8U | at(18));
}

bool fits_machine(std::uint16_t elf, std::string_view machine) {
    const auto same_name = [&](const Machine& known) { return known.name == machine; };
    if (std::none_of(kMachines.begin(), kMachines.end(), same_name)) return true;
    return std::any_of(kMachines.begin(), kMachines.end(),
                       [&](const Machine& known) { return same_name(known) && known.elf == elf; });
}

std::string machine_name(std::uint16_t elf) {
    for (const auto& known : kMachines)
        if (known.elf == elf) return std::string(known.name);
    return fmt::format("machine {}", elf);
}

std::optional<ElfNeeds> elf_needs(Bytes file) {
    if (!elf_machine(file)) return std::nullopt;
    Reader reader(file);
    const auto segments = segments_of(reader);
    if (!reader.is_whole()) return std::nullopt;
    const auto dynamic = std::find_if(segments.begin(), segments.end(),
                                      [](const Segment& each) { return each.type == 2; });
    if (dynamic == segments.end()) return std::nullopt;
    return DynamicSection(reader, segments).read(*dynamic);
}

}  // namespace pycontainer::install
