#include "index/index_client.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "index/flat_index.hpp"
#include "packaging/names.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>

namespace pycontainer::index {
namespace {

/// The longest pages that exist have 30 MiB.
constexpr std::uint64_t kMaxPage = 96U << 20U;
/// A page that never ends, however slowly it comes, does not hold a build for longer.
constexpr std::chrono::minutes kPageTimeout{5};
constexpr std::string_view kAccept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.01";

/// `URL` (origin)
std::string describe(const IndexLocation& index) {
    auto text = fmt::format("`{}`", index.shown());
    if (!index.origin.empty()) text += fmt::format(" ({})", index.origin);
    return text;
}

template <typename Locations>
std::string describe_all(const Locations& locations) {
    std::string text;
    for (const auto* each : locations) text += (text.empty() ? "" : ", ") + describe(*each);
    return text;
}

bool is_missing(const IndexLocation& index, int status) {
    const auto& others = index.missing_statuses;
    return status == 404 || status == 410 ||
           std::find(others.begin(), others.end(), status) != others.end();
}

Failure refused(const IndexLocation& index, const net::Url& url, int status) {
    if (status == 401 || status == 403)
        return fail("index/unauthorized", "the package index {} refused `{}` with status {}",
                    describe(index), url.redacted(), status)
            .hint("put user and password into the index's URL, for example in `PIP_INDEX_URL`");
    return fail("index/unavailable", "the package index {} answered `{}` with status {}",
                describe(index), url.redacted(), status)
        .hint("try again later, or name another index with `--default-index`");
}

/// Is the file of the project? Wheels are by far the most, so their names are not taken apart
/// further than this needs.
bool is_of(std::string_view filename, const std::string& name) {
    if (!filename.ends_with(".whl")) return project_of(filename) == name;
    const auto dash = filename.find('-');
    return dash != filename.npos && packaging::normalize_name(filename.substr(0, dash)) == name;
}

std::vector<IndexFile> only_of(const std::vector<IndexFile>& files, const std::string& name) {
    std::vector<IndexFile> result;
    std::copy_if(files.begin(), files.end(), std::back_inserter(result),
                 [&](const IndexFile& file) { return is_of(file.filename, name); });
    return result;
}

}  // namespace

IndexClient::IndexClient(net::HttpClient& http, IndexOptions options, PageCache* cache,
                         const IndexCredentials* credentials)
    : http_(&http), options_(std::move(options)), cache_(cache), credentials_(credentials) {
    if (!credentials_) return;
    for (const auto* list : {&options_.indexes, &options_.find_links})
        for (const auto& place : *list) credentials_->learn(place);
}

std::unique_ptr<IndexClient> IndexClient::with(const IndexArguments& arguments) const {
    return with_options(options_.with(arguments));
}

std::unique_ptr<IndexClient> IndexClient::with_options(IndexOptions options) const {
    return std::make_unique<IndexClient>(*http_, std::move(options), cache_, credentials_);
}

Result<IndexClient::MaybeFiles> IndexClient::fetch(const exec::Context& ctx,
                                                   const IndexLocation& index, const net::Url& url,
                                                   std::string_view project) {
    net::HttpRequest request{.url = url};
    request.headers = {{"Accept", std::string(kAccept)}};
    request.body_limit = kMaxPage;
    request.compressed = true;
    request.timeout = kPageTimeout;
    auto known = cache_ ? cache_->find(url) : std::nullopt;
    if (known) {
        if (cache_->is_fresh(*known)) return unpack_files(known->files);
        if (!known->etag.empty()) request.headers.emplace_back("If-None-Match", known->etag);
        if (!known->last_modified.empty())
            request.headers.emplace_back("If-Modified-Since", known->last_modified);
    }
    PYC_TRY_ASSIGN(auto response, http_->send(ctx, request));
    if (response.status == 304 && known) {
        auto files = unpack_files(known->files);
        cache_->renew(url, *std::move(known), response.headers);
        return files;
    }
    if (is_missing(index, response.status)) return MaybeFiles();
    if (!response.is_success()) return refused(index, url, response.status);
    if (response.url.empty()) response.url = url;
    PYC_TRY_ASSIGN(auto files, parse_simple_page(response.headers.find("Content-Type").value_or(""),
                                                 response.body, response.url, project));
    if (cache_) cache_->put(url, response, files);
    return files;
}

Result<IndexClient::Files> IndexClient::read_flat(const exec::Context& ctx,
                                                  const IndexLocation& index) {
    return flats_.with([&](auto& flats) -> Result<Files> {
        auto& known = flats[index.url];
        if (known) return known;
        PYC_TRY_ASSIGN(const auto url, net::Url::parse(index.url));
        if (url.scheme() != "file") {
            PYC_TRY_ASSIGN(auto fetched, fetch(ctx, index, url, ""));
            if (!fetched) return refused(index, url, 404);
            known = std::make_shared<const std::vector<IndexFile>>(*std::move(fetched));
            return known;
        }
        const auto path = local_path_of(url);
        std::error_code error;
        std::vector<IndexFile> files;
        if (std::filesystem::is_directory(path, error)) {
            PYC_TRY_ASSIGN(files, list_directory(path));
        } else {
            PYC_TRY_ASSIGN(const auto page, read_file(path, kMaxPage));
            PYC_TRY_ASSIGN(files, parse_simple_page("text/html", page, url));
        }
        known = std::make_shared<const std::vector<IndexFile>>(std::move(files));
        return known;
    });
}

Result<IndexClient::MaybeFiles> IndexClient::ask(const exec::Context& ctx,
                                                 const IndexLocation& index,
                                                 const std::string& name) {
    if (index.format == IndexLocation::Format::Flat) {
        PYC_TRY_ASSIGN(const auto all, read_flat(ctx, index));
        auto own = only_of(*all, name);
        return own.empty() ? MaybeFiles() : MaybeFiles(std::move(own));
    }
    MaybeFiles files;
    PYC_TRY_ASSIGN(const auto base,
                   net::Url::parse(index.url.ends_with('/') ? index.url : index.url + "/"));
    PYC_TRY_ASSIGN(auto url,
                   base.resolve(name + "/"));  // PEP 503: a page's address ends in a slash
    if (url.scheme() == "file") {
        const auto file = local_path_of(url) / "index.html";
        std::error_code error;
        if (!std::filesystem::exists(file, error)) return MaybeFiles();
        PYC_TRY_ASSIGN(const auto page, read_file(file, kMaxPage));
        PYC_TRY_ASSIGN(files, parse_simple_page("text/html", page, url, name));
    } else {
        if (!url.has_userinfo() && base.has_userinfo()) url = url.with_userinfo_of(base);
        PYC_TRY_ASSIGN(files, fetch(ctx, index, url, name));
    }
    if (!files || files->empty()) return files;
    const auto count = files->size();
    std::erase_if(*files, [&](const IndexFile& file) { return !is_of(file.filename, name); });
    if (files->empty())
        return fail("index/invalid-page", "none of the {} files on `{}` is of `{}`", count,
                    url.redacted(), name)
            .hint(
                "check that the index's URL is that of its simple API; some servers answer with "
                "a page of their own");
    return files;
}

Result<std::vector<IndexFile>> IndexClient::find_local(const exec::Context& ctx,
                                                       const std::string& name) {
    std::vector<IndexFile> found;
    for (const auto& place : options_.find_links) {
        PYC_TRY(ctx.check());
        const auto all = read_flat(ctx, place);
        if (!all) return fail(all.error()).while_("looking through {}", describe(place));
        auto own = only_of(**all, name);
        std::move(own.begin(), own.end(), std::back_inserter(found));
    }
    return found;
}

Result<IndexClient::Page> IndexClient::look_for(const exec::Context& ctx, const std::string& name) {
    PYC_TRY_ASSIGN(auto found, find_local(ctx, name));
    const auto places = options_.places_for(name);
    if (places.empty() && found.empty()) {
        if (const auto* pin = options_.find_pin(name); pin && !options_.no_index)
            return fail("index/unknown-index",
                        "`{}` comes from the index `{}` ({}), and no index has that name", name,
                        printable(pin->index, 60), pin->origin)
                .hint("define it under `[[tool.uv.index]]`, or with `--index {}=URL`",
                      printable(pin->index, 60));
        if (options_.find_links.empty())
            return fail("index/none", "`{}` needs a package index, and `--no-index`{} forbids all",
                        name,
                        options_.no_index_origin.empty()
                            ? ""
                            : fmt::format(" ({})", options_.no_index_origin))
                .hint("name an index with `--default-index`, or a directory with `--find-links`");
    }
    bool has_it = !found.empty();
    std::string index_url;
    for (const auto* index : places) {
        PYC_TRY(ctx.check());
        PYC_TRY_ASSIGN(auto files, ask(ctx, *index, name));
        if (!files) continue;
        has_it = true;
        if (const auto url = net::Url::parse(index->url))
            index_url = url->without_userinfo().to_string();
        std::set<std::string> names;
        for (const auto& file : found) names.insert(file.filename);
        if (!names.empty())
            std::erase_if(*files, [&](const auto& file) { return names.contains(file.filename); });
        found.insert(found.end(), std::make_move_iterator(files->begin()),
                     std::make_move_iterator(files->end()));
        break;
    }
    if (!has_it) {
        auto asked = places;
        for (const auto& place : options_.find_links) asked.push_back(&place);
        return fail("index/not-found", "no package index has `{}` (asked: {})", name,
                    describe_all(asked))
            .hint(
                "check the spelling, and that `--index` or the configuration of uv or pip names "
                "the index that has it");
    }
    for (auto& file : found)
        if (file.url.starts_with("file:") && !file.sha256) PYC_TRY(hash_local_file(ctx, file));
    return std::make_shared<const IndexPage>(IndexPage{std::move(index_url), std::move(found)});
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
    auto found = look_for(ctx, normalized);
    if (!found)
        return fail(std::move(found).error())
            .while_("looking for `{}` in the package index", normalized);
    pages_.with([&](auto& pages) { pages.insert_or_assign(normalized, *found); });
    return *found;
}

}  // namespace pycontainer::index
