"""The image of a project without dependencies: what it holds, how it is set up, that it runs."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.base import Base
from support.images import Image, Layout, judge, skopeo, umoci_unpack
from support.product import Product, Result
from support.runtime import Podman, Unpacked


def build(product: Product, project: Path, base: Base, *more: str, **options: Any) -> Result:
    return product.build(project, "--base-image", base.slim_reference, *more, **options)


def built_image(project: Path, tag: str | None = None) -> Image:
    return Layout(project / "dist" / "image").image(tag)


def test_the_image_is_valid_and_answers(
    product: Product, base: Base, hello: Path, runtime: Podman | Unpacked, tmp_path: Path
) -> None:
    result = build(product, hello, base, cwd=hello).succeeded()
    layout = hello / "dist" / "image"
    assert Path(result.json["output"]) == layout
    assert judge(layout, "latest") == []
    assert (
        skopeo("inspect", "--format", "{{.Digest}}", f"oci:{layout}:latest").strip()
        == (result.json["digest"])
    )
    root = umoci_unpack(layout, "latest", tmp_path / "bundle")
    assert (root / "app" / "app.py").read_text() == (hello / "app.py").read_text()
    with runtime.start(f"oci:{layout}:latest") as running:
        assert running.get(8000) == (200, "hello, world\n")


def test_the_answer_names_what_was_built(
    product: Product, base: Base, hello: Path, base_layers: Image
) -> None:
    result = build(product, hello, base, "--tag", "127.0.0.1:1/team/hello:1.2").succeeded()
    answer = result.json
    image = built_image(hello, "1.2")
    assert answer["digest"] == image.digest
    assert answer["references"] == ["127.0.0.1:1/team/hello:1.2"]
    assert answer["warnings"] == []
    assert answer["timings_ms"]["total"] > 0
    (platform,) = answer["platforms"]
    assert platform["platform"] == "linux/amd64"
    assert platform["digest"] == image.digest
    assert [layer["digest"] for layer in platform["layers"]] == [
        layer.descriptor["digest"] for layer in image.layers
    ]
    for told, layer in zip(platform["layers"], image.layers, strict=True):
        assert told["diff_id"] == layer.diff_id
        assert told["size"] == len(layer.blob)
    kinds = [layer["kind"] for layer in platform["layers"]]
    assert kinds == ["base"] * len(base_layers.layers) + kinds[len(base_layers.layers) :]
    assert kinds[-1] == "application"
    assert {layer["state"] for layer in result.layers("base")} == {"base"}
    assert {layer["state"] for layer in result.layers("application")} <= {"built", "cached"}


def test_the_layout_is_tagged(product: Product, base: Base, hello: Path) -> None:
    result = build(product, hello, base, "--tag", "127.0.0.1:1/a/hello:1", "--tag", "hello:two")
    digest = result.succeeded().json["digest"]
    layout = Layout(hello / "dist" / "image")
    assert sorted(layout.tags) == ["1", "two"]
    names = {
        m["annotations"]["org.opencontainers.image.ref.name"]: m["annotations"].get(
            "io.containerd.image.name"
        )
        for m in layout.index["manifests"]
    }
    assert names["1"] == "127.0.0.1:1/a/hello:1"
    assert (layout.path / "refs" / "tags" / "1").read_text() == digest + "\n"
    assert (layout.path / "refs" / "tags" / "two").read_text() == digest + "\n"


def test_one_tag_in_two_repositories_is_told_apart(
    product: Product, base: Base, hello: Path
) -> None:
    tags = ["127.0.0.1:1/a/hello:1", "127.0.0.1:1/b/hello:1"]
    build(product, hello, base, "--tag", tags[0], "--tag", tags[1]).succeeded()
    assert sorted(Layout(hello / "dist" / "image").tags) == tags


def test_the_configuration_is_merged_with_the_base(
    product: Product, base: Base, hello: Path, base_layers: Image
) -> None:
    build(product, hello, base).succeeded()
    image = built_image(hello)
    settings, environment = image.settings, image.environment
    assert settings["User"] == "65532:65532"
    assert settings["WorkingDir"] == "/app"
    assert settings["Entrypoint"]
    assert "Cmd" not in settings  # the base's python3 would be an argument
    assert environment["PATH"].startswith("/opt/venv/bin:" + base_layers.environment["PATH"])
    assert environment["VIRTUAL_ENV"] == "/opt/venv"
    assert environment["PYTHON_VERSION"] == base.python_full
    assert environment["HOME"] == "/tmp"
    labels = {**settings.get("Labels", {}), **image.manifest.get("annotations", {})}
    assert labels["org.opencontainers.image.title"] == "hello"
    assert labels["org.opencontainers.image.version"] == "1.0"
    assert labels["org.opencontainers.image.base.digest"].startswith("sha256:")


def test_the_program_is_nobody_in_particular(
    product: Product, base: Base, hello: Path, runtime: Podman | Unpacked
) -> None:
    build(product, hello, base).succeeded()
    image = f"oci:{hello}/dist/image:latest"
    if isinstance(runtime, Podman):
        assert runtime.run(image, "id", "-u").strip() == "65532"
    code = "import sys; print(sys.prefix, sys.base_prefix != sys.prefix, *sys.path)"
    out = runtime.run(image, "python", "-c", code)
    assert out.startswith("/opt/venv True ")
    assert "/app" in out.split()


def test_files_have_no_trace_of_this_machine(
    product: Product, base: Base, hello: Path, base_layers: Image
) -> None:
    (hello / "run.sh").write_text("#!/bin/sh\n")
    (hello / "run.sh").chmod(0o770)
    (hello / "app.py").chmod(0o600)
    build(product, hello, base).succeeded()
    for layer in built_image(hello).added(base_layers):
        for member in layer.members:
            assert (member.uid, member.gid) == (0, 0), member.name
            assert member.mtime <= 1735689600, member.name
            if not member.issym():
                assert stat.S_IMODE(member.mode) in (0o644, 0o755, 0o1777), member.name
    modes = {m.name: m.mode for m in built_image(hello).layers[-1].members}
    assert modes["app/run.sh"] == 0o755
    assert modes["app/app.py"] == 0o644


def test_the_date_comes_from_source_date_epoch(product: Product, base: Base, hello: Path) -> None:
    build(product, hello, base, environment={"SOURCE_DATE_EPOCH": "1700000000"}).succeeded()
    assert built_image(hello).config["created"].startswith("2023-11-14T22:13:20")


def test_an_interpreter_in_usr_is_found(
    product: Product, base: Base, hello: Path, runtime: Podman | Unpacked
) -> None:
    product.build(hello, "--base-image", base.usr_reference).succeeded()
    layout = hello / "dist" / "image"
    assert judge(layout) == []
    with runtime.start(f"oci:{layout}:latest") as running:
        assert running.get(8000) == (200, "hello, world\n")


SECRETS = [
    ".env",
    ".env.production",
    "id_rsa",
    "server.key",
    "certs/tls.pem",
    ".netrc",
    ".pypirc",
    ".git/config",
    ".venv/pyvenv.cfg",
    "env/pyvenv.cfg",
    "pkg/__pycache__/module.cpython-311.pyc",
    ".pytest_cache/README.md",
    ".mypy_cache/x.json",
    "dist/old-1.0.tar.gz",
    "build/lib/x.py",
]


def test_secrets_and_leftovers_stay_out(
    product: Product, base: Base, hello: Path, base_layers: Image
) -> None:
    for name in SECRETS:
        path = hello / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("-----BEGIN PRIVATE KEY-----\nsecret\n")
    (hello / "certs" / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\npublic\n")
    (hello / "pkg" / "build").mkdir()
    (hello / "pkg" / "build" / "tool.py").write_text("")  # only the root's build/ is left out
    build(product, hello, base).succeeded()
    names = {n for layer in built_image(hello).added(base_layers) for n in layer.names()}
    assert {"app/app.py", "app/pkg/build/tool.py", "app/certs/ca.pem"} <= names
    assert [name for name in SECRETS if f"app/{name}" in names] == []


def test_ignore_files_are_followed(product: Product, base: Base, hello: Path) -> None:
    (hello / ".gitignore").write_text("*.log\n")
    (hello / "a.log").write_text("x")
    (hello / "data").mkdir()
    for name in ("big.bin", "keep.txt"):
        (hello / "data" / name).write_text(name)
    build(product, hello, base).succeeded()
    names = built_image(hello).layers[-1].names()
    assert "app/a.log" not in names
    assert "app/data/big.bin" in names

    (hello / ".dockerignore").write_text("# not big things\ndata/*\n!data/keep.txt\n")
    build(product, hello, base).succeeded()
    names = built_image(hello).layers[-1].names()
    assert "app/data/big.bin" not in names
    assert "app/data/keep.txt" in names
    assert "app/a.log" in names, ".dockerignore stands instead of .gitignore, not beside it"


def test_a_link_in_the_sources_is_a_link_in_the_image(
    product: Product, base: Base, hello: Path
) -> None:
    os.symlink("app.py", hello / "main_link.py")
    build(product, hello, base).succeeded()
    members = {m.name: m for m in built_image(hello).layers[-1].members}
    assert members["app/main_link.py"].issym()
    assert members["app/main_link.py"].linkname == "app.py"


def test_flags_reach_the_image(product: Product, base: Base, hello: Path) -> None:
    flags = {
        "--env": "MODE=a=b",
        "--label": "team=core",
        "--user": "1000:1000",
        "--expose": "9000",
        "--entrypoint": "python -u app.py",
        "--cmd": "--verbose 'two words'",
        "--workdir": "/srv/app",
    }
    arguments = [f"{flag}={value}" for flag, value in flags.items()]
    build(product, hello, base, *arguments).succeeded()
    settings = built_image(hello).settings
    assert built_image(hello).environment["MODE"] == "a=b"
    assert settings["Labels"]["team"] == "core"
    assert settings["User"] == "1000:1000"
    assert settings["ExposedPorts"] == {"9000/tcp": {}}
    assert settings["Entrypoint"] == ["python", "-u", "app.py"]
    assert settings["Cmd"] == ["--verbose", "two words"]
    assert settings["WorkingDir"] == "/srv/app"
    assert "srv/app/app.py" in built_image(hello).layers[-1].names()


def test_the_nearest_setting_wins(product: Product, base: Base, hello: Path) -> None:
    def workdir(*flags: str, **environment: str) -> str:
        build(product, hello, base, *flags, environment=environment).succeeded()
        return str(built_image(hello).settings["WorkingDir"])

    assert workdir() == "/app"
    pyproject = hello / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + '[tool.pycontainer.build]\nworkdir = "/one"\n')
    assert workdir() == "/one"
    (hello / "pycontainer.toml").write_text('[build]\nworkdir = "/two"\n')
    assert workdir() == "/two"
    assert workdir(PYCONTAINER_BUILD_WORKDIR="/three") == "/three"
    assert workdir("--workdir", "/four", PYCONTAINER_BUILD_WORKDIR="/three") == "/four"


def test_an_unknown_variable_of_ours_is_a_warning(
    product: Product, base: Base, hello: Path
) -> None:
    result = build(product, hello, base, environment={"PYCONTAINER_BUILD_WORKDRI": "/x"})
    (warning,) = result.succeeded().json["warnings"]
    assert "PYCONTAINER_BUILD_WORKDRI" in warning["message"]


def test_unknown_parts_of_the_base_are_kept(
    product: Product, base: Base, hello: Path, tmp_path: Path, base_layers: Image
) -> None:
    config = {
        **base_layers.config,
        "os.features": ["one"],
        "x-future": {"kept": True},
        "config": {**base_layers.settings, "StopSignal": "SIGINT", "X-Future": 1, "User": "www"},
    }
    layout = rebuild_base(base, tmp_path / "other", config)
    product.build(hello, "--base-image", f"oci:{layout}:other").succeeded()
    image = built_image(hello)
    assert image.config["x-future"] == {"kept": True}
    assert image.config["os.features"] == ["one"]
    assert image.settings["StopSignal"] == "SIGINT"
    assert image.settings["X-Future"] == 1
    assert image.settings["User"] == "www", "a user of the base who is not root stays"


def rebuild_base(base: Base, target: Path, config: dict[str, Any]) -> Path:
    """The base with another configuration, tagged `other`, as a layout of its own."""
    skopeo("copy", base.slim_reference, f"dir:{target}.dir")
    source = Path(f"{target}.dir")
    manifest = json.loads((source / "manifest.json").read_text())
    data = json.dumps(config).encode()
    digest = subprocess.run(["sha256sum"], input=data, capture_output=True, check=True)
    name = digest.stdout.decode().split()[0]
    (source / name).write_bytes(data)
    manifest["config"].update(digest=f"sha256:{name}", size=len(data))
    (source / "manifest.json").write_text(json.dumps(manifest))
    skopeo("copy", f"dir:{source}", f"oci:{target}:other")
    return target


def test_another_platform_is_built_without_running_it(
    product: Product, base: Base, hello: Path
) -> None:
    if '"arm64"' not in (base.layout / "index.json").read_text() and not _has_arm64(base):
        pytest.skip("the base made here has no arm64")
    result = build(product, hello, base, "--platform", "linux/arm64").succeeded()
    (platform,) = result.json["platforms"]
    assert platform["platform"].startswith("linux/arm64")
    image = built_image(hello)
    assert image.config["architecture"] == "arm64"
    assert judge(hello / "dist" / "image") == []


def _has_arm64(base: Base) -> bool:
    layout = Layout(base.layout)
    index = json.loads(layout.blob(layout.descriptor(base.slim)))
    return any(m["platform"]["architecture"] == "arm64" for m in index["manifests"])


def test_a_source_tree_below_src_is_importable(
    product: Product, base: Base, projects: Callable[[str], Path], runtime: Podman | Unpacked
) -> None:
    project = projects(
        """
