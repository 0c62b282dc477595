#include "sources/wheel_file.hpp"

#include "archive/deflate.hpp"
#include "base/digest.hpp"
#include "base/strings.hpp"

#include <fmt/format.h>

namespace pycontainer::sources {
namespace {

constexpr std::uint64_t kMaxSize = 0xFFFF'FFF0;
constexpr std::size_t kMaxFiles = 65'533;
constexpr std::uint16_t kUtf8Names = 1U << 11U;
constexpr std::uint16_t kFirstOfJanuary1980 = 0x21;

void put(std::string& bytes, std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i, value >>= 8U) bytes += static_cast<char>(value & 0xFFU);
}

/// A field of RECORD, quoted where CSV wants it.
std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    return "\"" + replace_all(text, "\"", "\"\"") + "\"";
}

/// APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16.
class Writer {
public:
    explicit Writer(const ByteSink& out) : out_(out) {}

    Result<void> add(const std::string& path, bool executable, const std::string& content) {
        if (content.size() + offset_ + directory_.size() > kMaxSize || count_ >= kMaxFiles)
            return fail("sources/too-large",
                        "the distribution has too many files or bytes for a wheel")
                .hint("leave data out of it, or put the data into the image's own sources");
        std::string fields;  // what local header and directory have in common
        put(fields, kUtf8Names, 2);
        put(fields, 0, 2);  // stored
        put(fields, 0, 2);
        put(fields, kFirstOfJanuary1980, 2);
        put(fields, archive::crc32(as_bytes(content)), 4);
        put(fields, content.size(), 4);
        put(fields, content.size(), 4);
        put(fields, path.size(), 2);
        put(fields, 0, 2);  // no extra field
        put(directory_, 0x02014b50, 4);
        put(directory_, (3U << 8U) | 20U, 2);  // made on Unix
        put(directory_, 20, 2);
        directory_ += fields;
        put(directory_, 0, 2);  // no comment
        put(directory_, 0, 2);
        put(directory_, 0, 2);
        put(directory_, (executable ? 0100755ULL : 0100644ULL) << 16U, 4);
        put(directory_, offset_, 4);
        directory_ += path;
        std::string header;
        put(header, 0x04034b50, 4);
        put(header, 20, 2);
        header += fields + path;
        PYC_TRY(out_(as_bytes(header)));
        PYC_TRY(out_(as_bytes(content)));
        offset_ += header.size() + content.size();
        ++count_;
        return {};
    }

    Result<void> finish() {
        std::string end;
        put(end, 0x06054b50, 4);
        put(end, 0, 4);
        put(end, count_, 2);
        put(end, count_, 2);
        put(end, directory_.size(), 4);
        put(end, offset_, 4);
        put(end, 0, 2);
        PYC_TRY(out_(as_bytes(directory_)));
        return out_(as_bytes(end));
    }

private:
    const ByteSink& out_;
    std::string directory_;
    std::uint64_t offset_ = 0;
    std::size_t count_ = 0;
};

}  // namespace

std::string wheel_filename(const CoreMetadata& metadata) {
    return metadata.file_stem() + "-py3-none-any.whl";
}

Result<void> write_wheel(const exec::Context& ctx, const Distribution& distribution,
                         const ByteSink& out) {
    Writer writer(out);
    std::string record;
    for (const auto& file : distribution.files) {
        PYC_TRY(ctx.check());
        PYC_TRY_ASSIGN(const auto content, read_content(file.content, kMaxSize));
        PYC_TRY(writer.add(file.path, file.executable, content));
        record += fmt::format("{},sha256={},{}\n", csv_field(file.path),
                              to_base64_url(Digest::of(content).raw()), content.size());
    }
    const auto path = distribution.metadata.file_stem() + ".dist-info/RECORD";
    PYC_TRY(writer.add(path, false, record + csv_field(path) + ",,\n"));
    return writer.finish();
}

}  // namespace pycontainer::sources
