#pragma once

// The processor that a shared object is for, from its first bytes (System V ABI, "ELF Header").

#include "base/digest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::install {

/// How much of a file `elf_machine` needs.
constexpr std::size_t kElfProbe = 20;

/// `e_machine` of an ELF file, nothing for other files.
std::optional<std::uint16_t> elf_machine(Bytes start);

/// Whether code for `elf` runs where the kernel names the machine `machine`. True when either is
/// not known here.
bool fits_machine(std::uint16_t elf, std::string_view machine);
/// The kernel's name of the machine, or the number.
std::string machine_name(std::uint16_t elf);

}  // namespace pycontainer::install
