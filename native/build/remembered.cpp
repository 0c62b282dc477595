#include "build/remembered.hpp"

#include "base/version.hpp"
#include "project/source_tree.hpp"
#include "project/vcs.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <sys/stat.h>

namespace pycontainer::build {
namespace {

constexpr std::string_view kRecord = "build";
constexpr int kFormat = 2;
/// File systems stamp changes with the kernel's tick; two changes within one look the same.
constexpr std::int64_t kSettleNanoseconds = 20'000'000;
/// After it everything is looked for again, at the cost of a cached build: what a project needs
/// counts as used, and the cache's eviction leaves it alone.
constexpr std::int64_t kBelievedSeconds = 24 * 3600;

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Size, times and inode as one text; `-` for what is not there.
struct Stamp {
    std::string text = "-";
    std::int64_t changed_ns = 0;
};

Stamp stamp_of(const std::filesystem::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return {};
    const auto modified = nanoseconds(info.st_mtim);
    const auto changed = nanoseconds(info.st_ctim);
    return {fmt::format("{} {} {} {}", info.st_size, modified, changed, info.st_ino),
            std::max(modified, changed)};
}

/// The layout's index and the number of its blobs: enough to see that it is still the one that was
/// written.
std::string output_stamp(const std::filesystem::path& output) {
    return stamp_of(output / "index.json").text + " | " +
           stamp_of(output / "blobs" / "sha256").text;
}

std::int64_t now_nanoseconds() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

bool has_a_say(std::string_view variable) {
    for (const std::string_view prefix : {"PYCONTAINER_", "PIP_", "UV_"})
        if (variable.starts_with(prefix)) return true;
    return variable == "SOURCE_DATE_EPOCH";
}

std::vector<std::string> strings_of(const Json* list) {
    std::vector<std::string> result;
    if (list && list->is_array())
        for (const auto& item : *list)
            if (item.is_string()) result.push_back(item.get<std::string>());
    return result;
}

bool are_unchanged(const exec::Context& ctx, const Json* scans) {
    if (!scans || !scans->is_array() || scans->empty()) return false;
    return std::all_of(scans->begin(), scans->end(), [&](const Json& scan) {
        const auto tree = project::scan_sources(
            ctx, {.directory = string_member(scan, "directory").value_or(""),
                  .include = strings_of(member(scan, "include")),
                  .exclude = strings_of(member(scan, "exclude")),
                  .output_directory = string_member(scan, "output").value_or("")});
        return tree && tree->stat_fingerprint.to_string() == string_member(scan, "fingerprint");
    });
}

}  // namespace

std::string describe_vcs(const std::filesystem::path& project_directory) {
    const auto facts = project::read_git(project_directory);
    return facts ? facts->revision + "\n" + facts->source_url + "\n" + facts->exact_tag
                 : std::string();
}

Digest remembered_key(const BuildRequest& request, const Environment& environment) {
    Sha256 hasher;
    hasher.update(fmt::format("build {} {}\n{}\n", kFormat, kVersion, request.canonical));
    for (const auto& [name, value] : environment.variables()) {
        // A password may be part of a variable: only its digest goes on, and only into a digest.
        if (has_a_say(name)) hasher.update(name + "=" + Digest::of(value).hex() + "\n");
    }
    return hasher.finish();
}

std::optional<Json> find_unchanged(const exec::Context& ctx, const BuildRequest& request,
                                   const Digest& key, const store::Store& store,
                                   std::int64_t now_seconds) {
    auto record = store.find_record(kRecord, key);
    if (!record) return std::nullopt;
    const auto* inputs = member(*record, "inputs");
    auto* result = record->contains("result") ? &(*record)["result"] : nullptr;
    if (!inputs || !inputs->is_array() || !result) return std::nullopt;
    const auto made_at = static_cast<std::int64_t>(unsigned_member(*record, "made_at").value_or(0));
    if (now_seconds < made_at || now_seconds - made_at > kBelievedSeconds) return std::nullopt;
    for (const auto& input : *inputs)
        if (stamp_of(string_member(input, "path").value_or("")).text !=
            string_member(input, "stamp").value_or(""))
            return std::nullopt;
    if (const auto checked = unsigned_member(*record, "base_checked_at").value_or(0);
        checked != 0) {
        const auto age = now_seconds - static_cast<std::int64_t>(checked);
        if (request.pull == PullPolicy::Always || age < 0 ||
            static_cast<std::uint64_t>(age) > unsigned_member(*record, "base_max_age").value_or(0))
            return std::nullopt;
    }
    const auto output = string_member(*record, "output").value_or("");
    if (!output.empty() &&
        output_stamp(output) != string_member(*record, "output_stamp").value_or(""))
        return std::nullopt;
    if (bool_member(*record, "use_vcs").value_or(true) &&
        describe_vcs(string_member(*record, "project").value_or("")) !=
            string_member(*record, "vcs").value_or(""))
        return std::nullopt;
    if (!are_unchanged(ctx, member(*record, "scans"))) return std::nullopt;
    for (auto& platform : (*result)["platforms"])
        for (auto& layer : platform["layers"])
            if (layer["state"] == "built") layer["state"] = "cached";
    return std::move(*result);
}

void remember(const exec::Context& ctx, const Digest& key, const RememberedBuild& build,
              store::Store& store) {
    const auto now = now_nanoseconds();
    Json inputs = Json::array();
    for (const auto& input : build.inputs) {
        const auto stamp = stamp_of(input);
        if (stamp.changed_ns + kSettleNanoseconds > now) return;
        inputs.push_back({{"path", input.string()}, {"stamp", stamp.text}});
    }
    Json scans = Json::array();
    for (const auto& [request, fingerprint] : build.scans)
        scans.push_back({{"directory", request.directory.string()},
                         {"include", request.include},
                         {"exclude", request.exclude},
                         {"output", request.output_directory.string()},
                         {"fingerprint", fingerprint.to_string()}});
    Json record{{"made_at", static_cast<std::uint64_t>(now / 1'000'000'000)},
                {"inputs", std::move(inputs)},
                {"project", build.project_directory.string()},
                {"scans", std::move(scans)},
                {"output", build.output.string()},
                {"vcs", build.vcs},
                {"use_vcs", build.use_vcs},
                {"base_checked_at", build.base_checked_at},
                {"base_max_age", build.base_max_age_seconds},
                {"result", build.result}};
    if (!build.output.empty()) record["output_stamp"] = output_stamp(build.output);
    if (auto put = store.put_record(kRecord, key, record); !put)
        ctx.log("the result could not be remembered: " + put.error().message);
}

}  // namespace pycontainer::build
