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

IndexClient::IndexClient(net::HttpClient& http, IndexOptions options)
    : http_(&http), options_(std::move(options)) {}

std::unique_ptr<IndexClient> IndexClient::with(const IndexArguments& arguments) const {
    return std::make_unique<IndexClient>(*http_, options_.with(arguments));
}

Result<IndexClient::Files> IndexClient::fetch(const exec::Context& ctx,
                                              const std::string& index_url,
                                              const std::string& name) {
    PYC_TRY_ASSIGN(const auto base,
                   net::Url::parse(index_url.ends_with('/') ? index_url : index_url + "/"));
    PYC_TRY_ASSIGN(auto url,
                   base.resolve(name + "/"));  // PEP 503: a page's address ends in a slash
    if (!url.has_userinfo() && base.has_userinfo()) url = url.with_userinfo_of(base);
    net::HttpRequest request{.url = url};
    request.headers = {{"Accept", std::string(kAccept)}};
    request.body_limit = kMaxPage;
    request.compressed = true;
    PYC_TRY_ASSIGN(const auto response, http_->send(ctx, request));
    if (response.status == 404 || response.status == 410) return Files();
    if (response.status == 401 || response.status == 403)
        return fail("index/unauthorized", "the package index refused `{}` with status {}",
                    url.redacted(), response.status)
            .hint("put user and password into the index's URL, for example in `PIP_INDEX_URL`");
    if (!response.is_success())
        return fail("index/unavailable", "the package index answered `{}` with status {}",
                    url.redacted(), response.status)
            .hint("try again later, or name another index with `PIP_INDEX_URL`");
    // A page that was reached without credentials still belongs to the index that has them.
    const auto page = response.url.empty() ? url : response.url;
    const auto place = page.has_same_origin(url) && !page.has_userinfo() && url.has_userinfo()
                           ? page.with_userinfo_of(url)
                           : page;
    PYC_TRY_ASSIGN(auto files, parse_simple_page(response.headers.find("Content-Type").value_or(""),
                                                 response.body, place));
    return std::make_shared<const std::vector<IndexFile>>(std::move(files));
}

Result<std::vector<IndexFile>> IndexClient::files(const exec::Context& ctx, std::string_view name) {
    if (!packaging::is_valid_name(name))
        return fail("index/not-found", "`{}` is not the name of a package", printable(name, 80))
            .hint("names have letters, digits, `-`, `_` and `.`");
    const auto normalized = packaging::normalize_name(name);
    const auto known = pages_.with([&](auto& pages) {
        const auto found = pages.find(normalized);
        return found == pages.end() ? Files() : found->second;
    });
    if (known) return *known;
    if (options_.urls.empty())
        return fail("index/none", "`{}` needs a package index, and `--no-index` forbids all",
                    normalized)
            .hint("name an index with `--index-url` in `requirements.txt`");
    for (const auto& index_url : options_.urls) {
        PYC_TRY(ctx.check());
        auto files = fetch(ctx, index_url, normalized);
        if (!files)
            return fail(std::move(files).error())
                .while_("looking for `{}` in the package index", normalized);
        if (!*files) continue;
        pages_.with([&](auto& pages) { pages.insert_or_assign(normalized, *files); });
        return **files;
    }
    return fail("index/not-found", "no package index has `{}` (asked: {})", normalized,
                describe(options_))
        .hint(
            "check the spelling, and that `PIP_INDEX_URL` or `--index-url` names the index that "
            "has it");
}

}  // namespace pycontainer::index
