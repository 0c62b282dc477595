// Source trees of others: archives, and the settings of build backends in them.

#include "target.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "sources/archive_tree.hpp"
#include "sources/backend.hpp"
#include "sources/distribution.hpp"
#include "sources/manifest_in.hpp"
#include "sources/poetry_requirement.hpp"
#include "sources/setup_cfg.hpp"
#include "support/test_context.hpp"

#include <fmt/format.h>

#include <sys/mman.h>
#include <unistd.h>

using namespace pycontainer;
using fuzz::require;

namespace {

std::vector<sources::TreeFile> some_files() {
    std::vector<sources::TreeFile> files;
    for (const char* path : {"a.py", "app/__init__.py", "app/data/b.json", "src/app/__init__.py",
                             "README.md", "LICENSE", "bin/run"})
        files.push_back({path, false, std::string("__version__ = '1.0'\n")});
    return files;
}

/// Every file of a wheel has a path that stays in it.
void tell(std::vector<sources::TreeFile> files) {
    const auto distribution = sources::read_distribution(sources::Tree(std::move(files)));
    if (!distribution) return;
    for (const auto& file : distribution->files)
        require(sources::normalize_path(file.path).has_value(), "paths stay in the wheel");
}

}  // namespace

FUZZ_TARGET(sdist) {
    const testing::TestContext test;
    const auto descriptor = ::memfd_create("fuzz", 0);
    require(descriptor >= 0 && ::write(descriptor, input.data(), input.size()) ==
                                   static_cast<ssize_t>(input.size()),
            "a file in memory can be written");
    const FileDescriptor closer(descriptor);
    const auto tree = sources::read_sdist(test.ctx, fmt::format("/proc/self/fd/{}", descriptor),
                                          "a-1.tar.gz", {.files = 100, .total_size = 1U << 20U});
    if (!tree) return;
    for (const auto& file : tree->files())
        require(sources::normalize_path(file.path) == file.path, "paths stay in the tree");
    static_cast<void>(sources::read_distribution(*tree));
}

FUZZ_TARGET(setup_cfg) {
    auto files = some_files();
    files.push_back({"setup.cfg", false, std::string(input)});
    tell(std::move(files));
}

FUZZ_TARGET(manifest_in) {
    const sources::Tree tree(some_files());
    std::set<std::string> names{"README.md"};
    sources::apply_manifest(input, tree, names);
    for (const auto& name : names) require(tree.has_file(name), "only files of the tree are taken");
}

FUZZ_TARGET(backend_settings) {
    auto files = some_files();
    files.push_back({"pyproject.toml", false, std::string(input)});
    tell(std::move(files));
}

FUZZ_TARGET(poetry_requirement) {
    static_cast<void>(sources::to_specifiers(input));
}
