// Small universes, each with one thing that resolvers get wrong, and what uv makes of it for the
// same target. Written as text: a line for a release with what it requires and is, then what is
// asked for, then the answer or parts of the error.
//
//     a 1.0: b>=2, c[x]; yanked; python >=3.13; tags win_amd64-only; sdist
//     ? a
//     = a 1.0, b 2
//     ! part of the message
#include "solve/fake_index.hpp"

#include <gtest/gtest.h>

namespace pycontainer::solve {
namespace {

using testing::chosen;
using testing::FakeIndex;
using testing::FakeRelease;
using testing::problem_of;

std::vector<std::string> words_of(std::string_view text, char separator) {
    std::vector<std::string> words;
    for (const auto part : split(text, separator))
        if (!trim(part).empty()) words.emplace_back(trim(part));
    return words;
}

void add_release(FakeIndex& index, std::string_view line) {
    const auto colon = line.find(':');
    const auto parts = colon == std::string_view::npos ? std::vector<std::string>()
                                                       : words_of(line.substr(colon + 1), ';');
    FakeRelease release;
    std::vector<std::string> requires_dist;
    for (const auto& part : parts) {
        if (part == "yanked")
            release.yanked = true;
        else if (part == "sdist")
            release.has_sdist = true;
        else if (part.starts_with("python "))
            release.requires_python = part.substr(7);
        else if (part == "tags")
            release.tags = {};
        else if (part.starts_with("tags "))
            release.tags = words_of(part.substr(5), ' ');
        else
            for (auto requirement : words_of(part, ','))
                // `b when x` is b of the extra x; markers have the separator of this line.
                requires_dist.push_back(
                    replace_all(replace_all(requirement, " when ", "; extra == "), "|", ","));
    }
    for (auto& each : requires_dist)
        if (const auto at = each.find("extra == "); at != std::string::npos)
            each = each.substr(0, at + 9) + "'" + each.substr(at + 9) + "'";
    index.add(std::string(trim(line.substr(0, colon))), requires_dist, release);
}

void check(std::string_view scenario) {
    FakeIndex index;
    std::vector<std::string> wanted, parts;
    std::string expected;
    for (const auto raw : split_lines(scenario)) {
        const auto line = trim(raw);
        if (line.empty()) continue;
        if (line.starts_with("? "))
            wanted = words_of(line.substr(2), ',');
        else if (line.starts_with("= "))
            expected = line.substr(2);
        else if (line.starts_with("! "))
            parts.emplace_back(line.substr(2));
        else
            add_release(index, line);
    }
    for (auto& each : wanted) each = replace_all(each, "|", ",");
    const auto solution = index.solve(problem_of(wanted));
    if (parts.empty()) {
        EXPECT_EQ(chosen(solution), expected) << scenario;
        return;
    }
    ASSERT_FALSE(solution) << scenario << chosen(solution);
    EXPECT_EQ(solution.error().code, "resolve/unsatisfiable") << scenario;
    const auto text = solution.error().message + "\n" + solution.error().hint;
    for (const auto& part : parts)
        EXPECT_NE(text.find(part), std::string::npos)
            << scenario << "\n`" << part << "` in " << text;
}

TEST(Scenarios, Conflicts) {
    check("a 1\n a 2\n ? a==1, a==2\n ! `a==1`\n ! `a==2`");
    check("a 1: b==2\n b 1\n b 2\n ? a, b==1\n ! `a 1` needs `b==2`");
    check("a 1: b==1\n b 1\n b 2\n c 1: b==2\n ? a, c\n ! needs `b==1`\n ! needs `b==2`");
    check("a 1: b==1, b==2\n b 1\n b 2\n ? a\n ! `b==1`\n ! `b==2`");
    check("a 1: c>=2\n b 1: c<2\n c 1\n c 2\n ? a, b\n ! `c>=2`\n ! `c<2`");
    // A range with a hole, each of whose versions needs something else.
    check(R"(a 1: b==1
             a 2.0: b==2
             a 2.1: b==2
             a 3: b==3
             b 1: c==1
             b 2: c==2
             b 3: c==3
             c 1
             c 2
             c 3
             ? a!=2.*, b, c==2
             ! `c==2`)");
    check("a 1\n ? a!=1\n ! of which there is no such version");
    check("a 1\n a 2: b>=2\n b 1\n ? a>=2\n ! `b>=2`, of which there is no such version");
}

TEST(Scenarios, WhatDoesNotExist) {
    check("a 1\n ? a==2\n ! `a==2` (pyproject.toml:1), of which there is no such version");
    check("a 1\n ? a>1\n ! `a>1`");
    check("a 2\n ? a<2\n ! `a<2`");
    check("a 1: gone\n ? a\n ! `gone`, which no package index has");
    // An older version does without it.
    check("a 1\n a 2: gone\n ? a\n = a 1");
    check("a 1: b[no]\n b 1\n ? a\n = a 1, b 1");
}

TEST(Scenarios, Backtracking) {
    // The newest of one only goes with an old one of another.
    check(R"(a 1
             a 2: c==1
             b 1
             b 2: c==2
             c 1
             c 2
             ? a, b
             = a 2, b 1, c 1)");
    // Where many versions of `a` want what cannot be had, `b` is not what has to give way.
    check(R"(a 1.0: x<2
             a 1.1: x>=3
             a 1.2: x>=3
             a 1.3: x>=3
             a 1.4: x>=3
             b 1: x<2
             b 2: x<2
             x 1
             x 2
             x 3
             ? a, b
             = a 1.0, b 2, x 1)");
    // Through several packages (uv's "wrong backtracking").
    check(R"(a 1: c==1
             b 2.0.0: a==1, d==1
             b 2.0.1: a==1, d==2
             b 2.0.2: a==1, d==2
             b 2.0.3: a==1, d==2
             c 1
             d 1
             d 2: c==2
             ? a, b
             = a 1, b 2.0.0, c 1, d 1)");
    // A cycle is no reason to give up.
    check("a 1: b\n b 1: a\n ? a\n = a 1, b 1");
    check("a 1: b==1\n a 2: b==2\n b 1: a==1\n b 2: a==3\n ? a\n = a 1, b 1");
    check("a 1: a[x], b when x\n b 1\n ? a\n = a 1, b 1");
}

TEST(Scenarios, Extras) {
    check("a 1: b when x\n b 1\n ? a[x]\n = a 1, b 1");
    check("a 1\n ? a[x]\n = a 1");
    check("a 1: b when x, c when y, d when z\n b 1\n c 1\n d 1\n ? a[x|z]\n = a 1, b 1, d 1");
    // An older version that has the extra is not preferred.
    check("a 1: b when x\n a 2\n b 1\n ? a[x]\n = a 2");
    check("a 1: b==1 when x, b==2 when y\n b 1\n b 2\n ? a[x]\n = a 1, b 1");
    check("a 1: b==1 when x, b==2 when y\n b 1\n b 2\n ? a[x|y]\n ! `b==1`\n ! `b==2`");
    check("a 1: b==1 when x\n b 1\n b 2\n ? a[x], b==2\n ! `a[x] 1` needs `b==1`");
    // Of a version that has it, if another requirement excludes the newest.
    check("a 1: b when x\n a 2: b>1 when x\n b 1\n ? a[x]\n = a 1, b 1");
    // Extras of extras, and two requirements for one package.
    check("a 1: a[y] when x, b when y\n b 1\n c 1: a\n ? c, a[x]\n = a 1, b 1, c 1");
    check("a 1: b when big-one\n b 1\n ? a[Big_One]\n = a 1, b 1");
}

TEST(Scenarios, Prereleases) {
    check("a 1.0a1\n ? a\n = a 1.0a1");
    check("a 0.1\n a 1.0a1\n ? a>0.1\n ! is a pre-release\n ! name one in a requirement");
    check("a 0.1\n a 1.0a1\n ? a>=1.0a1\n = a 1.0a1");
    check("a 1.0a1\n a 1.0b2\n a 1.0rc1\n ? a>=1.0a1\n = a 1.0rc1");
    check("a 1.0a1\n a 1.0a2\n a 1.0a10\n ? a>=1.0a1\n = a 1.0a10");
    check("a 0.1\n a 0.2a1\n a 0.3a1\n ? a<0.2\n = a 0.1");
    // PEP 440: `<0.2.0` does not mean its own pre-releases, even where they are allowed.
    check("a 0.1\n a 0.2.0a1\n ? a>=0.1.dev0|<0.2.0\n = a 0.1");
    check("a 0.1\n a 0.2.0a1\n a 0.2.0a2\n ? a<0.2.0a2\n = a 0.2.0a1");
    check("a 0.1\n a 1.0\n a 2.0rc1\n ? a\n = a 1.0");
    // Only the project may ask for one, though only these are left.
    check("a 1: b>=2.0a1\n b 1\n b 2.0b1\n ? a\n ! `b 2.0b1` is a pre-release");
    check("a 1: b>=2.0a1\n b 1\n b 2.0b1\n ? a, b>=0.dev0\n = a 1, b 2.0b1");
    check("a 1: b\n b 1.0a1\n ? a\n = a 1, b 1.0a1");
    check("a 1.0.dev1\n a 0.9\n ? a\n = a 0.9");
    // Half of a package's versions are none, and its newest fits nobody.
    check("a 1: c==2.0b1\n b 1: c<=3\n c 1\n c 2.0b1\n ? a, b\n ! is a pre-release");
}

TEST(Scenarios, PostReleasesAndLocalVersions) {
    check("a 1.2.3.post1\n ? a>=1.2.3\n = a 1.2.3.post1");
    check("a 1.2.3.post1\n ? a==1.2.3\n ! `a==1.2.3`");
    check("a 1.2.3.post1\n ? a>1.2.3\n ! `a>1.2.3`");
    check("a 1.2.3.post1\n a 1.2.3.post2\n ? a>1.2.3.post1\n = a 1.2.3.post2");
    check("a 1.2.3.post1\n ? a<1.2.3\n ! `a<1.2.3`");
    check("a 1.2.3\n a 1.2.3.post0\n ? a==1.2.3.post0\n = a 1.2.3.post0");
    check("a 1.2.3+foo\n ? a==1.2.3\n = a 1.2.3+foo");
    check("a 1.2.3+bar\n a 1.2.3+foo\n ? a==1.2.3+bar\n = a 1.2.3+bar");
    check("a 1.2.3+foo\n ? a>1.2.3\n ! `a>1.2.3`");
    check("a 1.2.3+foo\n ? a<=1.2.3\n = a 1.2.3+foo");
    check("a 1: b==2.0+foo\n b 2.0+foo\n b 2.0+bar\n ? a, b==2.0\n = a 1, b 2.0+foo");
    check("a 1: b==2.0+foo\n b 2.0+foo\n b 2.0+bar\n ? a, b==2.0+bar\n ! `b==2.0+foo`");
    check("a 1!1.0\n a 2.0\n ? a\n = a 1!1.0");
}

TEST(Scenarios, Yanked) {
    check("a 1: yanked\n ? a\n ! was withdrawn");
    check("a 1\n a 2: yanked\n ? a\n = a 1");
    check("a 1\n a 2: yanked\n ? a==2\n = a 2");
    check("a 1\n a 2: yanked\n ? a>1\n ! `a 2` was withdrawn");
    check("a 1: b\n b 1\n b 2: yanked\n ? a\n = a 1, b 1");
    check("a 1: b==2\n b 1\n b 2: yanked\n ? a\n ! `b 2` was withdrawn");
    check("a 1: b==2\n b 1\n b 2: yanked\n ? a, b==2\n = a 1, b 2");
}

TEST(Scenarios, RequiresPython) {
    check("a 1: python >=4\n ? a\n ! is not for Python 3.12.7");
    check("a 1: python <=3.8\n ? a\n ! is not for Python 3.12.7");
    check("a 1\n a 2: python >=3.13\n ? a\n = a 1");
    check("a 1: python >=3.12.8\n ? a\n ! is not for Python");
    check("a 1: python >=3.12.7\n ? a\n = a 1");
    check("a 1: b\n b 1\n b 2: python >=3.13\n b 3: python <3\n ? a\n = a 1, b 1");
}

TEST(Scenarios, WheelsAndSources) {
    check("a 1: tags cp312-cp312-win_amd64\n ? a\n ! has no wheel for Python 3.12\n ! win_amd64");
    check("a 1\n a 2: tags cp312-cp312-win_amd64\n ? a\n = a 1");
    check("a 1: tags cp310-cp310-manylinux_2_17_x86_64\n ? a\n ! has no wheel for");
    check("a 1: tags cp38-abi3-manylinux_2_17_x86_64\n ? a\n = a 1");
    check("a 1: tags cp312-cp312-manylinux_2_39_x86_64\n ? a\n ! has no wheel for");
    check("a 1: tags cp312-cp312-musllinux_1_2_x86_64 py3-none-any\n ? a\n = a 1");
    check("a 1: tags; sdist\n ? a\n ! only a source distribution");
}

}  // namespace
}  // namespace pycontainer::solve
