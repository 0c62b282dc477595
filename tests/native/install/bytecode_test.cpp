#include "install/bytecode.hpp"

#include "archive/layer_reader.hpp"
#include "base/strings.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <map>
#include <sys/stat.h>

namespace pycontainer::install {
namespace {

/// A program that answers as a CPython and "compiles" each module to its name, but for those with
/// `broken` in it.
constexpr std::string_view kPython = R"(#!/bin/sh
case "$*" in *marshal*) ;; *) echo "ANSWER"; exit 0;; esac
while read number; do
  read name
  case "$name" in *broken*) ;; *) printf '%s' "$name" > "$number.pyc";; esac
done
exit STATUS
)";

struct Bytecode : ::testing::Test {
    Bytecode()
        : directory(*TemporaryDirectory::create(::testing::TempDir(), "bytecode-")),
          test({{"PATH", directory.path().string() + ":/usr/bin:/bin"},
                {"TMPDIR", (directory.path() / "tmp").string()}}),
          store(directory.path() / "cache") {}

    std::string program(const std::string& name, const std::string& answer,
                        const std::string& status = "0") {
        auto text = replace_all(std::string(kPython), "ANSWER", answer);
        EXPECT_OK(write_file(directory.path() / name, replace_all(text, "STATUS", status)));
        ::chmod((directory.path() / name).c_str(), 0755);
        return (directory.path() / name).string();
    }
    Result<BytecodeCompiler> find(const std::string& named, BytecodeTarget target = {"3.11.2"}) {
        return find_bytecode_compiler(test.ctx, named, target);
    }

    /// A layer with these files.
    archive::LayerBlob layer(const std::map<std::string, std::string>& files) {
        std::vector<archive::FileEntry> entries;
        for (const auto& [path, content] : files)
            entries.push_back(archive::text_entry(path, content, 0));
        auto file = *store.new_blob();
        const auto blob =
            *archive::write_layer(test.ctx, entries, archive::Compression::Gzip, file, 1);
        EXPECT_OK(store.commit_blob(std::move(file), blob.digest));
        return blob;
    }
    Result<std::optional<BytecodeLayer>> build(const std::vector<archive::LayerBlob>& layers,
                                               const std::string& status = "0") {
        const auto compiler = find(program("python", "cpython 3.11.2 cpython-311 -", status));
        EXPECT_OK(compiler);
        return build_bytecode_layer(test.ctx, *compiler, {layers, {"app", "site"}}, store);
    }
    std::map<std::string, std::string> files_of(const archive::LayerBlob& blob) {
        std::map<std::string, std::string> files;
        EXPECT_OK(
            archive::read_layer(test.ctx, store.blob_path(blob.digest),
                                [&](const auto& entry, auto& content) -> Result<archive::Walk> {
                                    if (entry.type == archive::LayerEntry::Type::File)
                                        files[entry.path] = *content.read_all();
                                    return archive::Walk::Continue;
                                }));
        return files;
    }

    TemporaryDirectory directory;
    testing::TestContext test;
    store::Store store;
};

TEST_F(Bytecode, TakesAnInterpreterByPathOrName) {
    const auto path = program("python3.11", "cpython 3.11.2 cpython-311 -");
    for (const auto& named : {path, std::string("python3.11")}) {
        const auto found = find(named);
        ASSERT_OK(found);
        EXPECT_EQ(found->program, path);
        EXPECT_EQ(found->cache_tag, "cpython-311");
    }
}

TEST_F(Bytecode, WantsExactlyTheImagesPython) {
    const auto check = [&](const std::string& answer, const BytecodeTarget& target,
                           const std::string& is) {
        EXPECT_ERROR(find(program("python", answer), target), "bytecode/wrong-interpreter", is,
                     target.version);
    };
    check("cpython 3.11.9 cpython-311 -", {"3.11.2"}, "CPython 3.11.9");
    check("cpython 3.12.2 cpython-312 -", {"3.11.0", false}, "CPython 3.12.2");
    check("pypy 3.11.2 pypy311 -", {"3.11.2"}, "pypy 3.11.2");
    check("cpython 3.13.1 cpython-313 t", {"3.13.1"}, "CPython 3.13.1t");
    check("cpython 3.13.1 cpython-313 -", {"3.13.1", true, true}, "CPython 3.13.1");
    EXPECT_OK(find(program("python", "cpython 3.11.9 cpython-311 -"), {"3.11.0", false}))
        << "only the minor version is known";
    EXPECT_OK(find(program("python", "cpython 3.13.1 cpython-313 t"), {"3.13.1", true, true}));
}

TEST_F(Bytecode, RefusesWhatIsNoPython) {
    EXPECT_ERROR(find("/missing/python"), "bytecode/no-interpreter", "/missing/python");
    EXPECT_ERROR(find("no-such-python"), "bytecode/no-interpreter", "no-such-python");
    EXPECT_ERROR(find(directory.path().string()), "bytecode/no-interpreter");
    EXPECT_ERROR(find("true"), "bytecode/no-interpreter", "does not answer");
    EXPECT_ERROR(find(program("python", "cpython 3.11.2 ../../etc -")), "bytecode/no-interpreter");
}

TEST_F(Bytecode, LiesBesideTheModules) {
    const auto lower = layer({{"site/a.py", "1"}, {"site/pkg/__init__.py", ""}, {"bin/c.py", ""}});
    const auto upper = layer({{"app/main.py", ""}, {"app/data.txt", ""}, {"app/broken.py", ""}});
    const auto built = build({lower, upper});
    ASSERT_OK(built);
    ASSERT_TRUE(built->has_value());
    EXPECT_EQ((*built)->modules, 3U);
    EXPECT_EQ(files_of((*built)->blob),
              (std::map<std::string, std::string>{
                  {"app/__pycache__/main.cpython-311.pyc", "/app/main.py"},
                  {"site/__pycache__/a.cpython-311.pyc", "/site/a.py"},
                  {"site/pkg/__pycache__/__init__.cpython-311.pyc", "/site/pkg/__init__.py"}}));
    EXPECT_FALSE((*built)->cached);
}

TEST_F(Bytecode, IsRememberedForTheSameLayers) {
    const auto one = layer({{"app/a.py", ""}});
    const auto first = build({one});
    const auto second = build({one}, "1");
    ASSERT_OK(second) << "nothing is run";
    EXPECT_TRUE((*second)->cached);
    EXPECT_EQ((*second)->blob.digest, (*first)->blob.digest);
    EXPECT_EQ(*build({layer({{"app/a.txt", ""}})}), std::nullopt);
}

TEST_F(Bytecode, SaysWhyTheInterpreterFailed) {
    EXPECT_ERROR(build({layer({{"app/b.py", ""}})}, "3"), "bytecode/failed", "exit code 3");
}

}  // namespace
}  // namespace pycontainer::install
