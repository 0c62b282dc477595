"""Bad input: one clear error each, the right exit code, nothing half-written or unverified."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.base import Base
from support.disks import mounted
from support.errors import clear_error, diagnosed, nothing_written
from support.images import Layout
from support.index import Index
from support.product import Product, Result, files_below
from support.projects import locked_package, uv_lock
from support.registries import Auth, Registry
from support.servers import free_port
from support.stores import half_written, store_is_sound
from support.wheels import Wheel, corrupt_body, make_wheel, wheel_with_member

Projects = Callable[[str], Path]
PYPROJECT = """
//- pyproject.toml
[project]
name = "bad"
version = "1.0"
requires-python = ">=3.11"
dependencies = [{dependencies}]
//- app.py
print("hello")
"""


# The project and its files


def test_a_missing_project(product: Product, base: Base, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    result = product.build(missing, "--base-image", base.slim_reference)
    clear_error(result, str(missing), code=3)


def test_an_empty_project(product: Product, base: Base, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = product.build(tmp_path / "empty", "--base-image", base.slim_reference)
    clear_error(result, str(tmp_path / "empty"), code=3)
    nothing_written(tmp_path / "empty" / "dist" / "image")


def test_nothing_to_start(product: Product, base: Base, projects: Projects) -> None:
    project = projects(PYPROJECT.format(dependencies="").replace("app.py", "library.py"))
    result = product.build(project, "--base-image", base.slim_reference)
    assert result.code in (1, 3)
    clear_error(result, "entrypoint", code=result.code)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pyproject.toml", '[project]\nname = "x"\nversion = = "1"\n', 3),
        ("pyproject.toml", '[project]\nname = "unclosed\n', 2),
        ("pycontainer.toml", '[build]\nworkdir = "/app"\n[registry\n', 3),
        ("uv.lock", "version = 1\nrequires-python = ]\n", 2),
    ],
)
def test_broken_toml(
    product: Product, base: Base, projects: Projects, name: str, text: str, line: int
) -> None:
    project = projects(PYPROJECT.format(dependencies='"tiny"'))
    (project / name).write_text(text)
    result = product.build(project, "--base-image", base.slim_reference)
    diagnosed(result, name, line)
    nothing_written(project / "dist" / "image")
    plain = product.run("build", "--context", project, "--base-image", base.slim_reference)
    assert plain.code == 3
    assert plain.stdout == ""
    assert re.search(rf"{name}:{line}:\d+: error\[[a-z]+/[a-z-]+\]: ", plain.stderr), str(plain)


def test_a_broken_requirements_file(product: Product, base: Base, projects: Projects) -> None:
    project = projects(PYPROJECT.format(dependencies=""))
    (project / "requirements.txt").write_text("click==8.1.7\n\nflask[async ==3.0\n")
    result = product.build(project, "--base-image", base.slim_reference)
    diagnosed(result, "requirements.txt", 3)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[build]\nworkdri = "/app"\n', 2, ["workdri", "workdir"]),
        ("[build]\nworkdir = 5\n", 2, ["workdir", "string"]),
        ("[bulid]\n", 1, ["bulid", "build"]),
        ('[build]\nuser = ["a"]\n', 2, ["user"]),
    ],
)
def test_wrong_configuration(
    product: Product, base: Base, hello: Path, text: str, line: int, words: list[str]
) -> None:
    (hello / "pycontainer.toml").write_text(text)
    result = product.build(hello, "--base-image", base.slim_reference)
    diagnosed(result, "pycontainer.toml", line, *words)
    nothing_written(hello / "dist" / "image")


def test_wrong_configuration_in_pyproject(product: Product, base: Base, hello: Path) -> None:
    pyproject = hello / "pyproject.toml"
    lines = len(pyproject.read_text().splitlines())
    pyproject.write_text(pyproject.read_text() + "[tool.pycontainer.build]\nworkdri = 1\n")
    result = product.build(hello, "--base-image", base.slim_reference)
    diagnosed(result, "pyproject.toml", lines + 2, "workdri", "workdir")


# The command line


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--no-such-flag"], "--no-such-flag"),
        (["--tag", "UPPER/Case:x y"], "UPPER/Case:x y"),
        (["--base-image", "a//b"], "a//b"),
        (["--platform", "windows"], "windows"),
        (["--expose", "http"], "http"),
        (["--env", "NOVALUE"], "NOVALUE"),
        (["--pull", "sometimes"], "sometimes"),
        (["--workdir", "relative"], "relative"),
    ],
)
def test_wrong_flags(product: Product, hello: Path, arguments: list[str], word: str) -> None:
    result = product.build(hello, *arguments)
    assert result.code == 2, str(result)
    assert word in result.stdout + result.stderr
    nothing_written(hello / "dist" / "image")


def test_an_unknown_command(product: Product) -> None:
    result = product.run("biuld").failed(2)
    assert "build" in result.stderr
    assert result.stdout == ""


# Base images


def test_a_base_that_is_not_there(
    product: Product, base: Base, hello: Path, registry: Registry, tmp_path: Path
) -> None:
    missing = f"{registry.address}/library/python:9.99-slim"
    clear_error(product.build(hello, "--base-image", missing), missing)
    clear_error(product.build(hello, "--base-image", f"oci:{tmp_path}/none:x"), "none")
    result = product.build(hello, "--base-image", f"oci:{base.layout}:other")
    clear_error(result, "other", base.slim)
    nothing_written(hello / "dist" / "image")


def test_a_base_without_the_platform(product: Product, base: Base, hello: Path) -> None:
    flags = ("--base-image", base.slim_reference, "--platform", "linux/s390x")
    clear_error(product.build(hello, *flags), "linux/s390x", "linux/amd64")


def test_a_base_without_python(product: Product, base: Base, hello: Path, tmp_path: Path) -> None:
    layout = tmp_path / "empty"
    subprocess.run(["umoci", "init", "--layout", layout], check=True, capture_output=True)
    new = ["umoci", "new", "--image", f"{layout}:empty"]
    subprocess.run(new, check=True, capture_output=True)
    result = product.build(hello, "--base-image", f"oci:{layout}:empty")
    clear_error(result, "Python")
    nothing_written(hello / "dist" / "image")


def test_a_base_with_a_python_that_the_project_refuses(
    product: Product, base: Base, hello: Path
) -> None:
    pyproject = hello / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace(">=3.11", ">=3.13"))
    result = product.build(hello, "--base-image", base.slim_reference)
    assert result.code in (1, 3), str(result)
    told = clear_error(result, base.python, code=result.code)
    assert "3.13" in told["message"] + told["hint"]


def test_a_registry_that_nobody_runs(product: Product, hello: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    result = product.build(hello, "--base-image", f"{address}/library/python:3.11-slim")
    clear_error(result, address)


def test_a_registry_that_has_no_name(product: Product, hello: Path) -> None:
    result = product.build(hello, "--base-image", "registry.invalid/library/python:3.11-slim")
    clear_error(result, "registry.invalid")


def test_a_base_with_other_bytes_than_its_digest_says(
    fresh_product: Product, base: Base, hello: Path, registry: Registry
) -> None:
    layer = Layout(base.layout).image(base.slim).layers[-1]
    reference = f"{registry.address}/library/python:{base.python}-slim"
    wrong = gzip.compress(layer.tar + b"\0" * 512)
    digest = layer.descriptor["digest"]
    with registry.gateway.fault("GET", f"/blobs/{digest}", 200, body=wrong):
        clear_error(fresh_product.build(hello, "--base-image", reference), digest[:19])
    store_is_sound(fresh_product)
    nothing_written(hello / "dist" / "image")
    fresh_product.build(hello, "--base-image", reference).succeeded()


def test_a_manifest_with_other_bytes_than_its_digest_says(
    fresh_product: Product, base: Base, hello: Path, registry: Registry
) -> None:
    image = Layout(base.layout).image(base.slim)
    reference = f"{registry.address}/library/python@{image.digest}"
    headers = {"Content-Type": "application/vnd.oci.image.manifest.v1+json"}
    with registry.gateway.fault("GET", "/manifests/", 200, body=b"{}", headers=headers):
        clear_error(fresh_product.build(hello, "--base-image", reference), "digest")


def test_a_damaged_base_layout(product: Product, base: Base, hello: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(base.layout, tmp_path / "copy"))
    layer = Layout(copy).image(base.slim).layers[-1]
    blob = copy / "blobs" / "sha256" / layer.descriptor["digest"].removeprefix("sha256:")
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 0xFF
    blob.write_bytes(bytes(data))
    fresh = Product(tmp_path / "fresh")
    result = fresh.build(hello, "--base-image", f"oci:{copy}:{base.slim}")
    clear_error(result, blob.name)
    store_is_sound(fresh)
    nothing_written(hello / "dist" / "image")


# Pushing


def push(
    product: Product, base: Base, project: Path, address: str, **environment: str | None
) -> Result:
    flags = ("--base-image", base.slim_reference, "--tag", f"{address}/team/bad:1", "--push")
    return product.build(project, *flags, environment=environment)


def test_credentials_that_are_refused(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    with Registry(tmp_path, Auth.BASIC) as registry:
        config = registry.docker_config(tmp_path / "docker", password="wrong")
        result = push(product, base, hello, registry.address, DOCKER_CONFIG=str(config))
        clear_error(result, registry.address, str(config))
        result = push(product, base, hello, registry.address)
        clear_error(result, registry.address, "config.json")
        names = {
            "PYCONTAINER_REGISTRY_USERNAME": "alice",
            "PYCONTAINER_REGISTRY_PASSWORD": "wrong",
        }
        result = push(product, base, hello, registry.address, **names)
        clear_error(result, registry.address, "PYCONTAINER_REGISTRY_USERNAME")


def test_a_push_that_is_forbidden(
    product: Product, base: Base, hello: Path, registry: Registry
) -> None:
    body = b'{"errors": [{"code": "DENIED", "message": "not yours"}]}'
    with registry.gateway.fault("POST", "/blobs/uploads/", 403, body=body):
        error = clear_error(push(product, base, hello, registry.address), registry.address)
    assert "not yours" in " ".join([error["message"], *error.get("context", [])])


def test_a_token_that_allows_no_push(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    with Registry(tmp_path, Auth.TOKEN) as registry:
        result = push(product, base, hello, registry.address)
        clear_error(result, registry.address)


def test_a_certificate_of_an_unknown_authority(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    with Registry(tmp_path, Auth.TLS_BASIC) as registry:
        result = push(product, base, hello, registry.address)
        clear_error(result, registry.address, "certificate")


def test_a_registry_that_breaks_off(
    product: Product, base: Base, hello: Path, registry: Registry
) -> None:
    with registry.gateway.fault("PUT", "/manifests/", 500):
        clear_error(push(product, base, hello, registry.address), registry.address)


# Wheels


def project_with(projects: Projects, index: Index, wheel: Wheel, sha256: str = "") -> Path:
    """A project whose uv.lock names this one wheel of the index."""
    name = wheel.filename.split("-")[0]
    project = projects(PYPROJECT.format(dependencies=f'"{name}"'))
    size = len(wheel.data)
    package = locked_package(name, index.file_url(wheel), sha256 or wheel.sha256, size)
    (project / "uv.lock").write_text(uv_lock("bad", package))
    return project


def refused(product: Product, base: Base, project: Path, *words: str) -> None:
    result = product.build(project, "--base-image", base.slim_reference)
    assert result.code in (1, 3), str(result)  # 3 where it is the lock that has to change
    clear_error(result, *words, code=result.code)
    nothing_written(project / "dist" / "image")
    store_is_sound(product)


def refused_and_forgotten(
    product: Product, base: Base, project: Path, wheel: Wheel, *words: str
) -> None:
    """Nothing of the wheel stays: neither itself, nor a layer, nor a file that was begun."""
    refused(product, base, project, *words)
    names = [path.name for path in files_below(product.store)]
    assert wheel.sha256 not in names
    assert half_written(product) == []
    contents = b"".join(path.read_bytes() for path in files_below(product.store / "records"))
    assert b"tiny" not in contents, "nothing is remembered of it"


def test_a_good_wheel_is_accepted(
    product: Product, base: Base, projects: Projects, index: Index
) -> None:
    project = project_with(projects, index, index.add(make_wheel()))
    product.build(project, "--base-image", base.slim_reference).succeeded()
    image = Layout(project / "dist" / "image").image()
    path = f"opt/venv/lib/python{base.python}/site-packages/tiny/__init__.py"
    assert b'VERSION = "1.0"' in image.find(path)


def test_a_wheel_with_another_hash(
    fresh_product: Product, base: Base, projects: Projects, index: Index
) -> None:
    wheel = index.add(make_wheel())
    wrong = hashlib.sha256(b"what was locked").hexdigest()
    project = project_with(projects, index, wheel, wrong)
    refused(fresh_product, base, project, "tiny", wrong[:12])
    names = [path.name for path in files_below(fresh_product.store)]
    assert wheel.sha256 not in names, "nothing unverified is kept"


@pytest.mark.parametrize(
    "name",
    ["../../../etc/cron.d/evil", "/etc/passwd", "tiny/../../evil.py", "..\\evil.py", "a/\0b"],
)
def test_a_wheel_that_reaches_out(
    fresh_product: Product, base: Base, projects: Projects, index: Index, name: str
) -> None:
    wheel = index.add(make_wheel(files={name: b"evil"}))
    project = project_with(projects, index, wheel)
    refused_and_forgotten(fresh_product, base, project, wheel, "tiny")


INFO, DATA = "tiny-1.0.dist-info", "tiny-1.0.data"
COMMANDS = f"{INFO}/entry_points.txt"
HOSTILE: dict[str, tuple[Callable[[], Wheel], str]] = {
    "duplicate": (lambda: wheel_with_member("tiny/__init__.py"), "two entries"),
    "symbolic link": (lambda: wheel_with_member("tiny/link", 0o120777), "symbolic link"),
    "device": (lambda: wheel_with_member("tiny/device", 0o020644), "special file"),
    "file and directory": (lambda: make_wheel(files={"tiny": b""}), "something in it"),
    "whiteout": (lambda: make_wheel(files={"tiny/.wh.__init__.py": b""}), "remove other files"),
    "bomb": (lambda: make_wheel(files={"tiny/zeros": bytes(80 << 20)}), "unpack to"),
    "huge metadata": (lambda: make_wheel(metadata=f"X: {'x' * (40 << 20)}"), "METADATA"),
    "script": (lambda: make_wheel(files={f"{DATA}/scripts/python3": b""}), "`python3`"),
    "command": (
        lambda: make_wheel(files={COMMANDS: b"[console_scripts]\npython = tiny:x\n"}),
        "`python`",
    ),
    "code in a command": (
        lambda: make_wheel(files={COMMANDS: b"[console_scripts]\nx = os;evil:y\n"}),
        "entry point",
    ),
    "environment": (lambda: make_wheel(files={f"{DATA}/data/pyvenv.cfg": b""}), "`pyvenv.cfg`"),
    "other metadata": (
        lambda: make_wheel(files={"other-1.0.dist-info/METADATA": b"Name: other\n"}),
        "several",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_wheel_is_refused_and_not_kept(
    fresh_product: Product, base: Base, projects: Projects, index: Index, what: str
) -> None:
    make, word = HOSTILE[what]
    wheel = index.add(make())
    project = project_with(projects, index, wheel)
    refused_and_forgotten(fresh_product, base, project, wheel, "tiny", word)


def test_a_wheel_with_a_corrupt_member(
    fresh_product: Product, base: Base, projects: Projects, index: Index
) -> None:
    wheel = index.add(corrupt_body(make_wheel(), "tiny/__init__.py"))
    refused(fresh_product, base, project_with(projects, index, wheel), "tiny/__init__.py")


def test_a_wheel_that_is_no_archive(
    fresh_product: Product, base: Base, projects: Projects, index: Index
) -> None:
    wheel = index.add(Wheel("tiny-1.0-py3-none-any.whl", b"<html>log in first</html>" * 9))
    refused(fresh_product, base, project_with(projects, index, wheel), "tiny")


def test_a_wheel_whose_record_names_other_hashes(
    fresh_product: Product, base: Base, projects: Projects, index: Index
) -> None:
    wheel = index.add(make_wheel(wrong_record_for="tiny/__init__.py"))
    refused(fresh_product, base, project_with(projects, index, wheel), "tiny/__init__.py")


def test_a_wheel_that_is_gone(
    fresh_product: Product, base: Base, projects: Projects, index: Index
) -> None:
    refused(fresh_product, base, project_with(projects, index, make_wheel("gone")), "gone")


@pytest.mark.parametrize("tag", ["cp311-cp311-win_amd64", "cp39-cp39-manylinux_2_17_x86_64"])
def test_no_wheel_for_the_platform(
    fresh_product: Product, base: Base, projects: Projects, index: Index, tag: str
) -> None:
    wheel = index.add(make_wheel(tag=tag))
    refused(fresh_product, base, project_with(projects, index, wheel), "tiny", tag.split("-")[2])
    assert index.requests == [], "what cannot be used is not fetched"


# Places that cannot be written


def test_an_output_below_a_file(product: Product, base: Base, hello: Path) -> None:
    (hello / "file").write_text("")
    output = hello / "file" / "image"
    result = product.build(hello, "--base-image", base.slim_reference, "--output", output)
    clear_error(result, str(output.parent))
    assert (hello / "file").read_text() == ""


def test_a_cache_below_a_file(product: Product, base: Base, hello: Path) -> None:
    (hello / "file").write_text("")
    cache = hello / "file" / "cache"
    result = product.build(hello, "--base-image", base.slim_reference, "--cache-dir", cache)
    clear_error(result, str(hello / "file"))
    nothing_written(hello / "dist" / "image")


def test_a_read_only_output(product: Product, base: Base, hello: Path) -> None:
    with mounted(hello / "readonly", "ro") as readonly:
        output = readonly / "image"
        result = product.build(hello, "--base-image", base.slim_reference, "--output", output)
        clear_error(result, str(readonly))
        assert list(readonly.iterdir()) == []


def test_a_full_disk_under_the_output(product: Product, base: Base, hello: Path) -> None:
    with mounted(hello / "small", "size=2m") as small:
        output = small / "image"
        result = product.build(hello, "--base-image", base.slim_reference, "--output", output)
        clear_error(result, str(small))
        assert list(small.iterdir()) == [], "what was begun is taken away"


def test_a_full_disk_under_the_cache(
    tmp_path: Path, base: Base, fastapi: Path, registry: Registry
) -> None:
    with mounted(tmp_path / "small", "size=3m") as small:
        product = Product(tmp_path / "full-home", cache=small)
        reference = f"{registry.address}/library/python:{base.python}-slim"
        result = product.build(fastapi, "--base-image", reference)
        clear_error(result, str(small))
        store_is_sound(product)
        nothing_written(fastapi / "dist" / "image")


def test_a_failed_build_leaves_the_previous_image(
    product: Product, base: Base, hello: Path
) -> None:
    flags = ("--base-image", base.slim_reference)
    digest = product.build(hello, *flags).succeeded().json["digest"]
    (hello / "pycontainer.toml").write_text("[build\n")
    product.build(hello, *flags).failed(3)
    assert Layout(hello / "dist" / "image").image().digest == digest


def test_a_pipe_among_the_sources_does_not_hang(product: Product, base: Base, hello: Path) -> None:
    os.mkfifo(hello / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(hello / "socket"))
        result = product.build(hello, "--base-image", base.slim_reference, timeout=60)
    result.succeeded()
    names = Layout(hello / "dist" / "image").image().layers[-1].names()
    assert not {"app/pipe", "app/socket"} & set(names)
