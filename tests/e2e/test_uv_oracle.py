"""What an image installs of a `uv.lock`, held against `uv export` for locks that uv makes here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.base import Base
from support.product import Product
from support.projects import write_project
from support.uv import exported, lock, planned, wheels

HEAD = """
//- app.py
//- pyproject.toml
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
"""
PROJECTS = {
    "extras": HEAD
    + """
dependencies = ["uvicorn[standard]", "click"]
[project.optional-dependencies]
color = ["colorama"]
test = ["iniconfig", "pluggy>=1 ; python_version >= '3.12'"]
all = ["app[color,test]"]
""",
    "groups": HEAD
    + """
dependencies = ["packaging"]
[dependency-groups]
base = ["iniconfig"]
test = [{ include-group = "base" }, "pluggy"]
dev = ["colorama", { include-group = "test" }]
""",
    "markers": HEAD
    + """
dependencies = [
    "colorama ; sys_platform == 'win32'",
    "iniconfig ; sys_platform == 'linux' and platform_machine == 'x86_64'",
    "pluggy ; platform_machine == 'arm64' or python_full_version < '3.11.1'",
    "packaging ; implementation_name == 'cpython' and os_name != 'nt'",
    "tomli ; python_version < '3.11'",
    "typing-extensions ; python_version in '3.11 3.12'",
]
""",
    "forks": HEAD
    + """
dependencies = [
    "packaging<24 ; python_version < '3.12'",
    "packaging>=24 ; python_version >= '3.12'",
    "iniconfig<2 ; sys_platform != 'linux'",
    "iniconfig>=2 ; sys_platform == 'linux'",
    "httpx",
]
[tool.uv]
environments = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]
""",
    "conflicting extras": HEAD
    + """
dependencies = ["click"]
[project.optional-dependencies]
old = ["packaging<24"]
new = ["packaging>=24", "httpx"]
[tool.uv]
conflicts = [[{ extra = "old" }, { extra = "new" }]]
""",
    "conflicting groups": HEAD
    + """
dependencies = ["click"]
[project.optional-dependencies]
web = ["httpx"]
[dependency-groups]
old = ["packaging<24", "iniconfig"]
new = ["packaging>=24"]
[tool.uv]
conflicts = [[{ group = "old" }, { group = "new" }, { extra = "web" }]]
""",
    "no project": """
//- app.py
//- pyproject.toml
[dependency-groups]
run = ["click", "colorama ; sys_platform == 'win32'"]
lint = ["iniconfig"]
[tool.uv.workspace]
members = []
""",
}
CHOICES = [
    ("extras", (), ()),
    ("extras", ("color",), ()),
    ("extras", ("all",), ()),
    ("groups", (), ()),
    ("groups", (), ("test",)),
    ("groups", (), ("dev", "base")),
    ("markers", (), ()),
    ("forks", (), ()),
    ("conflicting extras", (), ()),
    ("conflicting extras", ("old",), ()),
    ("conflicting extras", ("new",), ()),
    ("conflicting extras", ("old", "new"), ()),
    ("conflicting groups", (), ()),
    ("conflicting groups", (), ("old",)),
    ("conflicting groups", (), ("new",)),
    ("conflicting groups", ("web",), ()),
    ("conflicting groups", ("web",), ("old",)),
    ("no project", (), ()),
    ("no project", (), ("run",)),
    ("no project", (), ("run", "lint")),
]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Each project is written and locked once."""
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in made:
            project = write_project(tmp_path_factory.mktemp("oracle") / "app", PROJECTS[kind])
            lock(project)
            made[kind] = project
        return made[kind]

    return make


@pytest.mark.parametrize(("kind", "extras", "groups"), CHOICES)
def test_the_packages_are_those_that_uv_exports(
    product: Product,
    base: Base,
    locked: Callable[[str], Path],
    kind: str,
    extras: tuple[str, ...],
    groups: tuple[str, ...],
) -> None:
    project = locked(kind)
    flags = [f"--extra={name}" for name in extras] + [f"--group={name}" for name in groups]
    theirs = exported(project, base, *flags)
    environment = {
        "PYCONTAINER_BUILD_EXTRAS": ",".join(extras) or None,
        "PYCONTAINER_BUILD_GROUPS": ",".join(groups) or None,
    }
    ours = planned(product, base, project, environment=environment)
    if theirs is None:
        ours.failed()
        assert ours.error["code"] == "resolve/conflicting-extras"
    else:
        assert wheels(ours) == theirs
