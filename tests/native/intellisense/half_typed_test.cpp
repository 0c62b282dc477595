// Files as projects have them, and every state that deleting one byte of them leaves: no false
// diagnostic, nothing that breaks, nothing that takes long.

#include "intellisense/annotations.hpp"
#include "intellisense/code_actions.hpp"
#include "intellisense/completion.hpp"
#include "intellisense/diagnostics.hpp"
#include "intellisense/format.hpp"
#include "intellisense/hover.hpp"
#include "intellisense/image_names.hpp"
#include "intellisense/links.hpp"
#include "intellisense/structure.hpp"
#include "toml/document.hpp"

#include <gtest/gtest.h>

#include <time.h>

namespace pycontainer::intellisense {
namespace {

constexpr std::string_view kConfiguration = R"(# How the image is made
[build]
base_image = "python:3.12-slim"  # the same as in production
tags = ["ghcr.io/acme/api:1.4", "ghcr.io/acme/api:latest"]
platforms = [
    "linux/amd64",
    "linux/arm64",  # for the new machines
]
workdir = "/app"
entrypoint = ["uvicorn", "api.main:app", "--host", "0.0.0.0"]
ports = [8000]

[build.labels]
maintainer = "team@example.com"
"org.example.note" = """several
lines"""

[build.env]
LOG_LEVEL = "info"
GREETING = 'grüße 😀'

[registry]
url = "ghcr.io/acme/api"
)";

constexpr std::string_view kUv = R"([project]
name = "api"
version = "1.4.0"
description = "An API \u2014 with “quotes”"
readme = "README.md"
requires-python = ">=3.11,<4"
license = { text = "MIT" }
authors = [{ name = "Ünal Ö.", email = "unal@example.com" }]
dependencies = [
    "fastapi[standard]>=0.110",
    "uvloop>=0.19; sys_platform != 'win32' and python_version >= '3.11'",
    "shop-lib",
]
dynamic = []

[project.optional-dependencies]
postgres = ["psycopg[binary]>=3.1"]

[project.scripts]
api = "api.main:run"

[project.entry-points."api.plugins"]
base = "api.plugins:Base"

[dependency-groups]
dev = ["pytest>=8", { include-group = "lint" }]
lint = ["ruff"]

[build-system]
requires = ["hatchling>=1.20"]
build-backend = "hatchling.build"

[tool.uv]
dev-dependencies = []

[tool.uv.sources]
shop-lib = { workspace = true }

[[tool.uv.index]]
name = "internal"
url = "https://index.example/simple"
explicit = true

[tool.ruff.lint.per-file-ignores]
"tests/**" = ["S101"]

[tool.pycontainer.build]
base-image = "python:3.12-slim"
)";

constexpr std::string_view kPoetry = R"([tool.poetry]
name = "shop"
version = "0.3.0"
description = ""
authors = ["A B <ab@example.com>"]
packages = [{ include = "shop", from = "src" }]

[tool.poetry.dependencies]
python = "^3.11"
django = { version = "^5.0", extras = ["argon2"], optional = true }
gunicorn = "*"

[tool.poetry.extras]
web = ["django"]

[tool.poetry.group.dev.dependencies]
pytest = "^8.0"

[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"

[tool.tox]
legacy_tox_ini = '''
[tox]
envlist = py311,py312
'''

[tool.coverage.report]
fail_under = 87.5
)";

const std::pair<const char*, std::string_view> kFiles[] = {
    {"/none/pycontainer.toml", kConfiguration},
    {"/none/pyproject.toml", kUv},
    {"/none/pyproject.toml", kPoetry},
};

/// Everything that an editor asks, with the cursor at `offset`.
void ask_everything(const Source& source, std::size_t offset) {
    static_cast<void>(diagnose_text(source));
    static_cast<void>(complete(source, offset, nullptr, {}));
    static_cast<void>(image_query(source, offset));
    static_cast<void>(hover(source, offset, nullptr, nullptr));
    static_cast<void>(definition(source, offset, nullptr));
    static_cast<void>(selection_ranges(source, offset));
    static_cast<void>(
        code_actions(source, offset, offset, diagnose_text(source), ActionSurroundings{}));
    static_cast<void>(document_symbols(source));
    static_cast<void>(folding_ranges(source));
    static_cast<void>(semantic_tokens(source));
    static_cast<void>(document_links(source));
    static_cast<void>(code_lenses(source, ""));
    static_cast<void>(inlay_hints(source, nullptr, nullptr));
}

