"""A web proxy on loopback, as companies have them: tunnels and plain requests, logins, faults.

It leads every host to one port of this machine, so that a registry on loopback can be reached by a
name that only the proxy knows; loopback addresses themselves are never asked of a proxy.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import threading


class Proxy:
    """Ends with the `with` block. `login` is USER:PASSWORD."""

    def __init__(self, backend: int, login: str | None = None) -> None:
        self.backend = backend
        self.login = login
        self.log: list[str] = []  # `CONNECT host:port`, `GET http://host/path`
        self.refused = 0
        self.cuts: list[int] = []  # the next connections end after so many bytes from the client
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self.listener.getsockname()[1])
        self.thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://{self.login + '@' if self.login else ''}127.0.0.1:{self.port}"

    def __enter__(self) -> Proxy:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            stream = client.makefile("rb")
            while head := self._read_head(stream):
                method, target, *_ = head.decode("latin-1").split(" ", 2)
                if self.login and self._basic() not in head:
                    self.refused += 1
                    length = re.search(rb"(?im)^Content-Length: *(\d+)", head)
                    stream.read(int(length[1]) if length else 0)
                    client.sendall(
                        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n"
                        b'Proxy-Authenticate: Basic realm="proxy"\r\n\r\n'
                    )
                    continue
                with self.lock:
                    self.log.append(f"{method} {target.split('?')[0]}")
                    limit = self.cuts.pop(0) if self.cuts else None
                return self._lead(client, stream, method, head, limit)

    def _basic(self) -> bytes:
        return b"Basic " + base64.b64encode((self.login or "").encode())

    @staticmethod
    def _read_head(stream: object) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()  # type: ignore[attr-defined]
            if not line:
                return b""
            head += line
        return head

    def _lead(
        self, client: socket.socket, stream: object, method: str, head: bytes, limit: int | None
    ) -> None:
        """One tunnel, or one plain request, after which the connection ends."""
        with socket.create_connection(("127.0.0.1", self.backend)) as server:
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = re.sub(rb"^(\S+) http://[^/ ]+", rb"\1 ", head)
                kept = re.sub(rb"(?im)^(Proxy-[^:]+|Connection):.*\r\n", b"", path)
                server.sendall(kept[:-2] + b"Connection: close\r\n\r\n")
            back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
            back.start()
            passed = 0
            while data := stream.read1(65536):  # type: ignore[attr-defined]
                passed += len(data)
                if limit is not None and passed > limit:
                    server.shutdown(socket.SHUT_RDWR)
                    client.shutdown(socket.SHUT_RDWR)
                    break
                server.sendall(data)
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_WR)
            back.join()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
