"""Versions, specifiers, markers, requirements and file names mean what they mean to `packaging`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from support.packaging_cases import write_cases
from support.product import BINARY

ORACLE = BINARY.with_name("pycontainer-oracle")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_cases_agree(seed: int, tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(write_cases(seed, 10_000))
    done = subprocess.run([str(ORACLE), str(cases)], capture_output=True, text=True, check=False)
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"\d+ passed, 0 failed", last), "\n".join(done.stdout.splitlines()[-40:])
    assert int(last.split()[0]) >= 9_900  # names that are not ASCII are not judged
