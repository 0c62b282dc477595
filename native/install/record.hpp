#pragma once

// RECORD: the list of an installed distribution's files (packaging specifications, "Recording
// installed projects").

#include "base/digest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::install {

struct RecordLine {
    std::string path;       ///< as written, without a leading `./` or `/`
    std::string algorithm;  ///< empty: no hash
    std::string hash;       ///< base64 without padding
    std::optional<std::uint64_t> size;
};

/// Reads CSV as Python's `csv` module does by default. Errors: `wheel/invalid` for lines without
/// three fields or broken quotes.
Result<std::vector<RecordLine>> parse_record(std::string_view text, std::string_view distribution);

/// A line with its line end. Without a digest, hash and size stay empty.
std::string record_line(std::string_view path, const std::optional<Digest>& digest,
                        std::uint64_t size);

/// `target` as seen from the directory `from`; both relative to the same root.
std::string relative_path(std::string_view from, std::string_view target);

}  // namespace pycontainer::install
