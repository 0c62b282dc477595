"""What the end-to-end tests share: the base image, the runtime, a registry, the product."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import base as base_image
from support import images
from support.images import Layout
from support.index import Index
from support.product import BINARY, Product
from support.projects import HELLO, write_project
from support.registries import Auth, Registry, push_base
from support.runtime import Podman, Unpacked, find_runtime


def pytest_report_header() -> list[str]:
    lines = [f"pycontainer: {BINARY}"]
    if missing := images.missing_extras():
        lines.append(f"without the image specification's schemas as further judges: {missing}")
    return lines


def pytest_sessionstart() -> None:
    if not BINARY.is_file():
        pytest.exit(f"{BINARY} is missing: run script/build, or set PYCONTAINER", returncode=3)


@pytest.fixture(scope="session")
def base() -> base_image.Base:
    return base_image.ensure()


@pytest.fixture(scope="session")
def runtime(
    base: base_image.Base, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Podman | Unpacked]:
    found = find_runtime(tmp_path_factory.mktemp("runtime"), base.slim_reference)
    print(f"images run with {found.name}", file=sys.stderr)
    yield found
    found.close()


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache for tests that only need it to be warm, so that wheels are fetched once."""
    return tmp_path_factory.mktemp("shared-cache")


@pytest.fixture
def product(tmp_path: Path, shared_cache: Path) -> Product:
    """The binary with a home of its own and the cache that most tests share."""
    return Product(tmp_path / "home", shared_cache)


@pytest.fixture
def fresh_product(tmp_path: Path) -> Product:
    """The binary with a home and a cache that nobody else has used."""
    return Product(tmp_path / "fresh-home")


@pytest.fixture
def projects(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a project; each call makes another directory."""
    numbers = itertools.count(1)
    return lambda text: write_project(tmp_path / f"project{next(numbers)}", text)


@pytest.fixture
def hello(projects: Callable[[str], Path]) -> Path:
    """A project without dependencies that answers HTTP on port 8000."""
    return projects(HELLO)


@pytest.fixture
def fastapi(tmp_path: Path) -> Path:
    """A copy of `examples/fastapi`."""
    source = Path(__file__).resolve().parents[2] / "examples" / "fastapi"
    return Path(shutil.copytree(source, tmp_path / "fastapi"))


@pytest.fixture
def index() -> Iterator[Index]:
    with Index() as running:
        yield running


@pytest.fixture(scope="session")
def registry_with_base(
    base: base_image.Base, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registry]:
    """A plain registry that has the base as `library/python:3.N-slim`."""
    with Registry(tmp_path_factory.mktemp("registries"), Auth.NONE) as running:
        push_base(base, running, f"library/python:{base.python}-slim")
        yield running


@pytest.fixture
def registry(registry_with_base: Registry) -> Registry:
    """The same, with an empty log of requests. Push to a repository that no other test uses."""
    registry_with_base.gateway.clear()
    return registry_with_base


@pytest.fixture
def base_layers(base: base_image.Base) -> images.Image:
    return Layout(base.layout).image(base.slim)
