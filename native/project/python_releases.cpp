#include "project/python_releases.hpp"

#include <array>

namespace pycontainer::project {
namespace {

constexpr std::array<PythonRelease, 10> kReleases{{
    {6, "2021-12", false},
    {7, "2023-06", false},
    {8, "2024-10", false},
    {9, "2025-10", false},
    {10, "2026-10", false},
    {11, "2027-10", true},
    {12, "2028-10", true},
    {13, "2029-10", true},
    {14, "2030-10", true},
    {15, "2031-10", true},
}};

}  // namespace

std::span<const PythonRelease> python_releases() {
    return kReleases;
}

}  // namespace pycontainer::project
