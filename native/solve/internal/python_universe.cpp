#include "solve/internal/python_universe.hpp"

#include "base/strings.hpp"
#include "net/url.hpp"
#include "packaging/names.hpp"
#include "packaging/wheel_name.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::solve::internal {
namespace {

using pubgrub::CandidateSet;
using pubgrub::PackageId;

constexpr std::size_t kMaxRuns = 3;
constexpr std::size_t kMaxSentences = 14;
constexpr std::size_t kMaxUnusableSdists = 3;

/// Names that people write for what is imported, and what they are called on an index.
constexpr std::pair<std::string_view, std::string_view> kOftenMeant[] = {
    {"cv2", "opencv-python-headless"},
    {"pil", "pillow"},
    {"yaml", "pyyaml"},
    {"sklearn", "scikit-learn"},
    {"skimage", "scikit-image"},
    {"bs4", "beautifulsoup4"},
    {"dotenv", "python-dotenv"},
    {"dateutil", "python-dateutil"},
    {"jwt", "pyjwt"},
    {"jose", "python-jose"},
    {"multipart", "python-multipart"},
    {"magic", "python-magic"},
    {"mysqldb", "mysqlclient"},
    {"openssl", "pyopenssl"},
    {"serial", "pyserial"},
    {"usb", "pyusb"},
    {"zmq", "pyzmq"},
    {"crypto", "pycryptodome"},
    {"git", "gitpython"},
    {"google-protobuf", "protobuf"},
};
const std::vector<std::string>& common_names() {
    static const std::vector<std::string> names = {"aiohttp",
                                                   "alembic",
                                                   "beautifulsoup4",
                                                   "boto3",
                                                   "celery",
                                                   "certifi",
                                                   "click",
                                                   "cryptography",
                                                   "django",
                                                   "fastapi",
                                                   "flask",
                                                   "gradio",
                                                   "gunicorn",
                                                   "httpx",
                                                   "hypercorn",
                                                   "jinja2",
                                                   "keras",
                                                   "litestar",
                                                   "lxml",
                                                   "matplotlib",
                                                   "numpy",
                                                   "openai",
                                                   "pandas",
                                                   "passlib",
                                                   "pillow",
                                                   "plotly",
                                                   "polars",
                                                   "prometheus-client",
                                                   "psycopg",
                                                   "psycopg2-binary",
                                                   "pyarrow",
                                                   "pydantic",
                                                   "pydantic-settings",
                                                   "pymongo",
                                                   "pymysql",
                                                   "pytest",
                                                   "python-dotenv",
                                                   "pyyaml",
                                                   "quart",
                                                   "redis",
                                                   "requests",
                                                   "rich",
                                                   "scikit-learn",
                                                   "scipy",
                                                   "sentry-sdk",
                                                   "setuptools",
                                                   "sqlalchemy",
                                                   "starlette",
                                                   "streamlit",
                                                   "tensorflow",
                                                   "torch",
                                                   "tornado",
                                                   "tqdm",
                                                   "transformers",
                                                   "typer",
                                                   "urllib3",
                                                   "uvicorn",
                                                   "waitress",
                                                   "websockets",
                                                   "werkzeug"};
    return names;
}

std::optional<std::string> meant_name(const std::string& name) {
    for (const auto& [written, meant] : kOftenMeant)
        if (written == name) return std::string(meant);
    return closest_match(name, common_names());
}

std::string place_of(const WrittenRequirement* written) {
    if (!written || written->file.empty()) return {};
    return fmt::format(" ({}:{})", written->file, written->range.start.line + 1);
}

/// An address may hold a secret.
std::string shown(const WrittenRequirement& written) {
    return written.requirement.url.empty() ? printable(written.text, 80) : written.requirement.name;
}

std::string shown(const std::string& name, const std::string& extra) {
    return extra.empty() ? name : fmt::format("{}[{}]", name, extra);
}

}  // namespace

