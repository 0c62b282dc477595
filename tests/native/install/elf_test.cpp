#include "install/elf.hpp"

#include "base/file.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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

/// A program of this machine, which its libraries are not part of.
std::string dynamic_program() {
    const auto text = read_file("/bin/sh");
    return text && elf_needs(as_bytes(*text)) ? *text : std::string();
}

TEST(ElfNeeds, AreTheLibrariesAndVersionsThatAProgramIsLinkedTo) {
    const auto program = dynamic_program();
    if (program.empty()) GTEST_SKIP() << "/bin/sh is a static program here";
    const auto needs = elf_needs(as_bytes(program));
    ASSERT_TRUE(needs);
    const auto has = [](const std::vector<std::string>& texts, std::string_view start) {
        return std::any_of(texts.begin(), texts.end(),
                           [&](const std::string& text) { return text.starts_with(start); });
    };
    EXPECT_TRUE(has(needs->libraries, "libc."));
    EXPECT_EQ(has(needs->libraries, "libc.so.6"), has(needs->versions, "GLIBC_2."));
}

TEST(ElfNeeds, AreNothingInWhatIsNoWholeElfFile) {
    EXPECT_FALSE(elf_needs(as_bytes("#!/bin/sh and more text than that")));
    EXPECT_FALSE(elf_needs(as_bytes(elf(1, 62, 0))));
    const auto program = dynamic_program();
    for (std::size_t size = 0; size < std::min<std::size_t>(program.size(), 2000); ++size)
        EXPECT_FALSE(elf_needs(as_bytes(program).first(size))) << size;
    // Numbers that lead anywhere.
    auto damaged = program;
    for (std::size_t at = 16; at < std::min<std::size_t>(damaged.size(), 2000); at += 3) {
        damaged = program;
        std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), 3, '\xff');
        static_cast<void>(elf_needs(as_bytes(damaged)));
    }
}

}  // namespace
}  // namespace pycontainer::install
