"""Random versions, specifiers, markers, requirements and file names with the verdicts of the
`packaging` library, as lines for `pycontainer-oracle`.

Every kind is grammatical most of the time and broken sometimes, so that both libraries have to
agree about what is wrong, too. Backslashes in markers are left out: `packaging` reads them as
Python would, the specification does not have them and ours refuses them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    canonicalize_version,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

Case = dict[str, Any]

LINUX = {
    "implementation_name": "cpython",
    "implementation_version": "3.12.7",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1.0-generic",
    "platform_system": "Linux",
    "platform_version": "#1 SMP PREEMPT_DYNAMIC",
    "python_full_version": "3.12.7",
    "python_version": "3.12",
    "sys_platform": "linux",
}
ENVIRONMENTS = {
    "linux": LINUX,
    "musl-arm": {
        **LINUX,
        "platform_machine": "aarch64",
        "python_full_version": "3.9.21",
        "implementation_version": "3.9.21",
        "python_version": "3.9",
        "platform_release": "",
        "platform_version": "",
    },
    "windows": {
        **LINUX,
        "os_name": "nt",
        "platform_machine": "AMD64",
        "platform_system": "Windows",
        "sys_platform": "win32",
        "python_full_version": "3.14.0rc2",
        "implementation_version": "3.14.0rc2",
        "python_version": "3.14",
    },
}
NAMES = ["foo", "Foo.Bar", "a", "zope.interface", "x_y-z", "A1", "ruamel.yaml.clib", "3to2"]
BAD_NAMES = ["_bad", "bad-", "a..b", "Ünï"]
VARIABLES = [*LINUX, "extra", "os.name", "sys.platform", "platform.version"]
VALUES = ["posix", "nt", "linux", "win32", "Linux", "x86_64", "aarch64 arm64", "CPython", "PyPy"]


class Cases:
    """One random sequence; the same seed gives the same cases."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.kinds: list[Callable[[], Case | None]] = [
            self.version,
            self.comparison,
            self.specifiers,
            self.contained,
            self.contained,
            self.filtered,
            self.marker_text,
            self.marker,
            self.requirement,
            self.wheel,
            self.sdist,
        ]

    def take(self, count: int) -> Iterator[Case]:
        for name, values in ENVIRONMENTS.items():
            yield {"kind": "env", "name": name, "values": values}
        while count > 0:
            case = self.random.choice(self.kinds)()
            if case is not None:
                count -= 1
                yield case

    # ---- texts ----

    def often(self, share: float) -> bool:
        return self.random.random() < share

    def broken(self, text: str, noise: str) -> str:
        if not self.often(0.04):
            return text
        at = self.random.randrange(len(text) + 1)
        return text[:at] + self.random.choice(noise) + text[at:]

    def version_text(self) -> str:
        choice = self.random.choice
        text = choice(["v", " "]) if self.often(0.08) else ""
        text += f"{choice([0, 1, 2])}!" if self.often(0.1) else ""
        parts = choice([1, 2, 2, 3, 3, 3, 4, 5])
        text += ".".join(
            choice(["0", "0", "1", "2", "3", "10", "2024", "01"]) for _ in range(parts)
        )
        if self.often(0.3):
            text += choice(["", ".", "-", "_"])
            text += choice(["a", "b", "rc", "alpha", "c", "pre", "preview", "RC"])
            text += choice(["", "0", "1", ".2", "-10"])
        if self.often(0.25):
            text += choice([".post", "-post", "post", "_rev", ".r", "-", ".POST"])
            text += choice(["", "0", "1", "2"])
        if self.often(0.2):
            text += choice([".dev", "dev", "-dev", "_dev"]) + choice(["", "0", "1", "5"])
        if self.often(0.15):
            text += "+" + choice(["local", "1", "ubuntu.1", "1.2", "abc-1", "ABC_2", "0", "01"])
        return self.broken(text, "!+-._ x*é\n\t")

    def valid_version(self) -> str:
        while True:
            text = self.version_text().strip()
            try:
                Version(text)
            except InvalidVersion:
                continue
            return text

    def specifier_text(self) -> str:
        operator = self.random.choice(["==", "!=", "<=", ">=", "<", ">", "~=", "===", "==", ">="])
        text = self.version_text().strip()
        if operator in ("==", "!=") and self.often(0.3):
            text = text.split("+")[0] + ".*"
        return operator + self.random.choice(["", " "]) + text

    def specifiers_text(self) -> str:
        count = self.random.choice([1, 1, 1, 2, 2, 3])
        return self.random.choice([",", ", "]).join(self.specifier_text() for _ in range(count))

    def marker_atom(self) -> str:
        choice = self.random.choice
        variable = choice(VARIABLES)
        value = choice([*VALUES, "dev", "Dev_X", ""])
        if "version" in variable or variable == "platform_release":
            value = choice([self.version_text().strip(), "3.12", "3.9 3.12", "3.12.*", "3.13.0rc1"])
        quote = choice("'\"")
        operators = ["==", "!=", "<", ">", "<=", ">=", "~=", "===", "in", "not in", "not  in"]
        operator, space = choice(operators), " "
        if operator[0] in "=!<>~" and self.often(0.3):
            space = ""
        sides = [variable, quote + value + quote]
        if self.often(0.25):
            sides.reverse()
        return space.join([sides[0], operator, sides[1]])

    def marker_of(self, depth: int = 0) -> str:
        kind = self.random.random()
        if kind < 0.5 or depth > 3:
            return self.marker_atom()
        if kind < 0.75:
            join = self.random.choice([" and ", " or "])
            return self.marker_of(depth + 1) + join + self.marker_of(depth + 1)
        return f"({self.random.choice(['', ' '])}{self.marker_of(depth + 1)})"

    # ---- cases ----

    def version(self) -> Case:
        text = self.version_text()
        case: Case = {"kind": "version", "input": text, "valid": False}
        try:
            version = Version(text)
        except InvalidVersion:
            return case
        return {
            **case,
            "valid": True,
            "normalized": str(version),
            "canonical_stripped": canonicalize_version(text),
            "public": version.public,
            "base": version.base_version,
            "epoch": version.epoch,
            "release": list(version.release),
            "pre": list(version.pre) if version.pre else None,
            "post": version.post,
            "dev": version.dev,
            "local": version.local,
            "is_prerelease": version.is_prerelease,
            "is_postrelease": version.is_postrelease,
            "is_devrelease": version.is_devrelease,
        }

    def comparison(self) -> Case:
        texts = self.valid_version(), self.valid_version()
        a, b = map(Version, texts)
        return {"kind": "cmp", "a": texts[0], "b": texts[1], "cmp": (a > b) - (a < b)}

    def specifiers(self) -> Case:
        text = self.specifiers_text()
        case: Case = {"kind": "spec_parse", "spec": text, "valid": False}
        try:
            found = SpecifierSet(text)
        except InvalidSpecifier:
            return case
        return {**case, "valid": True, "normalized": str(found), "n": len(found)}

    def contained(self) -> Case | None:
        text = self.specifiers_text()
        try:
            found = SpecifierSet(text)
            version = self.valid_version()
            if self.often(0.5):  # one near the border
                near = next(iter(found)).version.removesuffix(".*")
                version = near + self.random.choice(["", ".0", ".1", ".post1", ".dev1", "a1", "+l"])
                Version(version)
        except (InvalidSpecifier, InvalidVersion):
            return None
        return {
            "kind": "contains",
            "spec": text,
            "version": version,
            "default": found.contains(version),
            "pre_true": found.contains(version, prereleases=True),
            "pre_false": found.contains(version, prereleases=False),
        }

    def filtered(self) -> Case | None:
        text = self.specifiers_text()
        try:
            found = SpecifierSet(text)
        except InvalidSpecifier:
            return None
        versions = [self.valid_version() for _ in range(8)]
        if self.often(0.5):
            versions = [version for version in versions if Version(version).is_prerelease]
        result = list(found.filter(versions))
        return {"kind": "filter", "spec": text, "versions": versions, "result": result}

    def marker_text(self) -> Case:
        text = self.broken(self.marker_of(), "()'\" ;@[é,=\t")
        case: Case = {"kind": "marker_parse", "marker": text, "valid": False}
        try:
            return {**case, "valid": True, "str": str(Marker(text))}
        except InvalidMarker:
            return case

    def marker(self) -> Case | None:
        text = self.marker_of()
        name = self.random.choice(list(ENVIRONMENTS))
        extra = self.random.choice([None, None, "dev", "Dev_X", "test.a"])
        environment = {**ENVIRONMENTS[name], **({"extra": extra} if extra is not None else {})}
        result: Any
        try:
            result = Marker(text).evaluate(environment)
        except InvalidMarker:
            return None
        except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion) as error:
            result = {"error": type(error).__name__}
        return {"kind": "marker", "marker": text, "env": name, "extra": extra, "result": result}

    def requirement(self) -> Case:
        choice = self.random.choice
        text = choice(BAD_NAMES if self.often(0.1) else NAMES) + choice(["", " "])
        if self.often(0.3):
            extras = [choice(["a", "B_c", "x.y", " d "]) for _ in range(choice([1, 1, 2]))]
            text += f"[{','.join(extras)}]"
        kind = self.random.random()
        if kind < 0.2:
            text += choice([" @ ", "@", " @"])
            text += choice(
                [
                    "https://host.example/a-1.0-py3-none-any.whl",
                    "git+https://host.example/r.git@main#egg=a",
                    "file:///a.whl",
                    "https://user:word@host.example/x.zip#sha256=ab",
                ]
            )
            text += choice(["", " "])
        elif kind < 0.7:
            specifiers = self.specifiers_text()
            text += specifiers if self.often(0.8) else f"({specifiers})"
        if self.often(0.35):
            text += choice([";", "; ", " ; "]) + self.marker_of()
        text = self.broken(text, "()'\" ;@[é,=\t")
        case: Case = {"kind": "requirement", "input": text, "valid": False}
        try:
            found = Requirement(text)
        except InvalidRequirement:
            return case
        return {
            **case,
            "valid": True,
            "name": found.name,
            "normalized_name": canonicalize_name(found.name),
            "extras": sorted(found.extras),
            "specifier": str(found.specifier),
            "url": found.url,
            "marker": str(found.marker) if found.marker else None,
            "str": str(found),
        }

    def wheel(self) -> Case:
        choice = self.random.choice
        parts = [choice([*NAMES, "_x", "a-b"]), self.version_text().strip()]
        parts += [choice(["1", "2abc", "x"])] if self.often(0.2) else []
        parts += [choice(["py3", "cp312", "py2.py3", "cp312.cp313", "CP312"])]
        parts += [choice(["none", "abi3", "cp312", "cp313t", "none.abi3"])]
        parts += [choice(["any", "manylinux_2_17_x86_64.manylinux2014_x86_64", "win_amd64"])]
        text = "-".join(parts) + (".zip" if self.often(0.05) else ".whl")
        case: Case = {"kind": "wheel", "input": text, "valid": False}
        try:
            name, version, build, tags = parse_wheel_filename(text)
        except InvalidWheelFilename:
            return case
        return {
            **case,
            "valid": True,
            "name": name,
            "version": str(version),
            "build": list(build),
            "tags": sorted(map(str, tags)),
        }

    def sdist(self) -> Case:
        text = f"{self.random.choice(NAMES)}-{self.version_text().strip()}"
        text += self.random.choice([".tar.gz", ".zip", ".tgz"])
        case: Case = {"kind": "sdist", "input": text, "valid": False}
        try:
            name, version = parse_sdist_filename(text)
        except InvalidSdistFilename:
            return case
        return {**case, "valid": True, "name": name, "version": str(version)}


def write_cases(seed: int, count: int) -> str:
    """JSON lines."""
    return "".join(json.dumps(case) + "\n" for case in Cases(seed).take(count))
