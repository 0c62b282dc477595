"""What every failure owes its user: a stable code with a page, what happened, what to do next."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from support.product import ROOT, Result

PAGES = ROOT / "docs" / "reference" / "errors.d"


def clear_error(result: Result, *words: str, code: int = 1, hint: bool = True) -> dict[str, Any]:
    """The error of a `--json` call that failed well; `words` must be in its message or hint."""
    result.failed(code)
    error = result.error
    check_code(error["code"])
    assert error["message"], str(result)
    assert not error["message"].endswith("."), str(result)
    if hint:
        assert error.get("hint"), f"no hint\n{result}"
    told = f"{error['message']} {error.get('hint', '')} {' '.join(error.get('context', []))}"
    for word in words:
        assert word in told, f"{word!r} is not named\n{result}"
    assert "Traceback" not in result.stderr
    return error


def diagnosed(result: Result, file: str, line: int, *words: str, code: int = 3) -> dict[str, Any]:
    """The one diagnostic of a `--json` call that an error in the user's file has ended; `line`
    counts from 1, as in editors."""
    result.failed(code)
    errors = [d for d in result.diagnostics if d["severity"] == "error"]
    assert len(errors) == 1, f"{len(errors)} diagnostics\n{result}"
    (found,) = errors
    check_code(found["code"])
    assert Path(found["file"]).name == file, str(result)
    assert found["range"]["start"]["line"] == line - 1, str(result)
    for word in words:
        assert word in f"{found['message']} {found.get('hint', '')}", str(result)
    return found


def check_code(code: str) -> None:
    """The code has the right form and a section of the reference."""
    assert re.fullmatch(r"[a-z]+(/[a-z0-9-]+)+", code), code
    texts = [path.read_text() for path in PAGES.glob("*.md")]
    assert any(re.search(rf"^## `?{re.escape(code)}`?$", t, re.M) for t in texts), (
        f"{code} has no page"
    )


def nothing_written(output: Path) -> None:
    """Neither the output nor anything half made beside it."""
    assert not output.exists(), f"{output} was written"
    if output.parent.is_dir():
        left = [path.name for path in output.parent.iterdir() if output.name in path.name]
        assert left == [], f"left beside the output: {left}"
