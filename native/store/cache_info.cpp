#include "store/cache_info.hpp"

#include "store/eviction.hpp"

#include <array>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pycontainer::store {
namespace {

enum Kind : std::size_t { Layers, Wheels, Documents, Records, HalfWritten };
constexpr std::size_t kKinds = HalfWritten + 1;
constexpr std::array<const char*, kKinds> kNames{"layers", "wheels", "documents", "records",
                                                 "half-written"};

/// gzip members and tars are layers, ZIP archives wheels, JSON documents manifests and
/// configurations. A blob that belongs to another user counts as a layer, unread: reading would
/// change its time of use.
Kind kind_of(const Entry& entry) {
    if (entry.kind == Entry::Kind::Record) return Records;
    const FileDescriptor file(
        ::open(entry.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOATIME | O_NOFOLLOW));
    std::array<char, 4> head{};
    if (!file.is_open() || ::read(file.value(), head.data(), head.size()) <= 0) return Layers;
    const std::string_view text(head.data(), head.size());
    if (text == "PK\x03\x04") return Wheels;
    return text.front() == '{' ? Documents : Layers;
}

std::string to_rfc3339(Time time) {
    const auto seconds = static_cast<std::time_t>(time / 1'000'000'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

Result<Json> describe_cache(const exec::Context& ctx, const std::filesystem::path& root,
                            const std::optional<std::uint64_t>& limit) {
    struct Sum {
        std::uint64_t size = 0;
        std::size_t count = 0;
    };
    std::array<Sum, kKinds> sums{};
    const auto inventory = take_inventory(root);
    for (const auto& entry : inventory.entries) {
        PYC_TRY(ctx.check());
        auto& sum = sums.at(kind_of(entry));
        sum.size += entry.size;
        ++sum.count;
    }
    sums[HalfWritten] = {inventory.leftover_size, inventory.leftover.size()};
    Json kinds = Json::array();
    for (std::size_t i = 0; i < kKinds; ++i)
        kinds.push_back(
            {{"kind", kNames.at(i)}, {"size", sums.at(i).size}, {"count", sums.at(i).count}});
    const auto& entries = inventory.entries;
    return Json{
        {"format_version", 1},
        {"path", root.string()},
        {"size", inventory.size},
        {"count", entries.size()},
        {"limit", limit ? Json(*limit) : Json(nullptr)},
        {"oldest_use", entries.empty() ? Json(nullptr) : Json(to_rfc3339(entries.front().used))},
        {"kinds", std::move(kinds)}};
}

}  // namespace pycontainer::store
