"""Wheels told from sources, held file by file against those that the real build backends make.

The backends come from the default index through pip; without one the tests are skipped.
"""

from __future__ import annotations

import email.parser
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from support.projects import write_project

ROOT = Path(__file__).resolve().parents[2]
# What an installation or another tool acts upon; other fields only describe.
COMPARED = ("name", "version", "requires-python", "requires-dist", "provides-extra")


def teller() -> Path:
    binary = Path(os.environ.get("PYCONTAINER", ROOT / "build/release/pycontainer")).resolve()
    found = binary.with_name("pycontainer-sources")
    if not found.exists():
        pytest.skip("pycontainer-sources was not built")
    return found


def tell(place: Path) -> dict[str, Any]:
    done = subprocess.run([teller(), place], capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def pip(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with all backends, in which wheels are built without isolation."""
    directory = tmp_path_factory.mktemp("backends")
    names = ["hatchling", "setuptools", "flit_core", "poetry-core", "pdm-backend", "uv_build"]
    done = pip("install", "--quiet", "--target", str(directory), *names)
    if done.returncode != 0:
        pytest.skip("no index to get the build backends from")
    return directory


@dataclass
class Told:
    """What a wheel holds, whoever made it."""

    files: dict[str, str]
    metadata: dict[str, Any]
    entry_points: dict[str, dict[str, str]]


def comparable(metadata_text: str) -> dict[str, Any]:
    message = email.parser.HeaderParser().parsestr(metadata_text)
    fields: dict[str, Any] = {}
    for field in COMPARED:
        values = message.get_all(field) or []
        if field == "requires-dist":
            fields[field] = sorted(requirement_key(value) for value in values)
        elif field == "provides-extra":
            fields[field] = sorted(re.sub(r"[-_.]+", "-", value).lower() for value in values)
        elif field == "requires-python":
            fields[field] = str(SpecifierSet(values[0])) if values else ""
        elif field == "version":
            fields[field] = str(Version(values[0]))
        else:
            fields[field] = re.sub(r"[-_.]+", "-", values[0]).lower()
    return fields


# Backends write markers in their own ways; what counts is where they hold.
ENVIRONMENTS = [
    {
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.1",
        "os_name": name,
        "sys_platform": platform,
        "platform_python_implementation": implementation,
        "extra": extra,
    }
    for minor in (8, 9, 10, 11, 12, 13)
    for name, platform in (("posix", "linux"), ("nt", "win32"), ("posix", "darwin"))
    for implementation in ("CPython", "PyPy")
    for extra in ("", "fast-er", "full", "fast", "x", "tests", "docs", "dev", "all")
]


def requirement_key(text: str) -> str:
    requirement = Requirement(text)
    marker = requirement.marker
    holds = "".join("." if not marker or marker.evaluate(e) else "x" for e in ENVIRONMENTS)
    extra = set(re.findall(r"extra == [\"']([^\"']+)", str(marker or "").lower()))
    name = re.sub(r"[-_.]+", "-", requirement.name).lower()
    extras = ",".join(sorted(requirement.extras))
    specifier = str(requirement.specifier)
    # poetry-core writes `~=8.0` as what it means.
    if clause := re.fullmatch(r"~=(\d+)\.\d+", specifier):
        specifier = f"<{int(clause[1]) + 1}.0,>={specifier[2:]}"
    return f"{name}[{extras}]{specifier}{requirement.url or ''};{sorted(extra)}{holds}"


def entry_points(text: str) -> dict[str, dict[str, str]]:
    groups: dict[str, dict[str, str]] = {}
    group = ""
    for line in text.splitlines():
        if line.strip().startswith("["):
            group = line.strip()[1:-1]
        elif "=" in line:
            name, _, reference = line.partition("=")
            groups.setdefault(group, {})[name.strip()] = re.sub(r"\s", "", reference)
    return groups


def plain(path: str) -> str:
    """Backends write the names of dist-info and data directories in their own ways."""
    head, _, rest = path.partition("/")
    for end in (".dist-info", ".data"):
        if head.endswith(end):
            path = f"{end}/{rest}"
    # Before PEP 639 license files were right in dist-info.
    return re.sub(
        r"^\.dist-info/((LICEN|COPYING|NOTICE|AUTHORS)[^/]*)$", r".dist-info/licenses/\1", path
    )


def of_wheel(path: Path) -> Told:
    files = {}
    metadata = points = ""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            data = archive.read(info)
            name = plain(info.filename)
            files[name] = hashlib.sha256(data).hexdigest()
            if name == ".dist-info/METADATA":
                metadata = data.decode()
            if name == ".dist-info/entry_points.txt":
                points = data.decode()
    return told(files, metadata, points)


def told(files: dict[str, str], metadata: str, points: str) -> Told:
    own = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "zip-safe"}
    kept = {
        name: digest
        for name, digest in files.items()
        if not (name.startswith(".dist-info/") and name.split("/")[1] in own)
    }
    return Told(kept, comparable(metadata), entry_points(points))


def of_sources(place: Path) -> Told:
    answer = tell(place)
    assert "error" not in answer, answer
    files = dict(answer["files"])
    metadata = files.pop("METADATA")
    points = files.pop("entry_points.txt", "")
    return told({plain(name): digest for name, digest in files.items()}, metadata, points)


def assert_same(ours: Told, theirs: Told) -> None:
    assert sorted(ours.files) == sorted(theirs.files)
    assert ours.files == theirs.files
    assert ours.metadata == theirs.metadata
    assert ours.entry_points == theirs.entry_points


def build(project: Path, backends: Path, out: Path) -> Path:
    """The wheel that the project's backend makes of a copy of it."""
    copy = Path(shutil.copytree(project, out / "copy", symlinks=True))
    code = (
        "import sys, importlib, tomllib; sys.path.insert(0, sys.argv[1]);"
        "t = tomllib.load(open('pyproject.toml', 'rb')) if __import__('os').path.exists("
        "'pyproject.toml') else {};"
        "n = t.get('build-system', {}).get('build-backend', 'setuptools.build_meta');"
        "m, _, a = n.partition(':'); b = importlib.import_module(m);"
        "b = getattr(b, a) if a else b;"
        "print(b.build_wheel(sys.argv[2]))"
    )
    wheels = out / "wheels"
    wheels.mkdir()
    path = f"{backends / 'bin'}:{os.environ['PATH']}"
    environment = dict(os.environ, PYTHONPATH=str(backends), PATH=path)
    done = subprocess.run(
        [sys.executable, "-c", code, str(backends), str(wheels)],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(wheels.glob("*.whl"))


def project_table(backend: str, more: str = "") -> str:
    return f"""\
[build-system]
requires = []
build-backend = "{backend}"
[project]
name = "My.App"
version = "1.0"
description = "What it is"
requires-python = ">=3.9"
dependencies = ["idna>=2; python_version > '3.8'", "click[x]~=8.0"]
readme = "README.md"
{more}
[project.optional-dependencies]
Fast_er = ["orjson; os_name == 'posix' or os_name == 'nt'", "ujson"]
[project.scripts]
my-app = "my_app.cli:main"
[project.entry-points."some.group"]
one = "my_app:one"
"""


COMMON = """
//- README.md
# Title
//- LICENSE
Text
//- my_app/__init__.py
VERSION = "1.0"
//- my_app/cli.py
def main(): ...
//- my_app/data/a.json
{}
//- my_app/data/.hidden
x
//- my_app/py.typed
//- my_app/templates/deep/er/b.html
<p>
//- tests/test_a.py
//- notes.log
"""
SRC = COMMON.replace("//- my_app/", "//- src/my_app/")

FIXTURES = {
    "hatchling-flat": ("hatchling.build", "", COMMON),
    "hatchling-src": ("hatchling.build", "", SRC),
    "hatchling-gitignore": (
        "hatchling.build",
        "[tool.hatch.build.targets.wheel]\nartifacts = ['*.json']",
        COMMON + "//- .gitignore\n*.json\ndeep/\n!py.typed\n",
    ),
    "hatchling-include": (
        "hatchling.build",
        (
            "[tool.hatch.build.targets.wheel]\ninclude = ['my_app/**/*.py', '/tests']\n"
            "exclude = ['cli.py']"
        ),
        COMMON,
    ),
    "hatchling-only-include": (
        "hatchling.build",
        (
            "[tool.hatch.build.targets.wheel]\nonly-include = ['src/my_app', 'tests']\n"
            "sources = ['src']"
        ),
        SRC,
    ),
    "hatchling-rename": (
        "hatchling.build",
        (
            "[tool.hatch.build.targets.wheel]\npackages = ['src/my_app']\n"
            "[tool.hatch.build.targets.wheel.sources]\n'src/my_app' = 'other'"
        ),
        SRC,
    ),
    "hatchling-force": (
        "hatchling.build",
        (
            "[tool.hatch.build.targets.wheel.force-include]\n'notes.log' = 'my_app/notes.log'\n"
            "'tests' = 'my_app/tests'"
        ),
        COMMON,
    ),
    "hatchling-only-packages": (
        "hatchling.build",
        "[tool.hatch.build.targets.wheel]\nonly-packages = true\ninclude = ['*']",
        COMMON,
    ),
    "hatchling-shared": (
        "hatchling.build",
        (
            "[tool.hatch.build.targets.wheel.shared-data]\n'tests' = 'share/my'\n"
            "[tool.hatch.build.targets.wheel.shared-scripts]\n'bin/run' = 'run'"
        ),
        COMMON + "//- bin/run\n#!/usr/bin/env python3\nprint()\n",
    ),
    "setuptools-flat": ("setuptools.build_meta", "", COMMON),
    "setuptools-src": ("setuptools.build_meta", "", SRC),
    "setuptools-manifest": (
        "setuptools.build_meta",
        "",
        SRC + "//- MANIFEST.in\nrecursive-include src/my_app *.html .h*\n",
    ),
    "setuptools-package-data": (
        "setuptools.build_meta",
        (
            "[tool.setuptools.package-data]\n'*' = ['data/*.json']\nmy_app = ['templates/**/*']\n"
            "[tool.setuptools.exclude-package-data]\n'*' = ['*.nothing']"
        ),
        COMMON,
    ),
    "setuptools-find": (
        "setuptools.build_meta",
        (
            "[tool.setuptools.packages.find]\nwhere = ['src']\ninclude = ['my_app*']\n"
            "namespaces = false"
        ),
        SRC,
    ),
    "setuptools-packages": (
        "setuptools.build_meta",
        (
            "[tool.setuptools]\npackages = ['my_app', 'other']\npackage-dir = {other = 'tests'}\n"
            "py-modules = ['single']"
        ),
        COMMON + "//- single.py\n//- tests/__init__.py\n",
    ),
    "setuptools-data-files": (
        "setuptools.build_meta",
        (
            "[tool.setuptools]\npackages = ['my_app']\nscript-files = ['bin/run']\n"
            "[tool.setuptools.data-files]\n'share/my' = ['tests/*.py', 'notes.log']"
        ),
        COMMON + "//- bin/run\n#!/usr/bin/env python3\nprint()\n",
    ),
    "flit-flat": ("flit_core.buildapi", "[tool.flit.module]\nname = 'my_app'", COMMON),
    "flit-src": ("flit_core.buildapi", "[tool.flit.module]\nname = 'my_app'", SRC),
    "flit-data": (
        "flit_core.buildapi",
        "[tool.flit.module]\nname = 'my_app'\n[tool.flit.external-data]\ndirectory = 'tests'",
        COMMON,
    ),
    "poetry-flat": (
        "poetry.core.masonry.api",
        "[tool.poetry]\npackages = [{include = 'my_app'}]",
        COMMON,
    ),
    "poetry-src": (
        "poetry.core.masonry.api",
        (
            "[tool.poetry]\npackages = [{include = 'my_app', from = 'src'}]\n"
            "exclude = ['src/**/*.html']"
        ),
        SRC,
    ),
    "poetry-include": (
        "poetry.core.masonry.api",
        (
            "[tool.poetry]\npackages = [{include = 'my_app', to = 'ns'}, "
            "{include = 'tests/*.py'}]\n"
            "include = [{path = 'notes.log', format = 'wheel'}, 'README.md']\n"
            "exclude = ['my_app/data']"
        ),
        COMMON,
    ),
    "pdm-flat": ("pdm.backend", "", COMMON),
    "pdm-src": ("pdm.backend", "", SRC),
    "pdm-includes": (
        "pdm.backend",
        (
            "[tool.pdm.build]\nincludes = ['my_app', 'notes.*', 'tests/*.py']\n"
            "excludes = ['my_app/data/*.json']"
        ),
        COMMON,
    ),
    "pdm-data": (
        "pdm.backend",
        (
            "[tool.pdm.build.wheel-data]\nscripts = ['bin/run']\n"
            "data = [{path = 'tests/**/*.py', relative-to = '.'}]"
        ),
        COMMON + "//- bin/run\n#!/bin/sh\n",
    ),
    "uv-src": ("uv_build", "[tool.uv.build-backend]\nmodule-name = 'my_app'", SRC),
    "uv-flat": (
        "uv_build",
        (
            "[tool.uv.build-backend]\nmodule-name = 'my_app'\nmodule-root = ''\n"
            "wheel-exclude = ['*.json', '/my_app/templates']\ndata = {data = 'tests'}"
        ),
        COMMON,
    ),
    "uv-namespace": (
        "uv_build",
        "[tool.uv.build-backend]\nmodule-name = 'ns.my_app'",
        COMMON.replace("//- my_app/", "//- src/ns/my_app/"),
    ),
}

WHOLE = {
    "setuptools-cfg": """
//- setup.cfg
[metadata]
name = My.App
version = attr: my_app.VERSION
description = What it is
long_description = file: README.md
license_files = LICENSE
[options]
packages = find_namespace:
package_dir =
    = src
install_requires =
    idna>=2; python_version > '3.8'
    click~=8.0
python_requires = >=3.9
include_package_data = True
[options.packages.find]
where = src
[options.extras_require]
fast = orjson; ujson
[options.entry_points]
console_scripts =
    my-app = my_app.cli:main
[options.package_data]
my_app = data/*.json
//- setup.py
from setuptools import setup

setup()
"""
    + SRC,
    "poetry-tables": """
//- pyproject.toml
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
[tool.poetry]
name = "my-app"
version = "1.0"
description = "What it is"
authors = ["Ada <ada@example.com>"]
readme = "README.md"
[tool.poetry.dependencies]
python = "^3.9"
idna = "^2.1"
click = {version = "~8.0", extras = ["x"], optional = true}
attrs = [{version = ">=20,<22", python = "<3.10"}, {version = "^23", python = ">=3.10"}]
six = {version = "*", markers = "os_name == 'nt'"}
[tool.poetry.extras]
full = ["click"]
[tool.poetry.scripts]
my-app = "my_app.cli:main"
[tool.poetry.plugins."some.group"]
one = "my_app:one"
"""
    + COMMON,
    "flit-dynamic": """
//- pyproject.toml
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"
[project]
name = "my_app"
dynamic = ["version", "description"]
"""
    + COMMON.replace('VERSION = "1.0"', "'''What it is.'''\n__version__ = \"1.0\""),
    "pdm-dynamic": """
//- pyproject.toml
[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"
[project]
name = "my_app"
dynamic = ["version"]
[tool.pdm.version]
source = "file"
path = "my_app/__init__.py"
"""
    + COMMON.replace("VERSION", "__version__"),
    "setuptools-dynamic": """
//- pyproject.toml
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "my_app"
dynamic = ["version", "dependencies", "optional-dependencies", "readme"]
[tool.setuptools.dynamic]
version = {attr = "my_app.VERSION"}
dependencies = {file = ["requirements.txt"]}
optional-dependencies.x = {file = ["requirements.txt"]}
readme = {file = ["README.md"]}
//- requirements.txt
# what it needs
idna>=2
"""
    + COMMON,
}


def fixture_texts() -> Iterator[tuple[str, str]]:
    for name, (backend, settings, files) in FIXTURES.items():
        text = "//- pyproject.toml\n" + project_table(backend) + settings + "\n" + files
        yield name, text
    yield from WHOLE.items()


TEXTS = dict(fixture_texts())


@pytest.mark.parametrize("name", TEXTS)
def test_a_backend_makes_the_same_wheel(name: str, backends: Path, tmp_path: Path) -> None:
    text = TEXTS[name]
    project = tmp_path / name
    project.mkdir()
    write_project(project, text)
    theirs = of_wheel(build(project, backends, tmp_path))
    assert_same(of_sources(project), theirs)


# Pure-Python packages over all backends whose sdists need nothing run.
SDISTS = {
    "hatchling": """httpx==0.27.2 starlette==0.41.3 anyio==4.6.2 rich-toolkit==0.11.3
        uvicorn==0.32.0
        virtualenv==20.27.1 platformdirs==4.3.6 jsonschema==4.23.0 filelock==3.16.1
        attrs==24.2.0""",
    "setuptools": """zipp==3.20.2 cachetools==5.5.0 pytest==8.3.3 packaging==26.0
        importlib_resources==6.4.5 jaraco.functools==4.1.0 more-itertools==10.5.0
        typeguard==4.4.1 pyproject-hooks==1.2.0 APScheduler==3.11.0""",
    "flit": """click==8.1.8 flask==3.0.3 jinja2==3.1.4 werkzeug==3.0.6 packaging==24.1 build==1.2.2
        typing_extensions==4.12.2 idna==3.10 pyparsing==3.2.0 wheel==0.44.0""",
    "poetry": """rich==13.9.3 tomlkit==0.13.2 cleo==2.1.0 isort==5.13.2 dnspython==2.7.0
        poetry==1.8.4 textual==0.85.0""",
    "pdm": """findpython==0.6.2 dep-logic==0.4.9 resolvelib==1.1.0
        pbs-installer==2024.10.16
        unearth==0.17.2 marko==2.1.2""",
}


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("published")


@pytest.mark.parametrize("wanted", " ".join(SDISTS.values()).split())
def test_a_published_wheel_is_what_its_sdist_tells(wanted: str, published: Path) -> None:
    directory = published / wanted
    for kind in ("--only-binary=:all:", "--no-binary=:all:"):
        done = pip("download", "--quiet", "--no-deps", kind, "--dest", str(directory), wanted)
        if done.returncode != 0:
            pytest.skip(f"{wanted} cannot be had: {done.stderr[-200:]}")
    wheel = next(directory.glob("*.whl"))
    sdist = next(path for path in directory.iterdir() if path.suffix != ".whl")
    assert_same(of_sources(sdist), of_wheel(wheel))
