"""Programs that are had as Go modules only, compiled once where Go is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

CRANE = "v0.22.1"


class UnavailableError(Exception):
    """This program cannot be had here; the text says why."""


def compiled(name: str, version: str, *packages: str, own: Path | None = None) -> Path:
    """The directory of the programs of `packages`, or with `own` of that source file, which uses
    them and is named `name`; else `name` is what messages call them."""
    xdg = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    programs = Path(xdg) / "pycontainer-build" / f"{name}-{version}"
    names = [name] if own else [package.rpartition("/")[2] for package in packages]
    if all((programs / each).exists() for each in names):
        return programs
    go = shutil.which("go")
    if not go:
        raise UnavailableError(f"no distribution package of {name} and no Go to compile it")
    # `go install` refuses modules with exclude directives; a module of our own may depend on them.
    with tempfile.TemporaryDirectory() as module:
        if own:
            shutil.copy(own, module)
        built = ["-o", str(programs / name), "."] if own else ["-o", f"{programs}/", *packages]
        for command in (
            [go, "mod", "init", name],
            [go, "get", *(f"{package}@{version}" for package in packages)],
            [go, "build", "-trimpath", *built],
        ):
            done = subprocess.run(
                command,
                cwd=module,
                env={**os.environ, "CGO_ENABLED": "0"},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                raise UnavailableError(f"{name} cannot be compiled: {done.stderr[-300:]}")
    return programs


def crane() -> Path:
    package = "github.com/google/go-containerregistry/cmd/crane"
    return compiled("crane", CRANE, package) / "crane"
