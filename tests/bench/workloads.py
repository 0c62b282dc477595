"""What is built: each workload as files, as the packages that its index needs, and as the builders
and scenarios that say something about it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from peers import Buildah, Builder, BuildKit, Pycontainer, UvTarGzip
from support.projects import lock_with_uv, write_project

COLD, SAME, EDIT = "cold", "nothing changed", "one file changed"
WHEELS, ADDED = "wheels cached", "polars added"

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
PROGRAM = """
//- app.py
print("hello, world")
//- Dockerfile
FROM @base@
WORKDIR /app
COPY . .
CMD ["python", "app.py"]
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
WEB = """
//- app.py
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def index() -> str:
    return "hello"
"""
DATA = """
//- app.py
import pandas

print(pandas.DataFrame({"a": [1, 2]}).describe())
"""
SERVE = 'CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8080"]\n'
RUN = 'CMD ["python", "app.py"]\n'
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


WORKLOADS = [
    Workload(
        "W1",
        "a program without dependencies",
        PROJECT + PROGRAM,
        (Pycontainer, BuildKit, Buildah),
        (COLD, SAME, EDIT),
    ),
    Workload(
        "W2",
        "FastAPI and uvicorn[standard], uv.lock",
        PROJECT + WEB + INSTALLED + SERVE,
        (Pycontainer, BuildKit, Buildah),
        (COLD, SAME, EDIT),
        ("fastapi", "uvicorn[standard]"),
    ),
    Workload(
        "W4",
        "numpy, pandas, scipy, scikit-learn and pyarrow, uv.lock",
        PROJECT + DATA + INSTALLED + RUN,
        (Pycontainer, BuildKit, UvTarGzip),
        (COLD, WHEELS, ADDED),
        ("numpy", "pandas", "scipy", "scikit-learn", "pyarrow"),
        ("polars",),
    ),
]
