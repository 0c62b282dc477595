"""`build_sdists`: what needs its build backend is built by the machine's uv or pip, if allowed."""

from __future__ import annotations

import sys
import sysconfig
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.base import Base
from support.errors import check_code, clear_error
from support.images import judge
from support.index import Index
from support.product import Product, Result, files_below
from support.projects import uv, write_project
from support.repositories import git
from support.runtime import Podman, Unpacked
from support.servers import wait_until
from support.shapes import alpine, make
from support.wheels import Wheel, make_wheel
from test_dependencies_from_sources import APP, lock, sdist, with_sdist

SECRET = "correct-horse-battery"
# A `setup.py` that computes what it says: nothing tells it but running it.
COMPUTED = """
//- setup.py
import os
from setuptools import setup

WATCH
setup(name="lib", version="%d.%d" % (2, 0), py_modules=["lib"])
//- lib.py
WORD = "computed"
"""
EXTENSION = """
//- setup.py
from setuptools import Extension, setup

setup(name="lib", version="2.0", py_modules=["lib"], ext_modules=[Extension("_lib", ["lib.c"])])
//- lib.py
from _lib import WORD
//- lib.c
#include <Python.h>

static int fill(PyObject* module) { return PyModule_AddStringConstant(module, "WORD", "compiled"); }
static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill}, {0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_lib", NULL, 0, NULL, slots};

PyMODINIT_FUNC PyInit__lib(void) { return PyModuleDef_Init(&module); }
"""


def computed(watch: str = "") -> str:
    return COMPUTED.replace("WATCH", watch)


def path_with(*programs: Path) -> str:
    return ":".join([*(str(program.parent) for program in programs), "/usr/bin", "/bin"])


def build(product: Product, project: Path, base: Base, *flags: str, **environment: str) -> Result:
    environment = {"PATH": path_with(Path(uv())), **environment}
    flags = ("--base-image", base.slim_reference, "--build-sdists", *flags)
    return product.build(project, *flags, environment=environment)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write_project(tmp_path / "app", APP)


def output(runtime: Podman | Unpacked, project: Path) -> str:
    assert judge(project / "dist" / "image") == []
    return runtime.run(f"oci:{project}/dist/image:latest", "python", "app.py")


@pytest.mark.parametrize("frontend", ["uv", "pip"])
def test_an_sdist_is_built_by_what_the_machine_has(
    product: Product,
    base: Base,
    app: Path,
    tmp_path: Path,
    runtime: Podman | Unpacked,
    frontend: str,
) -> None:
    log = tmp_path / "log"
    with_sdist(app, sdist(computed(f"open({str(log)!r}, 'a').write('run\\n')")))
    path = path_with(Path(uv()))
    if frontend == "pip":
        python = tmp_path / "bin" / "python3"
        python.parent.mkdir()
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        path = str(python.parent)
    build(product, app, base, PATH=path).succeeded()
    assert output(runtime, app) == "computed 2.0\n"
    runs = log.read_text()
    # From then on it is in the cache.
    (app / "app.py").write_text((app / "app.py").read_text() + "\nprint('again')\n")
    build(product, app, base, PATH="").succeeded()
    assert output(runtime, app) == "computed 2.0\nagain\n"
    assert log.read_text() == runs


def test_the_configuration_allows_it_as_well(
    product: Product, base: Base, app: Path, runtime: Podman | Unpacked
) -> None:
    with_sdist(app, sdist(computed("")))
    (app / "pycontainer.toml").write_text("[build]\nbuild_sdists = true\n")
    flags = ("--base-image", base.slim_reference)
    product.build(app, *flags, environment={"PATH": path_with(Path(uv()))}).succeeded()
    assert output(runtime, app) == "computed 2.0\n"


def test_an_extension_module_runs_in_the_image_and_nowhere_else(
    product: Product, base: Base, app: Path, runtime: Podman | Unpacked
) -> None:
    if sysconfig.get_python_version() != base.python:
        pytest.skip("no Python of the image's version here")
    with_sdist(app, sdist(EXTENSION))
    build(product, app, base).succeeded()
    assert output(runtime, app) == "compiled 2.0\n"
    result = build(product, app, base, "--platform", "linux/arm64")
    error = clear_error(result, "aarch64", "linux_x86_64", "lib-2.0-cp")
    assert error["code"] == "build/unusable-wheel"


