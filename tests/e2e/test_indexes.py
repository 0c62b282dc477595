"""Package indexes as users have them: private, mirrored, flat, offline, and out of order."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.base import Base
from support.errors import clear_error
from support.images import Image, Layout
from support.index import Index
from support.product import Product, files_below, network_environment
from support.projects import locked_package, uv, uv_lock
from support.proxies import Proxy
from support.registries import NAME, make_authority_and_certificate
from support.wheels import Wheel, make_wheel

USER = "ada"
PASSWORD = "correct-horse-battery"

PINNED = """
//- pyproject.toml
[project]
name = "pinned"
version = "1.0"
requires-python = ">=3.11"
//- requirements.txt
tiny==1.0
//- app.py
"""
# Nothing but what a test says is configured.
BARE: dict[str, str | None] = {
    **{name: None for name in network_environment() if name.startswith(("PIP_", "UV_"))},
    "PIP_CONFIG_FILE": "/dev/null",
}


@pytest.fixture
def private() -> Iterator[Index]:
    """An index that wants user and password, with one package."""
    with Index() as running:
        running.credentials = (USER, PASSWORD)
        running.add(make_wheel())
        yield running


@pytest.fixture
def pinned(projects: Callable[[str], Path]) -> Path:
    return projects(PINNED)


def build(product: Product, project: Path, base: Base, *flags: Any, **environment: Any) -> Any:
    flags = ("--base-image", base.slim_reference, "--verbose", *flags)
    return product.build(project, *flags, environment={**BARE, **environment})


def installed(project: Path, base_layers: Image) -> set[str]:
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    parts = (part for layer in layers for name in layer.names() for part in name.split("/"))
    return {part.removesuffix(".dist-info") for part in parts if part.endswith(".dist-info")}


def secret_is_nowhere(product: Product, project: Path, *results: Any) -> None:
    for result in results:
        assert PASSWORD not in result.stdout + result.stderr, str(result)
    for path in [*files_below(product.store), *files_below(project / "dist")]:
        assert PASSWORD.encode() not in path.read_bytes(), path


def add_source(project: Path, table: str) -> None:
    pyproject = project / "pyproject.toml"
    pyproject.write_text(f"{pyproject.read_text()}\n{table}\n")


def keyring(directory: Path) -> Path:
    """A `keyring` that knows the password of one user; returns the directory for PATH."""
    directory.mkdir()
    program = directory / "keyring"
    program.write_text(f'#!/bin/sh\n[ "$3" = {USER} ] && echo {PASSWORD}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return directory


@pytest.mark.parametrize(
    "source", ["url", "variables", "netrc", "keyring", "flag", "pip.conf", "poetry", "pdm"]
)
def test_a_private_index_gets_the_password_from_where_people_keep_it(
    fresh_product: Product,
    base: Base,
    pinned: Path,
    private: Index,
    base_layers: Image,
    tmp_path: Path,
    source: str,
) -> None:
    flags: tuple[str, ...] = ()
    environment: dict[str, str | None] = {"PIP_INDEX_URL": private.url}
    if source == "url":
        environment["PIP_INDEX_URL"] = private.with_password
    elif source == "variables":
        environment["PIP_INDEX_URL"] = None
        environment["UV_DEFAULT_INDEX"] = f"my-own={private.url}"
        environment["UV_INDEX_MY_OWN_USERNAME"] = USER
        environment["UV_INDEX_MY_OWN_PASSWORD"] = PASSWORD
    elif source == "netrc":
        netrc = fresh_product.home / ".netrc"
        netrc.write_text(f"machine 127.0.0.1\nlogin {USER}\npassword {PASSWORD}\n")
    elif source == "keyring":
        environment["PIP_INDEX_URL"] = private.url.replace("://", f"://{USER}@")
        environment["UV_KEYRING_PROVIDER"] = "subprocess"
        environment["PATH"] = f"{keyring(tmp_path / 'bin')}:/usr/bin:/bin"
    elif source == "flag":
        environment["PIP_INDEX_URL"] = None
        flags = ("--index-url", private.with_password)
    elif source == "poetry":
        environment["PIP_INDEX_URL"] = None
        environment["POETRY_HTTP_BASIC_MY_OWN_USERNAME"] = USER
        environment["POETRY_HTTP_BASIC_MY_OWN_PASSWORD"] = PASSWORD
        add_source(pinned, f'[[tool.poetry.source]]\nname = "my-own"\nurl = "{private.url}"')
    elif source == "pdm":
        environment["PIP_INDEX_URL"] = None
        environment["INDEX_PASSWORD"] = PASSWORD
        url = private.url.replace("://", f"://{USER}:${{INDEX_PASSWORD}}@")
        add_source(pinned, f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{url}"')
    else:
        configuration = tmp_path / "pip.conf"
        configuration.write_text(f"[global]\nindex-url = {private.with_password}\n")
        environment["PIP_INDEX_URL"] = None
        environment["PIP_CONFIG_FILE"] = str(configuration)
    result = build(fresh_product, pinned, base, *flags, **environment).succeeded()
    assert installed(pinned, base_layers) == {"tiny-1.0"}
    assert [path.split("/")[1] for path in private.requests if path.endswith(".whl")]
    secret_is_nowhere(fresh_product, pinned, result)


def test_a_refusal_names_the_index_and_whose_credentials_they_were(
    fresh_product: Product, base: Base, pinned: Path, private: Index
) -> None:
    nothing = build(fresh_product, pinned, base, PIP_INDEX_URL=private.url).failed()
    assert nothing.error["code"] == "index/unauthorized"
    assert "PIP_INDEX_URL" in nothing.error["message"]
    assert "no credentials were found" in nothing.error["message"]
    assert "machine 127.0.0.1" in nothing.error["hint"]
    wrong = private.with_password.replace(USER, "mallory")
    refused = build(fresh_product, pinned, base, PIP_INDEX_URL=wrong).failed()
    assert "refused the credentials from the URL in PIP_INDEX_URL" in refused.error["message"]
    netrc = fresh_product.home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1\nlogin mallory\npassword {PASSWORD}\n")
    other = build(fresh_product, pinned, base, PIP_INDEX_URL=private.url).failed()
    assert f"refused the credentials from {netrc}" in other.error["message"]
    secret_is_nowhere(fresh_product, pinned, nothing, refused, other)


def test_a_directory_of_wheels_is_enough_without_a_network(
    fresh_product: Product, base: Base, pinned: Path, base_layers: Image, index: Index
) -> None:
    wheel = make_wheel()
    house = pinned / "wheels"
    house.mkdir()
    (house / wheel.filename).write_bytes(wheel.data)
    dead = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    flags = ("--no-index", "--find-links", str(house))
    build(fresh_product, pinned, base, *flags, PATH="", PIP_INDEX_URL=index.url, **dead).succeeded()
    assert installed(pinned, base_layers) == {"tiny-1.0"}
    assert index.requests == []

    other = make_wheel("other")
    locked = locked_package("other", "https://files.example/other-1.0-py3-none-any.whl",
                            other.sha256, len(other.data))  # fmt: skip
    (pinned / "requirements.txt").unlink()
    (pinned / "uv.lock").write_text(uv_lock("pinned", locked))
    missing = build(fresh_product, pinned, base, *flags, **dead).failed()
    assert missing.error["code"] == "index/none"
    assert "--no-index" in missing.error["message"]
    (house / other.filename).write_bytes(other.data)
    build(fresh_product, pinned, base, *flags, **dead).succeeded()
    assert installed(pinned, base_layers) == {"other-1.0"}


def test_requirements_name_a_directory_relative_to_themselves(
    fresh_product: Product, base: Base, projects: Callable[[str], Path], base_layers: Image
) -> None:
    project = projects(PINNED.replace("tiny==1.0", "--no-index\n-f house\ntiny==1.0"))
    wheel = make_wheel()
    (project / "house").mkdir()
    (project / "house" / wheel.filename).write_bytes(wheel.data)
    build(fresh_product, project, base).succeeded()
    assert installed(project, base_layers) == {"tiny-1.0"}
    # Another wheel of the same name is another input.
    changed = make_wheel(files={"tiny/more.py": b"more"})
    (project / "house" / wheel.filename).write_bytes(changed.data)
    build(fresh_product, project, base).succeeded()
    layers = Layout(project / "dist" / "image").image().added(base_layers)
    assert any(name.endswith("tiny/more.py") for layer in layers for name in layer.names())


def built_in(product: Product, project: Path, base: Base) -> str:
    """The built-in index, which `plan` shows."""
    flags = ("--json", "--context", project, "--base-image", base.slim_reference)
    with_nothing = product.run("plan", *flags, environment=BARE).succeeded()
    (fact,) = [f for f in with_nothing.json["facts"] if f["name"] == "index"]
    assert fact["evidence"] == "built in"
    return str(fact["value"])


def lock_of(registry: str, wheel: Wheel) -> str:
    """A uv.lock with a wheel of the registry, whose files are at a host that is not there."""
    package = locked_package(
        wheel.filename.split("-")[0],
        f"http://127.0.0.1:9/{wheel.filename}",
        wheel.sha256,
        len(wheel.data),
    )
    return uv_lock("pinned", package.replace("https://index.example/simple", registry))


def test_a_mirror_stands_in_for_the_index_that_a_lock_names(
    fresh_product: Product, base: Base, projects: Callable[[str], Path], base_layers: Image,
    index: Index, private: Index,
) -> None:  # fmt: skip
    project = projects(
        "//- pyproject.toml\n[project]\nname = 'pinned'\nversion = '1'\n//- app.py\n"
    )
    default = built_in(fresh_product, project, base)
    (project / "uv.lock").write_text(lock_of(default, make_wheel()))
    mirrored = build(fresh_product, project, base, PIP_INDEX_URL=private.with_password)
    secret_is_nowhere(fresh_product, project, mirrored.succeeded())
    assert installed(project, base_layers) == {"tiny-1.0"}
    # An exchanged file of the mirror is none of the lock's.
    (project / "uv.lock").write_text(lock_of(default, make_wheel("foul", files={"a.py": b"1"})))
    index.add(make_wheel("foul", files={"a.py": b"2"}))
    result = build(fresh_product, project, base, PIP_INDEX_URL=index.url).failed()
    assert result.error["code"] == "net/unreachable"
    # What comes from a private index is asked for at no other one.
    (project / "uv.lock").write_text(lock_of("https://private.example/simple", make_wheel("own")))
    index.add(make_wheel("own"))
    index.requests.clear()
    build(fresh_product, project, base, PIP_INDEX_URL=index.url).failed()
    assert index.requests == []


def test_a_pinned_package_comes_from_its_index_alone(
    fresh_product: Product, base: Base, projects: Callable[[str], Path], base_layers: Image,
    index: Index,
) -> None:  # fmt: skip
    with Index() as own:
        own.add(make_wheel("tiny", files={"tiny/own.py": b""}))
        index.add(make_wheel("tiny"))
        index.add(make_wheel("plain"))
        project = projects(
            PINNED.replace("tiny==1.0", "tiny==1.0\nplain==1.0").replace(
                "//- requirements.txt",
                f'[[tool.uv.index]]\nname = "own"\nurl = "{own.url}"\nexplicit = true\n'
                '[tool.uv.sources]\ntiny = { index = "own" }\n//- requirements.txt',
            )
        )
        build(fresh_product, project, base, PIP_INDEX_URL=index.url).succeeded()
        assert own.requests[0] == "/simple/tiny/"
        assert "/simple/plain/" not in own.requests
        assert "/simple/tiny/" not in index.requests
        layers = Layout(project / "dist" / "image").image().added(base_layers)
        assert any(name.endswith("tiny/own.py") for layer in layers for name in layer.names())


def test_the_plan_shows_indexes_and_who_configured_them(
    fresh_product: Product, base: Base, pinned: Path, private: Index
) -> None:
    flags = ("--context", pinned, "--base-image", base.slim_reference, "--find-links", pinned)
    environment = {**BARE, "UV_INDEX": f"own={private.with_password}"}
    result = fresh_product.run("plan", "--json", *flags, environment=environment).succeeded()
    facts = [fact for fact in result.json["facts"] if fact["name"] == "index"]
    assert facts[0]["value"].endswith("(find-links)")
    assert facts[0]["evidence"] == "--find-links"
    assert facts[1]["value"] == f"own: {private.url}"
    assert facts[1]["evidence"] == "UV_INDEX, credentials from the URL in UV_INDEX"
    assert facts[2]["evidence"] == "built in"
    text = fresh_product.run("plan", *flags, environment=environment).succeeded()
    for output in (result, text):
        assert PASSWORD not in output.stdout + output.stderr


def test_an_index_with_a_private_authority_needs_its_certificate(
    fresh_product: Product, base: Base, pinned: Path, tmp_path: Path, base_layers: Image
) -> None:
    authority = make_authority_and_certificate(tmp_path)
    with Index(tmp_path) as index:
        index.add(make_wheel())
        environment: dict[str, str | None] = {"PIP_INDEX_URL": index.url, "PIP_CERT": None,
                                              "SSL_CERT_FILE": None,
                                              "REQUESTS_CA_BUNDLE": None}  # fmt: skip
        unknown = build(fresh_product, pinned, base, **environment).failed()
        assert unknown.error["code"] == "net/tls"
        environment["PIP_CERT"] = str(authority)
        build(fresh_product, pinned, base, **environment).succeeded()
    assert installed(pinned, base_layers) == {"tiny-1.0"}


UNPINNED = """
//- pyproject.toml
[project]
name = "unpinned"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["tiny"]
//- app.py
"""


def compiled_by_uv(project: Path, environment: dict[str, str]) -> set[str] | None:
    """`tiny-1.0` of what uv takes; nothing when it refuses."""
    done = subprocess.run(
        [uv(), "pip", "compile", "pyproject.toml", "--no-cache", "--no-header", "--no-annotate",
         "--quiet"],
        cwd=project,
        env={"PATH": os.environ["PATH"], "UV_HTTP_RETRIES": "0", **environment},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        return None
    return {line.replace("==", "-") for line in done.stdout.splitlines() if line}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("login", ["none", "url", "netrc"])
def test_a_private_index_behind_a_proxy_is_reached_as_uv_reaches_it(
    fresh_product: Product,
    base: Base,
    projects: Callable[[str], Path],
    base_layers: Image,
    tmp_path: Path,
    scheme: str,
    login: str,
) -> None:
    project = projects(UNPINNED)
    authority = make_authority_and_certificate(tmp_path)
    with Index(tmp_path if scheme == "https" else None) as index, Proxy(index.port) as proxy:
        index.credentials = (USER, PASSWORD)
        index.add(make_wheel(requires=("deep>=1",)))
        index.add(make_wheel("deep", "1.0"))
        index.add(make_wheel("deep", "2.0rc1"))
        user = f"{USER}:{PASSWORD}@" if login == "url" else ""
        environment = {
            "UV_DEFAULT_INDEX": f"{scheme}://{user}{NAME}/simple/",
            "HTTPS_PROXY": proxy.url,
            "ALL_PROXY": proxy.url,
            "SSL_CERT_FILE": str(authority),
            "HOME": str(fresh_product.home),
        }
        if login == "netrc":
            netrc = fresh_product.home / ".netrc"
            netrc.write_text(f"machine {NAME}\nlogin {USER}\npassword {PASSWORD}\n")
        theirs = compiled_by_uv(project, environment)
        assert proxy.log, "uv goes through the proxy"
        proxy.log.clear()
        index.requests.clear()
        others = dict.fromkeys(("PIP_CERT", "REQUESTS_CA_BUNDLE", "NO_PROXY"))
        result = build(fresh_product, project, base, **others, **environment)
        assert proxy.log
    if login == "none":
        assert theirs is None
        assert clear_error(result, NAME, "machine " + NAME)["code"] == "index/unauthorized"
        assert not (project / "dist").exists()
    else:
        result.succeeded()
        assert installed(project, base_layers) == theirs == {"tiny-1.0", "deep-1.0"}
    secret_is_nowhere(fresh_product, project, result)


def test_a_download_that_breaks_off_goes_on_where_it_was(
    fresh_product: Product, base: Base, pinned: Path, index: Index, base_layers: Image
) -> None:
    wheel = index.add(make_wheel(files={"tiny/data.bin": bytes(range(256)) * 400}))
    index.cut_after[wheel.filename] = 100
    build(fresh_product, pinned, base, PIP_INDEX_URL=index.url).succeeded()
    assert index.ranges == ["bytes=100-"]
    assert installed(pinned, base_layers) == {"tiny-1.0"}


def test_half_a_file_is_no_file(
    fresh_product: Product, base: Base, pinned: Path, index: Index
) -> None:
    wheel = index.add(make_wheel(files={"tiny/data.bin": bytes(range(256)) * 400}))
    index.always_cut.add(wheel.filename)
    failed = build(fresh_product, pinned, base, PIP_INDEX_URL=index.url)
    assert clear_error(failed, wheel.filename)["code"].startswith("net/")
    assert not (pinned / "dist").exists()
    kept = [path.stat().st_size for path in files_below(fresh_product.store)]
    assert len(wheel.data) // 2 not in kept
    index.always_cut.clear()
    build(fresh_product, pinned, base, PIP_INDEX_URL=index.url).succeeded()


def test_a_busy_index_is_asked_again_when_it_wants_to_be(
    fresh_product: Product, base: Base, pinned: Path, index: Index, base_layers: Image
) -> None:
    index.add(make_wheel())
    index.busy = 2
    start = time.monotonic()
    build(fresh_product, pinned, base, PIP_INDEX_URL=index.url).succeeded()
    assert time.monotonic() - start > 2, "it said one second, twice"
    assert index.requests.count("/simple/tiny/") == 3
    assert installed(pinned, base_layers) == {"tiny-1.0"}


HTML = {"Content-Type": "text/html"}
JSON = {"Content-Type": "application/vnd.pypi.simple.v1+json"}


@pytest.mark.parametrize(
    ("answer", "code", "part"),
    [
        ((200, HTML, b"<form><input type=password></form>"), "index/invalid-page", "log in"),
        ((200, HTML, b"<a href='other-1.0-py3-none-any.whl'>x</a>"), "index/invalid-page", "tiny"),
        ((200, JSON, b"<html>"), "index/invalid-page", "JSON"),
        ((200, JSON, b'{"name": "other", "files": []}'), "index/invalid-page", "`other`"),
        ((302, {"Location": "/simple/tiny/"}, b""), "net/redirect", "10 times"),
        ((503, {"Retry-After": "0"}, b""), "index/unavailable", "503"),
        ((404, {}, b""), "index/not-found", "PIP_INDEX_URL"),
        ((200, JSON, b"[" * 100_000), "index/invalid-page", "JSON"),
    ],
    ids=["login", "others", "html-as-json", "name", "loop", "busy", "missing", "nesting"],
)
def test_what_is_no_page_of_the_index_is_an_error_that_says_so(
    product: Product,
    base: Base,
    pinned: Path,
    index: Index,
    answer: tuple[int, dict[str, str], bytes],
    code: str,
    part: str,
) -> None:
    index.pages["tiny"] = answer
    result = build(product, pinned, base, PIP_INDEX_URL=index.url).failed()
    assert result.error["code"] == code
    assert part in result.error["message"], str(result)
