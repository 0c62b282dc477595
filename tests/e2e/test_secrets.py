"""A canary password: it must be used, and be found nowhere afterwards."""

from __future__ import annotations

import base64
import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path

from support.base import Base
from support.images import Layout
from support.index import Index
from support.product import Product, Result, files_below
from support.projects import locked_package, uv_lock
from support.registries import PASSWORD, USER, Auth, Registry
from support.wheels import make_wheel

CANARIES = [
    PASSWORD.encode(),
    base64.b64encode(f"{USER}:{PASSWORD}".encode()),
]


def unmentioned(*results: Result) -> None:
    for result in results:
        for canary in CANARIES:
            assert canary not in (result.stdout + result.stderr).encode(), str(result)


def absent(*directories: Path) -> None:
    """No canary in any file or its name, nor in what a compressed file holds."""
    for directory in directories:
        files = list(files_below(directory))
        assert files, f"{directory} is empty: nothing was tested"
        for path in files:
            data = path.read_bytes()
            texts = [str(path).encode(), data]
            if data[:2] == b"\x1f\x8b":
                texts.append(gzip.decompress(data))
            found = [canary for canary in CANARIES for text in texts if canary in text]
            assert found == [], path


def test_registry_passwords_are_used_and_forgotten(base: Base, hello: Path, tmp_path: Path) -> None:
    product = Product(tmp_path / "home")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with Registry(tmp_path, Auth.TOKEN) as token, Registry(tmp_path, Auth.BASIC) as basic:
        for number, registry in enumerate((token, basic)):
            flags = ("--base-image", base.slim_reference, "--push", "--verbose")
            tag = ("--tag", f"{registry.address}/team/hello:1")
            output = ("--output", hello / f"out{number}")
            progress = ("--progress", "json")
            by_file = {
                "DOCKER_CONFIG": str(registry.docker_config(tmp_path / f"docker{number}")),
                "TMPDIR": str(temporary),
            }
            by_name = {
                "PYCONTAINER_REGISTRY_USERNAME": USER,
                "PYCONTAINER_REGISTRY_PASSWORD": PASSWORD,
            }
            results = [
                product.build(hello, *flags, *tag, *output, environment=by_file).succeeded(),
                product.build(hello, *flags, *tag, *progress, environment=by_name).succeeded(),
            ]
            unmentioned(*results)
            assert [r for r in registry.gateway.log if r.authorization], "it was used"
            absent(hello / f"out{number}")
    absent(product.home)  # with the store
    assert list(files_below(temporary)) == []


def test_a_refused_password_is_not_repeated(base: Base, hello: Path, tmp_path: Path) -> None:
    product = Product(tmp_path / "home")
    with Registry(tmp_path, Auth.BASIC) as registry:
        flags = ("--base-image", base.slim_reference, "--tag", f"{registry.address}/t/h:1")
        environment = {
            "PYCONTAINER_REGISTRY_USERNAME": "mallory",
            "PYCONTAINER_REGISTRY_PASSWORD": PASSWORD,
        }
        plain = ("build", "--context", hello, *flags, "--push", "--verbose")
        unmentioned(
            product.run(*plain, environment=environment).failed(),
            product.build(hello, *flags, "--push", environment=environment).failed(),
        )


def test_a_password_in_a_url_stays_out_of_everything(
    fresh_product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    project = projects(
        """
//- pyproject.toml
[project]
name = "private"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["tiny"]
//- app.py
"""
    )
    wheel = index.add(make_wheel())
    missing = make_wheel("missing")

    def lock(*wheels: str) -> None:
        packages = [
            locked_package(
                w.filename.split("-")[0],
                index.file_url(w).replace("http://", f"http://{USER}:{PASSWORD}@"),
                w.sha256,
                len(w.data),
            )
            for w in (wheel, missing)
            if w.filename.split("-")[0] in wheels
        ]
        (project / "uv.lock").write_text(uv_lock("private", *packages))

    flags = ("--base-image", base.slim_reference, "--verbose")
    # The lock itself holds the password here; it is not what the image is asked about.
    (project / ".dockerignore").write_text("uv.lock\n")
    lock("tiny", "missing")
    unmentioned(fresh_product.build(project, *flags).failed())
    lock("tiny")
    unmentioned(fresh_product.build(project, *flags).succeeded())
    absent(fresh_product.store, project / "dist" / "image")


def test_a_password_in_the_remote_of_git_stays_out(
    product: Product, base: Base, hello: Path
) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        command = ["git", "-C", str(hello), *identity, *arguments]
        subprocess.run(command, check=True, capture_output=True)

    git("init", "--initial-branch=main")
    git("remote", "add", "origin", f"https://{USER}:{PASSWORD}@git.example/team/hello.git")
    git("add", ".")
    git("commit", "-m", "one")
    result = product.build(hello, "--base-image", base.slim_reference, "--verbose").succeeded()
    unmentioned(result)
    absent(hello / "dist" / "image")
    image = Layout(hello / "dist" / "image").image()
    labels = {**image.settings.get("Labels", {}), **image.manifest.get("annotations", {})}
    assert labels["org.opencontainers.image.source"] == "https://git.example/team/hello"
    head = subprocess.run(
        ["git", "-C", hello, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    assert labels["org.opencontainers.image.revision"] == head.stdout.strip()

    product.build(hello, "--base-image", base.slim_reference, "--no-vcs").succeeded()
    image = Layout(hello / "dist" / "image").image()
    labels = {**image.settings.get("Labels", {}), **image.manifest.get("annotations", {})}
    assert not {name for name in labels if name.endswith((".source", ".revision"))}
