"""Credentials from where tools keep them, and `login` and `logout`."""

from __future__ import annotations

import base64
import json
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.base import Base
from support.product import Product, Result
from support.registries import PASSWORD, USER, Auth, Registry


@pytest.fixture
def basic(tmp_path: Path) -> Iterator[Registry]:
    with Registry(tmp_path, Auth.BASIC) as running:
        yield running


@pytest.fixture(params=[Auth.BASIC, Auth.TOKEN])
def private(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with Registry(tmp_path, request.param) as running:
        yield running


def entry(password: str = PASSWORD) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{USER}:{password}".encode()).decode()}


def push(
    product: Product, base: Base, hello: Path, registry: Registry, **options: object
) -> Result:
    tag = f"{registry.address}/acme/hello:1"
    flags = ("--base-image", base.slim_reference, "--tag", tag, "--push", "-v")
    result = product.build(hello, *flags, *options.pop("flags", ()), **options)  # type: ignore[misc]
    assert PASSWORD not in result.stdout + result.stderr
    return result


def test_podmans_file_with_an_entry_for_the_repository(
    product: Product, base: Base, hello: Path, basic: Registry
) -> None:
    file = product.home / ".config" / "containers" / "auth.json"
    file.parent.mkdir(parents=True)
    auths = {basic.address: entry("wrong"), f"{basic.address}/acme": entry()}
    file.write_text(json.dumps({"auths": auths}))
    result = push(product, base, hello, basic).succeeded()
    assert f"credentials for `{basic.address}/acme/hello` from {file}" in result.stderr


def test_an_explicit_file_wins_over_dockers(
    product: Product, base: Base, hello: Path, basic: Registry, tmp_path: Path
) -> None:
    file = tmp_path / "auth.json"
    file.write_text(json.dumps({"auths": {basic.address: entry()}}))
    wrong = basic.docker_config(tmp_path / "docker", password="wrong")
    environment = {"REGISTRY_AUTH_FILE": str(file), "DOCKER_CONFIG": str(wrong)}
    push(product, base, hello, basic, environment=environment).succeeded()
    push(product, base, hello, basic, environment={"DOCKER_CONFIG": str(wrong)}).failed()


def test_netrc(product: Product, base: Base, hello: Path, basic: Registry) -> None:
    (product.home / ".netrc").write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    push(product, base, hello, basic).succeeded()


def test_flags_for_one_push(product: Product, base: Base, hello: Path, basic: Registry) -> None:
    flags = ("--registry-username", USER, "--registry-password-stdin")
    push(product, base, hello, basic, flags=flags, stdin=PASSWORD + "\n").succeeded()
    error = push(product, base, hello, basic, flags=flags, stdin="").failed(2).error
    assert "empty" in error["message"]
    assert (
        "belong together"
        in push(product, base, hello, basic, flags=flags[:2]).failed(2).error["message"]
    )


def test_login_is_used_and_logout_forgets(
    product: Product, base: Base, hello: Path, private: Registry
) -> None:
    login = ("login", private.address, "--username", USER, "--password-stdin", "--json")
    result = product.run(*login, stdin=PASSWORD).succeeded()
    file = product.home / ".docker" / "config.json"
    assert result.json["stored_in"] == str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["auths"] == {private.address: entry()}
    push(product, base, hello, private).succeeded()
    removed = product.run("logout", private.address, "--json").succeeded()
    assert removed.json["removed_from"] == [str(file)]
    assert push(product, base, hello, private).failed().error["code"] == "registry/unauthorized"


def test_a_wrong_password_is_not_kept(product: Product, private: Registry) -> None:
    login = ("login", private.address, "--username", USER, "--password-stdin", "--json")
    error = product.run(*login, stdin="wrong").failed().error
    assert error["code"] == "registry/unauthorized"
    assert not (product.home / ".docker").exists()


def test_a_helper_is_used_both_ways(
    product: Product, base: Base, hello: Path, basic: Registry, tmp_path: Path
) -> None:
    helper = tmp_path / "bin" / "docker-credential-box"
    helper.parent.mkdir()
    helper.write_text(
        "#!/bin/sh\ncase $1 in store) cat > $0.box;; get) cat > /dev/null; cat $0.box;; esac\n"
    )
    helper.chmod(0o755)
    file = product.home / ".docker" / "config.json"
    file.parent.mkdir()
    file.write_text('{"credsStore": "box"}')
    environment = {"PATH": f"{helper.parent}:/usr/bin:/bin"}
    login = ("login", basic.address, "--username", USER, "--password-stdin")
    product.run(*login, stdin=PASSWORD, environment=environment).succeeded()
    assert json.loads(file.read_text()) == {"credsStore": "box", "auths": {basic.address: {}}}
    push(product, base, hello, basic, environment=environment).succeeded()


@pytest.fixture
def password_store() -> Iterator[dict[str, str | None]]:
    """The environment of a password store of `pass`, encrypted by a key without a passphrase."""
    if not shutil.which("docker-credential-pass") or not shutil.which("pass"):
        pytest.skip("docker-credential-pass and pass are not installed")
    directory = tempfile.mkdtemp(prefix="pass-")  # the agent's socket wants a short path
    store = {"GNUPGHOME": directory, "PASSWORD_STORE_DIR": f"{directory}/store"}
    environment = {**os.environ, **store}

    def run(*command: str) -> None:
        subprocess.run(command, env=environment, capture_output=True, check=True)

    try:
        key = ("--passphrase", "", "--quick-generate-key", "alice@example.org", "default")
        run("gpg", "--batch", "--pinentry-mode", "loopback", *key, "default", "never")
        run("pass", "init", "alice@example.org")
        yield dict(store)
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=False)
        shutil.rmtree(directory, ignore_errors=True)


def test_the_password_store_of_pass(
    product: Product,
    base: Base,
    hello: Path,
    basic: Registry,
    registry: Registry,
    password_store: dict[str, str | None],
) -> None:
    file = product.home / ".docker" / "config.json"
    file.parent.mkdir()
    file.write_text('{"credsStore": "pass"}')
    environment = password_store
    login = ("login", basic.address, "--username", USER, "--password-stdin", "--json")
    assert (
        push(product, base, hello, basic, environment=environment).failed().error["code"]
        == "registry/unauthorized"
    ), "what it does not know is no error of the helper"
    stored = product.run(*login, stdin=PASSWORD, environment=environment).succeeded().json
    assert stored["stored_in"] == "docker-credential-pass"
    assert PASSWORD not in file.read_text()
    result = push(product, base, hello, basic, environment=environment).succeeded()
    source = f"docker-credential-pass (named in {file})"
    assert f"credentials for `{basic.address}/acme/hello` from {source}" in result.stderr
    push(product, base, hello, registry, environment=environment).succeeded()

    product.run("logout", basic.address, environment=environment).succeeded()
    error = push(product, base, hello, basic, environment=environment).failed().error
    assert error["code"] == "registry/unauthorized"
    assert "docker-credential-pass" in error["message"], "where was looked"
