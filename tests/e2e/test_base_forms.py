"""Bases in every form that registries and tools have: Docker's and OCI's documents, indexes with
what is no image, layers of all compressions and of nobody's registry, tags and digests."""

from __future__ import annotations

import hashlib
import json
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.base import Base
from support.errors import clear_error
from support.images import Layout, judge, skopeo
from support.product import Product
from support.registries import Registry
from support.runtime import Podman, Unpacked

DOCKER = "application/vnd.docker.distribution.manifest"
FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"


class Copy:
    """A layout of the base that can be changed before it is pushed."""

    def __init__(self, base: Base, directory: Path) -> None:
        skopeo("copy", "--all", base.slim_reference, f"oci:{directory}:base")
        self.directory = directory
        self.entry = json.loads((directory / "index.json").read_text())["manifests"][0]
        self.index = self.read(self.entry)

    def read(self, descriptor: dict[str, Any]) -> Any:
        return json.loads(Layout(self.directory).blob(descriptor))

    def put(self, media_type: str, value: Any) -> dict[str, Any]:
        data = json.dumps(value).encode()
        name = hashlib.sha256(data).hexdigest()
        (self.directory / "blobs" / "sha256" / name).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{name}", "size": len(data)}

    def finish(self, root: dict[str, Any]) -> str:
        entry = {**root, "annotations": {"org.opencontainers.image.ref.name": "base"}}
        listed = {"schemaVersion": 2, "manifests": [entry]}
        (self.directory / "index.json").write_text(json.dumps(listed))
        return f"oci:{self.directory}:base"

    def manifest(self, architecture: str) -> dict[str, Any]:
        found = next(
            m for m in self.index["manifests"] if m["platform"]["architecture"] == architecture
        )
        assert isinstance(found, dict)
        return found


@pytest.fixture
def copy_of_base(base: Base, tmp_path: Path) -> Copy:
    if len(Layout(base.layout).images(base.slim)) < 2:
        pytest.skip("this machine's packages make a base for one platform only")
    return Copy(base, tmp_path / "base-copy")


def push(registry: Registry, source: str, name: str, *options: str) -> str:
    flags = ("--dest-tls-verify=false", *options)
    skopeo("copy", *flags, source, f"docker://{registry.address}/{name}")
    return f"{registry.address}/{name}"


