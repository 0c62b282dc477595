#pragma once

// What a wheel installs and where: the decisions of packaging specifications, "Binary distribution
// format", "Installing a wheel", made from its directory and its small metadata files before any
// content is copied.

#include "archive/zip_reader.hpp"
#include "install/record.hpp"
#include "install/scheme.hpp"
#include "packaging/wheel_name.hpp"
#include "resolve/warning.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pycontainer::install {

struct PlannedFile {
    std::string path;  ///< in the image
    std::uint32_t mode = 0644;
    /// The content: an entry of the wheel as it is, or these bytes.
    const archive::ZipEntry* entry = nullptr;
    std::string content{};
    /// What RECORD says of `entry`; nothing when it is not listed.
    std::optional<RecordLine> expected{};
};

struct WheelPlan {
    std::string name;                ///< normalized
    std::string version;             ///< as METADATA has it
    std::string distribution;        ///< `name version`, for messages
    std::vector<PlannedFile> files;  ///< sorted by path, without RECORD
    std::string record_path;
    std::vector<std::string>
        unlisted;  ///< files that are there but are left out of RECORD: signatures of the old one
    std::vector<std::string> directories;  ///< every parent, sorted
    std::vector<std::string> requires_dist;
    std::string requires_python;  ///< empty: none, or none that can be read
    std::vector<resolve::Warning> warnings;
};

/// Borrows `zip`. `direct_url` is the content of `direct_url.json`, which no wheel brings along;
/// empty: none. Errors: `wheel/invalid`, `wheel/wrong-name`, `wheel/reserved-name`,
/// `wheel/unsupported`, `wheel/record-mismatch`, and those of reading its entries.
Result<WheelPlan> plan_wheel(const archive::ZipReader& zip, const packaging::WheelName& wheel,
                             const Scheme& scheme, const std::string& direct_url = {});

/// The error of a file that is not the one its RECORD lists.
Failure record_mismatch(const archive::ZipReader& zip, const archive::ZipEntry& entry);

}  // namespace pycontainer::install
