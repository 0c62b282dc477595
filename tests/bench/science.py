"""W4: few and large wheels, where unpacking, hashing and packing are all that counts."""

from __future__ import annotations

from peers import BuildKit, Pycontainer, UvTarGzip
from projects import ADDED, COLD, INSTALLED, PROJECT, WHEELS, Workload
from projects import measure as measure_workload
from stage import Stage

PROGRAM = """
//- app.py
import pandas

print(pandas.DataFrame({"a": [1, 2]}).describe())
"""
RUN = 'CMD ["python", "app.py"]\n'

WORKLOAD = Workload(
    "W4",
    "numpy, pandas, scipy, scikit-learn and pyarrow, uv.lock",
    PROJECT + PROGRAM + INSTALLED + RUN,
    (Pycontainer, BuildKit, UvTarGzip),
    (COLD, WHEELS, ADDED),
    ("numpy", "pandas", "scipy", "scikit-learn", "pyarrow"),
    ("polars",),
)


def measure(stage: Stage) -> list[str]:
    return measure_workload(stage, WORKLOAD)
