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

}  // namespace pycontainer::install
