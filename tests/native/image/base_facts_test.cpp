#include "image/base_facts.hpp"

#include "archive/layer_writer.hpp"
#include "archive/tar.hpp"
#include "base/file.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::image {
namespace {

using archive::symlink_entry;
using archive::text_entry;

struct BaseFactsTest : ::testing::Test {
    BaseFactsTest() : directory(*TemporaryDirectory::create(::testing::TempDir(), "facts-")) {}

    void add_layer(const std::vector<archive::FileEntry>& entries) {
        const auto path = directory.path() / std::to_string(layers.size());
        auto file = AtomicFile::create(path);
        ASSERT_OK(file);
        ASSERT_OK(archive::write_layer(test.ctx, entries, archive::Compression::Gzip, *file, 1));
        ASSERT_OK(file->commit());
        layers.push_back(path);
    }
    /// A layer of empty files with any names: our own writer refuses whiteouts.
    void add_foreign_layer(const std::vector<std::string>& names) {
        std::string tar;
        for (const auto& name : names) tar += archive::tar_header({.path = name});
        const auto path = directory.path() / std::to_string(layers.size());
        ASSERT_OK(write_file(path, tar + std::string(archive::tar_end())));
        layers.push_back(path);
    }
    BaseFacts facts(const std::string& wanted = "") {
        std::vector<LayerNotes> notes;
        for (const auto& layer : layers) {
            auto read = read_layer_notes(test.ctx, layer);
            EXPECT_OK(read);
            if (read) notes.push_back(*read);
        }
        return find_base_facts(notes, config, wanted);
    }

