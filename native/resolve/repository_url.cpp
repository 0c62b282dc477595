#include "resolve/repository_url.hpp"

#include "base/strings.hpp"
#include "net/url.hpp"
#include "packaging/names.hpp"

#include <algorithm>
#include <array>

namespace pycontainer::resolve {
namespace {

constexpr std::array<std::string_view, 5> kSchemes = {"https://", "http://", "ssh://", "git://",
                                                      "file://"};

/// What follows the last `@` of the path: `…/repo@v1`.
std::string take_revision(std::string& url) {
    const auto scheme = url.find("://");
    const auto path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
    const auto at = url.rfind('@');
    if (at == std::string::npos || path == std::string::npos || at < path) return {};
    auto revision = url.substr(at + 1);
    url.resize(at);
    return revision;
}

/// Takes `#…` or `?…` from the end of `url`.
std::string take_after(std::string& url, char mark) {
    const auto at = url.find(mark);
    if (at == std::string::npos) return {};
    auto rest = url.substr(at + 1);
    url.resize(at);
    return rest;
}

/// The value of `key` in `a=b&c=d`, decoded.
std::string value_of(std::string_view parameters, std::string_view key) {
    for (const auto parameter : split(parameters, '&'))
        if (const auto equals = parameter.find('=');
            equals != std::string_view::npos && parameter.substr(0, equals) == key)
            return net::percent_decode(parameter.substr(equals + 1));
    return {};
}

}  // namespace

bool is_commit(std::string_view text) {
    return (text.size() == 40 || text.size() == 64) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

Result<Repository> make_repository(std::string_view url, std::string_view commit,
                                   std::string requested_revision, std::string subdirectory) {
    Repository repository{.url = std::string(url),
                          .commit = to_lower(commit),
                          .requested_revision = std::move(requested_revision),
                          .subdirectory = std::move(subdirectory)};
    if (repository.url.starts_with("git+")) repository.url.erase(0, 4);
    // As scp writes it.
    if (const auto colon = repository.url.find(':');
        repository.url.find("://") == std::string::npos && colon != std::string::npos &&
        colon > 0 && repository.url.front() != '/')
        repository.url =
            "ssh://" + repository.url.substr(0, colon) + "/" + repository.url.substr(colon + 1);
    const auto refuse = [&](std::string_view why, std::string_view hint) {
        const auto parsed = net::Url::parse(repository.url);
        return fail("resolve/unsupported-source", "the repository `{}` cannot be used: {}",
                    parsed ? parsed->redacted().text : std::string("…"), why)
            .hint("{}", hint);
    };
    for (const std::string_view other : {"hg+", "svn+", "bzr+"})
        if (url.starts_with(other))
            return refuse("only Git is understood", "use a released version, or a wheel of it");
    const bool is_known =
        std::any_of(kSchemes.begin(), kSchemes.end(),
                    [&](std::string_view scheme) { return repository.url.starts_with(scheme); });
    if (!is_known)
        return refuse("its address is none of https, ssh, git and file",
                      "use one of these addresses");
    if (!is_commit(repository.commit))
        return refuse("it names no commit", "write the whole commit after an `@`, or lock it");
    return repository;
}

std::string egg_name(std::string_view url) {
    std::string text(url);
    const auto egg = value_of(take_after(text, '#'), "egg");
    const auto name = std::string_view(egg).substr(0, egg.find('['));
    return packaging::is_valid_name(name) ? packaging::normalize_name(name) : std::string();
}

Result<Repository> repository_at(std::string_view text) {
    std::string url(text);
    const auto fragment = take_after(url, '#');
    const auto query = take_after(url, '?');
    auto subdirectory = value_of(fragment, "subdirectory");
    if (subdirectory.empty()) subdirectory = value_of(query, "subdirectory");
    auto revision = take_revision(url);
    for (const auto* key : {"rev", "tag", "branch"})
        if (revision.empty()) revision = value_of(query, key);
    const auto commit = is_commit(fragment) ? fragment : revision;
    return make_repository(url, commit, std::move(revision), std::move(subdirectory));
}

}  // namespace pycontainer::resolve
