"""Where dependencies come from: uv.lock, requirements.txt, uv on the machine, or an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from support.base import Base
from support.images import Image, Layout, judge
from support.product import Product
from support.projects import lock_with_uv, uv
from support.runtime import Podman, Unpacked

TOOL = """
//- pyproject.toml
[project]
name = "teller"
version = "0.3"
requires-python = ">=3.11"
dependencies = ["click", "colorama; sys_platform == 'win32'"]
[project.scripts]
teller = "teller:main"
[dependency-groups]
dev = ["iniconfig"]
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
//- teller.py
import click


@click.command()
@click.option("--name", default="nobody")
def main(name):
    click.echo(f"told {name}")
"""
INSTALLED = "import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))"


def test_a_uv_lock_is_installed(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    runtime: Podman | Unpacked,
) -> None:
    project = projects(TOOL)
    lock_with_uv(project)
    product.build(project, "--base-image", base.slim_reference).succeeded()
    assert judge(project / "dist" / "image") == []
    image = f"oci:{project}/dist/image:latest"
    assert runtime.run(image, "teller", "--name", "you") == "told you\n"
    installed = runtime.run(image, "python", "-c", INSTALLED).split()
    assert "click" in installed
    assert "teller" in installed
    assert "colorama" not in installed, "its marker names another system"
    assert "iniconfig" not in installed, "development groups are not for images"


def test_the_lock_alone_decides_the_versions(
    product: Product, base: Base, projects: Callable[[str], Path], base_layers: Image
) -> None:
    project = projects(TOOL.replace('"click"', '"click==8.1.7"'))
    lock_with_uv(project)
    product.build(project, "--base-image", base.slim_reference).succeeded()
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    names = {name.split("/")[-2] for layer in layers for name in layer.names() if "/" in name}
    assert "click-8.1.7.dist-info" in names


def test_pins_without_hashes_are_installed_with_a_warning(
    product: Product, base: Base, projects: Callable[[str], Path], base_layers: Image
) -> None:
    project = projects(
        """
//- pyproject.toml
[project]
name = "pinned"
version = "1"
requires-python = ">=3.11"
//- requirements.txt
# no hashes
-r more.txt
click==8.1.7 ; python_version >= "3.8"
colorama==0.4.6 ; sys_platform == "win32"
//- more.txt
iniconfig==2.0.0
//- app.py
"""
    )
    result = product.build(project, "--base-image", base.slim_reference).succeeded()
    assert any("hash" in warning["message"] for warning in result.json["warnings"])
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    names = {name.split("/")[-2] for layer in layers for name in layer.names() if "/" in name}
    assert {"click-8.1.7.dist-info", "iniconfig-2.0.0.dist-info"} <= names
    assert "colorama-0.4.6.dist-info" not in names


def test_without_a_lock_the_error_tells_how_to_make_one(
    product: Product, base: Base, projects: Callable[[str], Path]
) -> None:
    project = projects(TOOL)
    result = product.build(project, "--base-image", base.slim_reference, environment={"PATH": ""})
    assert result.code in (1, 3), str(result)
    assert "uv lock" in result.error["hint"]
    assert not (project / "dist").exists()


def test_without_a_lock_uv_is_asked_if_it_is_there(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    runtime: Podman | Unpacked,
) -> None:
    project = projects(TOOL)
    path = f"{Path(uv()).parent}:/usr/bin:/bin"
    flags = ("--base-image", base.slim_reference)
    product.build(project, *flags, environment={"PATH": path}).succeeded()
    image = f"oci:{project}/dist/image:latest"
    assert runtime.run(image, "teller") == "told nobody\n"


def test_a_project_without_dependencies_needs_no_lock(
    product: Product, base: Base, hello: Path
) -> None:
    flags = ("--base-image", base.slim_reference)
    product.build(hello, *flags, environment={"PATH": ""}).succeeded()
