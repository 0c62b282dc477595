#include "registry/registry_client.hpp"

#include "credentials/base64.hpp"
#include "net/retrying_http_client.hpp"
#include "oci/media_types.hpp"
#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/static_keychain.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::registry {
namespace {

using testing::FakeAnswer;
using testing::FakeHttpClient;

const std::string kApi = "https://ghcr.io/v2/";
const std::string kUploads = kApi + "acme/api/blobs/uploads/";
constexpr auto kTokenService = R"(Bearer realm="https://ghcr.io/token",service="s")";
constexpr auto kPullToken = "https://ghcr.io/token?service=s&scope=repository%3Aacme%2Fapi%3Apull";
constexpr auto kPushToken =
    "https://ghcr.io/token?service=s&scope=repository%3Aacme%2Fapi%3Apull%2Cpush";

std::string put_url(const std::string& location, const Digest& digest) {
    return location + (location.find('?') == std::string::npos ? "?" : "&") + "digest=sha256%3A" +
           digest.hex();
}

class RegistryClientTest : public ::testing::Test {
protected:
    RegistryClientTest() {
        keychain_.set("ghcr.io", {"me", "s3cret", "", "the test", {}});
        blob_.media_type = std::string(oci::kLayerGzip);
        blob_.digest = Digest::of(content_);
        blob_.size = content_.size();
    }

    void open_registry() { http_.on("GET", kApi, {.status = 200}); }
    void token_registry() {
        http_.on("GET", kApi, {.status = 401, .headers = {{"WWW-Authenticate", kTokenService}}});
    }
    std::string blob_url() const { return kApi + "acme/api/blobs/" + blob_.digest.to_string(); }

    BlobOpener opener() {
        return [this]() -> Result<net::BodySource> {
            ++opened_;
            return net::text_source(content_);
        };
    }
    Result<std::string> fetch(RegistryClient& client) {
        std::string got;
        PYC_TRY(
            client.fetch_blob(context_.ctx, reference_, blob_, [&](Bytes bytes) -> Result<void> {
                got += as_text(bytes);
                return {};
            }));
        return got;
    }
    Result<BlobOutcome> push(const std::optional<std::string>& mount_from = std::nullopt) {
        return client_.push_blob(context_.ctx, reference_, blob_, opener(), mount_from);
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        for (const auto& request : http_.requests())
            all.push_back(request.method + " " + request.url);
        return all;
    }

    testing::TestContext context_;
    FakeHttpClient http_;
    testing::StaticKeychain keychain_;
    net::RetryingHttpClient retrying_{http_,
                                      {.first_delay = std::chrono::milliseconds(1),
                                       .longest_delay = std::chrono::milliseconds(1)}};
    RegistryClient client_{retrying_, keychain_, {.first_delay = std::chrono::milliseconds(1)}};
    oci::Reference reference_ = *oci::Reference::parse("ghcr.io/acme/api:1");
    const std::string content_ = "the bytes of a layer";
    oci::Descriptor blob_;
    int opened_ = 0;
};

// ---- Reaching registries

TEST_F(RegistryClientTest, KnowsWhereDockerHubLives) {
    http_.on("GET", "https://registry-1.docker.io/v2/", {.status = 200});
    http_.on(
        "GET", "https://registry-1.docker.io/v2/library/python/manifests/3.11",
        {.status = 200,
         .headers = {{"Content-Type", "application/vnd.oci.image.index.v1+json; charset=utf-8"}},
         .body = "{}"});
    const auto content = client_.manifest(context_.ctx, *oci::Reference::parse("python:3.11"));
    ASSERT_OK(content);
    EXPECT_EQ(content->media_type, oci::kImageIndex);
    EXPECT_EQ(content->digest, Digest::of("{}"));
}

TEST_F(RegistryClientTest, TriesPlainHttpOnLoopbackOnlyWithoutTls) {
    const auto reference = *oci::Reference::parse("127.0.0.1:5000/api:1");
    keychain_.set("127.0.0.1:5000", {"me", "s3cret", "", "the test", {}});
    http_.on("GET", "https://127.0.0.1:5000/v2/", FakeHttpClient::failing("net/not-tls", false));
    http_.on("GET", "http://127.0.0.1:5000/v2/",
             {.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"x\""}}});
    http_.on("HEAD", "http://127.0.0.1:5000/v2/api/manifests/1", {.status = 404});
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(client_.head_manifest(context_.ctx, reference).value(), std::nullopt);
    const auto seen = http_.requests();
    ASSERT_EQ(seen.size(), 4U);  // how it is reached is remembered
    EXPECT_EQ(seen[0].headers.find("Authorization"), std::nullopt);
    EXPECT_EQ(seen[1].headers.find("Authorization"), std::nullopt);
    EXPECT_EQ(seen[2].headers.find("Authorization"),
              "Basic " + credentials::to_base64("me:s3cret"));
}

