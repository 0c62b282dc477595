#pragma once

// A package index that is written down: `add("foo 1.0", {"bar>=2"})`. Pages are JSON, metadata lie
// beside the wheels; what is not there is 404.

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/strings.hpp"
#include "index/core_metadata_client.hpp"
#include "index/index_client.hpp"
#include "solve/solve.hpp"
#include "store/store.hpp"
#include "support/fake_http_client.hpp"
#include "support/test_context.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

namespace pycontainer::testing {

struct FakeRelease {
    std::vector<std::string> tags = {"py3-none-any"};  ///< a wheel each
    std::string requires_python{};                     ///< of index and metadata
    std::string metadata_python{};                     ///< of the metadata only
    bool yanked = false;
    bool has_sdist = false;
    bool has_hashes = true;
    std::string metadata_name{};  ///< empty: the right one
};

class FakeIndex {
public:
    FakeIndex() {
        http.otherwise([this](const SeenRequest& seen) { return answer(seen.url); });
    }

    /// `foo 1.0` and what it requires.
    FakeIndex& add(const std::string& release, const std::vector<std::string>& requires_dist = {},
                   const FakeRelease& options = {}) {
        const auto space = release.find(' ');
        const auto name = release.substr(0, space), version = release.substr(space + 1);
        auto& files = pages_[name];
        const auto file = [&](const std::string& filename) {
            Json entry{{"filename", filename},
                       {"url", "https://files.example/" + filename},
                       {"yanked", options.yanked},
                       {"core-metadata", true}};
            if (options.has_hashes) entry["hashes"] = {{"sha256", Digest::of(filename).hex()}};
            if (!options.requires_python.empty())
                entry["requires-python"] = options.requires_python;
            files.push_back(entry);
        };
        if (options.has_sdist) file(fmt::format("{}-{}.tar.gz", name, version));
        for (const auto& tag : options.tags) {
            const auto filename =
                fmt::format("{}-{}-{}.whl", replace_all(name, "-", "_"), version, tag);
            file(filename);
            auto text =
                fmt::format("Metadata-Version: 2.1\nName: {}\nVersion: {}\n",
                            options.metadata_name.empty() ? name : options.metadata_name, version);
            const auto& python =
                options.metadata_python.empty() ? options.requires_python : options.metadata_python;
            if (!python.empty()) text += "Requires-Python: " + python + "\n";
            for (const auto& each : requires_dist) text += "Requires-Dist: " + each + "\n";
            metadata_["https://files.example/" + filename + ".metadata"] = text;
        }
        return *this;
    }

    Result<solve::Solution> solve(const solve::Problem& problem,
                                  const solve::SolveLimits& limits = {}) {
        index::IndexClient client(http, index::IndexOptions::of({"https://index.example/simple"}));
        const index::CoreMetadataClient metadata(http, store);
        return solve::solve(test.ctx, problem, client, metadata, read_sdist, limits);
    }

    FakeHttpClient http;
    solve::ReadSdist read_sdist;
    TestContext test;
    TemporaryDirectory directory = *TemporaryDirectory::create("/tmp", "fake-index-");
    store::Store store{directory.path()};

private:
    FakeAnswer answer(const std::string& url) {
        if (const auto found = metadata_.find(url); found != metadata_.end())
            return {.body = found->second};
        const std::string prefix = "https://index.example/simple/";
        const auto found =
            url.starts_with(prefix)
                ? pages_.find(url.substr(prefix.size(), url.size() - prefix.size() - 1))
                : pages_.end();
        if (found == pages_.end()) return {.status = 404};
        return {.headers = {{"Content-Type", "application/vnd.pypi.simple.v1+json"}},
                .body = dump_json({{"meta", {{"api-version", "1.1"}}}, {"files", found->second}})};
    }

    std::map<std::string, Json> pages_;  // written before anything is asked
    std::map<std::string, std::string> metadata_;
};

inline solve::WrittenRequirement required(const std::string& text, std::uint32_t line = 0) {
    return {.requirement = *packaging::Requirement::parse(text),
            .text = text,
            .file = "pyproject.toml",
            .range = {{line, 0}, {line, 1}}};
}

/// For Python 3.12 on Debian 12.
inline solve::Problem problem_of(const std::vector<std::string>& requirements) {
    solve::Problem problem;
    problem.target = {.python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"};
    for (std::uint32_t i = 0; i < requirements.size(); ++i)
        problem.requirements.push_back(required(requirements[i], i));
    return problem;
}

/// `bar 2, foo 1`, or the error.
inline std::string chosen(const Result<solve::Solution>& solution) {
    if (!solution) return solution.error().code + ": " + solution.error().message;
    std::vector<std::string> words;
    for (const auto& each : solution->packages) words.push_back(each.name + " " + each.version);
    return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace pycontainer::testing
