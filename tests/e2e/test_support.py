"""The judges and the servers themselves: a judge that accepts everything proves nothing."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from support.base import Base
from support.images import Layout, judge, skopeo, umoci_unpack
from support.index import Index
from support.registries import PASSWORD, USER, Auth, Registry, push_base
from support.runtime import Podman, Unpacked
from support.wheels import corrupt_body, make_wheel


@pytest.fixture
def copied(base: Base, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base.layout, tmp_path / "copy"))


def test_the_base_passes_its_judges(base: Base, tmp_path: Path) -> None:
    assert judge(base.layout, base.slim) == []
    assert judge(base.layout, base.usr) == []
    root = umoci_unpack(base.layout, base.usr, tmp_path / "bundle")
    assert (root / "usr" / "bin" / f"python{base.python}").exists()


def test_a_damaged_blob_is_noticed(copied: Path, base: Base) -> None:
    layer = Layout(copied).image(base.slim).layers[-1]
    blob = copied / "blobs" / "sha256" / layer.descriptor["digest"].removeprefix("sha256:")
    blob.write_bytes(gzip.compress(layer.tar + b"\0"))
    assert any("other bytes" in problem for problem in judge(copied, base.slim))


def test_a_missing_blob_is_noticed(copied: Path, base: Base) -> None:
    layer = Layout(copied).image(base.slim).layers[0]
    (copied / "blobs" / "sha256" / layer.descriptor["digest"].removeprefix("sha256:")).unlink()
    assert any("is missing" in problem for problem in judge(copied, base.slim))


def test_a_wrong_size_is_noticed(copied: Path, base: Base) -> None:
    index = json.loads((copied / "index.json").read_text())
    index["manifests"][0]["size"] += 1
    (copied / "index.json").write_text(json.dumps(index))
    assert any("another size" in problem for problem in judge(copied, base.slim))


def test_the_base_runs(runtime: Podman | Unpacked, base: Base) -> None:
    for image in (base.slim_reference, base.usr_reference):
        assert runtime.run(image, "python3", "-c", "print(6 * 7)").strip() == "42"


@pytest.fixture
def server_image(copied: Path, base: Base) -> str:
    """An image that serves its own root, made with umoci."""
    words = ("python3", "-m", "http.server", "8123")
    command = [
        "umoci",
        "config",
        "--image",
        f"{copied}:{base.usr}",
        "--tag",
        "server",
        "--clear=config.cmd",
    ]
    command += [f"--config.entrypoint={word}" for word in words]
    subprocess.run(command, check=True, capture_output=True)
    return f"oci:{copied}:server"


def test_a_server_in_an_image_is_asked(runtime: Podman | Unpacked, server_image: str) -> None:
    with runtime.start(server_image) as running:
        assert running.get(8123, "/etc/os-release")[0] == 200
        assert running.get(8123, "/no/such/file")[0] == 404
        assert running.ask(9) is None


def test_a_server_runs_without_podman_too(tmp_path: Path, server_image: str) -> None:
    unpacked = Unpacked(tmp_path / "unpacked")
    try:
        unpacked.run(server_image, "python3", "-c", "")
    except (AssertionError, OSError) as error:
        pytest.skip(f"bubblewrap does not work here: {error}")
    with unpacked.start(server_image) as running:
        assert running.get(8123, "/no/such/file")[0] == 404


@pytest.mark.parametrize("auth", list(Auth))
def test_each_registry_takes_and_gives_an_image(auth: Auth, base: Base, tmp_path: Path) -> None:
    with Registry(tmp_path, auth) as registry:
        reference = push_base(base, registry, "library/python:test")
        credentials = [] if auth is Auth.NONE else ["--creds", f"{USER}:{PASSWORD}"]
        options = ["--tls-verify=false", *credentials]
        got = json.loads(skopeo("inspect", *options, f"docker://{reference}"))
        assert got["Os"] == "linux"
        if auth in (Auth.BASIC, Auth.TLS_BASIC):
            with pytest.raises(AssertionError, match=r"authentication required|401"):
                skopeo("inspect", "--tls-verify=false", f"docker://{reference}")
        if auth is not Auth.TLS_BASIC:
            assert registry.gateway.requests("PUT", "/manifests/")
            assert registry.gateway.uploaded_bytes() > 1_000_000


def test_the_index_serves_what_it_was_given(index: Index) -> None:
    wheel = index.add(make_wheel("tiny"), claimed_sha256="0" * 64)
    with urllib.request.urlopen(index.url + "tiny/") as answer:
        (file,) = json.load(answer)["files"]
    assert file["hashes"]["sha256"] == "0" * 64
    with urllib.request.urlopen(index.file_url(wheel)) as answer:
        assert answer.read() == wheel.data
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(index.url + "unknown/")


def test_a_corrupt_body_differs_in_its_bytes_only() -> None:
    good = make_wheel("tiny")
    bad = corrupt_body(good, "tiny/__init__.py")
    assert len(bad.data) == len(good.data)
    assert bad.sha256 != good.sha256
