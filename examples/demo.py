"""The demonstration behind `script/demo`: a project becomes a running image, twice.

Works on a copy of `examples/fastapi` with a cache of its own, so that the first build is a first
build; leaves nothing behind.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from support import base as base_image  # noqa: E402
from support.product import BINARY, Product  # noqa: E402
from support.runtime import Podman, Unpacked, find_runtime  # noqa: E402

OFFICIAL = "python:3.11-slim"
REGISTRY = "https://registry-1.docker.io/v2/"  # where OFFICIAL is
BEFORE = "Hello from a container that no Dockerfile made"
AFTER = "Hello again, after a change of one line"


def step(text: str) -> None:
    print(f"\n==> {text}", flush=True)


def registry_is_reachable() -> bool:
    try:
        with urllib.request.urlopen(REGISTRY, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True  # it asks for a token: it is there
    except OSError:
        return False


def choose_base() -> tuple[list[str], str, base_image.Base | None]:
    """Flags for `pycontainer build`, a name to show, and the base that was made, if it was."""
    if registry_is_reachable():
        return [], f"{OFFICIAL}, from its registry", None
    print("Docker Hub cannot be reached from here.")
    made = base_image.ensure()
    name = f"{made.distribution} with Python {made.python_full}, made here from its packages"
    return ["--base-image", made.slim_reference], name, made


def build(product: Product, project: Path, flags: list[str]) -> float:
    """Builds as a user would, with the product's own output; the seconds it took."""
    arguments = ["build", "--tag", "myapi:1.0", *flags]
    print(f"$ pycontainer {' '.join(arguments)}", flush=True)
    command, environment = product.command(arguments, None)
    before = time.perf_counter()
    done = subprocess.run(command, cwd=project, env=environment, check=False)
    seconds = time.perf_counter() - before
    if done.returncode != 0:
        raise SystemExit(f"demo: pycontainer build failed with exit code {done.returncode}")
    return seconds


def show_answer(runtime: Podman | Unpacked, project: Path, expected: str) -> None:
    with runtime.start(f"oci:{project}/dist/image:1.0") as container:
        status, body = container.get(8080)
    print(f"GET http://127.0.0.1:8080/ in the container  ->  {status}\n{body}")
    if status != 200 or expected not in body:
        raise SystemExit("demo: this is not the answer that the program gives")


@contextmanager
def workplace() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="pycontainer-demo-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def demonstrate(work: Path) -> None:
    version = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True)
    print(version.stdout.strip())
    step("The base image")
    flags, base_name, made = choose_base()
    print(f"Base: {base_name}")

    project = Path(shutil.copytree(ROOT / "examples" / "fastapi", work / "fastapi"))
    product = Product(work / "home")
    step("The first build of examples/fastapi: nothing is cached")
    first = build(product, project, flags)

    image = f"oci:{project}/dist/image:1.0"
    step("Running the image")
    runtime = find_runtime(work / "runtime", made.slim_reference if made else image)
    try:
        print(f"Runtime: {runtime.name}")
        show_answer(runtime, project, BEFORE)

        step("Building again, nothing changed")
        unchanged = build(product, project, flags)

        step("Building again, one line of app.py changed")
        application = project / "app.py"
        application.write_text(application.read_text().replace(BEFORE, AFTER))
        changed = build(product, project, flags)
        show_answer(runtime, project, AFTER)
    finally:
        runtime.close()

    step("Seconds from command to image")
    for what, seconds in (
        ("first build", first),
        ("nothing changed", unchanged),
        ("one line changed", changed),
    ):
        print(f"{what:<18}{seconds:8.3f} s")


if __name__ == "__main__":
    with workplace() as directory:
        demonstrate(directory)
