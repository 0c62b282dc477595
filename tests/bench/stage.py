"""What subjects share: the loopback registry with a base image, the loopback index, a place for
files, how often to measure, what the page has to say about the machine, and how times are shown.

Nothing is started before a subject asks for it, and everything stops with the `with` block.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType

from support import base as base_image
from support.images import skopeo
from support.index import Index
from support.registries import Registry


class Stage:
    """Handed to every subject. `rounds` is how often to take what is slow (seconds), `many` how
    often what is quick."""

    def __init__(self, work: Path, rounds: int, many: int) -> None:
        self.work = work
        self.rounds = rounds
        self.many = many
        self.notes: list[str] = []
        self._running = ExitStack()

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    def note(self, text: str) -> None:
        """Adds a sentence to the head of the page, once however many subjects say it."""
        if text not in self.notes:
            self.notes.append(text)

    def directory(self, name: str) -> Path:
        """A directory for a subject's files, which is gone at the end."""
        path = self.work / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    @cached_property
    def made(self) -> base_image.Base:
        """The base image as a layout, with the facts of its Python."""
        return base_image.ensure()

    @cached_property
    def registry(self) -> Registry:
        """An empty registry besides the base; nothing between it and its clients."""
        return self._running.enter_context(Registry(self.directory("registry"), direct=True))

    @cached_property
    def base(self) -> str:
        """The reference of the base image in `registry`."""
        reference = f"{self.registry.address}/library/python:{self.made.python}-slim"
        source = self.made.slim_reference
        skopeo("copy", "--all", "--dest-tls-verify=false", source, f"docker://{reference}")
        self.note(
            f"Base: {self.made.distribution}, Python {self.made.python_full}, from a registry on"
            " loopback; wheels from an index on loopback."
        )
        return reference

    @cached_property
    def index(self) -> Index:
        """An index with what was added to it, and the default one of every uv started here."""
        index = self._running.enter_context(Index())
        os.environ["UV_DEFAULT_INDEX"] = index.url
        return index


def show(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds:.2f} s"


def spread(seconds: list[float]) -> str:
    """Median with minimum and maximum."""
    return f"{show(statistics.median(seconds))} ({show(min(seconds))}–{show(max(seconds))})"


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def machine() -> str:
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{len(os.sched_getaffinity(0))} × {model}, {platform.system()} {platform.release()}"


def version_of(command: list[str]) -> str:
    """The first line of what a program says of itself."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else "unknown"
