"""`rebase`: another base below an image, with the digest that a build on it would have."""

from __future__ import annotations

import copy
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.base import Base
from support.errors import clear_error
from support.images import Image, Layout, judge, skopeo
from support.product import Product
from support.registries import Registry
from support.runtime import Podman, Unpacked

BOTH = "linux/amd64,linux/arm64"
BASE_DIGEST = "org.opencontainers.image.base.digest"
BASE_NAME = "org.opencontainers.image.base.name"
Change = Callable[[dict[str, Any]], None]


class Bases:
    """Changed copies of the base, as newer releases of it are: another layer, other settings."""

    def __init__(self, base: Base, directory: Path) -> None:
        self.directory = directory
        shutil.copytree(base.layout, directory)
        index = json.loads((directory / "index.json").read_text())
        self.root = next(
            entry
            for entry in index["manifests"]
            if entry["annotations"]["org.opencontainers.image.ref.name"] == base.slim
        )

    def read(self, descriptor: dict[str, Any]) -> Any:
        path = self.directory / "blobs" / "sha256" / descriptor["digest"].removeprefix("sha256:")
        return json.loads(path.read_bytes())

    def put(self, data: bytes) -> tuple[str, int]:
        name = hashlib.sha256(data).hexdigest()
        (self.directory / "blobs" / "sha256" / name).write_bytes(data)
        return f"sha256:{name}", len(data)

    def document(self, old: dict[str, Any], value: Any) -> dict[str, Any]:
        digest, size = self.put(json.dumps(value).encode())
        return {**old, "digest": digest, "size": size}

    def layer(self, files: dict[str, bytes], links: dict[str, str]) -> tuple[dict[str, Any], str]:
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as tar:
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
            for name, target in links.items():
                info = tarfile.TarInfo(name)
                info.type, info.linkname = tarfile.SYMTYPE, target
                tar.addfile(info)
        digest, size = self.put(gzip.compress(raw.getvalue(), mtime=0))
        kind = "application/vnd.oci.image.layer.v1.tar+gzip"
        diff_id = "sha256:" + hashlib.sha256(raw.getvalue()).hexdigest()
        return {"mediaType": kind, "digest": digest, "size": size}, diff_id

    def release(
        self,
        tag: str,
        change: Change = lambda config: None,
        files: dict[str, bytes] | None = None,
        links: dict[str, str] | None = None,
    ) -> str:
        """A release named `tag`: for all platforms one layer more, and changed configurations."""
        default = {"etc/release": tag.encode()}
        descriptor, diff_id = self.layer(default if files is None else files, links or {})
        manifests = []
        root = self.read(self.root)
        for entry in root["manifests"]:
            manifest = self.read(entry)
            config = copy.deepcopy(self.read(manifest["config"]))
            config["rootfs"]["diff_ids"].append(diff_id)
            config["history"].append({"created_by": tag})
            change(config)
            manifest["layers"].append(descriptor)
            manifest["config"] = self.document(manifest["config"], config)
            manifests.append(self.document(entry, manifest))
        index = self.document(self.root, {**root, "manifests": manifests})
        index["annotations"] = {"org.opencontainers.image.ref.name": tag}
        listed = json.loads((self.directory / "index.json").read_text())
        listed["manifests"].append(index)
        (self.directory / "index.json").write_text(json.dumps(listed))
        return f"oci:{self.directory}:{tag}"

    def push(self, tag: str, target: str) -> None:
        options = ["--all", "--dest-tls-verify=false"]
        skopeo("copy", *options, f"oci:{self.directory}:{tag}", f"docker://{target}")


@pytest.fixture
def bases(base: Base, tmp_path: Path) -> Bases:
    if len(Layout(base.layout).images(base.slim)) < 2:
        pytest.skip("this machine's packages make a base for one platform only")
    return Bases(base, tmp_path / "bases")


def newer(config: dict[str, Any]) -> None:
    settings = config["config"]
    settings["Env"] = ["NEW=1", *settings["Env"]]
    settings["Labels"] = {"vendor": "newer"}
    settings["StopSignal"] = "SIGINT"


def raw(reference: str) -> bytes:
    return skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{reference}").encode()


