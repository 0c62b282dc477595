#include "build/made_wheels.hpp"

#include "archive/zip_reader.hpp"
#include "base/strings.hpp"
#include "base/version.hpp"
#include "build/backend_wheel.hpp"
#include "packaging/core_metadata.hpp"
#include "packaging/wheel_name.hpp"

#include <fmt/format.h>

#include <utility>

namespace pycontainer::build {
namespace {

constexpr std::string_view kRecord = "source-wheel";
constexpr int kFormat = 3;
constexpr std::uint64_t kMaxMetadata = 32U << 20U;

std::string text_of(const WheelSources& from) {
    return fmt::format("{} {} {}\n{}\n{}\n{}", kFormat, kVersion, from.content.to_string(),
                       from.subdirectory, from.hints.known, from.hints.exact_tag);
}

Digest key_of(const WheelSources& from) {
    return Digest::of(text_of(from));
}

/// What a backend makes may differ with everything that it is made for.
Digest key_of(const WheelSources& from, const packaging::TargetEnvironment& target) {
    return Digest::of(text_of(from) + "\nby its backend for " + target.describe());
}

Json to_json(const std::vector<resolve::Warning>& warnings) {
    Json list = Json::array();
    for (const auto& each : warnings)
        list.push_back({{"code", each.code}, {"message", each.message}, {"hint", each.hint}});
    return list;
}

Result<packaging::CoreMetadata> metadata_of(const resolve::SelectedWheel& wheel) {
    PYC_TRY_ASSIGN(const auto zip, archive::ZipReader::open(wheel.local_path, wheel.filename));
    for (const auto& entry : zip.entries()) {
        const std::string_view name = entry.name;
        if (!name.ends_with(".dist-info/METADATA") ||
            name.find('/') + std::string_view("/METADATA").size() != name.size())
            continue;
        PYC_TRY_ASSIGN(const auto text, zip.read_content(entry, kMaxMetadata));
        return packaging::CoreMetadata::parse(text);
    }
    return fail("wheel/invalid", "`{}` has no METADATA", wheel.filename)
        .hint("use another version of the package, or tell its authors");
}

}  // namespace

Result<std::optional<MadeWheel>> MadeWheels::find(const exec::Context& ctx,
                                                  const WheelSources& from) {
    return find(ctx, key_of(from));
}

Result<void> MadeWheels::remember(const WheelSources& from, const MadeWheel& made) {
    return remember(key_of(from), made);
}

Result<std::optional<MadeWheel>> MadeWheels::find(const exec::Context& ctx,
                                                  const WheelSources& from,
                                                  const packaging::TargetEnvironment& target) {
    return find(ctx, key_of(from, target));
}

Result<MadeWheel> MadeWheels::build(const exec::Context& ctx,
                                    const resolve::BackendSources& sources) {
    const WheelSources from{sources.content, sources.subdirectory, sources.hints};
    const auto key = key_of(from, sources.target);
    PYC_TRY_ASSIGN(auto known, find(ctx, key));
    if (known) return *std::move(known);
    const auto version = sources::version_from_vcs(sources.hints, sources.package).value_or("");
    PYC_TRY_ASSIGN(auto built,
                   run_backend(ctx, {sources.package, sources.tree, sources.target, version},
                               session_.indexes().options(), session_.store()));
    PYC_TRY_ASSIGN(const auto name, packaging::WheelName::parse(built.filename));
    MadeWheel made{.wheel = {}, .warnings = std::move(built.warnings)};
    made.wheel.name = name.name;
    made.wheel.version = name.version;
    made.wheel.filename = built.filename;
    made.wheel.size = built.size;
    made.wheel.sha256 = built.digest;
    made.wheel.local_path = session_.store().blob_path(built.digest);
    made.wheel.is_from_sources = true;
    PYC_TRY(remember(key, made));
    // A lock will ask for it by the version that it turned out to have.
    auto locked = from;
    locked.hints.known = made.wheel.version;
    PYC_TRY(remember(key_of(locked, sources.target), made));
    return made;
}

resolve::AskBackend MadeWheels::ask_backend() {
    return [wheels = *this](
               const exec::Context& ctx,
               const resolve::BackendSources& sources) mutable -> Result<packaging::CoreMetadata> {
        PYC_TRY_ASSIGN(const auto made, wheels.build(ctx, sources));
        return metadata_of(made.wheel);
    };
}

Result<std::optional<MadeWheel>> MadeWheels::find(const exec::Context& ctx, const Digest& key) {
    const auto record = session_.store().find_record(kRecord, key);
    if (!record) return std::nullopt;
    const auto digest = Digest::from_hex(string_member(*record, "sha256").value_or(""));
    const auto size = unsigned_member(*record, "size");
    const auto* warnings = member(*record, "warnings");
    if (!digest || !size || !warnings || !warnings->is_array()) return std::nullopt;
    PYC_TRY_ASSIGN(const auto found, session_.store().find_blob(ctx, *digest, *size));
    if (!found) return std::nullopt;
    MadeWheel made;
    const auto text = [](const Json& json, std::string_view key_name) {
        return string_member(json, key_name).value_or("");
    };
    made.wheel.name = text(*record, "name");
    made.wheel.version = text(*record, "version");
    made.wheel.filename = text(*record, "filename");
    made.wheel.sha256 = *digest;
    made.wheel.size = *size;
    made.wheel.local_path = session_.store().blob_path(*digest);
    made.wheel.is_from_sources = true;
    for (const auto& each : *warnings)
        made.warnings.push_back({text(each, "code"), text(each, "message"), text(each, "hint")});
    return made;
}

Result<void> MadeWheels::remember(const Digest& key, const MadeWheel& made) {
    return session_.store().put_record(kRecord, key,
                                       {{"name", made.wheel.name},
                                        {"version", made.wheel.version},
                                        {"filename", made.wheel.filename},
                                        {"sha256", made.wheel.sha256->hex()},
                                        {"size", *made.wheel.size},
                                        {"warnings", to_json(made.warnings)}});
}

}  // namespace pycontainer::build
