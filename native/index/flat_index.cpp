#include "index/flat_index.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "packaging/wheel_name.hpp"

#include <algorithm>
#include <cerrno>

namespace pycontainer::index {
namespace {

constexpr std::size_t kMaxEntries = 200'000;

std::string file_url(const std::filesystem::path& path) {
    return "file://" + replace_all(net::percent_encode(path.string()), "%2F", "/");
}

}  // namespace

std::string project_of(std::string_view filename) {
    if (const auto wheel = packaging::WheelName::parse(filename)) return wheel->name;
    if (const auto source = packaging::SourceName::parse(filename)) return source->name;
    return {};
}

Result<std::vector<IndexFile>> list_directory(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::directory_iterator entries(directory, error);
    if (error) return file_error("read", directory, error.value());
    std::vector<IndexFile> files;
    for (; entries != std::filesystem::directory_iterator(); entries.increment(error)) {
        if (error || files.size() >= kMaxEntries) break;
        const auto name = entries->path().filename().string();
        if (project_of(name).empty()) continue;
        IndexFile file;
        file.filename = name;
        file.url = file_url(std::filesystem::absolute(entries->path(), error).lexically_normal());
        files.push_back(std::move(file));
    }
    std::sort(files.begin(), files.end(),
              [](const auto& a, const auto& b) { return a.filename < b.filename; });
    return files;
}

Result<void> hash_local_file(const exec::Context& ctx, IndexFile& file) {
    PYC_TRY_ASSIGN(const auto url, net::Url::parse(file.url));
    Sha256 hash;
    std::uint64_t size = 0;
    PYC_TRY(stream_file(local_path_of(url), [&](Bytes bytes) -> Result<void> {
        PYC_TRY(ctx.check());
        hash.update(bytes);
        size += bytes.size();
        return {};
    }));
    file.sha256 = hash.finish();
    file.size = size;
    file.hashes["sha256"] = file.sha256->hex();
    return {};
}

std::filesystem::path local_path_of(const net::Url& url) {
    return net::percent_decode(url.path());
}

}  // namespace pycontainer::index
