"""Measures pycontainer beside the best peers on the same work; prints a page of Markdown.

Workloads: W1, a program without dependencies; W2, FastAPI with uvicorn[standard] and a `uv.lock`.
Scenarios: cold (every cache of the builder empty; base from a registry and wheels from an index,
both on loopback), nothing changed, one source file changed. Builders take turns in every round, so
that what disturbs the machine disturbs all of them.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
sys.path.insert(0, str(ROOT / "tests" / "bench"))

from peers import Buildah, Builder, BuildKit, Pycontainer, UnavailableError  # noqa: E402
from support import base as base_image  # noqa: E402
from support.images import skopeo  # noqa: E402
from support.index import Index  # noqa: E402
from support.product import BINARY  # noqa: E402
from support.projects import lock_with_uv, uv, write_project  # noqa: E402
from support.registries import Registry  # noqa: E402
from support.wheels import Wheel  # noqa: E402

W1 = """
//- pyproject.toml
[project]
name = "bench"
version = "1.0"
requires-python = ">=3.11"
//- app.py
print("hello, world")
//- .dockerignore
dist
//- Dockerfile
FROM @base@
WORKDIR /app
COPY . .
CMD ["python", "app.py"]
"""

W2 = """
//- pyproject.toml
[project]
name = "bench"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["fastapi", "uvicorn[standard]"]
[project.scripts]
bench = "uvicorn app:app --host 0.0.0.0 --port 8080"
//- app.py
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def index() -> str:
    return "hello"
