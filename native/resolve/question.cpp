#include "resolve/question.hpp"

#include "base/strings.hpp"
#include "resolve/requirements_file.hpp"

#include <algorithm>

namespace pycontainer::resolve {
namespace {

/// A requirements file has neither groups nor extras.
Result<void> check_nothing_is_wanted(const WantedRequest& request) {
    if (request.groups.empty() && request.extras.empty()) return {};
    const bool is_group = !request.groups.empty();
    const auto* kind = is_group ? "group" : "extra";
    return fail(is_group ? "resolve/unknown-group" : "resolve/unknown-extra",
                "the {} `{}` cannot be chosen from `requirements.txt`, which has none", kind,
                printable(is_group ? request.groups.front() : request.extras.front(), 60))
        .hint("remove the {} from the configuration, or list the dependencies in `pyproject.toml`",
              kind);
}

}  // namespace

Result<Question> read_question(const WantedRequest& request, const Environment& environment,
                               const index::IndexClient& configured) {
    Question question;
    const auto path = request.project_directory / "requirements.txt";
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        PYC_TRY_ASSIGN(question.wanted, wanted_requirements(request));
        return question;
    }
    PYC_TRY(check_nothing_is_wanted(request));
    PYC_TRY_ASSIGN(const auto file,
                   read_requirements(path, request.project_directory, environment));
    const bool has_hashes = std::any_of(file.entries.begin(), file.entries.end(),
                                        [](const auto& each) { return !each.hashes.empty(); });
    if (file.require_hashes || has_hashes)
        return fail("resolve/foreign-lock", "`requirements.txt` has hashes, so it is a lock itself")
            .hint("lock with the tool that made it, or leave the hashes out");
    PYC_TRY_ASSIGN(question.wanted, wanted_of_file(file, request));
    question.file = path;
    if (!file.index.empty()) question.own_client = configured.with(file.index);
    return question;
}

}  // namespace pycontainer::resolve
