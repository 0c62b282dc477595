#include "registry/referrers.hpp"

#include "base/strings.hpp"
#include "oci/artifact.hpp"
#include "oci/manifest.hpp"
#include "oci/media_types.hpp"

#include <algorithm>
#include <random>

namespace pycontainer::registry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kTimeout{120};
constexpr std::size_t kMaxPages = 64;
constexpr std::size_t kMaxReferrers = 10'000;
constexpr std::chrono::seconds kPatience{120};  // with other writers
constexpr std::chrono::seconds kLongestSettling{10};
constexpr int kSettlingCycles = 8;

std::string media_type_of(const net::HttpResponse& response) {
    const auto type = response.headers.find("Content-Type").value_or("");
    return std::string(trim(std::string_view(type).substr(0, type.find(';'))));
}

/// The address in `<…>; rel="next"` (RFC 8288, section 3).
std::optional<std::string> next_page(const net::Headers& headers) {
    for (const auto& link : headers.find_all("Link")) {
        const auto open = link.find('<');
        const auto close = link.find('>', open);
        if (open == std::string::npos || close == std::string::npos) continue;
        const auto parameters = link.substr(close);
        if (parameters.find("rel=\"next\"") != std::string::npos ||
            parameters.find("rel=next") != std::string::npos)
            return link.substr(open + 1, close - open - 1);
    }
    return std::nullopt;
}

const Json* manifests_of(const Json& index) {
    const auto* const manifests = member(index, "manifests");
    return manifests != nullptr && manifests->is_array() ? manifests : nullptr;
}

/// What is malformed is of no use to anybody; it is left out.
void add_descriptors(const Json& index, std::vector<oci::Descriptor>& found) {
    const auto* const manifests = manifests_of(index);
    for (const auto& entry : manifests != nullptr ? *manifests : Json::array())
        if (auto descriptor = oci::Descriptor::from_json(entry);
            descriptor && found.size() < kMaxReferrers)
            found.push_back(std::move(*descriptor));
}

bool lists(const Json& index, const Digest& digest) {
    const auto* const manifests = manifests_of(index);
    const auto text = digest.to_string();
    return manifests != nullptr &&
           std::any_of(manifests->begin(), manifests->end(),
                       [&](const Json& entry) { return string_member(entry, "digest") == text; });
}

/// Writers that met once are not to meet again.
std::chrono::milliseconds jitter() {
    thread_local std::minstd_rand random(std::random_device{}());
    return std::chrono::milliseconds(std::uniform_int_distribution<int>(0, 100)(random));
}

}  // namespace

Result<std::optional<std::vector<oci::Descriptor>>> Referrers::ask_api(const Digest& subject) {
    const Scope scope{repository_->repository(), Access::Pull, {}};
    std::vector<oci::Descriptor> found;
    PYC_TRY_ASSIGN(auto url,
                   transport_->address(*ctx_, *repository_, "referrers/" + subject.to_string()));
    const auto first = url;
    for (std::size_t page = 0; page < kMaxPages; ++page) {
        net::HttpRequest request;
        request.url = url;
        request.headers = {{"Accept", std::string(oci::kImageIndex)}};
        request.body_limit = options_->manifest_limit;
        request.timeout = kTimeout;
        PYC_TRY_ASSIGN(const auto response,
                       transport_->send(*ctx_, repository_->registry(), std::move(request), scope));
        // "A registry that does not support the API MUST return 404"; what does not know the
        // address at all has other ways to say so.
        if (page == 0 &&
            (response.status == 400 || response.status == 404 || response.status == 405 ||
             response.status == 406 || response.status == 501))
            return std::optional<std::vector<oci::Descriptor>>();
        PYC_TRY(transport_->expect(
            *ctx_, {repository_->registry(), scope, Subject::Manifest, subject.to_string()},
            response, {200}));
        const auto index = parse_json(response.body, "the list of referrers");
        if (!index || manifests_of(*index) == nullptr) {
            if (page == 0 && media_type_of(response) != oci::kImageIndex)
                return std::optional<std::vector<oci::Descriptor>>();  // a page for people
            return fail("registry/invalid-response",
                        "`{}` answered with something else than a list of referrers",
                        repository_->registry())
                .hint("this has to be repaired in the registry, or in a proxy before it");
        }
        add_descriptors(*index, found);
        const auto next = next_page(response.headers);
        if (!next) break;
        PYC_TRY_ASSIGN(url, url.resolve(*next));
        if (!url.has_same_origin(first)) break;  // credentials are not for others
    }
    return std::optional(std::move(found));
}

