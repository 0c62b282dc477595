#include "resolve/locker.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/internal/unknown_name.hpp"
#include "resolve/question.hpp"
#include "resolve/solution.hpp"
#include "solve/pylock_text.hpp"
#include "solve/solve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace pycontainer::resolve {
namespace {

constexpr std::uint64_t kMaxLock = 64U << 20U;
constexpr std::string_view kCreator = "pycontainer";

Failure foreign(const std::string& what, const std::string& hint) {
    return fail("resolve/foreign-lock", "{}", what).hint("{}", hint);
}

WantedRequest wanted_request(const DependencyRequest& request,
                             const packaging::TargetEnvironment& target) {
    return {.project_directory = request.project_directory,
            .pyproject = &request.pyproject,
            .groups = request.groups,
            .extras = request.extras,
            .target = target};
}

bool is_there(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

Result<Pylock> read_ours(const std::string& text, const std::filesystem::path& file) {
    auto lock = read_pylock(text, file.filename().string());
    if (!lock) {
        auto error = std::move(lock).error();
        error.hint = "remove the file, and lock again";
        return fail(std::move(error));
    }
    if (lock->created_by == kCreator) return lock;
    return foreign(fmt::format("`{}` was made by `{}`", file.filename().string(),
                               printable(lock->created_by, 60)),
                   "lock with that tool, remove the file, or name another one with `--lock "
                   "pylock.image.toml`");
}

/// What the lock keeps of the environment; null for one that it is not for.
const Json* kept_target(const Pylock& lock, const packaging::TargetEnvironment& target) {
    const auto* targets =
        internal::value_at(lock.document.value, {"tool", "pycontainer", "targets"});
    if (!targets || !targets->is_array()) return nullptr;
    const auto marker = solve::environment_marker(target);
    const auto found = std::find_if(targets->begin(), targets->end(), [&](const Json& each) {
        return string_member(each, "environment") == marker;
    });
    return found == targets->end() ? nullptr : &*found;
}

/// The versions that the lock has in the environment, by name.
std::map<std::string, std::string> versions_in(const Pylock& lock,
                                               const packaging::TargetEnvironment& target) {
    auto environment = target.marker_environment();
    environment.extras.emplace();
    environment.dependency_groups.emplace();
    std::map<std::string, std::string> versions;
    for (const auto& package : lock.packages)
        if (!package.version.empty() &&
            (!package.marker || package.marker->evaluate_leniently(environment)))
            versions.emplace(package.name, package.version);
    return versions;
}

std::map<std::string, std::set<std::string>> all_versions(const Pylock& lock) {
    std::map<std::string, std::set<std::string>> versions;
    for (const auto& package : lock.packages)
        versions[package.name].insert(package.version.empty() ? "sources" : package.version);
    return versions;
}

std::vector<VersionChange> changes_between(
    const std::map<std::string, std::set<std::string>>& before,
    const std::map<std::string, std::set<std::string>>& after) {
    std::map<std::string, VersionChange> changes;
    for (const auto& [name, versions] : before) changes[name].before = versions;
    for (const auto& [name, versions] : after) changes[name].after = versions;
    std::vector<VersionChange> result;
    for (auto& [name, change] : changes) {
        if (change.before == change.after) continue;
        change.name = name;
        result.push_back(std::move(change));
    }
    return result;
}

class Locker {
public:
    Locker(const exec::Context& ctx, const DependencyRequest& request, const Upgrade& upgrade,
           store::Store& store)
        : ctx_(ctx), request_(request), upgrade_(upgrade), store_(store) {}

    Result<NewLock> lock(const std::filesystem::path& file, std::vector<LockTarget>& targets) {
        result_.file = file;
        std::string text;
        if (is_there(file)) {
            PYC_TRY_ASSIGN(text, read_file(file, kMaxLock));
            PYC_TRY_ASSIGN(known_, read_ours(text, file));
        }
        PYC_TRY(ask(targets));
        if (is_still_right(targets)) {
            result_.text = text;
        } else {
            PYC_TRY(solve_all(targets));
            PYC_TRY_ASSIGN(result_.text,
                           solve::to_pylock(solved_, {.directory = file.parent_path(),
                                                      .extras = names(request_.extras),
                                                      .groups = names(request_.groups)}));
        }
        result_.is_unchanged = result_.text == text;
        PYC_TRY_ASSIGN(const auto made, read_ours(result_.text, file));
        const auto after = all_versions(made);
        result_.packages = after.size();
        result_.changes = changes_between(
            known_ ? all_versions(*known_) : std::map<std::string, std::set<std::string>>(), after);
        return std::move(result_);
    }

private:
    static std::vector<std::string> names(const std::vector<std::string>& list) {
        auto normalized = internal::normalized_names(list);
        std::sort(normalized.begin(), normalized.end());
        return normalized;
    }

    Result<void> ask(const std::vector<LockTarget>& targets) {
        for (const auto& each : targets) {
            PYC_TRY_ASSIGN(auto question, read_question(wanted_request(request_, each.target),
                                                        ctx_.environment(), *each.client));
            inputs_.push_back(inputs_of(question.wanted, request_.project_directory).hex());
            questions_.push_back(std::move(question));
        }
        return {};
    }

    /// It was made of the same, for the same platforms.
    bool is_still_right(const std::vector<LockTarget>& targets) const {
        if (!known_ || upgrade_.everything || !upgrade_.names.empty()) return false;
        const auto* kept =
            internal::value_at(known_->document.value, {"tool", "pycontainer", "targets"});
        if (!kept || kept->size() != targets.size()) return false;
        if (known_->extras != names(request_.extras) || known_->groups != names(request_.groups))
            return false;
        for (std::size_t i = 0; i < targets.size(); ++i) {
            const auto& target = targets[i].target;
            const auto* one = kept_target(*known_, target);
            if (!one || string_member(*one, "inputs") != inputs_[i] ||
                string_member(*one, "libc") != solve::libc_text(target))
                return false;
        }
        return true;
    }

    std::map<std::string, std::string> preferences_for(const packaging::TargetEnvironment& target) {
        std::map<std::string, std::string> preferences;
        if (known_ && !upgrade_.everything) preferences = versions_in(*known_, target);
        for (const auto& name : upgrade_.names) preferences.erase(name);
        // The same everywhere, where it can be.
        for (const auto& other : solved_)
            for (const auto& package : other.solution.packages)
                preferences.emplace(package.name, package.version);
        return preferences;
    }

    Result<void> solve_all(const std::vector<LockTarget>& targets) {
        for (std::size_t i = 0; i < targets.size(); ++i) {
            auto& client = questions_[i].client(*targets[i].client);
            auto& wanted = questions_[i].wanted;
            wanted.problem.preferences = preferences_for(targets[i].target);
            PYC_TRY_ASSIGN(auto solution, solve_wanted(ctx_, std::move(wanted), client, store_,
                                                       request_.ask_backend));
            for (auto& warning : warnings_of(solution))
                if (std::none_of(result_.warnings.begin(), result_.warnings.end(),
                                 [&](const auto& each) { return each.message == warning.message; }))
                    result_.warnings.push_back(std::move(warning));
            solved_.push_back({targets[i].target, std::move(solution), inputs_[i]});
        }
        return {};
    }

    const exec::Context& ctx_;
    const DependencyRequest& request_;
    const Upgrade& upgrade_;
    store::Store& store_;
    std::optional<Pylock> known_;
    std::vector<Question> questions_;  // by target, as those below
    std::vector<std::string> inputs_;
    std::vector<solve::SolvedTarget> solved_;
    NewLock result_;
};

}  // namespace

Result<std::filesystem::path> lock_to_write(const DependencyRequest& request) {
    if (request.lock) {
        const auto name = request.lock->file.filename().string();
        if (is_pylock_name(name)) return request.lock->file;
        return foreign(
            fmt::format("`{}` ({}) cannot be written", printable(name, 80), request.lock->origin),
            "name a `pylock.toml` or `pylock.NAME.toml`");
    }
    const auto choice = choose_lock(request.project_directory, request.pyproject);
    if (choice.is_ambiguous)
        return fail("resolve/no-lock", "no lock can be chosen: {}", choice.reason)
            .hint("name the one for the image in `[build] lock` or with `--lock`");
    if (choice.kind == "pylock.toml") return choice.file;
    if (choice.kind == "none" || choice.kind == "requirements.txt")
        return request.project_directory / "pylock.toml";
    return foreign(
        fmt::format("`{}` locks this project already", choice.file.filename().string()),
        "lock with the tool that it is of, or name another lock with `--lock pylock.image.toml`");
}

Result<NewLock> make_lock(const exec::Context& ctx, const DependencyRequest& request,
                          const std::filesystem::path& file, std::vector<LockTarget>& targets,
                          const Upgrade& upgrade, store::Store& store) {
    return Locker(ctx, request, upgrade, store).lock(file, targets);
}

bool is_outdated(const Pylock& lock, const DependencyRequest& request,
                 const Environment& environment, const index::IndexClient& configured) {
    if (lock.created_by != kCreator) return false;
    const auto* target = kept_target(lock, request.target);
    const auto kept = target ? string_member(*target, "inputs") : std::nullopt;
    if (!kept) return false;
    const auto question =
        read_question(wanted_request(request, request.target), environment, configured);
    return question && inputs_of(question->wanted, request.project_directory).hex() != *kept;
}

}  // namespace pycontainer::resolve
