"""Large packages with compiled parts, installed from one lock: Python, pip and a computation agree
that they are complete."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pip
from support.base import Base
from support.product import Product
from support.projects import lock_with_uv
from support.runtime import Podman, Unpacked
from support.uv import planned, wheels

PROJECT = """
//- pyproject.toml
[project]
name = "science"
version = "1"
requires-python = ">=3.11"
dependencies = ["numpy", "pandas", "scikit-learn", "pyarrow"]
//- app.py
import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.linear_model import LinearRegression

frame = pd.DataFrame({"x": np.arange(10.0), "y": 3 * np.arange(10.0) + 1})
again = pa.Table.from_pandas(frame).to_pandas()
model = LinearRegression().fit(again[["x"]], again["y"])
print(round(float(model.coef_[0]), 6), round(float(model.intercept_), 6))
"""
# One start of the container for all questions; pip is mounted beside what is installed.
QUESTIONS = """
import importlib.metadata, json, subprocess, sys, sysconfig

missing, names = [], {}
for distribution in importlib.metadata.distributions():
    names[distribution.metadata["Name"].lower()] = distribution.version
    missing += [str(file) for file in distribution.files or ["no RECORD"]
                if not file.locate().is_file()]

def ask(*command):
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    return [done.returncode, done.stdout + done.stderr]

check = "import sys; sys.path.append('/mnt'); from pip._internal.cli.main import main; " \
        "sys.exit(main(['check']))"
answers = {
    "names": names,
    "missing": missing,
    "pip check": ask("-c", check),
    "compileall": ask("-X", "pycache_prefix=/tmp/pycache", "-m", "compileall", "-q", "-j", "0",
                      sysconfig.get_path("purelib"), "/app"),
    "app": ask("/app/app.py"),
}
print(json.dumps(answers))
"""


def test_a_data_project_is_complete(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    runtime: Podman | Unpacked,
    tmp_path: Path,
) -> None:
    project = projects(PROJECT)
    lock_with_uv(project)
    product.build(project, "--base-image", base.slim_reference).succeeded()
    mounted = tmp_path / "mounted"
    shutil.copytree(Path(pip.__file__).parent, mounted / "pip")
    image = f"oci:{project}/dist/image:latest"
    answers = json.loads(runtime.run(image, "python", "-c", QUESTIONS, mount=mounted))
    expected = wheels(planned(product, base, project))
    assert {f"{name}=={version}" for name, version in answers["names"].items()} == expected
    assert answers["missing"] == []
    assert answers["pip check"] == [0, "No broken requirements found.\n"]
    assert answers["compileall"] == [0, ""]
    assert answers["app"] == [0, "3.0 1.0\n"]
