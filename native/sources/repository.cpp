#include "sources/repository.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "exec/process.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <map>

namespace pycontainer::sources {
namespace {

constexpr std::string_view kRecord = "git-tree";
constexpr std::chrono::minutes kTimeout{10};
/// What `git` may know of the environment: where programs, keys and settings are, and proxies.
constexpr std::array<std::string_view, 17> kVariables = {
    "PATH",        "HOME",           "USER",          "XDG_CONFIG_HOME", "SSH_AUTH_SOCK",
    "GIT_SSH",     "GIT_SSL_CAINFO", "SSL_CERT_FILE", "SSL_CERT_DIR",    "http_proxy",
    "https_proxy", "HTTP_PROXY",     "HTTPS_PROXY",   "all_proxy",       "ALL_PROXY",
    "no_proxy",    "NO_PROXY"};

class Git {
public:
    Git(const exec::Context& ctx, const std::string& url, std::filesystem::path directory)
        : plain_url_(plain_repository_url(url)),
          directory_(std::move(directory)),
          environment_(environment_for(ctx.environment(), url)),
          ctx_(ctx.stop_token(), ctx.events(), environment_, ctx.concurrency()) {}

    Result<void> fetch(const std::string& commit) {
        PYC_TRY(must({"git", "init", "--quiet", "--bare", "--template=", directory_.string()}));
        PYC_TRY_ASSIGN(const auto shallow, run(fetch_command({"--depth=1"}, {commit})));
        if (shallow.exit_code != 0 || !has(commit)) {
            // Old servers give only what a name leads to.
            PYC_TRY_ASSIGN(const auto all, run(fetch_command({}, {"+refs/*:refs/*"})));
            if (all.exit_code != 0) return failed(all.errors);
        }
        if (has(commit)) return {};
        return fail("sources/commit-not-found", "`{}` has no commit {}", plain_url_, commit)
            .hint("it may have been removed by a force push: lock again");
    }

    Result<void> archive(const std::string& commit, const std::filesystem::path& file) {
        // A checkout has all files, whatever the repository wants of archives; these attributes go
        // before its own.
        PYC_TRY(write_file(directory_ / "info" / "attributes", "* -export-ignore -export-subst\n"));
        return must(with_directory({"archive", "--format=tar", "-o", file.string(), commit}));
    }

    /// A branch goes before a tag of the same name, as with `git fetch`'s callers pip and uv; an
    /// annotated tag means the commit that it is of.
    Result<std::string> find(const std::string& revision) {
        PYC_TRY(must({"git", "init", "--quiet", "--bare", "--template=", directory_.string()}));
        PYC_TRY_ASSIGN(const auto listed, run(with_directory({"ls-remote", "--", plain_url_})));
        if (listed.exit_code != 0) return failed(listed.errors);
        std::map<std::string, std::string, std::less<>> commits;
        for (const auto line : split_lines(listed.output))
            if (const auto tab = line.find('\t'); tab != std::string_view::npos)
                commits.emplace(line.substr(tab + 1), line.substr(0, tab));
        const std::vector<std::string> names =
            revision.empty() ? std::vector<std::string>{"HEAD"}
            : revision.starts_with("refs/")
                ? std::vector<std::string>{revision + "^{}", revision}
                : std::vector<std::string>{"refs/heads/" + revision,
                                           "refs/tags/" + revision + "^{}",
                                           "refs/tags/" + revision};
        for (const auto& name : names)
            if (const auto found = commits.find(name); found != commits.end()) return found->second;
        if (is_abbreviated(revision)) {
            PYC_TRY_ASSIGN(auto commit, complete(revision));
            if (!commit.empty()) return commit;
        }
        return fail("sources/commit-not-found", "`{}` has no branch, tag or commit `{}`",
                    plain_url_, printable(revision, 80))
            .hint("correct the name, or give all digits of the commit");
    }

