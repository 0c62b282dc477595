#pragma once

// What a shared object needs of the machine that it runs on: the processor, from its first bytes
// (System V ABI, "ELF Header"), libraries and versions of their symbols (System V ABI, "Dynamic
// Section"; Linux Standard Base, "Symbol Versioning").

#include "base/digest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

struct ElfNeeds {
    std::vector<std::string> libraries;  ///< `libc.so.6`
    std::vector<std::string> versions;   ///< `GLIBC_2.34`
};

/// Of a whole file. Nothing for what is no dynamic ELF file, or a damaged one.
std::optional<ElfNeeds> elf_needs(Bytes file);

}  // namespace pycontainer::install