def digest_of(reference: str) -> str:
    return "sha256:" + hashlib.sha256(raw(reference)).hexdigest()


@pytest.mark.parametrize("platforms", ["linux/amd64", BOTH])
def test_rebasing_gives_the_digest_of_a_build_on_the_new_base(
    platforms: str, product: Product, bases: Bases, registry: Registry, hello: Path
) -> None:
    name = f"{registry.address}/rebased/base-{platforms.count(',')}:3"
    image = f"{registry.address}/rebased/hello-{platforms.count(',')}"
    bases.release("old")
    bases.push("old", name)
    flags = ("--base-image", name, "--platform", platforms, "--pull", "always")
    built = product.build(hello, *flags, "--tag", f"{image}:1", "--push").succeeded().json
    bases.release("new", newer)
    bases.push("new", name)
    registry.gateway.clear()
    rebased = product.run("rebase", f"{image}:1", "--tag", "2", "--json").succeeded().json
    assert rebased["changed"]
    assert rebased["old_digest"] == built["digest"]
    assert rebased["references"] == [f"{image}:2"]
    assert digest_of(f"{image}:2") == rebased["digest"]
    assert digest_of(f"{image}:1") == built["digest"]
    # The layers of the application stay where they are, those of the base are mounted; only
    # configurations are sent.
    assert registry.gateway.uploaded_bytes() < 20_000
    anew = product.build(hello, *flags, "--tag", f"{image}:3", "--push").succeeded().json
    assert anew["digest"] == rebased["digest"]
    assert anew["digest"] != built["digest"]


def test_rebasing_moves_the_tag_and_then_nothing(
    product: Product, bases: Bases, registry: Registry, hello: Path
) -> None:
    name, image = f"{registry.address}/rebased/moving:3", f"{registry.address}/rebased/tag:1"
    bases.release("old")
    bases.push("old", name)
    product.build(hello, "--base-image", name, "--tag", image, "--push").succeeded()
    bases.release("new", newer)
    bases.push("new", name)
    planned = product.run("rebase", image, "--dry-run", "--json").succeeded().json
    assert digest_of(image) == planned["old_digest"] != planned["digest"]
    text = product.run("rebase", image).succeeded().stdout
    assert planned["digest"] in text
    assert digest_of(image) == planned["digest"]
    manifest = json.loads(raw(image))
    assert manifest["annotations"][BASE_NAME] == name
    (platform,) = planned["platforms"]
    assert manifest["annotations"][BASE_DIGEST] == platform["new_base"]["digest"]
    registry.gateway.clear()
    again = product.run("rebase", image, "--json").succeeded().json
    assert not again["changed"]
    assert registry.gateway.requests("PUT", "/manifests/") == []
    assert "newest base" in product.run("rebase", image).succeeded().stdout


def test_a_layout_is_rebased_in_its_place_and_runs(
    product: Product,
    bases: Bases,
    hello: Path,
    runtime: Podman | Unpacked,
) -> None:
    old = bases.release("old")
    new = bases.release("new", newer)
    flags = ("--platform", BOTH, "--tag", "hello:5")
    product.build(hello, "--base-image", old, *flags).succeeded()
    layout = hello / "dist" / "image"
    arguments = ("--old-base", old, "--base-image", new, "--json")
    rebased = product.run("rebase", layout, *arguments).succeeded().json
    assert judge(layout, "5") == []
    assert Layout(layout).descriptor("5")["digest"] == rebased["digest"]
    image = Layout(layout).image("5")
    assert image.environment["NEW"] == "1"
    assert image.settings["StopSignal"] == "SIGINT"
    anew = product.build(hello, "--base-image", new, *flags, "--output", hello / "anew")
    assert anew.succeeded().json["digest"] == rebased["digest"]
    with runtime.start(f"oci:{layout}:5") as running:
        assert running.get(8000) == (200, "hello, world\n")


def test_an_archive_is_rebased_into_a_layout(
    product: Product, bases: Bases, hello: Path, tmp_path: Path
) -> None:
    old, new = bases.release("old"), bases.release("new", newer)
    archive = tmp_path / "image.tar"
    output = ("--output", f"oci-archive:{archive}")
    product.build(hello, "--base-image", old, *output).succeeded()
    flags = ("--old-base", old, "--base-image", new)
    refused = product.run("rebase", archive, *flags, "--json")
    clear_error(refused, "--output", code=2)
    product.run("rebase", archive, *flags, "--output", tmp_path / "out").succeeded()
    assert judge(tmp_path / "out") == []