PythonUniverse::PythonUniverse(const exec::Context& ctx, const Problem& problem,
                               index::IndexClient& client,
                               const index::CoreMetadataClient& metadata,
                               const ReadSdist& read_sdist, const SolveLimits& limits)
    : ctx_(ctx),
      problem_(problem),
      read_sdist_(read_sdist),
      limits_(limits),
      deadline_(std::chrono::steady_clock::now() + limits.time),
      tags_(problem.target),
      environment_(problem.target.marker_environment()),
      python_(problem.target.python_release()),
      packages_(1),
      prefetcher_(ctx, client, metadata, read_sdist, problem.target, tags_, [&] {
          std::set<std::string> names;
          for (const auto& local : problem.local_projects) names.insert(local.name);
          return names;
      }()) {}

Result<void> PythonUniverse::step() {
    PYC_TRY(ctx_.check());
    if (++steps_ <= limits_.steps && std::chrono::steady_clock::now() < deadline_) return {};
    return fail("resolve/too-hard", "no solution was found in {} steps, and none was ruled out",
                steps_)
        .hint(
            "narrow the requirements down, for example by lower bounds (`foo>=2`) for packages "
            "with many versions");
}

std::uint32_t PythonUniverse::reason(Reason wanted) {
    const auto found = std::find(reasons_.begin(), reasons_.end(), wanted);
    if (found != reasons_.end()) return static_cast<std::uint32_t>(found - reasons_.begin());
    reasons_.push_back(std::move(wanted));
    return static_cast<std::uint32_t>(reasons_.size() - 1);
}

Result<bool> PythonUniverse::applies(const WrittenRequirement& written) const {
    if (!written.requirement.marker) return true;
    auto holds = written.requirement.marker->evaluate(environment_);
    if (holds) return *holds;
    auto error = std::move(holds).error();
    error.diagnostics.push_back(
        {written.file, written.range, Severity::Error, error.code, error.message, error.hint});
    return fail(std::move(error)).while_("reading `{}`", shown(written));
}

/// A requirement at the top may allow what others may not: URLs, pre-releases, yanked versions.
Result<void> PythonUniverse::add_written(const WrittenRequirement& written) {
    const auto& requirement = written.requirement;
    const auto name = requirement.normalized_name();
    if (requirement.specifiers.names_prerelease() || written.allows_prereleases)
        prerelease_names_.insert(name);
    for (const auto& clause : requirement.specifiers.clauses()) {
        if (!clause.is_pin()) continue;
        pinned_names_.insert(name);
        if (clause.version()) allowed_yanked_.emplace(name, clause.version()->to_string());
    }
    if (requirement.url.empty() || locals_.contains(name)) return {};
    const auto refuse = [&](Failure failure) {
        auto error = std::move(failure).take();
        error.diagnostics.push_back(
            {written.file, written.range, Severity::Error, error.code, error.message, error.hint});
        return fail(std::move(error));
    };
    const auto url = net::Url::parse(requirement.url);
    if (!url) return refuse(fail(url.error()));
    index::IndexFile file;
    file.filename = net::percent_decode(url->path().substr(url->path().rfind('/') + 1));
    file.url = url->without_fragment().to_string();
    const auto wheel = packaging::WheelName::parse(file.filename);
    if (!wheel || (url->scheme() != "https" && url->scheme() != "http"))
        return refuse(fail("resolve/unsupported-source", "`{}` is not the address of a wheel",
                           url->redacted())
                          .hint("give the URL of a wheel, or use a released version"));
    if (wheel->name != name)
        return refuse(fail("resolve/invalid-requirement", "`{}` is at `{}`, a wheel of `{}`", name,
                           url->redacted(), wheel->name)
                          .hint("correct the name or the URL"));
    if (url->fragment().starts_with("sha256="))
        if (const auto digest = Digest::from_hex(url->fragment().substr(7))) file.sha256 = *digest;
    const auto [known, is_new] = direct_.emplace(name, file);
    if (!is_new && known->second.url != file.url)
        return refuse(fail("resolve/unsatisfiable", "`{}` is required from two URLs", name)
                          .hint("leave one of them"));
    return {};
}