TEST_F(RegistryClientTest, NeverFallsBackAfterACertificateError) {
    http_.on("GET", "https://localhost:5000/v2/", FakeHttpClient::failing("net/tls", false));
    EXPECT_ERROR(
        client_.head_manifest(context_.ctx, *oci::Reference::parse("localhost:5000/api:1")),
        "net/tls", "made-up");
    http_.on("GET", kApi, FakeHttpClient::failing("net/not-tls", false));
    EXPECT_ERROR(client_.head_manifest(context_.ctx, reference_), "net/not-tls", "made-up");
    EXPECT_EQ(http_.requests().size(), 2U);
}

TEST_F(RegistryClientTest, DoesNotTakeATlsServersComplaintForARegistry) {
    http_.on("GET", "https://127.0.0.1:5000/v2/", FakeHttpClient::failing("net/timeout", true));
    http_.on("GET", "http://127.0.0.1:5000/v2/",
             {.status = 400, .body = "Client sent an HTTP request to an HTTPS server."});
    EXPECT_ERROR(
        client_.head_manifest(context_.ctx, *oci::Reference::parse("127.0.0.1:5000/api:1")),
        "net/timeout");
}

TEST_F(RegistryClientTest, TriesTlsAgainWhereTheLineIsBad) {
    const auto reference = *oci::Reference::parse("127.0.0.1:5000/api:1");
    const std::string api = "https://127.0.0.1:5000/v2/";
    http_.on("GET", api, FakeHttpClient::failing("net/interrupted"));
    http_.on("GET", api, FakeHttpClient::failing("net/interrupted"));
    http_.on("GET", api, {.status = 200});
    http_.on("GET", "http://127.0.0.1:5000/v2/", {.status = 400});
    http_.on("HEAD", api + "api/manifests/1", {.status = 404});
    EXPECT_EQ(client_.head_manifest(context_.ctx, reference).value(), std::nullopt);
}

// ---- Pulling

TEST_F(RegistryClientTest, PullsAManifestWithATokenForPullOnly) {
    token_registry();
    http_.on("GET", kPullToken, {.status = 200, .body = R"({"token": "t"})"});
    http_.on("GET", kApi + "acme/api/manifests/1",
             {.status = 200,
              .headers = {{"Content-Type", std::string(oci::kDockerManifest)}},
              .body = "{}"});
    const auto content = client_.manifest(context_.ctx, reference_);
    ASSERT_OK(content);
    EXPECT_EQ(content->bytes, "{}");
    EXPECT_EQ(content->media_type, oci::kDockerManifest);
    const auto last = http_.requests().back();
    EXPECT_EQ(last.headers.find("Authorization"), "Bearer t");
    EXPECT_EQ(last.headers.find_all("Accept").size(), 1U);
    for (const auto type :
         {oci::kImageIndex, oci::kImageManifest, oci::kDockerManifestList, oci::kDockerManifest})
        EXPECT_NE(last.headers.find("Accept")->find(type), std::string::npos);
}

TEST_F(RegistryClientTest, VerifiesManifests) {
    open_registry();
    const auto by_digest = reference_.with_digest(Digest::of("expected"));
    http_.on("GET", kApi + "acme/api/manifests/" + Digest::of("expected").to_string(),
             {.status = 200, .body = "other"});
    EXPECT_ERROR(client_.manifest(context_.ctx, by_digest), "registry/digest-mismatch",
                 Digest::of("other").to_string());
    http_.on("GET", kApi + "acme/api/manifests/1",
             {.status = 200,
              .headers = {{"Docker-Content-Digest", Digest::of("announced").to_string()}},
              .body = "{}"});
    EXPECT_ERROR(client_.manifest(context_.ctx, reference_), "registry/digest-mismatch",
                 "announced");
}

