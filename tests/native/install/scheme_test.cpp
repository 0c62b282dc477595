#include "install/scheme.hpp"

#include <gtest/gtest.h>

namespace pycontainer::install {
namespace {

Scheme with_prefix(std::string prefix) {
    Scheme scheme;
    scheme.prefix = std::move(prefix);
    scheme.python_minor = 13;
    scheme.lib_name = "python3.13t";
    scheme.machine = "aarch64";
    return scheme;
}

TEST(Scheme, PlacesFilesAsSysconfigDoes) {
    const auto scheme = with_prefix("opt/venv");
    EXPECT_EQ(scheme.site_packages(), "opt/venv/lib/python3.13t/site-packages");
    EXPECT_EQ(scheme.scripts(), "opt/venv/bin");
    EXPECT_EQ(scheme.headers("greenlet"), "opt/venv/include/site/python3.13t/greenlet");
    EXPECT_EQ(scheme.shebang(), "#!/opt/venv/bin/python\n");
}

TEST(Scheme, WritesShebangsThatKernelsAccept) {
    EXPECT_EQ(with_prefix("my env").shebang(),
              "#!/bin/sh\n'''exec' '/my env/bin/python' \"$0\" \"$@\"\n' '''\n");
    EXPECT_TRUE(with_prefix(std::string(112, 'p')).shebang().starts_with("#!/ppp"));
    EXPECT_EQ(with_prefix(std::string(112, 'p')).shebang().size(), 127U);
    EXPECT_TRUE(with_prefix(std::string(113, 'p')).shebang().starts_with("#!/bin/sh\n"));
}

TEST(Scheme, KeysDifferWhereWheelsWouldBeInstalledDifferently) {
    const auto scheme = with_prefix("opt/venv");
    auto other = scheme;
    EXPECT_EQ(scheme.key(), other.key());
    other.machine = "x86_64";
    EXPECT_NE(scheme.key(), other.key());
    other = scheme;
    other.lib_name = "python3.13";
    EXPECT_NE(scheme.key(), other.key());
    EXPECT_NE(scheme.key(), with_prefix("app/.venv").key());
}

}  // namespace
}  // namespace pycontainer::install