Result<void> PythonUniverse::prepare() {
    for (const auto& local : problem_.local_projects) locals_[local.name] = &local;
    for (const auto& each : problem_.overrides) {
        PYC_TRY_ASSIGN(const bool holds, applies(each));
        auto& list = overrides_[each.requirement.normalized_name()];
        if (!holds) continue;
        list.push_back(&each);
        PYC_TRY(add_written(each));
    }
    for (const auto& each : problem_.constraints) {
        PYC_TRY_ASSIGN(const bool holds, applies(each));
        if (!holds) continue;
        constraints_[each.requirement.normalized_name()].push_back(&each);
        PYC_TRY(add_written(each));
    }
    for (const auto& each : problem_.requirements) {
        PYC_TRY_ASSIGN(const bool holds, applies(each));
        if (!holds) continue;
        top_.push_back(&each);
        PYC_TRY(add_written(each));
    }
    // What lies on this machine is asked for by its owner, as the project is.
    // Whether a marker's extra is wanted is not known yet, so neither is whether a URL is.
    for (const auto& local : problem_.local_projects)
        for (const auto& each : local.requirements)
            if (auto added = add_written(each); !added && !each.requirement.marker) return added;
    for (const auto* each : top_) prefetcher_.follow(each->requirement);
    for (const auto* each : top_) {
        PYC_TRY_ASSIGN(const auto* found, known(each->requirement.normalized_name()));
        if (!found->is_missing) continue;
        const auto meant = meant_name(found->name);
        auto error =
            fail("index/not-found", "no package index has `{}`", found->name)
                .hint("{}", meant ? fmt::format("did you mean `{}`?", *meant)
                                  : std::string("check the spelling, and that `PIP_INDEX_URL` or "
                                                "`--index-url` names the index that has it"))
                .take();
        error.diagnostics.push_back(
            {each->file, each->range, Severity::Error, error.code, error.message, error.hint});
        return fail(std::move(error));
    }
    return {};
}

Result<PythonUniverse::Known*> PythonUniverse::known(const std::string& name) {
    auto& slot = known_[name];
    if (slot) return slot.get();
    auto fresh = std::make_unique<Known>();
    fresh->name = name;
    if (const auto local = locals_.find(name); local != locals_.end()) {
        fresh->local = local->second;
        auto version = packaging::Version::from(local->second->version);
        fresh->project = Project::single(
            version ? *std::move(version) : *packaging::Version::from("0"), local->second->version);
    } else if (const auto direct = direct_.find(name); direct != direct_.end()) {
        fresh->direct = direct->second;
        const auto wheel = packaging::WheelName::parse(direct->second.filename);
        fresh->project = Project::single(*packaging::Version::from(wheel->version), wheel->version);
    } else {
        auto project = prefetcher_.project(name);
        fresh->is_missing = !project && project.error().code == "index/not-found";
        if (!project && !fresh->is_missing) return fail(std::move(project).error());
        fresh->project = project ? *std::move(project)
                                 : Project::from_page(name, std::make_shared<index::IndexPage>());
    }
    fresh->wheels.resize(fresh->project->candidates().size());
    if (const auto found = constraints_.find(name); found != constraints_.end())
        fresh->constraints = found->second;
    slot = std::move(fresh);
    return slot.get();
}

PackageId PythonUniverse::package_of(Known& known, const std::string& extra) {
    const auto [place, is_new] =
        ids_.emplace(std::pair(known.name, extra), static_cast<PackageId>(packages_.size()));
    if (is_new) packages_.push_back({&known, extra});
    return place->second;
}

CandidateSet PythonUniverse::admitted(const Known& known, const WrittenRequirement& written) const {
    if (!written.admits) return matching(*known.project, written.requirement.specifiers);
    const auto& candidates = known.project->candidates();
    auto set = CandidateSet::none(candidates.size());
    for (std::size_t i = 0; i < candidates.size(); ++i)
        if (written.admits(candidates[i].version)) set.insert(i);
    return set;
}