TEST_F(RegistryClientTest, LimitsManifests) {
    open_registry();
    http_.on("GET", kApi + "acme/api/manifests/1",
             {.status = 200, .body = std::string((4U << 20U) + 1, ' ')});
    EXPECT_ERROR(client_.manifest(context_.ctx, reference_), "net/too-large");
}

TEST_F(RegistryClientTest, LooksAtManifestsWithoutFetchingThem) {
    open_registry();
    const auto url = kApi + "acme/api/manifests/1";
    http_.on("HEAD", url,
             {.status = 200, .headers = {{"Docker-Content-Digest", Digest::of("x").to_string()}}});
    http_.on("HEAD", url, {.status = 404});
    http_.on("HEAD", url, {.status = 200});
    http_.on("GET", url, {.status = 200, .body = "{}"});
    EXPECT_EQ(client_.head_manifest(context_.ctx, reference_).value(), Digest::of("x"));
    EXPECT_EQ(client_.head_manifest(context_.ctx, reference_).value(), std::nullopt);
    EXPECT_EQ(client_.head_manifest(context_.ctx, reference_).value(), Digest::of("{}"));
}

TEST_F(RegistryClientTest, SaysWhatIsMissing) {
    open_registry();
    http_.on(
        "GET", kApi + "acme/api/manifests/1",
        {.status = 404,
         .body = R"({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]})"});
    EXPECT_ERROR(client_.manifest(context_.ctx, reference_), "registry/not-found",
                 "ghcr.io/acme/api:1", "MANIFEST_UNKNOWN");
    http_.on("GET", blob_url(), {.status = 404});
    EXPECT_ERROR(fetch(client_), "registry/not-found", blob_.digest.to_string());
}

TEST_F(RegistryClientTest, FetchesABlobFromStorageWithoutShowingItTheToken) {
    token_registry();
    http_.on("GET", kPullToken, {.status = 200, .body = R"({"token": "t"})"});
    http_.on("GET", blob_url(),
             {.status = 307, .headers = {{"Location", "https://storage.example/x?sig=1"}}});
    http_.on("GET", "https://storage.example/x?sig=1", {.status = 200, .body = content_});
    EXPECT_EQ(fetch(client_).value(), content_);
    EXPECT_EQ(http_.requests().back().headers.find("Authorization"), std::nullopt);
}

TEST_F(RegistryClientTest, ContinuesABlobThatBrokeOff) {
    open_registry();
    http_.on("GET", blob_url(), FakeHttpClient::cut_after(7, {.status = 200, .body = content_}));
    http_.on("GET", blob_url(),
             {.status = 206,
              .headers = {{"Content-Range", "bytes 7-19/20"}},
              .body = content_.substr(7)});
    EXPECT_EQ(fetch(client_).value(), content_);
}

TEST_F(RegistryClientTest, VerifiesBlobs) {
    for (const auto& body :
         {std::string("the bytes of a lAyer"), content_.substr(1), content_ + "!", std::string()}) {
        FakeHttpClient http;
        http.on("GET", kApi, {.status = 200});
        http.on("GET", blob_url(), {.status = 200, .body = body});
        RegistryClient client(http, keychain_);
        EXPECT_ERROR(fetch(client), "registry/digest-mismatch", blob_.digest.to_string());
    }
}

TEST_F(RegistryClientTest, GetsANewTokenWhenTheOldOneEnded) {
    token_registry();
    http_.on("GET", kPullToken, {.status = 200, .body = R"({"token": "t1", "expires_in": 300})"});
    http_.on("GET", kPullToken, {.status = 200, .body = R"({"token": "t2", "expires_in": 300})"});
    http_.on("GET", blob_url(), {.status = 401, .headers = {{"WWW-Authenticate", kTokenService}}});
    http_.on("GET", blob_url(), {.status = 200, .body = content_});
    EXPECT_EQ(fetch(client_).value(), content_);
    EXPECT_EQ(http_.requests().back().headers.find_all("Authorization"),
              std::vector<std::string>{"Bearer t2"});
}

TEST_F(RegistryClientTest, DoesNotAskForever) {
    token_registry();
    http_.on("GET", kPullToken, {.status = 200, .body = R"({"token": "t"})"});
    http_.on("GET", blob_url(), {.status = 401, .headers = {{"WWW-Authenticate", kTokenService}}});
    EXPECT_ERROR(fetch(client_), "registry/unauthorized", "the test");
    EXPECT_EQ(http_.requests().size(), 5U);  // ping, and token and blob twice
}

