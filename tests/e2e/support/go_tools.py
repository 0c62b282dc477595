"""Judges that no distribution packages, compiled once from the Go module proxy: a registry with the
referrers API, and the clients of the people who wrote the specification."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import TracebackType

import pytest

from support.go_programs import CRANE, UnavailableError, compiled
from support.servers import answers_tcp, free_port, wait_until

CONTAINERREGISTRY = "github.com/google/go-containerregistry"
PACKAGES = {
    "crane": (f"{CONTAINERREGISTRY}/cmd/crane", CRANE),
    "regctl": ("github.com/regclient/regclient/cmd/regctl", "v0.11.7"),
    "oras": ("oras.land/oras/cmd/oras", "v1.3.6"),
    # No command of theirs turns the API on: ours, with their package.
    "referrers_registry": (f"{CONTAINERREGISTRY}/pkg/registry", CRANE),
}


def tool(name: str) -> Path:
    """The program; the test is skipped where there is no Go to make it."""
    package, version = PACKAGES[name]
    own = Path(__file__).with_name(f"{name}.go")
    try:
        return compiled(name, version, package, own=own if own.exists() else None) / name
    except UnavailableError as reason:
        pytest.skip(str(reason))


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
