"""Several platforms in one run: an image index, with the wheels of each."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.base import Base
from support.errors import clear_error
from support.images import INDEX, Image, Layout, judge
from support.product import Product
from support.projects import lock_with_uv
from support.registries import Registry

BOTH = "linux/amd64,linux/arm64"
NATIVE = """
//- pyproject.toml
[project]
name = "escaper"
version = "1"
requires-python = ">=3.11"
dependencies = ["markupsafe"]
//- app.py
import platform

from markupsafe import _speedups, escape

print(platform.machine(), escape("<b>"), _speedups.__name__)
"""
MACHINES = {"amd64": 62, "arm64": 183}  # ELF's e_machine: EM_X86_64, EM_AARCH64


@pytest.fixture(autouse=True)
def _two_bases(base: Base) -> None:
    if len(Layout(base.layout).images(base.slim)) < 2:
        pytest.skip("this machine's packages make a base for one platform only")


def machine_of_libraries(image: Image) -> set[int]:
    """What the shared libraries of the virtual environment are made for."""
    found = set()
    for layer in image.layers:
        for name in layer.names():
            if name.startswith("opt/venv/") and name.endswith(".so"):
                header = layer.read(name)[:20]
                assert header[:4] == b"\x7fELF"
                found.add(int.from_bytes(header[18:20], "little"))
    return found


def test_each_platform_gets_its_own_wheels(
    product: Product, base: Base, projects: Callable[[str], Path]
) -> None:
    project = projects(NATIVE)
    lock_with_uv(project)
    result = product.build(
        project, "--base-image", base.slim_reference, "--platform", BOTH, "--json"
    ).succeeded()
    layout = project / "dist" / "image"
    assert judge(layout) == []
    assert Layout(layout).descriptor()["mediaType"] == INDEX
    platforms = result.json["platforms"]
    assert [each["platform"] for each in platforms] == BOTH.split(",")
    assert result.json["digest"] == Layout(layout).descriptor()["digest"]
    for architecture, machine in MACHINES.items():
        image = Layout(layout).image(architecture=architecture)
        assert image.config["architecture"] == architecture
        assert machine_of_libraries(image) == {machine}


def test_the_image_for_arm64_runs(
    product: Product, base: Base, projects: Callable[[str], Path], tmp_path: Path
) -> None:
    emulator = shutil.which("qemu-aarch64-static")
    if emulator is None or os.geteuid() != 0:
        pytest.skip("needs qemu-user-static and root")
    project = projects(NATIVE)
    lock_with_uv(project)
    product.build(
        project, "--base-image", base.slim_reference, "--platform", "linux/arm64"
    ).succeeded()
    bundle = tmp_path / "bundle"
    unpack = ["umoci", "unpack", "--image", f"{project}/dist/image:latest", str(bundle)]
    subprocess.run(unpack, capture_output=True, check=True)
    shutil.copy(emulator, bundle / "rootfs" / "qemu")
    environment = {"PATH": "/opt/venv/bin:/usr/bin"}
    command = [
        str(shutil.which("chroot")),
        str(bundle / "rootfs"),
        "/qemu",
        "/opt/venv/bin/python",
        "/app/app.py",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "aarch64 &lt;b&gt; markupsafe._speedups\n", done.stderr


def test_an_index_is_pushed_with_all_its_images(
    product: Product, base: Base, registry: Registry, projects: Callable[[str], Path]
) -> None:
    project = projects(NATIVE)
    lock_with_uv(project)
    name = f"{registry.address}/platforms/escaper"
    built = product.build(
        project, "--base-image", f"{registry.address}/library/python:{base.python}-slim",
        "--platform", "linux/amd64", "--platform", "linux/arm64",
        "--tag", f"{name}:1", "--output", project / "dist" / "image", "--push", "--json",
    ).succeeded()  # fmt: skip
    raw = skopeo("inspect", "--raw", f"docker://{name}:1")
    assert [m["platform"]["architecture"] for m in json.loads(raw)["manifests"]] == list(MACHINES)
    for architecture in MACHINES:
        config = json.loads(
            skopeo("--override-arch", architecture, "inspect", "--config", f"docker://{name}:1")
        )
        assert config["architecture"] == architecture
    # The same from the layout, to another repository.
    pushed = product.run("push", "--from", project / "dist" / "image", f"{name}-again:2", "--json")
    assert pushed.succeeded().json["digest"] == built.json["digest"]
    assert skopeo("inspect", "--raw", f"docker://{name}-again:2") == raw


def test_a_second_build_takes_everything_from_the_store(
    product: Product, base: Base, projects: Callable[[str], Path]
) -> None:
    project = projects(NATIVE)
    lock_with_uv(project)
    arguments = ["--base-image", base.slim_reference, "--platform", BOTH, "--json"]
    first = product.build(project, *arguments).succeeded()
    second = product.build(project, *arguments, "--output", project / "dist" / "other").succeeded()
    assert second.json["digest"] == first.json["digest"]
    states = {layer["state"] for each in second.json["platforms"] for layer in each["layers"]}
    assert states == {"base", "cached"}


def test_a_platform_that_a_wheel_lacks_is_named(
    product: Product, base: Base, projects: Callable[[str], Path]
) -> None:
    project = projects(NATIVE)
    lock_with_uv(project)
    lock = project / "uv.lock"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join(line for line in lines if "aarch64" not in line) + "\n")
    failed = product.build(
        project, "--base-image", base.slim_reference, "--platform", BOTH, "--json"
    ).failed(1)
    error = clear_error(failed, "`markupsafe", "`linux/arm64`", "aarch64", "`setup.py`")
    assert "x86_64" in error["hint"], "which platforms it has wheels for"
    assert "another version or base image" in error["hint"]
    assert not (project / "dist").exists()


def skopeo(*arguments: str) -> str:
    command = ["skopeo", *arguments]
    command.insert(command.index("inspect") + 1, "--tls-verify=false")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
