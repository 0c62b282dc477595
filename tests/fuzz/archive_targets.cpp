// Archives: layers of others and wheels.

#include "target.hpp"

#include "archive/layer_reader.hpp"
#include "archive/tar_index.hpp"
#include "archive/zip_reader.hpp"
#include "install/elf.hpp"
#include "install/entry_points.hpp"
#include "install/record.hpp"
#include "install/wheel_plan.hpp"
#include "packaging/wheel_name.hpp"
#include "support/test_context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

using namespace pycontainer;
using fuzz::require;

namespace {

/// A file in memory.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view content) : descriptor_(::memfd_create("fuzz", 0)) {
        require(descriptor_ >= 0, "memfd_create works");
        require(::write(descriptor_, content.data(), content.size()) ==
                    static_cast<ssize_t>(content.size()),
                "write works");
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile() { ::close(descriptor_); }
    std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

private:
    int descriptor_;
};

}  // namespace

FUZZ_TARGET(layer) {
    const testing::TestContext test;
    std::string_view rest = input;
    const archive::ByteReader source = [&](std::span<std::byte> out) -> Result<std::size_t> {
        const auto count = std::min({out.size(), rest.size(), std::size_t{1000}});
        std::memcpy(out.data(), rest.data(), count);
        rest.remove_prefix(count);
        return count;
    };
    static_cast<void>(
        archive::read_layer(test.ctx, source, "layer",
                            [](const archive::LayerEntry& entry,
                               archive::EntryContent& content) -> Result<archive::Walk> {
                                require(!entry.path.starts_with('/'), "paths are relative");
                                PYC_TRY(content.read_all(1U << 20U));
                                return archive::Walk::Continue;
                            }));
}

FUZZ_TARGET(tar_index) {
    const testing::TestContext test;
    const MemoryFile file(input);
    const auto open = open_for_reading(file.path());
    if (!open) return;
    const auto index = archive::index_tar(test.ctx, *open, file.path());
    if (!index) return;
    for (const auto& [path, member] : *index)
        require(member.offset + member.size <= input.size(), "contents are inside the file");
}

FUZZ_TARGET(wheel) {
    const MemoryFile file(input);
    const auto zip = archive::ZipReader::open(file.path(), "a-1-py3-none-any.whl",
                                              {.entries = 1000, .total_size = 1U << 24U});
    if (!zip) return;
    for (const auto& entry : zip->entries()) static_cast<void>(zip->read_content(entry, 1U << 16U));
    install::Scheme scheme;
    scheme.python_minor = 11;
    scheme.lib_name = "python3.11";
    scheme.machine = "x86_64";
    const auto name = packaging::WheelName::parse("a-1-py3-none-any.whl");
    const auto plan = install::plan_wheel(*zip, *name, scheme);
    if (!plan) return;
    for (const auto& planned : plan->files) {
        require(planned.path.starts_with(scheme.prefix + "/"), "files stay below the prefix");
        require(("/" + planned.path + "/").find("/../") == std::string::npos,
                "no path has a parent in it");
    }
}

FUZZ_TARGET(elf) {
    const auto needs = install::elf_needs(as_bytes(input));
    if (!needs) return;
    for (const auto& library : needs->libraries)
        require(input.find(library) != std::string_view::npos, "names are texts of the file");
}

FUZZ_TARGET(record) {
    static_cast<void>(install::parse_record(input, "a 1"));
}

FUZZ_TARGET(entry_points) {
    const auto points = install::parse_entry_points(input, "a 1");
    if (!points) return;
    for (const auto& point : *points)
        require(point.name.find('/') == std::string::npos, "a script is a file name");
}
