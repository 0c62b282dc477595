"""The public test suite of TOML, through `pycontainer check`: a text is invalid exactly when a
`toml/…` code appears. It is a Go module and fetched as one, by its name and version."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from support.product import Product

MODULES = ("github.com/toml-lang/toml-test@v1.6.0", "github.com/toml-lang/toml-test/v2@v2.2.0")
LIST = "files-toml-1.0.0"
FEWEST_CASES = 500


def fetch(module: str, work: Path) -> Path:
    """The folder of a Go module; skips where there is no Go or no proxy for it."""
    if not shutil.which("go"):
        pytest.skip("without Go the public suite of TOML cannot be fetched")
    done = subprocess.run(
        ["go", "mod", "download", "-json", module],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode != 0:
        pytest.skip(f"the public suite of TOML cannot be fetched: {done.stdout} {done.stderr}")
    return Path(json.loads(done.stdout)["Dir"])


@pytest.mark.parametrize("module", MODULES)
def test_a_case_is_refused_exactly_when_it_is_invalid(
    module: str, product: Product, tmp_path: Path
) -> None:
    suite = fetch(module, tmp_path) / "tests"
    names = [name for name in (suite / LIST).read_text().split() if name.endswith(".toml")]
    assert len(names) > FEWEST_CASES
    wrong = []
    config = tmp_path / "pycontainer.toml"
    for name in names:
        config.write_bytes((suite / name).read_bytes())
        checked = product.run("check", "--json", "--context", tmp_path)
        codes = [found["code"] for found in checked.diagnostics]
        is_refused = any(code.startswith("toml/") for code in codes)
        if is_refused != name.startswith("invalid/"):
            wrong.append((name, codes))
    assert wrong == []
