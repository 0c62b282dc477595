"""What ARCHITECTURE.md promises about the sources, held against them.

Plain unittest: `python3 tests/architecture/test_architecture.py`. The test with an independent
JSON-Schema validator needs jsonschema and tomllib and says so when it is skipped.
"""

# ruff: noqa: PT009 (plain unittest: this test runs where nothing is installed)

from __future__ import annotations

import functools
import importlib.util
import json
import re
import subprocess
import sys
import unittest
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
NATIVE = ROOT / "native"
GENERATED_HEADERS = {"base/version.hpp"}
THIRD_PARTY = re.compile(
    r'#include\s*[<"]((?:curl|openssl|toml\+\+|CLI)/[^>"]*'
    r'|(?:archive|archive_entry|zlib|zstd|libdeflate)\.h)[>"]'
)
WRITES_TO_STDOUT = re.compile(
    r"\bstd::cout\b|\bstdout\b|\bSTDOUT_FILENO\b"
    r"|(?<![\w:])(?:std::)?(?:printf|puts|putchar|vprintf)\s*\("
    r"|\bfmt::print(?:ln)?\s*\(\s*\""
)
MAY_WRITE_TO_STDOUT = {"jsonrpc", "cli", "app"}
CODE_SITES = re.compile(
    r'(?:\bfail\(|\.code\s*[=]=?|\bwarn(?:ing)?\w*\(|\bSeverity::\w+,)\s*"([a-z]+/[a-z0-9-]+)"'
)
CODE = re.compile(r"[a-z]+/[a-z][a-z0-9-]*")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def sources(*suffixes: str) -> Iterator[Path]:
    """The sources of the modules; an `oracle` is a program of its own that tests compare with."""
    for path in sorted(NATIVE.rglob("*")):
        if path.suffix in suffixes and path.is_file() and "oracle" not in path.parts:
            yield path


def module_of(path: Path) -> str:
    return path.relative_to(NATIVE).parts[0]


def without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


@functools.cache
def declared_dependencies() -> dict[str, list[str]]:
    """DEPENDS of every `pycontainer_module` call."""
    modules: dict[str, list[str]] = {}
    for path in sorted(NATIVE.glob("*/CMakeLists.txt")):
        for call in re.findall(r"pycontainer_module\(([^)]*)\)", read(path)):
            words = call.split()
            depends: list[str] = []
            if "DEPENDS" in words:
                for word in words[words.index("DEPENDS") + 1 :]:
                    if word.isupper():
                        break
                    depends.append(word)
            modules[words[0]] = depends
    return modules