// ---- Pushing

TEST_F(RegistryClientTest, SendsNoBlobThatIsThere) {
    open_registry();
    http_.on("HEAD", blob_url(), {.status = 200});
    EXPECT_EQ(push("library/python").value(), BlobOutcome::Present);
    EXPECT_EQ(opened_, 0);
}

TEST_F(RegistryClientTest, MountsFromAnotherRepository) {
    token_registry();
    http_.on("GET", std::string(kPushToken) + "&scope=repository%3Alibrary%2Fpython%3Apull",
             {.status = 200, .body = R"({"token": "t"})"});
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("POST", kUploads + "?mount=sha256%3A" + blob_.digest.hex() + "&from=library%2Fpython",
             {.status = 201});
    EXPECT_EQ(push("library/python").value(), BlobOutcome::Mounted);
    EXPECT_EQ(opened_, 0);
}

TEST_F(RegistryClientTest, GoesOnWithTheUploadThatARefusedMountStarts) {
    open_registry();
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("POST", kUploads + "?mount=sha256%3A" + blob_.digest.hex() + "&from=library%2Fpython",
             {.status = 202, .headers = {{"Location", "/upload/1?_state=x"}}});
    http_.on("PUT", put_url("https://ghcr.io/upload/1?_state=x", blob_.digest), {.status = 201});
    EXPECT_EQ(push("library/python").value(), BlobOutcome::Uploaded);
    EXPECT_EQ(http_.requests("POST").size(), 1U);
}

TEST_F(RegistryClientTest, UploadsWhereMountingIsUnknown) {
    for (const int status : {400, 403, 404, 405, 500}) {
        FakeHttpClient http;
        http.on("GET", kApi, {.status = 200});
        http.on("HEAD", blob_url(), {.status = 404});
        http.on("POST",
                kUploads + "?mount=sha256%3A" + blob_.digest.hex() + "&from=library%2Fpython",
                {.status = status});
        http.on("POST", kUploads, {.status = 202, .headers = {{"Location", "/upload/1"}}});
        http.on("PUT", put_url("https://ghcr.io/upload/1", blob_.digest), {.status = 201});
        RegistryClient client(http, keychain_);
        EXPECT_EQ(
            client.push_blob(context_.ctx, reference_, blob_, opener(), "library/python").value(),
            BlobOutcome::Uploaded)
            << status;
    }
}

TEST_F(RegistryClientTest, UploadsInOneStream) {
    open_registry();
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("POST", kUploads,
             {.status = 202, .headers = {{"Location", kUploads + "id?_state=a%2Fb"}}});
    http_.on("PUT", put_url(kUploads + "id?_state=a%2Fb", blob_.digest),
             {.status = 201, .headers = {{"Docker-Content-Digest", blob_.digest.to_string()}}});
    std::vector<std::uint64_t> sent;
    const auto outcome = client_.push_blob(context_.ctx, reference_, blob_, opener(), std::nullopt,
                                           [&](std::uint64_t bytes) { sent.push_back(bytes); });
    ASSERT_OK(outcome);
    EXPECT_EQ(*outcome, BlobOutcome::Uploaded);
    EXPECT_EQ(sent.front(), 0U);
    EXPECT_EQ(sent.back(), content_.size());
    const auto put = http_.requests().back();
    EXPECT_EQ(put.body, content_);
    EXPECT_EQ(put.headers.find("Content-Type"), "application/octet-stream");
}

TEST_F(RegistryClientTest, RepeatsABrokenUploadWhole) {
    open_registry();
    http_.on("HEAD", blob_url(), {.status = 404});
    for (int i = 1; i <= 4; ++i)
        http_.on("POST", kUploads,
                 {.status = 202, .headers = {{"Location", "/upload/" + std::to_string(i)}}});
    const auto url = [&](int i) { return "https://ghcr.io/upload/" + std::to_string(i); };
    http_.on("PUT", put_url(url(1), blob_.digest), FakeHttpClient::failing("net/interrupted"));
    http_.on("PUT", put_url(url(2), blob_.digest), {.status = 502});
    http_.on("PUT", put_url(url(3), blob_.digest), {.status = 404});
    http_.on("PUT", put_url(url(4), blob_.digest), {.status = 201});
    for (int i = 1; i <= 3; ++i) http_.on("DELETE", url(i), {.status = 204});
    for (int i = 1; i <= 2; ++i) http_.on("GET", url(i), {.status = 404});
    EXPECT_EQ(push().value(), BlobOutcome::Uploaded);
    EXPECT_EQ(http_.requests("PUT").size(), 4U);
    EXPECT_EQ(http_.requests("DELETE").size(), 3U);
    EXPECT_EQ(opened_, 4);
}

