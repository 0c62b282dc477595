#include "install/wheels.hpp"

#include "base/strings.hpp"
#include "install/wheel_fetch.hpp"
#include "packaging/specifier.hpp"
#include "packaging/version.hpp"
#include "packaging/wheel_name.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <semaphore>
#include <utility>

namespace pycontainer::install {
namespace {

constexpr unsigned kTransfers = 8;
constexpr std::string_view kWheelRecord = "wheel";
constexpr std::string_view kAddressRecord = "wheel-address";

Digest wheel_key(const Digest& wheel, const Scheme& scheme, const PartLimits& limits,
                 const std::string& direct_url) {
    return Digest::of(fmt::format("{}\n{} parts:{}/{}{}{}", wheel.to_string(), scheme.key(),
                                  limits.split_above, limits.part_size,
                                  direct_url.empty() ? "" : "\n", direct_url));
}

/// A file that no lock gives a hash for is remembered by its address; nothing for files of this
/// machine, which change.
std::optional<Digest> address_key(const resolve::SelectedWheel& wheel) {
    const auto url = net::Url::parse(wheel.url);
    if (wheel.sha256 || !wheel.local_path.empty() || !url || url->scheme() == "file")
        return std::nullopt;
    return Digest::of(fmt::format("{} {}", url->redacted().text,
                                  wheel.size.value_or(0)));  // redacted: no secret reaches a key
}

// No path begins with it.
constexpr std::string_view kNamespaceMark = "//";

// One text for all files: records of big wheels have thousands, and a JSON object for each costs
// milliseconds.
std::string files_to_text(std::span<const InstalledFile> files) {
    std::string text;
    for (const auto& file : files)
        fmt::format_to(std::back_inserter(text), "{:o} {} {} {}{}\n", file.mode, file.size,
                       file.digest.hex(), file.declares_namespace ? kNamespaceMark : "", file.path);
    return text;
}

std::optional<std::vector<InstalledFile>> files_from_text(std::string_view text) {
    std::vector<InstalledFile> files;
    for (const auto line : split_lines(text)) {
        InstalledFile file;
        const char* end = line.data() + line.size();
        const auto mode = std::from_chars(line.data(), end, file.mode, 8);
        if (mode.ec != std::errc() || mode.ptr == end) return std::nullopt;
        const auto size = std::from_chars(mode.ptr + 1, end, file.size);
        if (size.ec != std::errc() || end - size.ptr < 67) return std::nullopt;
        auto digest = Digest::from_hex({size.ptr + 1, 64});
        if (!digest) return std::nullopt;
        file.digest = *digest;
        std::string_view path(size.ptr + 66, static_cast<std::size_t>(end - size.ptr - 66));
        file.declares_namespace = path.starts_with(kNamespaceMark);
        if (file.declares_namespace) path.remove_prefix(kNamespaceMark.size());
        file.path = path;
        files.push_back(std::move(file));
    }
    return files;
}

Json to_json(const PreparedWheel& wheel) {
    Json warnings = Json::array();
    for (const auto& warning : wheel.warnings)
        warnings.push_back(
            {{"code", warning.code}, {"message", warning.message}, {"hint", warning.hint}});
    Json parts = Json::array();
    for (const auto& part : wheel.parts)
        parts.push_back({{"digest", part.layer.digest.to_string()},
                         {"diff_id", part.layer.diff_id.to_string()},
                         {"size", part.layer.size},
                         {"tar_size", part.layer.tar_size},
                         {"piece_offset", part.piece_offset},
                         {"piece_size", part.piece_size},
                         {"files", part.files}});
    return {{"name", wheel.name},
            {"version", wheel.version},
            {"wheel_size", wheel.wheel_size},
            {"parts", std::move(parts)},
            {"requires_python", wheel.requires_python},
            {"directories", join(wheel.directories, "\n")},
            {"files", files_to_text(wheel.files)},
            {"requires_dist", wheel.requires_dist},
            {"warnings", std::move(warnings)}};
}

std::optional<Digest> digest_member(const Json& object, std::string_view key) {
    const auto text = string_member(object, key);
    if (!text) return std::nullopt;
    const auto digest = Digest::parse(*text);
    return digest ? std::optional(*digest) : std::nullopt;
}

std::optional<std::vector<WheelPart>> parts_from_json(const Json* array, std::size_t files) {
    if (array == nullptr || !array->is_array() || array->empty()) return std::nullopt;
    std::vector<WheelPart> parts;
    std::size_t counted = 0;
    for (const auto& object : *array) {
        const auto digest = digest_member(object, "digest");
        const auto diff_id = digest_member(object, "diff_id");
        if (!digest || !diff_id) return std::nullopt;
        WheelPart part;
        part.layer = {*digest, *diff_id, unsigned_member(object, "size").value_or(0),
                      unsigned_member(object, "tar_size").value_or(0)};
        part.piece_offset = unsigned_member(object, "piece_offset").value_or(0);
        part.piece_size = unsigned_member(object, "piece_size").value_or(0);
        part.files = static_cast<std::size_t>(unsigned_member(object, "files").value_or(0));
        if (part.piece_offset > part.layer.size ||
            part.piece_size > part.layer.size - part.piece_offset || part.files > files - counted)
            return std::nullopt;
        counted += part.files;
        parts.push_back(part);
    }
    return counted == files ? std::optional(std::move(parts)) : std::nullopt;
}

/// Nothing when the record is not one of ours; then the wheel is converted again.
std::optional<PreparedWheel> from_json(const Json& record) {
    PreparedWheel wheel;
    auto files = files_from_text(string_member(record, "files").value_or(""));
    if (!files || files->empty()) return std::nullopt;
    auto parts = parts_from_json(member(record, "parts"), files->size());
    if (!parts) return std::nullopt;
    wheel.parts = std::move(*parts);
    wheel.name = string_member(record, "name").value_or("");
    wheel.version = string_member(record, "version").value_or("");
    wheel.wheel_size = unsigned_member(record, "wheel_size").value_or(0);
    wheel.requires_python = string_member(record, "requires_python").value_or("");
    const auto directories = string_member(record, "directories").value_or("");
    for (const auto directory : split(directories, '\n')) wheel.directories.emplace_back(directory);
    wheel.files = std::move(*files);
    for (const auto& file : wheel.files) wheel.installed_size += file.size;
    if (const Json* requires_dist = member(record, "requires_dist");
        requires_dist != nullptr && requires_dist->is_array())
        for (const auto& item : *requires_dist)
            if (item.is_string()) wheel.requires_dist.push_back(item.get<std::string>());
    if (const Json* warnings = member(record, "warnings");
        warnings != nullptr && warnings->is_array())
        for (const auto& item : *warnings)
            wheel.warnings.push_back({string_member(item, "code").value_or(""),
                                      string_member(item, "message").value_or(""),
                                      string_member(item, "hint").value_or("")});
    return wheel;
}

/// METADATA's Requires-Python: a lock need not have it, and a wheel's tags do not say it all.
Result<void> check_python(const PreparedWheel& wheel, const Scheme& scheme) {
    if (wheel.requires_python.empty()) return {};
    const auto version = packaging::Version::from(scheme.python_version);
    if (!version) return {};
    PYC_TRY_ASSIGN(const auto required, packaging::SpecifierSet::parse(wheel.requires_python));
    // As pip and uv see it, a pre-release of Python is what it will be.
    if (required.contains(version->base_version())) return {};
    return fail("install/wrong-python", "{} {} requires Python {}, and the image has {}",
                wheel.wheel.name, wheel.wheel.version, required.to_string(), scheme.python_version)
        .hint("choose a base image with such a Python, or another version of {}, and lock again",
              wheel.wheel.name);
}

class Preparer {
public:
    Preparer(const Scheme& scheme, const WheelSource& source, store::Store& store,
             const PartLimits& limits, unsigned concurrency)
        : scheme_(scheme),
          source_(source),
          store_(store),
          limits_(limits),
          processors_(static_cast<std::ptrdiff_t>(std::min(concurrency, 256U))) {}

