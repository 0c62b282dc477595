#pragma once

// The one way to fail: `Result<T>` with an `Error` that a person can act on.
//
// Not for faults in the user's files – those are `Diagnostic`s, collected with their places –, and
// not for our own mistakes
// (`PYC_ASSERT`). Made with `fail("module/code", "what happened to `{}`", name).hint("what to
// do")`, passed up with PYC_TRY.

#include "base/diagnostic.hpp"

#include <fmt/format.h>
#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pycontainer {

/// Why an operation failed. `code` is stable and documented in docs/reference/errors.md; `message`
/// is one sentence without a final period; `context` holds what was being done, outermost first;
/// `diagnostics` the faults in the user's files, if that is why.
struct Error {
    std::string code;
    std::string message;
    std::string hint;
    std::vector<std::string> context;
    std::vector<Diagnostic> diagnostics;
    /// Trying the same again may succeed (time-outs, 5xx, resets).
    bool retryable = false;

    bool is_cancelled() const { return code == "cancelled"; }

    /// Adds what was being done, one frame further out.
    template <typename... Args>
    Error&& while_(fmt::format_string<Args...> format, Args&&... args) && {
        context.insert(context.begin(), fmt::format(format, std::forward<Args>(args)...));
        return std::move(*this);
    }
};

template <typename T>
using Result = tl::expected<T, Error>;

/// An `Error` on its way out: converts to any `Result<T>`.
class [[nodiscard]] Failure {
public:
    explicit Failure(Error error) : error_(std::move(error)) {}

    template <typename... Args>
    Failure&& hint(fmt::format_string<Args...> format, Args&&... args) && {
        error_.hint = fmt::format(format, std::forward<Args>(args)...);
        return std::move(*this);
    }
    template <typename... Args>
    Failure&& while_(fmt::format_string<Args...> format, Args&&... args) && {
        static_cast<void>(std::move(error_).while_(
            format, std::forward<Args>(args)...));  // in place: assigning would move it onto itself
        return std::move(*this);
    }
    Failure&& retryable(bool value = true) && {
        error_.retryable = value;
        return std::move(*this);
    }

    template <typename T>
    operator tl::expected<T, Error>() && {  // NOLINT(google-explicit-constructor): a failure is a
                                            // result of any type
        return tl::unexpected<Error>(std::move(error_));
    }
    const Error& error() const { return error_; }
    Error&& take() && { return std::move(error_); }

private:
    Error error_;
};

template <typename... Args>
Failure fail(std::string_view code, fmt::format_string<Args...> format, Args&&... args) {
    Error error;
    error.code = code;
    error.message = fmt::format(format, std::forward<Args>(args)...);
    return Failure(std::move(error));
}

inline Failure fail(Error error) {
    return Failure(std::move(error));
}

/// What every interrupted operation returns; never shown as a failure.
inline Failure cancelled() {
    return fail("cancelled", "the operation was cancelled");
}

/// Says that a result is dropped on purpose; the comment beside it says why.
template <typename T>
void ignore(const Result<T>&) {}

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace pycontainer

#define PYC_CONCAT_2(a, b) a##b
#define PYC_CONCAT(a, b) PYC_CONCAT_2(a, b)

/// Returns the error of `expression` from this function, if it has one. The counter keeps the names
/// of nested uses apart.
#define PYC_TRY(expression) PYC_TRY_2(PYC_CONCAT(pyc_try_, __COUNTER__), expression)
#define PYC_TRY_2(temporary, expression)                                                 \
    do {                                                                                 \
        if (auto temporary = (expression); !temporary)                                   \
            return ::tl::unexpected<::pycontainer::Error>(std::move(temporary).error()); \
    } while (false)

/// `PYC_TRY_ASSIGN(const auto value, read(…));` – the value, or return the error.
#define PYC_TRY_ASSIGN(target, expression) \
    PYC_TRY_ASSIGN_2(PYC_CONCAT(pyc_try_, __COUNTER__), target, expression)
#define PYC_TRY_ASSIGN_2(temporary, target, expression)                                          \
    auto temporary = (expression);                                                               \
    if (!temporary) return ::tl::unexpected<::pycontainer::Error>(std::move(temporary).error()); \
    target = std::move(*temporary)

/// Our own contract, checked in every build. Never for input.
#define PYC_ASSERT(condition)           \
    ((condition) ? static_cast<void>(0) \
                 : ::pycontainer::assertion_failed(#condition, __FILE__, __LINE__))
