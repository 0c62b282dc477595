"""Registries behind a web proxy, by names that only the proxy can resolve."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.base import Base
from support.errors import clear_error
from support.images import Layout
from support.product import Product, Result
from support.proxies import Proxy
from support.registries import NAME, Auth, Registry

SECRET = "canary-proxy-51c7"


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[Registry]:
    with Registry(tmp_path, Auth.TLS_BASIC) as running:
        yield running


def push(
    product: Product,
    base: Base,
    project: Path,
    registry: Registry,
    proxy: str,
    place: Path,
) -> Result:
    """To the name that no resolver knows, by way of the proxy."""
    assert registry.ca
    trusted = product.home / ".config" / "containers" / "certs.d" / NAME
    if not trusted.exists():
        trusted.mkdir(parents=True)
        shutil.copy(registry.ca, trusted / "ca.crt")
    environment = {
        "HTTPS_PROXY": proxy,
        "DOCKER_CONFIG": str(registry.docker_config(place, host=NAME)),
    }
    flags = ("--base-image", base.slim_reference, "--no-deps", "--push", "-v")
    tag = f"{NAME}/acme/hello:1"
    return product.build(project, *flags, "--tag", tag, environment=environment)


@pytest.mark.parametrize("login", [None, f"alice:{SECRET}"], ids=["open", "with a login"])
def test_a_push_goes_through_the_proxy(
    login: str | None, product: Product, base: Base, hello: Path, tls: Registry, tmp_path: Path
) -> None:
    with Proxy(tls.port, login) as proxy:
        result = push(product, base, hello, tls, proxy.url, tmp_path / "docker").succeeded()
        assert set(proxy.log) == {f"CONNECT {NAME}:443"}
        assert SECRET not in result.stdout + result.stderr
        environment = {
            "HTTPS_PROXY": proxy.url,
            "DOCKER_CONFIG": str(tls.docker_config(tmp_path / "docker", host=NAME)),
        }
        built = product.build(
            hello, "--base-image", f"{NAME}/acme/hello:1", "--no-deps", environment=environment
        )
        built.succeeded()
    annotations = Layout(hello / "dist" / "image").image().manifest["annotations"]
    assert annotations["org.opencontainers.image.base.digest"] == result.json["digest"]


def test_a_proxy_that_refuses_the_login_is_named(
    product: Product, base: Base, hello: Path, tls: Registry, tmp_path: Path
) -> None:
    with Proxy(tls.port, "alice:right") as proxy:
        url = proxy.url.replace("right", SECRET)
        result = push(product, base, hello, tls, url, tmp_path / "docker")
        error = clear_error(result, f"127.0.0.1:{proxy.port}", "407")
        assert error["code"].startswith("net/")
        assert SECRET not in result.stdout + result.stderr
        assert proxy.refused
        assert proxy.log == []


def test_a_proxy_that_is_not_there_is_named(
    product: Product, base: Base, hello: Path, tls: Registry, tmp_path: Path
) -> None:
    with Proxy(tls.port) as proxy:
        url = proxy.url
    result = push(product, base, hello, tls, url, tmp_path / "docker")
    assert clear_error(result, url.removeprefix("http://"))["code"].startswith("net/")


def test_a_proxy_that_cuts_connections_only_delays_a_push(
    product: Product, base: Base, hello: Path, tls: Registry, tmp_path: Path
) -> None:
    (hello / "data.bin").write_bytes(secrets.token_bytes(4_000_000))
    with Proxy(tls.port) as proxy:
        proxy.cuts = [20_000, 600_000, 0, 1_000_000, 200_000, 2_000_000]
        push(product, base, hello, tls, proxy.url, tmp_path / "docker").succeeded()
        assert proxy.cuts == []


def test_plain_http_goes_through_the_proxy_too(
    product: Product, base: Base, hello: Path, registry: Registry
) -> None:
    with Proxy(registry.port) as proxy:
        environment = {
            "http_proxy": proxy.url,
            "HTTPS_PROXY": proxy.url,
            "PYCONTAINER_REGISTRY_INSECURE": NAME,
        }
        flags = ("--base-image", base.slim_reference, "--no-deps", "--push")
        tag = f"{NAME}/proxied/hello:1"
        result = product.build(hello, *flags, "--tag", tag, environment=environment)
        result.succeeded()
        assert f"PUT http://{NAME}/v2/proxied/hello/manifests/1" in proxy.log
    stored = registry.gateway.requests("PUT", "/proxied/hello/manifests/1$")
    assert [request.status for request in stored] == [201]
