"""`pycontainer lock` and `build --write-lock`: the lock, read by others and by us."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.pylock import Pylock
from packaging.tags import compatible_tags, cpython_tags
from support.base import Base
from support.images import Image, Layout
from support.index import Index
from support.product import Product, Result, network_environment
from support.projects import uv
from support.wheels import make_wheel

PROJECT = """
//- pyproject.toml
[project]
name = "locking"
version = "1"
requires-python = ">=3.11"
dependencies = [
    DEPENDENCIES
]
//- app.py
"""


def project_of(*requirements: str) -> str:
    lines = "\n    ".join(f'"{each}",' for each in requirements)
    return PROJECT.replace("DEPENDENCIES", lines)


def lock(product: Product, project: Path, base: Base, *flags: str | Path, **options: Any) -> Result:
    place = ("--context", project, "--base-image", base.slim_reference)
    return product.run("lock", "--json", *place, *flags, **options)


def read(project: Path, name: str = "pylock.toml") -> Pylock:
    """As the reference library reads it, which checks everything."""
    return Pylock.from_dict(tomllib.loads((project / name).read_text()))


def versions(pylock: Pylock) -> set[str]:
    return {f"{each.name} {each.version}" for each in pylock.packages}


def selected(pylock: Pylock, base: Base, machine: str = "x86_64") -> set[str]:
    """What an installer by the reference library takes for the base."""
    environment = {
        "implementation_name": "cpython",
        "implementation_version": base.python_full,
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": base.python_full,
        "python_version": base.python,
        "sys_platform": "linux",
    }
    minor = (3, int(base.python.split(".")[1]))
    platforms = [f"manylinux_2_{each}_{machine}" for each in range(36, 16, -1)]
    platforms += [f"manylinux2014_{machine}"]
    tags = [*cpython_tags(minor, platforms=platforms), *compatible_tags(minor, "cp", platforms)]
    chosen = pylock.select(environment=environment, tags=tags)  # type: ignore[arg-type]
    return {f"{package.name} {package.version}" for package, _ in chosen}


def installed(project: Path, base_layers: Image) -> set[str]:
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    parts = (part for layer in layers for name in layer.names() for part in name.split("/"))
    return {
        part.removesuffix(".dist-info").replace("-", " ", 1).replace("_", "-")
        for part in parts
        if part.endswith(".dist-info")
    }


def run_uv(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**network_environment(), "PATH": os.environ["PATH"], "HOME": str(project)}
    return subprocess.run(
        [uv(), *arguments],
        cwd=project,
        env={**environment, "UV_CACHE_DIR": str(project.parent / "uv-cache")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_lock_is_read_by_the_reference_library_by_uv_and_by_us(
    product: Product, base: Base, projects: Callable[[str], Path], base_layers: Image
) -> None:
    project = projects(project_of("httpx[http2]", "markupsafe", "colorama; os_name == 'nt'"))
    answer = lock(product, project, base).succeeded().json
    assert answer["changed"]
    assert answer["lock"] == str(project / "pylock.toml")
    pylock = read(project)
    assert pylock.created_by == "pycontainer"
    assert {"httpx", "h2", "markupsafe"} <= {each.name for each in pylock.packages}
    assert "colorama" not in {each.name for each in pylock.packages}
    for package in pylock.packages:
        for wheel in package.wheels or ():
            assert wheel.hashes["sha256"]
            assert wheel.size
    assert selected(pylock, base) == versions(pylock)

    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if minor == base.python:
        environment = project.parent / "environment"
        run_uv(project, "venv", "--quiet", "--python", sys.executable, str(environment))
        python = str(environment / "bin" / "python")
        done = run_uv(project, "pip", "sync", "--python", python, "pylock.toml")
        assert done.returncode == 0, done.stderr
        frozen = run_uv(project, "pip", "freeze", "--python", python).stdout.split()
        assert {line.replace("==", " ") for line in frozen} == versions(pylock)
        done = run_uv(
            project, "pip", "install", "--dry-run", "--python", python, "-r", "pylock.toml"
        )
        assert done.returncode == 0, done.stderr
        assert "no changes" in done.stderr

    flags = ("--base-image", base.slim_reference)
    product.build(project, *flags).succeeded()
    assert installed(project, base_layers) == versions(pylock)


def test_a_build_writes_the_lock_and_the_next_one_asks_nobody(
    fresh_product: Product,
    base: Base,
    projects: Callable[[str], Path],
    base_layers: Image,
    index: Index,
) -> None:
    index.add(make_wheel("plain", "1.0", requires=("deep",)))
    index.add(make_wheel("deep", "1.0"))
    project = projects(project_of("plain"))
    flags = ("--base-image", base.slim_reference)
    environment = {"UV_DEFAULT_INDEX": index.url}
    first = fresh_product.build(project, *flags, "--write-lock", environment=environment)
    assert first.succeeded().json["lock"]["changed"]
    assert [each["code"] for each in first.json["warnings"]] == []
    assert versions(read(project)) == {"plain 1.0", "deep 1.0"}
    text = (project / "pylock.toml").read_bytes()

    index.add(make_wheel("plain", "2.0"))
    asked = len(index.requests)
    (project / "app.py").write_text("changed = True\n")
    again = fresh_product.build(project, *flags, "--write-lock", environment=environment)
    assert not again.succeeded().json["lock"]["changed"]
    (project / "app.py").write_text("changed = 'again'\n")
    fresh_product.build(project, *flags, environment=environment).succeeded()
    assert len(index.requests) == asked
    assert (project / "pylock.toml").read_bytes() == text
    assert installed(project, base_layers) == {"plain 1.0", "deep 1.0"}

    plan = fresh_product.run("plan", "--json", "-C", project, *flags, environment=environment)
    facts = {fact["name"]: fact for fact in plan.succeeded().json["facts"]}
    assert facts["lock"]["value"] == "pylock.toml"


def test_only_what_must_change_changes(
    product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    environment = {"UV_DEFAULT_INDEX": index.url}
    for name in ("first", "second"):
        index.add(make_wheel(name, "1.0"))
    project = projects(project_of("first", "second"))

    def locked(*flags: str) -> set[str]:
        lock(
            product, project, base, "--pull", "missing", *flags, environment=environment
        ).succeeded()
        return versions(read(project))

    assert locked() == {"first 1.0", "second 1.0"}
    for name in ("first", "second", "third"):
        index.add(make_wheel(name, "2.0"))
    # Pages are kept for ten minutes: another cache has none.
    environment["XDG_CACHE_HOME"] = str(project.parent / "other-cache")
    assert locked() == {"first 1.0", "second 1.0"}
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"first",', '"first", "third",'))
    stale = lock(product, project, base, "--check", environment=environment).failed()
    assert stale.error["code"] == "resolve/stale-lock"
    assert "`third`" in stale.error["message"]
    assert "third" not in (project / "pylock.toml").read_text(), "--check writes nothing"
    assert locked() == {"first 1.0", "second 1.0", "third 2.0"}
    lock(product, project, base, "--check", environment=environment).succeeded()
    assert locked("--upgrade-package", "Second") == {"first 1.0", "second 2.0", "third 2.0"}
    assert locked("--upgrade") == {"first 2.0", "second 2.0", "third 2.0"}


def test_one_lock_serves_all_platforms_and_no_other(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    index: Index,
) -> None:
    tag = "cp" + base.python.replace(".", "")
    for machine in ("x86_64", "aarch64"):
        index.add(make_wheel("fast", "1.0", f"{tag}-{tag}-manylinux_2_17_{machine}"))
    index.add(make_wheel("fast", "2.0", f"{tag}-{tag}-manylinux_2_17_x86_64"))
    index.add(make_wheel("arm", "1.0"))
    project = projects(project_of("fast", "arm; platform_machine == 'aarch64'"))
    environment = {"UV_DEFAULT_INDEX": index.url}
    both = ("--platform", "linux/amd64,linux/arm64")
    lock(product, project, base, *both, environment=environment).succeeded()
    pylock = read(project)
    assert versions(pylock) == {"fast 1.0", "fast 2.0", "arm 1.0"}
    assert selected(pylock, base) == {"fast 2.0"}
    assert selected(pylock, base, "aarch64") == {"fast 1.0", "arm 1.0"}
    flags = ("--base-image", base.slim_reference)
    product.build(project, *flags, *both, environment=environment).succeeded()

    lock(product, project, base, "--platform", "linux/arm64", environment=environment).succeeded()
    refused = product.build(project, *flags, environment=environment).failed()
    assert refused.error["code"] == "resolve/unsupported-environment"
    assert "x86_64" in refused.error["message"]
    assert "pycontainer lock" in refused.error["hint"]


def test_no_secret_gets_into_the_lock(
    product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    index.credentials = ("ada", "correct-horse-battery")
    index.add(make_wheel("plain", "1.0"))
    project = projects(project_of("plain"))
    environment = {"UV_DEFAULT_INDEX": index.with_password}
    lock(product, project, base, environment=environment).succeeded()
    text = (project / "pylock.toml").read_text()
    assert index.url.rstrip("/") in text
    assert "ada" not in text
    assert "battery" not in text
    flags = ("--base-image", base.slim_reference)
    product.build(project, *flags, environment=environment).succeeded()


def test_a_lock_that_cannot_be_made_leaves_the_old_one(
    product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    index.add(make_wheel("plain", "1.0"))
    project = projects(project_of("plain"))
    environment = {"UV_DEFAULT_INDEX": index.url}
    lock(product, project, base, environment=environment).succeeded()
    before = (project / "pylock.toml").read_bytes()
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"plain"', '"plain>1"'))
    refused = lock(product, project, base, environment=environment).failed()
    assert refused.error["code"] == "resolve/unsatisfiable"
    assert (project / "pylock.toml").read_bytes() == before
    assert sorted(path.name for path in project.iterdir()) == [
        "app.py",
        "pylock.toml",
        "pyproject.toml",
    ]
    stale = product.build(
        project, "--base-image", base.slim_reference, environment=environment
    ).succeeded()
    assert "resolve/stale-lock" in {each["code"] for each in stale.json["warnings"]}


def test_a_lock_of_another_tool_is_left_alone(
    product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    index.add(make_wheel("plain", "1.0"))
    text = 'version = 1\nrequires-python = ">=3.11"\n'
    project = projects(project_of("plain") + "//- uv.lock\n" + text)
    environment = {"UV_DEFAULT_INDEX": index.url}
    refused = lock(product, project, base, environment=environment).failed()
    assert refused.error["code"] == "resolve/foreign-lock"
    assert not (project / "pylock.toml").exists()
    named = project / "pylock.image.toml"
    lock(product, project, base, "--lock", named, environment=environment).succeeded()
    assert versions(read(project, named.name)) == {"plain 1.0"}
    assert (project / "uv.lock").read_text().strip() == text.strip()


def test_wheels_of_a_directory_are_locked_by_their_path(
    product: Product, base: Base, projects: Callable[[str], Path], base_layers: Image
) -> None:
    project = projects(project_of("plain"))
    (project / "wheels").mkdir()
    wheel = make_wheel("plain", "1.0")
    (project / "wheels" / wheel.filename).write_bytes(wheel.data)
    local = ("--no-index", "--find-links", project / "wheels")
    lock(product, project, base, *local).succeeded()
    (package,) = read(project).packages
    assert package.wheels
    assert package.wheels[0].path == f"wheels/{wheel.filename}"
    product.build(project, "--base-image", base.slim_reference, "--no-index").succeeded()
    assert installed(project, base_layers) == {"plain 1.0"}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("build", "--write-lock", "--dry-run"), "`--write-lock` writes"),
        (("lock", "--upgrade-package", "no name"), "a name of letters"),
        (("lock", "--lock", "uv.lock"), "cannot be written"),
        (("plan", "--write-lock"), "--write-lock"),
    ],
)
def test_flags_that_make_no_sense_are_refused(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    flags: tuple[str, ...],
    message: str,
) -> None:
    project = projects(project_of())
    place = ("--json", "--context", project, "--base-image", base.slim_reference)
    result = product.run(flags[0], *place, *flags[1:])
    assert result.code != 0
    assert message in result.error["message"]
    assert not (project / "pylock.toml").exists()