def put_manifest(registry: Registry, name: str, tag: str, media_type: str, value: Any) -> str:
    request = urllib.request.Request(
        f"http://{registry.address}/v2/{name}/manifests/{tag}",
        data=json.dumps(value).encode(),
        headers={"Content-Type": media_type},
        method="PUT",
    )
    with urllib.request.urlopen(request) as response:
        return str(response.headers["Docker-Content-Digest"])


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("oci", ("--format", "oci")),
        ("docker", ("--format", "v2s2")),
        ("oci-index", ("--format", "oci", "--all")),
        ("docker-list", ("--format", "v2s2", "--all")),
        ("zstd", ("--format", "oci", "--dest-compress-format", "zstd", "--dest-compress")),
        ("gzip-anew", ("--dest-compress-format", "gzip", "--dest-compress-level", "1")),
    ],
)
def test_every_form_in_a_registry_is_a_base(
    form: str,
    options: tuple[str, ...],
    product: Product,
    base: Base,
    hello: Path,
    registry: Registry,
    runtime: Podman | Unpacked,
) -> None:
    name = push(registry, base.slim_reference, f"forms/{form}:1", *options)
    raw = json.loads(skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{name}"))
    expected = DOCKER in raw["mediaType"] if form.startswith("docker") else True
    assert expected, raw["mediaType"]
    result = product.build(hello, "--base-image", name).succeeded()
    layout = hello / "dist" / "image"
    types = {layer["mediaType"] for layer in Layout(layout).image().manifest["layers"]}
    assert not [kind for kind in types if "docker" in kind]
    assert judge(layout, None, tuple(types)) == []
    digest = result.json["platforms"][0]["digest"]
    assert Layout(layout).image().digest == digest
    with runtime.start(f"oci:{layout}:latest") as running:
        assert running.get(8000) == (200, "hello, world\n")


def test_layers_without_compression_are_taken_as_they_are(
    product: Product, base: Base, hello: Path, tmp_path: Path, runtime: Podman | Unpacked
) -> None:
    skopeo("copy", base.slim_reference, f"docker-archive:{tmp_path / 'base.tar'}:python:slim")
    product.build(hello, "--base-image", f"docker-archive:{tmp_path / 'base.tar'}").succeeded()
    layout = hello / "dist" / "image"
    kinds = [layer["mediaType"] for layer in Layout(layout).image().manifest["layers"]]
    assert kinds[0] == "application/vnd.oci.image.layer.v1.tar"
    with runtime.start(f"oci:{layout}:latest") as running:
        assert running.get(8000) == (200, "hello, world\n")


def test_attestations_in_an_index_are_no_images(
    copy_of_base: Copy, product: Product, hello: Path
) -> None:
    """As BuildKit writes them: for the platform unknown/unknown, before or after the images."""
    statement = copy_of_base.put("application/vnd.in-toto+json", {"_type": "x"})
    config = copy_of_base.put("application/vnd.oci.image.config.v1+json", {"config": {}})
    attestation = copy_of_base.put(
        "application/vnd.oci.image.manifest.v1+json",
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config,
            "layers": [statement],
        },
    )
    amd64 = copy_of_base.manifest("amd64")
    attestation |= {
        "platform": {"os": "unknown", "architecture": "unknown"},
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": amd64["digest"],
        },
    }
    index = {**copy_of_base.index, "manifests": [attestation, amd64, attestation]}
    reference = copy_of_base.finish(copy_of_base.put(copy_of_base.entry["mediaType"], index))
    product.build(hello, "--base-image", reference).succeeded()
    failed = product.build(hello, "--base-image", reference, "--platform", "linux/arm64")
    error = clear_error(failed, "linux/arm64", "linux/amd64")
    assert error["code"] == "base/no-platform"
    assert "unknown" not in f"{error}"


def test_foreign_layers_are_left_alone(copy_of_base: Copy, product: Product, hello: Path) -> None:
    """Nobody fetches, sends or writes them; where they are stays in the manifest."""
    urls = ["https://layers.example/windows"]
    manifest = copy_of_base.read(copy_of_base.manifest("amd64"))
    config = copy_of_base.read(manifest["config"])
    foreign = {"mediaType": FOREIGN, "digest": f"sha256:{'ab' * 32}", "size": 9, "urls": urls}
    manifest["layers"].insert(0, foreign)
    config["rootfs"]["diff_ids"].insert(0, f"sha256:{'cd' * 32}")
    config["history"].insert(0, {"created_by": "foreign"})
    manifest["config"] = copy_of_base.put(manifest["config"]["mediaType"], config)
    kind = "application/vnd.oci.image.manifest.v1+json"
    reference = copy_of_base.finish(copy_of_base.put(kind, manifest))
    product.build(hello, "--base-image", reference).succeeded()
    layout = hello / "dist" / "image"
    (entry,) = Layout(layout).index["manifests"]
    (first, *_) = json.loads(Layout(layout).blob(entry))["layers"]
    assert first["urls"] == urls
    assert first["digest"] == foreign["digest"]
    assert first["mediaType"] == "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    assert not (layout / "blobs" / "sha256" / ("ab" * 32)).exists()
    shown = product.run("inspect", str(layout), "--json").succeeded().json
    assert shown["layers"][0]["digest"] == foreign["digest"]


def test_a_tag_a_digest_and_both(
    product: Product, base: Base, hello: Path, registry: Registry
) -> None:
    name = push(registry, base.slim_reference, "forms/pinned:1", "--all")
    raw = skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{name}")
    digest = "sha256:" + hashlib.sha256(raw.encode()).hexdigest()
    repository = name.rpartition(":")[0]
    digests = set()
    for reference in (name, f"{repository}@{digest}", f"{name}@{digest}"):
        digests.add(product.build(hello, "--base-image", reference).succeeded().json["digest"])
        annotations = Layout(hello / "dist" / "image").image().manifest["annotations"]
        assert annotations["org.opencontainers.image.base.name"] == reference
        assert annotations["org.opencontainers.image.base.digest"].startswith("sha256:")
    assert len(digests) == 3  # the name is part of the image
    other = f"{name}@sha256:{'0' * 64}"
    error = clear_error(product.build(hello, "--base-image", other), "0000")
    assert error["code"] in ("registry/not-found", "registry/rejected")


