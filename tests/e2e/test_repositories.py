"""Dependencies from Git repositories, over real transports: what is taken, and what is kept."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.base import Base
from support.errors import clear_error
from support.images import Image, Layout
from support.index import Index
from support.product import Product, Result, files_below
from support.repositories import GitOverHttp, committed, git, git_daemon
from support.wheels import make_wheel
from test_resolve import project_of, pure

USER = "ada"
PASSWORD = "correct-horse-battery"
Projects = Callable[[str], Path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory that is served, with one repository: `origin`, whose project is in a folder.

    The branch `main` goes on after the tag `v4.0`; so does the branch `old/line`, before it.
    """
    origin = tmp_path / "served" / "origin"
    write(origin, "first")
    committed(origin)
    git(origin, "branch", "old/line")
    write(origin, "tagged")
    committed(origin)
    git(origin, "tag", "-a", "-m", "a release", "v4.0")
    write(origin, "last")
    committed(origin)
    return origin.parent


def write(origin: Path, word: str) -> None:
    files = {**pure("plain", "4.0", "deep"), "plain/word.txt": word}
    for path, content in files.items():
        file = origin / "python" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)


@pytest.fixture(params=["git", "http"])
def address(request: pytest.FixtureRequest, root: Path) -> Iterator[str]:
    if request.param == "git":
        with git_daemon(root) as url:
            yield f"{url}/origin/.git"
    else:
        with GitOverHttp(root) as server:
            yield f"{server.url}/origin/.git"


@pytest.fixture
def index(index: Index) -> Index:
    index.add(make_wheel("deep", "1.0"))
    return index


def build(product: Product, project: Path, base: Base, index: Index, *flags: str) -> Result:
    flags = ("--base-image", base.slim_reference, "--verbose", *flags)
    return product.build(project, *flags, environment={"UV_DEFAULT_INDEX": index.url})


def word(project: Path, base_layers: Image) -> str:
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    (found,) = (
        layer.read(name)
        for layer in layers
        for name in layer.names()
        if name.endswith("site-packages/plain/word.txt")
    )
    return found.decode()


def locked(product: Product, project: Path, base: Base, index: Index) -> dict[str, Any]:
    """What the lock has of the repository."""
    place = ("--context", project, "--base-image", base.slim_reference)
    product.run("lock", *place, environment={"UV_DEFAULT_INDEX": index.url}).succeeded()
    packages = tomllib.loads((project / "pylock.toml").read_text())["packages"]
    (vcs,) = (each["vcs"] for each in packages if each["name"] == "plain")
    assert isinstance(vcs, dict)
    return vcs


@pytest.mark.parametrize(
    ("revision", "name", "content"),
    [
        ("", "main", "last"),
        ("@main", "main", "last"),
        ("@old/line", "old/line", "first"),
        ("@v4.0", "v4.0^{commit}", "tagged"),
        ("@COMMIT", "v4.0^{commit}", "tagged"),
        ("@SHORT", "old/line", "first"),
    ],
)
def test_a_revision_is_the_commit_that_it_names(
    fresh_product: Product,
    base: Base,
    projects: Projects,
    base_layers: Image,
    index: Index,
    root: Path,
    address: str,
    revision: str,
    name: str,
    content: str,
) -> None:
    commit = git(root / "origin", "rev-parse", name)
    revision = revision.replace("COMMIT", commit).replace("SHORT", commit[:9])
    project = projects(project_of(f"plain @ git+{address}{revision}#subdirectory=python"))
    build(fresh_product, project, base, index).succeeded()
    assert word(project, base_layers) == content
    vcs = locked(fresh_product, project, base, index)
    assert vcs["commit-id"] == commit
    assert vcs["url"] == address
    assert vcs["subdirectory"] == "python"
    build(fresh_product, project, base, index).succeeded()
    assert word(project, base_layers) == content


