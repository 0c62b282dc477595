#include "intellisense/lock_checks.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "intellisense/image_tags.hpp"
#include "oci/platform.hpp"
#include "packaging/tags.hpp"
#include "packaging/target.hpp"
#include "resolve/lock_reader.hpp"
#include "resolve/stale_lock.hpp"
#include "resolve/uv_lock.hpp"
#include "resolve/wheel_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace pycontainer::intellisense {
namespace {

constexpr std::uint64_t kMaxLock = 16U << 20U;
constexpr std::size_t kMaxNamed = 5;
/// Newer than any patch release and any glibc: what fits no base is told, not what fits none of the
/// old ones.
constexpr const char* kNewestPatch = ".99";
constexpr unsigned kNewestGlibc = 99;

/// What an installation for one platform takes, as far as the lock names its files.
struct Taken {
    std::vector<resolve::LockedPackage> packages;
    std::optional<std::string> stale;
};

class LockChecks {
public:
    LockChecks(const ProjectView& view, const SettingsPlaces& places, const ImageCatalog* images)
        : view_(view), config_(view.loaded.config), places_(places), images_(images) {}

    std::vector<Diagnostic> run() {
        if (!config_.include_deps) return {};
        if (view_.lock_fault) {
            add_at_lock(*view_.lock_fault);
            return std::move(found_);
        }
        if (!resolve::declares_dependencies(view_.loaded.pyproject)) return {};
        if (view_.lock.kind == "none") {
            add_no_lock();
        } else if (const auto text = read_file(view_.lock.file, kMaxLock)) {
            read(*text);
        }
        return std::move(found_);
    }

private:
    void read(const std::string& text) {
        const auto& kind = view_.lock.kind;
        const auto shown = view_.lock.file.filename().string();
        if (kind == "uv.lock") {
            const auto lock = resolve::read_uv_lock(text, shown);
            if (!lock) return add_at_lock(lock.error());
            check_platforms([&](const auto& target) { return take_from_uv(*lock, target); });
        } else if (const auto reader = resolve::find_lock_reader(kind)) {
            check_platforms([&](const auto& target) -> Result<Taken> {
                PYC_TRY_ASSIGN(auto selection, reader(text, shown,
                                                      {.pyproject = &view_.loaded.pyproject,
                                                       .directory = view_.lock.file.parent_path(),
                                                       .groups = config_.groups,
                                                       .extras = config_.extras,
                                                       .target = target,
                                                       .environment = nullptr}));
                Taken taken{std::move(selection.packages), std::nullopt};
                for (auto& warning : selection.warnings)
                    if (warning.code == "resolve/stale-lock") taken.stale = warning.message;
                return taken;
            });
        }
    }

    Result<Taken> take_from_uv(const resolve::UvLock& lock,
                               const packaging::TargetEnvironment& target) const {
        resolve::UvSelection wanted;
        wanted.extras = config_.extras;
        wanted.groups = config_.groups;
        std::error_code error;
        const auto normal = [&](const std::filesystem::path& path) {
            return (std::filesystem::absolute(path, error) / "").lexically_normal().parent_path();
        };
        wanted.root = normal(view_.directory)
                          .lexically_relative(normal(view_.lock.file.parent_path()))
                          .generic_string();
        PYC_TRY_ASSIGN(const auto packages, resolve::select_packages(lock, wanted, target));
        Taken taken;
        if (const auto* root = resolve::find_root(lock, wanted)) {
            const bool had_none =
                root->metadata.is_null() && root->dependencies.empty() && root->extras.empty();
            if (const auto difference = resolve::find_staleness(
                    view_.loaded.pyproject, had_none ? Json::object() : root->metadata,
                    config_.extras, config_.groups))
                taken.stale =
                    fmt::format("`uv.lock` was made from other dependencies: {}", *difference);
        }
        for (const auto* package : packages)
            if (package->source.kind == resolve::UvSource::Kind::Registry)
                taken.packages.push_back({package->name, package->version, package->wheels,
                                          package->has_sdist, view_.lock.file.string(),
                                          lock.range_of(*package)});
        return taken;
    }

    // ---- targets

    template <typename Take>
    void check_platforms(Take take) {
        for (std::size_t i = 0; i < config_.platforms.size(); ++i) {
            const auto platform = oci::Platform::parse(config_.platforms[i]);
            const auto target = platform ? target_of(*platform) : std::nullopt;
            if (!target) continue;
            const auto taken = take(*target);
            if (!taken) {
                add_refusal(taken.error(), i);
                continue;
            }
            if (taken->stale && i == 0) add_stale(*taken->stale);
            check_wheels(taken->packages, *target, i);
        }
    }

    std::optional<packaging::TargetEnvironment> target_of(const oci::Platform& platform) const {
        packaging::TargetEnvironment target;
        target.machine = platform.machine();
        target.libc_minor = kNewestGlibc;
        if (target.machine.empty()) return std::nullopt;
        const auto base = config_.base_image.value_or("");
        const auto promised = promised_python(base);
        const auto details = images_ ? images_->image(base) : std::nullopt;
        if (details && !details->python.empty())
            target.python_version = details->python;
        else if (promised)
            target.python_version = promised->exact.value_or(promised->minor + kNewestPatch);
        else if (view_.python)
            target.python_version = view_.python->minor + kNewestPatch;
        else
            return std::nullopt;
        if ((details && details->libc == "musl") || base.find("alpine") != std::string::npos) {
            target.libc = packaging::Libc::Musl;
            target.libc_major = 1;
        }
        return target;
    }