TEST_F(RegistryClientTest, DoesNotRepeatAnUploadWhoseAnswerWasLost) {
    open_registry();
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("HEAD", blob_url(), {.status = 200});
    http_.on("POST", kUploads, {.status = 202, .headers = {{"Location", "/upload/1"}}});
    http_.on("PUT", put_url("https://ghcr.io/upload/1", blob_.digest),
             FakeHttpClient::failing("net/interrupted"));
    for (const auto* const method : {"GET", "DELETE"})
        http_.on(method, "https://ghcr.io/upload/1", {.status = 404});
    EXPECT_EQ(push().value(), BlobOutcome::Uploaded);
    EXPECT_EQ(http_.requests("PUT").size(), 1U);
}

TEST_F(RegistryClientTest, UploadsWhereAStorageHostDoesNotKnowHead) {
    open_registry();
    http_.on("HEAD", blob_url(),
             {.status = 307, .headers = {{"Location", "https://storage.example/b?sig=1"}}});
    http_.on("HEAD", "https://storage.example/b?sig=1", {.status = 403});
    http_.on("POST", kUploads, {.status = 202, .headers = {{"Location", "/upload/1"}}});
    http_.on("PUT", put_url("https://ghcr.io/upload/1", blob_.digest), {.status = 201});
    EXPECT_EQ(push().value(), BlobOutcome::Uploaded);
}

TEST_F(RegistryClientTest, LeavesRepeatingTheStartOfAnUploadToTheClientBelow) {
    open_registry();
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("POST", kUploads, {.status = 503});
    EXPECT_ERROR(push(), "registry/unavailable", "503");
    EXPECT_EQ(http_.requests("POST").size(), 5U);
}

TEST_F(RegistryClientTest, GoesOnWithAnUploadWhereItBrokeOff) {
    open_registry();
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("POST", kUploads, {.status = 202, .headers = {{"Location", "/upload/1?a"}}});
    const std::string url = "https://ghcr.io/upload/1?";
    http_.on("PUT", put_url(url + "a", blob_.digest), FakeHttpClient::failing("net/interrupted"));
    http_.on("GET", url + "a",
             {.status = 204, .headers = {{"Range", "0-6"}, {"Location", "/upload/1?b"}}});
    http_.on("PATCH", url + "b",
             {.status = 202, .headers = {{"Range", "0-19"}, {"Location", "/upload/1?c"}}});
    http_.on("PUT", put_url(url + "c", blob_.digest), {.status = 201});
    EXPECT_EQ(push().value(), BlobOutcome::Uploaded);
    const auto patch = http_.requests("PATCH").at(0);
    EXPECT_EQ(patch.body, content_.substr(7));
    EXPECT_EQ(patch.headers.find("Content-Range"), "7-19");
    EXPECT_EQ(http_.requests().back().body, "");
    EXPECT_TRUE(http_.requests("DELETE").empty());
}

