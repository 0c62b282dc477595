"""Calls the real binary: `$PYCONTAINER`, or `build/release/pycontainer` of this checkout."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("PYCONTAINER") or ROOT / "build" / "release" / "pycontainer").resolve()

# What the machine says about the way to the network; everything else of it stays away.
_NETWORK = ("PIP_", "UV_", "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
            "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")  # fmt: skip
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def network_environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k.upper().startswith(_NETWORK)}


@dataclasses.dataclass(frozen=True)
class Result:
    command: list[str]
    code: int
    stdout: str
    stderr: str

    def __str__(self) -> str:
        return (
            f"$ {' '.join(self.command)}\nexit code {self.code}\n"
            f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        )

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        try:
            value = json.loads(self.stdout)
        except ValueError:
            raise AssertionError(f"stdout is not one JSON value\n{self}") from None
        assert isinstance(value, dict), f"stdout is no object\n{self}"
        assert value.get("format_version") == 1, f"no format_version\n{self}"
        return value

    @property
    def error(self) -> dict[str, Any]:
        """The error of a call with `--json`."""
        value = self.json.get("error")
        assert isinstance(value, dict), f"no error\n{self}"
        return value

    @property
    def diagnostics(self) -> list[dict[str, Any]]:
        value = self.json.get("diagnostics", [])
        assert isinstance(value, list)
        return value

    def events(self) -> list[dict[str, Any]]:
        """The JSON lines on stderr of a call with `--progress json`."""
        events = [json.loads(line) for line in self.stderr.splitlines() if line.strip()]
        assert all(isinstance(event, dict) for event in events)
        return events

    def succeeded(self) -> Result:
        assert self.code == 0, str(self)
        return self

    def failed(self, code: int = 1) -> Result:
        assert self.code == code, f"expected exit code {code}\n{self}"
        return self

    def layers(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The layers of the only platform, of one kind or all."""
        (platform,) = self.json["platforms"]
        return [layer for layer in platform["layers"] if kind in (None, layer["kind"])]


class Product:
    """The binary with an environment of its own: home, cache, no credentials, no configuration."""

    def __init__(self, home: Path, cache: Path | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.cache = cache or home / ".cache"
        self.environment = {
            **network_environment(),
            "HOME": str(home),
            "XDG_CACHE_HOME": str(self.cache),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "PATH": _SYSTEM_PATH,
            "LC_ALL": "C.UTF-8",
        }

    @property
    def store(self) -> Path:
        return self.cache / "pycontainer"

    def command(
        self, arguments: Sequence[str | Path], environment: Mapping[str, str | None] | None
    ) -> tuple[list[str], dict[str, str]]:
        merged = {**self.environment, **(environment or {})}
        kept = {name: value for name, value in merged.items() if value is not None}
        return [str(BINARY), *map(str, arguments)], kept

    def run(
        self,
        *arguments: str | Path,
        environment: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        stdin: str = "",
        prefix: Sequence[str] = (),
        timeout: float = 300,
    ) -> Result:
        command, env = self.command(arguments, environment)
        done = subprocess.run(
            [*prefix, *command],
            env=env,
            cwd=cwd or self.home,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Result([*prefix, *command], done.returncode, done.stdout, done.stderr)

    def build(self, context: Path, *arguments: str | Path, **options: Any) -> Result:
        """`build --json` of a project; the result may be a failure."""
        return self.run("build", "--json", "--context", context, *arguments, **options)

    def start(self, *arguments: str | Path, **options: Any) -> Started:
        command, env = self.command(arguments, options.pop("environment", None))
        return Started(command, env, options.get("cwd") or self.home)


class Started:
    """A call that is still running."""

    def __init__(self, command: list[str], environment: dict[str, str], cwd: Path) -> None:
        self.command = command
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, env=environment, cwd=cwd, stdin=pipe, stdout=pipe, stderr=pipe
        )

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def finish(self, timeout: float) -> Result:
        """The result; `subprocess.TimeoutExpired` when it takes longer."""
        try:
            stdout, stderr = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return Result(self.command, self.process.returncode, stdout.decode(), stderr.decode())


def files_below(directory: Path) -> Iterator[Path]:
    return (path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
