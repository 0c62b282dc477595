"""Other clients of registries read what is pushed, and what they push is built upon."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.base import Base
from support.go_tools import tool
from support.images import Image, Layout, judge
from support.product import Product
from support.registries import Registry


class Crane:
    def __init__(self, program: Path) -> None:
        self.program = program

    def __call__(self, *arguments: str | Path) -> str:
        command = [str(self.program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        return done.stdout.strip()


@pytest.fixture(scope="session")
def crane() -> Crane:
    return Crane(tool("crane"))


def test_crane_validates_what_is_pushed(
    product: Product, base: Base, registry: Registry, hello: Path, crane: Crane, tmp_path: Path
) -> None:
    tag = f"{registry.address}/crane/pushed:1"
    result = product.build(hello, "--base-image", base.slim_reference, "--tag", tag, "--push")
    assert crane("digest", tag) == result.succeeded().json["digest"]
    crane("validate", "--remote", tag)
    crane("pull", "--format", "oci", tag, tmp_path / "pulled")
    (layout,) = Layout(tmp_path / "pulled").images()
    assert layout[1].manifest["config"]["digest"] == result.json["platforms"][0]["image_id"]


def test_several_platforms_are_an_index_to_crane(
    product: Product, base: Base, registry: Registry, hello: Path, crane: Crane
) -> None:
    tag = f"{registry.address}/crane/index:1"
    source = f"{registry.address}/library/python:{base.python}-slim"
    flags = ("--base-image", source, "--platform", "linux/amd64,linux/arm64")
    product.build(hello, *flags, "--tag", tag, "--push").succeeded()
    crane("validate", "--fast", "--remote", tag)


def test_what_crane_pushed_is_a_base(
    product: Product,
    registry: Registry,
    hello: Path,
    crane: Crane,
    base: Base,
    base_layers: Image,
    tmp_path: Path,
) -> None:
    source = f"{registry.address}/library/python:{base.python}-slim"
    target = f"{registry.address}/crane/base:1"
    crane("copy", "--platform", "linux/amd64", source, target)
    product.build(hello, "--base-image", target).succeeded()
    assert judge(hello / "dist" / "image") == []
    assert Layout(hello / "dist" / "image").image().added(base_layers)
    crane("pull", "--format", "oci", target, tmp_path / "pulled")
    product.build(hello, "--base-image", f"oci:{tmp_path / 'pulled'}").succeeded()
    assert Layout(hello / "dist" / "image").image().added(base_layers)
    copy = f"{registry.address}/crane/copy:1"
    product.run("push", "--from", tmp_path / "pulled", copy).succeeded()
    assert crane("digest", copy) == crane("digest", target)
