#include "resolve/lock_reader.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

TEST(FindLockReader, KnowsTheLocksThatAreOneText) {
    const Json pyproject = Json::object();
    const SelectionRequest request{.pyproject = &pyproject,
                                   .directory = "/p",
                                   .groups = {},
                                   .extras = {},
                                   .target = {.python_version = "3.12.1"}};
    for (const char* kind : {"pylock.toml", "Pipfile.lock"}) {
        const auto reader = find_lock_reader(kind);
        ASSERT_NE(reader, nullptr) << kind;
        EXPECT_ERROR(reader("<<<<<<< HEAD", kind, request), "resolve/invalid-lock", kind);
    }
    // Their readers need more than the text.
    for (const char* kind : {"uv.lock", "requirements.txt", "uv", "none", ""})
        EXPECT_EQ(find_lock_reader(kind), nullptr) << kind;
}

}  // namespace
}  // namespace pycontainer::resolve
