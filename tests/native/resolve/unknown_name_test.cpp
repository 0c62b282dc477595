#include "resolve/internal/unknown_name.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve::internal {
namespace {

Result<void> unknown(NameKind kind, const std::string& name, const std::set<std::string>& known) {
    return unknown_name(kind, name, known, "x.lock", "run `x lock`");
}

TEST(UnknownName, ListsWhatExists) {
    EXPECT_ERROR(unknown(NameKind::Group, "docs", {"dev", "test"}), "resolve/unknown-group",
                 "no group `docs` in `x.lock`", "there are: dev, test", "run `x lock`");
    EXPECT_ERROR(unknown(NameKind::Extra, "tset", {"dev", "test"}), "resolve/unknown-extra",
                 "no extra `tset`", "did you mean `test`?");
    EXPECT_ERROR(unknown(NameKind::Extra, "x\n", {}), "resolve/unknown-extra", "`x\\x0a`",
                 "it has none");
}

TEST(NormalizedNames, KeepsTheOrder) {
    EXPECT_EQ(normalized_names({"B_b", "a.A"}), (std::vector<std::string>{"b-b", "a-a"}));
}

}  // namespace
}  // namespace pycontainer::resolve::internal