const WheelChoice& PythonUniverse::wheel_of(Known& known, std::size_t candidate) {
    auto& slot = known.wheels[candidate];
    if (!slot)
        slot = known.direct
                   ? WheelChoice{&*known.direct,
                                 packaging::WheelName::parse(known.direct->filename)
                                         .and_then([&](const auto& name) -> Result<std::size_t> {
                                             const auto rank = tags_.rank(name);
                                             if (!rank) return fail("resolve/no-wheel", "no");
                                             return *rank;
                                         })
                                     ? WheelFault::None
                                     : WheelFault::Platform}
                   : choose_wheel(known.project->candidates()[candidate], tags_, problem_.target);
    return *slot;
}

const index::IndexFile* PythonUniverse::file_of(Known& known, std::size_t candidate) {
    const auto& choice = wheel_of(known, candidate);
    if (choice.wheel) return choice.fault == WheelFault::None ? choice.wheel : nullptr;
    // Where some had to be built, the others have to be as well: none of these is worth its bytes.
    return read_sdist_ && known.unusable_sdists < kMaxUnusableSdists ? choice.sdist : nullptr;
}

PythonUniverse::Fault PythonUniverse::fault_of(Known& known, std::size_t candidate) {
    const auto& each = known.project->candidates()[candidate];
    for (const auto* constraint : known.constraints)
        if (constraint->admits ? !constraint->admits(each.version)
                               : !constraint->requirement.specifiers.contains(each.version))
            return Fault::Constraint;
    if (known.local) return Fault::None;
    if (!known.direct) {
        if (each.version.is_prerelease() && !known.project->has_only_prereleases() &&
            !prerelease_names_.contains(known.name))
            return Fault::Prerelease;
        if (is_yanked(each) && !allowed_yanked_.contains({known.name, each.version.to_string()}))
            return Fault::Yanked;
    }
    if (file_of(known, candidate)) return Fault::None;
    switch (wheel_of(known, candidate).fault) {
        case WheelFault::None: return Fault::None;
        case WheelFault::OnlySource: return Fault::OnlySource;
        case WheelFault::Platform: return Fault::Platform;
        case WheelFault::Python: return Fault::Python;
    }
    return Fault::None;
}

std::string PythonUniverse::describe(const Known& known, std::size_t candidate, Fault fault) const {
    const auto& each = known.project->candidates()[candidate];
    switch (fault) {
        case Fault::Prerelease: return "is a pre-release";
        case Fault::Yanked: return "was withdrawn by its authors";
        case Fault::Constraint: {
            std::string text;
            for (const auto* constraint : known.constraints)
                text += fmt::format("{}`{}`{}", text.empty() ? "" : " and ", shown(*constraint),
                                    place_of(constraint));
            return "is excluded by the constraint " + text;
        }
        case Fault::OnlySource:
            return "has no wheel, only a source distribution" + known.sdist_fault;
        case Fault::Platform: {
            const auto platforms = known.direct ? std::string() : describe_platforms(each);
            return fmt::format("has no wheel for {}{}{}", problem_.target.describe(),
                               platforms.empty() ? "" : " (there are: " + platforms + ")",
                               known.wheels[candidate]->sdist ? known.sdist_fault : "");
        }
        case Fault::Python:
            return fmt::format("is not for Python {}", problem_.target.python_version);
        case Fault::None: break;
    }
    return {};
}

pubgrub::Requirements PythonUniverse::unusable_like(Known& known, std::size_t candidate,
                                                    Fault fault) {
    const auto count = known.project->candidates().size();
    auto alike = CandidateSet::none(count);
    for (std::size_t i = 0; i < count; ++i)
        if (fault_of(known, i) == fault) alike.insert(i);
    pubgrub::Requirements result;
    result.unusable = {reason({describe(known, candidate, fault), nullptr}), std::move(alike)};
    return result;
}

