"""Projects without a lock: what the resolver takes, remembers and explains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.base import Base
from support.images import Image, Layout
from support.index import Index
from support.product import Product
from support.uv import compiled, planned, wheels
from support.wheels import make_wheel

PROJECT = """
//- pyproject.toml
[project]
name = "unlocked"
version = "1"
dependencies = [
    DEPENDENCIES
]
//- app.py
"""


def project_of(*requirements: str) -> str:
    lines = "\n    ".join(f'"{each}",' for each in requirements)
    return PROJECT.replace("DEPENDENCIES", lines)


def distributions(project: Path, base_layers: Image) -> set[str]:
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    parts = {part for layer in layers for name in layer.names() for part in name.split("/")}
    return {part.removesuffix(".dist-info") for part in parts if part.endswith(".dist-info")}


def test_the_newest_that_fits_is_installed_and_kept(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    base_layers: Image,
    index: Index,
) -> None:
    index.add(make_wheel("plain", "1.0"))
    index.add(make_wheel("plain", "2.0", requires=("deep<3", "gone; sys_platform == 'win32'")))
    index.add(make_wheel("plain", "3.0", "cp39-cp39-win_amd64"))
    index.add(make_wheel("deep", "2.5", requires=("plain",)))
    index.add(make_wheel("deep", "3.0"))
    project = projects(project_of("plain"))
    flags = ("--base-image", base.slim_reference)
    environment = {"PATH": "", "UV_DEFAULT_INDEX": index.url}
    product.build(project, *flags, environment=environment).succeeded()
    assert distributions(project, base_layers) == {"plain-2.0", "deep-2.5"}
    index.add(make_wheel("plain", "2.1"))
    (project / "app.py").write_text("changed = True\n")
    asked = len(index.requests)
    product.build(project, *flags, environment=environment).succeeded()
    assert len(index.requests) == asked, "the versions are remembered"
    assert "plain-2.0" in distributions(project, base_layers)


def test_a_conflict_is_explained_with_its_lines(
    product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    index.add(make_wheel("plain", "1.0", requires=("deep>=3",)))
    index.add(make_wheel("deep", "2.0"))
    index.add(make_wheel("deep", "3.0"))
    project = projects(project_of("plain", "deep<3"))
    result = product.build(
        project,
        *("--base-image", base.slim_reference),
        environment={"UV_DEFAULT_INDEX": index.url},
    ).failed()
    error = result.error
    assert error["code"] == "resolve/unsatisfiable"
    assert "`plain 1.0` needs `deep>=3`" in error["message"]
    lines = {each["range"]["start"]["line"] for each in result.diagnostics}
    assert lines == {4, 5}, str(result)
    assert not (project / "dist").exists()


def test_what_only_windows_has_is_told(
    product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    index.add(make_wheel("plain", "1.0", "cp311-cp311-win_amd64"))
    result = product.build(
        projects(project_of("plain")),
        *("--base-image", base.slim_reference),
        environment={"UV_DEFAULT_INDEX": index.url},
    ).failed()
    assert result.error["code"] == "resolve/unsatisfiable"
    assert "win_amd64" in result.error["message"]


@pytest.mark.parametrize(
    "requirements",
    [
        ["fastapi", "uvicorn[standard]"],
        ["django>=4.2,<5", "djangorestframework", "gunicorn"],
        ["flask", "sqlalchemy<2", "requests>=2.20"],
        ["jinja2<3", "markupsafe"],
        ["pydantic[email]>=2", "httpx[http2]", "typer", "rich<13"],
    ],
    ids=lambda each: each[0],
)
def test_the_versions_are_those_of_uv(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    requirements: list[str],
) -> None:
    project = projects(project_of(*requirements))
    expected = compiled(project, requirements, base)
    result = planned(product, base, project)
    assert wheels(result.succeeded()) == expected
