"""Projects without a lock: what the resolver takes, remembers and explains."""

from __future__ import annotations

import hashlib
import io
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from support.base import Base
from support.images import Image, Layout
from support.index import Index
from support.product import Product
from support.repositories import committed, git
from support.uv import compiled, planned, wheels
from support.wheels import Wheel, make_wheel

PROJECT = """
//- pyproject.toml
[project]
name = "unlocked"
version = "1"
dependencies = [
    DEPENDENCIES
]
//- app.py
"""


def project_of(*requirements: str) -> str:
    lines = "\n    ".join(f'"{each}",' for each in requirements)
    return PROJECT.replace("DEPENDENCIES", lines)


def distributions(project: Path, base_layers: Image) -> set[str]:
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    parts = {part for layer in layers for name in layer.names() for part in name.split("/")}
    return {part.removesuffix(".dist-info") for part in parts if part.endswith(".dist-info")}


def test_the_newest_that_fits_is_installed_and_kept(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    base_layers: Image,
    index: Index,
) -> None:
    index.add(make_wheel("plain", "1.0"))
    index.add(make_wheel("plain", "2.0", requires=("deep<3", "gone; sys_platform == 'win32'")))
    index.add(make_wheel("plain", "3.0", "cp39-cp39-win_amd64"))
    index.add(make_wheel("deep", "2.5", requires=("plain",)))
    index.add(make_wheel("deep", "3.0"))
    project = projects(project_of("plain"))
    flags = ("--base-image", base.slim_reference)
    environment = {"PATH": "", "UV_DEFAULT_INDEX": index.url}
    product.build(project, *flags, environment=environment).succeeded()
    assert distributions(project, base_layers) == {"plain-2.0", "deep-2.5"}
    index.add(make_wheel("plain", "2.1"))
    (project / "app.py").write_text("changed = True\n")
    asked = len(index.requests)
    product.build(project, *flags, environment=environment).succeeded()
    assert len(index.requests) == asked, "the versions are remembered"
    assert "plain-2.0" in distributions(project, base_layers)


