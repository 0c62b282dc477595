#include "packaging/tags.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::packaging {
namespace {

/// The first glibc of each older name for a platform (PEP 600, "Legacy manylinux tags").
std::string_view legacy_name(unsigned minor) {
    switch (minor) {
        case 17: return "manylinux2014";
        case 12: return "manylinux2010";
        case 5: return "manylinux1";
        default: return {};
    }
}

}  // namespace

std::vector<std::string> platform_tags(const TargetEnvironment& target) {
    std::vector<std::string> tags;
    const auto& machine = target.machine;
    if (target.libc == Libc::Musl) {
        for (unsigned minor = std::min(target.libc_minor, 999U) + 1; minor-- > 0;)
            tags.push_back(fmt::format("musllinux_{}_{}_{}", target.libc_major, minor, machine));
    } else {
        const bool has_old_wheels = machine == "x86_64" || machine == "i686";
        const unsigned oldest = has_old_wheels ? 5 : 17;
        for (unsigned minor = std::min(target.libc_minor, 999U); minor >= oldest; --minor) {
            tags.push_back(fmt::format("manylinux_{}_{}_{}", target.libc_major, minor, machine));
            if (const auto legacy = legacy_name(minor); !legacy.empty())
                tags.push_back(fmt::format("{}_{}", legacy, machine));
        }
    }
    tags.push_back("linux_" + machine);
    return tags;
}

void TagSet::add(const std::string& python_and_abi, bool is_any) {
    groups_.push_back({python_and_abi, is_any});
    (is_any ? rank_of_any_ : first_with_platform_).emplace(python_and_abi, size_);
    size_ += is_any ? 1 : platforms_.size();
}

TagSet::TagSet(const TargetEnvironment& target) : platforms_(platform_tags(target)) {
    for (std::size_t i = 0; i < platforms_.size(); ++i) platform_index_.emplace(platforms_[i], i);
    const unsigned minor = target.python_minor();
    const std::string cpython = fmt::format("cp3{}", minor);
    const std::string threading = target.free_threaded ? "t" : "";
    const std::string stable_abi = "abi3" + threading;

    add(cpython + "-" + cpython + threading, false);
    add(cpython + "-" + stable_abi, false);
    add(cpython + "-none", false);
    for (unsigned older = minor; older-- > 2;)
        add(fmt::format("cp3{}-{}", older, stable_abi), false);  // the stable ABI began with 3.2

    std::vector<std::string> pure = {fmt::format("py3{}-none", minor), "py3-none"};
    for (unsigned older = minor; older-- > 0;) pure.push_back(fmt::format("py3{}-none", older));
    for (const auto& each : pure) add(each, false);
    add(cpython + "-none", true);
    for (const auto& each : pure) add(each, true);
}

std::optional<std::size_t> TagSet::rank(const WheelName& wheel) const {
    std::optional<std::size_t> best;
    const auto consider = [&](std::size_t rank) {
        if (!best || rank < *best) best = rank;
    };
    for (const auto& python : wheel.python_tags) {
        for (const auto& abi : wheel.abi_tags) {
            const auto key = python + "-" + abi;
            const auto with_platform = first_with_platform_.find(key);
            const auto with_any = rank_of_any_.find(key);
            for (const auto& platform : wheel.platform_tags) {
                if (platform == "any") {
                    if (with_any != rank_of_any_.end()) consider(with_any->second);
                } else if (const auto index = platform_index_.find(platform);
                           index != platform_index_.end() &&
                           with_platform != first_with_platform_.end()) {
                    consider(with_platform->second + index->second);
                }
            }
        }
    }
    return best;
}

std::vector<std::string> TagSet::tags() const {
    std::vector<std::string> result;
    result.reserve(size_);
    for (const auto& group : groups_) {
        if (group.is_any) {
            result.push_back(group.python_and_abi + "-any");
            continue;
        }
        for (const auto& platform : platforms_)
            result.push_back(group.python_and_abi + "-" + platform);
    }
    return result;
}

}  // namespace pycontainer::packaging
