"""A registry in memory that misbehaves as told, for faults that a real one cannot be made to have.

```python
with FaultyRegistry() as registry:
    registry.fail("PUT", "/blobs/", cut_upload(after=1000, keep=True), times=2)
```

Between faults it does what the distribution specification says: uploads in one piece and in chunks,
their state, ranges, manifests by tag and digest. A fault is a function of the handler that answers
in the registry's place.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import http.server
import io
import json
import re
import secrets
import socket
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any, ClassVar

from support.servers import HttpServer


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


Action = Callable[["Handler"], None]


@dataclasses.dataclass
class Fault:
    method: str
    path: re.Pattern[str]
    action: Action
    times: int
    least: int  # bytes of the body; smaller requests are served


class FaultyRegistry:
    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.uploads: dict[str, bytearray] = {}
        self.faults: list[Fault] = []
        self.log: list[tuple[str, str, str | None]] = []  # method, path, authorization
        self.digest_header = True
        self.absolute_locations = False
        self.lock = threading.Lock()
        registry = self

        class Bound(Handler):
            owner = registry

        self.server = HttpServer(Bound)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def __enter__(self) -> FaultyRegistry:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def fail(
        self, method: str, path: str, action: Action, times: int = 1_000_000, *, least: int = 0
    ) -> None:
        self.faults.append(Fault(method, re.compile(path), action, times, least))

    def requests(self, method: str, path: str = "") -> list[str]:
        with self.lock:
            return [p for m, p, _ in self.log if m == method and re.search(path, p)]

    def tags(self) -> list[str]:
        return [ref for _, ref in self.manifests if not ref.startswith("sha256:")]

    def image(self, repository: str, reference: str) -> dict[str, Any]:
        value = json.loads(self.manifests[repository, reference][1])
        assert isinstance(value, dict)
        return value

    def is_complete(self, repository: str, reference: str) -> bool:
        """Whether everything that the manifest names is there."""
        manifest = self.image(repository, reference)
        wanted = [manifest["config"], *manifest["layers"]]
        return all(
            d["digest"] in self.blobs and len(self.blobs[d["digest"]]) == d["size"] for d in wanted
        )


class Handler(http.server.BaseHTTPRequestHandler):
    owner: ClassVar[FaultyRegistry]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def cut(self) -> None:
        """Ends the connection as a broken line does."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
            )
            self.connection.shutdown(socket.SHUT_RDWR)

    def handle_one(self) -> None:
        owner = self.owner
        with owner.lock:
            owner.log.append((self.command, self.path, self.headers.get("Authorization")))
            fault = next(
                (
                    f
                    for f in owner.faults
                    if f.times > 0
                    and re.fullmatch(f.method, self.command)
                    and f.path.search(self.path)
                    and int(self.headers.get("Content-Length") or 0) >= f.least
                ),
                None,
            )
            if fault:
                fault.times -= 1
        with contextlib.suppress(ConnectionError):
            if fault:
                fault.action(self)
            else:
                self.serve()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815

    def serve(self) -> None:
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        if url.path == "/v2/":
            return self.reply(200)
        if match := re.fullmatch(r"/v2/(.+)/blobs/uploads/(.*)", url.path):
            return self.upload(match[1], match[2], query)
        if match := re.fullmatch(r"/v2/.+/blobs/(sha256:[0-9a-f]{64})", url.path):
            return self.blob(match[1])
        if match := re.fullmatch(r"/v2/(.+)/manifests/(.+)", url.path):
            return self.manifest(match[1], match[2])
        self.body()
        return self.reply(404)

    def upload(self, repository: str, name: str, query: dict[str, list[str]]) -> None:
        owner = self.owner
        data = self.body()
        if self.command == "POST":
            name = secrets.token_hex(8)
            owner.uploads[name] = bytearray()
            return self.upload_state(202, repository, name)
        session = owner.uploads.get(name)
        if session is None:
            return self.reply(404, b'{"errors": [{"code": "BLOB_UPLOAD_UNKNOWN"}]}')
        if self.command == "GET":
            return self.upload_state(204, repository, name)
        if self.command == "DELETE":
            del owner.uploads[name]
            return self.reply(204)
        start = int(self.headers.get("Content-Range", f"{len(session)}-").split("-")[0])
        if self.command == "PATCH" and start != len(session):
            return self.upload_state(416, repository, name)
        session += data
        if self.command == "PATCH":
            return self.upload_state(202, repository, name)
        (digest,) = query["digest"]
        if digest_of(bytes(session)) != digest:
            return self.reply(400, b'{"errors": [{"code": "DIGEST_INVALID"}]}')
        owner.blobs[digest] = bytes(session)
        owner.uploads.pop(name, None)
        return self.reply(
            201, b"", **self.digest(digest), Location=f"/v2/{repository}/blobs/{digest}"
        )

    def upload_state(self, status: int, repository: str, name: str) -> None:
        root = f"http://{self.owner.address}" if self.owner.absolute_locations else ""
        size = len(self.owner.uploads[name])
        self.reply(
            status,
            Location=f"{root}/v2/{repository}/blobs/uploads/{name}?_state=x",
            Range=f"0-{max(size - 1, 0)}",
        )

    def digest(self, value: str) -> dict[str, str]:
        return {"Docker_Content_Digest": value} if self.owner.digest_header else {}

    def blob(self, digest: str) -> None:
        data = self.owner.blobs.get(digest)
        if data is None:
            return self.reply(404)
        headers = self.digest(digest)
        if match := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            start = int(match[1])
            span = f"bytes {start}-{len(data) - 1}/{len(data)}"
            return self.reply(206, data[start:], Content_Range=span, **headers)
        if self.command == "HEAD":
            return self.reply(200, b"", Content_Length=str(len(data)), **headers)
        return self.reply(200, data, **headers)

    def manifest(self, repository: str, reference: str) -> None:
        owner = self.owner
        if self.command == "PUT":
            data = self.body()
            kind = self.headers["Content-Type"]
            for name in {reference, digest_of(data)}:
                owner.manifests[repository, name] = (kind, data)
            return self.reply(201, b"", **self.digest(digest_of(data)))
        found = owner.manifests.get((repository, reference))
        if found is None:
            return self.reply(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
        return self.reply(200, found[1], Content_Type=found[0], **self.digest(digest_of(found[1])))


# ---- Faults


def status(code: int, body: bytes = b"", **headers: str) -> Action:
    def action(handler: Handler) -> None:
        handler.body()
        handler.reply(code, body, **headers)

    return action


def cut(handler: Handler) -> None:
    handler.cut()


def cut_upload(after: int, *, keep: bool) -> Action:
    """Ends the connection after so many bytes of the body; `keep`: the registry has them."""

    def action(handler: Handler) -> None:
        data = handler.rfile.read(min(after, int(handler.headers["Content-Length"])))
        name = urllib.parse.urlparse(handler.path).path.rsplit("/", 1)[1]
        if keep and name in handler.owner.uploads:
            handler.owner.uploads[name] += data
        handler.cut()

    return action


def _blob_of(handler: Handler) -> bytes:
    name = urllib.parse.urlparse(handler.path).path.rsplit("/", 1)[1]
    return handler.owner.blobs[name]


def cut_head(handler: Handler) -> None:
    """Reads the request, does nothing, and ends the connection in the head of a good answer."""
    handler.body()
    handler.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Le")
    handler.wfile.flush()
    handler.close_connection = True


def lose_answer(handler: Handler) -> None:
    """Does what is asked and ends the connection without a word."""
    answer, handler.wfile = handler.wfile, io.BytesIO()
    handler.serve()
    handler.wfile = answer
    handler.cut()


def cut_download(after: int) -> Action:
    """Ends the connection after so many bytes, also of what a range asks for."""

    def action(handler: Handler) -> None:
        data = _blob_of(handler)
        match = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        start = int(match[1]) if match else 0
        handler.send_response_only(206 if match else 200)
        if match:
            handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        handler.send_header("Content-Length", str(len(data) - start))
        handler.end_headers()
        handler.wfile.write(data[start : start + after])
        handler.wfile.flush()
        if start + after < len(data):
            handler.cut()

    return action


def cut_unsized(after: int) -> Action:
    """Tells no length, so that the end of the connection is the body's, and ends it early."""

    def action(handler: Handler) -> None:
        handler.send_response_only(200)
        handler.end_headers()
        handler.wfile.write(_blob_of(handler)[:after])
        handler.wfile.flush()
        handler.close_connection = True

    return action


def cut_then_no_ranges(after: int) -> Action:
    """Breaks off once, and cannot send parts."""
    cut_once: set[str] = set()

    def action(handler: Handler) -> None:
        if "Range" in handler.headers:
            handler.reply(416)
        elif handler.path not in cut_once:
            cut_once.add(handler.path)
            cut_download(after)(handler)
        else:
            handler.serve()

    return action


def changed(change: Callable[[bytes], bytes]) -> Action:
    """A blob that is not what it should be, with a length that fits it."""

    def action(handler: Handler) -> None:
        handler.reply(200, change(_blob_of(handler)))

    return action


def endless(handler: Handler) -> None:
    handler.send_response_only(200)
    handler.send_header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
    handler.end_headers()
    handler.close_connection = True
    while True:
        handler.wfile.write(b" " * 65536)


def slow(handler: Handler) -> None:
    """A blob in small pieces with pauses between them."""
    data = _blob_of(handler)
    handler.send_response_only(200)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    step = len(data) // 20 + 1
    for at in range(0, len(data), step):
        handler.wfile.write(data[at : at + step])
        handler.wfile.flush()
        threading.Event().wait(0.05)


def elsewhere(location: str) -> Action:
    return status(307, Location=location)
