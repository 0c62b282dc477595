"""The cache: shown, pruned and cleared; shared by builds that run at once, are killed, find damage
or a full disk."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.base import Base
from support.disks import mounted, resize
from support.errors import clear_error, nothing_written
from support.images import Layout, files_equal, judge
from support.index import Index
from support.product import Product, Result, Started, files_below
from support.projects import locked_package, uv_lock
from support.stores import half_written, nothing_half_written, store_is_sound
from support.wheels import Wheel, make_wheel

Projects = Callable[[str], Path]

PYPROJECT = """
//- pyproject.toml
[project]
name = "cached"
version = "1.0"
requires-python = ">=3.11"
dependencies = [{dependencies}]
//- app.py
print("hello")
"""


def noise(name: str, size: int) -> bytes:
    """Bytes that do not compress, the same in every run."""
    return random.Random(name).randbytes(size)


def wheels() -> list[Wheel]:
    """Two that share a layer, and one that has its own."""
    return [
        make_wheel("small", files={"small/data.bin": noise("small", 50_000)}),
        make_wheel("tiny"),
        make_wheel("vast", files={"vast/data.bin": noise("vast", 1_500_000)}),
    ]


@pytest.fixture
def project(projects: Projects, index: Index) -> Path:
    return locked_project(projects, index)


def locked_project(projects: Projects, index: Index) -> Path:
    """A project with three wheels of the index; every call makes the same one elsewhere."""
    chosen = [index.add(wheel) for wheel in wheels()]
    names = [wheel.filename.split("-")[0] for wheel in chosen]
    directory = projects(PYPROJECT.format(dependencies=", ".join(f'"{name}"' for name in names)))
    packages = [
        locked_package(name, index.file_url(wheel), wheel.sha256, len(wheel.data))
        for name, wheel in zip(names, chosen, strict=True)
    ]
    (directory / "uv.lock").write_text(uv_lock("cached", *packages))
    return directory


def build(product: Product, project: Path, base: Base, *more: str | Path, **options: Any) -> Result:
    return product.build(project, "--base-image", base.slim_reference, *more, **options)


def info(product: Product, **options: Any) -> dict[str, Any]:
    return product.run("cache", "info", "--json", **options).succeeded().json


def counts(answer: dict[str, Any]) -> dict[str, int]:
    return {kind["kind"]: kind["count"] for kind in answer["kinds"]}


def flip(path: Path, at: int) -> None:
    """Inverts the bits of one byte, in place."""
    with path.open("r+b") as file:
        file.seek(at)
        value = file.read(1)[0]
        file.seek(at)
        file.write(bytes([value ^ 0xFF]))


def age(directory: Path, hours: float) -> None:
    """Everything was used so long ago."""
    then = time.time() - hours * 3600
    for path in files_below(directory):
        os.utime(path, (then, path.stat().st_mtime))


# Looking and removing


def test_info_tells_what_there_is(fresh_product: Product, base: Base, project: Path) -> None:
    empty = info(fresh_product)
    assert (empty["size"], empty["count"], empty["oldest_use"]) == (0, 0, None)
    assert not fresh_product.store.exists(), "looking makes nothing"
    result = build(fresh_product, project, base).succeeded()
    answer = info(fresh_product)
    assert answer["path"] == str(fresh_product.store)
    assert answer["limit"] == 20_000_000_000
    found = counts(answer)
    assert found["wheels"] == 3
    layers = {layer["digest"] for layer in result.layers()}
    assert found["layers"] >= len(layers)
    assert found["documents"] > 0
    assert found["records"] > 0
    assert found["half-written"] == 0
    blobs = list(files_below(fresh_product.store / "blobs"))
    assert sum(found.values()) - found["records"] == len(blobs)
    assert answer["size"] >= sum(path.stat().st_size for path in blobs)
    table = fresh_product.run("cache", "info").succeeded().stdout
    assert str(fresh_product.store) in table
    for word in ("layers", "wheels", "3 files", "of 20.0 GB", "oldest use"):
        assert word in table, table


def test_info_of_another_place_and_limit(fresh_product: Product, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    answer = fresh_product.run("cache", "info", "--json", "--cache-dir", place).succeeded().json
    assert answer["path"] == str(place)
    answer = info(fresh_product, environment={"PYCONTAINER_CACHE_SIZE": "5GiB"})
    assert answer["limit"] == 5 << 30
    assert info(fresh_product, environment={"PYCONTAINER_CACHE_SIZE": "none"})["limit"] is None
    answer = info(fresh_product, environment={"PYCONTAINER_CACHE_DIR": str(place)})
    assert answer["path"] == str(place)


def test_another_place_is_pruned_and_cleared(
    fresh_product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    place = tmp_path / "elsewhere"
    build(fresh_product, hello, base, "--cache-dir", place).succeeded()
    pruned = fresh_product.run("cache", "prune", "--json", "--cache-dir", place, "--max-size", "1k")
    assert pruned.succeeded().json["left"]["size"] <= 1000
    build(fresh_product, hello, base, "--cache-dir", place, "--no-cache").succeeded()
    told = fresh_product.run("cache", "clear", "--cache-dir", place).succeeded().stdout
    assert "left          0 entries" in told
    assert list(files_below(place / "blobs")) == []
    assert not fresh_product.store.exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["cache"], "subcommand"),
        (["cache", "prnue"], "prune"),
        (["cache", "info", "--max-size", "1G"], "--max-size"),
        (["cache", "prune", "--max-size", "huge"], "huge"),
        (["cache", "prune", "--max-age", "old"], "old"),
        (["cache", "prune", "--max-age", "-1"], "-1"),
    ],
)
def test_wrong_flags(fresh_product: Product, arguments: list[str], word: str) -> None:
    told = fresh_product.run(*arguments).failed(2)
    assert told.stdout == ""
    assert word in told.stderr
    error = fresh_product.run(*arguments, "--json").failed(2).error
    assert error["code"] == "usage/invalid"


def test_a_limit_that_is_no_size(fresh_product: Product, base: Base, hello: Path) -> None:
    wrong = {"PYCONTAINER_CACHE_SIZE": "plenty"}
    result = build(fresh_product, hello, base, environment=wrong)
    clear_error(result, "PYCONTAINER_CACHE_SIZE", "plenty", "10G", code=3)
    nothing_written(hello / "dist" / "image")


def test_prune_takes_what_is_old(fresh_product: Product, base: Base, project: Path) -> None:
    build(fresh_product, project, base).succeeded()
    age(fresh_product.store, 72)
    (project / "app.py").write_text("print('changed')\n")
    result = build(fresh_product, project, base).succeeded()
    pruned = fresh_product.run("cache", "prune", "--max-age", "2", "--json").succeeded().json
    assert pruned["removed"]["count"] > 0
    assert counts(info(fresh_product))["wheels"] == 0, "they were not used for the second build"
    names = {path.name for path in files_below(fresh_product.store / "blobs")}
    for layer in result.layers():
        assert layer["digest"].removeprefix("sha256:") in names
    again = fresh_product.run("cache", "prune", "--max-age", "2", "--json").succeeded().json
    assert again["removed"] == {"count": 0, "size": 0}
    assert again["left"] == pruned["left"]


def test_prune_leaves_no_more_than_it_is_told(
    fresh_product: Product, base: Base, project: Path
) -> None:
    digest = build(fresh_product, project, base).succeeded().json["digest"]
    before = info(fresh_product)["size"]
    told = fresh_product.run("cache", "prune").succeeded().stdout
    assert "Removed 0 entries" in told, "it is below its limit"
    told = fresh_product.run("cache", "prune", "--max-size", "1.5MB").succeeded().stdout
    assert "Removed" in told
    assert "still on disk" in told, "the image holds its layers"
    assert 0 < info(fresh_product)["size"] <= 1_500_000 < before
    fresh_product.run("cache", "prune", environment={"PYCONTAINER_CACHE_SIZE": "1k"}).succeeded()
    assert info(fresh_product)["size"] <= 1000
    output = project / "again"
    result = build(fresh_product, project, base, "--output", output).succeeded()
    assert result.json["digest"] == digest
    assert files_equal(project / "dist" / "image", output)


def test_clear_leaves_nothing(fresh_product: Product, base: Base, project: Path) -> None:
    build(fresh_product, project, base).succeeded()
    cleared = fresh_product.run("cache", "clear", "--json").succeeded().json
    assert cleared["removed"]["count"] > 0
    assert cleared["left"] == {"count": 0, "size": 0}
    assert info(fresh_product)["count"] == 0
    assert list(files_below(fresh_product.store / "blobs")) == []
    assert judge(project / "dist" / "image", "latest") == [], "the image is not the cache"
    build(fresh_product, project, base, "--output", project / "again").succeeded()


def test_a_running_build_keeps_what_it_needs(
    fresh_product: Product, base: Base, projects: Projects, index: Index
) -> None:
    project = locked_project(projects, index)
    build(fresh_product, project, base).succeeded()
    held = index.add(make_wheel("held"), held=True)
    other = projects(PYPROJECT.format(dependencies='"held"'))
    package = locked_package("held", index.file_url(held), held.sha256, len(held.data))
    (other / "uv.lock").write_text(uv_lock("cached", package))
    age(fresh_product.store, 5)
    started = fresh_product.start(
        "build", "--json", "--context", other, "--base-image", base.slim_reference
    )
    assert index.reached.wait(30)
    refused = clear_error(fresh_product.run("cache", "clear", "--json"), "prune")
    assert refused["code"] == "store/in-use"
    assert str(started.process.pid) in refused["message"]
    pruned = fresh_product.run("cache", "prune", "--max-size", "0", "--json").succeeded().json
    assert pruned["processes"] == [str(started.process.pid)]
    assert pruned["removed"]["count"] > 0
    assert pruned["needed"] > 0
    assert counts(info(fresh_product))["wheels"] == 0
    index.release.set()
    started.finish(timeout=60).succeeded()
    assert judge(other / "dist" / "image", "latest") == []
    fresh_product.run("cache", "clear").succeeded()
    assert info(fresh_product)["count"] == 0


# The limit


def test_the_limit_is_kept_by_builds(fresh_product: Product, base: Base, project: Path) -> None:
    digest = build(fresh_product, project, base).succeeded().json["digest"]
    size = info(fresh_product)["size"]
    limit = {"PYCONTAINER_CACHE_SIZE": str(size + 1_000_000)}
    for number in range(4):
        (project / "data.bin").write_bytes(noise(str(number), 900_000))
        build(fresh_product, project, base, environment=limit).succeeded()
        assert info(fresh_product)["size"] <= size + 1_000_000
        assert judge(project / "dist" / "image", "latest") == []
    (project / "data.bin").unlink()
    tight = {"PYCONTAINER_CACHE_SIZE": "1k"}
    result = build(fresh_product, project, base, "--output", project / "new", environment=tight)
    assert result.succeeded().json["digest"] == digest
    assert info(fresh_product)["size"] <= 1000
    nothing_half_written(fresh_product)


def test_without_a_limit_everything_stays(
    fresh_product: Product, base: Base, project: Path
) -> None:
    unlimited = {"PYCONTAINER_CACHE_SIZE": "none"}
    build(fresh_product, project, base, environment=unlimited).succeeded()
    before = set(files_below(fresh_product.store / "blobs"))
    (project / "app.py").write_text("print('changed')\n")
    build(fresh_product, project, base, environment=unlimited).succeeded()
    assert before < set(files_below(fresh_product.store / "blobs"))


def test_failed_builds_keep_the_limit_too(
    fresh_product: Product, base: Base, projects: Projects, index: Index
) -> None:
    good = index.add(make_wheel("good", files={"good/data.bin": noise("good", 2_000_000)}))
    gone = make_wheel("gone")
    project = projects(PYPROJECT.format(dependencies='"good", "gone"'))
    packages = [
        locked_package(name, index.file_url(wheel), wheel.sha256, len(wheel.data))
        for name, wheel in (("good", good), ("gone", gone))
    ]
    (project / "uv.lock").write_text(uv_lock("cached", *packages))
    limit = {"PYCONTAINER_CACHE_SIZE": "1M"}
    clear_error(build(fresh_product, project, base, environment=limit), "gone")
    assert info(fresh_product)["size"] <= 1_000_000
    nothing_half_written(fresh_product)


# Many at once


def test_eight_builds_at_once_on_an_empty_cache(
    fresh_product: Product, base: Base, projects: Projects, index: Index
) -> None:
    copies = [locked_project(projects, index) for _ in range(8)]
    flags = ("--json", "--base-image", base.slim_reference)
    running = [fresh_product.start("build", "--context", copy, *flags) for copy in copies]
    results = [started.finish(timeout=120).succeeded() for started in running]
    assert len({result.json["digest"] for result in results}) == 1
    first = copies[0] / "dist" / "image"
    assert judge(first, "latest") == []
    for copy in copies[1:]:
        assert files_equal(first, copy / "dist" / "image")
    store_is_sound(fresh_product)
    nothing_half_written(fresh_product)
    alone = Product(fresh_product.home / "alone")
    single = build(alone, copies[0], base, "--output", copies[0] / "single").succeeded()
    assert single.json["digest"] == results[0].json["digest"]


def test_prune_and_clear_during_builds(
    fresh_product: Product, base: Base, projects: Projects, index: Index
) -> None:
    copies = [locked_project(projects, index) for _ in range(3)]
    flags = ("--json", "--base-image", base.slim_reference)
    turns = random.Random(1)
    for turn in range(6):
        for copy in copies:
            (copy / "app.py").write_text(f"print({turn})\n")
        if fresh_product.store.exists():
            age(fresh_product.store / "blobs", turns.choice([0, 3]))
        running = [fresh_product.start("build", "--context", copy, *flags) for copy in copies]
        prunes = 0
        while any(started.process.poll() is None for started in running) or prunes == 0:
            fresh_product.run("cache", "prune", "--max-size", "0").succeeded()
            assert fresh_product.run("cache", "clear").code in (0, 1)
            prunes += 1
        results = [started.finish(timeout=120).succeeded() for started in running]
        assert len({result.json["digest"] for result in results}) == 1
        for copy in copies:
            assert judge(copy / "dist" / "image", "latest") == []
    fresh_product.run("cache", "clear").succeeded()
    nothing_half_written(fresh_product)


def test_killed_builds_harm_nobody(
    fresh_product: Product, base: Base, project: Path, tmp_path: Path
) -> None:
    """40 builds, killed at any moment: ten that begin with nothing, and three after each."""
    other = Product(tmp_path / "other-home")
    cold, right = timed_build(other, project, base, tmp_path / "right")
    (project / "turn.py").write_text("")
    warm, _ = timed_build(other, project, base, tmp_path / "warm")
    moments = random.Random(20)
    killed = torn = 0
    for turn in range(40):
        fresh = turn % 4 == 0
        if fresh:
            shutil.rmtree(fresh_product.store, ignore_errors=True)
        (project / "turn.py").write_text(f"{turn}\n")
        flags = ("--json", "--base-image", base.slim_reference, "--output", tmp_path / "killed")
        started = fresh_product.start("build", "--context", project, *flags)
        try:
            started.process.wait(moments.uniform(0, cold if fresh else warm))
        except subprocess.TimeoutExpired:
            started.process.kill()
            killed += 1
        started.finish(timeout=30)
        torn += half_written(fresh_product) != []
        if turn % 4 == 3:
            store_is_sound(fresh_product)
            (project / "turn.py").unlink()
            _, good = timed_build(fresh_product, project, base, tmp_path / "good")
            assert good.json["digest"] == right.json["digest"]
            nothing_half_written(fresh_product)
    assert killed >= 10, "most were to be killed, or nothing was tried"
    assert torn > 0, "some were to be killed while they wrote"
    assert files_equal(tmp_path / "right", tmp_path / "good")
    store_is_sound(fresh_product)


def test_builds_of_containers_that_share_a_cache(
    fresh_product: Product, base: Base, projects: Projects, index: Index
) -> None:
    """In every container the build is process 1, also when the one before it was killed."""
    if os.geteuid() != 0:
        pytest.skip("only root may make process namespaces")
    container = ["unshare", "--pid", "--fork", "--kill-child"]
    held = index.add(make_wheel("held"), held=True)
    project = projects(PYPROJECT.format(dependencies='"held"'))
    package = locked_package("held", index.file_url(held), held.sha256, len(held.data))
    (project / "uv.lock").write_text(uv_lock("cached", package))
    flags = ("build", "--json", "--context", project, "--base-image", base.slim_reference)
    command, environment = fresh_product.command(flags, None)
    first = Started([*container, *command], environment, project)
    assert index.reached.wait(30)
    first.process.kill()
    first.finish(timeout=30)
    left = {path.parent.name for path in half_written(fresh_product)}
    assert left == {"incoming", "leases"}
    index.release.set()
    fresh_product.run(*flags, prefix=container).succeeded()
    nothing_half_written(fresh_product)


def timed_build(product: Product, project: Path, base: Base, output: Path) -> tuple[float, Result]:
    """A good build and how long it took."""
    began = time.monotonic()
    result = build(product, project, base, "--output", output).succeeded()
    return time.monotonic() - began, result


# Damage


def test_a_damaged_file_is_noticed_and_made_again(
    fresh_product: Product, base: Base, project: Path, tmp_path: Path
) -> None:
    flags = ("--base-image", base.slim_reference, "--output")
    right = tmp_path / "right"
    fresh_product.build(project, *flags, right).succeeded()
    kept = Path(shutil.copytree(right, tmp_path / "kept"))  # the image shares its bytes
    places = random.Random(30)
    used = {blob.name for blob in (kept / "blobs" / "sha256").iterdir()}
    turns = 0
    for path in sorted(files_below(fresh_product.store)):
        size = path.stat().st_size
        if size == 0:
            continue
        flip(path, places.randrange(size))
        again = tmp_path / f"again{turns}"
        result = fresh_product.build(project, *flags, again).succeeded()
        assert files_equal(kept, again), path
        if path.name in used and "blobs" in path.parts:
            assert "store/damaged" in result.stderr, path
        shutil.rmtree(again)
        turns += 1
    assert turns > 15


def test_damage_everywhere(
    fresh_product: Product, base: Base, project: Path, tmp_path: Path
) -> None:
    flags = ("--base-image", base.slim_reference, "--output")
    fresh_product.build(project, *flags, tmp_path / "right").succeeded()
    kept = Path(shutil.copytree(tmp_path / "right", tmp_path / "kept"))
    for more in ((), ("--no-cache",)):
        for path in files_below(fresh_product.store):
            if size := path.stat().st_size:
                flip(path, size // 2)
        again = tmp_path / f"again{len(more)}"
        fresh_product.build(project, *flags, again, *more).succeeded()
        assert files_equal(kept, again)
        assert judge(again, "latest") == []


@pytest.mark.parametrize("share", [0.02, 0.4, 0.9, 0.99])
def test_a_full_disk(base: Base, project: Path, tmp_path: Path, share: float) -> None:
    roomy = Product(tmp_path / "roomy-home")
    digest = build(roomy, project, base, "--output", tmp_path / "right").succeeded().json["digest"]
    pages = sum(-(-path.stat().st_size // 4096) for path in files_below(roomy.store))
    with mounted(tmp_path / "small", f"size={int(pages * 4096 * share)}") as small:
        product = Product(tmp_path / "small-home", cache=small)
        error = clear_error(build(product, project, base), str(small))
        assert error["code"] == "file/disk-full"
        nothing_written(project / "dist" / "image")
        store_is_sound(product)
        nothing_half_written(product)
        resize(small, str(pages * 4096 * 2))
        assert build(product, project, base).succeeded().json["digest"] == digest
        store_is_sound(product)
    assert files_equal(tmp_path / "right", project / "dist" / "image")


def test_a_cache_that_cannot_be_written_is_used_all_the_same(
    base: Base, project: Path, tmp_path: Path
) -> None:
    with mounted(tmp_path / "fixed", "size=400m") as fixed:
        product = Product(tmp_path / "fixed-home", cache=fixed)
        digest = build(product, project, base).succeeded().json["digest"]
        subprocess.run(["mount", "-o", "remount,ro", str(fixed)], check=True)
        result = build(product, project, base, "--output", project / "again").succeeded()
        assert result.json["digest"] == digest
        assert judge(project / "again", "latest") == []
        assert Layout(project / "again").image().digest == digest
