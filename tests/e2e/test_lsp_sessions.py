"""The sessions of tests/lsp, run against the real language server; see the README there."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from support.lsp import LspClient
from support.product import Product

SESSIONS = sorted((Path(__file__).resolve().parents[1] / "lsp").glob("*.session"))


def matches(wanted: Any, found: Any) -> bool:
    if wanted == "…":
        return True
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            key in found and matches(value, found[key]) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(wanted) == len(found)
            and all(matches(one, other) for one, other in zip(wanted, found, strict=True))
        )
    return bool(wanted == found)


def write_files(text: str, root: Path) -> None:
    path: Path | None = None
    for line in text.splitlines():
        if line.startswith("//- "):
            path = root / line[4:]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", encoding="utf-8")
        elif path is not None:
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def expect(client: LspClient, wanted: Any) -> None:
    """Takes messages up to the wanted one; an answer with its id must be it."""
    while True:
        message = client.receive(20)
        is_answer = "method" not in message and "method" not in wanted
        if is_answer and wanted.get("id") == message.get("id"):
            assert matches(wanted, message), message
            return
        if matches(wanted, message):
            return


def play(client: LspClient, line: str) -> int:
    """One line of a conversation; the exit code that is expected after it."""
    if line.startswith("--> "):
        message = "end" if line == "--> end" else json.loads(line[4:])
        if message == "end":
            assert client.process.stdin is not None
            client.process.stdin.close()
        elif isinstance(message, str):
            client.send_bytes(message.encode("latin-1"))
        else:
            client.send(message)
    elif line.startswith("<-- exit "):
        return int(line[9:])
    elif line.startswith("<-- "):
        expect(client, json.loads(line[4:]))
    elif line.startswith("<-/ "):
        unwanted = json.loads(line[4:])
        assert not [message for message in client.received if matches(unwanted, message)], line
    else:
        assert not line.strip() or line.startswith("# "), f"not a line of a session: {line}"
    return 0


@pytest.mark.parametrize("session", SESSIONS, ids=lambda path: path.stem)
def test_session(session: Path, fresh_product: Product, tmp_path: Path) -> None:
    text = session.read_text(encoding="utf-8")
    command = "lsp"
    if text.startswith("$ pycontainer "):
        command, _, text = text.removeprefix("$ pycontainer ").partition("\n")
    conversation = text
    if text.startswith("//- "):
        files, _, conversation = text.partition("\n\n")
        write_files(files, tmp_path)
    code = 0
    with LspClient(fresh_product, flags=shlex.split(command)[1:]) as client:
        conversation = conversation.replace("$ROOT", tmp_path.as_uri())
        for line in conversation.replace("$DIRECTORY", str(tmp_path)).splitlines():
            try:
                code = play(client, line)
            except AssertionError as error:
                raise AssertionError(f"at {line}\n{error}") from None
        assert client.process.wait(10) == code, client.describe()