//- .dockerignore
dist
//- Dockerfile
FROM @base@
WORKDIR /app
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=0
COPY pyproject.toml uv.lock ./
RUN @mounts@--mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-dev --no-install-project
COPY . .
ENV PATH=/app/.venv/bin:$PATH
CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8080"]
"""
BUILDKIT_MOUNTS = (
    "--mount=from=uv,source=uv,target=/bin/uv "
    "--mount=from=uv,source=certificates.crt,target=/etc/ssl/certs/ca-certificates.crt "
)
SCENARIOS = {"cold": "cold", "same": "nothing changed", "edit": "one file changed"}


Times = dict[tuple[str, str], list[float]]  # seconds by (builder, scenario)


def show(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds:.2f} s"


def spread(seconds: list[float]) -> str:
    """Median with minimum and maximum."""
    return f"{show(statistics.median(seconds))} ({show(min(seconds))}–{show(max(seconds))})"


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def fetch_wheels(index: Index, python: str, work: Path) -> None:
    """Fills the loopback index with everything that locking and installing W2 needs."""
    target = work / "wheels"
    options = ["--only-binary=:all:", f"--python-version={python}", "--implementation=cp"]
    manylinux = [f"--platform=manylinux_2_{minor}_x86_64" for minor in (34, 28, 17, 12, 5)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(target)]
    command += [*options, *manylinux, "fastapi", "uvicorn[standard]"]
    subprocess.run(command, check=True, stdout=sys.stderr)
    for path in target.glob("*.whl"):
        index.add(Wheel(path.name, path.read_bytes()))


def write_workload(text: str, directory: Path, base: str, builder: type[Builder]) -> Path:
    mounts = BUILDKIT_MOUNTS if builder is BuildKit else ""
    project = write_project(directory, text.replace("@base@", base).replace("@mounts@", mounts))
    if builder is Pycontainer:
        (project / "Dockerfile").unlink()
    return project


def run(
    builders: list[Builder], rounds: int, many: int, edit: Callable[[Builder, int], None]
) -> Times:
    """`rounds` of the slow scenario, `many` of the quick ones."""
    found: Times = {(b.name, s): [] for b in builders for s in SCENARIOS}
    for _ in range(rounds):
        for builder in builders:
            builder.forget()
            found[builder.name, "cold"].append(builder.build())
    for builder in builders:
        builder.build()  # everything is in place
    for number in range(many):
        for builder in builders:
            found[builder.name, "same"].append(builder.build())
        for builder in builders:
            edit(builder, number)
            found[builder.name, "edit"].append(builder.build())
    return found


def change_source(builder: Builder, number: int) -> None:
    source = builder.project / "app.py"
    lines = [line for line in source.read_text().splitlines() if not line.startswith("# change")]
    source.write_text("\n".join([*lines, f"# change {number}", ""]))


def table(workload: str, found: Times, names: list[str]) -> list[str]:
    """Median with minimum and maximum, and how many times quicker than the best peer."""
    peers = [name for name in names if name != Pycontainer.name]
    lines = []
    for scenario, title in SCENARIOS.items():
        ours = statistics.median(found[Pycontainer.name, scenario])
        best = min((statistics.median(found[peer, scenario]) for peer in peers), default=None)
        ratio = f"{best / ours:.1f}×" if best else "–"
        cells = [spread(found[name, scenario]) for name in names]
        lines.append(f"| {workload} | {title} | {' | '.join(cells)} | {ratio} |")
    return lines


def machine() -> str:
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{len(os.sched_getaffinity(0))} × {model}, {platform.system()} {platform.release()}"


def version_of(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else "unknown"


def measure_all(work: Path, rounds: int, many: int) -> None:
    made = base_image.ensure()
    kinds: list[type[Builder]] = [Pycontainer, BuildKit, Buildah]
    skipped: list[str] = []
    rows: list[str] = []
    peaks: list[str] = []
    names: list[str] = []
    with Registry(work, direct=True) as registry, Index() as index:
        base = f"{registry.address}/library/python:{made.python}-slim"
        skopeo("copy", "--all", "--dest-tls-verify=false", made.slim_reference, f"docker://{base}")
        fetch_wheels(index, made.python, work)
        lock = write_workload(W2, work / "lock", base, Pycontainer)
        lock_with_uv(lock, "lock", "--default-index", index.url)
        for workload, text in (("W1", W1), ("W2", W2)):
            builders: list[Builder] = []
            for kind in kinds:
                place = work / workload / kind.name
                project = write_workload(text, place / "project", base, kind)
                if text is W2:
                    shutil.copy2(lock / "uv.lock", project)
                try:
                    builders.append(kind(place / "state", project, base, uv()))
                except UnavailableError as reason:
                    if str(reason) not in skipped:
                        skipped.append(str(reason))
                        say(f"without {kind.name}: {reason}")
            names = [builder.name for builder in builders]
            say(f"{workload}: {', '.join(names)}")
            try:
                found = run(builders, rounds, many, change_source)
                cells = [f"{builder.peak_bytes() / 1e6:.0f} MB" for builder in builders]
            finally:
                for builder in builders:
                    builder.close()
            rows += table(workload, found, names)
            peaks.append(f"| {workload} | {' | '.join(cells)} |")
    report(made, names, rows, peaks, skipped, rounds, many)


def report(
    made: base_image.Base,
    names: list[str],
    rows: list[str],
    peaks: list[str],
    skipped: list[str],
    rounds: int,
    many: int,
) -> None:
    print("# Benchmarks\n")
    print("What `script/bench` printed. Compare columns, not machines.\n")
    print(f"- Machine: {machine()}.")
    print(f"- {version_of([str(BINARY), '--version'])}; uv: {version_of([uv(), '--version'])}.")
    if Buildah.name in names:
        print(f"- {version_of(['buildah', '--version'])}, chroot isolation.")
    if BuildKit.name in names:
        print("- BuildKit from Go modules, runc worker, its daemon already running.")
    print(f"- Base: {made.distribution}, Python {made.python_full}, from a registry on loopback;")
    print("  wheels from an index on loopback.")
    print("- Peers use a Dockerfile with uv, the lock copied, a cache mount for uv's cache;")
    print("  uv itself is mounted and not counted as a download.")
    print("- W1: a program without dependencies. W2: FastAPI and uvicorn[standard], uv.lock.")
    print(f"- Median (minimum–maximum) of {rounds} cold and {many} other builds, taking turns.")
    for reason in skipped:
        print(f"- Left out: {reason}.")
    head = " | ".join(names)
    print(f"\n| work | scenario | {head} | quicker than the best peer |")
    print("|---|---|" + "---|" * (len(names) + 1))
    print("\n".join(rows))
    print("\nPeak memory of a cold build (of BuildKit's daemon; of the process elsewhere):\n")
    print(f"| work | {head} |")
    print("|---|" + "---|" * len(names))
    print("\n".join(peaks))


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="cold builds (default 5)")
    parser.add_argument("--many", type=int, default=15, help="other builds (default 15)")
    arguments = parser.parse_args()
    if os.getloadavg()[0] > 0.7:
        say(f"the machine is busy (load {os.getloadavg()[0]:.1f}); times will be longer")
    work = Path(tempfile.mkdtemp(prefix="pycontainer-bench-"))
    try:
        measure_all(work, arguments.rounds, arguments.many)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
