#include "project/python_version.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "packaging/specifier.hpp"
#include "project/python_releases.hpp"

#include <algorithm>
#include <set>

namespace pycontainer::project {
namespace {

constexpr std::uint64_t kMaxFile = 64U << 10U;
constexpr unsigned kBeyondAllPatches = 999;

bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 6 &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view leading_digits(std::string_view text) {
    return text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
}

/// Does some patch release of 3.`minor` fit? Between the patch numbers that a clause names the
/// answer does not change, so those, their neighbours and the ends are enough.
bool some_patch_fits(const packaging::SpecifierSet& specifiers, unsigned minor) {
    std::set<unsigned> patches{0, 1, kBeyondAllPatches};
    for (const auto& clause : specifiers.clauses()) {
        if (!clause.version() || clause.version()->release().size() < 3) continue;
        const auto& text = clause.version()->release()[2].to_string();
        if (!is_number(text)) continue;
        const auto patch = static_cast<unsigned>(std::stoul(text));
        patches.insert({patch == 0 ? 0 : patch - 1, patch, patch + 1});
    }
    return std::any_of(patches.begin(), patches.end(), [&](unsigned patch) {
        return specifiers.contains(fmt::format("3.{}.{}", minor, patch));
    });
}

/// The specifiers of `requires-python`: one set, or the alternatives of a Poetry constraint.
Result<std::vector<packaging::SpecifierSet>> parse_required(const PythonRequest& request) {
    const auto& required = *request.required;
    std::vector<std::string> texts{required.value};
    if (request.syntax == ConstraintSyntax::Poetry)
        texts = specifiers_of_poetry_constraint(required.value);
    std::vector<packaging::SpecifierSet> sets;
    for (const auto& text : texts) {
        auto parsed = packaging::SpecifierSet::parse(text);
        if (!parsed)
            return fail(std::move(parsed).error().while_(
                "reading `{}` of {}", printable(required.value), required.evidence));
        sets.push_back(std::move(*parsed));
    }
    return sets;
}

bool fits(const std::vector<packaging::SpecifierSet>& sets, unsigned minor) {
    return std::any_of(sets.begin(), sets.end(),
                       [minor](const auto& set) { return some_patch_fits(set, minor); });
}

const PythonRelease* find_release(std::string_view minor) {
    for (const auto& release : python_releases())
        if (release.to_string() == minor) return &release;
    return nullptr;
}

void warn_if_ended(PythonChoice& choice) {
    const auto* release = find_release(choice.minor);
    if (!release || release->is_supported) return;
    choice.warnings.push_back(
        {"project/python-ended",
         fmt::format("support of Python {} ended in {}", choice.minor, release->end_of_life),
         "allow a newer release in `requires-python`, or name one in `.python-version` or `[build] "
         "python`"});
}

/// Fixed by the user: one candidate. Says so when `requires-python` disagrees.
Result<PythonChoice> chosen(std::string minor, std::string evidence, const PythonRequest& request) {
    PythonChoice choice{minor, std::move(evidence), {minor}, {}};
    warn_if_ended(choice);
    if (request.required) {
        PYC_TRY_ASSIGN(const auto sets, parse_required(request));
        const std::string_view number = std::string_view(choice.minor).substr(2);
        if (!fits(sets, static_cast<unsigned>(std::stoul(std::string(number)))))
            choice.warnings.push_back(
                {"project/python-mismatch",
                 fmt::format("Python {} ({}) does not fit `{}` ({})", choice.minor, choice.evidence,
                             printable(request.required->value), request.required->evidence),
                 "make the two agree; the image gets the former"});
    }
    return choice;
}

/// pyenv's format: a version a line or word, `#` comments; the first CPython counts.
Result<std::optional<PythonChoice>> from_version_file(const PythonRequest& request,
                                                      std::vector<Warning>& warnings) {
    const auto text = read_file(request.directory / ".python-version", kMaxFile);
    if (!text) {
        if (text.error().code == "file/not-found") return std::optional<PythonChoice>();
        return fail(text.error());
    }
    std::string first;
    for (const auto line : split_lines(*text)) {
        const auto words = split_shell_words(line.substr(0, line.find('#')));
        for (const auto& word : words.value_or(std::vector<std::string>())) {
            if (first.empty()) first = word;
            if (auto minor = python_minor_of(word)) {
                PYC_TRY_ASSIGN(
                    auto choice,
                    chosen(std::move(*minor),
                           fmt::format(".python-version: {}", printable(word, 40)), request));
                return std::optional<PythonChoice>(std::move(choice));
            }
        }
    }
    if (!first.empty())
        warnings.push_back(
            {"project/python-version-file",
             fmt::format("`.python-version` names `{}`, which is no CPython version",
                         printable(first, 40)),
             "write a version such as `3.12`; without one `requires-python` decides"});
    return std::optional<PythonChoice>();
}

}  // namespace

bool some_release_fits(const packaging::SpecifierSet& specifiers) {
    const auto releases = python_releases();
    return std::any_of(releases.begin(), releases.end(), [&](const auto& release) {
        return some_patch_fits(specifiers, release.minor);
    });
}

std::optional<std::string> python_minor_of(std::string_view text) {
    text = trim(text);
    for (const std::string_view prefix : {"cpython", "python", "v"}) {
        if (!to_lower(text.substr(0, prefix.size())).starts_with(prefix)) continue;
        text.remove_prefix(prefix.size());
        if (text.starts_with('-') || text.starts_with('@')) text.remove_prefix(1);
        break;
    }
    if (!text.starts_with("3.")) return std::nullopt;
    text.remove_prefix(2);
    const auto minor = leading_digits(text);
    if (!is_number(minor) || minor.size() > 3 || (minor.size() > 1 && minor.front() == '0'))
        return std::nullopt;
    auto rest = text.substr(minor.size());
    if (rest.starts_with('.')) {
        const auto patch = leading_digits(rest.substr(1));
        if (patch.empty()) return std::nullopt;
        rest.remove_prefix(1 + patch.size());
    }
    // `t` (free-threaded), `-dev`, `rc1`, `-linux-x86_64-gnu`, `+freethreaded`, `/envs/name` may
    // follow, another number may not.
    if (rest.starts_with('.')) return std::nullopt;
    return "3." + std::string(minor);
}

std::vector<std::string> specifiers_of_poetry_constraint(std::string_view constraint) {
    const auto numbers = [](std::string_view version) {
        std::vector<unsigned long> parts;
        for (const auto part : split(version, '.')) {
            const auto digits = leading_digits(trim(part));
            if (!is_number(digits)) break;
            parts.push_back(std::stoul(std::string(digits)));
        }
        return parts;
    };
    const auto clause = [&](std::string_view text) -> std::string {
        if (text.empty() || text == "*") return "";
        const bool caret = text.starts_with('^');
        const bool tilde = text.starts_with('~') && !text.starts_with("~=");
        if (caret || tilde) {
            const auto version = trim(text.substr(1));
            const auto parts = numbers(version);
            if (parts.empty()) return std::string(text);
            // `^` keeps the major number (Python's is never 0), `~` the minor one where it is
            // given.
            const auto upper = caret || parts.size() == 1
                                   ? fmt::format("{}", parts[0] + 1)
                                   : fmt::format("{}.{}", parts[0], parts[1] + 1);
            return fmt::format(">={},<{}", version, upper);
        }
        if (text.find_first_of("<>=!~") == 0) return std::string(text);
        return fmt::format("=={}", text);
    };
    std::vector<std::string> alternatives;
    const auto with_bars = replace_all(std::string(constraint), "||", "|");
    for (const auto alternative : split(with_bars, '|')) {
        // Clauses are separated by commas or spaces; a space after an operator belongs to the
        // clause.
        std::string text(alternative);
        for (const std::string_view op : {"<", ">", "=", "!", "~", "^"})
            text = replace_all(text, std::string(op) + " ", op);
        std::replace(text.begin(), text.end(), ' ', ',');
        std::string specifiers;
        for (const auto part : split(text, ',')) {
            const auto one = clause(trim(part));
            if (one.empty()) continue;
            if (!specifiers.empty()) specifiers += ",";
            specifiers += one;
        }
        alternatives.push_back(std::move(specifiers));
    }
    return alternatives;
}

Result<PythonChoice> choose_python(const PythonRequest& request) {
    if (request.configured) {
        auto minor = python_minor_of(*request.configured);
        if (!minor)
            return fail("project/invalid-python",
                        "`{}` in `[build] python` is not a version of Python 3",
                        printable(*request.configured, 40))
                .hint("write the release, such as `3.12`");
        return chosen(std::move(*minor), "[build] python", request);
    }
    std::vector<Warning> warnings;
    PYC_TRY_ASSIGN(auto pinned, from_version_file(request, warnings));
    if (pinned) return std::move(*pinned);

    PythonChoice choice;
    choice.warnings = std::move(warnings);
    std::vector<packaging::SpecifierSet> sets(1);
    if (request.required) {
        PYC_TRY_ASSIGN(sets, parse_required(request));
    }
    const PythonRelease* newest_ended = nullptr;
    for (const auto& release : python_releases()) {
        if (!fits(sets, release.minor)) continue;
        if (release.is_supported)
            choice.candidates.push_back(release.to_string());
        else
            newest_ended = &release;
    }
    const auto why = request.required ? fmt::format("that fits `{}` ({})",
                                                    printable(request.required->value, 80),
                                                    request.required->evidence)
                                      : std::string("(no `requires-python`)");
    if (!choice.candidates.empty()) {
        choice.minor = choice.candidates.front();
        choice.evidence = fmt::format("the oldest supported release {}", why);
        return choice;
    }
    if (!newest_ended)
        return fail("project/no-python", "no release of Python fits `{}` ({})",
                    printable(request.required->value, 80), request.required->evidence)
            .hint(
                "known releases are {} to {}; change `requires-python` or name one in `[build] "
                "python`",
                python_releases().front().to_string(), python_releases().back().to_string());
    choice.minor = newest_ended->to_string();
    choice.candidates = {choice.minor};
    choice.evidence = fmt::format("the newest release {}; none of them is supported any more", why);
    warn_if_ended(choice);
    return choice;
}

}  // namespace pycontainer::project