@pytest.mark.parametrize("offered", ["arm/v6", "arm/v7", "arm"])
def test_variants_of_a_platform(
    offered: str, copy_of_base: Copy, product: Product, hello: Path
) -> None:
    """`linux/arm` is v7; what is for v6 is something else."""
    architecture, _, variant = offered.partition("/")
    manifest = copy_of_base.read(copy_of_base.manifest("amd64"))
    config = copy_of_base.read(manifest["config"])
    config["architecture"] = architecture
    if variant:
        config["variant"] = variant
    manifest["config"] = copy_of_base.put(manifest["config"]["mediaType"], config)
    entry = copy_of_base.put("application/vnd.oci.image.manifest.v1+json", manifest)
    entry["platform"] = {"os": "linux", "architecture": architecture}
    if variant:
        entry["platform"]["variant"] = variant
    index = {**copy_of_base.index, "manifests": [copy_of_base.manifest("amd64"), entry]}
    reference = copy_of_base.finish(copy_of_base.put(copy_of_base.entry["mediaType"], index))
    asked = {"arm/v6": "linux/arm/v6", "arm/v7": "linux/arm", "arm": "linux/arm/v7"}[offered]
    product.build(hello, "--base-image", reference, "--platform", asked).succeeded()
    other = "linux/arm/v7" if offered == "arm/v6" else "linux/arm/v6"
    failed = product.build(hello, "--base-image", reference, "--platform", other)
    error = clear_error(failed, other.removesuffix("/v7"), "linux/amd64")
    assert error["code"] == "base/no-platform"


def test_one_image_of_another_architecture_is_an_error(
    copy_of_base: Copy, product: Product, hello: Path
) -> None:
    reference = copy_of_base.finish(copy_of_base.manifest("arm64"))
    error = clear_error(
        product.build(hello, "--base-image", reference), "linux/arm64", "--platform"
    )
    assert error["code"] == "base/wrong-platform"


def test_a_scratch_base_takes_what_needs_no_python(
    product: Product, projects: Callable[[str], Path]
) -> None:
    project = projects("//- pyproject.toml\n[project]\nname = 'x'\nversion = '1'\n//- data\nx\n")
    error = clear_error(product.build(project, "--base-image", "scratch"), code=1)
    assert error["hint"]
    flags = ("--base-image", "scratch", "--entrypoint", "/app/program", "--no-deps")
    product.build(project, *flags).succeeded()
    image = Layout(project / "dist" / "image").image()
    assert len(image.layers) == 1
    assert "org.opencontainers.image.base.digest" not in image.manifest["annotations"]


def test_offline_takes_what_was_fetched(
    fresh_product: Product, base: Base, hello: Path, registry: Registry, tmp_path: Path
) -> None:
    name = push(registry, base.slim_reference, "forms/offline:1", "--all")
    flags = ("--base-image", name)
    refused = fresh_product.build(hello, *flags, "--offline")
    assert clear_error(refused, "offline")["code"] == "base/not-cached"
    built = fresh_product.build(hello, *flags).succeeded().json
    registry.gateway.clear()
    (hello / "app.py").write_text((hello / "app.py").read_text() + "# changed\n")
    shutil.rmtree(hello / "dist")
    changed = fresh_product.build(hello, *flags, "--offline").succeeded().json
    assert changed["digest"] != built["digest"]
    assert registry.gateway.log == []
    tag = ("--tag", f"{registry.address}/forms/result:1", "--push")
    for wrong in (tag, ("--pull", "always")):
        error = fresh_product.build(hello, *flags, "--offline", *wrong).failed(2).error
        assert error["code"] == "request/invalid"