TEST_F(RegistryClientTest, SendsChunksWhereAProxyLimitsRequests) {
    const std::string content(400'000, 'x');
    blob_.digest = Digest::of(content);
    blob_.size = content.size();
    std::string got;
    http_.otherwise([&](const testing::SeenRequest& seen) -> FakeAnswer {
        const auto range = got.empty() ? std::string("0-0") : fmt::format("0-{}", got.size() - 1);
        const net::Headers state{{"Location", "/upload/1"}, {"Range", range}};
        if (seen.method == "HEAD") return {.status = 404};
        if (seen.method == "POST") return {.status = 202, .headers = state};
        if (seen.method == "DELETE") return {.status = 204};
        if (seen.body.size() > 120'000) return {.status = 413};
        got += seen.body;
        if (seen.method == "PUT") return {.status = 201};
        return {
            .status = 202,
            .headers = {{"Location", "/upload/1"}, {"Range", fmt::format("0-{}", got.size() - 1)}}};
    });
    open_registry();
    const auto pushed =
        client_.push_blob(context_.ctx, reference_, blob_,
                          [&]() -> Result<net::BodySource> { return net::text_source(content); });
    EXPECT_EQ(pushed.value(), BlobOutcome::Uploaded);
    EXPECT_EQ(got, content);
    EXPECT_EQ(http_.requests("PUT").size(), 2U);
}

TEST_F(RegistryClientTest, WaitsAsLongAsAnUploadIsAskedTo) {
    open_registry();
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("POST", kUploads, {.status = 202, .headers = {{"Location", "/upload/1"}}});
    const auto put = put_url("https://ghcr.io/upload/1", blob_.digest);
    for (int i = 0; i < 4; ++i)
        http_.on("PUT", put, {.status = 503, .headers = {{"Retry-After", "0"}}});
    http_.on("PUT", put, {.status = 201});
    http_.on("GET", "https://ghcr.io/upload/1", {.status = 204, .headers = {{"Range", "0-0"}}});
    http_.on("DELETE", "https://ghcr.io/upload/1", {.status = 204});
    EXPECT_EQ(push().value(), BlobOutcome::Uploaded);
    EXPECT_EQ(opened_, 5);
}

TEST_F(RegistryClientTest, GivesUpOnWhatWillNotChange) {
    open_registry();
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("POST", kUploads, {.status = 202, .headers = {{"Location", "/upload/1"}}});
    http_.on("PUT", put_url("https://ghcr.io/upload/1", blob_.digest),
             {.status = 413, .body = R"({"errors": [{"code": "SIZE_INVALID"}]})"});
    http_.on("DELETE", "https://ghcr.io/upload/1", {.status = 204});
    EXPECT_ERROR(push(), "registry/upload-failed", "413", "SIZE_INVALID", "proxy");
    EXPECT_EQ(http_.requests("PUT").size(), 1U);
}

TEST_F(RegistryClientTest, RenewsItsTokenInTheMiddleOfAPush) {
    token_registry();
    for (const auto* token : {"t1", "t2"})
        http_.on(
            "GET", kPushToken,
            {.status = 200, .body = fmt::format(R"({{"token": "{}", "expires_in": 300}})", token)});
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("POST", kUploads, {.status = 202, .headers = {{"Location", "/upload/1"}}});
    http_.on("PUT", put_url("https://ghcr.io/upload/1", blob_.digest),
             {.status = 401, .headers = {{"WWW-Authenticate", kTokenService}}});
    http_.on("PUT", put_url("https://ghcr.io/upload/1", blob_.digest), {.status = 201});
    EXPECT_EQ(push().value(), BlobOutcome::Uploaded);
    EXPECT_EQ(http_.requests().back().headers.find("Authorization"), "Bearer t2");
    EXPECT_EQ(http_.requests().back().body, content_);
}

TEST_F(RegistryClientTest, ShowsUploadHostsNoCredentials) {
    http_.on("GET", kApi, {.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"x\""}}});
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("POST", kUploads,
             {.status = 202, .headers = {{"Location", "https://storage.example/u?sig=1"}}});
    http_.on("PUT", put_url("https://storage.example/u?sig=1", blob_.digest), {.status = 201});
    EXPECT_EQ(push().value(), BlobOutcome::Uploaded);
    EXPECT_EQ(http_.requests().back().headers.find("Authorization"), std::nullopt);
}

TEST_F(RegistryClientTest, RepairsOrRefusesPlainUploadAddresses) {
    open_registry();
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("POST", kUploads,
             {.status = 202, .headers = {{"Location", "http://ghcr.io/upload/1?a=b"}}});
    http_.on("PUT", put_url("https://ghcr.io/upload/1?a=b", blob_.digest), {.status = 201});
    EXPECT_EQ(push().value(), BlobOutcome::Uploaded);
    for (const net::Headers& headers : {net::Headers{{"Location", "http://storage.example/u"}},
                                        net::Headers{{"Location", "http://"}}, net::Headers{}}) {
        FakeHttpClient http;
        http.on("GET", kApi, {.status = 200});
        http.on("POST", kUploads, {.status = 202, .headers = headers});
        RegistryClient client(http, keychain_);
        EXPECT_ERROR(client.check_push_access(context_.ctx, reference_),
                     "registry/invalid-response", "ghcr.io");
    }
}

