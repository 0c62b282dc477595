#include "archive/zip_reader.hpp"

#include "support/result_matchers.hpp"
#include "support/zip_builder.hpp"

#include <gtest/gtest.h>

namespace pycontainer::archive {
namespace {

using testing::ZipBuilder;
using testing::ZipFile;

class ZipReaderTest : public ::testing::Test {
protected:
    Result<ZipReader> open(std::string_view bytes, const ZipLimits& limits = {}) {
        const auto path = directory_.path() / "x.whl";
        EXPECT_OK(write_file(path, bytes));
        return ZipReader::open(path, "x.whl", limits);
    }
    Result<ZipReader> open(const ZipFile& file) { return open(ZipBuilder().add(file).build()); }

    /// Opens and reads everything.
    Result<std::string> read(std::string_view bytes) {
        PYC_TRY_ASSIGN(const auto zip, open(bytes));
        std::string text;
        std::vector<std::byte> buffer;
        for (const auto& entry : zip.entries()) {
            PYC_TRY_ASSIGN(const auto body, zip.read_body(entry, buffer));
            PYC_TRY_ASSIGN(const auto offset, zip.body_offset(entry));
            std::vector<std::byte> again(body.size());
            PYC_TRY(zip.read(offset, again));
            EXPECT_TRUE(std::equal(body.begin(), body.end(), again.begin()));
            std::string content(entry.size, '\0');
            if (entry.method == ZipEntry::Method::Stored)
                content = as_text(body);
            else
                EXPECT_TRUE(Inflater().inflate(
                    body, std::as_writable_bytes(std::span(content.data(), content.size()))));
            text += fmt::format("{}{} {:o} {}\n", entry.name, entry.directory ? "/" : "",
                                entry.unix_mode, content);
        }
        return text;
    }

