"""Projects for the tests, written from one string with `//- path` lines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from support.product import network_environment

HELLO = """
//- pyproject.toml
[project]
name = "hello"
version = "1.0"
requires-python = ">=3.11"
//- app.py
import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"hello, world\\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""


def write_project(directory: Path, text: str) -> Path:
    """Writes the files of `text`; returns the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    for part in text.strip().split("//- ")[1:]:
        name, _, content = part.partition("\n")
        path = directory / name.strip()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return directory


def uv() -> str:
    """The `uv` beside the Python that runs the tests, else that of PATH."""
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    assert found, "uv is not installed: script/setup does it"
    return found


def lock_with_uv(project: Path, *arguments: str) -> None:
    """Runs uv in the project: `lock`, or `pip compile …`."""
    environment = {**network_environment(), "PATH": os.environ["PATH"], "HOME": str(project)}
    done = subprocess.run(
        [uv(), *(arguments or ("lock",)), "--quiet"],
        cwd=project,
        env={**environment, "UV_CACHE_DIR": str(project.parent / "uv-cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def uv_lock(project: str, *packages: str) -> str:
    """The text of a `uv.lock` for `project`, which depends on all `packages` (`locked_package`)."""
    names = [line for text in packages for line in text.splitlines() if line.startswith("name = ")]
    edges = ", ".join("{ " + name + " }" for name in names)
    return (
        'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n'
        + "".join(packages)
        + f'[[package]]\nname = "{project}"\nversion = "1.0"\nsource = {{ virtual = "." }}\n'
        + f"dependencies = [{edges}]\n"
    )


def locked_package(name: str, url: str, sha256: str, size: int, version: str = "1.0") -> str:
    """A package with one wheel, as it stands in a `uv.lock`."""
    return (
        f'[[package]]\nname = "{name}"\nversion = "{version}"\n'
        'source = { registry = "https://index.example/simple" }\n'
        f'wheels = [{{ url = "{url}", hash = "sha256:{sha256}", size = {size} }}]\n\n'
    )
