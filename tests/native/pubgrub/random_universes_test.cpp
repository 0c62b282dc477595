// Small universes drawn at random: the search finds a solution exactly when trying everything does,
// and what it finds is one.

#include "pubgrub/solver.hpp"
#include "pubgrub/written_universe.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <random>

namespace pycontainer::pubgrub {
namespace {

using testing::WrittenUniverse;

std::string random_universe(std::mt19937& random) {
    const auto below = [&](unsigned limit) { return static_cast<int>(random() % limit); };
    const int packages = 2 + below(4), versions = 1 + below(3);
    const auto requirement = [&] {
        static const char* const kSigns[] = {">=", "<=", "==", "!=", "<", ">"};
        std::string text(1, static_cast<char>('a' + below(static_cast<unsigned>(packages))));
        for (int i = below(3); i > 0; --i)
            text += (text.size() > 1 ? "," : "") + std::string(kSigns[below(6)]) +
                    std::to_string(1 + below(4));
        return text;
    };
    std::string text = "root:";
    for (int i = 1 + below(3); i > 0; --i) text += " " + requirement();
    for (int package = 0; package < packages; ++package) {
        for (int version = 1; version <= versions; ++version) {
            text += fmt::format("\n{} {}", static_cast<char>('a' + package), version);
            if (below(10) == 0) {
                text += "! is broken";
                continue;
            }
            text += ":";
            for (int i = below(4); i > 0; --i) text += " " + requirement();
        }
    }
    return text;
}

/// Every package is absent or of one version; a solution has the root and what everything chosen
/// needs.
bool is_solution(WrittenUniverse& universe, const Solution& chosen) {
    if (!chosen.contains(0)) return false;
    for (const auto& [package, candidate] : chosen) {
        const auto requirements = universe.requirements(package, candidate);
        if (requirements->unusable) return false;
        for (const auto& need : requirements->needs) {
            const auto found = chosen.find(need.package);
            if (found == chosen.end() || !need.allowed.contains(found->second)) return false;
        }
    }
    return true;
}

bool exists_solution(WrittenUniverse& universe) {
    Solution chosen = {{0, 0}};
    const std::function<bool(PackageId)> extend = [&](PackageId package) {
        if (package == universe.package_count()) return is_solution(universe, chosen);
        if (extend(package + 1)) return true;
        for (std::size_t i = 0; i < universe.version_count(package); ++i) {
            chosen[package] = i;
            if (extend(package + 1)) return true;
        }
        chosen.erase(package);
        return false;
    };
    return extend(1);
}

TEST(RandomUniverses, AreSolvedExactlyWhenTheyCanBe) {
    std::mt19937 random(20'261'124);
    int solvable = 0;
    constexpr int kUniverses = 600;
    for (int i = 0; i < kUniverses; ++i) {
        const auto text = random_universe(random);
        WrittenUniverse universe(text, 20'000);
        const auto outcome = solve(universe);
        ASSERT_TRUE(outcome.has_value()) << text;
        WrittenUniverse again(text);
        if (const auto* solution = std::get_if<Solution>(&*outcome)) {
            ++solvable;
            ASSERT_TRUE(is_solution(again, *solution)) << text;
        } else {
            const auto lines = explain(std::get<Conflict>(*outcome), universe);
            ASSERT_FALSE(lines.empty()) << text;
            ASSERT_TRUE(lines.back().ends_with("there is no solution")) << text;
            // Requirements are read first, so that all packages are known.
            for (PackageId package = 0; package < again.package_count(); ++package)
                for (std::size_t v = 0; v < again.version_count(package); ++v)
                    ASSERT_TRUE(again.requirements(package, v).has_value());
            ASSERT_FALSE(exists_solution(again)) << text;
        }
    }
    EXPECT_GT(solvable, kUniverses / 5);
    EXPECT_LT(solvable, kUniverses * 4 / 5);
}

}  // namespace
}  // namespace pycontainer::pubgrub
