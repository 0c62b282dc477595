#include "sources/wheel_file.hpp"

#include "source_tree.hpp"

#include "archive/zip_reader.hpp"
#include "project/project_fixture.hpp"
#include "support/test_context.hpp"

namespace pycontainer::sources {
namespace {

TEST(WheelFile, IsAWheelThatDependsOnTheDistributionAlone) {
    const auto distribution = read_distribution(pycontainer::testing::source_tree(
        "//- pyproject.toml\n[build-system]\nbuild-backend = \"hatchling.build\"\n[project]\nname "
        "= "
        "\"A.b\"\nversion = \"1\"\n//- a_b/__init__.py\n//- a_b/run.sh +x\nx\n//- a_b/c, d.txt\n"));
    ASSERT_OK(distribution);
    EXPECT_EQ(wheel_filename(distribution->metadata), "a_b-1-py3-none-any.whl");
    const pycontainer::testing::TestContext test;
    const auto write = [&] {
        std::string bytes;
        const ByteSink sink = [&](Bytes more) -> Result<void> {
            bytes += as_text(more);
            return {};
        };
        EXPECT_OK(write_wheel(test.ctx, *distribution, sink));
        return bytes;
    };
    const auto bytes = write();
    EXPECT_EQ(bytes, write());
    const pycontainer::testing::ProjectFixture directory;
    directory.write("a.whl", bytes);
    const auto zip = archive::ZipReader::open(directory.path() / "a.whl", "a.whl");
    ASSERT_OK(zip);
    std::string record;
    bool is_executable = false;
    for (const auto& entry : zip->entries()) {
        const auto content = zip->read_content(entry, 1U << 20U);
        ASSERT_OK(content);
        if (entry.name.ends_with("RECORD")) record = *content;
        if (entry.name == "a_b/run.sh") is_executable = (entry.unix_mode & 0111U) != 0;
    }
    EXPECT_TRUE(is_executable);
    EXPECT_NE(record.find("a_b/run.sh,sha256=c8s4WKaHqElMozIwUwFigvPa051Cz2LKTnndoqrH2aw,2\n"),
              std::string::npos);
    EXPECT_NE(record.find("\"a_b/c, d.txt\",sha256="), std::string::npos);
    EXPECT_NE(record.find("a_b-1.dist-info/RECORD,,\n"), std::string::npos);
}

}  // namespace
}  // namespace pycontainer::sources