    TemporaryDirectory directory;
    testing::TestContext test;
    std::vector<std::filesystem::path> layers;
    oci::ImageConfig config{oci::Platform{}};
};

TEST_F(BaseFactsTest, KnowsTheOfficialImages) {
    config.set_env("PATH", "/usr/local/bin:/usr/bin");
    config.set_env("PYTHON_VERSION", "3.12.4");
    add_layer(
        {text_entry(
             "usr/lib/x86_64-linux-gnu/libc.so.6",
             "\x7f"
             "ELF..GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\nCopyright",
             0),
         symlink_entry("lib", "usr/lib", 0),
         text_entry("etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
                    0),
         text_entry("usr/bin/env", "", 0)});
    add_layer({text_entry("usr/local/bin/python3.12", "elf", 0),
               symlink_entry("usr/local/bin/python3", "python3.12", 0),
               symlink_entry("usr/local/bin/python", "python3", 0)});
    const auto found = facts();
    ASSERT_TRUE(found.interpreter);
    EXPECT_EQ(found.interpreter->path, "/usr/local/bin/python3.12");
    EXPECT_EQ(found.interpreter->version, "3.12.4");
    EXPECT_EQ(found.interpreter->minor(), "3.12");
    EXPECT_EQ(found.libc, "glibc");
    EXPECT_EQ(found.libc_minor, 36U);
    EXPECT_EQ(found.distribution, "Debian GNU/Linux 12 (bookworm)");
    EXPECT_EQ(BaseFacts::from_json(found.to_json())->interpreter->path, found.interpreter->path);
}

TEST_F(BaseFactsTest, FollowsLinksThroughDirectories) {
    config.set_env("PATH", "/usr/local/bin:/bin");
    add_layer({symlink_entry("bin", "usr/bin", 0), text_entry("usr/bin/python3.11", "elf", 0),
               symlink_entry("usr/bin/python3", "/usr/bin/python3.11", 0),
               symlink_entry("usr/local/bin/python3", "../../bin/python3", 0),
               text_entry("var/lib/dpkg/status",
                          "Package: python3.11-minimal\nStatus: install ok installed\nVersion: "
                          "3.11.2-6+deb12u6\n\nPackage: x\n",
                          0)});
    ASSERT_TRUE(facts().interpreter);
    EXPECT_EQ(facts().interpreter->path, "/usr/bin/python3.11");
    EXPECT_EQ(facts().interpreter->version, "3.11.2");
}

TEST_F(BaseFactsTest, PrefersThePythonThatIsWanted) {
    config.set_env("PATH", "/usr/bin");
    add_layer({text_entry("usr/bin/python3.11", "", 0), text_entry("usr/bin/python3.13t", "", 0),
               symlink_entry("usr/bin/python3", "python3.11", 0)});
    EXPECT_EQ(facts().interpreter->library, "python3.11");
    EXPECT_FALSE(facts().interpreter->exact_version);
    EXPECT_EQ(facts("3.11").interpreter->library, "python3.11");
}

TEST_F(BaseFactsTest, ObeysWhiteouts) {
    config.set_env("PATH", "/usr/bin");
    add_layer({text_entry("usr/bin/python3.11", "", 0),
               symlink_entry("usr/bin/python3", "python3.11", 0)});
    add_foreign_layer({"usr/bin/.wh.python3.11"});
    EXPECT_FALSE(facts().interpreter);
    add_layer({text_entry("usr/bin/python3.12", "", 0),
               symlink_entry("usr/bin/python3", "python3.12", 0)});
    EXPECT_EQ(facts().interpreter->library, "python3.12");
    // Also when the whiteout comes last: it is about the layers below.
    add_foreign_layer({"usr/bin/env", "usr/bin/.wh..wh..opq"});
    EXPECT_FALSE(facts().interpreter);
}

TEST_F(BaseFactsTest, KnowsMusl) {
    add_layer({text_entry("lib/ld-musl-x86_64.so.1", "", 0),
               text_entry("lib/apk/db/installed",
                          "C:Q1\nP:musl\nV:1.2.5-r0\n\nP:python3\nV:3.12.8-r1\n", 0),
               text_entry("usr/bin/python3.12", "", 0),
               symlink_entry("usr/bin/python3", "python3.12", 0)});
    const auto found = facts();
    EXPECT_EQ(found.libc, "musl");
    EXPECT_EQ(found.libc_minor, 2U);
    EXPECT_EQ(found.interpreter->version, "3.12.8");
}

TEST_F(BaseFactsTest, SurvivesLoopsAndNothingAtAll) {
    add_layer({symlink_entry("usr/bin/python3", "python", 0),
               symlink_entry("usr/bin/python", "python3", 0), symlink_entry("bin", "../../..", 0)});
    EXPECT_FALSE(facts().interpreter);
    EXPECT_EQ(facts().libc, "");
}

TEST_F(BaseFactsTest, SaysWhichLayerIsDamaged) {
    const auto path = directory.path() / "broken";
    ASSERT_OK(write_file(path, std::string("\x1f\x8b") + "nonsense"));
    EXPECT_ERROR(read_layer_notes(test.ctx, path), "archive/damaged");
}

TEST_F(BaseFactsTest, ReadsTheVersionInTheProgramItself) {
    const auto zero = std::string(1, '\0');
    const auto check = [&](const std::string& path, const std::string& text,
                           const std::string& expected, bool exact) {
        layers.clear();
        add_layer({text_entry("usr/bin/python3.11", "ELF", 0),
                   symlink_entry("usr/bin/python3", "python3.11", 0),
                   text_entry(path, "ELF" + zero + text + zero + "more", 0)});
        const auto found = facts();
        ASSERT_TRUE(found.interpreter);
        EXPECT_EQ(found.interpreter->version, expected) << path;
        EXPECT_EQ(found.interpreter->exact_version, exact) << path;
    };
    check("usr/lib64/libpython3.11.so.1.0", "3.11.9", "3.11.9", true);
    check("usr/lib/libpython3.11.so.1.0", "3.11.2+", "3.11.2", true);
    check("usr/lib/libpython3.11.so.1.0", "3.11", "3.11.0", false);
    check("usr/lib/libpython3.11.so.1.0", "3.11.x", "3.11.0", false);
    check("usr/lib/libpython3.12.so.1.0", "3.12.1", "3.11.0", false);
    check("usr/lib/other.so", "3.11.9", "3.11.0", false);
}

}  // namespace
}  // namespace pycontainer::image
