#include "install/wheel_converter.hpp"

#include "archive/layer_reader.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"
#include "support/wheel_builder.hpp"

#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace pycontainer::install {
namespace {

using testing::WheelBuilder;
using testing::ZipFile;

const std::string kSite = "opt/venv/lib/python3.11/site-packages/";

Scheme scheme() {
    Scheme result;
    result.python_minor = 11;
    result.lib_name = "python3.11";
    result.machine = "x86_64";
    return result;
}

/// Text that does not compress to nothing.
std::string noise(std::size_t size) {
    std::string text;
    std::uint32_t state = 7;
    while (text.size() < size) {
        state = state * 1664525U + 1013904223U;
        text += static_cast<char>('a' + (state >> 24U) % 40);
    }
    return text;
}

/// More than is held in memory at once, with a body of several pieces, and yet quick to compress.
std::string large_text() {
    return noise(700'000) + std::string(8'300'000, 'x');
}

std::string shared_object(char machine) {
    std::string bytes =
        "\x7f"
        "ELF\2\1\1";
    bytes.resize(18);
    bytes += machine;
    bytes += '\0';
    return bytes + noise(2000);
}

class Conversion : public ::testing::Test {
protected:
    Result<ConvertedWheel> convert_bytes(const std::string& bytes, const std::string& filename,
                                         const PartLimits& limits = {}) {
        const auto path = directory_.path() / "wheel";
        EXPECT_OK(write_file(path, bytes));
        layers_.clear();
        layer_.clear();
        const PartSink sink{[&](Bytes part) -> Result<void> {
                                layer_ += as_text(part);
                                return {};
                            },
                            [&](const archive::LayerBlob& blob) -> Result<void> {
                                EXPECT_EQ(blob.digest, Digest::of(layer_));
                                EXPECT_EQ(blob.size, layer_.size());
                                layers_.push_back(std::exchange(layer_, {}));
                                return {};
                            }};
        auto result = convert_wheel(test_.ctx, path, filename, scheme(), sink, limits);
        EXPECT_EQ(layer_, result ? std::string() : layer_);
        if (!layers_.empty()) layer_ = layers_.front();
        return result;
    }
    Result<ConvertedWheel> convert(const WheelBuilder& wheel, const PartLimits& limits = {}) {
        return convert_bytes(wheel.build(), wheel.filename(), limits);
    }

    struct File {
        std::uint32_t mode;
        std::string content;
    };
    /// What is in `bytes`, read by code that shares nothing with the writer.
    std::map<std::string, File> unpack(const std::string& bytes) {
        const auto path = directory_.path() / "layer";
        EXPECT_OK(write_file(path, bytes));
        std::map<std::string, File> files;
        EXPECT_OK(archive::read_layer(
            test_.ctx, path,
            [&](const archive::LayerEntry& entry,
                archive::EntryContent& content) -> Result<archive::Walk> {
                PYC_TRY_ASSIGN(auto text, content.read_all());
                EXPECT_EQ(entry.mtime, kInstallTime);
                EXPECT_EQ(entry.uid + entry.gid, 0U);
                const bool directory = entry.type == archive::LayerEntry::Type::Directory;
                EXPECT_TRUE(files
                                .emplace(entry.path + (directory ? "/" : ""),
                                         File{entry.mode, std::move(text)})
                                .second)
                    << entry.path;
                return archive::Walk::Continue;
            }));
        return files;
    }
    std::map<std::string, File> installed(const WheelBuilder& wheel) {
        const auto result = convert(wheel);
        EXPECT_OK(result);
        return unpack(layer_);
    }

    testing::TestContext test_;
    TemporaryDirectory directory_ = *TemporaryDirectory::create(::testing::TempDir(), "convert-");
    std::vector<std::string> layers_;  ///< one for each part
    std::string layer_;                ///< the first
};

TEST_F(Conversion, InstallsFilesWithTheirModes) {
    auto files = installed(WheelBuilder()
                               .file("demo/__init__.py", "")
                               .file("demo/tool.sh", "#!/bin/sh\n", 0100755)
                               .file("demo/odd", "x", 0100600)
                               .file("win", "x", 0));
    EXPECT_EQ(files.at(kSite + "demo/__init__.py").mode, 0644U);
    EXPECT_EQ(files.at(kSite + "demo/tool.sh").mode, 0755U);
    EXPECT_EQ(files.at(kSite + "demo/odd").mode, 0644U);
    EXPECT_EQ(files.at(kSite + "win").mode, 0644U);
    EXPECT_EQ(files.at(kSite + "demo/tool.sh").content, "#!/bin/sh\n");
    for (const auto* directory :
         {"opt/", "opt/venv/", "opt/venv/lib/python3.11/site-packages/demo/"})
        EXPECT_EQ(files.at(directory).mode, 0755U);
    EXPECT_EQ(files.at(kSite + "demo-1.0.dist-info/INSTALLER").content, "pycontainer\n");
    EXPECT_FALSE(files.contains(kSite + "demo-1.0.dist-info/REQUESTED"));
}

TEST_F(Conversion, CopiesDeflateBodiesAsTheyAre) {
    const auto text = noise(50'000);
    const auto result = convert(WheelBuilder().file("demo.py", text));
    ASSERT_OK(result);
    EXPECT_NE(layer_.find(testing::raw_deflate(text)), std::string::npos);
    EXPECT_EQ(unpack(layer_).at(kSite + "demo.py").content, text);
    ASSERT_EQ(result->parts.size(), 1U);
    EXPECT_EQ(result->parts[0].layer.digest, Digest::of(layer_));
    EXPECT_EQ(result->parts[0].layer.size, layer_.size());
}

TEST_F(Conversion, HandlesEveryKindOfBody) {
    const auto large = large_text();
    auto files = installed(
        WheelBuilder()
            .add(ZipFile{.name = "stored", .content = noise(5000), .stored = true})
            .add(ZipFile{.name = "trailing", .content = noise(6000), .after_deflate = "tail"})
            .add(ZipFile{.name = "descriptor", .content = noise(7000), .descriptor = true})
            .add(ZipFile{.name = "large", .content = large})
            .add(ZipFile{.name = "large_stored", .content = large, .stored = true})
            .add(ZipFile{.name = "large_trailing", .content = large, .after_deflate = "tail"})
            .add(ZipFile{.name = "empty", .content = ""}));
    EXPECT_EQ(files.at(kSite + "stored").content, noise(5000));
    EXPECT_EQ(files.at(kSite + "trailing").content, noise(6000));
    EXPECT_EQ(files.at(kSite + "descriptor").content, noise(7000));
    for (const auto* name : {"large", "large_stored", "large_trailing"})
        EXPECT_TRUE(files.at(kSite + name).content == large) << name;
    EXPECT_EQ(files.at(kSite + "empty").content, "");
}

TEST_F(Conversion, KnowsTheDiffIdAndThePiece) {
    const auto result = convert(WheelBuilder().file("demo.py", noise(3000)));
    ASSERT_OK(result);
    const auto piece = layer_.substr(result->parts[0].piece_offset, result->parts[0].piece_size);
    for (const auto& [path, file] : unpack(piece))
        EXPECT_NE(path.back(), '/') << "a directory is in the piece";
    EXPECT_EQ(unpack(piece).size(), result->files.size());
    std::string tar;
    archive::StreamInflater inflater(archive::StreamInflater::Format::Gzip);
    std::vector<std::byte> buffer(10'000);
    for (std::string_view rest = layer_; !rest.empty();) {
        const auto step = inflater.step(as_bytes(rest), buffer);
        ASSERT_TRUE(step);
        rest.remove_prefix(step->consumed);
        tar += as_text(Bytes(buffer).first(step->produced));
        if (step->finished) inflater.reset();
    }
    EXPECT_EQ(result->parts[0].layer.diff_id, Digest::of(tar));
    EXPECT_EQ(result->parts[0].layer.tar_size, tar.size());
}

TEST_F(Conversion, DependsOnTheWheelAlone) {
    const auto wheel = WheelBuilder().file("b.py", noise(2000)).file("a.py", noise(1500));
    const auto first = convert(wheel);
    ASSERT_OK(first);
    const auto again = convert(wheel);
    ASSERT_OK(again);
    EXPECT_EQ(first->parts, again->parts);
}

TEST_F(Conversion, SpreadsDataOverTheScheme) {
    auto files = installed(WheelBuilder()
                               .data("purelib/pure.py", "1")
                               .data("platlib/plat.py", "2")
                               .data("headers/demo.h", "3")
                               .data("data/share/demo/x", "4")
                               .data("data/lib64/y", "5")
                               .data("scripts/run.sh", "#!/bin/sh\n"));
    EXPECT_EQ(files.at(kSite + "pure.py").content, "1");
    EXPECT_EQ(files.at(kSite + "plat.py").content, "2");
    EXPECT_EQ(files.at("opt/venv/include/site/python3.11/demo/demo.h").content, "3");
    EXPECT_EQ(files.at("opt/venv/share/demo/x").content, "4");
    EXPECT_EQ(files.at("opt/venv/lib/y").content, "5");
    EXPECT_EQ(files.at("opt/venv/bin/run.sh").mode, 0755U);
    EXPECT_ERROR(convert(WheelBuilder().data("other/x", "")), "wheel/invalid", "other");
    EXPECT_ERROR(convert(WheelBuilder().data("x", "")), "wheel/invalid");
}

TEST_F(Conversion, RewritesScriptsForPythonOnly) {
    auto files = installed(WheelBuilder()
                               .data("scripts/one", "#!python\nprint(1)\n")
                               .data("scripts/two", "#!pythonw -E\r\nprint(2)\n")
                               .data("scripts/three", "#!/usr/bin/python\n")
                               .data("scripts/program",
                                     "\x7f"
                                     "ELF" +
                                         noise(3000)));
    EXPECT_EQ(files.at("opt/venv/bin/one").content, "#!/opt/venv/bin/python\nprint(1)\n");
    EXPECT_EQ(files.at("opt/venv/bin/two").content, "#!/opt/venv/bin/python\nprint(2)\n");
    EXPECT_EQ(files.at("opt/venv/bin/three").content, "#!/usr/bin/python\n");
    EXPECT_EQ(files.at("opt/venv/bin/program").content,
              "\x7f"
              "ELF" +
                  noise(3000));
    for (const auto* name : {"one", "two", "three", "program"})
        EXPECT_EQ(files.at(std::string("opt/venv/bin/") + name).mode, 0755U);
}

TEST_F(Conversion, MakesLaunchersInsteadOfWrappers) {
    auto files = installed(WheelBuilder()
                               .entry_points("[console_scripts]\ntool = demo:main\n")
                               .data("scripts/tool", "old wrapper")
                               .data("scripts/tool-script.py", "old")
                               .data("scripts/tool.exe", "MZ"));
    EXPECT_EQ(files.at("opt/venv/bin/tool").content,
              "#!/opt/venv/bin/python\nimport sys\nfrom demo import main\nif __name__ == "
              "\"__main__\":\n    sys.exit(main())\n");
    EXPECT_EQ(files.at("opt/venv/bin/tool").mode, 0755U);
    EXPECT_FALSE(files.contains("opt/venv/bin/tool-script.py"));
    EXPECT_FALSE(files.contains("opt/venv/bin/tool.exe"));
}

TEST_F(Conversion, NamesPipsScriptsAfterTheTarget) {
    auto files = installed(
        WheelBuilder("pip", "26.0")
            .entry_points(
                "[console_scripts]\npip = pip:main\npip3.9 = pip:main\npip3 = pip:main\n"));
    for (const auto* name : {"pip", "pip3", "pip3.11"})
        EXPECT_TRUE(files.contains(std::string("opt/venv/bin/") + name)) << name;
    EXPECT_FALSE(files.contains("opt/venv/bin/pip3.9"));
}

TEST_F(Conversion, WritesARecordThatIsRight) {
    const auto wheel = WheelBuilder()
                           .file("z.py", "zz")
                           .data("scripts/run", "#!python\n")
                           .entry_points("[console_scripts]\ntool = demo:main\n");
    const auto result = convert(wheel);
    ASSERT_OK(result);
    EXPECT_TRUE(result->warnings.empty());
    const auto files = unpack(layer_);
    const auto record = files.at(kSite + "demo-1.0.dist-info/RECORD").content;
    std::string expected;
    std::vector<std::string> lines;
    for (const auto& file : result->files) {
        EXPECT_EQ(file.digest, Digest::of(files.at(file.path).content)) << file.path;
        if (file.path.ends_with("/RECORD")) continue;
        const auto name = file.path.starts_with(kSite)
                              ? file.path.substr(kSite.size())
                              : "../../../" + file.path.substr(std::string("opt/venv/").size());
        lines.push_back(name + ",sha256=" + to_base64_url(file.digest.raw()) + "," +
                        std::to_string(file.size) + "\n");
    }
    lines.push_back("demo-1.0.dist-info/RECORD,,\n");
    std::sort(lines.begin(), lines.end());
    for (const auto& line : lines) expected += line;
    EXPECT_EQ(record, expected);
    EXPECT_TRUE(record.starts_with("../../../bin/run,sha256="));
}

TEST_F(Conversion, DropsWhatOnlyInstallersMayWrite) {
    auto files = installed(WheelBuilder()
                               .file("demo-1.0.dist-info/INSTALLER", "evil\n")
                               .file("demo-1.0.dist-info/REQUESTED", "")
                               .file("demo-1.0.dist-info/direct_url.json", "{}")
                               .file("demo-1.0.dist-info/RECORD.jws", "{}"));
    EXPECT_EQ(files.at(kSite + "demo-1.0.dist-info/INSTALLER").content, "pycontainer\n");
    EXPECT_FALSE(files.contains(kSite + "demo-1.0.dist-info/REQUESTED"));
    EXPECT_FALSE(files.contains(kSite + "demo-1.0.dist-info/direct_url.json"));
    EXPECT_TRUE(files.contains(kSite + "demo-1.0.dist-info/RECORD.jws"));
    EXPECT_EQ(files.at(kSite + "demo-1.0.dist-info/RECORD").content.find("RECORD.jws"),
              std::string::npos);
}

TEST_F(Conversion, HoldsFilesAgainstTheirRecord) {
    const std::string wrong = "demo.py,sha256=" + to_base64_url(Digest::of("other").raw()) + ",5\n";
    EXPECT_ERROR(convert(WheelBuilder().file("demo.py", "x").record(wrong)),
                 "wheel/record-mismatch", "demo.py", "demo-1.0-py3-none-any.whl");
    EXPECT_ERROR(convert(WheelBuilder()
                             .data("scripts/s", "#!python\n")
                             .record("demo-1.0.data/scripts/s,sha256=abc,9\n")),
                 "wheel/record-mismatch");
    const std::string wrong_size =
        "demo.py,sha256=" + to_base64_url(Digest::of("x").raw()) + ",7\n";
    EXPECT_ERROR(convert(WheelBuilder().file("demo.py", "x").record(wrong_size)),
                 "wheel/record-mismatch");
}

TEST_F(Conversion, ChecksTheLongerHashesAsWell) {
    for (const std::string hash :
         {"sha384=11LCxR-6DimqGQVwqdQlPkQHegWNMpf6OlYw1b0BJiL5fCisrtMTtcg7uZDKp9qF",
          "sha512=pKvURIxJVi2CgRXROh_M6pJ_UrTVRZKX-LQ-QtqJI4vB"
          "NibkPcs43bCCSIkn7JBPtCBXRDmD6IWFF51QVRr-Yg"}) {
        SCOPED_TRACE(hash);
        const auto line = "demo.py," + hash + ",1\n";
        const auto right = convert(WheelBuilder().file("demo.py", "x").record_also(line));
        ASSERT_OK(right);
        EXPECT_TRUE(right->warnings.empty());
        EXPECT_ERROR(convert(WheelBuilder().file("demo.py", "y").record(line)),
                     "wheel/record-mismatch", "demo.py");
        const auto script = "demo-1.0.data/scripts/s," + hash + ",\n";
        EXPECT_ERROR(convert(WheelBuilder().data("scripts/s", "#!python\n").record(script)),
                     "wheel/record-mismatch");
    }
}

TEST_F(Conversion, RefusesHashesThatTheSpecificationForbids) {
    for (const std::string algorithm : {"md5", "sha1", "sha224", "MD5"})
        EXPECT_ERROR(
            convert(WheelBuilder().file("demo.py", "x").record("demo.py," + algorithm + "=x,1\n")),
            "wheel/invalid", "prove nothing");
    const auto other = convert(WheelBuilder().file("demo.py", "x").record("demo.py,blake2b=x,1\n"));
    ASSERT_OK(other);
    EXPECT_EQ(other->warnings.at(0).code, "wheel/record-incomplete");
}

TEST_F(Conversion, HealsIncompleteRecords) {
    const auto unlisted =
        convert(WheelBuilder().file("demo.py", "x").record("demo-1.0.dist-info/RECORD,,\n"));
    ASSERT_OK(unlisted);
    ASSERT_EQ(unlisted->warnings.size(), 1U);
    EXPECT_EQ(unlisted->warnings[0].code, "wheel/record-incomplete");
    EXPECT_NE(
        unpack(layer_).at(kSite + "demo-1.0.dist-info/RECORD").content.find("demo.py,sha256="),
        std::string::npos);

    const auto ghosts =
        convert(WheelBuilder().file("demo.py", "x").record_also("ghost.py,sha256=x,1\n"));
    ASSERT_OK(ghosts);
    ASSERT_EQ(ghosts->warnings.size(), 1U);
    EXPECT_NE(ghosts->warnings[0].message.find("ghost.py"), std::string::npos);
    EXPECT_EQ(unpack(layer_).at(kSite + "demo-1.0.dist-info/RECORD").content.find("ghost.py"),
              std::string::npos);
}

TEST_F(Conversion, ReadsEverySpellingOfARecord) {
    const auto hash = to_base64_url(Digest::of("x").raw());
    for (const auto& line :
         {"./demo.py,sha256=" + hash + ",1\r\n", "/demo.py,sha256=" + hash + "=,1\n",
          "\"demo.py\",\"sha256=" + hash + "\",1\n", "demo.py,SHA256=" + hash + ",\n"}) {
        SCOPED_TRACE(line);
        EXPECT_OK(convert(WheelBuilder().file("demo.py", "x").record(line)));
        const auto wrong = convert(WheelBuilder().file("demo.py", "other").record(line));
        EXPECT_ERROR(wrong, "wheel/record-mismatch", "demo.py");
    }
    // The same line twice is only untidy; two different ones cannot both be right.
    const auto right = "demo.py,sha256=" + hash + ",1\n";
    EXPECT_OK(convert(WheelBuilder().file("demo.py", "x").record_also(right)));
    EXPECT_ERROR(convert(WheelBuilder().file("demo.py", "x").record_also("demo.py,sha256=abc,1\n")),
                 "wheel/invalid", "twice", "demo.py");
}

TEST_F(Conversion, ReadsItsMetadata) {
    const auto result = convert(WheelBuilder("Demo_Pkg", "1.0.0")
                                    .requires_dist("httpx>=1")
                                    .requires_dist("rich; extra == 'cli'"));
    ASSERT_OK(result);
    EXPECT_EQ(result->name, "demo-pkg");
    EXPECT_EQ(result->version, "1.0.0");
    EXPECT_EQ(result->requires_dist,
              (std::vector<std::string>{"httpx>=1", "rich; extra == 'cli'"}));
    EXPECT_EQ(result->requires_python, "");
    const auto metadata = [](const std::string& line) {
        return WheelBuilder().metadata("Name: demo\nVersion: 1.0\n" + line + "\n\nthe body\n");
    };
    const auto bounded = convert(metadata("Requires-Python: >=3.9, <4"));
    ASSERT_OK(bounded);
    EXPECT_EQ(bounded->requires_python, ">=3.9, <4");
    const auto broken = convert(metadata("Requires-Python: three"));
    ASSERT_OK(broken);
    EXPECT_EQ(broken->requires_python, "");
    ASSERT_EQ(broken->warnings.size(), 1U);
    EXPECT_EQ(broken->warnings[0].code, "wheel/invalid-requires-python");
}

TEST_F(Conversion, RefusesWheelsThatAreNotWhatTheirNameSays) {
    const auto wheel = WheelBuilder("demo", "1.0");
    EXPECT_ERROR(convert_bytes(wheel.build(), "other-1.0-py3-none-any.whl"), "wheel/wrong-name",
                 "demo-1.0.dist-info");
    EXPECT_ERROR(convert_bytes(wheel.build(), "demo-2.0-py3-none-any.whl"), "wheel/wrong-name");
    EXPECT_OK(convert_bytes(wheel.build(), "Demo-1.0.0-py3-none-any.whl"));
    EXPECT_OK(
        convert_bytes(WheelBuilder("demo", "1.0+local").build(), "demo-1.0-py3-none-any.whl"));
    EXPECT_ERROR(convert(WheelBuilder().metadata("Name: other\nVersion: 1.0\n")),
                 "wheel/wrong-name", "other 1.0");
    EXPECT_ERROR(convert_bytes(wheel.build(), "demo.zip"), "packaging/invalid-wheel-name");
}

TEST_F(Conversion, RefusesWheelsWithoutTheirParts) {
    for (const auto* part : {"METADATA", "WHEEL", "RECORD"})
        EXPECT_ERROR(convert(WheelBuilder().without(part)), "wheel/invalid", part);
    EXPECT_ERROR(convert(WheelBuilder().file("more-1.0.dist-info/METADATA", "")), "wheel/invalid",
                 "several");
    EXPECT_ERROR(
        convert_bytes(testing::ZipBuilder().add("a.py", "").build(), "demo-1.0-py3-none-any.whl"),
        "wheel/invalid", ".dist-info");
    EXPECT_ERROR(convert(WheelBuilder().wheel("Wheel-Version: 2.0\n")), "wheel/unsupported", "2.0");
    EXPECT_ERROR(convert(WheelBuilder().wheel("nothing")), "wheel/invalid", "Wheel-Version");
    const auto newer = convert(WheelBuilder().wheel("Wheel-Version: 1.9\n"));
    ASSERT_OK(newer);
    ASSERT_EQ(newer->warnings.size(), 1U);
    EXPECT_EQ(newer->warnings[0].code, "wheel/newer-format");
    for (const auto* version : {"0.1", "1.0\nWheel-Version: 2.0"}) {
        const auto old = convert(WheelBuilder().wheel(fmt::format("Wheel-Version: {}\n", version)));
        ASSERT_OK(old) << version;
        EXPECT_TRUE(old->warnings.empty()) << version;
    }
    EXPECT_ERROR(convert(WheelBuilder().record("one,two\n")), "wheel/invalid", "RECORD");
}

TEST_F(Conversion, RefusesWhatWouldBreakTheEnvironment) {
    EXPECT_ERROR(convert(WheelBuilder().data("scripts/python3", "x")), "wheel/reserved-name",
                 "python3");
    EXPECT_ERROR(convert(WheelBuilder().data("data/bin/python", "x")), "wheel/reserved-name");
    EXPECT_ERROR(convert(WheelBuilder().data("data/pyvenv.cfg", "x")), "wheel/reserved-name");
    EXPECT_ERROR(convert(WheelBuilder().data("data/lib64", "x")), "wheel/reserved-name");
    EXPECT_ERROR(convert(WheelBuilder().entry_points("[console_scripts]\npython = demo:main\n")),
                 "wheel/reserved-name");
    EXPECT_ERROR(convert(WheelBuilder().entry_points("[console_scripts]\n../x = demo:main\n")),
                 "wheel/invalid");
    EXPECT_ERROR(convert(WheelBuilder().entry_points("[gui_scripts]\n.wh.x = demo:main\n")),
                 "wheel/invalid");
    EXPECT_ERROR(convert(WheelBuilder().data("data/lib/.wh.python3.11", "")), "wheel/unsafe-name",
                 "remove");
    EXPECT_ERROR(convert(WheelBuilder().file("../evil.py", "")), "wheel/unsafe-name", "evil");
    EXPECT_ERROR(convert(WheelBuilder().data("data/../../../etc/passwd", "")), "wheel/unsafe-name");
    EXPECT_ERROR(convert(WheelBuilder().file("link", "/etc/passwd", 0120777)), "wheel/unsupported",
                 "symbolic link");
    EXPECT_ERROR(convert(WheelBuilder().file("pipe", "", 0010644)), "wheel/unsupported", "special");
}

TEST_F(Conversion, RefusesTwoFilesForOnePlace) {
    EXPECT_ERROR(convert(WheelBuilder().file("a.py", "1").data("purelib/a.py", "2")),
                 "wheel/invalid", "a.py");
    EXPECT_ERROR(convert(WheelBuilder().file("a", "1").data("platlib/a/b", "2")), "wheel/invalid",
                 "file and a directory");
    EXPECT_ERROR(convert(WheelBuilder()
                             .entry_points("[console_scripts]\ntool = demo:main\n")
                             .data("data/bin/tool", "2")),
                 "wheel/invalid", "bin/tool");
}

TEST_F(Conversion, RefusesDataThatWouldBeMetadata) {
    for (const std::string key : {"purelib", "platlib"})
        for (const std::string name : {"RECORD", "INSTALLER", "direct_url.json", "RECORD/x"}) {
            SCOPED_TRACE(key + " " + name);
            EXPECT_ERROR(convert(WheelBuilder().data(key + "/demo-1.0.dist-info/" + name, "x")),
                         "wheel/invalid", "metadata");
        }
    // The same by another way.
    const std::string site = "data/lib/python3.11/site-packages/demo-1.0.dist-info/";
    EXPECT_ERROR(convert(WheelBuilder().data(site + "RECORD", "x")), "wheel/invalid", "RECORD");
    EXPECT_ERROR(convert(WheelBuilder().data(site + "RECORD/x", "x")), "wheel/invalid",
                 "file and a directory");
}

TEST_F(Conversion, KeepsPathConfigurationFiles) {
    const auto files = installed(
        WheelBuilder().file("demo-nspkg.pth", "import sys\n").file("demo.pth", "./vendored\n"));
    EXPECT_EQ(files.at(kSite + "demo-nspkg.pth").content, "import sys\n");
    EXPECT_EQ(files.at(kSite + "demo.pth").content, "./vendored\n");
}

TEST_F(Conversion, TellsDeclarationsOfNamespaces) {
    const auto result = convert(
        WheelBuilder()
            .file("empty/__init__.py", "")
            .file("pkgutil/__init__.py",
                  "# -*- coding: utf-8 -*-\n"
                  "\"\"\"A namespace.\"\"\"\n"
                  "__path__ = __import__('pkgutil').extend_path(__path__, __name__)  # type: "
                  "ignore\n")
            .file("resources/__init__.py",
                  "try:\n    import pkg_resources\n"
                  "    pkg_resources.declare_namespace(__name__)\n"
                  "except ImportError:\n    import pkgutil\n"
                  "    __path__ = pkgutil.extend_path(__path__, __name__)\n")
            .file("code/__init__.py",
                  "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\nx = 1\n")
            .file("hidden/__init__.py", "__path__ = extend_path(__path__, __name__); import os\n")
            .file("long/__init__.py", std::string(5000, '\n'))
            .file("other/module.py", ""));
    ASSERT_OK(result);
    std::vector<std::string> found;
    for (const auto& file : result->files)
        if (file.declares_namespace) found.push_back(file.path.substr(kSite.size()));
    EXPECT_EQ(found, (std::vector<std::string>{"empty/__init__.py", "pkgutil/__init__.py",
                                               "resources/__init__.py"}));
}

TEST_F(Conversion, SplitsHugeWheels) {
    const auto wheel = WheelBuilder()
                           .file("demo/a.bin", noise(40'000))
                           .file("demo/b.bin", noise(50'000))
                           .file("demo/sub/c.bin", noise(60'000));
    const auto whole = convert(wheel);
    ASSERT_OK(whole);
    EXPECT_EQ(whole->parts.size(), 1U);
    const auto everything = unpack(layer_);
    const auto limit = whole->parts[0].layer.size / 2;

    const auto split = convert(wheel, {.split_above = limit, .part_size = limit});
    ASSERT_OK(split);
    ASSERT_GT(split->parts.size(), 1U);
    ASSERT_EQ(split->parts.size(), layers_.size());
    EXPECT_EQ(split->files, whole->files);
    EXPECT_EQ(split->directories, whole->directories);
    std::map<std::string, File> together;
    std::size_t counted = 0;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        EXPECT_LT(layers_[i].size(), limit + 10'000);
        counted += split->parts[i].files;
        for (const auto& [path, file] : unpack(layers_[i])) {
            const bool is_new = together.insert_or_assign(path, file).second;
            EXPECT_TRUE(is_new || path.ends_with('/')) << path;
        }
        const auto piece =
            layers_[i].substr(split->parts[i].piece_offset, split->parts[i].piece_size);
        EXPECT_EQ(unpack(piece).size(), split->parts[i].files);
    }
    EXPECT_EQ(counted, split->files.size());
    ASSERT_EQ(together.size(), everything.size());
    for (const auto& [path, file] : everything)
        EXPECT_TRUE(together.at(path).content == file.content) << path;
    const auto again = convert(wheel, {.split_above = limit, .part_size = limit});
    ASSERT_OK(again);
    EXPECT_EQ(again->parts, split->parts);
}

TEST_F(Conversion, RefusesDamagedContent) {
    const auto text = noise(3000);
    EXPECT_ERROR(convert(WheelBuilder().add(ZipFile{.name = "a", .content = text, .crc32 = 1})),
                 "wheel/damaged", "`a`");
    EXPECT_ERROR(convert(WheelBuilder().add(ZipFile{.name = "a", .content = text, .size = 2999})),
                 "wheel/damaged");
    EXPECT_ERROR(convert(WheelBuilder().add(ZipFile{.name = "a", .content = text, .size = 3001})),
                 "wheel/damaged");
    EXPECT_ERROR(convert(WheelBuilder().add(
                     ZipFile{.name = "a", .content = text, .stored = true, .crc32 = 1})),
                 "wheel/damaged");
    const auto large = large_text();
    EXPECT_ERROR(convert(WheelBuilder().add(ZipFile{.name = "a", .content = large, .crc32 = 1})),
                 "wheel/damaged");
    EXPECT_ERROR(convert(WheelBuilder().add(
                     ZipFile{.name = "a", .content = large, .size = large.size() - 1})),
                 "wheel/damaged");
    EXPECT_ERROR(convert(WheelBuilder().add(
                     ZipFile{.name = "a", .content = large, .size = large.size() + 1})),
                 "wheel/damaged");
    EXPECT_ERROR(convert(WheelBuilder().add(
                     ZipFile{.name = "a", .content = large, .stored = true, .crc32 = 1})),
                 "wheel/damaged");
}

TEST_F(Conversion, RefusesCodeForAnotherMachine) {
    const auto arm = shared_object(static_cast<char>(183));
    const auto intel = shared_object(62);
    const std::string tag = "cp311-cp311-linux_x86_64";
    EXPECT_OK(convert(
        WheelBuilder("demo", "1.0", tag).file("_x.cpython-311-x86_64-linux-gnu.so", intel)));
    EXPECT_ERROR(
        convert(WheelBuilder("demo", "1.0", tag).file("_x.cpython-311-x86_64-linux-gnu.so", arm)),
        "wheel/wrong-machine", "aarch64", "x86_64");
    EXPECT_ERROR(convert(WheelBuilder("demo", "1.0", tag).file("_x.abi3.so", arm)),
                 "wheel/wrong-machine");
    EXPECT_ERROR(convert(WheelBuilder("demo", "1.0", tag).file("demo.libs/libz.so.1", arm)),
                 "wheel/wrong-machine");
    // Debuggers carry libraries for several machines.
    EXPECT_OK(convert(WheelBuilder("demo", "1.0", tag)
                          .file("attach_arm.so", arm)
                          .file("attach_intel.so", intel)));
    EXPECT_OK(convert(WheelBuilder().file("attach_arm.so", arm)));
}

TEST_F(Conversion, StopsWhenAsked) {
    test_.stop.request_stop();
    const auto result = convert(WheelBuilder().file("a", "x"));
    ASSERT_FALSE(result);
    EXPECT_TRUE(result.error().is_cancelled());
}

}  // namespace
}  // namespace pycontainer::install
