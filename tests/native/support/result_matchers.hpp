#pragma once

// `ASSERT_OK(result)` shows the error; `EXPECT_ERROR(result, code, parts…)` wants that code and
// every part in message or hint.

#include "base/result.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace pycontainer::testing {

template <typename T>
::testing::AssertionResult is_ok(const Result<T>& result) {
    if (result) return ::testing::AssertionSuccess();
    const auto& error = result.error();
    return ::testing::AssertionFailure()
           << "error[" << error.code << "]: " << error.message << " (hint: " << error.hint << ")";
}

template <typename T>
::testing::AssertionResult is_error(const Result<T>& result, std::string_view code,
                                    std::initializer_list<std::string_view> parts) {
    if (result) return ::testing::AssertionFailure() << "succeeded, expected error[" << code << "]";
    const auto& error = result.error();
    const auto text = error.message + "\n" + error.hint;
    if (error.code != code)
        return ::testing::AssertionFailure()
               << "error[" << error.code << "]: " << error.message << ", expected code " << code;
    for (const auto part : parts)
        if (text.find(part) == std::string::npos)
            return ::testing::AssertionFailure() << "`" << part << "` is not in: " << text;
    return ::testing::AssertionSuccess();
}

}  // namespace pycontainer::testing

#define ASSERT_OK(result) ASSERT_TRUE(::pycontainer::testing::is_ok(result))
#define EXPECT_OK(result) EXPECT_TRUE(::pycontainer::testing::is_ok(result))
#define EXPECT_ERROR(result, code, ...) \
    EXPECT_TRUE(::pycontainer::testing::is_error(result, code, {__VA_ARGS__}))
