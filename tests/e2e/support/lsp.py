"""A language client for tests: JSON-RPC over the stdio of `pycontainer lsp`."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from support.product import Product

Message = dict[str, Any]


class LspClient:
    """A session; every message from the server is kept, in order, in `received`.

    Strict about framing: what is on stdout between messages fails the session.
    """

    def __init__(
        self,
        product: Product,
        cwd: Path | None = None,
        flags: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        command, environment = product.command(["lsp", *flags], environment)
        self.process = subprocess.Popen(
            command,
            env=environment,
            cwd=cwd or product.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.received: list[Message] = []
        self.incoming: queue.Queue[Message | Exception | None] = queue.Queue()
        self.stderr: list[bytes] = []
        self.next_id = 0
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._drain, daemon=True).start()

    def __enter__(self) -> LspClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)

    def _pipe(self, stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None
        return stream

    def _drain(self) -> None:
        self.stderr.extend(self._pipe(self.process.stderr))

    def _read(self) -> None:
        stream = self._pipe(self.process.stdout)
        try:
            while line := stream.readline():
                length = None
                while line.strip():
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                    line = stream.readline()
                if length is None:
                    raise AssertionError("a header without Content-Length")
                self.incoming.put(json.loads(stream.read(length)))
        except Exception as error:
            self.incoming.put(error)
        self.incoming.put(None)

    def send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def send_bytes(self, data: bytes) -> None:
        stream = self._pipe(self.process.stdin)
        stream.write(data)
        stream.flush()

    def notify(self, method: str, params: Any = None) -> None:
        self.send({"method": method, **({} if params is None else {"params": params})})

    def request(self, method: str, params: Any = None) -> int:
        """Sends a request and returns its id, without waiting for the answer."""
        self.next_id += 1
        more = {} if params is None else {"params": params}
        self.send({"id": self.next_id, "method": method, **more})
        return self.next_id

    def receive(self, timeout: float = 60) -> Message:
        """The next message; requests of the server are answered with null on the way."""
        try:
            message = self.incoming.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"no message within {timeout} s; {self.describe()}") from None
        if isinstance(message, Exception):
            raise AssertionError(f"bad framing: {message}") from message
        assert message is not None, f"the server has ended; {self.describe()}"
        self.received.append(message)
        if "method" in message and "id" in message:
            self.send({"id": message["id"], "result": None})
        return message

    def describe(self) -> str:
        return f"received {self.received}, stderr {b''.join(self.stderr).decode()}"

    def wait_for(self, wanted: Callable[[Message], bool], timeout: float = 60) -> Message:
        while True:
            message = self.receive(timeout)
            if wanted(message):
                return message

    def answer(self, id_: int, timeout: float = 60) -> Message:
        """The answer to a request: with `result` or with `error`."""
        return self.wait_for(lambda m: "method" not in m and m.get("id") == id_, timeout)

    def call(self, method: str, params: Any = None, timeout: float = 60) -> Any:
        message = self.answer(self.request(method, params), timeout)
        assert "error" not in message, message
        return message["result"]

    def notification(self, method: str, timeout: float = 60) -> Any:
        """The parameters of the next notification of this method."""
        return self.wait_for(lambda m: m.get("method") == method, timeout)["params"]

    def initialize(self, root: Path, **options: Any) -> Any:
        """Begins the session; `options` are its `initializationOptions`."""
        result = self.call(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "initializationOptions": options,
                "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
                "capabilities": {
                    "window": {"workDoneProgress": True},
                    "textDocument": {"publishDiagnostics": {"versionSupport": True}},
                },
            },
        )
        self.notify("initialized", {})
        return result

    def open(self, path: Path, text: str, language: str = "toml") -> None:
        document = {"uri": path.as_uri(), "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def shut_down(self) -> int:
        """Ends by the book; the server's exit code."""
        assert self.call("shutdown") is None
        self.notify("exit")
        with contextlib.suppress(OSError):
            self._pipe(self.process.stdin).close()
        return self.process.wait(10)
