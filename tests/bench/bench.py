"""Measures pycontainer beside the best peers on the same work; prints a page of Markdown.

A subject is a module here with a function `measure(stage: Stage) -> list[str]`. It gets the shared
parts (`stage.py`: registry, base image, index, directories, numbers of rounds), measures, and
returns the lines of its section, from `## NAME: …` on; what the whole page has to know – versions
of peers, how something was measured, what was left out – it gives to `stage.note`. A new subject is
such a module and a line in `SUBJECTS`; `--only NAME` runs it alone.

Whoever compares builders takes turns with them in every round, so that what disturbs the machine
disturbs all of them. `projects.py` does that for a workload: cold builds (every cache empty),
nothing changed, a changed file, cached wheels, an added dependency.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "bench"), str(ROOT / "tests" / "e2e")]

import editor  # noqa: E402
import hello  # noqa: E402
import push  # noqa: E402
import resolving  # noqa: E402
import science  # noqa: E402
import web  # noqa: E402
from stage import Stage, machine, say, version_of  # noqa: E402
from support.product import BINARY  # noqa: E402

SUBJECTS: dict[str, Callable[[Stage], list[str]]] = {
    "W1": hello.measure,
    "W2": web.measure,
    "W4": science.measure,
    "editor": editor.measure,
    "P1": push.large,
    "P2": push.many,
    "R1": resolving.web,
    "R2": resolving.application,
}


def page(stage: Stage, sections: list[str]) -> str:
    facts = [
        f"Machine: {machine()}.",
        f"{version_of([str(BINARY), '--version'])}.",
        f"Slow measurements are taken {stage.rounds} times, others {stage.many} times.",
        "Times are median (minimum–maximum).",
        *stage.notes,
    ]
    head = ["# Benchmarks", "", "What `script/bench` printed. Compare columns, not machines.", ""]
    return "\n".join([*head, *(f"- {fact}" for fact in facts), *sections])


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--rounds", type=int, default=5, help="slow measurements (default 5)")
    parser.add_argument("--many", type=int, default=15, help="quick measurements (default 15)")
    parser.add_argument("--only", choices=SUBJECTS, action="append", help="these subjects")
    arguments = parser.parse_args()
    if os.getloadavg()[0] > 0.7:
        say(f"the machine is busy (load {os.getloadavg()[0]:.1f}); times will be longer")
    work = Path(tempfile.mkdtemp(prefix="pycontainer-bench-"))
    try:
        with Stage(work, arguments.rounds, arguments.many) as stage:
            sections: list[str] = []
            for name in arguments.only or SUBJECTS:
                say(name)
                sections += ["", *SUBJECTS[name](stage)]
            print(page(stage, sections))
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
