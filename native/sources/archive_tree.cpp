#include "sources/archive_tree.hpp"

#include "archive/layer_reader.hpp"
#include "archive/zip_reader.hpp"
#include "base/strings.hpp"
#include "project/source_view.hpp"

#include <map>

namespace pycontainer::sources {
namespace {

using archive::LayerEntry;

class Reader {
public:
    Reader(const std::string& name, const ArchiveLimits& limits) : name_(name), limits_(limits) {}

    Result<archive::Walk> take(const LayerEntry& entry, archive::EntryContent& content) {
        if (entry.type == LayerEntry::Type::Directory || entry.path.empty() ||
            entry.path == "pax_global_header")
            return archive::Walk::Continue;
        if (const auto reason = archive::unsafe_name_reason(entry.path))
            return bad(
                fmt::format("`{}` is not a safe name: {}", printable(entry.path, 120), *reason));
        if (++count_ > limits_.files)
            return bad(fmt::format("it has more than {} files", limits_.files));
        if (entry.type == LayerEntry::Type::Symlink) {
            links_[entry.path] =
                normalize_path(project::join_path(project::parent_path(entry.path), entry.link))
                    .value_or("");
            return archive::Walk::Continue;
        }
        if (entry.type == LayerEntry::Type::Hardlink) {
            links_[entry.path] = entry.link;
            return archive::Walk::Continue;
        }
        if (entry.type != LayerEntry::Type::File)
            return bad(fmt::format("`{}` is not a file", printable(entry.path, 120)));
        auto text = content.read_all(limits_.total_size - total_);
        if (!text && text.error().code == "archive/too-large")
            return bad(fmt::format("it unpacks to more than {}", format_size(limits_.total_size)));
        if (!text) return fail(std::move(text).error());
        total_ += text->size();
        files_.push_back({entry.path, (entry.mode & 0100U) != 0, std::move(*text)});
        return archive::Walk::Continue;
    }

    /// Old releases are ZIP archives (PEP 625 asks for a tar).
    Result<Tree> read_zip(const exec::Context& ctx, const std::filesystem::path& file) {
        const auto zip = archive::ZipReader::open(file, name_);
        if (!zip) return bad("it is damaged, or no ZIP archive");
        for (const auto& entry : zip->entries()) {
            PYC_TRY(ctx.check());
            const bool is_link = (entry.unix_mode & 0170000U) == 0120000U;
            if (entry.directory || is_link) continue;
            if (++count_ > limits_.files)
                return bad(fmt::format("it has more than {} files", limits_.files));
            auto content = zip->read_content(entry, limits_.total_size - total_);
            if (!content && content.error().code == "wheel/too-large")
                return bad(
                    fmt::format("it unpacks to more than {}", format_size(limits_.total_size)));
            if (!content) return bad("it is damaged");
            total_ += content->size();
            files_.push_back({entry.name, (entry.unix_mode & 0100U) != 0, *std::move(content)});
        }
        return finish();
    }

    Tree finish() {
        Tree tree(std::move(files_));
        std::vector<TreeFile> linked;
        std::uint64_t room = limits_.total_size - total_;
        for (const auto& [path, first] : links_) {
            constexpr int kMaxLinks = 16;
            auto target = first;
            for (int i = 0; i < kMaxLinks && links_.contains(target); ++i) target = links_[target];
            const auto* file = tree.find(target);
            if (!file) continue;
            const auto size = std::get<std::string>(file->content).size();
            if (size > room) continue;
            room -= size;
            linked.push_back({path, file->executable, file->content});
        }
        if (linked.empty()) return tree;
        linked.insert(linked.begin(), tree.files().begin(), tree.files().end());
        return Tree(std::move(linked));
    }

    Failure bad(std::string_view why) const {
        return fail("sources/bad-archive", "`{}` cannot be used: {}", printable(name_, 120), why)
            .hint("use another version of it");
    }

private:
    const std::string& name_;
    const ArchiveLimits& limits_;
    std::vector<TreeFile> files_;
    std::map<std::string, std::string> links_;
    std::uint64_t count_ = 0;
    std::uint64_t total_ = 0;
};

Result<Tree> read(const exec::Context& ctx, const std::filesystem::path& file, Reader& reader) {
    auto walked = archive::read_layer(
        ctx, file,
        [&](const LayerEntry& entry, archive::EntryContent& content) -> Result<archive::Walk> {
            return reader.take(entry, content);
        });
    if (!walked && walked.error().code.starts_with("archive/"))
        return reader.bad("it is damaged, or no tar archive");
    if (!walked) return fail(std::move(walked).error());
    return reader.finish();
}

}  // namespace

Result<Tree> read_sdist(const exec::Context& ctx, const std::filesystem::path& file,
                        const std::string& name, const ArchiveLimits& limits) {
    Reader reader(name, limits);
    const bool is_zip = name.ends_with(".zip");
    PYC_TRY_ASSIGN(const auto tree, is_zip ? reader.read_zip(ctx, file) : read(ctx, file, reader));
    const auto tops = tree.directories_in("");
    if (tops.size() == 1 && tree.below(tops.front()).size() == tree.files().size())
        return tree.subtree(tops.front());
    // As pip has it, those of old may have their files right at the top.
    if (is_zip && tree.has_file("setup.py")) return tree;
    if (tops.size() != 1) return reader.bad("it has not one directory at the top");
    return tree.subtree(tops.front());
}

Result<Tree> read_tree_archive(const exec::Context& ctx, const std::filesystem::path& file,
                               const std::string& name, const ArchiveLimits& limits) {
    Reader reader(name, limits);
    return read(ctx, file, reader);
}

}  // namespace pycontainer::sources
