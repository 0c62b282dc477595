"""W2: a small web service, twenty wheels."""

from __future__ import annotations

from peers import Buildah, BuildKit, Pycontainer
from projects import COLD, EDIT, INSTALLED, PROJECT, SAME, Workload
from projects import measure as measure_workload
from stage import Stage

PROGRAM = """
//- app.py
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def index() -> str:
    return "hello"
"""
SERVE = 'CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8080"]\n'

WORKLOAD = Workload(
    "W2",
    "FastAPI and uvicorn[standard], uv.lock",
    PROJECT + PROGRAM + INSTALLED + SERVE,
    (Pycontainer, BuildKit, Buildah),
    (COLD, SAME, EDIT),
    ("fastapi", "uvicorn[standard]"),
)


def measure(stage: Stage) -> list[str]:
    return measure_workload(stage, WORKLOAD)