    /// A tag of the commit; none if the server does not say.
    std::string exact_tag(const std::string& commit) {
        const auto listed = run(with_directory({"ls-remote", "--tags", "--", plain_url_}));
        if (!listed || listed->exit_code != 0) return {};
        for (const auto line : split_lines(listed->output)) {
            if (!line.starts_with(commit)) continue;
            auto name = trim(line.substr(commit.size()));
            if (name.ends_with("^{}")) name.remove_suffix(3);
            if (name.starts_with("refs/tags/"))
                return std::string(name.substr(std::string_view("refs/tags/").size()));
        }
        return {};
    }

private:
    static bool is_abbreviated(std::string_view revision) {
        return revision.size() >= 4 && revision.size() < 64 &&
               revision.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    }

    /// The only commit that begins with these digits, among those that names lead to; empty if
    /// there is none. Servers do not look for it, so all commits are fetched, without files where
    /// the server can leave them out.
    Result<std::string> complete(const std::string& digits) {
        PYC_TRY_ASSIGN(const auto all,
                       run(fetch_command({"--filter=blob:none"}, {"+refs/*:refs/*"})));
        if (all.exit_code != 0) return failed(all.errors);
        PYC_TRY_ASSIGN(const auto found,
                       run(with_directory({"rev-parse", "--verify", "--quiet", "--end-of-options",
                                           digits + "^{commit}"})));
        return found.exit_code == 0 ? std::string(trim(found.output)) : std::string();
    }

    static Environment environment_for(const Environment& own, const std::string& url) {
        std::map<std::string, std::string, std::less<>> variables{
            {"GIT_TERMINAL_PROMPT", "0"},
            {"GIT_ALLOW_PROTOCOL", "https:http:ssh:git:file"},
            {"GIT_LFS_SKIP_SMUDGE", "1"},
            {"GIT_SSH_COMMAND", own.find("GIT_SSH_COMMAND").value_or("ssh -oBatchMode=yes")},
            {"LC_ALL", "C"}};
        for (const auto name : kVariables)
            if (const auto value = own.find(name)) variables.emplace(name, *value);
        // An argument could be seen by other users of the machine.
        if (const auto plain = plain_repository_url(url); plain != url) {
            variables["GIT_CONFIG_COUNT"] = "1";
            variables["GIT_CONFIG_KEY_0"] = "url." + url + ".insteadOf";
            variables["GIT_CONFIG_VALUE_0"] = plain;
        }
        return Environment(std::move(variables));
    }

