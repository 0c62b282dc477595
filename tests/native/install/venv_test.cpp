#include "install/venv.hpp"

#include <gtest/gtest.h>

#include <map>

namespace pycontainer::install {
namespace {

std::map<std::string, std::string> describe(std::string lib_name, unsigned minor) {
    Scheme scheme;
    scheme.python_minor = minor;
    scheme.lib_name = std::move(lib_name);
    std::map<std::string, std::string> result;
    for (const auto& entry : venv_skeleton(scheme, {"/usr/local/bin/python3.11", "3.11.2"})) {
        const bool is_text = entry.type == archive::FileEntry::Type::File;
        result[entry.path] = entry.type == archive::FileEntry::Type::Directory ? "directory"
                             : is_text ? std::get<std::string>(entry.source)
                                       : "-> " + entry.link;
    }
    return result;
}

TEST(Venv, HasWhatTheInterpreterNeeds) {
    EXPECT_EQ(
        describe("python3.11", 11),
        (std::map<std::string, std::string>{
            {"opt", "directory"},
            {"opt/venv", "directory"},
            {"opt/venv/bin", "directory"},
            {"opt/venv/bin/python", "-> /usr/local/bin/python3.11"},
            {"opt/venv/bin/python3", "-> python"},
            {"opt/venv/bin/python3.11", "-> python"},
            {"opt/venv/lib", "directory"},
            {"opt/venv/lib/python3.11", "directory"},
            {"opt/venv/lib/python3.11/site-packages", "directory"},
            {"opt/venv/lib64", "-> lib"},
            {"opt/venv/pyvenv.cfg",
             "home = /usr/local/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n"},
        }));
}

TEST(Venv, NamesTheFreeThreadedInterpreterToo) {
    const auto files = describe("python3.13t", 13);
    EXPECT_EQ(files.at("opt/venv/bin/python3.13"), "-> python");
    EXPECT_EQ(files.at("opt/venv/bin/python3.13t"), "-> python");
    EXPECT_TRUE(files.contains("opt/venv/lib/python3.13t/site-packages"));
}

}  // namespace
}  // namespace pycontainer::install
