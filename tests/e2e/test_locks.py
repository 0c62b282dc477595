"""Where dependencies come from: one of the locks, or the resolver."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from support.base import Base
from support.errors import clear_error
from support.images import Image, Layout, judge
from support.index import Index
from support.product import Product
from support.projects import lock_with_uv
from support.runtime import Podman, Unpacked
from support.uv import planned, wheels
from support.wheels import Wheel, make_wheel

TOOL = """
//- pyproject.toml
[project]
name = "teller"
version = "0.3"
requires-python = ">=3.11"
dependencies = ["click", "colorama; sys_platform == 'win32'"]
[project.scripts]
teller = "teller:main"
[dependency-groups]
dev = ["iniconfig"]
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
//- teller.py
import click


@click.command()
@click.option("--name", default="nobody")
def main(name):
    click.echo(f"told {name}")
"""
INSTALLED = "import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))"


def test_a_uv_lock_is_installed(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    runtime: Podman | Unpacked,
) -> None:
    project = projects(TOOL)
    lock_with_uv(project)
    product.build(project, "--base-image", base.slim_reference).succeeded()
    assert judge(project / "dist" / "image") == []
    image = f"oci:{project}/dist/image:latest"
    assert runtime.run(image, "teller", "--name", "you") == "told you\n"
    installed = runtime.run(image, "python", "-c", INSTALLED).split()
    assert "click" in installed
    assert "teller" in installed
    assert "colorama" not in installed, "its marker names another system"
    assert "iniconfig" not in installed, "development groups are not for images"


def test_the_lock_alone_decides_the_versions(
    product: Product, base: Base, projects: Callable[[str], Path], base_layers: Image
) -> None:
    project = projects(TOOL.replace('"click"', '"click==8.1.7"'))
    lock_with_uv(project)
    product.build(project, "--base-image", base.slim_reference).succeeded()
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    names = {name.split("/")[-2] for layer in layers for name in layer.names() if "/" in name}
    assert "click-8.1.7.dist-info" in names


def test_pins_without_hashes_are_installed_with_a_warning(
    product: Product, base: Base, projects: Callable[[str], Path], base_layers: Image
) -> None:
    project = projects(
        """
