"""Ctrl-C at every stage: out within a second, exit code 130, nothing half-made left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from support.base import Base
from support.errors import nothing_written
from support.index import Index
from support.product import Product, Started
from support.projects import locked_package, uv_lock
from support.registries import Registry
from support.servers import wait_until
from support.wheels import make_wheel


def interrupted(started: Started) -> None:
    before = time.monotonic()
    started.interrupt()
    result = started.finish(timeout=5)
    took = time.monotonic() - before
    assert result.code == 130, str(result)
    assert took < 1, f"it took {took:.2f} s\n{result}"


def test_while_a_wheel_is_fetched(
    fresh_product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    noise = os.urandom(500_000)
    wheel = index.add(make_wheel(files={"tiny/noise.bin": noise}), held=True)
    project = projects(
        """
//- pyproject.toml
[project]
name = "slow"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["tiny"]
//- app.py
"""
    )
    package = locked_package("tiny", index.file_url(wheel), wheel.sha256, len(wheel.data))
    (project / "uv.lock").write_text(uv_lock("slow", package))
    flags = ("--context", project, "--base-image", base.slim_reference)
    started = fresh_product.start("build", *flags)
    assert index.reached.wait(30)
    interrupted(started)
    nothing_written(project / "dist" / "image")
    index.release.set()
    fresh_product.build(project, "--base-image", base.slim_reference).succeeded()


def test_while_the_base_is_fetched(
    fresh_product: Product, base: Base, hello: Path, registry: Registry
) -> None:
    reference = f"{registry.address}/library/python:{base.python}-slim"
    with registry.gateway.hold("GET", "/blobs/sha256") as hold:
        started = fresh_product.start("build", "--context", hello, "--base-image", reference)
        assert hold.reached.wait(30)
        interrupted(started)
    nothing_written(hello / "dist" / "image")
    fresh_product.build(hello, "--base-image", reference).succeeded()


def test_while_pushing(product: Product, base: Base, hello: Path, registry: Registry) -> None:
    tag = f"{registry.address}/cancelled/hello:1"
    flags = ("--context", hello, "--base-image", base.slim_reference, "--tag", tag, "--push")
    with registry.gateway.hold("(PUT|PATCH)", "/blobs/uploads/") as hold:
        started = product.start("build", *flags)
        assert hold.reached.wait(30)
        interrupted(started)
    assert registry.gateway.requests("PUT", "/manifests/") == []
    product.build(hello, *flags[2:]).succeeded()


def test_while_layers_are_made(fresh_product: Product, base: Base, hello: Path) -> None:
    (hello / "data").mkdir()
    for number in range(8):
        (hello / "data" / f"{number}.bin").write_bytes(os.urandom(32 << 20))
    flags = ("--context", hello, "--base-image", base.slim_reference)
    started = fresh_product.start("build", *flags)
    wait_until(fresh_product.store.exists, "the store")
    interrupted(started)
    nothing_written(hello / "dist" / "image")


def test_a_killed_build_does_not_harm_the_next(
    fresh_product: Product, base: Base, hello: Path, registry: Registry
) -> None:
    reference = f"{registry.address}/library/python:{base.python}-slim"
    with registry.gateway.hold("GET", "/blobs/sha256") as hold:
        started = fresh_product.start("build", "--context", hello, "--base-image", reference)
        assert hold.reached.wait(30)
        started.process.kill()
        started.finish(timeout=5)
    nothing_written(hello / "dist" / "image")
    fresh_product.build(hello, "--base-image", reference).succeeded()
