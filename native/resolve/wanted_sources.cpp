#include "resolve/wanted_sources.hpp"

#include "base/strings.hpp"
#include "index/core_metadata_client.hpp"
#include "net/url.hpp"
#include "packaging/names.hpp"
#include "packaging/wheel_name.hpp"
#include "resolve/repository_url.hpp"
#include "sources/archive_tree.hpp"
#include "sources/distribution.hpp"
#include "sources/repository.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

namespace pycontainer::resolve {
namespace {

constexpr std::size_t kMaxSources = 200;

Failure with_place(Failure failure, const solve::WrittenRequirement& written) {
    auto error = std::move(failure).take();
    if (!written.file.empty())
        error.diagnostics.push_back(
            {written.file, written.range, Severity::Error, error.code, error.message, error.hint});
    return fail(std::move(error));
}

class Adder {
public:
    Adder(const exec::Context& ctx, index::IndexClient& client, store::Store& store,
          const AskBackend& ask_backend, solve::Problem& problem)
        : ctx_(ctx), client_(client), store_(store), ask_backend_(ask_backend), problem_(problem) {}

    Result<void> add(std::vector<WantedSource> sources) {
        open_.assign(std::make_move_iterator(sources.begin()),
                     std::make_move_iterator(sources.end()));
        for (const auto& local : problem_.local_projects) known_[local.name];
        while (!open_.empty()) {
            PYC_TRY(ctx_.check());
            const auto source = std::move(open_.front());
            open_.pop_front();
            auto added = add_one(source);
            if (!added) return with_place(fail(std::move(added).error()), source.written);
        }
        return {};
    }

private:
    Result<void> add_one(const WantedSource& source) {
        const auto identity = identity_of(source);
        if (const auto known = known_.find(source.name);
            !source.name.empty() && known != known_.end()) {
            if (known->second == identity || known->second.empty()) return {};
            return fail("resolve/unsupported-source", "`{}` is asked for from two places",
                        source.name)
                .hint("name one of them everywhere");
        }
        if (known_.size() >= kMaxSources)
            return fail("resolve/unsupported-source", "there are more than {} sources to fetch",
                        kMaxSources)
                .hint("use released versions of what these projects depend on");
        PYC_TRY_ASSIGN(auto project, read(source));
        if (!source.name.empty() && source.name != project.name)
            return fail("resolve/unsupported-source", "the sources of `{}` are those of `{}`",
                        source.name, project.name)
                .hint("correct the name or the address");
        known_[project.name] = identity;
        if (source.is_top) {
            auto written = source.written;
            written.requirement.name = project.name;
            problem_.requirements.push_back(std::move(written));
        }
        problem_.local_projects.push_back(std::move(project));
        return {};
    }

    Result<solve::LocalProject> read(const WantedSource& source) {
        if (const auto* repository = std::get_if<Repository>(&source.place))
            return from_repository(source.name, *repository);
        if (const auto* archive = std::get_if<ArchiveAddress>(&source.place))
            return from_archive(source.name, *archive);
        const auto& directory = std::get<std::filesystem::path>(source.place);
        PYC_TRY_ASSIGN(const auto tree, sources::Tree::read_directory(ctx_, directory));
        PYC_TRY_ASSIGN(auto project, from_tree(source.name, tree,
                                               {std::nullopt, {}, sources::hints_of(directory)}));
        project.directory = directory.lexically_normal();
        return project;
    }

    Result<solve::LocalProject> from_repository(const std::string& name,
                                                const Repository& repository) {
        auto commit = repository.commit;
        if (commit.empty()) {
            PYC_TRY_ASSIGN(
                commit, sources::find_commit(ctx_, repository.url, repository.requested_revision));
        }
        PYC_TRY_ASSIGN(const auto fetched,
                       sources::fetch_commit(ctx_, repository.url, commit, store_));
        const auto url = sources::plain_repository_url(repository.url);
        PYC_TRY_ASSIGN(const auto tree,
                       sources::read_tree_archive(ctx_, store_.blob_path(fetched.archive), url));
        PYC_TRY_ASSIGN(auto project, from_tree(name, tree.subtree(repository.subdirectory),
                                               {fetched.archive,
                                                repository.subdirectory,
                                                {.known = {}, .exact_tag = fetched.exact_tag}}));
        project.repository = {.url = url,
                              .commit = commit,
                              .requested_revision = repository.requested_revision,
                              .subdirectory = repository.subdirectory};
        return project;
    }

    Result<solve::LocalProject> from_archive(const std::string& name,
                                             const ArchiveAddress& address) {
        PYC_TRY_ASSIGN(const auto url, net::Url::parse(address.url));
        index::IndexFile file;
        file.filename = net::percent_decode(url.path().substr(url.path().rfind('/') + 1));
        file.url = url.without_fragment().to_string();
        std::optional<Digest> stated;
        if (url.fragment().starts_with("sha256="))
            if (const auto digest = Digest::from_hex(url.fragment().substr(7))) stated = *digest;
        const index::CoreMetadataClient files(client_.http(), store_);
        PYC_TRY_ASSIGN(file.sha256, files.fetch_digest(ctx_, file));
        if (stated && *stated != *file.sha256)
            return fail("index/metadata-mismatch", "`{}` has another hash than its address says",
                        url.redacted())
                .hint("correct the hash, or find out who has changed the file");
        PYC_TRY_ASSIGN(const auto tree,
                       sources::read_sdist(ctx_, store_.blob_path(*file.sha256), file.filename));
        PYC_TRY_ASSIGN(auto project, from_tree(name, tree, {file.sha256}));
        project.archive = std::move(file);
        return project;
    }