    std::vector<std::string> with_directory(const std::vector<std::string>& arguments) const {
        std::vector<std::string> command{
            "git", "-c",        "core.hooksPath=/dev/null",        "-c", "submodule.recurse=false",
            "-c",  "gc.auto=0", "--git-dir=" + directory_.string()};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return command;
    }
    std::vector<std::string> fetch_command(const std::vector<std::string>& options,
                                           const std::vector<std::string>& names) const {
        std::vector<std::string> arguments{"fetch", "--quiet", "--no-tags",
                                           "--no-recurse-submodules"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        arguments.insert(arguments.end(), {"--", plain_url_});
        arguments.insert(arguments.end(), names.begin(), names.end());
        return with_directory(arguments);
    }

    Result<exec::ProcessOutcome> run(std::vector<std::string> command) const {
        auto outcome = exec::run_process(
            ctx_,
            {.command = std::move(command), .directory = {}, .input = {}, .timeout = kTimeout});
        if (!outcome && outcome.error().code == "process/not-found")
            return fail("sources/no-git", "`{}` is needed, and there is no `git` on this machine",
                        plain_url_)
                .hint("install git, or use a released version of the package");
        return outcome;
    }
    Result<void> must(std::vector<std::string> command) const {
        PYC_TRY_ASSIGN(const auto outcome, run(std::move(command)));
        return outcome.exit_code == 0 ? Result<void>() : failed(outcome.errors);
    }
    bool has(const std::string& commit) const {
        const auto outcome = run(with_directory({"cat-file", "-e", commit + "^{commit}"}));
        return outcome && outcome->exit_code == 0;
    }

    Failure failed(std::string_view errors) const {
        std::string reason = "it says nothing";
        for (const auto line : split_lines(errors))
            if (line.starts_with("fatal: ") || line.starts_with("error: ")) reason = line.substr(7);
        const auto lower = to_lower(errors);
        const bool is_refused = lower.find("authentication failed") != std::string::npos ||
                                lower.find("could not read username") != std::string::npos ||
                                lower.find("permission denied") != std::string::npos;
        return fail("sources/git-failed", "`git` cannot fetch from `{}`: {}", plain_url_,
                    printable(exec::without_userinfo(reason), 300))
            .hint("{}", is_refused ? "log in: a credential helper of git, an SSH key in the agent, "
                                     "or user and token in the address"
                                   : "check the address and the network; `git ls-remote` with it "
                                     "should work");
    }

    std::string plain_url_;
    std::filesystem::path directory_;
    Environment environment_;
    exec::Context ctx_;
};

Result<Digest> digest_of_file(const std::filesystem::path& path) {
    Sha256 hash;
    PYC_TRY(stream_file(path, [&](Bytes bytes) -> Result<void> {
        hash.update(bytes);
        return {};
    }));
    return hash.finish();
}

std::optional<Digest> digest_in(const Json& record) {
    const auto digest = Digest::parse(string_member(record, "digest").value_or(""));
    return digest ? std::optional(*digest) : std::nullopt;
}

}  // namespace

std::string plain_repository_url(std::string_view url) {
    // `ssh://git@host` names an account, which is no secret; a password is.
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return std::string(url);
    const auto start = scheme + 3;
    const auto end = std::min(url.find('/', start), url.size());
    const auto at = url.substr(start, end - start).rfind('@');
    if (at == std::string_view::npos) return std::string(url);
    const auto user = url.substr(start, at);
    const bool is_account = url.starts_with("ssh://") && user.find(':') == std::string_view::npos;
    if (is_account) return std::string(url);
    return std::string(url.substr(0, start)) + std::string(url.substr(start + at + 1));
}

Result<std::string> find_commit(const exec::Context& ctx, const std::string& url,
                                const std::string& revision) {
    const exec::Activity activity(ctx, fmt::format("asking {}", plain_repository_url(url)));
    std::error_code error;
    PYC_TRY_ASSIGN(const auto temporary,
                   TemporaryDirectory::create(std::filesystem::temp_directory_path(error),
                                              "pycontainer-git-"));
    return Git(ctx, url, temporary.path() / "repository").find(revision);
}

Result<RepositoryTree> fetch_commit(const exec::Context& ctx, const std::string& url,
                                    const std::string& commit, store::Store& store) {
    const auto plain = plain_repository_url(url);
    const auto key = Digest::of(fmt::format("{}\n{}", plain, commit));
    if (const auto record = store.find_record(kRecord, key)) {
        if (const auto digest = digest_in(*record)) {
            PYC_TRY_ASSIGN(const auto found, store.find_blob(ctx, *digest));
            if (found) return RepositoryTree{*digest, string_member(*record, "tag").value_or("")};
        }
    }
    const exec::Activity activity(ctx, fmt::format("fetching {}", plain));
    std::error_code error;
    PYC_TRY_ASSIGN(const auto temporary,
                   TemporaryDirectory::create(std::filesystem::temp_directory_path(error),
                                              "pycontainer-git-"));
    Git git(ctx, url, temporary.path() / "repository");
    PYC_TRY(git.fetch(commit));
    const auto file = temporary.path() / "tree.tar";
    PYC_TRY(git.archive(commit, file));
    RepositoryTree tree;
    tree.exact_tag = git.exact_tag(commit);
    PYC_TRY_ASSIGN(tree.archive, digest_of_file(file));
    PYC_TRY_ASSIGN(auto blob, store.new_blob());
    PYC_TRY(stream_file(file, [&](Bytes bytes) { return blob.write(bytes); }));
    PYC_TRY(store.commit_blob(std::move(blob), tree.archive));
    PYC_TRY(store.put_record(kRecord, key,
                             {{"digest", tree.archive.to_string()}, {"tag", tree.exact_tag}}));
    return tree;
}

}  // namespace pycontainer::sources
