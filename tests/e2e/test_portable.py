"""The program alone: in a root with nothing else, and cross-compiled for another machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.base import Base
from support.images import judge
from support.product import BINARY, ROOT, Product

ARM64 = Path(os.environ.get("PYCONTAINER_ARM64") or ROOT / "build/release-arm64/pycontainer")


def build_in_empty_root(
    program: Path, base: Base, project: Path, emulator: Sequence[Path] = ()
) -> str:
    """The digest of the image that is built where there is no library, no shell and no /proc."""
    inside = [f"/emulator{n}" for n, _ in enumerate(emulator)]
    binds = [
        part
        for outer, inner in [(program, "/pycontainer"), *zip(emulator, inside, strict=True)]
        for part in ("--ro-bind", str(outer), inner)
    ]
    command = [
        "bwrap", "--unshare-all", "--clearenv", "--setenv", "HOME", "/home",
        "--tmpfs", "/", *binds,
        "--ro-bind", str(base.layout), "/base", "--bind", str(project), "/project",
        "--dir", "/home", "--dir", "/tmp", "--chdir", "/",
        *inside, "/pycontainer", "build", "--json",
        "--context", "/project", "--base-image", f"oci:/base:{base.slim}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    assert judge(project / "dist" / "image") == []
    return str(json.loads(done.stdout)["digest"])


def test_the_program_needs_nothing_of_the_machine(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    elsewhere = Path(shutil.copytree(hello, tmp_path / "elsewhere"))
    here = product.build(hello, "--base-image", base.slim_reference).succeeded()
    assert build_in_empty_root(BINARY, base, elsewhere) == here.json["digest"]


def test_the_program_for_arm64_builds_the_same_image(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    if not ARM64.is_file():
        pytest.skip(f"{ARM64} is made by script/build arm64")
    emulator = shutil.which("qemu-aarch64-static")
    assert emulator, "script/setup test installs qemu-user-static"
    elsewhere = Path(shutil.copytree(hello, tmp_path / "elsewhere"))
    here = product.build(hello, "--base-image", base.slim_reference).succeeded()
    digest = build_in_empty_root(ARM64, base, elsewhere, [Path(emulator)])
    assert digest == here.json["digest"]
