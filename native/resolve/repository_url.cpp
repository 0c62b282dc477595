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

Failure refuse(const Repository& repository, std::string_view why, std::string_view hint) {
    const auto parsed = net::Url::parse(repository.url);
    return fail("resolve/unsupported-source", "the repository `{}` cannot be used: {}",
                parsed ? parsed->redacted().text : std::string("…"), why)
        .hint("{}", hint);
}

/// `…/repo@revision?rev=revision&subdirectory=x#subdirectory=x`, in parts.
struct Parts {
    std::string url, fragment, revision, subdirectory;

    explicit Parts(std::string_view text) : url(text) {
        fragment = take_after(url, '#');
        const auto query = take_after(url, '?');
        subdirectory = value_of(fragment, "subdirectory");
        if (subdirectory.empty()) subdirectory = value_of(query, "subdirectory");
        revision = take_revision(url);
        for (const auto* key : {"rev", "tag", "branch"})
            if (revision.empty()) revision = value_of(query, key);
    }
};

}  // namespace

bool is_commit(std::string_view text) {
    return (text.size() == 40 || text.size() == 64) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

Result<Repository> make_unlocked_repository(std::string_view url, std::string requested_revision,
                                            std::string subdirectory) {
    Repository repository{
        .url = std::string(url),
        .commit = is_commit(requested_revision) ? to_lower(requested_revision) : std::string(),
        .requested_revision = std::move(requested_revision),
        .subdirectory = std::move(subdirectory)};
    if (repository.url.starts_with("git+")) repository.url.erase(0, 4);
    // As scp writes it.
    if (const auto colon = repository.url.find(':');
        repository.url.find("://") == std::string::npos && colon != std::string::npos &&
        colon > 0 && repository.url.front() != '/')
        repository.url =
            "ssh://" + repository.url.substr(0, colon) + "/" + repository.url.substr(colon + 1);
    for (const std::string_view other : {"hg+", "svn+", "bzr+"})
        if (url.starts_with(other))
            return refuse(repository, "only Git is understood",
                          "use a released version, or a wheel of it");
    const bool is_known =
        std::any_of(kSchemes.begin(), kSchemes.end(),
                    [&](std::string_view scheme) { return repository.url.starts_with(scheme); });
    if (!is_known)
        return refuse(repository, "its address is none of https, ssh, git and file",
                      "use one of these addresses");
    return repository;
}

Result<Repository> make_repository(std::string_view url, std::string_view commit,
                                   std::string requested_revision, std::string subdirectory) {
    PYC_TRY_ASSIGN(auto repository, make_unlocked_repository(url, std::move(requested_revision),
                                                             std::move(subdirectory)));
    repository.commit = to_lower(commit);
    if (!is_commit(repository.commit))
        return refuse(repository, "it names no commit",
                      "write the whole commit after an `@`, or lock it");
    return repository;
}

std::string egg_name(std::string_view url) {
    std::string text(url);
    const auto egg = value_of(take_after(text, '#'), "egg");
    const auto name = std::string_view(egg).substr(0, egg.find('['));
    return packaging::is_valid_name(name) ? packaging::normalize_name(name) : std::string();
}

Result<Repository> repository_at(std::string_view url) {
    Parts parts(url);
    const auto commit = is_commit(parts.fragment) ? parts.fragment : parts.revision;
    return make_repository(parts.url, commit, std::move(parts.revision),
                           std::move(parts.subdirectory));
}

Result<Repository> repository_named_by(std::string_view url) {
    Parts parts(url);
    return make_unlocked_repository(parts.url, std::move(parts.revision),
                                    std::move(parts.subdirectory));
}

}  // namespace pycontainer::resolve
