#include "install/wheels.hpp"

#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"
#include "support/wheel_builder.hpp"

#include <gtest/gtest.h>

namespace pycontainer::install {
namespace {

using testing::FakeHttpClient;
using testing::WheelBuilder;

class Wheels : public ::testing::Test {
protected:
    Wheels() {
        scheme_.python_minor = 11;
        scheme_.lib_name = "python3.11";
        scheme_.machine = "x86_64";
    }

    static std::string address(const WheelBuilder& wheel) {
        return "https://files.index.example/" + wheel.filename();
    }

    /// As a lock names it, served by the fake index.
    resolve::SelectedWheel served(const WheelBuilder& wheel) {
        const auto bytes = wheel.build();
        http_.on("GET", address(wheel), {.body = bytes});
        return locked(wheel, bytes);
    }
    static resolve::SelectedWheel locked(const WheelBuilder& wheel, const std::string& bytes) {
        resolve::SelectedWheel selected;
        selected.name = wheel.stem().substr(0, wheel.stem().find('-'));
        selected.version = wheel.stem().substr(wheel.stem().find('-') + 1);
        selected.filename = wheel.filename();
        selected.url = address(wheel);
        selected.sha256 = Digest::of(bytes);
        selected.size = bytes.size();
        return selected;
    }

    Result<std::vector<PreparedWheel>> prepare(const std::vector<resolve::SelectedWheel>& wheels,
                                               unsigned concurrency = 1) {
        testing::TestContext test({}, concurrency);
        return prepare_wheels(test.ctx, wheels, scheme_, http_, store_);
    }
    /// From a source that knows another place.
    Result<FetchedWheel> fetch_from(const resolve::SelectedWheel& wheel, WheelSource::Asked when,
                                    std::optional<std::string> place) {
        testing::TestContext test;
        return fetch_wheel(test.ctx, wheel,
                           {http_,
                            [=](const exec::Context&, const resolve::SelectedWheel&,
                                WheelSource::Asked asked) -> Result<std::optional<std::string>> {
                                return asked == when ? place : std::nullopt;
                            }},
                           store_);
    }
    static const archive::LayerBlob& layer_of(const std::vector<PreparedWheel>& wheels) {
        return wheels.front().parts.front().layer;
    }
    std::size_t blobs() const {
        std::size_t count = 0;
        for (const char* directory : {"blobs", "incoming"})
            if (const auto path = store_.root() / directory; std::filesystem::exists(path))
                for (const auto& item : std::filesystem::recursive_directory_iterator(path))
                    count += item.is_regular_file() ? 1 : 0;
        return count;
    }

