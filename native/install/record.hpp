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

/// What one file of a wheel hashes to: with SHA-256, which the image's RECORD gets, and with what
/// the wheel's own RECORD has. "The hash algorithm must be sha256 or better": SHA-384 and SHA-512
/// are checked as well; what is neither these nor forbidden is believed.
class FileHash {
public:
    /// Borrows `expected`; null: RECORD does not list the file.
    explicit FileHash(const RecordLine* expected);

    void update(Bytes bytes);
    /// The SHA-256; ends it.
    Digest finish();
    /// After `finish`: whether hash and size are those of RECORD, as far as they are checked.
    bool agrees() const { return agrees_; }

    static bool is_checked(std::string_view algorithm);
    /// "Specifically, MD5, SHA1 and SHA224 are not permitted."
    static bool is_forbidden(std::string_view algorithm);

private:
    const RecordLine* expected_;
    Sha256 sha256_;
    std::optional<Sha512> longer_;
    std::uint64_t size_ = 0;
    bool agrees_ = true;
};

/// A line with its line end. Without a digest, hash and size stay empty.
std::string record_line(std::string_view path, const std::optional<Digest>& digest,
                        std::uint64_t size);

/// `target` as seen from the directory `from`; both relative to the same root.
std::string relative_path(std::string_view from, std::string_view target);

}  // namespace pycontainer::install