def test_what_a_repository_does_not_have_is_told(
    fresh_product: Product, base: Base, projects: Projects, index: Index, address: str
) -> None:
    for revision in ("gone", "abcdef12", "f" * 40):
        place = f"plain @ git+{address}@{revision}#subdirectory=python"
        result = build(fresh_product, projects(project_of(place)), base, index)
        error = clear_error(result, revision)
        assert error["code"] == "sources/commit-not-found", revision
    elsewhere = address.replace("/origin/", "/nowhere/")
    result = build(fresh_product, projects(project_of(f"plain @ git+{elsewhere}")), base, index)
    assert clear_error(result, elsewhere)["code"] == "sources/git-failed"


@pytest.mark.parametrize("place", ["address", "netrc", "helper"])
def test_credentials_are_used_and_never_kept(
    fresh_product: Product,
    base: Base,
    projects: Projects,
    base_layers: Image,
    index: Index,
    root: Path,
    place: str,
) -> None:
    with GitOverHttp(root, (USER, PASSWORD)) as server:
        url = server.with_password if place == "address" else server.url
        if place == "netrc":
            netrc = fresh_product.home / ".netrc"
            netrc.write_text(f"machine 127.0.0.1\nlogin {USER}\npassword {PASSWORD}\n")
        elif place == "helper":
            helper = f"!f() {{ echo username={USER}; echo password={PASSWORD}; }}; f"
            git(root, "config", "--file", str(fresh_product.home / ".gitconfig"),
                "credential.helper", helper)  # fmt: skip
        project = projects(project_of(f"plain @ git+{url}/origin/.git#subdirectory=python"))
        first = build(fresh_product, project, base, index).succeeded()
        assert word(project, base_layers) == "last"
        assert server.entered
        vcs = locked(fresh_product, project, base, index)
        assert vcs["url"] == f"{server.url}/origin/.git"
        second = build(fresh_product, project, base, index).succeeded()
    for result in (first, second):
        assert PASSWORD not in result.stdout + result.stderr
    kept = [*files_below(fresh_product.store), *files_below(project / "dist")]
    for path in [*kept, project / "pylock.toml"]:
        assert PASSWORD.encode() not in path.read_bytes(), path
    # What the user has written into the project's own file is the user's.
    for layer in Layout(project / "dist" / "image").image().added(base_layers):
        for member in layer.members:
            if member.isreg() and member.name != "app/pyproject.toml":
                assert PASSWORD.encode() not in layer.read(member.name), member.name


def test_a_refusal_says_where_a_login_belongs_and_shows_none(
    fresh_product: Product, base: Base, projects: Projects, index: Index, root: Path
) -> None:
    with GitOverHttp(root, (USER, PASSWORD)) as server:
        wrong = server.url.replace("://", "://mallory:not-this-one@")
        for url in (server.url, wrong):
            project = projects(project_of(f"plain @ git+{url}/origin/.git"))
            result = build(fresh_product, project, base, index)
            error = clear_error(result, "credential helper", f"{server.url}/origin/.git")
            assert error["code"] == "sources/git-failed"
            assert "not-this-one" not in result.stdout + result.stderr
        assert not server.entered


def test_submodules_are_left_out_with_a_warning(
    fresh_product: Product,
    base: Base,
    projects: Projects,
    base_layers: Image,
    index: Index,
    root: Path,
) -> None:
    other = root / "other"
    other.mkdir()
    (other / "data.txt").write_text("of another repository")
    committed(other)
    with GitOverHttp(root) as server:
        command = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add")
        git(root / "origin", *command, f"{server.url}/other/.git", "python/plain/other")
        committed(root / "origin")
        server.entered.clear()
        url = f"{server.url}/origin/.git"
        project = projects(project_of(f"plain @ git+{url}#subdirectory=python"))
        result = build(fresh_product, project, base, index).succeeded()
        assert not [path for path in server.entered if path.startswith("/other/")]
    (warning,) = (w for w in result.json["warnings"] if w["code"] == "build/submodules")
    assert "`plain`" in warning["message"]
    assert word(project, base_layers) == "last"
