#include "sources/manifest_in.hpp"

#include "base/strings.hpp"
#include "sources/path_patterns.hpp"

namespace pycontainer::sources {
namespace {

/// Comments go, a backslash at the end joins the next line.
std::vector<std::string> logical_lines(std::string_view text) {
    std::vector<std::string> lines;
    std::string pending;
    for (const auto line : split_lines(text)) {
        auto plain = trim(line);
        if (plain.starts_with('#')) continue;
        const auto hash = plain.find(" #");
        plain = trim(plain.substr(0, hash));
        if (plain.ends_with('\\')) {
            pending += std::string(trim(plain.substr(0, plain.size() - 1))) + " ";
            continue;
        }
        lines.push_back(pending + std::string(plain));
        pending.clear();
    }
    if (!pending.empty()) lines.push_back(std::move(pending));
    return lines;
}

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    const auto spaced = replace_all(std::string(line), "\t", " ");
    for (const auto word : split(spaced, ' '))
        if (!word.empty()) words.emplace_back(word);
    return words;
}

class Manifest {
public:
    Manifest(const Tree& tree, std::set<std::string>& files) : tree_(tree), files_(files) {}

    void apply(const std::vector<std::string>& words) {
        const auto& command = words.front();
        const auto rest = std::span(words).subspan(1);
        if (command == "include" || command == "exclude") {
            for (const auto& pattern : rest) change(command == "include", pattern, false);
        } else if (command == "global-include" || command == "global-exclude") {
            for (const auto& pattern : rest)
                change(command == "global-include", "**/" + pattern, false);
        } else if (command == "graft" || command == "prune") {
            for (const auto& pattern : rest) change(command == "graft", pattern, true);
        } else if ((command == "recursive-include" || command == "recursive-exclude") &&
                   rest.size() > 1) {
            for (const auto& pattern : rest.subspan(1))
                change(command == "recursive-include", rest.front() + "/**/" + pattern, false);
        }
    }

private:
    void change(bool is_added, const std::string& pattern, bool with_contents) {
        const PathGlob glob(pattern, Hidden::Yes);
        const auto fits = [&](const std::string& path) {
            return with_contents ? glob.matches_parent(path) : glob.matches(path);
        };
        if (!is_added) {
            std::erase_if(files_, fits);
            return;
        }
        for (const auto& file : tree_.files())
            if (fits(file.path)) files_.insert(file.path);
    }

    const Tree& tree_;
    std::set<std::string>& files_;
};

}  // namespace

void apply_manifest(std::string_view text, const Tree& tree, std::set<std::string>& files) {
    Manifest manifest(tree, files);
    for (const auto& line : logical_lines(text))
        if (const auto words = words_of(line); words.size() > 1) manifest.apply(words);
}

}  // namespace pycontainer::sources
