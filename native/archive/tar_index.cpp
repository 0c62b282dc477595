#include "archive/tar_index.hpp"

#include "archive/tar.hpp"
#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace pycontainer::archive {
namespace {

constexpr std::size_t kMaxEntries = 100'000;
constexpr std::uint64_t kMaxExtension = 1U << 20U;  // of a pax header or a long name

using Block = std::array<char, kTarBlock>;

std::string_view field(const Block& block, std::size_t at, std::size_t size) {
    const std::string_view text(block.data() + at, size);
    return text.substr(0, text.find('\0'));
}

/// Octal digits, or GNU's base 256 with the highest bit set.
std::optional<std::uint64_t> number(const Block& block, std::size_t at, std::size_t size) {
    if ((static_cast<unsigned char>(block[at]) & 0x80U) != 0) {
        std::uint64_t value = static_cast<unsigned char>(block[at]) & 0x7FU;
        for (std::size_t i = 1; i < size; ++i) {
            if (value >> 55U != 0) return std::nullopt;
            value = (value << 8U) | static_cast<unsigned char>(block[at + i]);
        }
        return value;
    }
    const auto text = trim(field(block, at, size));
    std::uint64_t value = 0;
    if (text.empty()) return 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// POSIX: the sum of all bytes, the checksum's own counted as blanks.
bool has_right_sum(const Block& block) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < block.size(); ++i)
        sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
    return number(block, 148, 8) == sum;
}

std::string normal(std::string_view path) {
    std::string text = std::filesystem::path(path).lexically_normal().string();
    while (text.starts_with("../")) text.erase(0, 3);
    while (text.starts_with('/') || text.starts_with("./"))
        text.erase(0, text.starts_with('/') ? 1 : 2);
    return text;
}

/// What extended headers say about the entry that follows them.
struct Extension {
    std::optional<std::string> path;
    std::optional<std::string> link;
    std::optional<std::uint64_t> size;

    /// pax: records of the form `LENGTH KEY=VALUE\n`.
    bool read_pax(std::string_view text) {
        while (!text.empty()) {
            std::size_t length = 0;
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), length);
            const auto begin = static_cast<std::size_t>(end - text.data());
            if (error != std::errc() || length > text.size() || length < begin + 3 ||
                text[begin] != ' ')
                return false;
            const auto record = text.substr(begin + 1, length - begin - 2);
            const auto equals = record.find('=');
            if (equals == std::string_view::npos) return false;
            const auto key = record.substr(0, equals);
            const auto value = record.substr(equals + 1);
            if (key == "path") path = value;
            if (key == "linkpath") link = value;
            if (key == "size") {
                std::uint64_t number = 0;
                if (std::from_chars(value.data(), value.data() + value.size(), number).ec !=
                    std::errc())
                    return false;
                size = number;
            }
            text.remove_prefix(length);
        }
        return true;
    }
};

class Indexer {
public:
    Indexer(const FileDescriptor& file, const std::filesystem::path& path, std::uint64_t size)
        : file_(&file), path_(&path), size_(size) {}

    Result<TarIndex> run(const exec::Context& ctx) {
        std::size_t entries = 0;
        Block block{};
        while (at_ + kTarBlock <= size_) {
            PYC_TRY(ctx.check());
            PYC_TRY(read_at(*file_, *path_, at_, std::as_writable_bytes(std::span(block))));
            if (std::all_of(block.begin(), block.end(), [](char c) { return c == 0; })) break;
            if (++entries > kMaxEntries)
                return fail("archive/too-large", "`{}` has more than {} entries", path_->string(),
                            kMaxEntries);
            PYC_TRY(take(block));
        }
        if (entries == 0) return damaged("it has no entries");
        return with_links();
    }

private:
    Failure damaged(std::string_view why) const {
        return fail("archive/damaged", "`{}` is not a tar archive, or is damaged: {}",
                    path_->string(), why)
            .hint("make it again; a compressed one has to be unpacked first");
    }

    Result<void> take(const Block& block) {
        if (!has_right_sum(block)) return damaged("a checksum is wrong");
        auto size = number(block, 124, 12);
        if (!size) return damaged("a size is no number");
        const char type = block[156];
        const auto begin = at_ + kTarBlock;
        const bool is_extension = type == 'x' || type == 'g' || type == 'L' || type == 'K';
        if (!is_extension && next_.size) size = next_.size;
        const bool has_content = is_extension || type == '0' || type == '\0' || type == '7';
        if (!has_content) size = 0;
        if (*size > size_ - begin) return damaged("it ends in the middle of a file");
        at_ = begin + *size + tar_padding(*size);
        if (is_extension) return extend(type, begin, *size);
        auto name = std::string(field(block, 345, 155));
        if (field(block, 257, 6) != "ustar") name.clear();  // GNU has other things there
        name = name.empty() ? std::string(field(block, 0, 100))
                            : name + "/" + std::string(field(block, 0, 100));
        const auto path = normal(next_.path.value_or(name));
        const auto link = next_.link.value_or(std::string(field(block, 157, 100)));
        next_ = {};
        if (has_content)
            members_[path] = {begin, *size};
        else if (type == '1')
            links_[path] = normal(link);
        else if (type == '2')
            links_[path] = normal((std::filesystem::path(path).parent_path() / link).string());
        return {};
    }

    Result<void> extend(char type, std::uint64_t begin, std::uint64_t size) {
        if (size > kMaxExtension) return damaged("a name is too long");
        std::string text(static_cast<std::size_t>(size), '\0');
        PYC_TRY(read_at(*file_, *path_, begin, std::as_writable_bytes(std::span(text))));
        if (type == 'g') return {};  // defaults for all: nothing of them matters here
        if (type == 'x') {
            if (!next_.read_pax(text)) return damaged("an extended header is malformed");
            return {};
        }
        text = text.substr(0, text.find('\0'));
        (type == 'L' ? next_.path : next_.link) = std::move(text);
        return {};
    }

    TarIndex with_links() {
        for (const auto& [path, target] : links_) {
            auto found = members_.find(target);
            for (int hops = 0; found == members_.end() && hops < 8; ++hops) {
                const auto next = links_.find(hops == 0 ? target : next_target_);
                if (next == links_.end()) break;
                next_target_ = next->second;
                found = members_.find(next_target_);
            }
            if (found != members_.end()) members_.emplace(path, found->second);
        }
        return std::move(members_);
    }

    const FileDescriptor* file_;
    const std::filesystem::path* path_;
    std::uint64_t size_;
    std::uint64_t at_ = 0;
    Extension next_;
    TarIndex members_;
    std::map<std::string, std::string> links_;
    std::string next_target_;
};

}  // namespace

Result<TarIndex> index_tar(const exec::Context& ctx, const FileDescriptor& file,
                           const std::filesystem::path& path) {
    PYC_TRY_ASSIGN(const auto size, file_size(file, path));
    return Indexer(file, path, size).run(ctx);
}

}  // namespace pycontainer::archive