def test_a_conflict_is_explained_with_its_lines(
    product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    index.add(make_wheel("plain", "1.0", requires=("deep>=3",)))
    index.add(make_wheel("deep", "2.0"))
    index.add(make_wheel("deep", "3.0"))
    project = projects(project_of("plain", "deep<3"))
    result = product.build(
        project,
        *("--base-image", base.slim_reference),
        environment={"UV_DEFAULT_INDEX": index.url},
    ).failed()
    error = result.error
    assert error["code"] == "resolve/unsatisfiable"
    assert "`plain 1.0` needs `deep>=3`" in error["message"]
    lines = {each["range"]["start"]["line"] for each in result.diagnostics}
    assert lines == {4, 5}, str(result)
    assert not (project / "dist").exists()


def test_what_only_windows_has_is_told(
    product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    index.add(make_wheel("plain", "1.0", "cp311-cp311-win_amd64"))
    result = product.build(
        projects(project_of("plain")),
        *("--base-image", base.slim_reference),
        environment={"UV_DEFAULT_INDEX": index.url},
    ).failed()
    assert result.error["code"] == "resolve/unsatisfiable"
    assert "win_amd64" in result.error["message"]


def planned_wheels(product: Product, project: Path, base: Base, index: Index) -> set[str]:
    result = planned(product, base, project, environment={"UV_DEFAULT_INDEX": index.url})
    return wheels(result.succeeded())


def asked_files(index: Index) -> set[str]:
    return {path.rsplit("/", 1)[-1] for path in index.requests if path.startswith("/files/")}


def test_metadata_are_read_beside_the_wheel_and_once(
    fresh_product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    plain = index.add(make_wheel("plain", "1.0"))
    index.metadata[plain.filename] = b"Name: plain\nVersion: 1.0\nRequires-Dist: deep<2\n"
    for version in ("1.0", "2.0"):
        deep = index.add(make_wheel("deep", version))
        index.metadata[deep.filename] = f"Name: deep\nVersion: {version}\n".encode()
    expected = {"plain==1.0", "deep==1.0"}
    assert planned_wheels(fresh_product, projects(project_of("plain")), base, index) == expected
    asked = asked_files(index)
    assert asked >= {f"{plain.filename}.metadata", "deep-1.0-py3-none-any.whl.metadata"}
    assert all(name.endswith(".metadata") for name in asked), "no wheel is fetched for a plan"
    # Another project finds pages and metadata in the cache.
    before = len(index.requests)
    other = projects(project_of("plain", "deep"))
    assert planned_wheels(fresh_product, other, base, index) == expected
    # Only the newest `deep` may be looked at, ahead of need; an end cuts such a look off.
    assert set(index.requests[before:]) <= {"/files/deep-2.0-py3-none-any.whl.metadata"}


def test_metadata_are_read_from_the_end_of_a_wheel(
    fresh_product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    filling = {"plain/data.bin": hashlib.shake_256(b"filling").digest(1 << 20)}
    plain = index.add(make_wheel("plain", "1.0", files=filling, requires=("deep",)))
    index.add(make_wheel("deep", "1.0"))
    found = planned_wheels(fresh_product, projects(project_of("plain")), base, index)
    assert found == {"plain==1.0", "deep==1.0"}
    assert index.ranges
    assert index.sent[plain.filename] < len(plain.data) / 2


@pytest.mark.parametrize(
    ("metadata", "code", "part"),
    [
        (b"Name: other\nVersion: 1.0\n", "index/metadata-mismatch", "`other 1.0`"),
        (b"Name: plain\nVersion: 7.0\n", "index/metadata-mismatch", "`plain 7.0`"),
        (b"<html>log in</html>", "packaging/invalid-metadata", "plain-1.0"),
        (b"", "packaging/invalid-metadata", "plain-1.0"),
        (b"Name: plain\nVersion: 1.0\nRequires-Dist: ?!\n", "resolve/unsatisfiable", "`?!`"),
    ],
    ids=["name", "version", "html", "empty", "requirement"],
)
def test_metadata_that_lie_end_the_search(
    fresh_product: Product,
    base: Base,
    projects: Callable[[str], Path],
    index: Index,
    metadata: bytes,
    code: str,
    part: str,
) -> None:
    plain = index.add(make_wheel("plain", "1.0"))
    index.metadata[plain.filename] = metadata
    project = projects(project_of("plain"))
    environment = {"UV_DEFAULT_INDEX": index.url}
    refused = planned(fresh_product, base, project, environment=environment).failed()
    assert refused.error["code"] == code
    assert part in refused.error["message"] + " ".join(refused.error["context"]), str(refused)
    assert refused.error["hint"]
    # Nothing of it was kept.
    index.metadata[plain.filename] = b"Name: plain\nVersion: 1.0\n"
    if code != "resolve/unsatisfiable":
        assert planned_wheels(fresh_product, project, base, index) == {"plain==1.0"}


def test_dependencies_that_the_index_has_kept_quiet_about_end_the_build(
    fresh_product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    plain = index.add(make_wheel("plain", "1.0", requires=("deep>=2",)))
    index.metadata[plain.filename] = b"Name: plain\nVersion: 1.0\n"
    project = projects(project_of("plain"))
    flags = ("--base-image", base.slim_reference)
    environment = {"UV_DEFAULT_INDEX": index.url}
    refused = fresh_product.build(project, *flags, environment=environment).failed()
    assert refused.error["code"] == "index/metadata-mismatch"
    assert "`plain 1.0` needs `deep>=2`" in refused.error["message"]
    assert not (project / "dist").exists()


def sdist(name: str, version: str, files: dict[str, str]) -> Wheel:
    """A source distribution, served like a wheel."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(f"{name}-{version}/{path}")
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
    return Wheel(f"{name}-{version}.tar.gz", data.getvalue())


def pure(name: str, version: str, *requires: str) -> dict[str, str]:
    return {
        "pyproject.toml": f"""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "{name}"
version = "{version}"
dependencies = {list(requires)}
""",
        f"{name}/__init__.py": f'VERSION = "{version}"\n',
    }


def test_sources_are_taken_that_a_wheel_can_be_made_of(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    base_layers: Image,
    index: Index,
) -> None:
    index.add(sdist("plain", "2.0", pure("plain", "2.0", "deep")))
    index.add(sdist("plain", "3.0", {"setup.py": "import this; this.computes()"}))
    index.add(make_wheel("plain", "1.0"))
    index.add(make_wheel("deep", "1.0"))
    project = projects(project_of("plain"))
    flags = ("--base-image", base.slim_reference)
    environment = {"PATH": "", "UV_DEFAULT_INDEX": index.url}
    product.build(project, *flags, environment=environment).succeeded()
    assert distributions(project, base_layers) == {"plain-2.0", "deep-1.0"}
    asked = len(index.requests)
    (project / "app.py").write_text("changed = True\n")
    product.build(project, *flags, environment=environment).succeeded()
    assert len(index.requests) == asked

    pinned = projects(project_of("plain==3.0"))
    refused = product.build(pinned, *flags, environment=environment).failed()
    assert refused.error["code"] == "resolve/unsatisfiable"
    assert "cannot be told from its sources" in refused.error["message"]


def test_a_branch_is_resolved_to_its_commit(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    base_layers: Image,
    index: Index,
    tmp_path: Path,
) -> None:
    index.add(make_wheel("deep", "1.0"))
    origin = tmp_path / "origin"
    for path, content in pure("plain", "4.0", "deep").items():
        file = origin / "python" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    commit = committed(origin)
    address = f"plain @ git+file://{origin}@main#subdirectory=python"
    project = projects(project_of(address))
    flags = ("--base-image", base.slim_reference)
    environment = {"UV_DEFAULT_INDEX": index.url}
    product.build(project, *flags, environment=environment).succeeded()
    assert distributions(project, base_layers) == {"plain-4.0", "deep-1.0"}

    # What was resolved stays, locked or not.
    (origin / "python" / "plain" / "__init__.py").write_text("VERSION = 'later'\n")
    assert committed(origin) != commit
    place = ("--context", project, "--base-image", base.slim_reference)
    product.run("lock", *place, environment=environment).succeeded()
    lock = tomllib.loads((project / "pylock.toml").read_text())
    (vcs,) = (each["vcs"] for each in lock["packages"] if each["name"] == "plain")
    later = git(origin, "rev-parse", "HEAD")
    assert vcs == {
        "type": "git",
        "url": f"file://{origin}",
        "requested-revision": "main",
        "commit-id": later,
        "subdirectory": "python",
    }
    (origin / "python" / "plain" / "__init__.py").write_text("VERSION = 'too late'\n")
    committed(origin)
    again = product.run("lock", "--json", *place, environment=environment).succeeded()
    assert not again.json["changed"]
    product.build(project, *flags, environment=environment).succeeded()
    assert distributions(project, base_layers) == {"plain-4.0", "deep-1.0"}

    missing = projects(project_of(f"plain @ git+file://{origin}@gone#subdirectory=python"))
    refused = product.build(missing, *flags, environment=environment).failed()
    assert refused.error["code"] == "sources/commit-not-found"
    assert refused.diagnostics[0]["range"]["start"]["line"] == 4


@pytest.mark.parametrize(
    "requirements",
    [
        ["fastapi", "uvicorn[standard]"],
        ["django>=4.2,<5", "djangorestframework", "gunicorn"],
        ["flask", "sqlalchemy<2", "requests>=2.20"],
        ["jinja2<3", "markupsafe"],
        ["pydantic[email]>=2", "httpx[http2]", "typer", "rich<13"],
        ["celery[redis]", "sentry-sdk[django]", "boto3<1.35", "structlog"],
        ["streamlit<1.40", "pandas<2.2", "plotly>=5"],
        ["langchain<0.3", "openai<1.40", "tiktoken"],
        ["black==24.1.0", "click<8.1", "pytest-cov", "coverage[toml]<7.5"],
    ],
    ids=lambda each: each[0],
)
def test_the_versions_are_those_of_uv(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    requirements: list[str],
) -> None:
    project = projects(project_of(*requirements))
    expected = compiled(project, requirements, base)
    result = planned(product, base, project)
    assert wheels(result.succeeded()) == expected