    TemporaryDirectory directory_ = *TemporaryDirectory::create(::testing::TempDir(), "wheels-");
    store::Store store_{directory_.path() / "store"};
    FakeHttpClient http_;
    Scheme scheme_;
};

TEST_F(Wheels, AreFetchedAndConvertedOnce) {
    const auto wheel = WheelBuilder("demo", "1.0")
                           .metadata("Name: demo\nVersion: 1.0\nRequires-Python: >=3.8\n")
                           .file("demo.py", "x = 1\n")
                           .file("ns/__init__.py", "")
                           .requires_dist("other");
    const std::vector<resolve::SelectedWheel> wheels = {served(wheel)};
    const auto first = prepare(wheels);
    ASSERT_OK(first);
    ASSERT_EQ(first->size(), 1U);
    EXPECT_FALSE(first->front().cached);
    EXPECT_TRUE(store_.has_blob(layer_of(*first).digest, layer_of(*first).size));

    FakeHttpClient nothing;  // fails the test when it is asked
    testing::TestContext test;
    const auto again = prepare_wheels(test.ctx, wheels, scheme_, nothing, store_);
    ASSERT_OK(again);
    const auto& a = first->front();
    const auto& b = again->front();
    EXPECT_TRUE(b.cached);
    EXPECT_EQ(a.parts, b.parts);
    EXPECT_EQ(a.requires_python, b.requires_python);
    EXPECT_EQ(a.files, b.files);
    EXPECT_EQ(a.directories, b.directories);
    EXPECT_EQ(a.requires_dist, b.requires_dist);
    EXPECT_EQ(a.wheel_digest, b.wheel_digest);
    EXPECT_EQ(a.wheel_size, b.wheel_size);
    EXPECT_EQ(a.installed_size, b.installed_size);
    EXPECT_EQ(a.version, b.version);
}

TEST_F(Wheels, KeepTheirOrderAndLayersForAnyConcurrency) {
    std::vector<resolve::SelectedWheel> wheels;
    for (int i = 0; i < 12; ++i)
        wheels.push_back(
            served(WheelBuilder(fmt::format("demo{}", i), "1.0")
                       .file("m.py", std::string(static_cast<std::size_t>(i) * 100, 'x'))));
    const auto one = prepare(wheels);
    ASSERT_OK(one);
    store_ = store::Store(directory_.path() / "other");
    const auto many = prepare(wheels, 4);
    ASSERT_OK(many);
    for (std::size_t i = 0; i < wheels.size(); ++i) {
        EXPECT_EQ((*many)[i].wheel.name, wheels[i].name);
        EXPECT_EQ((*many)[i].parts, (*one)[i].parts);
    }
}

TEST_F(Wheels, WithAWrongHashLeaveNothing) {
    auto wheel = served(WheelBuilder("demo", "1.0"));
    const auto got = wheel.sha256->hex();
    wheel.sha256 = Digest::of("something else");
    EXPECT_ERROR(prepare({wheel}), "install/wrong-hash", "demo-1.0-py3-none-any.whl", got,
                 wheel.sha256->hex());
    EXPECT_EQ(blobs(), 0U);
}

TEST_F(Wheels, WithAWrongSizeLeaveNothing) {
    auto wheel = served(WheelBuilder("demo", "1.0"));
    const auto size = *wheel.size;
    wheel.size = size - 1;
    EXPECT_ERROR(prepare({wheel}), "install/wrong-size", "more than");
    wheel.size = size + 1;
    EXPECT_ERROR(prepare({wheel}), "install/wrong-size");
    EXPECT_EQ(blobs(), 0U);
}

TEST_F(Wheels, ThatAreInvalidLeaveNothing) {
    const auto wheel = served(WheelBuilder("demo", "1.0").file("../evil", ""));
    const auto result = prepare({wheel});
    EXPECT_ERROR(result, "wheel/unsafe-name");
    EXPECT_EQ(result.error().context, std::vector<std::string>{"installing demo 1.0"});
    EXPECT_EQ(blobs(), 0U);
}

TEST_F(Wheels, OfThisMachineAreReadFromThere) {
    const auto wheel = WheelBuilder("demo", "1.0").file("demo.py", "1");
    const auto path = directory_.path() / wheel.filename();
    ASSERT_OK(write_file(path, wheel.build()));
    auto selected = locked(wheel, wheel.build());
    selected.url.clear();
    selected.local_path = path;
    const auto hashed = prepare({selected});
    ASSERT_OK(hashed);

    selected.local_path.clear();
    selected.url = "file://" + path.string();
    selected.sha256.reset();
    selected.size.reset();
    const auto unhashed = prepare({selected});
    ASSERT_OK(unhashed);
    EXPECT_EQ(unhashed->front().parts, hashed->front().parts);
    EXPECT_TRUE(unhashed->front().cached);

    selected.sha256 = Digest::of("other");
    EXPECT_ERROR(prepare({selected}), "install/wrong-hash");
    selected.local_path = directory_.path() / "missing.whl";
    EXPECT_ERROR(prepare({selected}), "file/not-found", "missing.whl");
    selected.local_path.clear();
    selected.url.clear();
    EXPECT_ERROR(prepare({selected}), "install/no-source", "demo");
}

TEST_F(Wheels, WithoutAHashAreRememberedByAddress) {
    auto wheel = served(WheelBuilder("demo", "1.0"));
    wheel.sha256.reset();
    ASSERT_OK(prepare({wheel}));
    const auto again = prepare({wheel});
    ASSERT_OK(again);
    EXPECT_TRUE(again->front().cached);
    EXPECT_EQ(http_.requests().size(), 1U);
}

TEST_F(Wheels, SayWhyTheyCannotBeDownloaded) {
    const auto wheel = WheelBuilder("demo", "1.0");
    for (const auto& [status, hint] : std::map<int, std::string>{
             {401, "credentials"}, {403, "credentials"}, {404, "lock again"}, {500, "later"}}) {
        http_.on("GET", fmt::format("https://index.example/{}", status),
                 {.status = status, .body = "no"});
        auto selected = locked(wheel, wheel.build());
        selected.url = fmt::format("https://user:secret@index.example/{}", status);
        const auto result = prepare({selected});
        EXPECT_ERROR(result, "install/download-failed", std::to_string(status), hint,
                     "index.example", wheel.filename());
        EXPECT_EQ(result.error().message.find("secret"), std::string::npos);
    }
    auto selected = locked(wheel, wheel.build());
    selected.url = "https://index.example/lost";
    http_.on("GET", selected.url, FakeHttpClient::failing("net/unreachable"));
    const auto result = prepare({selected});
    EXPECT_ERROR(result, "net/unreachable");
    EXPECT_EQ(result.error().context,
              std::vector<std::string>{"downloading `demo-1.0-py3-none-any.whl`"});
    EXPECT_EQ(blobs(), 0U);
}

TEST_F(Wheels, AreMadeAgainWhenTheStoreLostThem) {
    const std::vector<resolve::SelectedWheel> wheels = {served(WheelBuilder("demo", "1.0"))};
    const auto first = prepare(wheels);
    ASSERT_OK(first);
    std::filesystem::remove(store_.blob_path(layer_of(*first).digest));
    const auto second = prepare(wheels);  // from the wheel in the store
    ASSERT_OK(second);
    EXPECT_FALSE(second->front().cached);
    EXPECT_EQ(http_.requests().size(), 1U);

    std::filesystem::remove(store_.blob_path(layer_of(*first).digest));
    ASSERT_OK(write_file(store_.blob_path(*wheels[0].sha256), "torn"));
    ASSERT_OK(prepare(wheels));  // the torn wheel is fetched again
    EXPECT_EQ(http_.requests().size(), 2U);
}

TEST_F(Wheels, AreNotTakenForAnotherPackage) {
    const auto wheel = WheelBuilder("demo", "1.0");
    ASSERT_OK(prepare({served(wheel)}));
    auto renamed = locked(wheel, wheel.build());
    renamed.name = "other";
    renamed.filename = "other-1.0-py3-none-any.whl";
    EXPECT_ERROR(prepare({renamed}), "wheel/wrong-name");
}

TEST_F(Wheels, MustAllowTheImagesPython) {
    int versions = 0;
    const auto needing = [&](const std::string& specifiers) {
        const auto version = std::to_string(++versions);  // each has an address of its own
        return served(WheelBuilder("demo", version)
                          .metadata(fmt::format("Name: demo\nVersion: {}\nRequires-Python: {}\n",
                                                version, specifiers)));
    };
    const auto check = [&](const std::string& python, const std::string& specifiers, bool fits) {
        SCOPED_TRACE(python + " for " + specifiers);
        scheme_.python_version = python;
        const auto wheel = needing(specifiers);
        for (int again = 0; again < 2; ++again) {  // also when it is remembered
            const auto result = prepare({wheel});
            if (fits)
                EXPECT_OK(result);
            else
                EXPECT_ERROR(result, "install/wrong-python", "demo", python, "lock again");
        }
    };
    check("3.11.2", ">=3.8", true);
    check("3.11.2", ">=3.8,<3.11.3", true);
    check("3.11.2", ">=3.12", false);
    check("3.11.2", "!=3.11.*", false);
    check("3.11.2", "<3.11.2", false);
    check("3.14.0rc1", ">=3.14", true);  // it will be 3.14.0
    check("", ">=3.12", true);           // nobody knows
}

TEST_F(Wheels, ThatAreHugeHaveSeveralLayers) {
    const PartLimits limits{.split_above = 1000, .part_size = 1000};
    std::string text;
    for (int i = 0; i < 900; ++i) text += std::to_string(i * 7919);
    const auto wheel =
        served(WheelBuilder("demo", "1.0").file("a.py", text).file("b.py", text + "b"));
    testing::TestContext test;
    const std::vector<resolve::SelectedWheel> wheels = {wheel};
    const auto first = prepare_wheels(test.ctx, wheels, scheme_, http_, store_, limits);
    ASSERT_OK(first);
    const auto& parts = first->front().parts;
    ASSERT_GT(parts.size(), 1U);
    for (const auto& part : parts)
        EXPECT_EQ(Digest::of(*read_file(store_.blob_path(part.layer.digest))), part.layer.digest);
    const auto again = prepare_wheels(test.ctx, wheels, scheme_, http_, store_, limits);
    ASSERT_OK(again);
    EXPECT_TRUE(again->front().cached);
    EXPECT_EQ(again->front().parts, parts);
    // One lost part makes all of them anew.
    std::filesystem::remove(store_.blob_path(parts.back().layer.digest));
    const auto remade = prepare_wheels(test.ctx, wheels, scheme_, http_, store_, limits);
    ASSERT_OK(remade);
    EXPECT_FALSE(remade->front().cached);
    EXPECT_EQ(remade->front().parts, parts);
    EXPECT_NE(layer_of(*first).digest, layer_of(prepare(wheels).value()).digest);
}

TEST_F(Wheels, DependOnTheScheme) {
    const auto wheel = served(WheelBuilder("demo", "1.0").file("demo.py", "1"));
    const auto first = prepare({wheel});
    ASSERT_OK(first);
    scheme_.lib_name = "python3.12";
    scheme_.python_minor = 12;
    const auto second = prepare({wheel});
    ASSERT_OK(second);
    EXPECT_NE(layer_of(*first).digest, layer_of(*second).digest);
    EXPECT_EQ(http_.requests().size(), 1U);  // the wheel itself was there
}

TEST_F(Wheels, AreTakenFromAMirrorInsteadOfTheLocksAddress) {
    const WheelBuilder wheel("foo", "1.0");
    const auto bytes = wheel.build();
    http_.on("GET", "https://mirror.example/foo.whl", {.body = bytes});
    ASSERT_OK(fetch_from(locked(wheel, bytes), WheelSource::Asked::First,
                         "https://mirror.example/foo.whl"));
    EXPECT_EQ(http_.requests().size(), 1U);
}

TEST_F(Wheels, AreTakenFromElsewhereWhenTheirServerIsGone) {
    for (const auto& answer :
         {testing::FakeAnswer{.status = 404}, FakeHttpClient::failing("net/unresolved", false)}) {
        const WheelBuilder wheel("foo", answer.status == 404 ? "1.0" : "2.0");
        const auto bytes = wheel.build();
        const auto other = "https://other.example/" + wheel.stem() + "/";
        http_.on("GET", address(wheel), answer);
        http_.on("GET", other + "foo.whl", {.body = bytes});
        http_.on("GET", other + "bar.whl", {.body = "exchanged"});
        const auto selected = locked(wheel, bytes);
        EXPECT_ERROR(fetch_from(selected, WheelSource::Asked::AfterFailure, std::nullopt),
                     answer.status == 404 ? "install/download-failed" : "net/unresolved");
        EXPECT_FALSE(fetch_from(selected, WheelSource::Asked::AfterFailure, other + "bar.whl"))
            << "the lock's hash counts there, too";
        ASSERT_OK(fetch_from(selected, WheelSource::Asked::AfterFailure, other + "foo.whl"));
        auto unverified = selected;
        unverified.sha256.reset();
        EXPECT_FALSE(fetch_from(unverified, WheelSource::Asked::AfterFailure, other + "foo.whl"));
    }
}

}  // namespace
}  // namespace pycontainer::install