//- pyproject.toml
[project]
name = "src-layout"
version = "2.5"
requires-python = ">=3.11"
[project.scripts]
src-layout = "src_layout.cli:main"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
//- src/src_layout/__init__.py
//- src/src_layout/cli.py
import importlib.metadata
import sys


def main():
    print("version", importlib.metadata.version("src-layout"), *sys.argv[1:])
    return 3 if "fail" in sys.argv else 0
"""
    )
    build(product, project, base).succeeded()
    image = f"oci:{project}/dist/image:latest"
    assert built_image(project).settings["Entrypoint"] == ["/opt/venv/bin/src-layout"] or (
        built_image(project).settings["Entrypoint"] == ["src-layout"]
    )
    assert runtime.run(image, "src-layout", "now") == "version 2.5 now\n"
    with pytest.raises(AssertionError):
        runtime.run(image, "src-layout", "fail")


def test_an_image_from_scratch_needs_an_entrypoint(product: Product, hello: Path) -> None:
    result = product.build(hello, "--base-image", "scratch")
    assert result.code in (1, 3), str(result)
    assert "entrypoint" in result.error["message"] + result.error.get("hint", "")
    assert not (hello / "dist" / "image").exists()


def test_other_images_in_the_output_directory_are_replaced_whole(
    product: Product, base: Base, hello: Path
) -> None:
    build(product, hello, base, "--tag", "hello:one").succeeded()
    (hello / "app.py").write_text("print('other')\n")
    build(product, hello, base, "--tag", "hello:two").succeeded()
    layout = hello / "dist" / "image"
    assert Layout(layout).tags == ["two"]
    assert judge(layout, "two") == []
    assert [p.name for p in (hello / "dist").iterdir()] == ["image"], "nothing is left beside it"


def test_a_foreign_directory_is_not_replaced(product: Product, base: Base, hello: Path) -> None:
    output = hello / "precious"
    output.mkdir()
    (output / "thesis.txt").write_text("years of work")
    build(product, hello, base, "--output", str(output)).failed()
    assert [p.name for p in output.iterdir()] == ["thesis.txt"]
