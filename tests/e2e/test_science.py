"""Large packages with compiled parts, installed from one lock: Python, pip and a computation agree
that they are complete."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from support.base import Base
from support.inside import check_packages
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
    image = f"oci:{project}/dist/image:latest"
    check_packages(runtime, image, tmp_path, wheels(planned(product, base, project)))
    assert runtime.run(image, "python", "/app/app.py") == "3.0 1.0\n"
