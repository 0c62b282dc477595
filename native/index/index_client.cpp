#include "index/index_client.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"

namespace pycontainer::index {
namespace {

constexpr std::uint64_t kMaxPage = 256U << 20U;
constexpr std::string_view kAccept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.01";

std::string describe(const IndexOptions& options) {
    std::string text;
    for (const auto& each : options.urls) {
        const auto url = net::Url::parse(each);
        text += (text.empty() ? "`" : ", `") + (url ? url->redacted().text : "?") + "`";
    }
    return text;
}

}  // namespace

IndexClient::IndexClient(net::HttpClient& http, IndexOptions options, PageCache* cache)
    : http_(&http), options_(std::move(options)), cache_(cache) {}

std::unique_ptr<IndexClient> IndexClient::with(const IndexArguments& arguments) const {
    return std::make_unique<IndexClient>(*http_, options_.with(arguments), cache_);
}

Result<IndexClient::Page> IndexClient::fetch(const exec::Context& ctx, const std::string& index_url,
                                             const std::string& name) {
    PYC_TRY_ASSIGN(const auto base,
                   net::Url::parse(index_url.ends_with('/') ? index_url : index_url + "/"));
    PYC_TRY_ASSIGN(auto url,
                   base.resolve(name + "/"));  // PEP 503: a page's address ends in a slash
    if (!url.has_userinfo() && base.has_userinfo()) url = url.with_userinfo_of(base);
    // A page that was reached without credentials still belongs to the index that has them.
    const auto place_of = [&](const net::Url& page) {
        return page.has_same_origin(url) && !page.has_userinfo() && url.has_userinfo()
                   ? page.with_userinfo_of(url)
                   : page;
    };
    const auto result = [&](std::vector<IndexFile> files) {
        auto index = net::Url::parse(index_url)->without_userinfo().to_string();
        return std::make_shared<const IndexPage>(IndexPage{std::move(index), std::move(files)});
    };
    net::HttpRequest request{.url = url};
    request.headers = {{"Accept", std::string(kAccept)}};
    auto known = cache_ ? cache_->find(url) : std::nullopt;
    const auto known_url = known ? net::Url::parse(known->url) : Result<net::Url>(url);
    if (!known_url) known.reset();
    if (known) {
        if (cache_->is_fresh(*known))
            return result(unpack_files(known->files, place_of(*known_url)));
        if (!known->etag.empty()) request.headers.emplace_back("If-None-Match", known->etag);
        if (!known->last_modified.empty())
            request.headers.emplace_back("If-Modified-Since", known->last_modified);
    }
    request.body_limit = kMaxPage;
    request.compressed = true;
    PYC_TRY_ASSIGN(auto response, http_->send(ctx, request));
    if (response.status == 304 && known) {
        auto files = unpack_files(known->files, place_of(*known_url));
        cache_->renew(url, *std::move(known), response.headers);
        return result(std::move(files));
    }
    if (response.status == 404 || response.status == 410) return Page();
    if (response.status == 401 || response.status == 403)
        return fail("index/unauthorized", "the package index refused `{}` with status {}",
                    url.redacted(), response.status)
            .hint("put user and password into the index's URL, for example in `PIP_INDEX_URL`");
    if (!response.is_success())
        return fail("index/unavailable", "the package index answered `{}` with status {}",
                    url.redacted(), response.status)
            .hint("try again later, or name another index with `PIP_INDEX_URL`");
    if (response.url.empty()) response.url = url;
    PYC_TRY_ASSIGN(auto files, parse_simple_page(response.headers.find("Content-Type").value_or(""),
                                                 response.body, place_of(response.url)));
    if (cache_) cache_->put(url, response, files);
    return result(std::move(files));
}

Result<std::vector<IndexFile>> IndexClient::files(const exec::Context& ctx, std::string_view name) {
    PYC_TRY_ASSIGN(const auto found, page(ctx, name));
    return found->files;
}

Result<std::shared_ptr<const IndexPage>> IndexClient::page(const exec::Context& ctx,
                                                           std::string_view name) {
    if (!packaging::is_valid_name(name))
        return fail("index/not-found", "`{}` is not the name of a package", printable(name, 80))
            .hint("names have letters, digits, `-`, `_` and `.`");
    const auto normalized = packaging::normalize_name(name);
    const auto known = pages_.with([&](auto& pages) {
        const auto found = pages.find(normalized);
        return found == pages.end() ? Page() : found->second;
    });
    if (known) return known;
    if (options_.urls.empty())
        return fail("index/none", "`{}` needs a package index, and `--no-index` forbids all",
                    normalized)
            .hint("name an index with `--index-url` in `requirements.txt`");
    for (const auto& index_url : options_.urls) {
        PYC_TRY(ctx.check());
        auto found = fetch(ctx, index_url, normalized);
        if (!found)
            return fail(std::move(found).error())
                .while_("looking for `{}` in the package index", normalized);
        if (!*found) continue;
        pages_.with([&](auto& pages) { pages.insert_or_assign(normalized, *found); });
        return *found;
    }
    return fail("index/not-found", "no package index has `{}` (asked: {})", normalized,
                describe(options_))
        .hint(
            "check the spelling, and that `PIP_INDEX_URL` or `--index-url` names the index that "
            "has it");
}

}  // namespace pycontainer::index
