"""uv as an oracle: what `uv export` takes from a lock, compared with what the product plans."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from support.base import Base
from support.product import Product, Result, network_environment
from support.projects import uv


def _run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**network_environment(), "PATH": os.environ["PATH"], "HOME": str(project)}
    return subprocess.run(
        [uv(), *arguments],
        cwd=project,
        env={**environment, "UV_CACHE_DIR": str(_cache(project))},
        capture_output=True,
        text=True,
        check=False,
    )


def _cache(project: Path) -> Path:
    """One for all projects of a run of the tests."""
    runs = (parent for parent in project.parents if parent.name.startswith("pytest-"))
    return next(runs, project.parent) / "uv-cache"


@functools.cache
def _why_no_index(root: Path) -> str:
    probe = root / "index-probe"
    probe.mkdir(exist_ok=True)
    (probe / "requirements.in").write_text("iniconfig\n")
    done = _run(probe, "pip", "compile", "requirements.in", "--quiet", "--no-deps")
    return "" if done.returncode == 0 else done.stderr.strip()[-300:]


def lock(project: Path) -> None:
    """Makes `uv.lock`; skips the test where uv reaches no index."""
    if why := _why_no_index(_cache(project).parent):
        pytest.skip(f"uv reaches no index here: {why}")
    done = _run(project, "lock", "--quiet")
    assert done.returncode == 0, done.stderr


def exported(project: Path, base: Base, *arguments: str) -> set[str] | None:
    """`name==version` of all that uv would install in the base; nothing when it refuses."""
    flags = ("--frozen", "--no-emit-local", "--no-hashes", "--no-default-groups", "--no-header")
    done = _run(project, "export", *flags, "--no-annotate", "--quiet", *arguments)
    if done.returncode != 0:
        return None
    environment = {
        "implementation_name": "cpython",
        "implementation_version": base.python_full,
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": base.python_full,
        "python_version": base.python,
        "sys_platform": "linux",
        "extra": "",
    }
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith("#")]
    requirements = [Requirement(line) for line in lines]
    return {
        f"{each.name}{each.specifier}"
        for each in requirements
        if each.marker is None or each.marker.evaluate(environment)
    }


def planned(
    product: Product, base: Base, context: Path, *arguments: str | Path, **options: Any
) -> Result:
    """`plan --json`; `wheels` reads it."""
    flags = ("--base-image", base.slim_reference)
    return product.run("plan", "--json", "--context", context, *flags, *arguments, **options)


def wheels(plan: Result) -> set[str]:
    """`name==version` of all wheels that a plan's image would have, without what is made of the
    project's own sources."""
    layers = [layer for layer in plan.succeeded().json["layers"] if layer["kind"] == "dependencies"]
    contents = [line for layer in layers for line in layer["contents"]]
    return {"==".join(line.split()[:2]) for line in contents if "(from " not in line}


def compiled(project: Path, requirements: list[str], base: Base) -> set[str]:
    """What `uv pip compile` takes for the base's Python, from wheels alone; skips the test where uv
    reaches no index."""
    if why := _why_no_index(_cache(project).parent):
        pytest.skip(f"uv reaches no index here: {why}")
    (project / "uv.in").write_text("\n".join(requirements) + "\n")
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine(), platform.machine())
    flags = ["--no-header", "--no-annotate", "--quiet", "--only-binary", ":all:"]
    flags += [
        "--python-version",
        base.python_full,
        "--python-platform",
        f"{machine}-manylinux_2_36",
    ]
    done = _run(project, "pip", "compile", "uv.in", *flags)
    assert done.returncode == 0, done.stderr
    return {line for line in done.stdout.splitlines() if "==" in line}