std::size_t PythonUniverse::choose(PackageId package, const CandidateSet& allowed) {
    auto* known = packages_[package].known;
    if (!known) return 0;
    if (const auto preference = problem_.preferences.find(known->name);
        preference != problem_.preferences.end())
        if (const auto wanted = packaging::Version::from(preference->second))
            for (auto i = allowed.first(); i; i = allowed.first(*i + 1))
                if (known->project->candidates()[*i].version == *wanted &&
                    fault_of(*known, *i) == Fault::None)
                    return *i;
    std::optional<std::size_t> chosen;
    std::size_t ahead = 0;
    for (auto i = allowed.first(); i; i = allowed.first(*i + 1)) {
        if (fault_of(*known, *i) != Fault::None) continue;
        if (!chosen) {
            chosen = i;
            // The first choice has probably been fetched; a later one may be of many.
            if (*i == 0 || !packages_[package].extra.empty()) break;
            continue;
        }
        if (const auto* wheel = known->local ? nullptr : wheel_of(*known, *i).wheel)
            prefetcher_.want_metadata(*wheel);
        if (++ahead == 2) break;
    }
    return chosen.value_or(*allowed.first());
}

std::uint32_t PythonUniverse::rank(PackageId package) const {
    const auto& each = packages_[package];
    if (!each.known) return 0;
    if (each.known->local || each.known->direct) return 1;
    return pinned_names_.contains(each.known->name) ? 2 : 3;
}

Result<std::shared_ptr<const ReadMetadata>> PythonUniverse::metadata_of(Known& known,
                                                                        std::size_t candidate) {
    auto metadata = prefetcher_.metadata(*file_of(known, candidate));
    if (metadata) return metadata;
    return fail(std::move(metadata).error())
        .while_("resolving `{} {}`", known.name, known.project->candidates()[candidate].text);
}

std::string PythonUniverse::need_text(const packaging::Requirement& requirement, const Known& known,
                                      const CandidateSet& allowed,
                                      const WrittenRequirement* written) const {
    auto bare = requirement;
    bare.marker.reset();
    auto text = fmt::format("`{}`{}",
                            printable(written && written->admits ? written->text
                                      : requirement.url.empty()  ? bare.to_string()
                                                                 : requirement.name,
                                      80),
                            place_of(written));
    if (known.is_missing) return text + ", which no package index has";
    if (allowed.empty()) return text + ", of which there is no such version";
    return text;
}

Result<void> PythonUniverse::add_needs(pubgrub::Requirements& result,
                                       const packaging::Requirement& requirement,
                                       const WrittenRequirement* written) {
    PYC_TRY_ASSIGN(auto* wanted, known(requirement.normalized_name()));
    auto allowed =
        written ? admitted(*wanted, *written) : matching(*wanted->project, requirement.specifiers);
    // As uv has it, only who starts the build may send it to other places than the indexes.
    if (!requirement.url.empty() && !wanted->direct && !wanted->local)
        allowed = CandidateSet::none(allowed.universe());
    const auto why = reason({need_text(requirement, *wanted, allowed, written), written});
    for (const auto& extra : requirement.normalized_extras())
        result.needs.push_back({package_of(*wanted, extra), allowed, why});
    result.needs.push_back({package_of(*wanted, ""), std::move(allowed), why});
    return {};
}

Result<void> PythonUniverse::add_overridable(pubgrub::Requirements& result,
                                             const packaging::Requirement& requirement,
                                             const WrittenRequirement* written) {
    const auto found = overrides_.find(requirement.normalized_name());
    if (found == overrides_.end()) return add_needs(result, requirement, written);
    for (const auto* other : found->second) {
        auto merged = other->requirement;
        merged.extras = requirement.extras;
        PYC_TRY(add_needs(result, merged, other));
    }
    return {};
}

Result<pubgrub::Requirements> PythonUniverse::root_requirements() {
    pubgrub::Requirements result;
    for (const auto* each : top_) PYC_TRY(add_overridable(result, each->requirement, each));
    return result;
}

