#include "resolve/solution.hpp"

#include "base/version.hpp"
#include "net/url.hpp"

#include <fmt/format.h>

namespace pycontainer::resolve {
namespace {

constexpr std::string_view kRecord = "solution";
constexpr int kFormat = 1;

void add(Sha256& hasher, std::string_view kind, const solve::WrittenRequirement& written) {
    const auto url = written.requirement.url.empty() ? Result<net::Url>()
                                                     : net::Url::parse(written.requirement.url);
    const auto marker =
        written.requirement.marker ? written.requirement.marker->to_string() : std::string();
    hasher.update(
        fmt::format("{} {}|{}|{}|{}|{}\n", kind, written.requirement.name,
                    fmt::join(written.requirement.normalized_extras(), ","),
                    written.admits ? written.text : written.requirement.specifiers.to_string(),
                    url && !url->empty() ? url->without_userinfo().to_string() : "", marker));
}

std::vector<Warning> warnings_of(const solve::Solution& solution) {
    std::vector<Warning> warnings;
    for (const auto& each : solution.warnings)
        warnings.push_back({each.code, each.message, each.hint});
    return warnings;
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

}  // namespace

Digest digest_of(const solve::Problem& problem, const index::IndexOptions& indexes) {
    Sha256 hasher;
    hasher.update(fmt::format("solution {}\n{} {}\n", kFormat, problem.target.python_version,
                              problem.target.describe()));
    for (const auto& each : problem.requirements) add(hasher, "requirement", each);
    for (const auto& each : problem.constraints) add(hasher, "constraint", each);
    for (const auto& each : problem.overrides) add(hasher, "override", each);
    for (const auto& local : problem.local_projects) {
        hasher.update(
            fmt::format("local {} {} {}\n", local.name, local.version, local.directory.string()));
        for (const auto& each : local.requirements) add(hasher, "its", each);
    }
    hasher.update("indexes\n" + indexes.fingerprint());
    return hasher.finish();
}

Result<KeptSolution> find_or_solve(const exec::Context& ctx, const solve::Problem& problem,
                                   const std::filesystem::path& project_directory,
                                   index::IndexClient& client, store::Store& store) {
    const auto key = digest_of(problem, client.options());
    // What lies in a directory may be other files the next time.
    const bool may_remember = !client.options().has_local_places();
    if (const auto record = may_remember ? store.find_record(kRecord, key) : std::nullopt)
        if (auto known = from_json(*record)) return *std::move(known);
    const index::CoreMetadataClient metadata(client.http(), store);
    const exec::Activity activity(ctx, "resolving dependencies");
    PYC_TRY_ASSIGN(auto solution, solve::solve(ctx, problem, client, metadata));
    KeptSolution kept;
    kept.warnings = warnings_of(solution);
    const solve::SolvedTarget target{problem.target, std::move(solution)};
    PYC_TRY_ASSIGN(kept.pylock,
                   solve::to_pylock({&target, 1}, {.directory = project_directory, .inputs = {}}));
    if (may_remember)
        ignore(store.put_record(kRecord, key, to_json(kept)));  // the next build resolves again
    return kept;
}

}  // namespace pycontainer::resolve
