"""The sessions of tests/lsp, run against the real language server; see the README there."""

from __future__ import annotations

import json
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
            and all(matches(one, other) for one, other in zip(wanted, found))
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


@pytest.mark.parametrize("session", SESSIONS, ids=lambda path: path.stem)
def test_session(session: Path, product: Product, tmp_path: Path) -> None:
    files, _, conversation = session.read_text(encoding="utf-8").partition("\n-->")
    write_files(files, tmp_path)
    conversation = ("-->" + conversation).replace("$ROOT", tmp_path.as_uri())
    with LspClient(product) as client:
        for line in conversation.splitlines():
            if line.startswith("--> "):
                client.send(json.loads(line[4:]))
            elif line.startswith("<-- "):
                wanted = json.loads(line[4:])
                same = {key: wanted[key] for key in ("id", "method") if key in wanted}
                while True:
                    message = client.receive(20)
                    if "id" in same and matches(same, message) and "method" not in message:
                        assert matches(wanted, message), message
                        break
                    if matches(wanted, message):
                        break
        assert client.process.wait(10) == 0
