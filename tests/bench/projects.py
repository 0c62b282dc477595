"""Projects built by several builders: a workload as files, the packages that its index needs, the
builders and scenarios that say something about it, and its measurement."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from peers import Buildah, Builder, BuildKit, UvTarGzip
from stage import Stage, say, spread, version_of
from support.go_programs import UnavailableError
from support.index import Index
from support.projects import lock_with_uv, uv, write_project
from support.wheels import Wheel

COLD, SAME, EDIT = "cold", "nothing changed", "one file changed"
WHEELS, ADDED = "wheels cached", "polars added"
Times = dict[tuple[str, str], list[float]]  # seconds by (builder, scenario)

PROJECT = """
//- pyproject.toml
[project]
name = "bench"
version = "1.0"
requires-python = ">=3.11"
dependencies = @dependencies@
//- .dockerignore
dist
"""
INSTALLED = """
//- Dockerfile
FROM @base@
WORKDIR /app
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=0
COPY pyproject.toml uv.lock ./
RUN @mounts@--mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-dev --no-install-project
COPY . .
ENV PATH=/app/.venv/bin:$PATH
"""
BUILDKIT_MOUNTS = (
    "--mount=from=uv,source=uv,target=/bin/uv "
    "--mount=from=uv,source=certificates.crt,target=/etc/ssl/certs/ca-certificates.crt "
)


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    text: str  # with @base@, @mounts@ and @dependencies@
    kinds: tuple[type[Builder], ...]
    scenarios: tuple[str, ...]
    packages: tuple[str, ...] = ()
    added: tuple[str, ...] = ()  # what one more dependency is, where that is a scenario

    def lock(self, directory: Path, base: str, index_url: str) -> None:
        """Makes `plain` and, where something is added, `added` in `directory`: the files that say
        what is installed."""
        variants = {"plain": self.packages, "added": (*self.packages, *self.added)}
        if not self.added:
            del variants["added"]
        for variant, packages in variants.items() if self.packages else ():
            project = write_project(directory / variant, self.files(packages, base, ""))
            lock_with_uv(project, "lock", "--default-index", index_url)
            lock_with_uv(
                project,
                *("export", "--frozen", "--no-emit-project", "--output-file", "requirements.txt"),
            )

    def write(self, directory: Path, locks: Path, base: str, kind: type[Builder]) -> Path:
        """The project as one builder gets it."""
        mounts = BUILDKIT_MOUNTS if kind is BuildKit else ""
        project = write_project(directory, self.files(self.packages, base, mounts))
        if not issubclass(kind, BuildKit | Buildah):
            (project / "Dockerfile").unlink()
        self.take(project, locks, "plain")
        return project

    def take(self, project: Path, locks: Path, variant: str) -> None:
        """Makes the project want the packages of `variant`. Only uv's peer reads the
        requirements."""
        for name in ("pyproject.toml", "uv.lock") if self.packages else ():
            shutil.copy2(locks / variant / name, project / name)
        if UvTarGzip in self.kinds:
            shutil.copy2(locks / variant / "requirements.txt", project.parent / "requirements.txt")

    def files(self, packages: tuple[str, ...], base: str, mounts: str) -> str:
        dependencies = "[" + ", ".join(f'"{package}"' for package in packages) + "]"
        text = self.text.replace("@base@", base).replace("@mounts@", mounts)
        return text.replace("@dependencies@", dependencies)


class Measurement:
    """One workload, built by all builders that can run here."""

    def __init__(self, workload: Workload, locks: Path, builders: list[Builder]) -> None:
        self.workload = workload
        self.locks = locks
        self.builders = builders
        self.names = [builder.name for builder in builders]
        self.times: Times = {(b.name, s): [] for b in builders for s in workload.scenarios}

    def run(self, rounds: int, many: int) -> None:
        """`rounds` of the slow scenarios, `many` of the quick ones."""
        for _ in range(rounds):
            for builder in self.builders:
                builder.forget()
                self.take(builder, COLD)
                if ADDED in self.workload.scenarios:
                    self.add_dependency(builder)
        if SAME not in self.workload.scenarios:
            return
        for builder in self.builders:
            builder.build()  # everything is in place
        for number in range(many):
            for builder in self.builders:
                self.take(builder, SAME)
            for builder in self.builders:
                change_source(builder, number)
                self.take(builder, EDIT)

    def take(self, builder: Builder, scenario: str) -> None:
        self.times[builder.name, scenario].append(builder.build())

    def add_dependency(self, builder: Builder) -> None:
        """After a cold build: one package more; then, without it, a project that is new."""
        self.workload.take(builder.project, self.locks, "added")
        self.take(builder, ADDED)
        self.workload.take(builder.project, self.locks, "plain")
        builder.forget_images()
        self.take(builder, WHEELS)

    def table(self) -> list[str]:
        """Median with minimum and maximum, and how many times quicker than the best peer."""
        head = " | ".join(self.names)
        lines = [
            f"## {self.workload.name}: {self.workload.title}",
            "",
            f"| scenario | {head} | quicker than the best peer |",
            "|---|" + "---|" * (len(self.names) + 1),
        ]
        for scenario in self.workload.scenarios:
            cells = [spread(self.times[name, scenario]) for name in self.names]
            ours, *peers = [statistics.median(self.times[name, scenario]) for name in self.names]
            ratio = f"{min(peers) / ours:.1f}×" if peers else "–"
            lines.append(f"| {scenario} | {' | '.join(cells)} | {ratio} |")
        peaks = [f"{builder.peak_bytes() / 1e6:.0f} MB" for builder in self.builders]
        return [*lines, f"| peak memory | {' | '.join(peaks)} | |"]


def measure(stage: Stage, workload: Workload) -> list[str]:
    """The section of a workload."""
    fetch_wheels(stage.index, stage.made.python, stage.directory("wheels"), workload)
    locks = stage.directory(f"{workload.name}/locks")
    workload.lock(locks, stage.base, stage.index.url)
    builders = start_builders(stage, workload, locks)
    note_conditions(stage, builders)
    try:
        measurement = Measurement(workload, locks, builders)
        measurement.run(stage.rounds, stage.many)
        return measurement.table()
    finally:
        for builder in builders:
            builder.close()


def fetch_wheels(index: Index, python: str, work: Path, workload: Workload) -> None:
    """Adds what locking and installing the workload needs to the loopback index."""
    if not workload.packages:
        return
    target = work / workload.name
    options = ["--only-binary=:all:", f"--python-version={python}", "--implementation=cp"]
    manylinux = [f"--platform=manylinux_2_{minor}_x86_64" for minor in (34, 28, 27, 24, 17, 12, 5)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(target)]
    command += [*options, *manylinux, *workload.packages, *workload.added]
    subprocess.run(command, check=True, stdout=sys.stderr)
    for path in target.glob("*.whl"):
        index.add(Wheel(path.name, path.read_bytes()))


def start_builders(stage: Stage, workload: Workload, locks: Path) -> list[Builder]:
    builders: list[Builder] = []
    for kind in workload.kinds:
        place = stage.directory(f"{workload.name}/{kind.__name__}")
        project = workload.write(place / "project", locks, stage.base, kind)
        try:
            builders.append(kind(place / "state", project, stage.base, uv()))
        except UnavailableError as reason:
            stage.note(f"Left out: {reason}.")
            say(f"without {kind.name}: {reason}")
    return builders


def note_conditions(stage: Stage, builders: list[Builder]) -> None:
    for builder in builders:
        if isinstance(builder, BuildKit):
            stage.note("BuildKit from Go modules, runc worker, its daemon already running.")
        if isinstance(builder, Buildah):
            stage.note(f"{version_of(['buildah', '--version'])}, chroot isolation.")
        if isinstance(builder, BuildKit | Buildah):
            stage.note(
                "Dockerfiles use uv, the lock copied, a cache mount for uv's cache; uv itself is"
                " mounted and not counted as a download."
            )
        if isinstance(builder, UvTarGzip):
            stage.note(
                f"“{UvTarGzip.name}” is `uv pip install --target`, then one tar packed by gzip: no"
                " base image, no sources, no manifest."
            )
    stage.note(f"{version_of([uv(), '--version'])}.")
    stage.note(
        "Cold builds are slow ones; the builds with cached wheels and with an added dependency"
        " follow each of them. All others are quick. Builders take turns."
    )
    stage.note(
        "Peak memory of cold builds: of BuildKit's daemon, of the largest process elsewhere."
    )


def change_source(builder: Builder, number: int) -> None:
    source = builder.project / "app.py"
    lines = [line for line in source.read_text().splitlines() if not line.startswith("# change")]
    source.write_text("\n".join([*lines, f"# change {number}", ""]))
