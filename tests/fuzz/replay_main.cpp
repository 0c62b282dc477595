// Replays the corpora: `fuzz CORPUS_DIRECTORY [TARGET]`. Every target must have seeds, every
// directory a target.

#include "target.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>

namespace {

constexpr int kMutations = 300;

/// A fixed series: the same on every machine, as `mt19937` is specified and nothing else is used.
std::string mutated(std::string text, std::mt19937& random) {
    const auto below = [&](std::size_t limit) {
        return random() % std::max<std::size_t>(limit, 1);
    };
    for (auto changes = 1 + below(4); changes > 0; --changes) {
        const auto at = below(text.size() + 1);
        const auto length = below(std::min<std::size_t>(text.size() - at, 16) + 1);
        switch (below(5)) {
            case 0: text.erase(at, length); break;
            case 1: text.insert(at, 1, static_cast<char>(random())); break;
            case 2: text.insert(at, text.substr(below(text.size() + 1), length)); break;
            case 3: text.resize(at); break;
            default:
                if (at < text.size()) text[at] = static_cast<char>(random());
        }
    }
    return text;
}

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        std::fputs("usage: fuzz CORPUS_DIRECTORY [TARGET]\n", stderr);
        return 2;
    }
    const std::filesystem::path corpus = arguments[1];
    std::set<std::string> directories;
    for (const auto& entry : std::filesystem::directory_iterator(corpus))
        directories.insert(entry.path().filename().string());
    int replayed = 0;
    for (const auto& target : pycontainer::fuzz::targets()) {
        const std::string name(target.name);
        if (directories.erase(name) == 0) {
            std::fprintf(stderr, "%s has no corpus\n", name.c_str());
            return 1;
        }
        if (count > 2 && name != arguments[2]) continue;
        std::mt19937 random(7);
        std::set<std::filesystem::path> seeds;
        for (const auto& entry : std::filesystem::directory_iterator(corpus / name))
            seeds.insert(entry.path());
        for (const auto& seed : seeds) {
            const auto text = content(seed);
            target.run(text);
            for (int i = 0; i < kMutations; ++i) target.run(mutated(text, random));
            replayed += 1 + kMutations;
        }
    }
    for (const auto& directory : directories) {
        std::fprintf(stderr, "%s is no target\n", directory.c_str());
        return 1;
    }
    std::printf("%zu targets, %d inputs\n", pycontainer::fuzz::targets().size(), replayed);
    return replayed > 0 ? 0 : 1;
}
