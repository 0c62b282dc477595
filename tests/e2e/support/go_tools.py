"""Judges that no distribution packages, compiled once from the Go module proxy: a registry with the
referrers API, and the clients of the people who wrote the specification."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import pytest
from support.servers import answers_tcp, free_port, wait_until

CONTAINERREGISTRY = "github.com/google/go-containerregistry"
PACKAGES = {
    "crane": (f"{CONTAINERREGISTRY}/cmd/crane", "v0.22.1"),
    "regctl": ("github.com/regclient/regclient/cmd/regctl", "v0.11.7"),
    "oras": ("oras.land/oras/cmd/oras", "v1.3.6"),
    # No command of theirs turns the API on: ours, with their package.
    "referrers_registry": (f"{CONTAINERREGISTRY}/pkg/registry", "v0.22.1"),
}


def tool(name: str) -> Path:
    """The program; the test is skipped where there is no Go to make it."""
    package, version = PACKAGES[name]
    xdg = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    directory = Path(xdg) / "pycontainer-build" / "go-tools" / version
    program = directory / name
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            compile_tool(package, version, Path(__file__).with_name(f"{name}.go"), program)
    return program


def compile_tool(package: str, version: str, own: Path, program: Path) -> None:
    """A module of our own with the package, or with a program of ours that uses it."""
    go = shutil.which("go")
    if go is None:
        pytest.skip(f"{program.name} is not packaged, and there is no Go to compile it")
    with tempfile.TemporaryDirectory() as module:
        if own.exists():
            shutil.copy(own, module)
        for command in (
            [go, "mod", "init", "judges"],
            [go, "get", f"{package}@{version}"],
            [go, "build", "-trimpath", "-o", str(program), "." if own.exists() else package],
        ):
            environment = {**os.environ, "CGO_ENABLED": "0"}
            done = subprocess.run(
                command, cwd=module, env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                pytest.skip(f"{program.name} cannot be compiled here: {done.stderr[-300:]}")


def call(name: str, *arguments: str | Path) -> str:
    """What the program prints; fails when it fails. It is told nothing about this machine's
    registries."""
    home = tool(name).parent
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "DOCKER_CONFIG": str(home)}
    command = [str(tool(name)), *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


class ReferrersRegistry:
    """A registry in memory that has the referrers API; ends with the `with` block."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> ReferrersRegistry:
        self.process = subprocess.Popen(
            [str(tool("referrers_registry")), self.address],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: answers_tcp(self.port), "the registry in memory")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