    /// What is known of the wheel without reading it.
    Result<std::optional<PreparedWheel>> find(const exec::Context& ctx,
                                              const resolve::SelectedWheel& wheel) const {
        auto digest = wheel.sha256;
        if (const auto key = address_key(wheel)) {
            if (const auto record = store_.find_record(kAddressRecord, *key))
                digest = digest_member(*record, "sha256");
        }
        if (!digest) return std::nullopt;
        return find(ctx, wheel, *digest);
    }

    Result<PreparedWheel> prepare(const exec::Context& ctx, const resolve::SelectedWheel& wheel) {
        PYC_TRY_ASSIGN(const auto fetched, fetch_wheel(ctx, wheel, source_, store_));
        if (const auto key = address_key(wheel))
            PYC_TRY(
                store_.put_record(kAddressRecord, *key, {{"sha256", fetched.digest.to_string()}}));
        if (!wheel.sha256) {
            PYC_TRY_ASSIGN(auto known, find(ctx, wheel, fetched.digest));
            if (known) return std::move(*known);
        }
        PYC_TRY(acquire_processor(ctx));
        const Release release{processors_};
        return convert(ctx, wheel, fetched);
    }

private:
    using Semaphore = std::counting_semaphore<256>;
    struct Release {
        Semaphore& semaphore;
        explicit Release(Semaphore& held) : semaphore(held) {}
        Release(const Release&) = delete;
        Release& operator=(const Release&) = delete;
        ~Release() { semaphore.release(); }
    };

    Result<void> acquire_processor(const exec::Context& ctx) {
        while (!processors_.try_acquire_for(std::chrono::milliseconds(50))) PYC_TRY(ctx.check());
        return {};
    }

