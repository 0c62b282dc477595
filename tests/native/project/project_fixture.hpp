#pragma once

// A project on disk from one string: `//- path` lines start files, `//- path -> target` makes a
// link, `//- path/` an empty directory,
// `//- path +x` an executable file. Removed with the fixture.

#include "base/file.hpp"
#include "base/strings.hpp"

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>

namespace pycontainer::testing {

class ProjectFixture {
public:
    explicit ProjectFixture(std::string_view text = {}) {
        auto created = TemporaryDirectory::create(std::filesystem::temp_directory_path(),
                                                  "pycontainer-project-");
        if (!created) throw std::runtime_error(created.error().message);
        holder_ = std::make_unique<TemporaryDirectory>(std::move(*created));
        add(text);
    }

    const std::filesystem::path& path() const { return holder_->path(); }

    void add(std::string_view text) const {
        std::string name;
        std::string content;
        bool executable = false;
        const auto flush = [&] {
            if (!name.empty()) write(name, content, executable);
            content.clear();
            name.clear();
        };
        for (const auto line : split_lines(text)) {
            if (!line.starts_with("//- ")) {
                content += std::string(line) + "\n";
                continue;
            }
            flush();
            auto header = trim(line.substr(4));
            executable = header.ends_with(" +x");
            if (executable) header = trim(header.substr(0, header.size() - 3));
            if (const auto arrow = header.find(" -> "); arrow != std::string_view::npos) {
                const auto link = path() / header.substr(0, arrow);
                std::filesystem::create_directories(link.parent_path());
                std::filesystem::create_symlink(header.substr(arrow + 4), link);
            } else if (header.ends_with('/')) {
                std::filesystem::create_directories(path() / header);
            } else {
                name = header;
            }
        }
        flush();
    }

    void write(const std::string& name, std::string_view content, bool executable = false) const {
        const auto written = write_file(path() / name, content);
        if (!written) throw std::runtime_error(written.error().message);
        if (executable) ::chmod((path() / name).c_str(), 0755);
    }

private:
    std::unique_ptr<TemporaryDirectory> holder_;
};

}  // namespace pycontainer::testing
