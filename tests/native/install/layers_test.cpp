#include "install/layers.hpp"

#include "archive/layer_reader.hpp"
#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"
#include "support/wheel_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace pycontainer::install {
namespace {

using testing::WheelBuilder;

const std::string kSite = "opt/venv/lib/python3.11/site-packages/";

std::string noise(std::size_t size, std::uint32_t state = 7) {
    std::string text;
    while (text.size() < size) {
        state = state * 1664525U + 1013904223U;
        text += static_cast<char>(state >> 24U);
    }
    return text;
}

class WheelLayers : public ::testing::Test {
protected:
    WheelLayers() {
        scheme_.python_minor = 11;
        scheme_.lib_name = "python3.11";
        scheme_.machine = "x86_64";
    }

    std::vector<PreparedWheel> prepare(const std::vector<WheelBuilder>& builders,
                                       const PartLimits& limits = {}) {
        std::vector<resolve::SelectedWheel> wheels;
        for (const auto& builder : builders) {
            resolve::SelectedWheel wheel;
            wheel.filename = builder.filename();
            wheel.name = builder.stem().substr(0, builder.stem().find('-'));
            wheel.version = builder.stem().substr(builder.stem().find('-') + 1);
            wheel.local_path = directory_.path() / wheel.filename;
            EXPECT_OK(write_file(wheel.local_path, builder.build()));
            wheels.push_back(std::move(wheel));
        }
        auto prepared = prepare_wheels(test_.ctx, wheels, scheme_, http_, store_, limits);
        EXPECT_OK(prepared);
        return prepared ? std::move(*prepared) : std::vector<PreparedWheel>();
    }
    /// What there was to warn of is in `warnings_`.
    Result<std::vector<WheelLayer>> build(const std::vector<PreparedWheel>& wheels,
                                          const LayerOptions& options = {.max_layers = 40}) {
        PYC_TRY_ASSIGN(auto built, build_wheel_layers(test_.ctx, wheels, scheme_, options, store_));
        warnings_ = std::move(built.warnings);
        return std::move(built.layers);
    }

    /// What a runtime would unpack: later layers win, and within a layer nothing is there twice.
    std::map<std::string, std::string> unpack(const std::vector<WheelLayer>& layers) {
        std::map<std::string, std::string> files;
        for (const auto& layer : layers) {
            std::map<std::string, std::string> one;
            EXPECT_OK(
                archive::read_layer(test_.ctx, store_.blob_path(layer.blob.digest),
                                    [&](const archive::LayerEntry& entry,
                                        archive::EntryContent& content) -> Result<archive::Walk> {
                                        PYC_TRY_ASSIGN(auto text, content.read_all());
                                        const auto slash = entry.path.rfind('/');
                                        EXPECT_TRUE(slash == std::string::npos ||
                                                    one.contains(entry.path.substr(0, slash)))
                                            << entry.path << " comes before its directory";
                                        EXPECT_TRUE(one.emplace(entry.path, std::move(text)).second)
                                            << entry.path << " is there twice";
                                        return archive::Walk::Continue;
                                    }));
            for (auto& [path, text] : one) files[path] = text;
        }
        return files;
    }