    Result<std::optional<PreparedWheel>> find(const exec::Context& ctx,
                                              const resolve::SelectedWheel& wheel,
                                              const Digest& digest) const {
        const auto record =
            store_.find_record(kWheelRecord, wheel_key(digest, scheme_, limits_, wheel.direct_url));
        if (!record) return std::nullopt;
        auto prepared = from_json(*record);
        if (!prepared) return std::nullopt;
        for (const auto& part : prepared->parts) {
            PYC_TRY_ASSIGN(const auto blob,
                           store_.find_blob(ctx, part.layer.digest, part.layer.size));
            if (!blob) return std::nullopt;
        }
        // The same bytes may be asked for under another name; converting them would have found that
        // out.
        PYC_TRY_ASSIGN(const auto name, packaging::WheelName::parse(wheel.filename));
        if (name.name != prepared->name) return std::nullopt;
        prepared->wheel = wheel;
        prepared->wheel_digest = digest;
        prepared->cached = true;
        return prepared;
    }

    Result<PreparedWheel> convert(const exec::Context& ctx, const resolve::SelectedWheel& wheel,
                                  const FetchedWheel& fetched) {
        exec::Activity activity(ctx, fmt::format("installing {} {}", wheel.name, wheel.version));
        PreparedWheel prepared;
        std::vector<AtomicFile> files;  // they get their names when all of the wheel is verified
        bool ended = true;
        const PartSink sink{[&](Bytes bytes) -> Result<void> {
                                if (std::exchange(ended, false)) {
                                    PYC_TRY_ASSIGN(auto file, store_.new_blob());
                                    files.push_back(std::move(file));
                                }
                                return files.back().write(bytes);
                            },
                            [&](const archive::LayerBlob&) -> Result<void> {
                                ended = true;
                                return {};
                            }};
        auto converted = convert_wheel(ctx, store_.blob_path(fetched.digest), wheel.filename,
                                       scheme_, sink, limits_, wheel.direct_url);
        if (!converted) {
            activity.finish(converted.error().is_cancelled() ? "cancelled" : "failed");
            // Nothing is kept of a wheel that is refused for what is in it.
            if (converted.error().code.starts_with("wheel/")) store_.remove_blob(fetched.digest);
            return fail(std::move(converted).error())
                .while_("installing {} {}", wheel.name, wheel.version);
        }
        static_cast<ConvertedWheel&>(prepared) = std::move(*converted);
        prepared.wheel = wheel;
        prepared.wheel_digest = fetched.digest;
        prepared.wheel_size = fetched.size;
        PYC_ASSERT(files.size() == prepared.parts.size());
        for (std::size_t i = 0; i < files.size(); ++i)
            PYC_TRY(store_.commit_blob(std::move(files[i]), prepared.parts[i].layer.digest));
        PYC_TRY(store_.put_record(kWheelRecord,
                                  wheel_key(fetched.digest, scheme_, limits_, wheel.direct_url),
                                  to_json(prepared)));
        return prepared;
    }

    const Scheme& scheme_;
    const WheelSource& source_;
    store::Store& store_;
    const PartLimits& limits_;
    Semaphore processors_;
};

}  // namespace

Result<std::vector<PreparedWheel>> prepare_wheels(const exec::Context& ctx,
                                                  std::span<const resolve::SelectedWheel> wheels,
                                                  const Scheme& scheme, const WheelSource& source,
                                                  store::Store& store, const PartLimits& limits) {
    Preparer preparer(scheme, source, store, limits, ctx.concurrency());
    std::vector<PreparedWheel> prepared(wheels.size());
    std::vector<char> known(wheels.size());  // not bool: written by several threads
    PYC_TRY(exec::parallel_for(ctx, wheels.size(), ctx.concurrency(),
                               [&](const exec::Context& inner, std::size_t i) -> Result<void> {
                                   PYC_TRY_ASSIGN(auto found, preparer.find(inner, wheels[i]));
                                   known[i] = found ? 1 : 0;
                                   if (found) prepared[i] = std::move(*found);
                                   return {};
                               }));
    // The largest first, so that none of them is left alone at the end.
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < wheels.size(); ++i)
        if (known[i] == 0) missing.push_back(i);
    std::stable_sort(missing.begin(), missing.end(), [&](std::size_t a, std::size_t b) {
        return wheels[a].size.value_or(0) > wheels[b].size.value_or(0);
    });
    const auto limit = ctx.concurrency() == 1 ? 1U : std::max(kTransfers, ctx.concurrency());
    PYC_TRY(exec::parallel_for(
        ctx, missing.size(), limit, [&](const exec::Context& inner, std::size_t i) -> Result<void> {
            PYC_TRY_ASSIGN(prepared[missing[i]], preparer.prepare(inner, wheels[missing[i]]));
            return {};
        }));
    for (const auto& wheel : prepared) PYC_TRY(check_python(wheel, scheme));
    return prepared;
}

}  // namespace pycontainer::install