def closure(graph: dict[str, list[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph.get(start, []))
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += graph.get(module, [])
    return seen


def documented_dependencies() -> dict[str, list[str]]:
    """The table of ARCHITECTURE.md; "all above" is every row before."""
    rows: dict[str, list[str]] = {}
    row = re.compile(r"^\| ([a-z, ]+) \| .* \| ([^|]+) \|$", re.MULTILINE)
    for names, uses in row.findall(read(ROOT / "ARCHITECTURE.md")):
        if names == "module":
            continue
        allowed = [word for word in uses.split(", ") if word != "–"]
        if uses == "all above":
            allowed = list(rows)
        group = names.split(", ")
        for name in group:
            rows[name] = allowed + [other for other in group if other != name]
    return rows


def tracked_files() -> list[Path]:
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listing = subprocess.run(command, capture_output=True, check=False)
    if listing.returncode == 0:
        return [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    skipped = {"build", "node_modules", ".git", "dist"}
    files = (path for path in ROOT.rglob("*") if path.is_file())
    return [path for path in files if not skipped & set(path.relative_to(ROOT).parts)]


def load_gen_docs() -> Any:
    loader = SourceFileLoader("gen_docs", str(ROOT / "script" / "gen-docs"))
    spec = importlib.util.spec_from_loader("gen_docs", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class ArchitectureTest(unittest.TestCase):
    maxDiff = None


class Modules(ArchitectureTest):
    def test_depend_on_each_other_without_cycles(self) -> None:
        graph = declared_dependencies()
        for module in graph:
            self.assertNotIn(module, closure(graph, module), f"{module} depends on itself")

    def test_depend_on_what_exists(self) -> None:
        graph = declared_dependencies()
        for module, depends in graph.items():
            for dependency in depends:
                self.assertIn(dependency, graph, f"{module} depends on {dependency}")

    def test_include_only_what_they_depend_on(self) -> None:
        graph = declared_dependencies()
        wrong = []
        for path in sources(".cpp", ".hpp"):
            module = module_of(path)
            allowed = closure(graph, module) | {module}
            for header in re.findall(r'^\s*#include "([^"]+)"', read(path), flags=re.MULTILINE):
                other = header.split("/")[0]
                if module not in graph or header in GENERATED_HEADERS:
                    continue
                place = f"{path.relative_to(ROOT)} includes {header}"
                if other not in allowed:
                    wrong.append(f"{place}, but {module} does not depend on {other}")
                elif not (NATIVE / header).is_file():
                    wrong.append(f"{place}, which is no path below native/")
                elif "/internal/" in header and other != module:
                    wrong.append(f"{place}, which is internal to {other}")
        self.assertEqual([], wrong)

    def test_depend_on_what_architecture_md_says(self) -> None:
        documented = documented_dependencies()
        wrong = []
        for module, depends in declared_dependencies().items():
            allowed = closure(documented, module)
            wrong += [f"{module} depends on {other}" for other in depends if other not in allowed]
        self.assertEqual([], wrong)


class Sources(ArchitectureTest):
    def test_keep_third_party_headers_out_of_headers(self) -> None:
        wrong = [
            f"{path.relative_to(ROOT)}: {header}"
            for path in sources(".hpp")
            for header in THIRD_PARTY.findall(read(path))
        ]
        self.assertEqual([], wrong)

    def test_write_to_stdout_only_where_the_answer_is_written(self) -> None:
        wrong = []
        for path in sources(".cpp", ".hpp"):
            if module_of(path) in MAY_WRITE_TO_STDOUT:
                continue
            for line in without_comments(read(path)).splitlines():
                of_a_child = "dup2(" in line
                if WRITES_TO_STDOUT.search(line) and not of_a_child:
                    wrong.append(f"{path.relative_to(ROOT)}: {line.strip()}")
        self.assertEqual([], wrong)

    def test_name_no_package_registry(self) -> None:
        # Put together here, so that this file does not name them either.
        names = ["pypi org", "pythonhosted org", "npmjs com", "npmjs org", "crates io"]
        names += ["deb debian org", "archive ubuntu com"]
        hosts = [name.replace(" ", ".") for name in names]
        pattern = re.compile("|".join(re.escape(host) for host in hosts).encode())
        wrong = []
        for path in tracked_files():
            if path.is_symlink() or not path.is_file():
                continue
            if found := pattern.search(path.read_bytes()):
                wrong.append(f"{path.relative_to(ROOT)}: {found.group().decode()}")
        self.assertEqual([], wrong)


class Codes(ArchitectureTest):
    """Error codes in the sources and their sections."""

    def setUp(self) -> None:
        self.sections = load_gen_docs().error_sections(ROOT / "docs" / "reference" / "errors.d")
        self.used: dict[str, str] = {}
        texts = {path: without_comments(read(path)) for path in sources(".cpp", ".hpp")}
        sites = [code for text in texts.values() for code in CODE_SITES.findall(text)]
        prefixes = {code.split("/")[0] for code in sites}
        for path, text in texts.items():
            for literal in re.findall(r'"([a-z]+/[a-z][a-z0-9-]*)"', text):
                if literal.split("/")[0] in prefixes:
                    for code in self.codes_of(literal):
                        self.used.setdefault(code, str(path.relative_to(ROOT)))

    def codes_of(self, literal: str) -> list[str]:
        """The code, or all codes that a literal such as "resolve/unknown-" is a part of."""
        if not literal.endswith("-"):
            return [literal]
        return [code for code in self.sections if code.startswith(literal)] or [literal]

    def test_all_have_a_section(self) -> None:
        missing = {code: where for code, where in self.used.items() if code not in self.sections}
        self.assertEqual({}, missing)

    def test_of_all_sections_exist(self) -> None:
        known = [code for code in self.sections if CODE.fullmatch(code)]
        self.assertEqual([], [code for code in known if code not in self.used])

    def test_sections_say_something(self) -> None:
        for code, text in self.sections.items():
            with self.subTest(code=code):
                self.assertGreater(len(text), 40)
                self.assertTrue(text.rstrip().endswith((".", "```", ":")), text[-40:])


class Documentation(ArchitectureTest):
    def test_is_generated_from_what_there_is(self) -> None:
        command = [sys.executable, str(ROOT / "script" / "gen-docs"), "--check"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stderr)

    def test_links_lead_somewhere(self) -> None:
        wrong = []
        for path in tracked_files():
            # The files of errors.d are parts of a page that lies one folder above.
            if path.suffix != ".md" or not path.is_file() or "errors.d" in path.parts:
                continue
            text = re.sub(r"```.*?```", "", read(path), flags=re.DOTALL)
            for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
                if not (path.parent / target).exists():
                    wrong.append(f"{path.relative_to(ROOT)}: {target}")
        self.assertEqual([], wrong)


class Versions(ArchitectureTest):
    def test_agree(self) -> None:
        version = read(ROOT / "VERSION").strip()
        self.assertEqual(version, json.loads(read(ROOT / "package.json"))["version"])


class Schemas(ArchitectureTest):
    """Every key has a reader, and every reader a key."""

    def schema(self, name: str) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(read(ROOT / "schemas" / f"{name}.schema.json"))
        return loaded

    def test_keys_are_those_that_settings_read(self) -> None:
        schema = self.schema("pycontainer")
        text = read(NATIVE / "config" / "settings.cpp")
        for table in schema["properties"]:
            readers = set(re.findall(rf'\b{table}\.read\w*\("(\w+)"', text))
            self.assertEqual(set(schema["$defs"][table]["properties"]), readers, table)

    def test_settings_reach_the_build(self) -> None:
        text = read(NATIVE / "config" / "load.cpp")
        members = set(re.findall(r"config_\.(\w+)", text)) - {"origins"}
        others = {"config", "intellisense"}
        texts = [read(path) for path in sources(".cpp", ".hpp") if module_of(path) not in others]
        used = set(re.findall(r"\bconfig\.(\w+)", "\n".join(texts)))
        self.assertGreater(len(members), 20)
        self.assertEqual([], sorted(members - used))

    def test_request_members_are_those_that_are_read(self) -> None:
        text = read(NATIVE / "build" / "request.cpp")
        for name, reader in (("build-request", "BuildRequest"), ("push-request", "PushRequest")):
            body = text[text.index(f"{reader}::from_json") :]
            body = body[: body.index("\n}\n")]
            read_members = set(re.findall(r'member\(json, "(\w+)"\)', body))
            self.assertEqual(set(self.schema(name)["properties"]), read_members, name)

    def test_agree_with_an_independent_validator(self) -> None:
        try:
            import tomllib

            import jsonschema
        except ImportError as error:
            self.skipTest(f"not compared with an independent validator: {error}")
        validator = jsonschema.Draft202012Validator(self.schema("pycontainer"))
        for name in ("pycontainer", "build-request", "push-request", "build-result", "events"):
            jsonschema.Draft202012Validator.check_schema(self.schema(name))
        fixtures = ROOT / "tests" / "fixtures" / "config"
        for folder, valid in (("valid", True), ("meaning", True), ("schema", False)):
            for path in sorted((fixtures / folder).glob("*.toml")):
                with self.subTest(path=path.name):
                    self.assertEqual(valid, validator.is_valid(tomllib.loads(read(path))))


if __name__ == "__main__":
    unittest.main()