    void check_wheels(const std::vector<resolve::LockedPackage>& packages,
                      const packaging::TargetEnvironment& target, std::size_t platform) {
        const packaging::TagSet tags(target);
        std::vector<std::string> names;
        std::vector<RelatedPlace> related;
        bool all_have_sources = true;
        for (const auto& package : packages) {
            // What has no wheels at all is installed from its sources.
            if (package.wheels.empty() || resolve::has_usable_wheel(package, tags, target))
                continue;
            all_have_sources = all_have_sources && package.has_sdist;
            if (names.size() < kMaxNamed) {
                names.push_back(fmt::format("`{} {}`", package.name, package.version));
                related.push_back({view_.lock.file.string(), package.range,
                                   fmt::format("the wheels of `{}`", package.name)});
            } else if (names.size() == kMaxNamed) {
                names.emplace_back("others");
            }
        }
        if (names.empty()) return;
        auto& diagnostic = add_at_platform(
            platform, all_have_sources ? Severity::Warning : Severity::Error, "resolve/no-wheel",
            fmt::format("{} {} no wheel for {} and Python {}", join(names, ", "),
                        names.size() == 1 ? "has" : "have", config_.platforms[platform],
                        minor_of(target)),
            all_have_sources ? "sources are installed instead, which works for pure Python alone; "
                               "else choose versions that have one"
                             : "choose versions that have one, another base image or platform");
        diagnostic.related = std::move(related);
    }

    static std::string minor_of(const packaging::TargetEnvironment& target) {
        return fmt::format("3.{}", target.python_minor());
    }

    // ---- places

    Diagnostic& add(std::string file, Range range, Severity severity, std::string code,
                    std::string message, std::string hint) {
        found_.push_back({std::move(file),
                          range,
                          severity,
                          std::move(code),
                          std::move(message),
                          std::move(hint),
                          {},
                          {}});
        return found_.back();
    }

    Diagnostic& add_at_platform(std::size_t index, Severity severity, std::string code,
                                std::string message, std::string hint) {
        for (const toml::KeyPath& own : {toml::KeyPath{"build", "platforms", std::to_string(index)},
                                         toml::KeyPath{"build", "base_image"}})
            if (const auto place = places_.find(own))
                return add(place->file, place->value, severity, std::move(code), std::move(message),
                           std::move(hint));
        return add(places_.main_file(), places_.main_range(), severity, std::move(code),
                   std::move(message), std::move(hint));
    }

    void add_at_lock(const Error& error) {
        const auto place = places_.find({"build", "lock"});
        auto& diagnostic = add(place ? place->file : places_.main_file(),
                               place ? place->value : places_.main_range(), Severity::Error,
                               error.code, error.message, error.hint);
        for (const auto& fault : error.diagnostics)
            if (diagnostic.related.size() < kMaxNamed)
                diagnostic.related.push_back(
                    {view_.lock.file.string(), fault.range, fault.message});
    }

    /// Names of groups and extras are checked where they are written, Python with the base.
    void add_refusal(const Error& error, std::size_t platform) {
        static const std::set<std::string> kElsewhere{
            "resolve/python-mismatch", "resolve/unknown-extra", "resolve/unknown-group"};
        if (kElsewhere.contains(error.code)) return;
        if (error.code == "resolve/unsupported-environment")
            add_at_platform(
                platform, Severity::Error, error.code,
                fmt::format("`{}` was made for other platforms than {}",
                            view_.lock.file.filename().string(), config_.platforms[platform]),
                error.hint);
        else if (platform == 0)
            add_at_lock(error);
    }

    Range dependencies_range() const {
        const auto& document = view_.loaded.pyproject_document;
        if (const auto range = document.key_range("/project/dependencies")) return *range;
        return document.key_range("/tool/poetry/dependencies").value_or(Range{});
    }

    void add_no_lock() {
        add(places_.pyproject_file(), dependencies_range(), Severity::Information,
            "resolve/no-lock", "the project has dependencies, but nothing says which versions",
            "lock them, for example with `uv lock`");
    }

    void add_stale(const std::string& message) {
        auto& diagnostic = add(places_.pyproject_file(), dependencies_range(), Severity::Warning,
                               "resolve/stale-lock", message, "lock again");
        diagnostic.related.push_back({view_.lock.file.string(), Range{}, "the lock"});
    }

    const ProjectView& view_;
    const config::BuildConfig& config_;
    const SettingsPlaces& places_;
    const ImageCatalog* images_;
    std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> diagnose_lock(const ProjectView& view, const SettingsPlaces& places,
                                      const ImageCatalog* images) {
    return LockChecks(view, places, images).run();
}

}  // namespace pycontainer::intellisense
