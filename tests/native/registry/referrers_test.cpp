#include "oci/artifact.hpp"
#include "oci/media_types.hpp"
#include "registry/registry_client.hpp"
#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/static_keychain.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::registry {
namespace {

using testing::FakeAnswer;
using testing::FakeHttpClient;
using testing::SeenRequest;

const std::string kApi = "https://registry.example/v2/";
const std::string kRepository = kApi + "acme/api/";

/// A registry that keeps what is put under the subject's tag.
class ReferrersTest : public ::testing::Test {
protected:
    ReferrersTest() {
        http_.on("GET", kApi, {.status = 200});
        http_.otherwise([this](const SeenRequest& request) { return answer(request); });
        artifact_.type = "application/spdx+json";
        artifact_.subject.digest = subject_;
        bytes_ = artifact_.to_bytes();
        referrer_ = artifact_.describe(bytes_);
    }

    FakeAnswer answer(const SeenRequest& request) {
        if (request.url == kRepository + "referrers/" + subject_.to_string()) {
            if (!api_) return {.status = 404};
            return {.status = 200,
                    .headers = {{"Content-Type", std::string(oci::kImageIndex)}},
                    .body = *api_};
        }
        if (request.url == kRepository + "manifests/" + referrer_.digest.to_string())
            return {.status = 201, .headers = put_headers_};
        if (request.url != kRepository + "manifests/" + tag_) return {.status = 500};
        if (request.method == "GET") {
            if (tagged_.empty()) return {.status = 404};
            return {.status = 200, .headers = {{"ETag", etag_}}, .body = tagged_};
        }
        ++writes_;
        if (writes_ <= conflicts_) return {.status = 412};
        tagged_ = request.body;
        if (writes_ <= overwrites_) tagged_ = index({"sha256:" + std::string(64, 'c')});
        return {.status = 201};
    }

    static std::string index(const std::vector<std::string>& digests) {
        Json json{
            {"schemaVersion", 2}, {"mediaType", oci::kImageIndex}, {"manifests", Json::array()}};
        for (const auto& digest : digests)
            json["manifests"].push_back({{"mediaType", oci::kImageManifest},
                                         {"digest", digest},
                                         {"size", 1},
                                         {"data", "e30="}});
        return json.dump();
    }
    Result<ReferrerListing> put() {
        return client_.put_referrer(context_.ctx, reference_, referrer_, bytes_, subject_);
    }
    std::vector<std::string> tagged() const {
        std::vector<std::string> digests;
        const auto index = Json::parse(tagged_);
        for (const auto& entry : index.at("manifests")) digests.push_back(entry.at("digest"));
        return digests;
    }

