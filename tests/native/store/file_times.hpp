#pragma once

// Times of files, set by hand.

#include "store/lease.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

namespace pycontainer::store {

constexpr Time kSecond = 1'000'000'000;
constexpr Time kHour = 3600 * kSecond;
constexpr Time kDay = 24 * kHour;

inline timespec to_timespec(Time time) {
    return {static_cast<time_t>(time / kSecond), static_cast<long>(time % kSecond)};
}

inline void set_used(const std::filesystem::path& path, Time time) {
    const timespec times[2] = {to_timespec(time), {0, UTIME_OMIT}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

inline void set_modified(const std::filesystem::path& path, Time time) {
    const timespec times[2] = {{0, UTIME_OMIT}, to_timespec(time)};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

inline struct stat file_status(const std::filesystem::path& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info;
}

}  // namespace pycontainer::store
