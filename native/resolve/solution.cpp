#include "resolve/solution.hpp"

#include "base/version.hpp"
#include "resolve/sdist_reader.hpp"
#include "sources/repository.hpp"

#include <fmt/format.h>

namespace pycontainer::resolve {
namespace {

constexpr std::string_view kRecord = "solution";
constexpr int kFormat = 2;

void add(Sha256& hasher, std::string_view kind, const solve::WrittenRequirement& written) {
    const auto marker =
        written.requirement.marker ? written.requirement.marker->to_string() : std::string();
    hasher.update(
        fmt::format("{} {}|{}|{}|{}|{}\n", kind, written.requirement.name,
                    fmt::join(written.requirement.normalized_extras(), ","),
                    written.admits ? written.text : written.requirement.specifiers.to_string(),
                    sources::plain_repository_url(written.requirement.url), marker));
}

std::optional<KeptSolution> from_json(const Json& json) {
    KeptSolution result;
    auto pylock = string_member(json, "pylock");
    const auto* warnings = member(json, "warnings");
    if (!pylock || !warnings || !warnings->is_array()) return std::nullopt;
    result.pylock = *std::move(pylock);
    for (const auto& each : *warnings)
        result.warnings.push_back({string_member(each, "code").value_or(""),
                                   string_member(each, "message").value_or(""),
                                   string_member(each, "hint").value_or("")});
    result.is_remembered = true;
    return result;
}

Json to_json(const KeptSolution& solution) {
    Json warnings = Json::array();
    for (const auto& each : solution.warnings)
        warnings.push_back({{"code", each.code}, {"message", each.message}, {"hint", each.hint}});
    return {{"pylock", solution.pylock}, {"warnings", std::move(warnings)}};
}

void add_question(Sha256& hasher, const Wanted& wanted, const std::filesystem::path& directory) {
    const auto& problem = wanted.problem;
    for (const auto& each : problem.requirements) add(hasher, "requirement", each);
    for (const auto& each : problem.constraints) add(hasher, "constraint", each);
    for (const auto& each : problem.overrides) add(hasher, "override", each);
    for (const auto& local : problem.local_projects) {
        hasher.update(fmt::format("local {} {} {}\n", local.name, local.version,
                                  local.directory.lexically_relative(directory).generic_string()));
        for (const auto& each : local.requirements) add(hasher, "its", each);
    }
    for (const auto& source : wanted.sources) {
        const auto* path = std::get_if<std::filesystem::path>(&source.place);
        hasher.update(fmt::format(
            "source {} {}\n", source.name,
            path ? path->lexically_relative(directory).generic_string() : identity_of(source)));
        add(hasher, "for", source.written);
    }
}

}  // namespace

Digest digest_of(const Wanted& wanted, const std::filesystem::path& project_directory,
                 const index::IndexOptions& indexes) {
    Sha256 hasher;
    const auto& problem = wanted.problem;
    hasher.update(fmt::format("solution {}\n{} {}\n{}\n", kFormat, problem.target.python_version,
                              problem.target.describe(), project_directory.string()));
    add_question(hasher, wanted, project_directory);
    hasher.update("indexes\n" + indexes.fingerprint());
    return hasher.finish();
}

Digest inputs_of(const Wanted& wanted, const std::filesystem::path& project_directory) {
    Sha256 hasher;
    add_question(hasher, wanted, project_directory);
    return hasher.finish();
}

std::vector<Warning> warnings_of(const solve::Solution& solution) {
    std::vector<Warning> warnings;
    for (const auto& each : solution.warnings)
        warnings.push_back({each.code, each.message, each.hint});
    return warnings;
}

Result<solve::Solution> solve_wanted(const exec::Context& ctx, Wanted wanted,
                                     index::IndexClient& client, store::Store& store,
                                     const AskBackend& ask_backend) {
    const exec::Activity activity(ctx, "resolving dependencies");
    PYC_TRY(
        add_sources(ctx, std::move(wanted.sources), client, store, ask_backend, wanted.problem));
    const index::CoreMetadataClient metadata(client.http(), store);
    return solve::solve(
        ctx, wanted.problem, client, metadata,
        SdistReader(metadata, store, wanted.problem.target, ask_backend).function());
}

Result<KeptSolution> find_or_solve(const exec::Context& ctx, const Wanted& wanted,
                                   const std::filesystem::path& project_directory,
                                   index::IndexClient& client, store::Store& store,
                                   const AskBackend& ask_backend) {
    // What lies in a directory may be other files the next time.
    const auto local = client.options().local_state();
    const bool may_remember = local.has_value();
    const auto key = Digest::of(digest_of(wanted, project_directory, client.options()).hex() +
                                local.value_or("") + (ask_backend ? " with backends" : ""));
    if (const auto record = may_remember ? store.find_record(kRecord, key) : std::nullopt)
        if (auto known = from_json(*record)) return *std::move(known);
    PYC_TRY_ASSIGN(auto solution, solve_wanted(ctx, wanted, client, store, ask_backend));
    KeptSolution kept;
    kept.warnings = warnings_of(solution);
    const solve::SolvedTarget target{wanted.problem.target, std::move(solution)};
    PYC_TRY_ASSIGN(kept.pylock, solve::to_pylock({&target, 1}, {.directory = project_directory}));
    if (may_remember)
        ignore(store.put_record(kRecord, key, to_json(kept)));  // the next build resolves again
    return kept;
}

}  // namespace pycontainer::resolve
