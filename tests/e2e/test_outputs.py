"""Archives, several outputs at once, files about the image, and `inspect`."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from support.base import Base
from support.images import Image, Layout, judge, skopeo
from support.product import Product
from support.registries import Registry
from support.runtime import Podman, Unpacked


def build(product: Product, hello: Path, base: str, *flags: str | Path) -> dict[str, object]:
    own = ("--base-image", base, "--tag", "hello:1")
    return product.build(hello, *own, *flags).succeeded().json


def inspected(reference: str) -> str:
    return skopeo("inspect", "--format", "{{.Digest}}", reference).strip()


def test_an_oci_archive_is_read_by_others(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "image.tar"
    result = build(product, hello, base.slim_reference, "--output", f"oci-archive:{archive}")
    assert result["output"] is None
    assert result["outputs"] == [f"oci-archive:{archive}"]
    assert not (hello / "dist").exists()
    assert inspected(f"oci-archive:{archive}:1") == result["digest"]
    skopeo("copy", f"oci-archive:{archive}:1", f"oci:{tmp_path / 'copy'}:1")
    assert judge(tmp_path / "copy", "1") == []


def test_a_docker_archive_is_read_by_others(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "image.tar"
    build(product, hello, base.slim_reference, "--output", f"docker-archive:{archive}")
    skopeo("copy", f"docker-archive:{archive}", f"oci:{tmp_path / 'docker'}:1")
    skopeo("copy", f"oci-archive:{archive}:1", f"oci:{tmp_path / 'oci'}:1")
    own, other = (Layout(tmp_path / name).image("1") for name in ("docker", "oci"))
    assert own.config["rootfs"] == other.config["rootfs"]


def test_a_docker_archive_is_loaded_and_runs(
    product: Product,
    base: Base,
    hello: Path,
    tmp_path: Path,
    runtime: Podman | Unpacked,
) -> None:
    archive = tmp_path / "image.tar"
    build(product, hello, base.slim_reference, "--output", f"docker-archive:{archive}")
    copy = tmp_path / "loaded"
    skopeo("copy", f"docker-archive:{archive}", f"oci:{copy}:1")
    with runtime.start(f"oci:{copy}:1") as running:
        assert running.get(8000) == (200, "hello, world\n")


def test_the_same_image_is_the_same_archive(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    digests = set()
    for name in ("a.tar", "b.tar"):
        build(product, hello, base.slim_reference, "--output", f"docker-archive:{tmp_path / name}")
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_several_outputs_and_files_in_one_run(
    product: Product, base: Base, hello: Path, registry: Registry, tmp_path: Path
) -> None:
    tag = f"{registry.address}/outputs/hello:1"
    result = product.build(
        hello,
        *("--base-image", base.slim_reference, "--tag", tag, "--push"),
        *("--output", tmp_path / "layout"),
        *("--output", f"oci-archive:{tmp_path / 'oci.tar'}"),
        *("--output", f"docker-archive:{tmp_path / 'docker.tar'}"),
        *("--digest-file", tmp_path / "digest"),
        *("--image-id-file", tmp_path / "id"),
        *("--metadata-file", tmp_path / "metadata.json"),
    ).succeeded()
    digest = result.json["digest"]
    assert (tmp_path / "digest").read_text() == digest
    image = Layout(tmp_path / "layout").image()
    assert (tmp_path / "id").read_text() == image.manifest["config"]["digest"]
    metadata = json.loads((tmp_path / "metadata.json").read_text())
    assert metadata["containerimage.digest"] == digest
    assert metadata["containerimage.config.digest"] == image.manifest["config"]["digest"]
    assert metadata["image.name"] == tag
    assert inspected(f"oci-archive:{tmp_path / 'oci.tar'}:1") == digest
    assert len(result.json["outputs"]) == 3


def test_an_archive_that_cannot_be_written_is_an_error(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    flags = ("--base-image", base.slim_reference, "--output", f"oci-archive:{tmp_path}")
    error = product.build(hello, *flags).failed().error
    assert error["code"] == "image/not-a-file"
    two = ("--platform", "linux/amd64,linux/arm64", "--output", f"docker-archive:{tmp_path}/x.tar")
    error = product.build(hello, "--base-image", base.slim_reference, *two).failed().error
    assert error["code"] == "build/one-platform"


@pytest.mark.parametrize("kind", ["oci-archive", "docker-archive"])
def test_an_archive_is_a_base(
    kind: str, product: Product, base: Base, hello: Path, tmp_path: Path, base_layers: Image
) -> None:
    archive = tmp_path / "base.tar"
    name = "" if kind == "oci-archive" else ":docker.io/library/python:slim"
    skopeo("copy", base.slim_reference, f"{kind}:{archive}{name}")
    build(product, hello, f"{kind}:{archive}")
    layout = hello / "dist" / "image"
    if kind == "oci-archive":  # docker's has plain tar layers, which the judge does not expect
        assert judge(layout) == []
    image = Layout(layout).image()
    diff_ids = image.config["rootfs"]["diff_ids"]
    count = len(base_layers.layers)
    assert diff_ids[:count] == base_layers.config["rootfs"]["diff_ids"]


def test_a_damaged_archive_is_an_error(
    fresh_product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "base.tar"
    skopeo("copy", base.slim_reference, f"oci-archive:{archive}")
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    flags = ("--base-image", f"oci-archive:{archive}", "--no-cache")
    error = fresh_product.build(hello, *flags).failed().error
    assert error["code"] in ("image/invalid-archive", "archive/damaged")
    archive.write_bytes(bytes(data[:100_000]))
    assert fresh_product.build(hello, *flags).failed().error["code"] == "archive/damaged"


def test_inspect_tells_what_is_in_an_image(
    product: Product, base: Base, hello: Path, registry: Registry, tmp_path: Path
) -> None:
    tag = f"{registry.address}/inspected/hello:1"
    archive = tmp_path / "image.tar"
    flags = ("--base-image", base.slim_reference, "--tag", tag, "--push", "--env", "A=b")
    built = product.build(
        hello, *flags, "--output", hello / "out", "--output", f"docker-archive:{archive}"
    ).succeeded()
    for image in (tag, str(hello / "out"), f"oci:{hello / 'out'}", str(archive)):
        found = product.run("inspect", "--json", image).succeeded().json
        assert found["digest"] == built.json["digest"], image
        assert "A=b" in found["config"]["Env"]
        assert found["python"]["version"].startswith(base.python)
        assert [layer["digest"] for layer in found["layers"]] == [
            layer["digest"] for layer in built.layers()
        ]
        assert found["size"] >= sum(layer["size"] for layer in found["layers"])
    text = product.run("inspect", tag).succeeded().stdout
    assert built.json["digest"] in text
    assert product.run("inspect", "--json", f"{registry.address}/no/such:1").failed()


def test_load_asks_the_runtime(product: Product, base: Base, hello: Path, tmp_path: Path) -> None:
    """A stand-in for podman notes what it is given; it is a docker archive."""
    stand_in = tmp_path / "bin" / "podman"
    stand_in.parent.mkdir()
    stand_in.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncp "$3" {tmp_path}/got.tar\n'
    )
    stand_in.chmod(0o755)
    build(product, hello, base.slim_reference)
    environment = {"PATH": f"{stand_in.parent}:/usr/bin:/bin"}
    product.run("load", "--from", hello / "dist" / "image", environment=environment).succeeded()
    assert (tmp_path / "arguments").read_text().startswith("load -i ")
    listed = subprocess.run(
        ["tar", "tf", tmp_path / "got.tar"], capture_output=True, text=True, check=True
    )
    assert "manifest.json" in listed.stdout
