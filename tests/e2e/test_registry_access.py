"""Who may push and pull: found out before anything is fetched or built, and said in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.base import Base
from support.product import Product
from support.registries import USER, Auth, Registry


@pytest.fixture
def python_base(base: Base, registry: Registry) -> str:
    return f"{registry.address}/library/python:{base.python}-slim"


@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.TOKEN])
def test_a_missing_right_is_known_before_anything_is_fetched(
    auth: Auth,
    fresh_product: Product,
    python_base: str,
    registry: Registry,
    hello: Path,
    tmp_path: Path,
) -> None:
    registry.gateway.clear()
    with Registry(tmp_path, auth) as target:
        tag = f"{target.address}/acme/hello:1"
        flags = ("--base-image", python_base, "--tag", tag, "--push")
        error = fresh_product.build(hello, *flags).failed().error
        assert error["code"] == "registry/unauthorized"
        assert "repository:acme/hello:pull,push" in error["message"]
        assert "no such file" in error["message"], "where credentials were looked for"
        assert target.gateway.requests("HEAD") == []
    assert registry.gateway.log == [], "the base was not touched"


def test_credentials_that_are_refused_are_named_by_their_source(
    fresh_product: Product, python_base: str, hello: Path, tmp_path: Path
) -> None:
    with Registry(tmp_path, Auth.TOKEN) as target:
        config = target.docker_config(tmp_path / "docker", password="wrong-canary")
        flags = ("--base-image", python_base, "--tag", f"{target.address}/acme/hello:1", "--push")
        result = fresh_product.build(hello, *flags, environment={"DOCKER_CONFIG": str(config)})
        error = result.failed().error
        assert error["code"] == "registry/unauthorized"
        assert str(config) in error["message"]
        assert "wrong-canary" not in result.stdout + result.stderr


def test_the_empty_upload_of_the_first_look_does_not_stay(
    product: Product, python_base: str, registry: Registry, hello: Path
) -> None:
    flags = ("--base-image", python_base, "--push")
    tag = f"{registry.address}/looked/hello:1"
    product.build(hello, *flags, "--tag", tag).succeeded()
    registry.gateway.clear()
    product.build(hello, *flags, "--tag", tag).succeeded()
    started = registry.gateway.requests("POST", "/blobs/uploads/")
    cancelled = registry.gateway.requests("DELETE", "/blobs/uploads/")
    assert [r.status for r in started] == [202]
    assert [r.status for r in cancelled] == [204]
    uploads = registry.state / "data/docker/registry/v2/repositories/looked/hello/_uploads"
    # docker-registry writes an empty hash state after it has removed the upload.
    assert [
        f
        for f in uploads.rglob("*")
        if f.is_file() and f.stat().st_size > 0 and "hash" not in str(f)
    ] == []
    assert not list(uploads.glob("*/startedat"))


def test_a_token_that_ends_in_mid_push_is_renewed(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    with Registry(tmp_path, Auth.TOKEN) as registry:
        assert registry.tokens is not None
        config = registry.docker_config(tmp_path / "docker")
        tag = f"{registry.address}/acme/hello:1"
        flags = ("--base-image", base.slim_reference, "--tag", tag, "--push")
        ended = {
            "WWW-Authenticate": f'Bearer realm="http://{registry.address}/token",'
            'service="test-registry",error="invalid_token"'
        }
        with registry.gateway.fault("PUT", "/blobs/", 401, headers=ended, times=2):
            product.build(hello, *flags, environment={"DOCKER_CONFIG": str(config)}).succeeded()
        pushes = [user for user, scope in registry.tokens.granted if "push" in scope]
        assert pushes[0] == USER
        assert 2 <= len(pushes) <= 3, "one token for all requests, a new one after it ended"