    testing::TestContext test_;
    TemporaryDirectory directory_ = *TemporaryDirectory::create(::testing::TempDir(), "layers-");
    store::Store store_{directory_.path() / "store"};
    testing::FakeHttpClient http_;
    Scheme scheme_;
    std::vector<resolve::Warning> warnings_;
};

TEST_F(WheelLayers, GiveBigWheelsTheirOwn) {
    const auto wheels = prepare({WheelBuilder("small", "1").file("small.py", "1"),
                                 WheelBuilder("big", "2").file("big.bin", noise(1'500'000)),
                                 WheelBuilder("tiny", "3").file("tiny.py", "3")});
    const auto layers = build(wheels);
    ASSERT_OK(layers);
    ASSERT_EQ(layers->size(), 2U);
    EXPECT_EQ((*layers)[0].packages, std::vector<std::string>{"big 2"});
    EXPECT_EQ((*layers)[0].blob, wheels[1].parts[0].layer);
    EXPECT_EQ((*layers)[1].packages, (std::vector<std::string>{"small 1", "tiny 3"}));
    const auto files = unpack(*layers);
    EXPECT_EQ(files.at(kSite + "small.py"), "1");
    EXPECT_EQ(files.at(kSite + "tiny.py"), "3");
    EXPECT_TRUE(files.at(kSite + "big.bin") == noise(1'500'000));
}

TEST_F(WheelLayers, SayWhatTheyContain) {
    const auto layers = build(prepare({WheelBuilder("a", "1").file("a.py", noise(3000)),
                                       WheelBuilder("b", "1").file("b.py", noise(400'000))}));
    ASSERT_OK(layers);
    ASSERT_EQ(layers->size(), 1U);
    const auto& blob = layers->front().blob;
    const auto bytes = read_file(store_.blob_path(blob.digest));
    ASSERT_OK(bytes);
    EXPECT_EQ(Digest::of(*bytes), blob.digest);
    EXPECT_EQ(bytes->size(), blob.size);
    std::string tar;
    archive::StreamInflater inflater(archive::StreamInflater::Format::Gzip);
    std::vector<std::byte> buffer(100'000);
    for (std::string_view rest = *bytes; !rest.empty();) {
        const auto step = inflater.step(as_bytes(rest), buffer);
        ASSERT_TRUE(step);
        rest.remove_prefix(step->consumed);
        tar += as_text(Bytes(buffer).first(step->produced));
        if (step->finished) inflater.reset();
    }
    EXPECT_EQ(Digest::of(tar), blob.diff_id);
    EXPECT_EQ(tar.size(), blob.tar_size);
}

TEST_F(WheelLayers, AreRemembered) {
    const auto wheels = prepare({WheelBuilder("a", "1"), WheelBuilder("b", "1")});
    const auto first = build(wheels);
    const auto again = build(wheels);
    ASSERT_OK(first);
    ASSERT_OK(again);
    EXPECT_FALSE(first->front().cached);
    EXPECT_TRUE(again->front().cached);
    EXPECT_EQ(first->front().blob, again->front().blob);
    std::filesystem::remove(store_.blob_path(first->front().blob.digest));
    const auto remade = build(wheels);
    ASSERT_OK(remade);
    EXPECT_FALSE(remade->front().cached);
    EXPECT_EQ(remade->front().blob, first->front().blob);
}

TEST_F(WheelLayers, DoNotDependOnTheOrderGiven) {
    auto wheels =
        prepare({WheelBuilder("a", "1").file("a.py", "1"), WheelBuilder("b", "1").file("b.py", "1"),
                 WheelBuilder("c", "1").file("c.py", "1")});
    const auto first = build(wheels);
    std::swap(wheels[0], wheels[2]);
    const auto second = build(wheels);
    ASSERT_OK(first);
    ASSERT_OK(second);
    EXPECT_EQ(first->front().blob, second->front().blob);
}

TEST_F(WheelLayers, KeepToTheLimit) {
    std::vector<PreparedWheel> wheels(150);
    for (std::size_t i = 0; i < wheels.size(); ++i) {
        wheels[i].wheel.name = fmt::format("p{}", i);
        wheels[i].parts.resize(1);
        wheels[i].wheel_size = i < 50 ? kOwnLayerSize + i : 1000;
    }
    for (const std::size_t limit : {1U, 2U, 10U, 51U, 60U, 100U}) {
        const auto groups = group_wheels(wheels, limit);
        EXPECT_LE(groups.size(), limit);
        std::size_t count = 0;
        for (const auto& group : groups) count += group.wheels.size();
        EXPECT_EQ(count, wheels.size());
    }
    EXPECT_EQ(group_wheels(wheels, 10).front().wheels.size(), 1U);  // the biggest keep their own
    EXPECT_GT(group_wheels(wheels, 100).size(), 51U);  // many small ones are several groups
    EXPECT_TRUE(group_wheels({}, 5).empty());
    EXPECT_EQ(group_wheels(std::span(wheels).subspan(50, 20), 5).size(), 1U);
}

TEST_F(WheelLayers, HaveWhatIsMadeFromSourcesApartAndOnTop) {
    std::vector<PreparedWheel> wheels(6);
    for (std::size_t i = 0; i < wheels.size(); ++i) {
        wheels[i].wheel.name = fmt::format("p{}", i);
        wheels[i].parts.resize(1);
        wheels[i].wheel_size = i == 0 ? kOwnLayerSize : 1000;
    }
    wheels[1].wheel.is_from_sources = wheels[3].wheel.is_from_sources = true;
    wheels[3].wheel_size = kOwnLayerSize;
    const auto groups = group_wheels(wheels, 10);
    ASSERT_EQ(groups.size(), 3U);
    EXPECT_EQ(groups.back().wheels, (std::vector<std::size_t>{1, 3}));
    EXPECT_FALSE(groups.back().alone);
    EXPECT_EQ(group_wheels(wheels, 1).size(), 1U);
}

TEST_F(WheelLayers, ChangeLittleWhenAPackageChanges) {
    std::vector<PreparedWheel> wheels(100);
    for (std::size_t i = 0; i < wheels.size(); ++i) {
        wheels[i].wheel.name = fmt::format("package-{}", i);
        wheels[i].wheel_size = 1000;
    }
    const auto before = group_wheels(wheels, 40);
    PreparedWheel more;
    more.wheel.name = "one-more";
    wheels.push_back(more);
    const auto after = group_wheels(wheels, 40);
    ASSERT_EQ(before.size(), after.size());
    std::size_t changed = 0;
    for (std::size_t i = 0; i < before.size(); ++i) changed += before[i] != after[i] ? 1 : 0;
    EXPECT_EQ(changed, 1U);
}

TEST_F(WheelLayers, MergeEqualFiles) {
    const auto layers = build(
        prepare({WheelBuilder("a", "1").file("ns/__init__.py", "same").file("ns/a.py", noise(2000)),
                 WheelBuilder("b", "1").file("ns/__init__.py", "same").file("ns/b.py", "b")}));
    ASSERT_OK(layers);
    const auto files = unpack(*layers);
    EXPECT_EQ(files.at(kSite + "ns/__init__.py"), "same");
    EXPECT_TRUE(files.at(kSite + "ns/a.py") == noise(2000));
    EXPECT_EQ(files.at(kSite + "ns/b.py"), "b");
    EXPECT_TRUE(warnings_.empty());
}

TEST_F(WheelLayers, KeepOneOfFilesThatDifferWhereAllowed) {
    const auto wheels = prepare({WheelBuilder("b", "2").file("pkg/x.py", "MIT"),
                                 WheelBuilder("a", "1").file("pkg/x.py", "BSD").file("a.py", "a")});
    EXPECT_ERROR(build(wheels), "install/conflicting-files", "a 1 and b 2", "pkg/x.py",
                 "conflicting_files");
    const auto layers = build(wheels, {.max_layers = 40, .conflicts = ConflictPolicy::Warn});
    ASSERT_OK(layers);
    const auto files = unpack(*layers);
    EXPECT_EQ(files.at(kSite + "pkg/x.py"), "MIT");  // by name, the last one counts
    EXPECT_EQ(files.at(kSite + "a.py"), "a");
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_EQ(warnings_[0].code, "install/conflicting-files");
    EXPECT_EQ(warnings_[0].message, "a 1 and b 2 both have `/" + kSite +
                                        "pkg/x.py`, with different contents; that of b is used");
}

TEST_F(WheelLayers, HaveTheSameTarInEveryCompression) {
    const auto wheels = prepare({WheelBuilder("big", "1").file("big.bin", noise(1'500'000)),
                                 WheelBuilder("a", "1").file("n.py", "n").file("a.py", noise(5000)),
                                 WheelBuilder("b", "1").file("n.py", "n").file("b.py", "b")});
    const auto gzip = build(wheels);
    ASSERT_OK(gzip);
    const auto files = unpack(*gzip);
    for (const auto compression : {archive::Compression::GzipSingle, archive::Compression::Zstd,
                                   archive::Compression::None}) {
        SCOPED_TRACE(archive::to_string(compression));
        const auto other = build(wheels, {.max_layers = 40, .compression = compression});
        ASSERT_OK(other);
        ASSERT_EQ(other->size(), gzip->size());
        for (std::size_t i = 0; i < gzip->size(); ++i) {
            const auto& blob = (*other)[i].blob;
            EXPECT_EQ(blob.diff_id, (*gzip)[i].blob.diff_id);
            EXPECT_EQ(blob.tar_size, (*gzip)[i].blob.tar_size);
            EXPECT_NE(blob.digest, (*gzip)[i].blob.digest);
            EXPECT_EQ((*other)[i].packages, (*gzip)[i].packages);
            EXPECT_FALSE((*other)[i].cached);
            const auto bytes = read_file(store_.blob_path(blob.digest));
            ASSERT_OK(bytes);
            EXPECT_EQ(Digest::of(*bytes), blob.digest);
            if (compression == archive::Compression::None) EXPECT_EQ(blob.digest, blob.diff_id);
        }
        EXPECT_TRUE(unpack(*other) == files);
        const auto again = build(wheels, {.max_layers = 40, .compression = compression});
        ASSERT_OK(again);
        for (std::size_t i = 0; i < again->size(); ++i) {
            EXPECT_TRUE((*again)[i].cached);
            EXPECT_EQ((*again)[i].blob, (*other)[i].blob);
        }
    }
}

TEST_F(WheelLayers, OfAHugeWheelAreSeveral) {
    const auto builder = WheelBuilder("huge", "1")
                             .file("a.bin", noise(600'000, 1))
                             .file("b.bin", noise(600'000, 2))
                             .file("c/d.bin", noise(600'000, 3));
    const PartLimits limits{.split_above = 1'000'000, .part_size = 700'000};
    const auto wheels = prepare({builder, WheelBuilder("small", "1").file("s.py", "s")}, limits);
    ASSERT_EQ(wheels[0].parts.size(), 3U);
    const auto layers = build(wheels);
    ASSERT_OK(layers);
    ASSERT_EQ(layers->size(), 4U);
    EXPECT_EQ((*layers)[1].packages, std::vector<std::string>{"huge 1 (2 of 3)"});
    EXPECT_EQ((*layers)[3].packages, std::vector<std::string>{"small 1"});
    const auto files = unpack(*layers);
    EXPECT_TRUE(files.at(kSite + "a.bin") == noise(600'000, 1));
    EXPECT_TRUE(files.at(kSite + "c/d.bin") == noise(600'000, 3));
    EXPECT_EQ(files.at(kSite + "s.py"), "s");
    // Without room its parts become one layer again.
    for (const std::size_t room : {1U, 3U}) {
        const auto few = build(wheels, {.max_layers = room});
        ASSERT_OK(few);
        EXPECT_EQ(few->size(), 1U);
        EXPECT_TRUE(unpack(*few) == files);
    }
}

/// One version of one package changes among 100: what has to be pushed and pulled again.
TEST_F(WheelLayers, ChangeLittleWhenAVersionChanges) {
    const auto version_of = [](std::size_t i, std::size_t changed) {
        return i == changed ? std::string("2") : std::string("1");
    };
    // From 1 kB to 2 MB as real ones are: many small, few large.
    const auto builders = [&](std::size_t changed) {
        std::vector<WheelBuilder> result;
        for (std::size_t i = 0; i < 100; ++i) {
            const auto size = std::size_t{1000} << (i % 10 == 9 ? 11 : i % 8);
            const auto version = version_of(i, changed);
            result.push_back(
                WheelBuilder(fmt::format("pack{}", i), version)
                    .file(fmt::format("pack{}.bin", i),
                          noise(size, static_cast<std::uint32_t>(i + (changed == i ? 500 : 0)))));
        }
        return result;
    };
    const auto before = build(prepare(builders(1000)), {.max_layers = 100});
    ASSERT_OK(before);
    std::uint64_t total = 0;
    std::set<Digest> known;
    for (const auto& layer : *before) {
        total += layer.blob.size;
        known.insert(layer.blob.digest);
    }
    EXPECT_EQ(before->size(), 10U + 4U);  // the ten large ones, and four groups
    for (const std::size_t changed : {7U, 99U}) {
        SCOPED_TRACE(changed);
        auto wheels = prepare(builders(changed));
        std::reverse(wheels.begin(), wheels.end());  // the order given does not count
        const auto after = build(wheels, {.max_layers = 100});
        ASSERT_OK(after);
        EXPECT_EQ(after->size(), before->size());
        std::size_t layers = 0;
        std::uint64_t bytes = 0;
        for (const auto& layer : *after)
            if (!known.contains(layer.blob.digest)) {
                ++layers;
                bytes += layer.blob.size;
            }
        EXPECT_EQ(layers, 1U);
        EXPECT_LT(bytes, total / 9) << "of " << total;
        RecordProperty(fmt::format("bytes_{}", changed), static_cast<int>(bytes));
    }
    RecordProperty("bytes_total", static_cast<int>(total));
}

TEST_F(WheelLayers, AreTheSameInEveryProjectAndStore) {
    const auto big = WheelBuilder("big", "1").file("big.bin", noise(1'200'000));
    const auto one = build(prepare({WheelBuilder("a", "1").file("a.py", "a"), big}));
    store_ = store::Store(directory_.path() / "another");
    const auto other =
        build(prepare({big, WheelBuilder("z", "3").file("z.py", "z"),
                       WheelBuilder("huge", "1").file("huge.bin", noise(1'300'000))}));
    ASSERT_OK(one);
    ASSERT_OK(other);
    EXPECT_EQ((*one)[0].packages, std::vector<std::string>{"big 1"});
    EXPECT_EQ((*other)[0].packages, std::vector<std::string>{"big 1"});
    EXPECT_EQ((*one)[0].blob, (*other)[0].blob);
}

TEST_F(WheelLayers, RefuseAFileThatIsADirectory) {
    const auto wheels = prepare({WheelBuilder("a", "1").file("x", "file"),
                                 WheelBuilder("b", "1").file("x/y", "in a directory")});
    EXPECT_ERROR(build(wheels), "install/conflicting-files", "a 1", "b 1", "site-packages/x");
}

TEST_F(WheelLayers, FindDamageInTheStore) {
    const auto wheels =
        prepare({WheelBuilder("a", "1").file("a.py", noise(5000)), WheelBuilder("b", "1")});
    auto bytes = *read_file(store_.blob_path(wheels[0].parts[0].layer.digest));
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
    ASSERT_OK(write_file(store_.blob_path(wheels[0].parts[0].layer.digest), bytes));
    const auto result = build(wheels);
    EXPECT_ERROR(result, "store/damaged");
    EXPECT_FALSE(store_.has_blob(wheels[0].parts[0].layer.digest));
}

TEST_F(WheelLayers, AreNoneWithoutWheels) {
    const auto layers = build({});
    ASSERT_OK(layers);
    EXPECT_TRUE(layers->empty());
}

}  // namespace
}  // namespace pycontainer::install