    testing::TestContext context_;
    FakeHttpClient http_;
    testing::StaticKeychain keychain_;
    RegistryClient client_{http_,
                           keychain_,
                           {.first_delay = std::chrono::milliseconds(0),
                            .referrers_settle = std::chrono::milliseconds(1)}};
    oci::Reference reference_ = *oci::Reference::parse("registry.example/acme/api:1");
    const Digest subject_ = Digest::of("the image");
    const std::string tag_ = oci::referrers_tag(subject_);
    oci::Artifact artifact_;
    std::string bytes_;
    oci::Descriptor referrer_;
    net::Headers put_headers_;
    std::optional<std::string> api_;
    std::string tagged_;
    std::string etag_ = "\"1\"";
    int writes_ = 0;
    int conflicts_ = 0;   ///< the first writes are refused
    int overwrites_ = 0;  ///< after the first writes somebody else writes
};

TEST_F(ReferrersTest, AreKeptByARegistryThatSaysSo) {
    put_headers_.add("OCI-Subject", subject_.to_string());
    const auto listing = put();
    ASSERT_OK(listing);
    EXPECT_EQ(*listing, ReferrerListing::Api);
    EXPECT_EQ(writes_, 0);
}

TEST_F(ReferrersTest, AreKeptByARegistryThatListsThemWithoutSayingSo) {
    api_ = index({referrer_.digest.to_string()});
    const auto listing = put();
    ASSERT_OK(listing);
    EXPECT_EQ(*listing, ReferrerListing::Api);
}

TEST_F(ReferrersTest, GoUnderATagOtherwise) {
    const auto listing = put();
    ASSERT_OK(listing);
    EXPECT_EQ(*listing, ReferrerListing::Tag);
    EXPECT_EQ(tagged(), std::vector{referrer_.digest.to_string()});
    EXPECT_EQ(Json::parse(tagged_).at("manifests").at(0).at("artifactType"),
              "application/spdx+json");
    EXPECT_EQ(http_.requests("PUT").back().headers.find("If-None-Match"), "*");
}

TEST_F(ReferrersTest, OfOthersStayAsTheyAre) {
    const auto other = "sha256:" + std::string(64, 'b');
    tagged_ = index({other});
    ASSERT_OK(put());
    EXPECT_EQ(tagged(), (std::vector{other, referrer_.digest.to_string()}));
    EXPECT_EQ(Json::parse(tagged_).at("manifests").at(0).at("data"), "e30=");
    EXPECT_EQ(http_.requests("PUT").back().headers.find("If-Match"), "\"1\"");
}

TEST_F(ReferrersTest, AreWrittenAgainWhenSomebodyElseHasWritten) {
    conflicts_ = 2;
    overwrites_ = 4;
    ASSERT_OK(put());
    EXPECT_EQ(tagged(),
              (std::vector{"sha256:" + std::string(64, 'c'), referrer_.digest.to_string()}));
    EXPECT_EQ(writes_, 5);
}

TEST_F(ReferrersTest, AreListedOnce) {
    ASSERT_OK(put());
    ASSERT_OK(put());
    EXPECT_EQ(writes_, 1);
    const auto found = client_.referrers(context_.ctx, reference_, subject_);
    ASSERT_OK(found);
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().artifact_type, "application/spdx+json");
}

TEST_F(ReferrersTest, OfNobodyAreNone) {
    const auto found = client_.referrers(context_.ctx, reference_, subject_);
    ASSERT_OK(found);
    EXPECT_TRUE(found->empty());
}

TEST_F(ReferrersTest, AreNotPutWhereATagStandsForSomethingElse) {
    tagged_ = R"({"schemaVersion":2,"layers":[]})";
    EXPECT_ERROR(put(), "registry/invalid-referrers", tag_);
    tagged_ = "<html>";
    EXPECT_ERROR(put(), "registry/invalid-referrers");
    EXPECT_EQ(writes_, 0);
}

TEST_F(ReferrersTest, AreReadPageByPage) {
    const auto url = kRepository + "referrers/" + subject_.to_string();
    const net::Headers type{{"Content-Type", std::string(oci::kImageIndex)}};
    auto first = type;
    first.add("Link", "<" + url.substr(url.find("/v2")) + "?n=2>; rel=\"next\"");
    auto last = type;
    last.add("Link", "<https://elsewhere.example/>; rel=\"next\"");
    http_.on("GET", url,
             {.status = 200, .headers = first, .body = index({"sha256:" + std::string(64, 'a')})});
    http_.on("GET", url + "?n=2",
             {.status = 200, .headers = last, .body = index({"sha256:" + std::string(64, 'b')})});
    const auto found = client_.referrers(context_.ctx, reference_, subject_);
    ASSERT_OK(found);
    EXPECT_EQ(found->size(), 2U);
}

TEST_F(ReferrersTest, ThatARegistryDoesNotTellAreAnError) {
    const auto url = kRepository + "referrers/" + subject_.to_string();
    http_.on("GET", url, {.status = 403});
    EXPECT_ERROR(client_.referrers(context_.ctx, reference_, subject_), "registry/forbidden");
}

TEST_F(ReferrersTest, AreLookedForUnderTheTagWhereAPageForPeopleAnswers) {
    tagged_ = index({"sha256:" + std::string(64, 'b')});
    http_.on("GET", kRepository + "referrers/" + subject_.to_string(),
             {.status = 200, .headers = {{"Content-Type", "text/html"}}, .body = "<html>"});
    const auto found = client_.referrers(context_.ctx, reference_, subject_);
    ASSERT_OK(found);
    EXPECT_EQ(found->size(), 1U);
}

}  // namespace
}  // namespace pycontainer::registry
