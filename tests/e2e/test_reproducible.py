"""Same sources, same digest: on any path, umask, time zone, locale, home and number of threads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from support.base import Base
from support.images import files_equal
from support.product import Product
from support.projects import lock_with_uv


def test_nothing_of_the_machine_reaches_the_digest(
    base: Base, fastapi: Path, tmp_path: Path
) -> None:
    one = tmp_path / "one"
    two = tmp_path / "a much longer" / "päth" / "two"
    two.parent.mkdir(parents=True)
    shutil.copytree(fastapi, one)
    shutil.copytree(fastapi, two, copy_function=shutil.copy)
    for path in two.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        if path.is_file():
            path.chmod(0o600)
    first = Product(tmp_path / "home1").build(
        one,
        *("--base-image", base.slim_reference),
        environment={"TZ": "UTC", "LC_ALL": "C"},
        prefix=["sh", "-c", 'umask 022; exec "$@"', "sh"],
    )
    second = Product(tmp_path / "another home").build(
        two,
        *("--base-image", base.slim_reference),
        environment={
            "TZ": "Asia/Kathmandu",
            "LC_ALL": "tr_TR.UTF-8",
            "LANG": "de_DE.UTF-8",
            "USER": "someone",
            "OMP_NUM_THREADS": "1",
        },
        prefix=["taskset", "-c", "0", "sh", "-c", 'umask 077; exec "$@"', "sh"],
    )
    assert first.succeeded().json["digest"] == second.succeeded().json["digest"]
    assert files_equal(one / "dist" / "image", two / "dist" / "image")


def test_the_state_of_the_cache_does_not_reach_the_digest(
    base: Base, projects: Callable[[str], Path], tmp_path: Path
) -> None:
    project = projects(
        """
//- pyproject.toml
[project]
name = "several"
version = "1"
requires-python = ">=3.11"
dependencies = ["click", "iniconfig", "markupsafe"]
//- app.py
"""
    )
    lock_with_uv(project)
    flags = ("--base-image", base.slim_reference)
    product = Product(tmp_path / "home1")
    without = product.build(project, *flags, "--no-deps").succeeded().json["digest"]
    warm = product.build(project, *flags).succeeded().json["digest"]
    cold = Product(tmp_path / "home2").build(project, *flags).succeeded().json["digest"]
    assert warm == cold
    assert warm != without


def test_a_build_needs_no_program_of_this_machine(
    fresh_product: Product, base: Base, fastapi: Path
) -> None:
    flags = ("--base-image", base.slim_reference)
    for path in ("", None, "/nonexistent"):
        fresh_product.build(fastapi, *flags, "--no-cache", environment={"PATH": path}).succeeded()