def test_what_the_image_says_itself_stays(product: Product, bases: Bases, hello: Path) -> None:
    old = bases.release("old")

    def change(config: dict[str, Any]) -> None:
        newer(config)
        config["config"]["Env"] += ["MINE=base", "PORT=1"]

    new = bases.release("new", change)
    own = ("--env", "MINE=image", "--label", "vendor=me", "--user", "1000")
    product.build(hello, "--base-image", old, *own).succeeded()
    layout = hello / "dist" / "image"
    product.run("rebase", layout, "--old-base", old, "--base-image", new).succeeded()
    image = Layout(layout).image()
    assert image.environment["MINE"] == "image"
    assert image.environment["PORT"] == "1"
    assert image.settings["Labels"]["vendor"] == "me"
    assert image.settings["User"] == "1000"
    assert image.environment["PATH"].startswith("/opt/venv/bin:")


def test_an_image_of_another_builder_is_rebased(
    product: Product, bases: Bases, registry: Registry, tmp_path: Path
) -> None:
    """umoci puts a layer on the base; its annotations say nothing of the base."""
    old, new = bases.release("old"), bases.release("new", newer)
    work = tmp_path / "work"
    skopeo("copy", old, f"oci:{work}:app")
    (tmp_path / "file").write_text("mine")
    insert = ["umoci", "insert", "--image", f"{work}:app", str(tmp_path / "file"), "/srv/file"]
    if os.geteuid() != 0:
        insert[2:2] = ["--rootless"]
    subprocess.run(insert, check=True, capture_output=True)
    image = f"{registry.address}/rebased/other:1"
    skopeo("copy", "--dest-tls-verify=false", f"oci:{work}:app", f"docker://{image}")
    unknown = product.run("rebase", image, "--base-image", new, "--json")
    assert clear_error(unknown, "--old-base")["code"] == "rebase/unknown-base"
    product.run("rebase", image, "--base-image", new, "--old-base", old).succeeded()
    skopeo("copy", "--src-tls-verify=false", f"docker://{image}", f"oci:{tmp_path / 'out'}:1")
    rebased, before = Layout(tmp_path / "out").image("1"), Layout(work).image("app")
    (layer,) = rebased.added(Layout(bases.directory).image("new"))
    assert layer.descriptor["digest"] == before.layers[-1].descriptor["digest"]
    assert rebased.config["rootfs"]["diff_ids"] == [one.diff_id for one in rebased.layers]
    assert rebased.environment["NEW"] == "1"


def no_python(config: dict[str, Any]) -> None:
    config["config"]["Env"] = ["PATH=/nowhere"]


@pytest.mark.parametrize(
    ("name", "change", "files", "links", "word"),
    [
        ("none", no_python, {}, {}, "no Python"),
        (
            "minor",
            lambda config: None,
            {"usr/local/lib/x/python3.9": b"", "usr/local/bin/python3.9": b"\x7fELF"},
            {
                "usr/local/bin/.wh.python3.11": "x",
                "usr/local/bin/.wh.python3.12": "x",
                "usr/bin/.wh.python3.11": "x",
                "usr/bin/.wh.python3.12": "x",
                "usr/local/bin/python3": "python3.9",
            },
            "python3.9",
        ),
        (
            "libc",
            lambda config: None,
            {"usr/lib/x86_64-linux-gnu/libc.so.6": b"stable release version 2.17."},
            {},
            "glibc 2.17",
        ),
    ],
)
def test_a_base_that_does_not_fit_is_refused(
    name: str,
    change: Change,
    files: dict[str, bytes],
    links: dict[str, str],
    word: str,
    product: Product,
    bases: Bases,
    hello: Path,
) -> None:
    old = bases.release("old")
    new = bases.release(name, change, files, links)
    product.build(hello, "--base-image", old).succeeded()
    layout = hello / "dist" / "image"
    before = (layout / "index.json").read_bytes()
    result = product.run("rebase", layout, "--old-base", old, "--base-image", new, "--json")
    assert clear_error(result, word, "build")["code"] == "rebase/incompatible"
    assert (layout / "index.json").read_bytes() == before


