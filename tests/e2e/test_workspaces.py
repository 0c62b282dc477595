"""Several projects in one tree: one of them is built, with what it depends on and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.base import Base
from support.errors import clear_error, nothing_written
from support.images import Image, Layout, judge
from support.product import Product
from support.runtime import Podman, Unpacked
from support.uv import exported, lock, planned, wheels

Projects = Callable[[str], Path]

WORKSPACE = """
//- pyproject.toml
[tool.uv.workspace]
members = ["packages/*"]
[tool.pycontainer.build.labels]
team = "shop"
//- packages/api/pyproject.toml
[project]
name = "api"
version = "1.2"
requires-python = ">=3.11"
dependencies = ["click", "core"]
[project.optional-dependencies]
extra = ["colorama"]
[project.scripts]
api = "api:main"
[tool.uv.sources]
core = { workspace = true }
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
//- packages/api/src/api/__init__.py
import importlib.metadata
import pathlib

import click
import core


@click.command()
def main():
    data = pathlib.Path("data.txt").read_text().strip()
    click.echo(f"{core.NAME} {data} {importlib.metadata.version('api')}")
//- packages/api/data.txt
here
//- packages/core/pyproject.toml
[project]
name = "core"
version = "0.1"
requires-python = ">=3.11"
dependencies = ["iniconfig"]
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
//- packages/core/src/core/__init__.py
import iniconfig

NAME = "core"
//- packages/web/pyproject.toml
[project]
name = "web"
version = "3"
requires-python = ">=3.11"
dependencies = ["packaging"]
//- packages/web/main.py
import packaging

print("web")
//- packages/notes/pyproject.toml
[project]
name = "notes"
version = "0"
"""


@pytest.fixture
def workspace(projects: Projects) -> Path:
    directory = projects(WORKSPACE)
    lock(directory)
    return directory


def test_a_member_is_built_with_its_own_dependencies(
    product: Product,
    base: Base,
    base_layers: Image,
    workspace: Path,
    runtime: Podman | Unpacked,
) -> None:
    flags = ("--base-image", base.slim_reference)
    result = product.build(workspace, *flags, "--package", "api").succeeded()
    layout = workspace / "dist" / "image"
    assert judge(layout) == []
    assert result.json["references"] == ["api:latest"]
    assert runtime.run(f"oci:{layout}:latest", "api") == "core here 1.2\n"
    image = Layout(layout).image()
    names = {name for layer in image.added(base_layers) for name in layer.names()}
    installed = {name.split("/")[-2] for name in names if name.endswith(".dist-info/METADATA")}
    assert {name.split("-")[0] for name in installed} == {"api", "click", "core", "iniconfig"}
    assert "app/src/api/__init__.py" in names
    site = f"opt/venv/lib/python{base.python}/site-packages"
    assert f"{site}/core/__init__.py" in names
    assert not [name for name in names if "main.py" in name], "web is another project"
    assert image.settings["Labels"]["team"] == "shop", "the workspace's settings hold for all"
    assert image.settings["Labels"]["org.opencontainers.image.version"] == "1.2"


def test_the_members_directory_is_the_same_as_its_name(
    product: Product, base: Base, workspace: Path, tmp_path: Path
) -> None:
    (workspace / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    flags = ("--base-image", base.slim_reference)
    one = product.build(workspace, *flags, "--package", "api").succeeded()
    out = ("--output", tmp_path / "other")
    two = product.build(workspace / "packages/api", *flags, *out).succeeded()
    sibling = product.build(workspace / "packages/web", *flags, *out, "--package", "Api")
    assert one.json["digest"] == two.json["digest"] == sibling.succeeded().json["digest"]


def test_a_change_of_a_member_that_is_needed_is_noticed(
    product: Product, base: Base, workspace: Path, runtime: Podman | Unpacked
) -> None:
    flags = ("--base-image", base.slim_reference, "--package", "api")
    first = product.build(workspace, *flags).succeeded()
    (workspace / "packages/core/src/core/__init__.py").write_text("NAME = 'changed'\n")
    second = product.build(workspace, *flags).succeeded()
    assert first.json["digest"] != second.json["digest"]
    image = f"oci:{workspace}/dist/image:latest"
    assert runtime.run(image, "api") == "changed here 1.2\n"
    (workspace / "packages/web/main.py").write_text("print('other')\n")
    third = product.build(workspace, *flags).succeeded()
    assert third.json["digest"] == second.json["digest"], "another project changed"


def test_the_configuration_can_name_the_member(
    product: Product, base: Base, workspace: Path
) -> None:
    (workspace / "pycontainer.toml").write_text('[build]\npackage = "web"\nworkdir = "/srv"\n')
    (workspace / "packages/web/pycontainer.toml").write_text('[build]\nuser = "1000"\n')
    plan = planned(product, base, workspace).succeeded().json
    assert plan["image"]["entrypoint"][-1] == "main.py"
    assert plan["image"]["workdir"] == "/srv"
    assert plan["image"]["user"] == "1000"
    assert plan["references"] == ["web:latest"]
    (fact,) = [fact for fact in plan["facts"] if fact["name"] == "package"]
    assert fact["value"] == "web"
    assert fact["evidence"].startswith("pycontainer.toml:2, in ")


@pytest.mark.parametrize(
    "arguments", [("api",), ("api", "--extra", "extra"), ("core",), ("web",), ("notes",)]
)
def test_the_choice_is_that_of_uv(
    product: Product, base: Base, workspace: Path, arguments: tuple[str, ...]
) -> None:
    name, *extras = arguments
    settings = f"extras = {extras[1::2]}\nentrypoint = 'true'\n"
    (workspace / "pycontainer.toml").write_text(f"[build]\n{settings}")
    plan = planned(product, base, workspace, "--package", name)
    assert wheels(plan) == exported(workspace, base, "--package", *arguments)


def test_an_unknown_member_is_refused_with_those_that_there_are(
    product: Product, base: Base, projects: Projects
) -> None:
    workspace = projects(WORKSPACE)
    (workspace / "packages/docs").mkdir()
    flags = ("--base-image", base.slim_reference, "--package")
    result = product.build(workspace, *flags, "apy")
    error = clear_error(result, "`apy`")
    assert error["code"] == "project/unknown-member"
    assert error["hint"] == "did you mean `api`? there are `api`, `core`, `notes`, `web`"
    result = product.build(workspace, *flags, "docs")
    assert clear_error(result, "packages/docs")["code"] == "project/invalid-member"
    result = product.build(workspace, *flags, "a/b")
    assert result.code == 2, str(result)
    nothing_written(workspace / "dist" / "image")


def test_a_project_alone_has_no_members(product: Product, base: Base, hello: Path) -> None:
    result = product.build(hello, "--base-image", base.slim_reference, "--package", "api")
    assert clear_error(result, "`api`", "--context")["code"] == "project/no-workspace"
    product.build(hello, "--base-image", base.slim_reference, "--package", "hello").succeeded()