def test_repositories_and_directories_are_built_too(
    product: Product, base: Base, app: Path, tmp_path: Path, runtime: Podman | Unpacked
) -> None:
    origin = write_project(tmp_path / "origin", computed(""))
    (origin / "pyproject.toml").write_text('[project]\nname = "lib"\ndynamic = ["version"]\n')
    (app / "uv.lock").write_text(lock('directory = "../origin"'))
    build(product, app, base).succeeded()
    assert output(runtime, app) == "computed 2.0\n"
    before = sorted(path.name for path in origin.iterdir())
    assert before == ["lib.py", "pyproject.toml", "setup.py"], "it is built in a copy"
    (origin / "lib.py").write_text('WORD = "changed"\n')
    build(product, app, base).succeeded()
    assert output(runtime, app) == "changed 2.0\n"

    git(origin, "init", "--quiet", "-b", "main")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "one")
    commit = git(origin, "rev-parse", "HEAD")
    (app / "uv.lock").write_text(lock(f'git = "file://{origin}?rev=main#{commit}"'))
    build(product, app, base).succeeded()
    assert output(runtime, app) == "changed 2.0\n"


def test_a_backend_gets_no_credentials(
    fresh_product: Product, base: Base, app: Path, tmp_path: Path, index: Index
) -> None:
    seen = tmp_path / "environment"
    with_sdist(app, sdist(computed(f"open({str(seen)!r}, 'w').write(repr(dict(os.environ)))")))
    secrets: dict[str, Any] = {
        "UV_INDEX": f"own={index.url.replace('://', f'://ada:{SECRET}@')}",
        "UV_INDEX_OWN_PASSWORD": SECRET,
        "PYCONTAINER_REGISTRY_PASSWORD": SECRET,
        "GITHUB_TOKEN": SECRET,
        "MY_OWN_KEY": SECRET,
    }
    result = build(fresh_product, app, base, "--verbose", **secrets).succeeded()
    text = seen.read_text()
    assert SECRET not in text
    assert index.url in text, "the index without its password"
    assert SECRET not in result.stdout + result.stderr
    for path in files_below(fresh_product.store):
        assert SECRET.encode() not in path.read_bytes()


def test_what_a_failing_backend_said_is_told(product: Product, base: Base, app: Path) -> None:
    words = f"the header foo.h is missing, see https://ada:{SECRET}@docs.example/foo"
    with_sdist(app, sdist(computed(f"raise SystemExit({words!r})")))
    result = build(product, app, base)
    error = clear_error(result, "`lib 2.0`", "the header foo.h is missing", "compiler")
    assert error["code"] == "build/backend-failed"
    assert len(error["message"]) < 4000
    assert SECRET not in result.stdout + result.stderr
    assert not (app / "dist").exists()


def test_a_machine_without_uv_and_pip_says_so(product: Product, base: Base, app: Path) -> None:
    with_sdist(app, sdist(computed("never = 'built'")))
    error = clear_error(build(product, app, base, PATH=""), "`uv`", "`pip`", "install uv")
    assert error["code"] == "build/no-frontend"


