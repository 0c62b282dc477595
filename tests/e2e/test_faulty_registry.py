"""A registry or a line that fails: the transfer recovers, or is one clear error."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import faulty
from support.faulty import FaultyRegistry, status
from support.product import Product, Result
from support.registries import PASSWORD, USER
from support.stores import nothing_half_written, store_is_sound

UPLOAD = "/blobs/uploads/"
BLOB = "/blobs/sha256:"
Spoil = Callable[[FaultyRegistry], None]


@pytest.fixture
def registry() -> Iterator[FaultyRegistry]:
    with FaultyRegistry() as running:
        yield running


@pytest.fixture
def project(hello: Path) -> Path:
    (hello / "data.bin").write_bytes(secrets.token_bytes(3_000_000))
    return hello


def push(
    product: Product,
    project: Path,
    registry: FaultyRegistry,
    tag: str = "acme/hello:1",
    *flags: str,
    base: str = "scratch",
    **options: object,
) -> Result:
    own = ("--base-image", base, "--no-deps", "--entrypoint", "/bin/true", "--push")
    reference = f"{registry.address}/{tag}"
    return product.build(project, *own, "--tag", reference, "-v", *flags, **options)


def rule(
    method: str, path: str, action: faulty.Action, times: int = 1_000_000, *, least: int = 0
) -> Spoil:
    """`least`: of requests with a body of so many bytes. Blobs are pushed side by side, and the
    configuration, which is small, may be the first."""
    return lambda registry: registry.fail(method, path, action, times, least=least)


def set_flag(name: str, value: bool) -> Spoil:
    return lambda registry: setattr(registry, name, value)


def too_large_above(limit: int) -> faulty.Action:
    """A proxy that takes bodies up to a limit only."""

    def action(handler: faulty.Handler) -> None:
        if int(handler.headers["Content-Length"] or 0) > limit:
            handler.body()
            handler.reply(413, b"<html>413 Request Entity Too Large</html>")
        else:
            handler.serve()

    return action


RECOVERED_PUSHES: dict[str, Spoil] = {
    "503 with Retry-After on the first request": rule(
        "GET", "/v2/$", status(503, Retry_After="0"), 2
    ),
    "429 with Retry-After": rule("POST", UPLOAD, status(429, Retry_After="0"), 3),
    "503 at the start of an upload": rule("POST", UPLOAD, status(503, Retry_After="0"), 3),
    "503 in an upload": rule("PUT", UPLOAD, status(503, Retry_After="0"), 3),
    "429 in an upload": rule("PUT", UPLOAD, status(429, Retry_After="0"), 2),
    "500 for a look at a blob": rule("HEAD", BLOB, status(500, Retry_After="0"), 2),
    "502 for a manifest": rule("PUT", "/manifests/", status(502, Retry_After="0"), 2),
    "a cut upload that is kept": rule(
        "PUT", UPLOAD, faulty.cut_upload(1_000_000, keep=True), 1, least=1_000_001
    ),
    "a cut upload that is lost": rule(
        "PUT", UPLOAD, faulty.cut_upload(1_000_000, keep=False), 2, least=1_000_001
    ),
    "a connection that ends at once": rule("PUT", UPLOAD, faulty.cut, 2),
    "every stream is cut": rule(
        "PUT|PATCH", UPLOAD, faulty.cut_upload(500_000, keep=True), least=500_001
    ),
    "an upload that is forgotten": rule("PUT", UPLOAD, status(404), 2),
    "an answer that is cut in its head": rule("PUT", UPLOAD, faulty.cut_head, 2),
    "an answer that is lost": rule("PUT", UPLOAD, faulty.lose_answer, 1),
    "a proxy with a limit": rule("PUT|PATCH", UPLOAD, too_large_above(1_000_000)),
    "no digest headers": set_flag("digest_header", False),
    "absolute locations": set_flag("absolute_locations", True),
    "no HEAD": rule("HEAD", BLOB, status(405)),
    "a tag that is not seen at once": rule("HEAD", "/manifests/1$", status(404), 1),
}


@pytest.mark.parametrize("spoil", RECOVERED_PUSHES.values(), ids=RECOVERED_PUSHES.keys())
def test_a_push_recovers(
    spoil: Spoil, product: Product, project: Path, registry: FaultyRegistry
) -> None:
    spoil(registry)
    result = push(product, project, registry).succeeded()
    assert registry.is_complete("acme/hello", "1")
    _, manifest = registry.manifests["acme/hello", "1"]
    assert faulty.digest_of(manifest) == result.json["digest"]
    assert registry.uploads == {}, "every upload that was started is finished or cancelled"


def test_an_upload_goes_on_where_it_broke_off(
    product: Product, project: Path, registry: FaultyRegistry
) -> None:
    registry.fail("PUT", UPLOAD, faulty.cut_upload(1_000_000, keep=True), 1, least=1_000_001)
    push(product, project, registry).succeeded()
    assert len(registry.requests("PATCH", UPLOAD)) == 1
    assert registry.is_complete("acme/hello", "1")


REFUSED_PUSHES: dict[str, tuple[Spoil, str]] = {
    "an outage": (rule("PUT", UPLOAD, status(503, Retry_After="0")), "registry/upload-failed"),
    "another digest": (
        rule("PUT", UPLOAD, status(201, Docker_Content_Digest=faulty.digest_of(b"x"))),
        "registry/digest-mismatch",
    ),
    "another manifest": (
        rule("PUT", "/manifests/", status(201, Docker_Content_Digest=faulty.digest_of(b"x"))),
        "registry/digest-mismatch",
    ),
    "a tag that is somebody else's": (
        rule("HEAD", "/manifests/1$", status(200, Docker_Content_Digest=faulty.digest_of(b"x"))),
        "registry/digest-mismatch",
    ),
    "uploads to a file": (
        rule("POST", UPLOAD, status(202, Location="file:///etc/passwd")),
        "registry/invalid-response",
    ),
    "a login page": (rule("POST", UPLOAD, status(200, b"<html>")), "registry/invalid-response"),
    "uploads to nowhere": (rule("POST", UPLOAD, status(202)), "registry/invalid-response"),
    "401 for ever": (
        rule("POST", UPLOAD, status(401, WWW_Authenticate='Basic realm="x"')),
        "registry/unauthorized",
    ),
    "a proxy that takes nothing": (rule("PUT", UPLOAD, status(413)), "registry/upload-failed"),
}


@pytest.mark.parametrize(("spoil", "code"), REFUSED_PUSHES.values(), ids=REFUSED_PUSHES.keys())
def test_a_push_that_cannot_be_is_one_error(
    spoil: Spoil, code: str, product: Product, project: Path, registry: FaultyRegistry
) -> None:
    spoil(registry)
    if code == "registry/upload-failed":
        registry.fail("PATCH", UPLOAD, status(413))
    start = time.monotonic()
    error = push(product, project, registry).failed().error
    assert error["code"] == code, error
    assert time.monotonic() - start < 30
    if code != "registry/digest-mismatch":
        assert registry.tags() == []
    store_is_sound(product)


@pytest.fixture
def image(product: Product, project: Path, registry: FaultyRegistry) -> str:
    """An image in the registry, to be a base."""
    push(product, project, registry, "acme/base:1").succeeded()
    registry.log.clear()
    return f"{registry.address}/acme/base:1"


RECOVERED_PULLS: dict[str, Spoil] = {
    "503 for the manifest": rule("GET", "/manifests/", status(503, Retry_After="0"), 2),
    "429 for a blob": rule("GET", BLOB, status(429, Retry_After="0"), 3),
    "a cut download": rule("GET", BLOB, faulty.cut_download(1000), 3),
    "a manifest that is cut in its head": rule("GET", "/manifests/", faulty.cut_head, 2),
    "many cut downloads": rule("GET", BLOB, faulty.cut_download(300_000)),
    "a cut download of no length": rule("GET", BLOB, faulty.cut_unsized(1000), 3),
    "no ranges": rule("GET", BLOB, faulty.cut_then_no_ranges(1000)),
    "a slow body": rule("GET", BLOB, faulty.slow, 2),
    "no digest headers": set_flag("digest_header", False),
}


@pytest.mark.parametrize("spoil", RECOVERED_PULLS.values(), ids=RECOVERED_PULLS.keys())
def test_a_pull_recovers(
    spoil: Spoil, fresh_product: Product, project: Path, registry: FaultyRegistry, image: str
) -> None:
    spoil(registry)
    push(fresh_product, project, registry, "acme/next:1", base=image).succeeded()
    assert registry.is_complete("acme/next", "1")
    store_is_sound(fresh_product)


def a_manifest(**changes: object) -> bytes:
    return json.dumps({"schemaVersion": 2, **changes}).encode()


def nested_index(handler: faulty.Handler) -> None:
    """An index that holds an index, and so on."""
    handler.body()
    inner = {
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "size": 10,
        "digest": faulty.digest_of(secrets.token_bytes(8)),
        "platform": {"os": "linux", "architecture": "amd64"},
    }
    body = a_manifest(manifests=[inner])
    handler.reply(200, body, Content_Type="application/vnd.oci.image.index.v1+json")


REFUSED_PULLS: dict[str, tuple[Spoil, str]] = {
    "a blob with another content": (
        rule("GET", BLOB, faulty.changed(lambda b: b"\0" + b[1:])),
        "registry/digest-mismatch",
    ),
    "a short blob": (
        rule("GET", BLOB, faulty.changed(lambda b: b[:-1])),
        "registry/digest-mismatch",
    ),
    "a long blob": (
        rule("GET", BLOB, faulty.changed(lambda b: b + b"x")),
        "registry/digest-mismatch",
    ),
    "an endless blob": (rule("GET", BLOB, faulty.endless), "registry/digest-mismatch"),
    "an endless manifest": (rule("GET", "/manifests/", faulty.endless), "net/too-large"),
    "HTML for a manifest": (
        rule("GET", "/manifests/", status(200, b"<html>login</html>", Content_Type="text/html")),
        "base/not-an-image",
    ),
    "an unknown media type": (
        rule("GET", "/manifests/", status(200, b"{}", Content_Type="application/x-other")),
        "base/not-an-image",
    ),
    "a redirect to a file": (
        rule("GET", BLOB, faulty.elsewhere("file:///etc/passwd")),
        "net/redirect",
    ),
    "a redirect loop": (
        rule("GET", "/manifests/", faulty.elsewhere("/v2/acme/base/manifests/1")),
        "net/redirect",
    ),
    "401 for ever": (
        rule("GET", "/manifests/", status(401, WWW_Authenticate='Bearer realm="/token"')),
        "registry/not-found",
    ),
    "a manifest that is no image": (
        rule(
            "GET",
            "/manifests/",
            status(
                200,
                a_manifest(config=1, layers=[]),
                Content_Type="application/vnd.oci.image.manifest.v1+json",
            ),
        ),
        "oci/",
    ),
    "an index in an index": (rule("GET", "/manifests/", nested_index), "registry/digest-mismatch"),
    "a connection that always ends": (rule("GET", BLOB, faulty.cut), "net/interrupted"),
}


@pytest.mark.parametrize(("spoil", "code"), REFUSED_PULLS.values(), ids=REFUSED_PULLS.keys())
def test_a_pull_that_cannot_be_is_one_error(
    spoil: Spoil,
    code: str,
    fresh_product: Product,
    project: Path,
    registry: FaultyRegistry,
    image: str,
) -> None:
    spoil(registry)
    start = time.monotonic()
    error = push(fresh_product, project, registry, "acme/next:1", base=image).failed().error
    assert error["code"].startswith(code), error
    assert error["hint"], "every error says what to do"
    assert time.monotonic() - start < 30
    assert registry.tags() == ["1"], "only the base has a tag"
    store_is_sound(fresh_product)
    nothing_half_written(fresh_product)


def test_credentials_do_not_follow_a_redirect_after_login(
    fresh_product: Product, project: Path, registry: FaultyRegistry, image: str, tmp_path: Path
) -> None:
    """A storage host that blobs are redirected to sees no credentials."""
    with FaultyRegistry() as storage:
        storage.blobs = registry.blobs

        def wants_login(handler: faulty.Handler) -> None:
            if not handler.headers.get("Authorization"):
                handler.body()
                return handler.reply(401, WWW_Authenticate='Basic realm="x"')
            if "/blobs/sha256:" in handler.path and handler.command == "GET":
                return handler.reply(307, Location=f"http://{storage.address}{handler.path}")
            return handler.serve()

        for method in ("GET", "HEAD", "POST", "PUT", "PATCH"):
            registry.fail(method, "/v2/", wants_login)
        auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        (tmp_path / "config.json").write_text(
            json.dumps({"auths": {registry.address: {"auth": auth}}})
        )
        environment = {"DOCKER_CONFIG": str(tmp_path)}
        result = push(
            fresh_product, project, registry, "acme/next:1", base=image, environment=environment
        ).succeeded()
        assert storage.requests("GET", BLOB)
        assert [a for _, _, a in storage.log if a] == []
        assert PASSWORD not in result.stdout + result.stderr
        assert auth not in result.stdout + result.stderr
