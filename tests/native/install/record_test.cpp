#include "install/record.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::install {
namespace {

TEST(Record, ReadsWhatPythonsCsvModuleWrites) {
    const auto lines = parse_record(
        "a.py,sha256=abc,12\r\n\"with,comma "
        "\"\"q\"\".py\",sha256=x=,3\n./b,md5=y,\n/abs/c,,\n\nd-1.dist-info/RECORD,,",
        "demo");
    ASSERT_OK(lines);
    ASSERT_EQ(lines->size(), 5U);
    EXPECT_EQ((*lines)[0].path, "a.py");
    EXPECT_EQ((*lines)[0].algorithm, "sha256");
    EXPECT_EQ((*lines)[0].hash, "abc");
    EXPECT_EQ((*lines)[0].size, 12U);
    EXPECT_EQ((*lines)[1].path, "with,comma \"q\".py");
    EXPECT_EQ((*lines)[1].hash, "x");
    EXPECT_EQ((*lines)[2].path, "b");
    EXPECT_FALSE((*lines)[2].size);
    EXPECT_EQ((*lines)[3].path, "abs/c");
    EXPECT_EQ((*lines)[4].path, "d-1.dist-info/RECORD");
    EXPECT_EQ((*lines)[4].algorithm, "");
}

TEST(Record, SaysWhatCannotBeRead) {
    EXPECT_ERROR(parse_record("a.py,sha256=abc", "demo 1.0"), "wheel/invalid", "demo 1.0");
    EXPECT_ERROR(parse_record("\"a.py,sha256=abc,1\n", "demo"), "wheel/invalid");
    EXPECT_ERROR(parse_record("a,b,c,d\n", "demo"), "wheel/invalid");
}

TEST(FileHash, TakesTheContentInPieces) {
    const RecordLine line{"a", "sha512",
                          "pKvURIxJVi2CgRXROh_M6pJ_UrTVRZKX-LQ-QtqJI4vB"
                          "NibkPcs43bCCSIkn7JBPtCBXRDmD6IWFF51QVRr-Yg",
                          1};
    FileHash hash(&line);
    hash.update(as_bytes(""));
    hash.update(as_bytes("x"));
    EXPECT_EQ(hash.finish(), Digest::of("x"));
    EXPECT_TRUE(hash.agrees());
    FileHash other(&line);
    other.update(as_bytes("xx"));
    other.finish();
    EXPECT_FALSE(other.agrees());
    FileHash unlisted(nullptr);
    unlisted.finish();
    EXPECT_TRUE(unlisted.agrees());
}

TEST(Record, WritesLinesThatCanBeReadAgain) {
    EXPECT_EQ(record_line("a.py", Digest::of("hello"), 5),
              "a.py,sha256=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ,5\n");
    EXPECT_EQ(record_line("x,\"y\"", std::nullopt, 0), "\"x,\"\"y\"\"\",,\n");
}

TEST(Record, NamesFilesFromSitePackages) {
    const std::string site = "opt/venv/lib/python3.11/site-packages";
    EXPECT_EQ(relative_path(site, site + "/a/b.py"), "a/b.py");
    EXPECT_EQ(relative_path(site, "opt/venv/bin/tool"), "../../../bin/tool");
    EXPECT_EQ(relative_path(site, "opt/venv/lib/x"), "../../x");
    EXPECT_EQ(relative_path("a", "b"), "../b");
}

}  // namespace
}  // namespace pycontainer::install
