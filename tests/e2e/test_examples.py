"""Every project of `examples/`, built without a lock and an empty PATH on a base from a registry,
and asked for an answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.base import Base
from support.images import Layout, judge
from support.product import ROOT, Product
from support.registries import Registry
from support.runtime import Podman, Unpacked

EXAMPLES = ROOT / "examples"
SERVICES = {
    "fastapi": (8080, "Hello from a container that no Dockerfile made"),
    "starlette": (8000, "Hello Starlette"),
    "litestar": (8000, "Hello Litestar"),
    "quart": (8000, "Hello Quart"),
    "flask": (5000, "Hello Flask"),
    "django": (8000, "Hello Django"),
}


@pytest.fixture
def reference(registry_with_base: Registry, base: Base) -> str:
    """The base, in a registry."""
    return f"{registry_with_base.address}/library/python:{base.python}-slim"


def unlocked(product: Product, reference: str, name: str, directory: Path) -> str:
    """The image of an example, whose dependencies this program has resolved by itself."""
    kept_out = shutil.ignore_patterns("dist", "requirements.txt", "__pycache__")
    project = Path(shutil.copytree(EXAMPLES / name, directory / name, ignore=kept_out))
    product.build(project, "--base-image", reference, environment={"PATH": ""}).succeeded()
    layout = project / "dist" / "image"
    assert judge(layout) == []
    return f"oci:{layout}:latest"


def exposed(image: str) -> set[int]:
    settings = Layout(Path(image.split(":")[1])).image().settings
    return {int(port.removesuffix("/tcp")) for port in settings["ExposedPorts"]}


def test_every_example_is_tried() -> None:
    projects = {path.parent.name for path in EXAMPLES.glob("*/pyproject.toml")}
    assert projects == {*SERVICES, "streamlit", "gradio", "data"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_answers(
    product: Product, reference: str, tmp_path: Path, runtime: Podman | Unpacked, name: str
) -> None:
    port, message = SERVICES[name]
    image = unlocked(product, reference, name, tmp_path)
    assert exposed(image) == {port}
    with runtime.start(image) as running:
        status, body = running.get(port, seconds=120)
        assert (status, json.loads(body)) == (200, {"message": message})


def test_the_streamlit_page_is_served(
    product: Product, reference: str, tmp_path: Path, runtime: Podman | Unpacked
) -> None:
    image = unlocked(product, reference, "streamlit", tmp_path)
    assert exposed(image) == {8501}
    with runtime.start(image) as running:
        status, page = running.get(8501, seconds=120)
        assert status == 200
        assert "<title>Streamlit</title>" in page
        assert running.get(8501, "/_stcore/health") == (200, "ok")


def test_the_gradio_demonstration_is_served(
    product: Product, reference: str, tmp_path: Path, runtime: Podman | Unpacked
) -> None:
    image = unlocked(product, reference, "gradio", tmp_path)
    assert exposed(image) == {7860}
    with runtime.start(image) as running:
        status, page = running.get(7860, seconds=120)
        assert status == 200
        assert "gradio" in page.lower()
        status, description = running.get(7860, "/gradio_api/info")
        assert status == 200
        assert "/greet" in json.loads(description)["named_endpoints"]


def test_the_data_job_prints_its_summary(
    product: Product, reference: str, tmp_path: Path, runtime: Podman | Unpacked
) -> None:
    image = unlocked(product, reference, "data", tmp_path)
    command = Layout(tmp_path / "data" / "dist" / "image").image().settings["Entrypoint"]
    lines = runtime.run(image, *command).splitlines()
    assert [line.split() for line in lines[-2:]] == [
        ["Bergen", "255", "135"],
        ["Oslo", "805", "410"],
    ]
