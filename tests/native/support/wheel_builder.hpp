#pragma once

// Wheels of a few bytes, made in memory: right by default, wrong where a test says so.

#include "base/digest.hpp"
#include "support/zip_builder.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::testing {

class WheelBuilder {
public:
    explicit WheelBuilder(std::string name = "demo", std::string version = "1.0",
                          std::string tag = "py3-none-any")
        : name_(std::move(name)), version_(std::move(version)), tag_(std::move(tag)) {
        metadata_ = "Metadata-Version: 2.1\nName: " + name_ + "\nVersion: " + version_ + "\n";
        wheel_ = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: " + tag_ + "\n";
    }

    WheelBuilder& file(std::string path, std::string content, std::uint32_t mode = 0100644) {
        return add(ZipFile{.name = std::move(path), .content = std::move(content), .mode = mode});
    }
    /// In the `.data` directory, below a key of the installation scheme.
    WheelBuilder& data(const std::string& path, std::string content, std::uint32_t mode = 0100644) {
        return file(stem() + ".data/" + path, std::move(content), mode);
    }
    WheelBuilder& add(ZipFile file) {
        files_.push_back(std::move(file));
        return *this;
    }
    WheelBuilder& entry_points(std::string text) {
        return file(dist_info() + "/entry_points.txt", std::move(text));
    }
    WheelBuilder& metadata(std::string text) {
        metadata_ = std::move(text);
        return *this;
    }
    WheelBuilder& requires_dist(std::string_view requirement) {
        metadata_.append("Requires-Dist: ").append(requirement).append("\n");
        return *this;
    }
    WheelBuilder& wheel(std::string text) {
        wheel_ = std::move(text);
        return *this;
    }
    /// Instead of a right one.
    WheelBuilder& record(std::string text) {
        record_ = std::move(text);
        return *this;
    }
    /// More lines, before RECORD's own.
    WheelBuilder& record_also(std::string lines) {
        also_ = std::move(lines);
        return *this;
    }
    WheelBuilder& without(std::string dist_info_file) {
        without_.push_back(std::move(dist_info_file));
        return *this;
    }

    std::string stem() const { return name_ + "-" + version_; }
    std::string dist_info() const { return stem() + ".dist-info"; }
    std::string filename() const { return stem() + "-" + tag_ + ".whl"; }

    std::string build() const {
        ZipBuilder zip;
        std::string record = also_;
        const auto add = [&](const ZipFile& file) {
            zip.add(file);
            record += file.name + ",sha256=" + to_base64_url(Digest::of(file.content).raw()) + "," +
                      std::to_string(file.content.size()) + "\n";
        };
        for (const auto& file : files_) add(file);
        if (has("METADATA")) add(ZipFile{.name = dist_info() + "/METADATA", .content = metadata_});
        if (has("WHEEL")) add(ZipFile{.name = dist_info() + "/WHEEL", .content = wheel_});
        record += dist_info() + "/RECORD,,\n";
        if (has("RECORD")) zip.add(dist_info() + "/RECORD", record_.value_or(record));
        return zip.build();
    }

private:
    bool has(std::string_view file) const {
        return std::find(without_.begin(), without_.end(), file) == without_.end();
    }

    std::string name_;
    std::string version_;
    std::string tag_;
    std::string metadata_;
    std::string wheel_;
    std::optional<std::string> record_;
    std::string also_;
    std::vector<std::string> without_;
    std::vector<ZipFile> files_;
};

}  // namespace pycontainer::testing