Result<Referrers::TagList> Referrers::read_tag(const Digest& subject) {
    const Scope scope{repository_->repository(), Access::Pull, {}};
    const auto tag = oci::referrers_tag(subject);
    net::HttpRequest request;
    PYC_TRY_ASSIGN(request.url, transport_->address(*ctx_, *repository_, "manifests/" + tag));
    request.headers = {{"Accept", fmt::format("{}, {}", oci::kImageIndex, oci::kImageManifest)}};
    request.body_limit = options_->manifest_limit;
    request.timeout = kTimeout;
    TagList list{.index = {}, .etag = {}, .asked_at = Clock::now()};
    PYC_TRY_ASSIGN(const auto response,
                   transport_->send(*ctx_, repository_->registry(), std::move(request), scope));
    if (response.status == 404) return list;
    PYC_TRY(transport_->expect(*ctx_, {repository_->registry(), scope, Subject::Manifest, tag},
                               response, {200}));
    auto index = parse_json(response.body, "the list of referrers");
    if (!index || manifests_of(*index) == nullptr)
        return fail("registry/invalid-referrers",
                    "the tag `{}` of `{}` stands for something else than a list of referrers", tag,
                    repository_->name())
            .hint("remove the tag in the registry, and attach again");
    list.index = std::move(*index);
    list.etag = response.headers.find("ETag");
    return list;
}

Result<std::vector<oci::Descriptor>> Referrers::list(const Digest& subject) {
    PYC_TRY_ASSIGN(auto known, ask_api(subject));
    if (known) return *std::move(known);
    PYC_TRY_ASSIGN(const auto tagged, read_tag(subject));
    std::vector<oci::Descriptor> found;
    add_descriptors(tagged.index, found);
    return found;
}

Result<bool> Referrers::write_tag(const Digest& subject, TagList list,
                                  const oci::Descriptor& referrer) {
    const bool is_new = list.index.is_null();
    // What others have written about their entries stays, whatever it is.
    if (is_new)
        list.index = {
            {"schemaVersion", 2}, {"mediaType", oci::kImageIndex}, {"manifests", Json::array()}};
    list.index["manifests"].push_back(referrer.to_json());
    const auto tag = oci::referrers_tag(subject);
    const Scope scope{repository_->repository(), Access::Push, {}};
    net::HttpRequest request;
    request.method = "PUT";
    PYC_TRY_ASSIGN(request.url, transport_->address(*ctx_, *repository_, "manifests/" + tag));
    request.headers = {{"Content-Type", std::string(oci::kImageIndex)}};
    if (is_new)
        request.headers.emplace_back("If-None-Match", "*");
    else if (list.etag)
        request.headers.emplace_back("If-Match", *list.etag);
    request.body = dump_json(list.index);
    request.timeout = kTimeout;
    request.may_repeat = false;  // what is sent again later is based on what was read long ago
    PYC_TRY_ASSIGN(const auto response,
                   transport_->send(*ctx_, repository_->registry(), std::move(request), scope));
    if (response.status == 409 || response.status == 412) return false;
    PYC_TRY(transport_->expect(*ctx_, {repository_->registry(), scope, Subject::Upload, tag},
                               response, {200, 201, 202, 204}));
    return true;
}

