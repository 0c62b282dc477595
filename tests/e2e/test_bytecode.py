"""Byte code, made by a CPython of this machine that is named for it."""

from __future__ import annotations

import importlib.util
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from support.base import Base
from support.errors import clear_error
from support.images import Image, Layout, judge
from support.index import Index
from support.product import Product
from support.projects import locked_package, uv_lock
from support.runtime import Podman, Unpacked
from support.wheels import make_wheel

PROJECT = """
//- pyproject.toml
[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["demo"]
//- app.py
import demo
import helper

print(demo.WORDS, helper.TEXT)
//- helper.py
TEXT = "helped"
//- template.py
{{ this is no Python }}
"""
# Constants and names that `marshal` shares, and a set.
SOURCE = b"""import os
WORDS = sorted({"a", "b", "c"} | {word for word in ("os", "x") if word in {"os", "path", "x"}})
def path(name=os.sep): return os.path.join(name, "os", "path")
"""
LOADED = """
import subprocess, sys
done = subprocess.run([sys.executable, "-v", "app.py"], capture_output=True, text=True)
print("\\n".join(line for line in done.stderr.splitlines() if "code object from" in line))
"""


@pytest.fixture
def python(base: Base) -> str:
    found = shutil.which(f"python{base.python}", path="/usr/bin:/usr/local/bin")
    assert found, "the base is made of this machine's packages, so its Python is here as well"
    return found


@pytest.fixture
def project(projects: Callable[[str], Path], index: Index) -> Path:
    directory = projects(PROJECT)
    files = {"demo/__init__.py": SOURCE, "demo/more.py": b"X = 1\n"}
    made = make_wheel("demo", files=files, module=False)
    wheel = index.add(made)
    package = locked_package("demo", index.file_url(wheel), wheel.sha256, len(wheel.data))
    (directory / "uv.lock").write_text(uv_lock("app", package))
    return directory


def test_the_image_uses_it(
    product: Product,
    base: Base,
    base_layers: Image,
    python: str,
    project: Path,
    runtime: Podman | Unpacked,
) -> None:
    flags = ("--base-image", base.slim_reference, "--bytecode", python)
    result = product.build(project, *flags).succeeded()
    assert judge(project / "dist" / "image") == []
    kinds = [layer["kind"] for layer in result.layers() if layer["kind"] != "base"]
    assert kinds == ["dependencies", "bytecode", "application", "bytecode"]
    image = f"oci:{project}/dist/image:latest"
    assert runtime.run(image, "python", "app.py") == "['a', 'b', 'c', 'os', 'x'] helped\n"
    loaded = runtime.run(image, "python", "-c", LOADED)
    site = f"/opt/venv/lib/python{base.python}/site-packages"
    tag = f"cpython-{base.python.replace('.', '')}"
    assert f"'{site}/demo/__pycache__/__init__.{tag}.pyc'" in loaded
    assert f"'/app/__pycache__/helper.{tag}.pyc'" in loaded

    layers = Layout(project / "dist" / "image").image().added(base_layers)
    names = [name for layer in (layers[1], layers[3]) for name in layer.names()]
    assert not [name for name in names if "template" in name], "it cannot be compiled"
    code = layers[1].read(f"{site[1:]}/demo/__pycache__/__init__.{tag}.pyc")
    assert struct.unpack("<L", code[4:8]) == (1,), "unchecked, by hash"
    assert code[8:16] == importlib.util.source_hash(SOURCE)


def test_it_is_the_same_everywhere(
    product: Product, base: Base, python: str, project: Path, tmp_path: Path
) -> None:
    flags = ("--base-image", base.slim_reference, "--bytecode", python, "--no-cache")
    one = product.build(project, *flags).succeeded()
    other = tmp_path / "another" / "place"
    other.mkdir(parents=True)
    environment = {
        "PYTHONHASHSEED": "7",
        "PYTHONOPTIMIZE": "2",
        "PYTHONWARNINGS": "error",
        "PYTHONPATH": "/nowhere",
        "TMPDIR": str(other),
        "LC_ALL": "C",
        "HOME": str(other),
    }
    taskset = ("taskset", "--cpu-list", "0") if shutil.which("taskset") else ()
    two = product.build(project, *flags, environment=environment, prefix=taskset).succeeded()
    assert one.json["digest"] == two.json["digest"]
    assert not list(other.iterdir()), "nothing is left behind"


def test_a_change_of_the_application_leaves_that_of_the_dependencies(
    product: Product, base: Base, python: str, project: Path
) -> None:
    (project / "pycontainer.toml").write_text(f'[build]\nbytecode = "{Path(python).name}"\n')
    flags = ("--base-image", base.slim_reference)
    first = product.build(project, *flags).succeeded().layers("bytecode")
    (project / "helper.py").write_text('TEXT = "other"\n')
    second = product.build(project, *flags).succeeded().layers("bytecode")
    assert [layer["state"] for layer in second] == ["cached", "built"]
    assert first[0]["digest"] == second[0]["digest"]
    assert first[1]["digest"] != second[1]["digest"]


def test_what_is_no_interpreter_of_the_image_is_refused(
    product: Product, base: Base, project: Path, tmp_path: Path
) -> None:
    flags = ("--base-image", base.slim_reference, "--bytecode")
    missing = product.build(project, *flags, "python3.99")
    assert clear_error(missing, "`python3.99`")["code"] == "bytecode/no-interpreter"
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho cpython 3.11.99 cpython-311 -\n")
    fake.chmod(0o755)
    wrong = product.build(project, *flags, fake)
    error = clear_error(wrong, "CPython 3.11.99", base.python_full)
    assert error["code"] == "bytecode/wrong-interpreter"
    assert not (project / "dist").exists()
