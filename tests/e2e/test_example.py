"""`examples/fastapi`: dependencies by a hashed requirements.txt, and how rebuilding behaves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from support.base import Base
from support.images import Image, Layout, judge, umoci_unpack
from support.product import Product
from support.runtime import Podman, Unpacked

MESSAGE = "Hello from a container that no Dockerfile made"


def test_the_example_runs_and_answers(
    product: Product, base: Base, fastapi: Path, runtime: Podman | Unpacked, tmp_path: Path
) -> None:
    product.build(fastapi, "--base-image", base.slim_reference, "--tag", "myapi:1.0").succeeded()
    layout = fastapi / "dist" / "image"
    assert judge(layout, "1.0") == []
    image = Layout(layout).image("1.0")
    command = ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8080"]
    assert image.settings["Entrypoint"] == command
    assert image.settings["ExposedPorts"] == {"8080/tcp": {}}
    umoci_unpack(layout, "1.0", tmp_path / "bundle")
    with runtime.start(f"oci:{layout}:1.0") as running:
        status, body = running.get(8080)
        assert (status, json.loads(body)) == (200, {"message": MESSAGE})
        assert running.get(8080, "/health")[0] == 200
    listing = (
        "import importlib.metadata as m; print(*sorted(d.name.lower() for d in m.distributions()))"
    )
    installed = runtime.run(f"oci:{layout}:1.0", "python", "-c", listing).split()
    assert {"fastapi", "uvicorn", "pydantic-core", "starlette"} <= {
        name.replace("_", "-") for name in installed
    }


def test_dependencies_are_installed_by_the_rules(
    product: Product, base: Base, fastapi: Path, base_layers: Image
) -> None:
    product.build(fastapi, "--base-image", base.slim_reference).succeeded()
    image = Layout(fastapi / "dist" / "image").image()
    names = {n for layer in image.added(base_layers) for n in layer.names()}
    site = f"opt/venv/lib/python{base.python}/site-packages"
    (info,) = {n.split("/")[5] for n in names if n.startswith(f"{site}/fastapi-")}
    assert image.find(f"{site}/{info}/INSTALLER").strip() == b"pycontainer"
    record = image.find(f"{site}/{info}/RECORD").decode()
    assert f"{info}/METADATA,sha256=" in record
    assert f"{info}/INSTALLER,sha256=" in record
    assert f"{site}/{info}/REQUESTED" not in names
    assert f"{site}/{info}/direct_url.json" not in names
    assert not [n for n in names if n.endswith(".pyc")]
    assert image.find("opt/venv/bin/uvicorn").startswith(b"#!/opt/venv/bin/python")
    settings = image.find("opt/venv/pyvenv.cfg").decode()
    assert "include-system-site-packages = false" in settings
    assert f"version = {base.python_full}" in settings


def test_an_unchanged_build_does_next_to_nothing(
    product: Product, base: Base, fastapi: Path
) -> None:
    flags = ("--base-image", base.slim_reference)
    first = product.build(fastapi, *flags).succeeded()
    inode = (fastapi / "dist" / "image" / "index.json").stat().st_mtime_ns
    second = product.build(fastapi, *flags).succeeded()
    assert second.json["digest"] == first.json["digest"]
    assert {layer["state"] for layer in second.layers()} == {"base", "cached"}
    assert second.json["timings_ms"]["total"] < 100
    assert (fastapi / "dist" / "image" / "index.json").stat().st_mtime_ns == inode
    # Without network and without the output it is still the same image.
    third = product.build(fastapi, *flags, environment={"HTTPS_PROXY": "http://127.0.0.1:9"})
    assert third.succeeded().json["digest"] == first.json["digest"]


def test_a_missing_output_is_written_again(product: Product, base: Base, fastapi: Path) -> None:
    flags = ("--base-image", base.slim_reference)
    first = product.build(fastapi, *flags).succeeded()
    layout = fastapi / "dist" / "image"
    layer = first.layers("application")[-1]["digest"]
    (layout / "blobs" / "sha256" / layer.removeprefix("sha256:")).unlink()
    product.build(fastapi, *flags).succeeded()
    assert judge(layout) == []


def test_one_changed_line_rebuilds_one_layer(
    product: Product, base: Base, fastapi: Path, runtime: Podman | Unpacked
) -> None:
    flags = ("--base-image", base.slim_reference)
    before = product.build(fastapi, *flags).succeeded()
    application = fastapi / "app.py"
    application.write_text(application.read_text().replace(MESSAGE, "changed"))
    after = product.build(fastapi, *flags).succeeded()
    for kind in ("base", "dependencies"):
        assert after.layers(kind) == [
            {**layer, "state": "base" if kind == "base" else "cached"}
            for layer in before.layers(kind)
        ]
    old = {layer["digest"] for layer in before.layers("application")}
    new = [layer for layer in after.layers("application") if layer["digest"] not in old]
    assert len(new) == 1
    assert new[0]["state"] == "built"
    with runtime.start(f"oci:{fastapi}/dist/image:latest") as running:
        assert json.loads(running.get(8080)[1]) == {"message": "changed"}


def test_a_change_of_the_sources_asks_nobody(product: Product, base: Base, fastapi: Path) -> None:
    flags = ("--base-image", base.slim_reference)
    product.build(fastapi, *flags).succeeded()
    application = fastapi / "app.py"
    application.write_text(application.read_text() + "# changed\n")
    unplugged = {
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": None,
    }
    product.build(fastapi, *flags, environment=unplugged).succeeded()


def test_a_change_that_keeps_size_and_second_is_seen(
    product: Product, base: Base, hello: Path
) -> None:
    flags = ("--base-image", base.slim_reference)
    application = hello / "app.py"
    application.write_text("print('one')\n")
    first = product.build(hello, *flags).succeeded().json["digest"]
    application.write_text("print('two')\n")
    assert product.build(hello, *flags).succeeded().json["digest"] != first
    application.write_text("print('one')\n")
    assert product.build(hello, *flags).succeeded().json["digest"] == first


def test_no_cache_builds_everything_again(product: Product, base: Base, fastapi: Path) -> None:
    flags = ("--base-image", base.slim_reference)
    first = product.build(fastapi, *flags).succeeded()
    second = product.build(fastapi, *flags, "--no-cache").succeeded()
    assert second.json["digest"] == first.json["digest"]
    states = {layer["state"] for kind in ("dependencies", "application")
              for layer in second.layers(kind)}  # fmt: skip
    assert states == {"built"}


def test_another_platform_gets_its_own_wheels(
    product: Product, base: Base, fastapi: Path, base_layers: Image
) -> None:
    flags = ("--base-image", base.slim_reference, "--platform", "linux/arm64")
    product.build(fastapi, *flags).succeeded()
    image = Layout(fastapi / "dist" / "image").image()
    names = [name for layer in image.layers for name in layer.names()]
    native = [n for n in names if n.startswith("opt/venv/") and n.endswith(".so")]
    assert native
    assert all("aarch64" in name for name in native)


def test_no_deps_leaves_them_out(product: Product, base: Base, fastapi: Path) -> None:
    flags = ("--base-image", base.slim_reference, "--no-deps")
    result = product.build(fastapi, *flags).succeeded()
    image = Layout(fastapi / "dist" / "image").image()
    names = [name for layer in image.layers for name in layer.names()]
    assert not [n for n in names if "/fastapi/" in n]
    assert result.layers("application")


def test_two_builds_at_once_share_the_cache(
    fresh_product: Product, base: Base, fastapi: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(fastapi, tmp_path / "other"))
    flags = ("--json", "--base-image", base.slim_reference)
    started = [
        fresh_product.start("build", "--context", project, *flags) for project in (fastapi, other)
    ]
    digests = {call.finish(timeout=120).succeeded().json["digest"] for call in started}
    assert len(digests) == 1
    assert judge(fastapi / "dist" / "image") == []
    assert judge(other / "dist" / "image") == []