Result<void> Referrers::maintain_tag(const Digest& subject, const oci::Descriptor& referrer) {
    const auto deadline = Clock::now() + kPatience;
    std::optional<Clock::duration> cycle;  // from reading the list to its being written
    bool settled = false;
    std::optional<Error> last;
    while (Clock::now() < deadline) {
        PYC_TRY_ASSIGN(auto list, read_tag(subject));
        if (lists(list.index, referrer.digest)) {
            if (!cycle || settled) return {};
            // Who had read the list before it was written may write it yet.
            const auto pause = std::clamp<Clock::duration>(
                *cycle * kSettlingCycles, options_->referrers_settle, kLongestSettling);
            PYC_TRY(ctx_->wait(std::chrono::duration_cast<std::chrono::milliseconds>(pause)));
            settled = true;
            continue;
        }
        settled = false;
        const auto asked_at = list.asked_at;
        const auto written = write_tag(subject, std::move(list), referrer);
        cycle = std::max(cycle.value_or(Clock::duration::zero()), Clock::now() - asked_at);
        if (!written && !written.error().retryable) return fail(written.error());
        if (!written) last = written.error();
        if (!written || !*written) PYC_TRY(ctx_->wait(options_->first_delay + jitter()));
    }
    if (last) return fail(*last);
    return fail("registry/referrers-contended",
                "the list of what refers to `{}` in `{}` was overwritten by others again and again",
                subject.to_string(), repository_->name())
        .hint("attach again when the others are done; the artifact itself is in the registry");
}

Result<bool> Referrers::is_listed_by_api(const Digest& subject, const Digest& referrer) {
    for (const int delay : {0, 250, 1000, 2000}) {  // some take a moment
        PYC_TRY(ctx_->wait(std::chrono::milliseconds(delay)));
        PYC_TRY_ASSIGN(const auto known, ask_api(subject));
        if (!known) return false;
        if (std::any_of(known->begin(), known->end(),
                        [&](const auto& one) { return one.digest == referrer; }))
            return true;
    }
    return fail("registry/digest-mismatch", "`{}` was attached to `{}`, but `{}` does not list it",
                referrer.to_string(), subject.to_string(), repository_->registry())
        .hint("the registry may need a while; `pycontainer inspect` shows what it lists");
}

Result<ReferrerListing> Referrers::add(const oci::Descriptor& referrer, std::string_view bytes,
                                       const Digest& subject) {
    const Scope scope{repository_->repository(), Access::Push, {}};
    net::HttpRequest request;
    request.method = "PUT";
    PYC_TRY_ASSIGN(request.url, transport_->address(*ctx_, *repository_,
                                                    "manifests/" + referrer.digest.to_string()));
    request.headers = {{"Content-Type", referrer.media_type}};
    request.body = bytes;
    request.timeout = kTimeout;
    PYC_TRY_ASSIGN(const auto response,
                   transport_->send(*ctx_, repository_->registry(), std::move(request), scope));
    PYC_TRY(transport_->expect(
        *ctx_, {repository_->registry(), scope, Subject::Upload, referrer.digest.to_string()},
        response, {200, 201, 202, 204}));
    if (const auto stored = announced_digest(response.headers);
        stored && *stored != referrer.digest)
        return digest_mismatch(fmt::format("the artifact in `{}`", repository_->name()),
                               referrer.digest.to_string(), stored->to_string());
    // "OCI-Subject: <subject digest>" says that the registry keeps the list.
    if (response.headers.find("OCI-Subject") == subject.to_string()) return ReferrerListing::Api;
    PYC_TRY_ASSIGN(const bool listed, is_listed_by_api(subject, referrer.digest));
    if (listed) return ReferrerListing::Api;
    PYC_TRY(maintain_tag(subject, referrer));
    return ReferrerListing::Tag;
}

}  // namespace pycontainer::registry