    /// Where a tree is from.
    struct Origin {
        std::optional<Digest> content;  ///< of the archive; nothing: a directory
        std::string subdirectory{};
        sources::VersionHints hints{};
    };

    Result<packaging::CoreMetadata> metadata_of(const std::string& name, const sources::Tree& tree,
                                                const Origin& origin) {
        auto told = sources::read_metadata(tree, origin.hints);
        if (!told && told.error().code == "sources/needs-build" && ask_backend_) {
            PYC_TRY_ASSIGN(const auto content, origin.content ? Result<Digest>(*origin.content)
                                                              : sources::digest_of(ctx_, tree));
            return ask_backend_(ctx_, {name.empty() ? "a dependency" : name, content,
                                       origin.subdirectory, origin.hints, tree, problem_.target});
        }
        if (!told) return fail(std::move(told).error());
        packaging::CoreMetadata metadata;
        metadata.name = told->name;
        if (told->version != sources::kUnknownVersion) metadata.version = told->version;
        metadata.requires_dist = told->requires_dist();
        for (const auto& [extra, list] : told->extras) metadata.provides_extra.push_back(extra);
        return metadata;
    }

    Result<solve::LocalProject> from_tree(const std::string& name, const sources::Tree& tree,
                                          const Origin& origin) {
        PYC_TRY_ASSIGN(const auto metadata, metadata_of(name, tree, origin));
        solve::LocalProject project{.name = packaging::normalize_name(metadata.name),
                                    .version = metadata.version,
                                    .directory = {}};
        auto environment = problem_.target.marker_environment();
        environment.extra.clear();
        for (const auto& extra : metadata.provides_extra)
            environment.extra.push_back(packaging::normalize_name(extra));
        for (const auto& text : metadata.requires_dist) {
            PYC_TRY_ASSIGN(auto requirement, packaging::Requirement::parse(text));
            solve::WrittenRequirement written{.requirement = std::move(requirement), .text = text};
            const auto& marker = written.requirement.marker;
            if (!written.requirement.url.empty() &&
                (!marker || marker->evaluate_leniently(environment))) {
                PYC_TRY_ASSIGN(auto source, source_at(written.requirement.normalized_name(),
                                                      written.requirement.url, written));
                if (source) open_.push_back(*std::move(source));
            }
            project.requirements.push_back(std::move(written));
        }
        return project;
    }

    const exec::Context& ctx_;
    index::IndexClient& client_;
    store::Store& store_;
    const AskBackend& ask_backend_;
    solve::Problem& problem_;
    std::deque<WantedSource> open_;
    std::map<std::string, std::string>
        known_;  // what is at which place; empty: as the project says
};

}  // namespace

std::string identity_of(const WantedSource& source) {
    if (const auto* repository = std::get_if<Repository>(&source.place))
        return fmt::format(
            "{} {} {}", sources::plain_repository_url(repository->url),
            repository->commit.empty() ? repository->requested_revision : repository->commit,
            repository->subdirectory);
    if (const auto* archive = std::get_if<ArchiveAddress>(&source.place))
        return sources::plain_repository_url(archive->url);
    return std::get<std::filesystem::path>(source.place).string();
}

Result<std::optional<WantedSource>> source_at(const std::string& name, const std::string& url,
                                              const solve::WrittenRequirement& written) {
    WantedSource source{.name = name, .place = {}, .written = written};
    if (url.starts_with("git+")) {
        PYC_TRY_ASSIGN(source.place, repository_named_by(url));
        return source;
    }
    const auto parsed = net::Url::parse(url);
    if (!parsed) return fail(parsed.error());
    const auto filename = net::percent_decode(parsed->path().substr(parsed->path().rfind('/') + 1));
    if (packaging::WheelName::parse(filename)) return std::nullopt;
    const bool is_archive =
        filename.ends_with(".tar.gz") || filename.ends_with(".zip") || filename.ends_with(".tgz");
    if (!is_archive || (parsed->scheme() != "https" && parsed->scheme() != "http"))
        return fail("resolve/unsupported-source",
                    "`{}` is the address of neither a wheel nor a source distribution nor a Git "
                    "repository",
                    parsed->redacted())
            .hint("use a released version, or an address of these kinds");
    source.place = ArchiveAddress{url};
    return source;
}

Result<void> add_sources(const exec::Context& ctx, std::vector<WantedSource> sources,
                         index::IndexClient& client, store::Store& store,
                         const AskBackend& ask_backend, solve::Problem& problem) {
    return Adder(ctx, client, store, ask_backend, problem).add(std::move(sources));
}

}  // namespace pycontainer::resolve
