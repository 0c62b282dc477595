"""W1: what a build costs besides its dependencies."""

from __future__ import annotations

from peers import Buildah, BuildKit, Pycontainer
from projects import COLD, EDIT, PROJECT, SAME, Workload
from projects import measure as measure_workload
from stage import Stage

PROGRAM = """
//- app.py
print("hello, world")
//- Dockerfile
FROM @base@
WORKDIR /app
COPY . .
CMD ["python", "app.py"]
"""

WORKLOAD = Workload(
    "W1",
    "a program without dependencies",
    PROJECT + PROGRAM,
    (Pycontainer, BuildKit, Buildah),
    (COLD, SAME, EDIT),
)


def measure(stage: Stage) -> list[str]:
    return measure_workload(stage, WORKLOAD)