def test_faults_are_clear_errors(
    product: Product, bases: Bases, registry: Registry, hello: Path, tmp_path: Path
) -> None:
    old, new = bases.release("old"), bases.release("new", newer)
    product.build(hello, "--base-image", old).succeeded()
    layout = hello / "dist" / "image"

    def failed(*arguments: str | Path, code: int = 1) -> str:
        result = product.run("rebase", *arguments, "--json")
        return str(clear_error(result, code=code)["code"])

    assert failed(layout) == "rebase/unknown-base"
    assert failed(layout, "--old-base", new, "--base-image", new) == "rebase/not-on-base"
    assert failed(layout, "--old-base", "scratch", "--base-image", new) == "rebase/not-on-base"
    assert failed(layout, "--old-base", old, "--base-image", "scratch") == "rebase/incompatible"
    assert failed(f"{registry.address}/no/such:1") == "registry/not-found"
    name = f"{registry.address}/rebased/gone"
    bases.push("old", f"{name}-base:1")
    product.build(
        hello, "--base-image", f"{name}-base:1", "--tag", f"{name}:1", "--push"
    ).succeeded()
    digest = digest_of(f"{name}:1")
    untagged = f"{name}@{digest}"
    assert failed(untagged, "--base-image", new, code=2) == "usage/no-reference"
    assert failed(f"{name}:1", "--tag", "other/name:2", code=2) == "usage/no-registry"
    output = ("--output", tmp_path / "out")
    assert failed(f"{name}:1", "--base-image", new, *output, code=2) == "usage/invalid"
    with registry.gateway.fault("GET", r"/rebased/gone-base/manifests/sha256", 404):
        fresh = Product(tmp_path / "elsewhere")
        result = fresh.run("rebase", f"{name}:1", "--base-image", new, "--json")
        assert clear_error(result, "--old-base")["code"] == "rebase/unknown-base"
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "file").write_text("")
    flags = ("--old-base", old, "--base-image", new, "--output", tmp_path / "theirs")
    assert failed(layout, *flags) == "layout/not-ours"


def test_an_image_is_no_base_of_itself(
    product: Product, bases: Bases, projects: Callable[[str], Path], hello: Path
) -> None:
    """Its application would be there twice, or be taken for the base's and be dropped."""
    old, new = bases.release("old"), bases.release("new")
    product.build(hello, "--base-image", old).succeeded()
    layout = hello / "dist" / "image"
    before = (layout / "index.json").read_bytes()
    itself = f"oci:{layout}"
    above = projects("//- pyproject.toml\n[project]\nname = 'above'\nversion = '1'\n//- app.py\n1\n")
    product.build(above, "--base-image", itself).succeeded()

    def refused(old_base: str, new_base: str, word: str) -> str:
        flags = ("--old-base", old_base, "--base-image", new_base)
        return str(clear_error(product.run("rebase", layout, *flags, "--json"), word)["code"])

    assert refused(old, itself, "the same image") == "rebase/incompatible"
    assert refused(old, f"oci:{above / 'dist' / 'image'}", "was built on") == "rebase/incompatible"
    assert refused(itself, new, "of itself") == "rebase/not-on-base"
    assert refused(itself, itself, "of itself") == "rebase/not-on-base"
    assert (layout / "index.json").read_bytes() == before


def test_an_image_keeps_its_layers(product: Product, bases: Bases, hello: Path) -> None:
    old, new = bases.release("old"), bases.release("new")
    product.build(hello, "--base-image", old).succeeded()
    layout = hello / "dist" / "image"
    added = [layer.diff_id for layer in Layout(layout).image().added(image_of(bases, "old"))]
    product.run("rebase", layout, "--old-base", old, "--base-image", new).succeeded()
    image = Layout(layout).image()
    assert [layer.diff_id for layer in image.added(image_of(bases, "new"))] == added
    assert image.manifest["annotations"][BASE_DIGEST] == image_of(bases, "new").digest


def image_of(bases: Bases, tag: str) -> Image:
    return Layout(bases.directory).image(tag)