TEST_F(RegistryClientTest, CancelsTheUploadWhenItIsStopped) {
    open_registry();
    http_.on("HEAD", blob_url(), {.status = 404});
    http_.on("POST", kUploads, {.status = 202, .headers = {{"Location", "/upload/1"}}});
    http_.on("DELETE", "https://ghcr.io/upload/1", {.status = 204});
    http_.otherwise([&](const testing::SeenRequest&) {
        context_.stop.request_stop();
        return FakeHttpClient::failing("cancelled", false);
    });
    EXPECT_ERROR(push(), "cancelled");
    EXPECT_EQ(http_.requests("DELETE").size(), 1U);
}

TEST_F(RegistryClientTest, ChecksPushAccessWithoutSendingAnything) {
    token_registry();
    http_.on("GET", kPushToken, {.status = 200, .body = R"({"token": "t", "expires_in": 300})"});
    http_.on("POST", kUploads, {.status = 202, .headers = {{"Location", "/upload/1"}}});
    http_.on("DELETE", "https://ghcr.io/upload/1", {.status = 204});
    EXPECT_OK(client_.check_push_access(context_.ctx, reference_));
    EXPECT_EQ(http_.requests("DELETE")[0].headers.find("Authorization"), "Bearer t");
}

TEST_F(RegistryClientTest, SaysWhyAPushIsNotAllowed) {
    open_registry();
    http_.on(
        "POST", kUploads,
        {.status = 403,
         .body =
             R"({"errors": [{"code": "DENIED", "message": "permission_denied: write_package"}]})"});
    EXPECT_ERROR(client_.check_push_access(context_.ctx, reference_), "registry/forbidden",
                 "the test", "ghcr.io/acme/api", "permission_denied");
}

TEST_F(RegistryClientTest, PutsManifestsAndChecksTheirDigest) {
    open_registry();
    const std::string bytes = "{\"schemaVersion\":2}";
    const auto url = kApi + "acme/api/manifests/1";
    http_.on(
        "PUT", url,
        {.status = 201, .headers = {{"Docker-Content-Digest", Digest::of(bytes).to_string()}}});
    http_.on(
        "PUT", url,
        {.status = 201, .headers = {{"Docker-Content-Digest", Digest::of("other").to_string()}}});
    http_.on(
        "PUT", url,
        {.status = 400,
         .body = R"({"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown"}]})"});
    const std::string type(oci::kImageManifest);
    EXPECT_OK(client_.put_manifest(context_.ctx, reference_, type, bytes));
    EXPECT_EQ(http_.requests().back().headers.find("Content-Type"), type);
    EXPECT_EQ(http_.requests().back().body, bytes);
    EXPECT_ERROR(client_.put_manifest(context_.ctx, reference_, type, bytes),
                 "registry/digest-mismatch", Digest::of("other").to_string());
    EXPECT_ERROR(client_.put_manifest(context_.ctx, reference_, type, bytes), "registry/rejected",
                 "MANIFEST_BLOB_UNKNOWN");
}

TEST_F(RegistryClientTest, NeverShowsASecret) {
    token_registry();
    http_.on("GET", kPushToken,
             {.status = 200, .body = R"({"token": "t0ken", "expires_in": 300})"});
    http_.on("POST", kUploads,
             {.status = 403, .body = R"({"errors": [{"message": "s3cret is wrong"}]})"});
    const auto refused = client_.check_push_access(context_.ctx, reference_);
    ASSERT_FALSE(refused);
    std::string text = refused.error().message + refused.error().hint;
    for (const auto& event : context_.sink.events()) text += event.message + event.hint;
    for (const auto* secret : {"s3cret", "t0ken"})
        EXPECT_EQ(text.find(secret), std::string::npos) << text;
}

TEST_F(RegistryClientTest, ServesManyThreadsWithOneToken) {
    token_registry();
    http_.on("GET", kPullToken, {.status = 200, .body = R"({"token": "t", "expires_in": 300})"});
    http_.on("GET", blob_url(), {.status = 200, .body = content_});
    EXPECT_OK(exec::parallel_for(context_.ctx, 16, 8,
                                 [&](const exec::Context&, std::size_t) -> Result<void> {
                                     PYC_TRY(fetch(client_));
                                     return {};
                                 }));
    EXPECT_EQ(http_.requests().size(), 2U + 16U);
}

}  // namespace
}  // namespace pycontainer::registry
