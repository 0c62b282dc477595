"""Mirrors, insecure registries and certificates, as other tools are told of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.base import Base
from support.errors import clear_error, diagnosed
from support.images import Layout
from support.product import Product, Result
from support.registries import Auth, Registry


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[Registry]:
    with Registry(tmp_path, Auth.TLS_BASIC) as running:
        yield running


def push(product: Product, base: Base, hello: Path, registry: Registry, docker: Path) -> Result:
    tag = f"{registry.address}/acme/hello:1"
    environment = {"DOCKER_CONFIG": str(registry.docker_config(docker))}
    flags = ("--base-image", base.slim_reference, "--tag", tag, "--push")
    return product.build(hello, *flags, environment=environment)


@pytest.mark.parametrize("tool", ["docker", "podman"])
def test_a_base_comes_from_the_mirror_and_keeps_its_name(
    tool: str, fresh_product: Product, base: Base, registry: Registry, hello: Path
) -> None:
    settings = fresh_product.home / ".config"
    if tool == "docker":
        file = settings / "docker" / "daemon.json"
        text = json.dumps({"registry-mirrors": [f"http://{registry.address}"]})
    else:
        file = settings / "containers" / "registries.conf"
        mirror = f'[[registry.mirror]]\nlocation = "{registry.address}"\n'
        text = '[[registry]]\nprefix = "docker.io"\n' + mirror
    file.parent.mkdir(parents=True)
    file.write_text(text)
    name = f"python:{base.python}-slim"
    fresh_product.build(hello, "--base-image", name).succeeded()
    assert registry.gateway.requests("GET", "/v2/library/python/manifests/")
    annotations = Layout(hello / "dist" / "image").image().manifest["annotations"]
    assert annotations["org.opencontainers.image.base.name"] == f"docker.io/library/{name}"


def test_a_mirror_that_lacks_the_image_is_passed_over(
    fresh_product: Product, base: Base, registry: Registry, hello: Path, tmp_path: Path
) -> None:
    with Registry(tmp_path, Auth.NONE) as empty:
        file = tmp_path / "registries.conf"
        prefix = f"{registry.address}/library"
        file.write_text(
            f'[[registry]]\nprefix = "{prefix}"\nlocation = "{prefix}"\n'
            f'[[registry.mirror]]\nlocation = "{empty.address}/library"\n'
        )
        environment = {"CONTAINERS_REGISTRIES_CONF": str(file)}
        name = f"{prefix}/python:{base.python}-slim"
        fresh_product.build(hello, "--base-image", name, environment=environment).succeeded()
        assert empty.gateway.requests("GET", "/manifests/")


def test_an_unknown_certificate_is_an_error_unless_settings_say_otherwise(
    product: Product, base: Base, hello: Path, tls: Registry, tmp_path: Path
) -> None:
    refused = push(product, base, hello, tls, tmp_path / "docker")
    assert refused.failed().error["code"] == "net/tls"
    file = product.home / ".config" / "docker" / "daemon.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"insecure-registries": [tls.address]}))
    push(product, base, hello, tls, tmp_path / "docker").succeeded()


@pytest.mark.parametrize("source", ["file", "environment"])
def test_own_settings_name_a_mirror(
    source: str, fresh_product: Product, base: Base, registry: Registry, hello: Path
) -> None:
    mirrors = [f"docker.io={registry.address}", "quay.io=unused.example"]
    environment = {}
    if source == "file":
        text = f"[registry]\nmirrors = {json.dumps(mirrors)}\ninsecure = ['unused.example:5000']\n"
        (hello / "pycontainer.toml").write_text(text)
    else:
        environment["PYCONTAINER_REGISTRY_MIRRORS"] = ",".join(mirrors)
    name = f"python:{base.python}-slim"
    fresh_product.build(hello, "--base-image", name, environment=environment).succeeded()
    assert registry.gateway.requests("GET", "/v2/library/python/manifests/")
    shown = fresh_product.run("plan", "--context", hello, "--base-image", name, "--json")
    if source == "file":
        shown.succeeded()


@pytest.mark.parametrize("source", ["file", "environment"])
def test_own_settings_name_an_insecure_registry(
    source: str, product: Product, base: Base, hello: Path, tls: Registry, tmp_path: Path
) -> None:
    environment = {"DOCKER_CONFIG": str(tls.docker_config(tmp_path / "docker"))}
    if source == "file":
        (hello / "pycontainer.toml").write_text(f"[registry]\ninsecure = ['{tls.address}']\n")
    else:
        environment["PYCONTAINER_REGISTRY_INSECURE"] = f"elsewhere.example, {tls.address}"
    tag = f"{tls.address}/acme/hello:1"
    flags = ("--base-image", base.slim_reference, "--tag", tag)
    product.build(hello, *flags, "--push", environment=environment).succeeded()
    product.build(hello, *flags, environment=environment).succeeded()
    again = f"{tls.address}/acme/hello:2"
    pushed = product.run("push", "--context", hello, again, environment=environment)
    pushed.succeeded()


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("mirrors = ['mirror.example']", "docker.io=mirror"),
        ("mirrors = ['docker.io=mirror']", "mirror"),
        ("mirrors = ['docker.io=https://mirror.example']", "URL"),
        ("insecure = ['https://registry.example']", "host"),
        ("insecure = ['user:secret@registry.example']", "host"),
    ],
)
def test_own_settings_that_make_no_sense_are_shown_in_the_file(
    line: str, word: str, product: Product, base: Base, hello: Path
) -> None:
    (hello / "pycontainer.toml").write_text(f"[registry]\n{line}\n")
    result = product.build(hello, "--base-image", base.slim_reference)
    diagnosed(result, "pycontainer.toml", 2, word)


@pytest.mark.parametrize("place", [".config/containers", ".config/docker", ".docker"])
def test_an_authority_for_one_host_is_found(
    place: str, product: Product, base: Base, hello: Path, tls: Registry, tmp_path: Path
) -> None:
    directory = product.home / place / "certs.d" / tls.address
    directory.mkdir(parents=True)
    assert tls.ca
    shutil.copy(tls.ca, directory / "ca.crt")
    push(product, base, hello, tls, tmp_path / "docker").succeeded()


def test_a_client_certificate_for_one_host_is_shown(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    with Registry(tmp_path, Auth.TLS_BASIC, client_certificates=True) as registry:
        directory = product.home / ".config" / "containers" / "certs.d" / registry.address
        directory.mkdir(parents=True)
        assert registry.ca
        shutil.copy(registry.ca, directory / "ca.crt")
        refused = push(product, base, hello, registry, tmp_path / "docker")
        assert clear_error(refused, registry.address, "certificate")["code"].startswith("net/")
        shutil.copy(registry.state / "client.crt", directory / "client.cert")
        refused = push(product, base, hello, registry, tmp_path / "docker")
        assert clear_error(refused, "client.cert", "client.key")["code"] == "net/tls"
        shutil.copy(registry.state / "client.key", directory / "client.key")
        push(product, base, hello, registry, tmp_path / "docker").succeeded()
