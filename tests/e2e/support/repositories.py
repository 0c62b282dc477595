"""Git repositories on loopback, over the transports that people use: `git://` and HTTP."""

from __future__ import annotations

import base64
import http.server
import os
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.servers import HttpServer, answers_tcp, free_port, wait_until


def git(directory: Path, *arguments: str) -> str:
    roles = ("AUTHOR", "COMMITTER")
    who = {f"GIT_{role}_{what}": "a@b.example" for role in roles for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env={**os.environ, **who},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def committed(directory: Path) -> str:
    """Everything in `directory` as one more commit of its branch `main`; returns its digits."""
    if not (directory / ".git").exists():
        git(directory, "init", "--quiet", "-b", "main")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "-m", "a change")
    return git(directory, "rev-parse", "HEAD")


def _program(name: str) -> str:
    path = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True)
    return str(Path(path.stdout.strip()) / name)


@contextmanager
def git_daemon(root: Path) -> Iterator[str]:
    """Serves the repositories in `root`; gives the address of the directory."""
    port = free_port()
    command = [_program("git-daemon"), "--export-all", f"--base-path={root}", "--reuseaddr",
               "--listen=127.0.0.1", f"--port={port}", str(root)]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as daemon:
        try:
            wait_until(lambda: answers_tcp(port), "git daemon")
            yield f"git://127.0.0.1:{port}"
        finally:
            daemon.terminate()


class GitOverHttp:
    """The same over HTTP, by Git's own `http-backend`; with `credentials` only for who has them."""

    def __init__(self, root: Path, credentials: tuple[str, str] | None = None) -> None:
        self.root = root
        self.credentials = credentials
        self.entered: list[str] = []  # paths that were asked for with the right credentials
        owner = self

        class Handler(_Backend):
            server_of = owner

        self.server = HttpServer(Handler)

    def __enter__(self) -> GitOverHttp:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def with_password(self) -> str:
        assert self.credentials
        return self.url.replace("://", "://" + ":".join(self.credentials) + "@")


class _Backend(http.server.BaseHTTPRequestHandler):
    server_of: GitOverHttp
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        wanted = self.server_of.credentials
        if wanted is not None:
            expected = "Basic " + base64.b64encode(":".join(wanted).encode()).decode()
            if self.headers.get("Authorization") != expected:
                self.reply(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
                return
        path, _, query = self.path.partition("?")
        self.server_of.entered.append(path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server_of.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            [_program("git-http-backend")],
            env=environment,
            input=body,
            stdout=subprocess.PIPE,
            check=False,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if line]
        status = next((value for name, value in headers if name == "Status"), "200")
        kept = [(name, value) for name, value in headers if name != "Status"]
        self.reply(int(status.split()[0]), kept, content)

    do_POST = do_GET  # noqa: N815

    def reply(self, status: int, headers: Iterable[tuple[str, ...]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
