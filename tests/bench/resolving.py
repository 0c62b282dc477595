"""R1, R2: versions found for a project without a lock, beside `uv pip compile`.

Both ask the default index, write a `pylock.toml` and look at no earlier one. Cold: their caches are
empty. Warm: pages and metadata are in the cache and fresh, and everything is decided again.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from peers import measure as seconds_of
from stage import Stage, spread, version_of
from support.product import BINARY, network_environment
from support.projects import uv, write_project

COLD, WARM = "cold", "warm"
NETWORK = network_environment()  # before a stage names its own index

PROJECT = """
//- pyproject.toml
[project]
name = "bench"
version = "1.0"
requires-python = ">=3.11"
dependencies = @dependencies@
"""


@dataclass(frozen=True)
class Resolver:
    name: str
    cache: Path
    command: list[str]
    lock: Path


def resolvers(stage: Stage, project: Path, work: Path) -> list[Resolver]:
    python = stage.made.python_full
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine(), platform.machine())
    ours = [str(BINARY), "lock", "--upgrade", "--quiet", "--cache-dir", str(work / "ours")]
    ours += ["--base-image", stage.made.slim_reference]
    theirs = [uv(), "pip", "compile", "--quiet", "--upgrade", "pyproject.toml"]
    theirs += ["--only-binary", ":all:", "--python-version", python]
    theirs += ["--python-platform", f"{machine}-manylinux_2_36"]
    theirs += ["--cache-dir", str(work / "theirs"), "-o", "pylock.uv.toml"]
    return [
        Resolver("pycontainer lock", work / "ours", ours, project / "pylock.toml"),
        Resolver("uv pip compile", work / "theirs", theirs, project / "pylock.uv.toml"),
    ]


def packages_of(lock: Path) -> set[tuple[str, str]]:
    return {(each["name"], each["version"]) for each in tomllib.loads(lock.read_text())["packages"]}


def subject(name: str, title: str, *requirements: str) -> Callable[[Stage], list[str]]:
    """The measurement of one project."""

    def measure(stage: Stage) -> list[str]:
        work = stage.directory(name)
        wanted = "[" + ", ".join(f'"{each}"' for each in requirements) + "]"
        project = write_project(work / "project", PROJECT.replace("@dependencies@", wanted))
        environment = {**NETWORK, "HOME": str(work), "PATH": os.environ["PATH"]}
        both = resolvers(stage, project, work)
        times: dict[tuple[str, str], list[float]] = {}

        def take(resolver: Resolver, scenario: str) -> None:
            took = seconds_of(resolver.command, project, environment, work / "log")
            times.setdefault((resolver.name, scenario), []).append(took)

        for _ in range(stage.rounds):
            for resolver in both:
                shutil.rmtree(resolver.cache, ignore_errors=True)
                take(resolver, COLD)
        for _ in range(stage.many):
            for resolver in both:
                take(resolver, WARM)
        locked = [packages_of(resolver.lock) for resolver in both]
        same = "the same" if locked[0] == locked[1] else "NOT the same"
        stage.note(f"{version_of([uv(), '--version'])}; resolving asks the default index.")
        ours, theirs = both
        lines = [
            f"## {name}: {title}",
            "",
            f"{len(locked[0])} packages, {same} versions by both.",
            "",
            f"| scenario | {ours.name} | {theirs.name} | ours / theirs |",
            "|---|---|---|---|",
        ]
        for scenario in (COLD, WARM):
            mine, other = (times[each.name, scenario] for each in both)
            ratio = statistics.median(mine) / statistics.median(other)
            lines.append(f"| {scenario} | {spread(mine)} | {spread(other)} | {ratio:.2f} |")
        return lines

    return measure


web = subject("R1", "resolving FastAPI and uvicorn[standard]", "fastapi", "uvicorn[standard]")
application = subject(
    "R2",
    "resolving an application of some 60 packages",
    "alembic",
    "boto3",
    "celery[redis]",
    "cryptography",
    "fastapi[standard]",
    "gunicorn",
    "httpx[http2]",
    "jinja2",
    "pandas",
    "pillow",
    "pydantic-settings",
    "sentry-sdk[fastapi]",
    "sqlalchemy[asyncio]",
    "structlog",
)
