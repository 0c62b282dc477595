#pragma once

// A fuzz target: a function that takes any bytes, and may neither crash nor hang nor break a
// promise.
//
//     FUZZ_TARGET(marker) { … input … }
//
// The executable `fuzz` has them all. Built with libFuzzer (preset `fuzz`) it explores one:
// `fuzz --target=marker CORPUS…`. Built otherwise it replays the committed corpora, each file as it
// is and with a fixed series of mutations: that is the unit test.

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace pycontainer::fuzz {

struct Target {
    std::string_view name;
    void (*run)(std::string_view input);
};

inline std::vector<Target>& targets() {
    static std::vector<Target> all;
    return all;
}

struct Registration {
    Registration(std::string_view name, void (*run)(std::string_view)) {
        targets().push_back({name, run});
    }
};

/// A promise that must hold for every input.
inline void require(bool holds, const char* promise) {
    if (holds) return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

}  // namespace pycontainer::fuzz

#define FUZZ_TARGET(NAME)                                                                   \
    static void fuzz_##NAME(std::string_view input);                                        \
    static const ::pycontainer::fuzz::Registration registration_##NAME{#NAME, fuzz_##NAME}; \
    static void fuzz_##NAME([[maybe_unused]] std::string_view input)