//- pyproject.toml
[project]
name = "pinned"
version = "1"
requires-python = ">=3.11"
//- requirements.txt
# no hashes
-r more.txt
click==8.1.7 ; python_version >= "3.8"
colorama==0.4.6 ; sys_platform == "win32"
//- more.txt
iniconfig==2.0.0
//- app.py
"""
    )
    result = product.build(project, "--base-image", base.slim_reference).succeeded()
    assert any("hash" in warning["message"] for warning in result.json["warnings"])
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    names = {name.split("/")[-2] for layer in layers for name in layer.names() if "/" in name}
    assert {"click-8.1.7.dist-info", "iniconfig-2.0.0.dist-info"} <= names
    assert "colorama-0.4.6.dist-info" not in names


def test_without_a_lock_the_versions_are_resolved(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    runtime: Podman | Unpacked,
) -> None:
    project = projects(TOOL)
    flags = ("--base-image", base.slim_reference)
    product.build(project, *flags, environment={"PATH": ""}).succeeded()
    image = f"oci:{project}/dist/image:latest"
    assert runtime.run(image, "teller") == "told nobody\n"


def test_a_project_without_dependencies_needs_no_lock(
    product: Product, base: Base, hello: Path
) -> None:
    flags = ("--base-image", base.slim_reference)
    product.build(hello, *flags, environment={"PATH": ""}).succeeded()


def distributions(project: Path, base_layers: Image) -> set[str]:
    """What is installed, as `name-version`."""
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    parts = (name.split("/") for layer in layers for name in layer.names())
    found = (part for parts_of_name in parts for part in parts_of_name)
    return {part.removesuffix(".dist-info") for part in found if part.endswith(".dist-info")}


def test_a_pylock_that_uv_exported_installs_what_the_uv_lock_does(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    base_layers: Image,
    runtime: Podman | Unpacked,
) -> None:
    project = projects(TOOL)
    flags = ("--base-image", base.slim_reference)
    lock_with_uv(project)
    product.build(project, *flags).succeeded()
    of_uv_lock = distributions(project, base_layers)
    export = ("export", "--format", "pylock.toml", "--no-dev", "-o", "pylock.toml")
    lock_with_uv(project, *export)
    (project / "uv.lock").unlink()
    result = product.build(project, *flags).succeeded()
    assert result.json["warnings"] == []
    assert judge(project / "dist" / "image") == []
    assert distributions(project, base_layers) == of_uv_lock
    assert any(name.startswith("click-") for name in of_uv_lock)
    image = f"oci:{project}/dist/image:latest"
    assert runtime.run(image, "teller", "--name", "you") == "told you\n"


def pylock(index: Index, *packages: tuple[Wheel, str]) -> str:
    """A pylock.toml; each wheel comes with its marker."""
    head = (
        'lock-version = "1.0"\ncreated-by = "tests"\nextras = ["fast"]\n'
        'dependency-groups = ["tools"]\n'
    )
    return head + "".join(
        f'[[packages]]\nname = "{wheel.filename.split("-")[0]}"\n'
        f'version = "{wheel.filename.split("-")[1]}"\n'
        + (f'marker = "{marker}"\n' if marker else "")
        + f'wheels = [{{ url = "{index.file_url(wheel)}", size = {len(wheel.data)}, '
        f'hashes = {{ sha256 = "{wheel.sha256}" }} }}]\n'
        for wheel, marker in packages
    )


def test_extras_and_groups_of_a_pylock_are_chosen_in_the_configuration(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    base_layers: Image,
    index: Index,
) -> None:
    lock = pylock(
        index,
        (index.add(make_wheel("plain")), ""),
        (index.add(make_wheel("fast")), "'fast' in extras"),
        (index.add(make_wheel("tools")), "'tools' in dependency_groups"),
        (index.add(make_wheel("other")), "sys_platform == 'win32'"),
    )
    project = projects("//- pylock.toml\n" + lock + "//- app.py\n")
    flags = ("--base-image", base.slim_reference)
    product.build(project, *flags).succeeded()
    assert distributions(project, base_layers) == {"plain-1.0"}
    configuration = project / "pycontainer.toml"
    configuration.write_text('[build]\nextras = ["fast"]\ngroups = ["tools"]\n')
    product.build(project, *flags).succeeded()
    assert distributions(project, base_layers) == {"plain-1.0", "fast-1.0", "tools-1.0"}
    configuration.write_text('[build]\ngroups = ["docs"]\n')
    error = product.build(project, *flags).failed().error
    assert error["code"] == "resolve/unknown-group"
    assert "tools" in error["hint"]


def test_a_pylock_with_a_log_line_says_which_line_is_wrong(
    product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    lock = pylock(index, (index.add(make_wheel()), ""))
    project = projects("//- pylock.toml\nResolved 1 package in 3ms\n" + lock + "//- app.py\n")
    result = product.build(project, "--base-image", base.slim_reference).failed(3)
    assert result.error["code"] == "resolve/invalid-lock"
    assert "line 2" in result.error["hint"]
    assert result.diagnostics[0]["range"]["start"]["line"] == 0


def pipfile_lock(python: str, **categories: dict[str, tuple[Wheel, str]]) -> str:
    """A Pipfile.lock as Pipenv writes it; each wheel comes with its markers."""
    lock = {
        "_meta": {
            "hash": {"sha256": "0" * 64},
            "pipfile-spec": 6,
            "requires": {"python_version": python},
            "sources": [{"name": "own", "url": "${OWN_INDEX}", "verify_ssl": True}],
        }
    }
    for category, packages in categories.items():
        lock[category] = {
            name: {
                "hashes": ["sha256:" + "0" * 64, f"sha256:{wheel.sha256}"],
                "index": "own",
                "version": f"=={wheel.filename.split('-')[1]}",
                **({"markers": markers} if markers else {}),
            }
            for name, (wheel, markers) in packages.items()
        }
    return json.dumps(lock, indent=4)


def test_a_pipfile_lock_is_installed_from_the_index_it_names(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    base_layers: Image,
    index: Index,
) -> None:
    lock = pipfile_lock(
        base.python,
        default={
            "plain": (index.add(make_wheel("plain", "2.0")), ""),
            "other": (index.add(make_wheel("other")), "sys_platform == 'win32'"),
        },
        develop={"tools": (index.add(make_wheel("tools")), "")},
    )
    index.add(make_wheel("plain", "3.0"))
    project = projects("//- Pipfile.lock\n" + lock + "\n//- app.py\n")
    flags = ("--base-image", base.slim_reference)
    unset = product.build(project, *flags).failed()
    assert unset.error["code"] == "resolve/unset-variable"
    assert "OWN_INDEX" in unset.error["message"]
    environment = {"OWN_INDEX": index.url}
    product.build(project, *flags, environment=environment).succeeded()
    assert judge(project / "dist" / "image") == []
    assert distributions(project, base_layers) == {"plain-2.0"}
    (project / "pycontainer.toml").write_text('[build]\ngroups = ["dev"]\n')
    product.build(project, *flags, environment=environment).succeeded()
    assert distributions(project, base_layers) == {"plain-2.0", "tools-1.0"}


def test_a_pipfile_lock_allows_no_file_of_another_hash(
    product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    wheel = make_wheel("plain")
    index.add(make_wheel("plain", files={"plain/more.py": b"exchanged"}))
    lock = pipfile_lock(base.python, default={"plain": (wheel, "")})
    project = projects("//- Pipfile.lock\n" + lock + "\n//- app.py\n")
    flags = ("--base-image", base.slim_reference)
    result = product.build(project, *flags, environment={"OWN_INDEX": index.url})
    assert result.failed().error["code"] == "resolve/hash-mismatch"
    assert not (project / "dist").exists()


def test_the_plan_says_which_lock_won(
    product: Product, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    lock = pylock(index, (index.add(make_wheel()), ""))
    project = projects("//- pylock.toml\n" + lock + "//- requirements.txt\nnone==1\n//- app.py\n")
    flags = ("--context", project, "--base-image", base.slim_reference)
    text = product.run("plan", *flags).succeeded().stdout
    words = " ".join(text.split())
    assert "lock pylock.toml" in words, text
    assert "most exact of the lock files here, rather than `requirements.txt`" in words, text


def test_the_lock_can_be_named(
    product: Product, base: Base, projects: Callable[[str], Path]
) -> None:
    project = projects(
        """
