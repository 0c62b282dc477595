"""Other clients of registries read what is pushed, and what they push is built upon."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.base import Base
from support.go_tools import call
from support.images import Image, Layout, judge, skopeo
from support.product import Product
from support.registries import Registry
from support.runtime import Podman, Unpacked

BOTH = "linux/amd64,linux/arm64"


def crane(*arguments: str | Path) -> str:
    return call("crane", *arguments).strip()


def regctl(registry: Registry, *arguments: str | Path) -> str:
    """Its settings are in files; this one is given with each call."""
    return call("regctl", "--host", f"reg={registry.address},tls=disabled", *arguments)


def test_crane_validates_what_is_pushed(
    product: Product, base: Base, registry: Registry, hello: Path, tmp_path: Path
) -> None:
    tag = f"{registry.address}/crane/pushed:1"
    result = product.build(hello, "--base-image", base.slim_reference, "--tag", tag, "--push")
    assert crane("digest", tag) == result.succeeded().json["digest"]
    crane("validate", "--remote", tag)
    crane("pull", "--format", "oci", tag, tmp_path / "pulled")
    (layout,) = Layout(tmp_path / "pulled").images()
    assert layout[1].manifest["config"]["digest"] == result.json["platforms"][0]["image_id"]


def test_several_platforms_are_an_index_to_crane(
    product: Product, base: Base, registry: Registry, hello: Path
) -> None:
    tag = f"{registry.address}/crane/index:1"
    source = f"{registry.address}/library/python:{base.python}-slim"
    flags = ("--base-image", source, "--platform", BOTH)
    product.build(hello, *flags, "--tag", tag, "--push").succeeded()
    crane("validate", "--fast", "--remote", tag)


def test_what_crane_pushed_is_a_base(
    product: Product,
    registry: Registry,
    hello: Path,
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


READERS: dict[str, Callable[[Registry, str, Path], object]] = {
    "crane": lambda registry, name, to: crane("pull", "--format", "oci", name, to),
    "skopeo": lambda registry, name, to: skopeo(
        "copy", "--all", "--src-tls-verify=false", f"docker://{name}", f"oci:{to}:1"
    ),
    "oras": lambda registry, name, to: call(
        "oras", "copy", "--from-plain-http", name, "--to-oci-layout", f"{to}:1"
    ),
    "regctl": lambda registry, name, to: regctl(
        registry, "image", "copy", name, f"ocidir://{to}:1"
    ),
}


@pytest.mark.parametrize("kind", ["image", "index"])
@pytest.mark.parametrize("client", READERS)
def test_what_is_pushed_is_copied_by(
    client: str,
    kind: str,
    product: Product,
    base: Base,
    registry: Registry,
    hello: Path,
    tmp_path: Path,
) -> None:
    """Byte for byte, with everything below it."""
    name = f"{registry.address}/read-by/{client}-{kind}:1"
    source = f"{registry.address}/library/python:{base.python}-slim"
    flags = ("--base-image", source, "--platform", BOTH if kind == "index" else "linux/amd64")
    built = product.build(hello, *flags, "--tag", name, "--push").succeeded().json
    READERS[client](registry, name, tmp_path / "copy")
    copied = Layout(tmp_path / "copy").images()
    assert {image.digest for _, image in copied} == {p["digest"] for p in built["platforms"]}
    for _, image in copied:
        assert [layer.diff_id for layer in image.layers] == image.config["rootfs"]["diff_ids"]


def with_podman(registry: Registry, layout: str, target: str, runtime: Podman | Unpacked) -> None:
    if not isinstance(runtime, Podman):
        pytest.skip("podman does not run here")
    runtime.call("push", "--tls-verify=false", runtime.pull(f"oci:{layout}"), target)


Pusher = Callable[[Registry, str, str, "Podman | Unpacked"], object]
PUSHERS: dict[str, Pusher] = {
    "oras": lambda registry, layout, target, runtime: call(
        "oras", "copy", "--to-plain-http", "--from-oci-layout", layout, target
    ),
    "regctl": lambda registry, layout, target, runtime: regctl(
        registry, "image", "copy", f"ocidir://{layout}", target
    ),
    "regctl with zstd": lambda registry, layout, target, runtime: (
        PUSHERS["regctl"](registry, layout, target, runtime),
        regctl(registry, "image", "mod", "--replace", "--layer-compress", "zstd", target),
    ),
    "regctl without compression": lambda registry, layout, target, runtime: (
        PUSHERS["regctl"](registry, layout, target, runtime),
        regctl(registry, "image", "mod", "--replace", "--layer-compress", "none", target),
    ),
    "podman": with_podman,
}


@pytest.mark.parametrize("client", PUSHERS)
def test_what_is_pushed_as_a_base_runs_by(
    client: str,
    product: Product,
    base: Base,
    registry: Registry,
    hello: Path,
    runtime: Podman | Unpacked,
) -> None:
    target = f"{registry.address}/bases/{client.replace(' ', '-')}:1"
    layout = base.slim_reference.removeprefix("oci:")
    PUSHERS[client](registry, layout, target, runtime)
    product.build(hello, "--base-image", target).succeeded()
    image = Layout(hello / "dist" / "image").image()
    kinds = {layer["mediaType"] for layer in image.manifest["layers"]}
    assert ("application/vnd.oci.image.layer.v1.tar+zstd" in kinds) == ("zstd" in client)
    assert ("application/vnd.oci.image.layer.v1.tar" in kinds) == ("without" in client)
    with runtime.start(f"oci:{hello / 'dist' / 'image'}:latest") as running:
        assert running.get(8000) == (200, "hello, world\n")
