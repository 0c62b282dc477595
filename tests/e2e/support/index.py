"""A package index on loopback (the simple API in JSON, PEP 691) that may lie about its files.

The tests' honest packages come from the default index, through the product itself; this one is for
what an honest index does not serve.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from types import TracebackType
from typing import Any

from support.servers import HttpServer
from support.wheels import Wheel


class Index:
    """Serves what `add` was given; `with Index() as index: index.url`."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, Wheel]] = {}  # by file name: (hash to claim, wheel)
        self.requests: list[str] = []
        self.reached = threading.Event()  # somebody asked for a held file
        self.release = threading.Event()
        self.held: set[str] = set()
        index = self

        class Handler(_Serving):
            owner = index

        self.server = HttpServer(Handler)
        self.port = self.server.port

    def __enter__(self) -> Index:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/simple/"

    def file_url(self, wheel: Wheel) -> str:
        return f"http://127.0.0.1:{self.port}/files/{wheel.filename}"

    def add(self, wheel: Wheel, *, claimed_sha256: str | None = None, held: bool = False) -> Wheel:
        """Serves `wheel`; a held one is answered after its headers only when released."""
        self.files[wheel.filename] = (claimed_sha256 or wheel.sha256, wheel)
        if held:
            self.held.add(wheel.filename)
        return wheel

    def page(self, project: str) -> dict[str, Any]:
        files = [
            {
                "filename": name,
                "url": f"../../files/{name}",
                "hashes": {"sha256": claimed},
                "size": len(wheel.data),
            }
            for name, (claimed, wheel) in self.files.items()
            if name.split("-")[0].replace("_", "-").lower() == project
        ]
        return {"meta": {"api-version": "1.1"}, "name": project, "files": files}


class _Serving(http.server.BaseHTTPRequestHandler):
    owner: Index
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.owner.requests.append(path)
        parts = path.strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2 and self.owner.page(parts[1])["files"]:
            body = json.dumps(self.owner.page(parts[1])).encode()
            return self.reply(200, "application/vnd.pypi.simple.v1+json", body)
        if parts[0] == "files" and parts[-1] in self.owner.files:
            wheel = self.owner.files[parts[-1]][1]
            held = parts[-1] in self.owner.held
            return self.reply(200, "application/octet-stream", wheel.data, held)
        return self.reply(404, "text/plain", b"")

    do_HEAD = do_GET  # noqa: N815

    def reply(self, status: int, kind: str, body: bytes, held: bool = False) -> None:
        with contextlib.suppress(ConnectionError):  # the client may have gone
            self.send_response_only(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if held:
                self.wfile.flush()
                self.owner.reached.set()
                self.owner.release.wait(60)
            if self.command != "HEAD":
                self.wfile.write(body)
