"""What has no wheel in the image: path dependencies, workspace members, repositories, sdists."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

from support.base import Base
from support.errors import clear_error
from support.images import Image, Layout, judge
from support.product import Product
from support.projects import write_project
from support.repositories import git
from support.runtime import Podman, Unpacked

APP = """
//- pyproject.toml
[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["lib"]
//- app.py
import importlib.metadata as m, lib
print(lib.WORD, m.version("lib"))
"""
LIB = """
//- pyproject.toml
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "lib"
version = "2.0"
[project.scripts]
say = "lib:say"
//- src/lib/__init__.py
from importlib.resources import files
WORD = files("lib").joinpath("word.txt").read_text().strip()
def say(): print("said", WORD)
//- src/lib/word.txt
hello
"""
DIRECT_URL = (
    "import importlib.metadata as m; print(m.distribution('lib').read_text('direct_url.json'))"
)


def lock(source: str, extra: str = "") -> str:
    return f"""\
version = 1
requires-python = ">=3.11"
[[package]]
name = "app"
version = "1.0"
source = {{ virtual = "." }}
dependencies = [{{ name = "lib" }}]
[[package]]
name = "lib"
version = "2.0"
source = {{ {source} }}
{extra}
"""


def built(product: Product, project: Path, base: Base, *more: str) -> str:
    product.build(project, "--base-image", base.slim_reference, *more).succeeded()
    assert judge(project / "dist" / "image") == []
    return f"oci:{project}/dist/image:latest"


def test_a_path_dependency_outside_the_project_is_installed(
    product: Product, base: Base, tmp_path: Path, runtime: Podman | Unpacked
) -> None:
    project = write_project(tmp_path / "app", APP)
    write_project(tmp_path / "lib", LIB)
    (project / "uv.lock").write_text(lock('editable = "../lib"'))
    image = built(product, project, base)
    assert runtime.run(image, "python", "app.py") == "hello 2.0\n"
    assert runtime.run(image, "say") == "said hello\n"
    assert runtime.run(image, "python", "-c", DIRECT_URL) == "None\n", "no path of this machine"


def test_a_change_of_a_path_dependency_is_noticed(
    product: Product, base: Base, tmp_path: Path, base_layers: Image, runtime: Podman | Unpacked
) -> None:
    project = write_project(tmp_path / "app", APP)
    write_project(tmp_path / "lib", LIB)
    (project / "uv.lock").write_text(lock('directory = "../lib"'))
    built(product, project, base)
    first = product.build(project, "--base-image", base.slim_reference).json
    again = product.build(project, "--base-image", base.slim_reference).json
    assert first["digest"] == again["digest"]
    (tmp_path / "lib" / "src" / "lib" / "word.txt").write_text("changed\n")
    image = built(product, project, base)
    assert runtime.run(image, "python", "app.py") == "changed 2.0\n"


def test_a_workspace_member_says_where_it_is_in_the_image(
    product: Product, base: Base, tmp_path: Path, runtime: Podman | Unpacked
) -> None:
    project = write_project(tmp_path / "app", APP)
    write_project(project / "packages" / "lib", LIB)
    (project / "uv.lock").write_text(lock('editable = "packages/lib"'))
    image = built(product, project, base)
    assert runtime.run(image, "python", "app.py") == "hello 2.0\n"
    direct = json.loads(runtime.run(image, "python", "-c", DIRECT_URL))
    assert direct == {"url": "file:///app/packages/lib", "dir_info": {}}


def test_local_sources_do_not_change_the_layers_of_wheels(
    product: Product, base: Base, tmp_path: Path, base_layers: Image
) -> None:
    project = write_project(tmp_path / "app", APP)
    write_project(tmp_path / "lib", LIB)
    (project / "uv.lock").write_text(lock('directory = "../lib"'))
    built(product, project, base)
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    holding = [layer for layer in layers if any("/lib/word.txt" in name for name in layer.names())]
    assert len(holding) == 1
    assert not any(name.startswith("app/") for name in holding[0].names())


def test_a_repository_is_installed_at_its_commit(
    product: Product, base: Base, tmp_path: Path, runtime: Podman | Unpacked
) -> None:
    origin = tmp_path / "origin"
    write_project(origin / "python", LIB)
    git(origin, "init", "--quiet", "-b", "main")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "one")
    commit = git(origin, "rev-parse", "HEAD")
    (origin / "python" / "src" / "lib" / "word.txt").write_text("later")
    git(origin, "commit", "--quiet", "-am", "two")
    project = write_project(tmp_path / "app", APP)
    url = f"file://{origin}?rev=main&subdirectory=python#{commit}"
    (project / "uv.lock").write_text(lock(f'git = "{url}"'))
    image = built(product, project, base)
    assert runtime.run(image, "python", "app.py") == "hello 2.0\n"
    direct = json.loads(runtime.run(image, "python", "-c", DIRECT_URL))
    assert direct["vcs_info"] == {"vcs": "git", "commit_id": commit, "requested_revision": "main"}
    assert direct["subdirectory"] == "python"


def test_the_version_of_a_repository_is_in_the_file_that_its_backend_writes(
    product: Product, base: Base, tmp_path: Path, runtime: Podman | Unpacked
) -> None:
    origin = write_project(
        tmp_path / "origin",
        """
//- pyproject.toml
[build-system]
requires = ["setuptools", "setuptools-scm"]
build-backend = "setuptools.build_meta"
[project]
name = "lib"
dynamic = ["version"]
[tool.setuptools_scm]
version_file = "src/lib/_version.py"
//- src/lib/__init__.py
from ._version import version, version_tuple

WORD = f"{version} {version_tuple}"
""",
    )
    git(origin, "init", "--quiet", "-b", "main")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "one")
    git(origin, "tag", "v2.0")
    commit = git(origin, "rev-parse", "HEAD")
    project = write_project(tmp_path / "app", APP)
    (project / "uv.lock").write_text(lock(f'git = "file://{origin}?tag=v2.0#{commit}"'))
    image = built(product, project, base)
    assert runtime.run(image, "python", "app.py") == "2.0 (2, 0) 2.0\n"


def sdist(text: str, name: str = "lib-2.0") -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for part in text.strip().split("//- ")[1:]:
            path, _, content = part.partition("\n")
            info = tarfile.TarInfo(f"{name}/{path.strip()}")
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
    return data.getvalue()


def with_sdist(project: Path, data: bytes) -> None:
    (project / "lib-2.0.tar.gz").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    source = f'sdist = {{ path = "lib-2.0.tar.gz", hash = "sha256:{digest}" }}'
    (project / "uv.lock").write_text(lock('registry = "."', source))


def test_an_sdist_is_installed_without_running_anything(
    product: Product, base: Base, tmp_path: Path, runtime: Podman | Unpacked
) -> None:
    project = write_project(tmp_path / "app", APP)
    with_sdist(project, sdist(LIB))
    image = built(product, project, base)
    assert runtime.run(image, "python", "app.py") == "hello 2.0\n"
    assert runtime.run(image, "say") == "said hello\n"


def test_an_sdist_that_has_to_be_run_is_refused_with_the_reason(
    product: Product, base: Base, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "app", APP)
    with_sdist(project, sdist("//- setup.py\nfrom setuptools import setup\nsetup(name='lib')\n"))
    result = product.build(project, "--base-image", base.slim_reference)
    told = ("`lib 2.0`", "`setup.py`", "`linux/amd64`", "`build_sdists = true`", "another version")
    assert clear_error(result, *told)["code"] == "sources/needs-build"


def test_sources_of_another_version_are_refused(
    product: Product, base: Base, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "app", APP)
    with_sdist(project, sdist(LIB.replace('"2.0"', '"2.1"')))
    result = product.build(project, "--base-image", base.slim_reference)
    assert clear_error(result, "lib 2.0", "lib 2.1")["code"] == "build/wrong-sources"


def test_a_project_whose_wheel_is_not_its_files_is_installed_like_it(
    product: Product, base: Base, projects: Callable[[str], Path], runtime: Podman | Unpacked
) -> None:
    project = projects(
        """
//- pyproject.toml
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "tool"
version = "1.0"
[project.scripts]
tool = "renamed:main"
[tool.hatch.build.targets.wheel.sources]
"code" = "renamed"
[tool.hatch.build.targets.wheel]
only-include = ["code"]
//- code/__init__.py
def main(): print("told")
"""
    )
    image = built(product, project, base)
    assert runtime.run(image, "tool") == "told\n"