TEST(HalfTyped, FilesAsTheyAreHaveNoFaults) {
    for (const auto& [path, text] : kFiles)
        for (const auto& diagnostic : diagnose_text(*Source::make(path, std::string(text))))
            EXPECT_GT(diagnostic.severity, Severity::Warning)
                << to_string(diagnostic) << " in " << path;
}

TEST(HalfTyped, EveryByteMayBeMissing) {
    for (const auto& [path, text] : kFiles)
        for (std::size_t at = 0; at < text.size(); ++at) {
            std::string less(text);
            less.erase(at, 1);
            const auto source = Source::make(path, less);
            std::string joined;
            for (const auto& token : source->tree().tokens())
                joined += less.substr(token.begin, token.end - token.begin);
            ASSERT_EQ(joined, less);
            ask_everything(*source, at);
        }
}

TEST(HalfTyped, EveryPrefixIsUnderstood) {
    for (const auto& [path, text] : kFiles)
        for (std::size_t at = 0; at < text.size(); ++at)
            ask_everything(*Source::make(path, std::string(text.substr(0, at))), at);
}

TEST(HalfTyped, FormattingKeepsValuesAndIsDoneOnce) {
    for (std::size_t at = 0; at <= kConfiguration.size(); ++at) {
        std::string less(kConfiguration);
        if (at < less.size()) less.erase(at, 1);
        const auto once = formatted(*Source::make("pycontainer.toml", less));
        if (!once) continue;
        EXPECT_EQ(formatted(*Source::make("pycontainer.toml", *once)), once);
        EXPECT_EQ(toml::parse(*once, "").value, toml::parse(less, "").value);
    }
}

/// Seconds of computing for everything that an editor asks of a text.
double seconds_for(const std::string& text) {
    const auto now = [] {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    const auto before = now();
    ask_everything(*Source::make("pycontainer.toml", text), text.size() / 2);
    return now() - before;
}

std::string repeated(std::string_view part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
}

TEST(HalfTyped, TimeGrowsWithTheText) {
    constexpr std::size_t kCount = 500;
    const auto numbered = [](std::size_t count, std::string_view before, std::string_view after,
                             std::string_view start = {}, std::string_view end = {}) {
        std::string text(start);
        for (std::size_t i = 0; i < count; ++i)
            text.append(before).append(std::to_string(i)).append(after);
        return text.append(end);
    };
    const auto make = [&](int shape, std::size_t count) -> std::string {
        switch (shape) {
            case 0: return numbered(count, "key", " = 1\n");
            case 1: return numbered(count, "[build.env.t", "]\na = 'é'\n");
            case 2: return numbered(count, "k", " = 1, ", "[build]\nenv = { é = 1, ", "x = 1 }\n");
            case 3: return "[build]\nports = [" + repeated("80, ", count) + "]\n";
            case 4: return repeated("a = [\n", count);
            case 5: return "[build]\nuser = \"" + repeated("é😀", count) + "\"\n";
            case 6: return repeated("= \n", count);
            case 7: return repeated("\"", count);
            case 8: return repeated("# pycontainer: ignore[config/unknown-key]\nx = 1\n", count);
            case 9: return repeated("{", count);
            default: return repeated("a.", count) + "a = 1\n";
        }
    };
    for (int shape = 0; shape <= 10; ++shape) {
        const auto small = seconds_for(make(shape, kCount));
        const auto large = seconds_for(make(shape, kCount * 16));
        EXPECT_LT(large, 0.2 + small * 48) << "shape " << shape << ": sixteen times the text";
    }
}

}  // namespace
}  // namespace pycontainer::intellisense