    TemporaryDirectory directory_ = *TemporaryDirectory::create(::testing::TempDir(), "zip-");
};

TEST_F(ZipReaderTest, ReadsEveryKindOfEntry) {
    const auto bytes =
        ZipBuilder()
            .add(ZipFile{.name = "pkg/", .mode = 040755, .stored = true})
            .add(ZipFile{.name = "pkg/a.py", .content = "deflated deflated"})
            .add(ZipFile{.name = "pkg/b", .content = "stored", .mode = 0100755, .stored = true})
            .add(ZipFile{.name = "c", .content = "descriptor", .descriptor = true})
            .add(ZipFile{.name = "d", .content = "zip64", .zip64 = true})
            .add(ZipFile{.name = "caf\xc3\xa9", .content = "", .mode = 0})
            .build("a comment");
    EXPECT_EQ(read(bytes).value(),
              "pkg/ 40755 \n"
              "pkg/a.py 100644 deflated deflated\n"
              "pkg/b 100755 stored\n"
              "c 100644 descriptor\n"
              "d 100644 zip64\n"
              "caf\xc3\xa9 0 \n");
}

TEST_F(ZipReaderTest, RefusesNamesThatLeaveTheirPlace) {
    for (const std::string name : {"../evil", "a/../../evil", "/etc/passwd", "C:/x", "c:x", "a\\b",
                                   "a//b", "./a", "a/.", "..", "a\nb"}) {
        SCOPED_TRACE(name);
        EXPECT_ERROR(open(ZipFile{.name = name, .content = "x"}), "wheel/unsafe-name", "x.whl");
    }
    EXPECT_ERROR(open(ZipFile{.name = std::string("a\0b", 3)}), "wheel/unsafe-name");
    EXPECT_ERROR(open(ZipFile{.name = "\xff\xfe"}), "wheel/unsafe-name", "UTF-8");
    EXPECT_ERROR(open(ZipFile{.name = ""}), "wheel/unsafe-name");
    EXPECT_ERROR(open(ZipFile{.name = std::string(5000, 'a')}), "wheel/unsafe-name");
    std::string deep = "a";
    for (int i = 0; i < 200; ++i) deep += "/a";
    EXPECT_ERROR(open(ZipFile{.name = deep}), "wheel/unsafe-name", "too many");
}

TEST_F(ZipReaderTest, RefusesNamesThatRemoveFilesOfTheImage) {
    for (const std::string name : {".wh.python", "pkg/.wh..wh..opq", ".wh.pkg/a.py"}) {
        SCOPED_TRACE(name);
        EXPECT_ERROR(open(ZipFile{.name = name, .content = "x"}), "wheel/unsafe-name", "remove");
    }
    EXPECT_OK(open(ZipFile{.name = "pkg/x.wh.y", .content = "x"}));
}

TEST_F(ZipReaderTest, RefusesNamesThatMeanTwoThings) {
    EXPECT_ERROR(open(ZipBuilder().add("a", "1").add("a", "2").build()), "wheel/unsafe-name",
                 "two entries");
    EXPECT_ERROR(
        open(ZipBuilder().add("a", "1").add(ZipFile{.name = "a/", .stored = true}).build()),
        "wheel/unsafe-name");
    EXPECT_ERROR(open(ZipBuilder().add("a/b", "1").add("a", "2").build()), "wheel/unsafe-name",
                 "`a`");
}

TEST_F(ZipReaderTest, RefusesASecondNameInAnExtraField) {
    EXPECT_ERROR(open(ZipFile{.name = "a", .content = "x", .unicode_name = "b"}),
                 "wheel/unsafe-name", "`a` and `b`");
    EXPECT_OK(open(ZipFile{.name = "a", .content = "x", .unicode_name = "a"}));
}

TEST_F(ZipReaderTest, HoldsLocalHeadersAgainstTheDirectory) {
    EXPECT_ERROR(
        read(ZipBuilder().add(ZipFile{.name = "a", .content = "x", .local_name = "b"}).build()),
        "wheel/damaged", "name");
    EXPECT_ERROR(
        read(ZipBuilder().add(ZipFile{.name = "a", .content = "x", .local_size = 7}).build()),
        "wheel/damaged", "size");
    auto flipped =
        ZipBuilder().add(ZipFile{.name = "a", .content = "x", .descriptor = true}).build();
    flipped[flipped.find("PK\x07\x08") + 4] ^= 1;
    EXPECT_ERROR(read(flipped), "wheel/damaged", "follows `a`");
}

TEST_F(ZipReaderTest, RefusesWhatWheelsDoNotHave) {
    EXPECT_ERROR(open(ZipFile{.name = "a", .content = "x", .flags = 1}), "wheel/unsupported",
                 "encrypted");
    EXPECT_ERROR(open(ZipFile{.name = "a", .content = "x", .method = 14}), "wheel/unsupported",
                 "method 14");
}

TEST_F(ZipReaderTest, RefusesDataAroundTheArchive) {
    const auto good = ZipBuilder().add("a", "x").build();
    EXPECT_OK(open(good));
    EXPECT_ERROR(open("prefix" + good), "wheel/damaged");
    EXPECT_ERROR(open(good + "suffix"), "wheel/damaged");
    EXPECT_ERROR(open(std::string_view("PK")), "wheel/damaged", "too short");
    EXPECT_ERROR(open(std::string(100, 'x')), "wheel/damaged");
}

TEST_F(ZipReaderTest, RefusesTwoDirectoryEnds) {
    const auto inner = ZipBuilder().add("a", "x").build();
    EXPECT_ERROR(open(ZipBuilder().add("b", "y").build(inner)), "wheel/damaged", "two ends");
    EXPECT_OK(open(ZipBuilder().add("b", "y").build(inner + "more")));  // not at the end
}

/// `good` with a ZIP64 end and its locator before the usual end.
std::string with_zip64_end(const std::string& good, std::uint64_t record_size,
                           std::uint64_t offset) {
    const auto end = good.substr(good.size() - 22);
    auto bytes = good.substr(0, good.size() - 22);
    const auto start = bytes.size();
    const auto size = static_cast<unsigned char>(end[12]);
    ZipBuilder::put(bytes, 0x06064b50, 4);
    ZipBuilder::put(bytes, record_size, 8);
    ZipBuilder::put(bytes, 0, 12);  // versions and disks
    ZipBuilder::put(bytes, 1, 8);
    ZipBuilder::put(bytes, 1, 8);
    ZipBuilder::put(bytes, size, 8);
    ZipBuilder::put(bytes, offset, 8);
    ZipBuilder::put(bytes, 0x07064b50, 4);
    ZipBuilder::put(bytes, 0, 4);
    ZipBuilder::put(bytes, start, 8);
    ZipBuilder::put(bytes, 1, 4);
    return bytes + end;
}

TEST_F(ZipReaderTest, HoldsTheZip64EndAgainstTheOther) {
    const auto good = ZipBuilder().add("a", "x").build();
    const auto offset = static_cast<unsigned char>(good[good.size() - 6]);
    EXPECT_OK(open(with_zip64_end(good, 44, offset)));
    EXPECT_ERROR(open(with_zip64_end(good, 45, offset)), "wheel/damaged", "ZIP64");
    EXPECT_ERROR(open(with_zip64_end(good, 44, offset + 1U)), "wheel/damaged", "contradict");
}

TEST_F(ZipReaderTest, SurvivesEveryCutAndFlip) {
    const auto good = ZipBuilder()
                          .add("a/b", "hello hello")
                          .add(ZipFile{.name = "c", .content = "d", .zip64 = true})
                          .build();
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(read(good.substr(0, size)));
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bytes = good;
        bytes[i] = static_cast<char>(bytes[i] ^ 0x55);
        ignore(open(bytes));  // any verdict, but no crash
    }
}

TEST_F(ZipReaderTest, KeepsToItsLimits) {
    const auto two = ZipBuilder().add("a", "x").add("b", std::string(1000, 'y')).build();
    EXPECT_ERROR(open(two, {.entries = 1}), "wheel/too-large", "2 entries");
    EXPECT_ERROR(open(two, {.total_size = 1000}), "wheel/too-large");
    EXPECT_OK(open(two, {.total_size = 1001}));
    EXPECT_ERROR(open(ZipFile{.name = "bomb", .content = "x", .size = 500ULL << 20U}),
                 "wheel/too-large", "unpack");
}

}  // namespace
}  // namespace pycontainer::archive
