"""Bases of other distributions' shapes: interpreter and C library found, users kept, PATH merged,
and run where their parts run here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import shapes
from support.base import Base
from support.images import Layout, judge
from support.product import Product
from support.projects import lock_with_uv
from support.runtime import Podman, Unpacked

HOME_AND_USER = """
//- pyproject.toml
[project]
name = "shape"
version = "1"
requires-python = ">=3.11"
dependencies = ["markupsafe"]
//- app.py
import http.server
import json
import os
import platform
import sys

from markupsafe import _speedups, escape

FACTS = {
    "uid": os.getuid(),
    "version": platform.python_version(),
    "prefix": sys.prefix,
    "base": os.path.realpath(sys.executable),
    "escaped": str(escape("<")),
    "native": _speedups.__name__,
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(FACTS).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""
RUNNABLE = [shapes.distroless, shapes.ubi, shapes.chainguard]


@pytest.mark.parametrize("shape", RUNNABLE, ids=lambda shape: shape.__name__)
def test_an_image_on_it_runs(
    shape: Callable[..., dict[str, object]],
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    tmp_path: Path,
    runtime: Podman | Unpacked,
) -> None:
    project = projects(HOME_AND_USER)
    lock_with_uv(project)
    reference = shapes.make(base, shape, tmp_path / "base")
    shown = product.run("inspect", reference, "--json").succeeded().json
    assert shown["python"] == {
        "path": f"/usr/bin/python{base.python}",
        "version": base.python_full,
    }
    assert shown["libc"] == "glibc"
    product.build(project, "--base-image", reference).succeeded()
    layout = project / "dist" / "image"
    assert judge(layout) == []
    image, below = Layout(layout).image(), Layout(tmp_path / "base").image("base")
    assert image.settings["User"] == below.settings["User"]
    assert image.environment["PATH"] == f"/opt/venv/bin:{below.environment['PATH']}"
    for name, value in below.environment.items():
        assert name == "PATH" or image.environment[name] == value
    assert "Cmd" not in image.settings
    with runtime.start(f"oci:{layout}:latest") as running:
        status, body = running.get(8000)
    assert status == 200
    facts = json.loads(body)
    assert facts["uid"] == int(below.settings["User"])
    assert facts["version"] == base.python_full
    assert facts["prefix"] == "/opt/venv"
    assert facts["base"] == f"/usr/bin/python{base.python}"
    assert facts["escaped"] == "&lt;"
    assert facts["native"] == "markupsafe._speedups"


def test_wheels_for_musl_are_chosen_where_the_base_has_it(
    product: Product, base: Base, projects: Callable[[str], Path], tmp_path: Path
) -> None:
    project = projects(HOME_AND_USER)
    lock_with_uv(project)
    reference = shapes.make(base, shapes.alpine, tmp_path / "base")
    product.build(project, "--base-image", reference).succeeded()
    layout = project / "dist" / "image"
    assert judge(layout) == []
    image = Layout(layout).image()
    libraries = [n for layer in image.layers for n in layer.names() if n.endswith(".so")]
    assert any(name.endswith("-x86_64-linux-musl.so") for name in libraries)
    assert not any("linux-gnu" in name for name in libraries)
    assert image.settings["User"] == "65532:65532"
    assert image.environment["HOME"] == "/tmp"
    shown = product.run("inspect", str(layout), "--json").succeeded().json
    assert shown["libc"] == "musl"
    assert shown["distribution"] == "Alpine Linux v3.20"
