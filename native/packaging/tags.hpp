#pragma once

// Which wheels fit an interpreter, and which of them best (packaging specifications, "Platform
// compatibility tags").

#include "packaging/target.hpp"
#include "packaging/wheel_name.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::packaging {

/// `manylinux_2_36_x86_64`, … for the target's libc and machine, best first (PEP 600, PEP 656).
std::vector<std::string> platform_tags(const TargetEnvironment& target);

/// The tags that a target supports, in their order. Immutable, so thread-safe.
class TagSet {
public:
    explicit TagSet(const TargetEnvironment& target);

    /// The place of the wheel's best tag, lower being better; nothing when none of its tags fits.
    std::optional<std::size_t> rank(const WheelName& wheel) const;
    /// All of them, best first.
    std::vector<std::string> tags() const;

private:
    /// One Python and ABI tag, with every platform or with `any`.
    struct Group {
        std::string python_and_abi;
        bool is_any = false;
    };
    void add(const std::string& python_and_abi, bool is_any);

    std::vector<Group> groups_;
    std::vector<std::string> platforms_;
    std::map<std::string, std::size_t, std::less<>> platform_index_;
    std::map<std::string, std::size_t, std::less<>>
        first_with_platform_;  // by Python and ABI: the rank of its first tag
    std::map<std::string, std::size_t, std::less<>> rank_of_any_;
    std::size_t size_ = 0;
};

}  // namespace pycontainer::packaging
