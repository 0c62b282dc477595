"""Language servers for TOML on one pyproject.toml of 2,000 lines, spoken to over stdio: how soon
they say what is wrong, how soon they answer, and what they keep in memory.

Every server gets the same messages. Completion and hover are asked for at the first of some places
at which it has anything to say, since each knows another part of the file.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stage import Stage, say, show, version_of
from support.product import BINARY, ROOT

PLACE = ROOT / "build" / "bench" / "editors"
LINES = 2000
QUESTIONS = 200
PATIENCE = 20.0

Message = dict[str, Any]
Spot = tuple[int, int]


class Server:
    """A session. Everything happens on one thread, so that only the server is measured."""

    def __init__(self, command: list[str], root: Path) -> None:
        self.started = time.perf_counter()
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=root, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, bufsize=0
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.to_server = self.process.stdin.fileno()
        self.from_server = self.process.stdout.fileno()
        self.buffer = b""
        self.next_id = 0
        self.version = 1
        capabilities = {
            "textDocument": {
                "publishDiagnostics": {"versionSupport": True},
                "completion": {"completionItem": {"snippetSupport": True}},
                "hover": {"contentFormat": ["markdown"]},
                "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
            }
        }
        folder = {"uri": root.as_uri(), "name": root.name}
        answer = self.call(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root.as_uri(),
                "workspaceFolders": [folder],
                "capabilities": capabilities,
            },
        )
        sync = answer["capabilities"]["textDocumentSync"]
        self.incremental = (sync.get("change") if isinstance(sync, dict) else sync) == 2
        self.notify("initialized", {})

    def send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        data = b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        while data:
            data = data[os.write(self.to_server, data) :]

    def notify(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def receive(self) -> Message:
        while True:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if separator:
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n"))
                length = int(fields[b"content-length"])
                if len(rest) >= length:
                    self.buffer = rest[length:]
                    message = json.loads(rest[:length])
                    assert isinstance(message, dict)
                    return message
            if not select.select([self.from_server], [], [], PATIENCE)[0]:
                raise TimeoutError(f"no message within {PATIENCE} s")
            data = os.read(self.from_server, 1 << 20)
            if not data:
                raise EOFError("the server has ended")
            self.buffer += data

    def wait_for(self, is_wanted: Callable[[Message], bool]) -> Message:
        while True:
            message = self.receive()
            if "method" in message and "id" in message:
                items = (message.get("params") or {}).get("items", [])
                settings = message["method"] == "workspace/configuration"
                self.send(
                    {"id": message["id"], "result": [None] * len(items) if settings else None}
                )
            elif is_wanted(message):
                return message

    def call(self, method: str, params: Any) -> Any:
        self.next_id += 1
        wanted = self.next_id
        self.send({"id": wanted, "method": method, "params": params})
        answer = self.wait_for(lambda m: m.get("id") == wanted and "method" not in m)
        return answer.get("result")

    def open(self, path: Path, text: str) -> None:
        document = {"uri": path.as_uri(), "languageId": "toml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def edit(self, path: Path, line: int, lines: list[str], new: str) -> None:
        """Replaces a line, told as the server wants to be told."""
        old, lines[line] = lines[line], new
        place = {"line": line, "character": 0}
        change: Any = {"text": "\n".join(lines)}
        if self.incremental:
            change = {
                "range": {"start": place, "end": {**place, "character": len(old)}},
                "text": new,
            }
        self.version += 1
        document = {"uri": path.as_uri(), "version": self.version}
        self.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [change]}
        )

    def wait_for_fault(self, line: int, there: bool) -> None:
        def is_it(message: Message) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            found = message["params"]["diagnostics"]
            return any(each["range"]["start"]["line"] == line for each in found) == there

        self.wait_for(is_it)

    def peak_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def make_lines() -> list[str]:
    """A file as projects have them, only longer."""
    head = ["[project]", 'name = "big"', 'version = "1.0"', 'requires-python = ">=3.11"', ""]
    own = ["", "[tool.pycontainer.build]", 'workdir = "/app"', "", "[tool.pycontainer.build.env]"]
    lines = [*head, "dependencies = ["]
    lines += [f'    "package-{i} >= {i % 7}.1",  # because of {i}' for i in range(700)]
    lines += ["]", "", "[project.optional-dependencies]"]
    lines += [f'extra-{i} = ["package-{i}", "package-{i + 1}"]' for i in range(400)]
    for i in range(200):
        lines += ["", f"[tool.other.table-{i}]", f'"quoted {i}" = {i}']
    lines += own
    return lines + [f'VARIABLE_{i} = "value {i}"' for i in range(LINES - len(lines))]


def quantile(seconds: list[float]) -> str:
    """The 95th percentile, and the median."""
    ordered = sorted(seconds)
    return f"{show(ordered[int(len(ordered) * 0.95)])} ({show(ordered[len(ordered) // 2])})"


def timed(action: Callable[[], object]) -> float:
    before = time.perf_counter()
    action()
    return time.perf_counter() - before


class Measurement:
    """One server on the file; `rows` is what was measured, in order."""

    def __init__(self, command: list[str], root: Path, starts: int) -> None:
        self.command = command
        self.root = root
        self.path = root / "pyproject.toml"
        self.lines = make_lines()
        self.path.write_text("\n".join(self.lines))
        self.rows = {
            "start to the first diagnostic": quantile([self.start() for _ in range(starts)])
        }
        server = Server(command, root)
        try:
            self.ask(server)
            self.rows["peak memory"] = f"{server.peak_bytes() / 1e6:.1f} MB"
        finally:
            server.close()

    def start(self) -> float:
        """Seconds from the start of the process until it says what is wrong in the text."""
        broken = [*self.lines]
        broken[1] += '"'
        server = Server(self.command, self.root)
        try:
            server.open(self.path, "\n".join(broken))
            server.wait_for_fault(1, True)
            return time.perf_counter() - server.started
        finally:
            server.close()

    def ask(self, server: Server) -> None:
        server.open(self.path, "\n".join(self.lines))
        document = {"textDocument": {"uri": self.path.as_uri()}}
        own = self.lines.index("[tool.pycontainer.build]")
        project = [(4, 0), (1, 1), (2, 2)]
        spots: dict[str, list[Spot]] = {
            "completion": [(own + 2, 0), *project],
            "hover": [(own + 1, 2), *project],
        }
        for name, places in spots.items():
            self.rows[name] = self.time_questions(server, f"textDocument/{name}", places)
        good, bad = self.lines[1], self.lines[1] + '"'

        def spoil_and_mend() -> None:
            server.edit(self.path, 1, self.lines, bad if self.lines[1] == good else good)
            server.wait_for_fault(1, self.lines[1] == bad)

        times = [timed(spoil_and_mend) for _ in range(QUESTIONS)]
        self.rows["diagnostics after an edit"] = quantile(times)

        def outline() -> None:
            server.edit(self.path, 2, self.lines, f'version = "1.{server.version}"')
            server.call("textDocument/documentSymbol", document)

        self.rows["outline after an edit"] = quantile([timed(outline) for _ in range(QUESTIONS)])

    def time_questions(self, server: Server, method: str, places: list[Spot]) -> str:
        def question(spot: Spot) -> Any:
            position = {"line": spot[0], "character": spot[1]}
            document = {"uri": self.path.as_uri()}
            return server.call(method, {"textDocument": document, "position": position})

        answered = [spot for spot in places if has_content(question(spot))]
        if not answered:
            return "–"
        return quantile([timed(lambda: question(answered[0])) for _ in range(QUESTIONS)])


def has_content(answer: Any) -> bool:
    if isinstance(answer, dict) and "items" in answer:
        return bool(answer["items"])
    return bool(answer)


def tombi(stage: Stage) -> list[str]:
    program = install("tombi")
    stage.note(f"{version_of([program, '--version'])}, offline.")
    return [program, "lsp", "--offline"]


def taplo(stage: Stage) -> list[str]:
    """That of the Python package index where it has a server in it; else made from its crate."""
    program = install("taplo")
    if not serves(program):
        cargo = shutil.which("cargo")
        if not cargo:
            raise RuntimeError(
                "taplo's wheel has no server in it, and there is no cargo to make one"
            )
        program = str(PLACE / "bin" / "taplo")
        if not Path(program).exists():
            say("taplo's wheel has no server in it: making one with cargo, which takes minutes")
            options = ["--quiet", "--locked", "--features", "lsp", "--root", str(PLACE)]
            subprocess.run([cargo, "install", *options, "taplo-cli"], check=True, stdout=sys.stderr)
    stage.note(f"{version_of([program, '--version'])}, without schemas of its catalog.")
    return [program, "lsp", "stdio"]


def install(package: str) -> str:
    """The program of a package, in an environment that is kept for the next time."""
    python = PLACE / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PLACE / "venv")], check=True)
    program = python.with_name(package)
    if not program.exists():
        command = [str(python), "-m", "pip", "install", "--quiet", package]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return str(program)


def serves(program: str) -> bool:
    """Whether `lsp` waits for a client."""
    process = subprocess.Popen(
        [program, "lsp", "stdio"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def measure(stage: Stage) -> list[str]:
    servers: dict[str, Callable[[Stage], list[str]]] = {
        "pycontainer": lambda _: [str(BINARY), "lsp"],
        "tombi": tombi,
        "taplo": taplo,
    }
    measured: dict[str, dict[str, str]] = {}
    for name, command in servers.items():
        try:
            rows = Measurement(command(stage), stage.directory(f"editor-{name}"), stage.many).rows
        except (RuntimeError, OSError, EOFError, subprocess.CalledProcessError) as reason:
            if name == "pycontainer":
                raise
            stage.note(f"Left out: {name} ({reason}).")
            continue
        measured[name] = rows
    table = [
        "## editor: a language server on a pyproject.toml of 2,000 lines",
        "",
        f"Times are the 95th percentile (median) of {QUESTIONS}, of starts of {stage.many}.",
        "",
        f"| | {' | '.join(measured)} |",
        "|---|" + "---|" * len(measured),
    ]
    for row in measured["pycontainer"]:
        table.append(f"| {row} | {' | '.join(rows[row] for rows in measured.values())} |")
    return table
