#include "install/elf.hpp"

#include <gtest/gtest.h>

namespace pycontainer::install {
namespace {

std::string elf(unsigned char data_encoding, char first, char second) {
    std::string bytes =
        "\x7f"
        "ELF";
    bytes += '\2';
    bytes += static_cast<char>(data_encoding);
    bytes.resize(18);
    bytes += first;
    bytes += second;
    return bytes;
}

TEST(Elf, NamesTheMachine) {
    EXPECT_EQ(elf_machine(as_bytes(elf(1, 62, 0))), 62);
    EXPECT_EQ(elf_machine(as_bytes(elf(1, static_cast<char>(183), 0))), 183);
    EXPECT_EQ(elf_machine(as_bytes(elf(2, 0, 22))), 22);  // big endian, as on s390x
    EXPECT_EQ(elf_machine(as_bytes("#!/bin/sh and more text")), std::nullopt);
    EXPECT_EQ(elf_machine(as_bytes(elf(1, 62, 0)).first(19)), std::nullopt);
}

TEST(Elf, ComparesWithTheKernelsName) {
    EXPECT_TRUE(fits_machine(62, "x86_64"));
    EXPECT_FALSE(fits_machine(62, "aarch64"));
    EXPECT_TRUE(fits_machine(183, "aarch64"));
    EXPECT_FALSE(fits_machine(3, "x86_64"));
    EXPECT_TRUE(fits_machine(62, "vax"));  // nothing is known of it
    EXPECT_EQ(machine_name(62), "x86_64");
    EXPECT_EQ(machine_name(9999), "machine 9999");
}

}  // namespace
}  // namespace pycontainer::install
