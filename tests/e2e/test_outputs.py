"""Archives, several outputs at once, files about the image, and `inspect`."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from support.base import Base
from support.errors import clear_error
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
    clear_error(product.run("inspect", "--json", "scratch"), "scratch")


def test_podman_loads_what_it_lacks(
    product: Product, base: Base, hello: Path, tmp_path: Path, runtime: Podman | Unpacked
) -> None:
    if not isinstance(runtime, Podman):
        pytest.skip("podman does not run here")
    storage = tmp_path / "storage.conf"
    driver = next(part for part in runtime.command if part.startswith("--storage-driver="))
    storage.write_text(
        f'[storage]\ndriver = "{driver.partition("=")[2]}"\n'
        f'graphroot = "{tmp_path}/graph"\nrunroot = "{runtime.runroot}-load"\n'
    )
    environment = {"CONTAINERS_STORAGE_CONF": str(storage)}
    build(product, hello, base.slim_reference, "--tag", "ghcr.io/acme/hello:2")
    try:
        loaded = product.run(
            "load", "--from", hello / "dist" / "image", "--into", "podman", "--json",
            environment=environment,
        ).succeeded().json  # fmt: skip
        shown = product_podman(environment, "image", "inspect", loaded["image_id"][7:])
        (image,) = json.loads(shown)
        assert sorted(image["RepoTags"]) == [
            "docker.io/library/hello:1",
            "ghcr.io/acme/hello:2",
        ]
    finally:
        subprocess.run(["umount", "--lazy", tmp_path / "graph" / "overlay"], check=False,
                       capture_output=True)  # fmt: skip
        subprocess.run(["rm", "-rf", f"{runtime.runroot}-load"], check=False)


def product_podman(environment: dict[str, str], *arguments: str) -> str:
    command = ["podman", *arguments]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("refuses", [False, True], ids=["takes it", "wants all"])
def test_docker_gets_the_layers_it_lacks(
    refuses: bool, product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    """A stand-in answers as docker does that has an image with the base's layers."""
    build(product, hello, base.slim_reference)
    image = Layout(hello / "dist" / "image").image("1")
    known = image.config["rootfs"]["diff_ids"][:-1]
    (tmp_path / "bin").mkdir()
    stand_in = tmp_path / "bin" / "docker"
    stand_in.write_text(
        "#!/bin/sh\n"
        f'case "$2" in\n'
        f"ls) echo sha256:{'a' * 64}; exit;;\n"
        f"inspect) echo '{json.dumps(known)}'; exit;;\n"
        "esac\n"
        f'echo "$@" >> {tmp_path}/loads\ncp "$3" {tmp_path}/got.tar\n'
        + (f"[ $(wc -l < {tmp_path}/loads) = 2 ]\n" if refuses else "")
    )
    stand_in.chmod(0o755)
    environment = {"PATH": f"{stand_in.parent}:/usr/bin:/bin"}
    arguments = ("load", "--from", hello / "dist" / "image", "--into", "docker", "--json")
    result = product.run(*arguments, environment=environment).succeeded().json
    with tarfile.open(tmp_path / "got.tar") as tar:
        names = tar.getnames()
        stream = tar.extractfile("manifest.json")
        assert stream
        (listed,) = json.load(stream)
    assert [name.rpartition("/")[2] for name in listed["Layers"]] == [
        layer.descriptor["digest"][7:] for layer in image.layers
    ]
    there = [name for name in listed["Layers"] if name in names]
    if refuses:
        assert there == listed["Layers"]
        assert len((tmp_path / "loads").read_text().splitlines()) == 2
    else:
        assert there == listed["Layers"][-1:]
        assert "index.json" not in names
        assert result["layers_sent"] == 1
        assert result["bytes_sent"] == image.layers[-1].descriptor["size"]


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
    (tmp_path / "arguments").unlink()
    flags = ("--from", hello / "dist" / "image", "--platform", "linux/arm64", "--json")
    failed = product.run("load", *flags, environment=environment)
    clear_error(failed, "linux/amd64", "linux/arm64")
    assert not (tmp_path / "arguments").exists()
