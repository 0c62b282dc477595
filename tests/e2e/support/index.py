"""A package index on loopback (the simple API in JSON, PEP 691) that may lie about its files.

The tests' honest packages come from the default index, through the product itself; this one is for
what an honest index does not serve.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import re
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from support.servers import HttpServer
from support.wheels import Wheel


class Index:
    """Serves what `add` was given; `with Index() as index: index.url`."""

    def __init__(self, tls: Path | None = None) -> None:
        """`tls` is a directory with `server.crt` and `server.key`."""
        self.scheme = "https" if tls else "http"
        self.credentials: tuple[str, str] | None = None  # user and password that it wants
        self.refused = 0  # requests without them
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}  # answers of projects as is
        self.cut_after: dict[str, int] = {}  # by file name: bytes of its first answer
        self.always_cut: set[str] = set()  # files of which nobody ever gets the end
        self.busy = 0  # so many requests are asked to come back later
        self.ranges: list[str] = []  # `Range` of the requests
        self.sent: dict[str, int] = {}  # by file name: bytes that were sent of it
        self.files: dict[str, tuple[str, Wheel]] = {}  # by file name: (hash to claim, wheel)
        self.metadata: dict[str, bytes] = {}  # by file name: what lies beside the wheel (PEP 658)
        self.requests: list[str] = []
        self.reached = threading.Event()  # somebody asked for a held file
        self.release = threading.Event()
        self.held: set[str] = set()
        index = self

        class Handler(_Serving):
            owner = index

        self.server = HttpServer(Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls / "server.crt", tls / "server.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
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
        return f"{self.scheme}://127.0.0.1:{self.port}/simple/"

    @property
    def with_password(self) -> str:
        """The URL with user and password."""
        assert self.credentials
        return self.url.replace("://", "://" + ":".join(self.credentials) + "@")

    def file_url(self, wheel: Wheel) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/files/{wheel.filename}"

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
                **({"core-metadata": True} if name in self.metadata else {}),
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
        if not self.may_enter():
            self.owner.refused += 1
            return self.reply(401, "text/plain", b"")
        if self.owner.busy > 0:
            self.owner.busy -= 1
            return self.answer(503, {"Retry-After": "1"}, b"")
        if parts[0] == "simple" and parts[-1] in self.owner.pages:
            return self.answer(*self.owner.pages[parts[-1]])
        if parts[0] == "simple" and len(parts) == 2 and self.owner.page(parts[1])["files"]:
            body = json.dumps(self.owner.page(parts[1])).encode()
            return self.reply(200, "application/vnd.pypi.simple.v1+json", body)
        beside = parts[-1].removesuffix(".metadata")
        if parts[0] == "files" and beside != parts[-1] and beside in self.owner.metadata:
            return self.reply(200, "text/plain", self.owner.metadata[beside])
        if parts[0] == "files" and parts[-1] in self.owner.files:
            wheel = self.owner.files[parts[-1]][1]
            held = parts[-1] in self.owner.held
            if parts[-1] in self.owner.always_cut:
                return self.cut(wheel.data, len(wheel.data) // 2)
            if wanted := self.headers.get("Range"):
                self.owner.ranges.append(wanted)
                return self.rest(wheel.data, wanted)
            if (bytes_sent := self.owner.cut_after.pop(parts[-1], None)) is not None:
                return self.cut(wheel.data, bytes_sent)
            return self.reply(200, "application/octet-stream", wheel.data, held)
        return self.reply(404, "text/plain", b"")

    do_HEAD = do_GET  # noqa: N815

    def may_enter(self) -> bool:
        wanted = self.owner.credentials
        if wanted is None:
            return True
        expected = "Basic " + base64.b64encode(":".join(wanted).encode()).decode()
        return self.headers.get("Authorization") == expected

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_of_headers()
        self.wfile.write(body)

    def end_of_headers(self) -> None:
        """A proxy keeps no connection, and who asks through it must know."""
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def rest(self, data: bytes, wanted: str) -> None:
        """One range, in the three forms of RFC 9110, section 14.1.2."""
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
        assert match, wanted
        start, end = match.groups()
        first = int(start) if start else max(0, len(data) - int(end))
        last = min(int(end), len(data) - 1) if start and end else len(data) - 1
        place = {"Content-Range": f"bytes {first}-{last}/{len(data)}"}
        self.count(data[first : last + 1])
        self.answer(206, place, data[first : last + 1])

    def cut(self, data: bytes, bytes_sent: int) -> None:
        """All of it is promised, a part sent, and the connection closed."""
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:bytes_sent])
        self.close_connection = True

    def count(self, body: bytes) -> None:
        name = self.path.split("?")[0].rsplit("/", 1)[-1]
        self.owner.sent[name] = self.owner.sent.get(name, 0) + len(body)

    def reply(self, status: int, kind: str, body: bytes, held: bool = False) -> None:
        with contextlib.suppress(ConnectionError):  # the client may have gone
            self.send_response_only(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_of_headers()
            if held:
                self.wfile.flush()
                self.owner.reached.set()
                self.owner.release.wait(60)
            if self.command != "HEAD":
                self.count(body)
                self.wfile.write(body)
