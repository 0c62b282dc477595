"""Wheels in the image: installed as the specification says, in layers that change little."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from support.base import Base
from support.errors import clear_error, nothing_written
from support.images import (
    LAYER,
    PLAIN_LAYER,
    ZSTD_LAYER,
    Image,
    Layer,
    Layout,
    judge,
    skopeo,
    umoci_unpack,
)
from support.index import Index
from support.product import Product, Result
from support.projects import locked_package, uv_lock
from support.runtime import Podman, Unpacked
from support.wheels import Wheel, huge_wheel, make_wheel, with_contents

Projects = Callable[[str], Path]
PROJECT = """
//- pyproject.toml
[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dependencies = [{dependencies}]
//- app.py
print("hello")
"""
PKGUTIL = b"__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"


def project_with(projects: Projects, index: Index, *wheels: Wheel, settings: str = "") -> Path:
    """A project that depends on these wheels of the index, locked in the order given."""
    packages = []
    for wheel in wheels:
        index.add(wheel)
        name, version = wheel.filename.split("-")[:2]
        size = len(wheel.data)
        packages.append(locked_package(name, index.file_url(wheel), wheel.sha256, size, version))
    names = ", ".join(f'"{wheel.filename.split("-")[0]}"' for wheel in wheels)
    project = projects(PROJECT.format(dependencies=names))
    (project / "uv.lock").write_text(uv_lock("app", *packages))
    if settings:
        (project / "pycontainer.toml").write_text(f"[build]\n{settings}\n")
    return project


def build(product: Product, base: Base, project: Path) -> Result:
    return product.build(project, "--base-image", base.slim_reference)


def added(project: Path, base_layers: Image) -> list[Layer]:
    return Layout(project / "dist" / "image").image().added(base_layers)


def pip_wheel(directory: Path) -> Wheel:
    """pip itself, as an installer that judges ours."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "pip"]
    done = subprocess.run(
        [*command, "--dest", str(directory)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (path,) = directory.glob("pip-*.whl")
    return Wheel(path.name, path.read_bytes())


def awkward_wheels() -> list[Wheel]:
    info, data = "odd-1.0.dist-info", "odd-1.0.data"
    scripts = (
        b"[console_scripts]\nodd = odd:main\nodd-twice = odd:main\nodd-twice = odd:Tool.run [x]\n"
        b"# a comment\n[gui_scripts]\nodd-window = odd : main\n[other]\nx = y\n"
    )
    odd = make_wheel(
        "odd",
        requires=("space-one>=1", 'absent; sys_platform == "win32"'),
        metadata="Requires-Python: >=3.8",
        files={
            "odd/main.py": b"",
            "odd/caf\u00e9.py": "TEXT = 'caf\u00e9'\n".encode(),
            'odd/with, comma "quoted".txt': b"x",
            "odd-nspkg.pth": b"import sys; sys.odd_path_file_was_read = True\n",
            f"{data}/purelib/odd_pure.py": b"KIND = 'purelib'\n",
            f"{data}/platlib/odd_plat.py": b"KIND = 'platlib'\n",
            f"{data}/headers/odd.h": b"#define ODD\n",
            f"{data}/data/share/odd/table.txt": b"table",
            f"{data}/scripts/odd-script": b"#!python\nimport sys\nprint('script', sys.prefix)\n",
            f"{data}/scripts/odd-window-script": b"#!pythonw -x\r\nprint('pythonw')\n",
            f"{data}/scripts/odd-shell": b"#!/bin/sh\necho shell\n",
            f"{info}/entry_points.txt": scripts,
        },
    )
    code = b"import sys\nclass Tool:\n    @staticmethod\n    def run():\n        print('tool')\n"
    odd = with_contents(odd, {"odd/__init__.py": code + b"def main():\n    print('main')\n"})
    one = make_wheel(
        "space_one",
        "1.2",
        module=False,
        files={"plain/one.py": b"X = 1\n", "declared/__init__.py": PKGUTIL,
               "declared/one.py": b"X = 1\n"},
    )  # fmt: skip
    two = make_wheel(
        "space_two",
        "2.0",
        module=False,
        requires=("space-one<2",),
        files={"plain/two.py": b"X = 2\n", "declared/__init__.py": PKGUTIL,
               "declared/two.py": b"X = 2\n"},
    )  # fmt: skip
    return [odd, one, two]


# Run inside the image: every file of every distribution is the one that its RECORD lists.
INSPECT = """
import base64, hashlib, importlib.metadata as m, json, sys
found = {}
for d in m.distributions():
    wrong = []
    for f in d.files:
        path = f.locate()
        if not path.exists():
            wrong.append(str(f) + " is missing")
        elif f.hash:
            digest = hashlib.new(f.hash.mode, path.read_bytes()).digest()
            value = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if value != f.hash.value or f.size != path.stat().st_size:
                wrong.append(str(f) + " differs")
        elif not str(f).endswith("/RECORD"):
            wrong.append(str(f) + " has no hash")
    scripts = sorted(e.name for e in d.entry_points if e.group == "console_scripts")
    found[d.name] = [d.version, d.read_text("INSTALLER"), wrong, scripts]
import declared.one, declared.two, odd_plat, odd_pure, plain.one, plain.two
import importlib
text = importlib.import_module("odd.caf\u00e9").TEXT
found["extra"] = [plain.one.X + plain.two.X, declared.one.X + declared.two.X, text,
                  sys.odd_path_file_was_read, odd_pure.KIND + odd_plat.KIND,
                  open(sys.prefix + "/share/odd/table.txt").read()]
print(json.dumps(found))
"""


def test_awkward_wheels_are_installed_as_other_installers_do_it(
    product: Product,
    base: Base,
    projects: Projects,
    index: Index,
    runtime: Podman | Unpacked,
    tmp_path: Path,
) -> None:
    pip = pip_wheel(tmp_path)
    project = project_with(projects, index, *awkward_wheels(), pip)
    result = build(product, base, project).succeeded()
    assert result.json["warnings"] == []
    assert judge(project / "dist" / "image") == []
    image = f"oci:{project}/dist/image:latest"
    found = json.loads(runtime.run(image, "python", "-c", INSPECT))
    assert found.pop("extra") == [3, 3, "caf\u00e9", True, "purelibplatlib", "table"]
    versions = {name: value[0] for name, value in found.items() if name != "app"}
    assert versions == {"odd": "1.0", "space_one": "1.2", "space_two": "2.0",
                        "pip": pip.filename.split("-")[1]}  # fmt: skip
    assert {name: value[2] for name, value in found.items()} == {name: [] for name in found}
    assert {value[1] for value in found.values()} == {"pycontainer\n"}
    outputs = {
        "odd": "main\n",
        "odd-twice": "tool\n",
        "odd-window": "main\n",
        "odd-script": "script /opt/venv\n",
        "odd-window-script": "pythonw\n",
        "odd-shell": "shell\n",
    }
    for command, output in outputs.items():
        assert runtime.run(image, command) == output, command
    # pip finds what it would have installed itself, under the names of this Python.
    assert "No broken requirements" in runtime.run(image, "pip", "check")
    for script in ("pip", "pip3", f"pip{base.python}"):
        assert f"python {base.python}" in runtime.run(image, script, "--version")
    listed = json.loads(runtime.run(image, "pip", "list", "--format=json"))
    assert {item["name"]: item["version"] for item in listed if item["name"] != "app"} == versions
    shown = runtime.run(image, "pip", "show", "--files", "odd")
    assert "../../../bin/odd-script" in shown
    site = f"/opt/venv/lib/python{base.python}/site-packages"
    compiled = runtime.run(
        image, "python", "-X", "pycache_prefix=/tmp/compiled", "-m", "compileall", "-q", site
    )
    assert compiled == ""


def test_two_packages_with_one_file_are_an_error(
    product: Product, base: Base, projects: Projects, index: Index
) -> None:
    wheels = [make_wheel(name, files={"shared.py": name.encode()}) for name in ("left", "right")]
    project = project_with(projects, index, *wheels)
    error = clear_error(
        build(product, base, project), "left 1.0", "right 1.0", "shared.py", "conflicting_files"
    )
    assert error["code"] == "install/conflicting-files"
    nothing_written(project / "dist" / "image")
    (project / "pycontainer.toml").write_text('[build]\nconflicting_files = "warn"\n')
    for _ in range(2):  # an unchanged build tells it again
        result = build(product, base, project).succeeded()
        codes = [warning["code"] for warning in result.json["warnings"]]
        assert codes == ["install/conflicting-files"]
    path = f"opt/venv/lib/python{base.python}/site-packages/shared.py"
    assert Layout(project / "dist" / "image").image().find(path) == b"right"


def test_files_beside_the_packages_only_warn(
    product: Product, base: Base, projects: Projects, index: Index
) -> None:
    wheels = [
        make_wheel(
            name,
            files={
                "tests/__init__.py": name.encode(),
                "LICENSE": name.encode(),
                "same/__init__.py": b"",
                f"{name}-1.0.dist-info/entry_points.txt": (
                    f"[console_scripts]\ntool = {name}:main\n".encode()
                ),
            },
        )
        for name in ("left", "right")
    ]
    project = project_with(projects, index, *wheels)
    (warning,) = build(product, base, project).succeeded().json["warnings"]
    assert "3 files" in warning["message"]
    assert "right" in warning["message"]


def test_a_wheel_for_another_python_is_an_error(
    product: Product, base: Base, projects: Projects, index: Index
) -> None:
    wheel = make_wheel(metadata="Requires-Python: <3.9")
    project = project_with(projects, index, wheel)
    error = clear_error(build(product, base, project), "tiny 1.0", "<3.9", base.python_full)
    assert error["code"] == "install/wrong-python"


@pytest.mark.parametrize("name", [".wh.python3", "lib/.wh..wh..opq"])
def test_a_wheel_cannot_remove_files_of_the_base(
    product: Product, base: Base, projects: Projects, index: Index, name: str
) -> None:
    wheel = make_wheel(files={f"tiny-1.0.data/data/{name}": b""})
    error = clear_error(build(product, base, project_with(projects, index, wheel)), name)
    assert error["code"] == "wheel/unsafe-name"


def test_a_big_wheels_layer_is_the_same_everywhere(
    base: Base, projects: Projects, index: Index, tmp_path: Path, base_layers: Image
) -> None:
    big, bigger = huge_wheel("big", 3), huge_wheel("bigger", 4)
    small = [make_wheel(f"small{i}") for i in range(3)]
    one = project_with(projects, index, small[0], big, bigger)
    two = project_with(projects, index, bigger, small[2], big, small[1])
    for number, project in enumerate((one, two)):
        build(Product(tmp_path / f"home{number}"), base, project).succeeded()
    of_one, of_two = added(one, base_layers), added(two, base_layers)
    assert len(of_one) == len(of_two) == 4  # two big ones, a group, the application
    digests = [[layer.descriptor["digest"] for layer in layers] for layers in (of_one, of_two)]
    assert digests[0][:2] == digests[1][:2]
    assert digests[0][2] != digests[1][2]


COMPRESSIONS = {"gzip": LAYER, "gzip-single": LAYER, "zstd": ZSTD_LAYER, "none": PLAIN_LAYER}


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_compression_is_read_by_others(
    product: Product,
    base: Base,
    projects: Projects,
    index: Index,
    runtime: Podman | Unpacked,
    tmp_path: Path,
    base_layers: Image,
    compression: str,
) -> None:
    wheels = [huge_wheel("big", 2), make_wheel("tiny"), make_wheel("other")]
    plain = project_with(projects, index, *wheels)
    build(product, base, plain).succeeded()
    project = project_with(projects, index, *wheels, settings=f'compression = "{compression}"')
    first = build(product, base, project).succeeded()
    layout = project / "dist" / "image"
    assert judge(layout, layer_types=(LAYER, COMPRESSIONS[compression])) == []
    ours = added(project, base_layers)
    assert {layer.descriptor["mediaType"] for layer in ours} == {COMPRESSIONS[compression]}
    diff_ids = [[layer.diff_id for layer in layers] for layers in (ours, added(plain, base_layers))]
    assert diff_ids[0][:-1] == diff_ids[1][:-1]  # the application's own has the settings in it
    if compression == "gzip-single":
        for layer in ours:
            reader = zlib.decompressobj(wbits=31)
            assert reader.decompress(layer.blob) == layer.tar
            assert reader.eof
            assert reader.unused_data == b""
    copied = tmp_path / "copied"
    skopeo("copy", "--quiet", "--dest-decompress", f"oci:{layout}:latest", f"dir:{copied}")
    for layer in ours:
        assert (copied / layer.diff_id.removeprefix("sha256:")).read_bytes() == layer.tar
    if compression != "zstd":  # which this umoci does not know
        root = umoci_unpack(layout, "latest", tmp_path / "bundle")
        assert (root / "app" / "app.py").is_file()
    if compression != "zstd" or isinstance(runtime, Podman):
        assert runtime.run(f"oci:{layout}:latest", "python", "-c", "import tiny") == ""
    # Remembered, and the same from nothing.
    again = build(product, base, project).succeeded()
    assert again.json["digest"] == first.json["digest"]
    assert {layer["state"] for layer in again.layers("dependencies")} == {"cached"}
    fresh = build(Product(tmp_path / "home"), base, project).succeeded()
    assert fresh.json["digest"] == first.json["digest"]


def test_memory_does_not_grow_with_the_wheel(
    base: Base, projects: Projects, index: Index, tmp_path: Path
) -> None:
    project = project_with(projects, index, huge_wheel("huge", 300))
    product = Product(tmp_path / "home")
    script = (
        "import resource, subprocess, sys\n"
        "code = subprocess.run(sys.argv[2:]).returncode\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
        "open(sys.argv[1], 'w').write(str(used))\n"
        "sys.exit(code)\n"
    )
    for step in ("first", "single"):
        measured = tmp_path / step
        if step == "single":  # and not when it is compressed anew either
            (project / "pycontainer.toml").write_text('[build]\ncompression = "gzip-single"\n')
        product.build(
            project,
            *("--base-image", base.slim_reference),
            prefix=[sys.executable, "-c", script, str(measured)],
        ).succeeded()
        assert int(measured.read_text()) < 100 * 1024, f"{measured.read_text()} kB"