Result<pubgrub::Requirements> PythonUniverse::requirements(PackageId package,
                                                           std::size_t candidate) {
    auto* self = packages_[package].known;
    const auto extra = packages_[package].extra;
    if (!self) return root_requirements();
    if (const auto fault = fault_of(*self, candidate); fault != Fault::None)
        return unusable_like(*self, candidate, fault);
    if (self->local) return local_requirements(package);
    const auto unusable = [&](std::string why) {
        pubgrub::Requirements result;
        result.unusable = {reason({std::move(why), nullptr}),
                           CandidateSet::only(self->project->candidates().size(), candidate)};
        return result;
    };
    auto found = metadata_of(*self, candidate);
    if (!found) {
        if (!found.error().code.starts_with("sources/")) return fail(std::move(found).error());
        ++self->unusable_sdists;
        self->sdist_fault = ", and " + found.error().message;
        return unusable(
            fmt::format("has no wheel for {}{}", problem_.target.describe(), self->sdist_fault));
    }
    const auto metadata = *std::move(found);
    if (!metadata->fault.empty())
        return unusable(fmt::format("has the requirement `{}`, which cannot be read",
                                    printable(metadata->fault, 80)));
    if (const auto python = packaging::SpecifierSet::parse(metadata->requires_python);
        python && !python->contains(python_))
        return unusable(fmt::format("needs Python `{}`", metadata->requires_python));

    auto environment = environment_;
    if (!extra.empty()) environment.extra = {extra};
    const auto holds = [](const packaging::Requirement& each,
                          const packaging::MarkerEnvironment& where) {
        return !each.marker || each.marker->evaluate_leniently(where);
    };
    std::vector<const packaging::Requirement*> needed;
    for (const auto& each : metadata->requirements)
        if (holds(each, environment) && (extra.empty() || !holds(each, environment_)))
            needed.push_back(&each);
    // All pages at once, then one after the other.
    for (const auto* each : needed)
        if (const auto name = each->normalized_name();
            !known_.contains(name) && !locals_.contains(name) && !direct_.contains(name))
            prefetcher_.want_project(name);
    for (const auto* each : needed) prefetcher_.follow(*each);

    pubgrub::Requirements result;
    if (!extra.empty())
        result.needs.push_back(
            {package_of(*self, ""),
             CandidateSet::only(self->project->candidates().size(), candidate),
             reason({fmt::format("`{}` of the same version", self->name), nullptr})});
    for (const auto* each : needed) PYC_TRY(add_overridable(result, *each, nullptr));
    return result;
}

Result<pubgrub::Requirements> PythonUniverse::local_requirements(PackageId package) {
    auto* self = packages_[package].known;
    const auto extra = packages_[package].extra;
    auto environment = environment_;
    if (!extra.empty()) environment.extra = {extra};
    pubgrub::Requirements result;
    if (!extra.empty())
        result.needs.push_back({package_of(*self, ""), CandidateSet::all(1),
                                reason({fmt::format("`{}` itself", self->name), nullptr})});
    for (const auto& each : self->local->requirements) {
        const auto& marker = each.requirement.marker;
        if (marker && !marker->evaluate_leniently(environment)) continue;
        if (!extra.empty() && (!marker || marker->evaluate_leniently(environment_))) continue;
        // Its own extras, named by themselves.
        if (each.requirement.normalized_name() == self->name && each.requirement.extras.empty())
            continue;
        PYC_TRY(add_overridable(result, each.requirement, &each));
    }
    return result;
}