//- pyproject.toml
[project]
name = "named"
version = "1"
//- requirements.txt
click==8.1.7
//- requirements/prod.txt
-r common.txt
//- requirements/common.txt
iniconfig==2.0.0
//- pylock.prod.toml
lock-version = "1.0"
created-by = "hand"
packages = []
//- app.py
"""
    )

    def plan(*arguments: str) -> tuple[set[str], str]:
        result = planned(product, base, project, *arguments, cwd=project)
        (fact,) = [fact for fact in result.succeeded().json["facts"] if fact["name"] == "lock"]
        return wheels(result), f"{fact['value']}: {fact['evidence']}"

    assert plan() == ({"click==8.1.7"}, "requirements.txt: the only lock file here")
    chosen = ({"iniconfig==2.0.0"}, "requirements.txt: named by `--lock`")
    assert plan("--lock", "requirements/prod.txt") == chosen
    (project / "pycontainer.toml").write_text('[build]\nlock = "pylock.prod.toml"\n')
    assert plan() == (set(), "pylock.toml: named by pycontainer.toml:2")
    assert plan("--lock", "requirements/prod.txt") == chosen
    missing = planned(product, base, project, "--lock", "requirements/dev.txt", cwd=project)
    assert missing.error["code"] == "resolve/lock-not-found"
    unknown = planned(product, base, project, "--lock", "app.py", cwd=project)
    assert clear_error(unknown, "`uv.lock`")["code"] == "resolve/unknown-lock"


def test_the_lock_says_which_python(product: Product, projects: Callable[[str], Path]) -> None:
    project = projects("//- app.py\n//- Pipfile\n[packages]\n")
    meta = {"pipfile-spec": 6, "requires": {"python_version": "3.14"}, "sources": []}
    lock = {"_meta": meta, "default": {}, "develop": {}}
    (project / "Pipfile.lock").write_text(json.dumps(lock))
    result = product.run("plan", "--json", "--context", project, "--pull", "never")
    assert "python:3.14-slim" in result.error["message"], "the base follows the lock"
