"""Measures pycontainer beside the best peers on the same work; prints a page of Markdown.

Scenarios: cold (every cache of the builder empty; base from a registry and wheels from an index,
both on loopback), nothing changed, one source file changed; for large wheels also the first build
of a project whose wheels another one brought, and a dependency added. Builders take turns in every
round, so that what disturbs the machine disturbs all of them. Workloads are in workloads.py.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
sys.path.insert(0, str(ROOT / "tests" / "bench"))

from peers import Builder, UnavailableError, UvTarGzip  # noqa: E402
from support import base as base_image  # noqa: E402
from support.images import skopeo  # noqa: E402
from support.index import Index  # noqa: E402
from support.product import BINARY  # noqa: E402
from support.projects import uv  # noqa: E402
from support.registries import Registry  # noqa: E402
from support.wheels import Wheel  # noqa: E402
from workloads import ADDED, COLD, EDIT, SAME, WHEELS, WORKLOADS, Workload  # noqa: E402

Times = dict[tuple[str, str], list[float]]  # seconds by (builder, scenario)


def show(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds:.2f} s"


def spread(seconds: list[float]) -> str:
    """Median with minimum and maximum."""
    return f"{show(statistics.median(seconds))} ({show(min(seconds))}–{show(max(seconds))})"


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def fetch_wheels(index: Index, python: str, work: Path, workload: Workload) -> None:
    """Adds what locking and installing the workload needs to the loopback index."""
    if not workload.packages:
        return
    target = work / "wheels" / workload.name
    options = ["--only-binary=:all:", f"--python-version={python}", "--implementation=cp"]
    manylinux = [f"--platform=manylinux_2_{minor}_x86_64" for minor in (34, 28, 27, 24, 17, 12, 5)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(target)]
    command += [*options, *manylinux, *workload.packages, *workload.added]
    subprocess.run(command, check=True, stdout=sys.stderr)
    for path in target.glob("*.whl"):
        index.add(Wheel(path.name, path.read_bytes()))


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
            f"\n## {self.workload.name}: {self.workload.title}\n",
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


def change_source(builder: Builder, number: int) -> None:
    source = builder.project / "app.py"
    lines = [line for line in source.read_text().splitlines() if not line.startswith("# change")]
    source.write_text("\n".join([*lines, f"# change {number}", ""]))


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


def start_builders(
    workload: Workload, work: Path, locks: Path, base: str, skipped: list[str]
) -> list[Builder]:
    builders: list[Builder] = []
    for kind in workload.kinds:
        place = work / workload.name / kind.__name__
        project = workload.write(place / "project", locks, base, kind)
        try:
            builders.append(kind(place / "state", project, base, uv()))
        except UnavailableError as reason:
            if str(reason) not in skipped:
                skipped.append(str(reason))
                say(f"without {kind.name}: {reason}")
    return builders


def measure_all(work: Path, workloads: list[Workload], rounds: int, many: int) -> None:
    made = base_image.ensure()
    skipped: list[str] = []
    tables: list[str] = []
    with Registry(work, direct=True) as registry, Index() as index:
        base = f"{registry.address}/library/python:{made.python}-slim"
        skopeo("copy", "--all", "--dest-tls-verify=false", made.slim_reference, f"docker://{base}")
        os.environ["UV_DEFAULT_INDEX"] = index.url  # for uv beside our own builders
        for workload in workloads:
            fetch_wheels(index, made.python, work, workload)
            locks = work / workload.name / "locks"
            workload.lock(locks, base, index.url)
            builders = start_builders(workload, work, locks, base, skipped)
            measurement = Measurement(workload, locks, builders)
            say(f"{workload.name}: {', '.join(measurement.names)}")
            try:
                measurement.run(rounds, many)
                tables += measurement.table()
            finally:
                for builder in builders:
                    builder.close()
    report(made, tables, skipped, rounds, many)


def report(
    made: base_image.Base, tables: list[str], skipped: list[str], rounds: int, many: int
) -> None:
    print("# Benchmarks\n")
    print("What `script/bench` printed. Compare columns, not machines.\n")
    print(f"- Machine: {machine()}.")
    print(f"- {version_of([str(BINARY), '--version'])}; uv: {version_of([uv(), '--version'])}.")
    print(f"- {version_of(['buildah', '--version'])}, chroot isolation.")
    print("- BuildKit from Go modules, runc worker, its daemon already running.")
    print("- Both use a Dockerfile with uv, the lock copied, a cache mount for uv's cache;")
    print("  uv itself is mounted and not counted as a download.")
    print(f"- “{UvTarGzip.name}” is `uv pip install --target`, then one tar packed by gzip: no")
    print("  base image, no sources, no manifest.")
    print(f"- Base: {made.distribution}, Python {made.python_full}, from a registry on loopback;")
    print("  wheels from an index on loopback.")
    print(f"- Median (minimum–maximum) of {rounds} cold builds, each followed by the builds with")
    print(f"  cached wheels and an added dependency, and of {many} others; builders take turns.")
    print("- Peak memory of cold builds: of BuildKit's daemon, of the largest process elsewhere.")
    for reason in skipped:
        print(f"- Left out: {reason}.")
    print("\n".join(tables))


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="cold builds (default 5)")
    parser.add_argument("--many", type=int, default=15, help="other builds (default 15)")
    names = [workload.name for workload in WORKLOADS]
    parser.add_argument("--only", choices=names, action="append", help="these workloads")
    arguments = parser.parse_args()
    workloads = [w for w in WORKLOADS if w.name in (arguments.only or names)]
    if os.getloadavg()[0] > 0.7:
        say(f"the machine is busy (load {os.getloadavg()[0]:.1f}); times will be longer")
    work = Path(tempfile.mkdtemp(prefix="pycontainer-bench-"))
    try:
        measure_all(work, workloads, arguments.rounds, arguments.many)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
