#include "store/eviction.hpp"

#include "base/strings.hpp"
#include "store/internal/layout.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_set>

namespace pycontainer::store {
namespace {

using std::filesystem::path;

constexpr std::string_view kRecordSuffix = ".json";
constexpr std::string_view kTemporary = ".tmp-";
/// Entries that are moved aside while the gate is held once: a few milliseconds.
constexpr std::size_t kBatch = 256;
constexpr std::uint64_t kMaxUsageFile = 1U << 20U;
constexpr Time kUsageAge = std::chrono::nanoseconds(std::chrono::hours(24)).count();

/// Not followed: a store has no symbolic links.
std::optional<struct stat> status_of(const path& file) {
    struct stat info {};
    if (::lstat(file.c_str(), &info) != 0) return std::nullopt;
    return info;
}

/// Calls `visit(path, name)` for what is in the directory; what cannot be listed is empty.
template <typename Visit>
void list(const path& directory, Visit&& visit) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
        visit(entry->path(), entry->path().filename().string());
}

/// The same for the directories `00` … `ff` in it.
template <typename Visit>
void list_spread(const path& directory, Visit&& visit) {
    list(directory, [&](const path& below, const std::string& name) {
        std::error_code error;
        if (name.size() == 2 && std::filesystem::symlink_status(below, error).type() ==
                                    std::filesystem::file_type::directory)
            list(below, visit);
    });
}

bool is_digest(std::string_view name) {
    return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

class InventoryTaker {
public:
    explicit InventoryTaker(const path& root) : root_(root) {}

    Inventory run() {
        list_spread(blob_directory(root_), [&](const path& file, const std::string& name) {
            if (!is_digest(name)) return;
            if (add(file, Entry::Kind::Blob)) blobs_.insert(name);
        });
        list(record_directory(root_), [&](const path& kind, const std::string& name) {
            list_spread(kind, [&](const path& file, const std::string& key) {
                add_record(file, key, name == kCheckedRecord);
            });
        });
        list(root_ / kIncoming, [&](const path& file, const std::string&) { add_leftover(file); });
        std::sort(inventory_.entries.begin(), inventory_.entries.end(),
                  [](const Entry& a, const Entry& b) {
                      return a.used != b.used ? a.used < b.used : a.path < b.path;
                  });
        return std::move(inventory_);
    }

private:
    bool add(const path& file, Entry::Kind kind) {
        const auto info = status_of(file);
        if (!info || !S_ISREG(info->st_mode)) return false;
        const auto size = static_cast<std::uint64_t>(info->st_size);
        inventory_.entries.push_back({.path = file,
                                      .kind = kind,
                                      .size = size,
                                      .is_shared = info->st_nlink > 1,
                                      .used = used_at(*info)});
        inventory_.size += size;
        return true;
    }

    void add_record(const path& file, std::string_view name, bool is_check) {
        if (name.find(kTemporary) != std::string_view::npos) return add_leftover(file);
        if (!name.ends_with(kRecordSuffix)) return;
        name.remove_suffix(kRecordSuffix.size());
        if (!is_digest(name)) return;
        // A check leaves with its blob.
        if (!is_check)
            add(file, Entry::Kind::Record);
        else if (!blobs_.contains(std::string(name)))
            add_leftover(file);
    }

    void add_leftover(const path& file) {
        const auto info = status_of(file);
        if (!info || !S_ISREG(info->st_mode)) return;
        inventory_.leftover.push_back(file);
        inventory_.leftover_size += static_cast<std::uint64_t>(info->st_size);
    }

    const path& root_;
    Inventory inventory_;
    std::unordered_set<std::string> blobs_;
};

void remove_files(const std::vector<path>& files) {
    for (const auto& file : files) ::unlink(file.c_str());
}

/// Of what is half-written: that which no living build writes.
std::vector<path> abandoned(const std::vector<path>& leftover, const Leases& leases) {
    std::vector<path> files;
    for (const auto& file : leftover) {
        const auto info = status_of(file);
        if (info && (leases.holders.empty() || modified_at(*info) < leases.needed_since))
            files.push_back(file);
    }
    return files;
}

std::vector<path> files_in(const path& directory) {
    std::vector<path> files;
    list(directory, [&](const path& file, const std::string&) { files.push_back(file); });
    return files;
}

// ---- how much there is ----

/// The file `usage`: a line `BYTES TIME` by who has counted, then a line `BYTES` by every build
/// that has added something.
struct Usage {
    std::string text;
    std::uint64_t size = 0;
    Time counted = 0;
};

template <typename Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

/// Nothing when there is none, or it makes no sense: then it is time to count.
std::optional<Usage> read_usage(const path& root) {
    auto text = read_file(root / "usage", kMaxUsageFile);
    if (!text) return std::nullopt;
    Usage usage{.text = std::move(*text)};
    const auto lines = split_lines(usage.text);
    if (lines.empty()) return std::nullopt;
    const auto head = split(lines.front(), ' ');
    if (head.size() != 2 || !read_number(head[0], usage.size) ||
        !read_number(head[1], usage.counted))
        return std::nullopt;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        std::uint64_t added = 0;
        if (!read_number(lines[i], added)) return std::nullopt;
        if (__builtin_add_overflow(usage.size, added, &usage.size)) return std::nullopt;
    }
    return usage;
}

/// The gate has to be held exclusively.
void append_usage(const path& root, std::uint64_t added) {
    const FileDescriptor file(::open((root / "usage").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (!file.is_open()) return;
    const auto line = fmt::format("{}\n", added);
    // A half-written line makes no sense to the next reader, who counts.
    static_cast<void>(::write(file.value(), line.data(), line.size()) == 0);
}

/// Writes what was counted; what builds have added since `before` was read stays. The gate has to
/// be held exclusively.
void replace_usage(const path& root, const std::optional<Usage>& before, std::uint64_t size) {
    auto text = fmt::format("{} {}\n", size, now());
    if (before)
        if (const auto present = read_file(root / "usage", kMaxUsageFile);
            present && present->starts_with(before->text))
            text += present->substr(before->text.size());
    auto file = AtomicFile::create_in(root / kIncoming);
    if (file && file->write(text)) ignore(file->commit_as(root / "usage"));  // or somebody counts
}

// ---- eviction ----

class Evictor {
public:
    Evictor(const exec::Context& ctx, const path& root, const EvictionGoal& goal)
        : ctx_(ctx), root_(root), goal_(goal) {}

    Result<EvictionReport> run() {
        const auto usage = read_usage(root_);
        inventory_ = take_inventory(root_);
        wanted_ = left_ = inventory_.size;
        if (goal_.max_size && inventory_.size > *goal_.max_size) target_ = goal_.down_to;
        report_.left = inventory_.entries.size();
        std::size_t next = 0;
        bool first = true;
        while (first || (next < inventory_.entries.size() && is_wanted(next))) {
            PYC_TRY(ctx_.check());
            std::vector<path> moved;
            PYC_TRY(remove_batch(next, first, moved));
            remove_files(moved);
            first = false;
        }
        report_.left_size = left_;
        PYC_TRY_ASSIGN(const auto gate, Gate::enter(ctx_, root_, Gate::Mode::Exclusive));
        replace_usage(root_, usage, left_);
        return std::move(report_);
    }

private:
    bool is_wanted(std::size_t index) const {
        return (goal_.used_since && inventory_.entries[index].used < *goal_.used_since) ||
               (target_ && wanted_ > *target_);
    }

    /// Moves some entries aside; `moved` is what can be deleted.
    Result<void> remove_batch(std::size_t& next, bool first, std::vector<path>& moved) {
        PYC_TRY_ASSIGN(const auto gate, Gate::enter(ctx_, root_, Gate::Mode::Exclusive));
        const auto leases = look_at_leases(gate, root_);
        report_.holders = leases.holders;
        PYC_TRY(make_directories(root_ / kIncoming));
        if (first) moved = abandoned(inventory_.leftover, leases);
        for (std::size_t i = 0; i < kBatch && next < inventory_.entries.size() && is_wanted(next);
             ++i, ++next)
            PYC_TRY(remove_entry(inventory_.entries[next], leases, moved));
        return {};
    }

    Result<void> remove_entry(const Entry& entry, const Leases& leases, std::vector<path>& moved) {
        wanted_ -= entry.size;
        const auto info = status_of(entry.path);
        if (!info) {  // somebody else was faster
            forget(entry);
            return {};
        }
        if (used_at(*info) != entry.used || entry.used >= leases.needed_since) {
            ++report_.needed;
            return {};
        }
        const auto name = entry.path.filename().string();
        auto aside = root_ / kIncoming / ("evicted-" + name);
        if (::rename(entry.path.c_str(), aside.c_str()) != 0)
            return file_error("remove", entry.path, errno);
        moved.push_back(std::move(aside));
        if (entry.kind == Entry::Kind::Blob)
            if (const auto digest = Digest::from_hex(name))
                ::unlink(record_path(root_, kCheckedRecord, *digest).c_str());
        ++report_.removed;
        report_.removed_size += entry.size;
        if (entry.is_shared) report_.shared_size += entry.size;
        forget(entry);
        return {};
    }

    void forget(const Entry& entry) {
        left_ -= entry.size;
        --report_.left;
    }

    const exec::Context& ctx_;
    const path& root_;
    const EvictionGoal& goal_;
    Inventory inventory_;
    EvictionReport report_;
    std::optional<std::uint64_t> target_;  ///< nothing: the size does not matter
    std::uint64_t wanted_ = 0;             ///< what would be left if everything could go
    std::uint64_t left_ = 0;
};

/// Whether there is anything to evict: a directory that was named by mistake gets no gate either.
bool is_store(const path& root) {
    return status_of(blob_directory(root)) || status_of(record_directory(root)) ||
           status_of(root / kIncoming);
}

/// The directories of a store in which there is nothing any more.
void remove_empty_directories(const path& root) {
    const auto remove_spread = [](const path& directory) {
        list(directory, [](const path& below, const std::string& name) {
            if (name.size() == 2) ::rmdir(below.c_str());
        });
        ::rmdir(directory.c_str());
    };
    remove_spread(blob_directory(root));
    ::rmdir(blob_directory(root).parent_path().c_str());
    list(record_directory(root),
         [&](const path& kind, const std::string&) { remove_spread(kind); });
    ::rmdir(record_directory(root).c_str());
    ::rmdir((root / kIncoming).c_str());
}

}  // namespace

Inventory take_inventory(const path& root) {
    return InventoryTaker(root).run();
}

Result<EvictionReport> evict(const exec::Context& ctx, const path& root, const EvictionGoal& goal) {
    if (!is_store(root)) return EvictionReport();
    return Evictor(ctx, root, goal).run();
}

Result<EvictionReport> clear(const exec::Context& ctx, const path& root) {
    if (!is_store(root)) return EvictionReport();
    {
        PYC_TRY_ASSIGN(const auto gate, Gate::enter(ctx, root, Gate::Mode::Exclusive));
        const auto leases = look_at_leases(gate, root);
        if (!leases.holders.empty())
            return fail("store/in-use", "the cache `{}` is being used: {} {}", root.string(),
                        leases.holders.size() == 1 ? "by process" : "by processes",
                        join(leases.holders, ", "))
                .hint(
                    "clear it when the builds have ended; `pycontainer cache prune` leaves what "
                    "they need and can be run now");
    }
    PYC_TRY_ASSIGN(
        auto report,
        evict(ctx, root,
              {.used_since = std::numeric_limits<Time>::max(), .max_size = {}, .down_to = 0}));
    PYC_TRY_ASSIGN(const auto gate, Gate::enter(ctx, root, Gate::Mode::Exclusive));
    if (look_at_leases(gate, root).holders.empty()) remove_empty_directories(root);
    return report;
}

void tidy(const exec::Context& ctx, const path& root, std::uint64_t added,
          const std::optional<std::uint64_t>& limit) {
    std::vector<path> gone;
    bool was_killed = false;
    bool may_be_full = false;
    {
        const auto gate = Gate::enter(ctx, root, Gate::Mode::Exclusive);
        if (!gate) return;
        const auto leases = look_at_leases(*gate, root);
        was_killed = leases.found_dead;
        gone = abandoned(files_in(root / kIncoming), leases);
        if (limit && added > 0) {
            append_usage(root, added);
            const auto usage = read_usage(root);
            may_be_full = !usage || usage->size > *limit || usage->counted < now() - kUsageAge;
        }
    }
    remove_files(gone);
    if (!may_be_full && !was_killed) return;
    EvictionGoal goal;
    if (limit) goal = {.used_since = {}, .max_size = limit, .down_to = *limit / 10 * 9};
    const auto report = evict(ctx, root, goal);
    if (!report && !report.error().is_cancelled())
        ctx.log("the cache could not be tidied: " + report.error().message);
    else if (report && report->removed > 0)
        ctx.log(fmt::format("the cache had reached its limit of {}: {} entries ({}) were removed",
                            format_size(*limit), report->removed,
                            format_size(report->removed_size)));
}

}  // namespace pycontainer::store
