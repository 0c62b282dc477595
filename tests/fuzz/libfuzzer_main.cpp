// The driver of the preset `fuzz`: libFuzzer has `main` and calls these.

#include "target.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {
const pycontainer::fuzz::Target* chosen = nullptr;
}

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
    constexpr std::string_view kFlag = "--target=";
    for (int i = 1; i < *count; ++i) {
        const std::string_view argument = (*arguments)[i];
        if (!argument.starts_with(kFlag)) continue;
        for (const auto& target : pycontainer::fuzz::targets())
            if (target.name == argument.substr(kFlag.size())) chosen = &target;
    }
    if (chosen == nullptr) {
        std::fputs("name one with --target=:", stderr);
        for (const auto& target : pycontainer::fuzz::targets())
            std::fprintf(stderr, " %s", std::string(target.name).c_str());
        std::fputs("\n", stderr);
        std::exit(2);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    chosen->run({reinterpret_cast<const char*>(data), size});
    return 0;
}
