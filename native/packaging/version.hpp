#pragma once

// Versions as PEP 440 writes, normalizes and orders them.

#include "base/result.hpp"

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pycontainer::packaging {

/// A decimal number of any length: calendar and commit versions exceed 64 bits.
class Natural {
public:
    Natural() : digits_("0") {}
    /// `digits` are ASCII digits, at least one.
    explicit Natural(std::string_view digits);
    bool is_zero() const { return digits_ == "0"; }
    const std::string& to_string() const { return digits_; }

    friend bool operator==(const Natural&, const Natural&) = default;
    friend std::strong_ordering operator<=>(const Natural& a, const Natural& b);

private:
    std::string digits_;  // without leading zeros
};

/// A version that PEP 440 allows; a value, valid from construction on. Equal means equal in order:
/// `1.0` equals `1`.
class Version {
public:
    enum class Phase { Alpha, Beta, Candidate };
    struct PreRelease {
        Phase phase = Phase::Alpha;
        Natural number;
        friend auto operator<=>(const PreRelease&, const PreRelease&) = default;
    };

    /// Reads every spelling of PEP 440, appendix B, with white space around. Errors:
    /// `packaging/invalid-version`.
    static Result<Version> parse(std::string_view text);
    /// As `parse`, for texts that need not be versions.
    static std::optional<Version> from(std::string_view text);
    /// The longest version at the start of `text` and its length; nothing when there is none.
    static std::optional<std::pair<Version, std::size_t>> scan(std::string_view text);

    const Natural& epoch() const { return epoch_; }
    const std::vector<Natural>& release() const { return release_; }
    const std::optional<PreRelease>& pre() const { return pre_; }
    const std::optional<Natural>& post() const { return post_; }
    const std::optional<Natural>& dev() const { return dev_; }
    /// The segments after `+`, lower case.
    const std::vector<std::string>& local() const { return local_; }

    bool is_prerelease() const { return pre_ || dev_; }
    bool is_postrelease() const { return post_.has_value(); }
    bool has_local() const { return !local_.empty(); }
    /// Without the local segment.
    Version public_version() const;
    /// Epoch and release only.
    Version base_version() const;
    /// The earliest version that leads to this one: with `.dev0` instead of its own development and
    /// local segments.
    Version first_development_release() const;
    /// Normalized, trailing zeros kept: `1!2.0rc1.post2.dev3+ubuntu.1`.
    std::string to_string() const;

    friend std::strong_ordering operator<=>(const Version& a, const Version& b);
    friend bool operator==(const Version& a, const Version& b) {
        return (a <=> b) == std::strong_ordering::equal;
    }

private:
    friend class VersionScanner;
    Version() = default;

    Natural epoch_;
    std::vector<Natural> release_;
    std::optional<PreRelease> pre_;
    std::optional<Natural> post_;
    std::optional<Natural> dev_;
    std::vector<std::string> local_;
};

/// Epochs and the first `count` numbers of the releases are equal, missing ones being zero.
bool same_release_prefix(const Version& a, const Version& b, std::size_t count);

}  // namespace pycontainer::packaging