# A backend that links a shared object to a library of the test's making.
LINKING = """
//- pyproject.toml
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "lib"
version = "2.0"
//- library.c
int odd(void) { return 1; }
//- module.c
extern int odd(void);
int even(void) { return odd() + 1; }
//- versions.map
VERSION { odd; };
//- backend.py
import os, subprocess, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    os.makedirs("made")
    link = ["gcc", "-shared", "-fPIC", "-nostdlib"]
    library = ["-Wl,-soname,SONAME", "-Wl,--version-script=versions.map"]
    subprocess.run([*link, *library, "-o", "made/SONAME", "library.c"], check=True)
    subprocess.run([*link, "-o", "made/_lib.so", "module.c", "made/SONAME"], check=True)
    info = "lib-2.0.dist-info/"
    name = "lib-2.0-py3-none-linux_x86_64.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.write("made/_lib.so", "_lib.so")
        wheel.writestr("lib.py", "WORD = 'linked'")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: lib\\nVersion: 2.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""


def linked_to(library: str, version: str) -> bytes:
    return sdist(LINKING.replace("SONAME", library).replace("VERSION", version))


def test_a_library_that_the_image_may_lack_is_warned_of_in_every_build(
    product: Product, base: Base, app: Path, runtime: Podman | Unpacked
) -> None:
    with_sdist(app, linked_to("libodd.so.7", "ODD_1"))
    for changed in ("", "# changed\n"):  # made, and found in the cache
        (app / "app.py").write_text((app / "app.py").read_text() + changed)
        result = build(product, app, base).succeeded()
        (warning,) = (w for w in result.json["warnings"] if w["code"] == "build/needs-library")
        assert "libodd.so.7" in warning["message"]
        assert "`lib 2.0`" in warning["message"]
        check_code(warning["code"])
    assert output(runtime, app) == "linked 2.0\n"


def test_a_wheel_for_a_newer_glibc_is_refused(product: Product, base: Base, app: Path) -> None:
    with_sdist(app, linked_to("libc.so.6", "GLIBC_2.99"))
    error = clear_error(build(product, app, base), "`_lib.so` needs glibc 2.99", "a machine like")
    assert error["code"] == "build/unusable-wheel"
    assert not (app / "dist").exists()


@pytest.mark.parametrize(
    ("library", "needs"), [("libc.so.6", "glibc"), ("libc.musl-x86_64.so.1", "musl")]
)
def test_a_wheel_for_the_other_c_library_is_refused(
    product: Product, base: Base, app: Path, tmp_path: Path, library: str, needs: str
) -> None:
    with_sdist(app, linked_to(library, "GLIBC_2.17"))
    image = base.slim_reference
    if needs == "glibc":
        image = make(base, alpine, tmp_path / "alpine")
    environment = {"PATH": path_with(Path(uv()))}
    flags = ("--base-image", image, "--build-sdists")
    result = product.build(app, *flags, environment=environment)
    error = clear_error(result, f"`_lib.so` needs {needs}")
    assert error["code"] == "build/unusable-wheel"
    assert not (app / "dist").exists()


def test_the_project_itself_is_built_by_its_backend(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    tmp_path: Path,
    runtime: Podman | Unpacked,
) -> None:
    log = tmp_path / "log"
    text = watched(log).replace("import deep; ", "").replace("Requires-Dist: deep|", "")
    text = text.replace('dynamic = ["dependencies"]', 'dynamic = ["scripts"]')
    project = projects(f"{text}\n//- app.py\nimport lib; print(lib.WORD)\n")
    without = product.build(project, "--base-image", base.slim_reference).succeeded()
    assert not log.exists(), "its files are in the image anyway"
    made = build(product, project, base).succeeded()
    assert without.json["digest"] != made.json["digest"]
    assert output(runtime, project) == "asked\n"
    build(product, project, base).succeeded()
    (project / "app.py").write_text("import lib; print('again', lib.WORD)\n")
    build(product, project, base, PATH="").failed()
    assert log.read_text() == "run "


# A backend of its own, which needs nothing from an index: it alone knows what is required.
OWN_BACKEND = """
//- pyproject.toml
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "lib"
version = "2.0"
dynamic = ["dependencies"]
//- backend.py
import zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    WATCH
    info = "lib-2.0.dist-info/"
    fields = "Metadata-Version: 2.1|Name: lib|Version: 2.0|Requires-Dist: deep|"
    files = {
        "lib.py": "import deep; WORD = 'asked'",
        info + "METADATA": fields.replace("|", chr(10)),
        info + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "RECORD": "",
    }
    with zipfile.ZipFile(wheel_directory + "/lib-2.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return "lib-2.0-py3-none-any.whl"
"""


def watched(log: Path) -> str:
    return OWN_BACKEND.replace("WATCH", f"open({str(log)!r}, 'a').write('run ')")


@pytest.fixture
def unlocked(app: Path, index: Index) -> Path:
    """A project without a lock; the index has what `lib` needs and not `lib`."""
    index.add(make_wheel("deep", "1.0"))
    return app


def test_a_backend_is_asked_what_only_it_knows_when_versions_are_resolved(
    fresh_product: Product,
    base: Base,
    unlocked: Path,
    index: Index,
    tmp_path: Path,
    runtime: Podman | Unpacked,
) -> None:
    log = tmp_path / "log"
    index.add(Wheel("lib-2.0.tar.gz", sdist(watched(log))))
    environment = {"UV_DEFAULT_INDEX": index.url}
    flags = ("--base-image", base.slim_reference)
    refused = fresh_product.build(unlocked, *flags, environment=environment)
    error = clear_error(refused, "`lib`", "build_sdists = true")
    assert error["code"] == "resolve/unsatisfiable"
    assert not log.exists()

    build(fresh_product, unlocked, base, **environment).succeeded()
    assert output(runtime, unlocked) == "asked 2.0\n"
    assert log.read_text() == "run ", "the wheel that told what it requires is the one installed"
    place = ("--context", unlocked, *flags, "--build-sdists")
    fresh_product.run("lock", *place, environment=environment).succeeded()
    names = {each["name"] for each in read_lock(unlocked)}
    assert names == {"lib", "deep"}
    build(fresh_product, unlocked, base, **environment).succeeded()
    assert output(runtime, unlocked) == "asked 2.0\n"
    assert log.read_text() == "run "


def read_lock(project: Path) -> list[dict[str, Any]]:
    packages = tomllib.loads((project / "pylock.toml").read_text())["packages"]
    assert isinstance(packages, list)
    return packages


def test_no_backend_is_run_for_versions_that_the_files_tell(
    fresh_product: Product, base: Base, unlocked: Path, index: Index, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    fixed = "Metadata-Version: 2.2\nName: lib\nVersion: 2.0\nRequires-Dist: deep\n"
    index.add(Wheel("lib-2.0.tar.gz", sdist(watched(log) + f"//- PKG-INFO\n{fixed}\n")))
    environment = {"UV_DEFAULT_INDEX": index.url, "PATH": ""}
    place = ("--context", unlocked, "--base-image", base.slim_reference, "--build-sdists")
    fresh_product.run("lock", *place, environment=environment).succeeded()
    assert {each["name"] for each in read_lock(unlocked)} == {"lib", "deep"}
    assert not log.exists()


@pytest.mark.parametrize("place", ["repository", "directory"])
def test_sources_by_their_place_ask_their_backend_too(
    fresh_product: Product,
    base: Base,
    unlocked: Path,
    index: Index,
    tmp_path: Path,
    runtime: Podman | Unpacked,
    place: str,
) -> None:
    log = tmp_path / "log"
    origin = write_project(tmp_path / "origin", watched(log))
    source = f'path = "{origin}"'
    if place == "repository":
        git(origin, "init", "--quiet", "-b", "main")
        git(origin, "add", ".")
        git(origin, "commit", "--quiet", "-m", "one")
        source = f'git = "file://{origin}"'
    pyproject = unlocked / "pyproject.toml"
    pyproject.write_text(f"{pyproject.read_text()}\n[tool.uv.sources]\nlib = {{ {source} }}\n")
    environment = {"UV_DEFAULT_INDEX": index.url}
    build(fresh_product, unlocked, base, **environment).succeeded()
    assert output(runtime, unlocked) == "asked 2.0\n"
    assert log.read_text() == "run "


def test_a_backend_that_fails_ends_the_search_for_versions(
    fresh_product: Product, base: Base, unlocked: Path, index: Index
) -> None:
    broken = OWN_BACKEND.replace("WATCH", "raise SystemExit('the compiler is missing')")
    index.add(Wheel("lib-2.0.tar.gz", sdist(broken)))
    index.add(make_wheel("lib", "1.0"))
    result = build(fresh_product, unlocked, base, UV_DEFAULT_INDEX=index.url)
    error = clear_error(result, "`lib 2.0`", "the compiler is missing")
    assert error["code"] == "build/backend-failed"
    assert not (unlocked / "dist").exists()


def test_a_wheel_of_another_version_is_refused(product: Product, base: Base, app: Path) -> None:
    with_sdist(app, sdist(computed("").replace("(2, 0)", "(2, 1)")))
    error = clear_error(build(product, app, base), "lib 2.0", "lib 2.1")
    assert error["code"] == "build/wrong-sources"


def test_a_backend_ends_with_the_build(
    product: Product, base: Base, app: Path, tmp_path: Path
) -> None:
    place = tmp_path / "pid"
    sleeps = f"open({str(place)!r}, 'w').write(str(os.getpid())); import time; time.sleep(600)"
    with_sdist(app, sdist(computed(sleeps)))
    flags = ("--context", app, "--base-image", base.slim_reference, "--build-sdists", "--json")
    started = product.start("build", *flags, environment={"PATH": path_with(Path(uv()))})
    wait_until(lambda: place.exists() and place.read_text() != "", "the backend", 60)
    started.interrupt()
    assert started.finish(timeout=10).code == 130
    pid = place.read_text()
    wait_until(lambda: not Path(f"/proc/{pid}/cmdline").is_file() or ended(pid), "its end", 10)
    assert not (app / "dist").exists()


def ended(pid: str) -> bool:
    """A process that nobody has waited for yet has no command line any more."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b""
    except OSError:
        return True
