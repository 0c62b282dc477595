#include "net/http_client.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

namespace pycontainer::net {
namespace {

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && to_lower(a) == to_lower(b);
}

}  // namespace

std::optional<std::string> Headers::find(std::string_view name) const {
    const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const auto& field) {
        return same_name(field.first, name);
    });
    if (found == fields_.end()) return std::nullopt;
    return found->second;
}

std::vector<std::string> Headers::find_all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : fields_) {
        if (same_name(key, name)) values.push_back(value);
    }
    return values;
}

void Headers::set(std::string_view name, std::string value) {
    remove(name);
    add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
}

Result<BodySource> file_source(const std::filesystem::path& path) {
    PYC_TRY_ASSIGN(auto opened, open_for_reading(path));
    const auto file = std::make_shared<const FileDescriptor>(std::move(opened));
    BodySource source;
    PYC_TRY_ASSIGN(source.size, file_size(*file, path));
    source.read = [file, path, size = source.size](
                      std::uint64_t offset, std::span<std::byte> out) -> Result<std::size_t> {
        if (offset >= size) return 0;
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size - offset));
        PYC_TRY(read_at(*file, path, offset, out.first(count)));
        return count;
    };
    return source;
}

BodySource text_source(std::string text) {
    BodySource source;
    source.size = text.size();
    source.read = [text = std::move(text)](std::uint64_t offset,
                                           std::span<std::byte> out) -> Result<std::size_t> {
        if (offset >= text.size()) return 0;
        const auto count =
            std::min<std::size_t>(out.size(), text.size() - static_cast<std::size_t>(offset));
        std::memcpy(out.data(), text.data() + offset, count);
        return count;
    };
    return source;
}

}  // namespace pycontainer::net