std::string PythonUniverse::candidates(PackageId package, const CandidateSet& set) const {
    const auto& each = packages_[package];
    if (!each.known) return problem_.asker;
    const auto name = shown(each.known->name, each.extra);
    const auto& all = each.known->project->candidates();
    if (set.size() == all.size())
        return all.size() == 1 ? fmt::format("`{} {}`", name, all.front().text)
                               : fmt::format("every version of `{}`", name);
    const auto text = [&](std::size_t i) { return all[i].version.to_string(); };
    // Candidates are in falling order: a run from `i` to `last` is `>=last,<=i`.
    std::vector<std::string> runs;
    for (auto i = set.first(); i;) {
        auto last = *i;
        while (set.contains(last + 1)) ++last;
        if (last == *i)
            runs.push_back(fmt::format("`{} {}`", name, text(last)));
        else if (*i == 0)
            runs.push_back(fmt::format("`{}>={}`", name, text(last)));
        else if (last + 1 == all.size())
            runs.push_back(fmt::format("`{}<={}`", name, text(*i)));
        else
            runs.push_back(fmt::format("`{}>={},<={}`", name, text(last), text(*i)));
        i = set.first(last + 1);
    }
    if (runs.size() <= kMaxRuns) return fmt::format("{}", fmt::join(runs, " or "));
    return fmt::format("{} versions of `{}` ({} to {})", set.size(), name, text([&] {
                           std::size_t last = 0;
                           for (auto i = set.first(); i; i = set.first(*i + 1)) last = *i;
                           return last;
                       }()),
                       text(*set.first()));
}

Solution PythonUniverse::solution(const pubgrub::Solution& chosen) const {
    Solution result;
    for (const auto& [package, candidate] : chosen) {
        const auto& each = packages_[package];
        if (!each.known || !each.extra.empty()) continue;
        const auto& known = *each.known;
        const auto& version = known.project->candidates()[candidate];
        SolvedPackage solved;
        solved.name = known.name;
        solved.version = version.version.to_string();
        solved.index_url = known.project->index_url();
        solved.direct = known.direct;
        if (known.local) {
            solved.version = known.local->version;
            solved.directory = known.local->directory;
            solved.repository = known.local->repository;
            solved.direct = known.local->archive;
        }
        for (const auto* file : version.files) solved.files.push_back(*file);
        if (const auto& choice = known.wheels[candidate];
            !known.local && !known.direct && choice && choice->wheel)
            solved.requires_python = choice->wheel->requires_python;
        else if (!known.local && !known.direct && choice && choice->sdist)
            solved.sdist = *choice->sdist;
        if (is_yanked(version))
            result.warnings.push_back(
                {"resolve/yanked",
                 fmt::format("`{} {}` was withdrawn by its authors{}{}", solved.name,
                             solved.version,
                             version.files.front()->yanked_reason.empty() ? "" : ": ",
                             printable(version.files.front()->yanked_reason, 200)),
                 "pin another version"});
        result.packages.push_back(std::move(solved));
    }
    std::sort(result.packages.begin(), result.packages.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return result;
}

Failure PythonUniverse::failure(const pubgrub::Conflict& conflict) const {
    auto sentences = pubgrub::explain(conflict, *this);
    if (sentences.size() > kMaxSentences) {
        const auto left_out = sentences.size() - kMaxSentences;
        sentences.erase(sentences.begin(),
                        sentences.begin() + static_cast<std::ptrdiff_t>(left_out));
        sentences.insert(sentences.begin(), fmt::format("({} sentences are left out)", left_out));
    }
    const auto reasons = pubgrub::reasons_of(conflict);
    std::string hint = "change one of the requirements that are named";
    for (const auto reason : reasons.unusable) {
        const auto& text = reasons_[reason].text;
        if (text == "is a pre-release")
            hint =
                "to take a pre-release, name one in a requirement of the project, such as "
                "`foo>=2.0rc1`";
        else if (text.starts_with("has no wheel"))
            hint = fmt::format(
                "choose another version, platform or base image, {}or build the wheel and put it "
                "on an index of yours",
                text.find("cannot be told") == std::string::npos
                    ? ""
                    : "let `uv` or `pip` build it with `build_sdists = true` in `[build]`, ");
        else
            continue;
        break;
    }
    auto error =
        fail("resolve/unsatisfiable", "{}", fmt::join(sentences, ". ")).hint("{}", hint).take();
    for (const auto reason : reasons.needs) {
        const auto* written = reasons_[reason].written;
        if (!written || written->file.empty()) continue;
        error.diagnostics.push_back(
            {written->file, written->range, Severity::Error, error.code,
             fmt::format("`{}` cannot be met together with the others", shown(*written)), hint});
    }
    return fail(std::move(error));
}

}  // namespace pycontainer::solve::internal
