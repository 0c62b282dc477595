"""Bases from registries and pushes to them: plain, basic, bearer token, TLS by an own authority."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from support.base import Base
from support.errors import clear_error
from support.images import Image, Layout, judge, skopeo
from support.product import Product, files_below
from support.registries import PASSWORD, USER, Auth, Registry, push_base
from support.runtime import Podman, Unpacked
from support.stores import nothing_half_written

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


def raw_manifest(reference: str, *options: str) -> dict[str, object]:
    text = skopeo("inspect", "--raw", "--tls-verify=false", *options, f"docker://{reference}")
    value = json.loads(text)
    assert isinstance(value, dict)
    return value


@pytest.fixture
def python_base(base: Base, registry: Registry) -> str:
    return f"{registry.address}/library/python:{base.python}-slim"


def test_a_base_is_pulled_from_an_index(
    product: Product, python_base: str, hello: Path, base_layers: Image
) -> None:
    product.build(hello, "--base-image", python_base).succeeded()
    layout = hello / "dist" / "image"
    assert judge(layout) == []
    image = Layout(layout).image()
    assert image.added(base_layers)
    assert image.config["architecture"] == "amd64"
    annotations = image.manifest["annotations"]
    assert annotations["org.opencontainers.image.base.name"].endswith("slim")


@pytest.mark.parametrize("everything", [True, False], ids=["manifest list", "single manifest"])
def test_a_base_in_docker_format_becomes_oci(
    product: Product,
    base: Base,
    registry: Registry,
    hello: Path,
    everything: bool,
    base_layers: Image,
) -> None:
    reference = f"{registry.address}/docker/python:{'list' if everything else 'one'}"
    options = ["--format", "v2s2", "--dest-tls-verify=false", *(["--all"] if everything else [])]
    skopeo("copy", *options, base.slim_reference, f"docker://{reference}")
    kind = raw_manifest(reference)["mediaType"]
    assert kind == (DOCKER_LIST if everything else DOCKER_MANIFEST)
    product.build(hello, "--base-image", reference).succeeded()
    assert judge(hello / "dist" / "image") == [], "the media types are OCI's"
    assert Layout(hello / "dist" / "image").image().added(base_layers)


def test_a_base_by_digest_and_as_a_single_oci_manifest(
    product: Product, base: Base, registry: Registry, hello: Path
) -> None:
    reference = f"{registry.address}/single/python:one"
    skopeo("copy", "--dest-tls-verify=false", base.slim_reference, f"docker://{reference}")
    by_tag = product.build(hello, "--base-image", reference).succeeded()
    options = ("--tls-verify=false", "--format", "{{.Digest}}")
    digest = skopeo("inspect", *options, f"docker://{reference}").strip()
    pinned = reference.replace(":one", f"@{digest}")
    by_digest = product.build(hello, "--base-image", pinned).succeeded()
    layers = [layer["digest"] for layer in by_tag.layers()]
    assert [layer["digest"] for layer in by_digest.layers()] == layers


def test_a_base_tag_is_not_asked_for_again_within_a_day(
    fresh_product: Product, python_base: str, registry: Registry, hello: Path
) -> None:
    flags = ("--base-image", python_base)
    first = fresh_product.build(hello, *flags).succeeded()
    registry.gateway.clear()
    assert fresh_product.build(hello, *flags).succeeded().json["digest"] == first.json["digest"]
    assert registry.gateway.log == []
    fresh_product.build(hello, *flags, "--pull", "always").succeeded()
    assert registry.gateway.log != []


def test_pull_never_does_not_reach_for_the_network(
    fresh_product: Product, python_base: str, registry: Registry, hello: Path
) -> None:
    result = fresh_product.build(hello, "--base-image", python_base, "--pull", "never").failed()
    assert registry.gateway.log == []
    assert python_base in result.error["message"]


@pytest.mark.parametrize("auth", list(Auth))
def test_an_image_is_pushed_and_runs(
    auth: Auth,
    product: Product,
    base: Base,
    hello: Path,
    tmp_path: Path,
    runtime: Podman | Unpacked,
) -> None:
    with Registry(tmp_path, auth) as registry:
        environment: dict[str, str | None] = {}
        if auth is not Auth.NONE:
            environment["DOCKER_CONFIG"] = str(registry.docker_config(tmp_path / "docker"))
        if registry.ca:
            environment["SSL_CERT_FILE"] = str(registry.ca)
        reference = f"{registry.address}/team/hello:1"
        flags = ("--base-image", base.slim_reference, "--tag", reference)
        result = product.build(hello, *flags, "--push", environment=environment).succeeded()
        assert result.json["references"] == [reference]
        assert result.json["output"] is None, "without --output nothing is written"
        assert not (hello / "dist").exists()
        credentials = [] if auth is Auth.NONE else ["--creds", f"{USER}:{PASSWORD}"]
        options = ("--tls-verify=false", *credentials, "--format", "{{.Digest}}")
        digest = skopeo("inspect", *options, f"docker://{reference}").strip()
        assert digest == result.json["digest"]
        pulled = tmp_path / "pulled"
        skopeo(
            "copy",
            "--src-tls-verify=false",
            *(["--src-creds", f"{USER}:{PASSWORD}"] if credentials else []),
            f"docker://{reference}",
            f"oci:{pulled}:1",
        )
        assert judge(pulled, "1") == []
        if auth is Auth.NONE:
            with runtime.start(f"docker://{reference}") as running:
                assert running.get(8000) == (200, "hello, world\n")


def test_credentials_come_from_the_environment_too(
    product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    with Registry(tmp_path, Auth.BASIC) as registry:
        environment = {
            "PYCONTAINER_REGISTRY_USERNAME": USER,
            "PYCONTAINER_REGISTRY_PASSWORD": PASSWORD,
        }
        flags = ("--base-image", base.slim_reference, "--tag", f"{registry.address}/a/hello:1")
        product.build(hello, *flags, "--push", environment=environment).succeeded()


def test_the_push_password_goes_to_no_other_registry(
    fresh_product: Product, python_base: str, registry: Registry, hello: Path, tmp_path: Path
) -> None:
    with Registry(tmp_path, Auth.BASIC) as target:
        environment = {
            "PYCONTAINER_REGISTRY_USERNAME": USER,
            "PYCONTAINER_REGISTRY_PASSWORD": PASSWORD,
        }
        flags = ("--base-image", python_base, "--tag", f"{target.address}/a/hello:1", "--push")
        fresh_product.build(hello, *flags, environment=environment).succeeded()
    assert registry.gateway.log
    assert [r for r in registry.gateway.log if r.authorization] == []


def test_a_base_of_the_same_registry_is_mounted(
    fresh_product: Product, python_base: str, registry: Registry, hello: Path, base_layers: Image
) -> None:
    flags = ("--base-image", python_base, "--tag", f"{registry.address}/mounted/hello:1", "--push")
    fresh_product.build(hello, *flags).succeeded()
    mounts = registry.gateway.requests("POST", r"mount=sha256")
    assert len([m for m in mounts if m.status == 201]) == len(base_layers.layers)
    assert registry.gateway.uploaded_bytes() < 100_000, "only our own small layers are uploaded"


def test_nothing_is_uploaded_twice(
    product: Product, python_base: str, registry: Registry, hello: Path
) -> None:
    repository = f"{registry.address}/twice/hello"
    flags = ("--base-image", python_base, "--push")
    product.build(hello, *flags, "--tag", f"{repository}:1").succeeded()
    registry.gateway.clear()
    product.build(hello, *flags, "--tag", f"{repository}:1").succeeded()
    product.build(hello, *flags, "--tag", f"{repository}:2").succeeded()
    assert registry.gateway.requests("PUT", "/blobs/") == []
    assert registry.gateway.requests("POST", "mount=") == []
    assert registry.gateway.uploaded_bytes() == 0

    (hello / "app.py").write_text("print('changed')\n")
    product.build(hello, *flags, "--tag", f"{repository}:3").succeeded()
    finished = [r for r in registry.gateway.requests("PUT", "/blobs/uploads/") if r.status == 201]
    assert len(finished) == 2, "one layer and the configuration"


def test_the_tag_comes_last(
    product: Product, python_base: str, registry: Registry, hello: Path
) -> None:
    flags = ("--base-image", python_base, "--tag", f"{registry.address}/order/hello:1", "--push")
    product.build(hello, *flags).succeeded()
    changes = [r for r in registry.gateway.log if r.method in ("POST", "PUT", "PATCH")]
    assert changes[-1].path.endswith("/order/hello/manifests/1")
    assert [r for r in changes if "/manifests/" in r.path][-1] is changes[-1]


def test_several_tags_are_pushed(
    product: Product, base: Base, registry: Registry, hello: Path
) -> None:
    tags = [f"{registry.address}/several/hello:{n}" for n in (1, 2)]
    flags = ("--base-image", base.slim_reference, "--push")
    result = product.build(hello, *flags, "--tag", tags[0], "--tag", tags[1]).succeeded()
    for tag in tags:
        options = ("--tls-verify=false", "--format", "{{.Digest}}")
        assert skopeo("inspect", *options, f"docker://{tag}").strip() == result.json["digest"]


def test_push_takes_a_layout(product: Product, base: Base, registry: Registry, hello: Path) -> None:
    result = product.build(hello, "--base-image", base.slim_reference).succeeded()
    reference = f"{registry.address}/pushed/hello:1"
    pushed = product.run("push", "--json", "--from", hello / "dist" / "image", reference)
    assert pushed.succeeded().json["digest"] == result.json["digest"]
    options = ("--tls-verify=false", "--format", "{{.Digest}}")
    digest = skopeo("inspect", *options, f"docker://{reference}").strip()
    assert digest == result.json["digest"]


def test_a_layout_that_is_not_what_it_says_is_not_pushed(
    product: Product, base: Base, registry: Registry, hello: Path
) -> None:
    result = product.build(hello, "--base-image", base.slim_reference).succeeded()
    layout, name = hello / "dist" / "image", f"{registry.address}/pushed/other"
    flags = ("push", "--json", "--from", layout)
    other = "sha256:" + "0" * 64
    registry.gateway.clear()
    error = clear_error(product.run(*flags, f"{name}@{other}"), other, result.json["digest"])
    assert error["code"] == "registry/digest-mismatch"
    assert registry.gateway.uploaded_bytes() == 0
    blob = layout / "blobs" / "sha256" / result.layers()[-1]["digest"].removeprefix("sha256:")
    content = blob.read_bytes()
    blob.unlink()  # it may be a link into the store
    blob.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    clear_error(product.run(*flags, f"{name}:1"), blob.name, "DIGEST_INVALID", "build again")
    assert registry.gateway.requests("PUT", "/pushed/other/manifests/") == []


def test_a_layout_may_be_written_as_well(
    product: Product, python_base: str, registry: Registry, hello: Path
) -> None:
    output = hello / "out"
    flags = ("--base-image", python_base, "--tag", f"{registry.address}/both/hello:1", "--push")
    result = product.build(hello, *flags, "--output", output).succeeded()
    assert Path(result.json["output"]) == output
    assert judge(output, "1") == []


def test_the_repository_may_come_from_the_configuration(
    product: Product, base: Base, registry: Registry, hello: Path
) -> None:
    (hello / "pycontainer.toml").write_text(f'[registry]\nurl = "{registry.address}/acme/app"\n')
    flags = ("--base-image", base.slim_reference, "--tag", "app:v1", "--push")
    result = product.build(hello, *flags).succeeded()
    assert result.json["references"] == [f"{registry.address}/acme/app:v1"]


def test_a_tag_without_a_registry_is_never_pushed_to_docker_hub(
    product: Product, base: Base, hello: Path
) -> None:
    flags = ("--base-image", base.slim_reference, "--tag", "hello:1", "--push")
    error = product.build(hello, *flags).failed(2).error
    assert "hello:1" in error["message"]
    assert "registry" in error["message"] + error["hint"]


@pytest.fixture
def basic_with_base(base: Base, tmp_path: Path) -> Iterator[Registry]:
    with Registry(tmp_path, Auth.BASIC) as running:
        push_base(base, running, "library/python:slim")
        yield running


def test_a_private_base_goes_into_another_registry(
    fresh_product: Product,
    basic_with_base: Registry,
    registry: Registry,
    hello: Path,
    tmp_path: Path,
    runtime: Podman | Unpacked,
) -> None:
    config = basic_with_base.docker_config(tmp_path / "docker")
    private = f"{basic_with_base.address}/library/python:slim"
    target = f"{registry.address}/moved/hello:1"
    flags = ("--base-image", private, "--tag", target, "--push")
    fresh_product.build(hello, *flags, environment={"DOCKER_CONFIG": str(config)}).succeeded()
    with runtime.start(f"docker://{target}") as running:
        assert running.get(8000) == (200, "hello, world\n")


def forget_layers(product: Product, image: Image) -> list[Path]:
    """As eviction does: the base is known, but its layers are no longer in the cache."""
    digests = {layer["digest"].removeprefix("sha256:") for layer in image.manifest["layers"]}
    files = [path for path in files_below(product.store) if path.name in digests]
    assert len(files) == len(digests)
    for path in files:
        path.unlink()
    return files


def test_base_layers_go_from_source_to_target_without_being_kept(
    fresh_product: Product,
    base: Base,
    registry: Registry,
    python_base: str,
    hello: Path,
    tmp_path: Path,
    base_layers: Image,
) -> None:
    flags = ("--base-image", python_base)
    fresh_product.build(hello, *flags, "--output", tmp_path / "first").succeeded()
    layers = forget_layers(fresh_product, base_layers)
    registry.gateway.clear()
    sizes = sum(layer["size"] for layer in base_layers.manifest["layers"])
    with Registry(tmp_path, Auth.NONE) as target:
        tag = f"{target.address}/streamed/hello:1"
        fresh_product.build(hello, *flags, "--tag", tag, "--push").succeeded()
        assert sum(r.received for r in registry.gateway.requests("GET", "/blobs/")) == sizes
        assert sizes < target.gateway.uploaded_bytes() < sizes + 100_000
        assert [path for path in layers if path.exists()] == []
        pulled = tmp_path / "pulled"
        skopeo("copy", "--src-tls-verify=false", f"docker://{tag}", f"oci:{pulled}:1")
        assert judge(pulled, "1") == []

        registry.gateway.clear()
        target.gateway.clear()
        fresh_product.build(hello, *flags, "--tag", tag, "--push").succeeded()
        assert registry.gateway.log == [], "what the target has is not fetched"
        assert target.gateway.uploaded_bytes() == 0
    nothing_half_written(fresh_product)


def test_a_damaged_base_layer_never_becomes_a_blob_of_the_target(
    fresh_product: Product,
    registry: Registry,
    python_base: str,
    hello: Path,
    tmp_path: Path,
    base_layers: Image,
) -> None:
    flags = ("--base-image", python_base)
    fresh_product.build(hello, *flags, "--output", tmp_path / "first").succeeded()
    forget_layers(fresh_product, base_layers)
    largest = max(base_layers.manifest["layers"], key=lambda layer: layer["size"])
    damaged = bytes(largest["size"])
    with (
        Registry(tmp_path, Auth.NONE) as target,
        registry.gateway.fault("GET", f"/blobs/{largest['digest']}", 200, body=damaged),
    ):
        tag = f"{target.address}/streamed/hello:1"
        error = fresh_product.build(hello, *flags, "--tag", tag, "--push").failed().error
        assert error["code"] == "registry/digest-mismatch"
        assert target.gateway.requests("PUT", "/manifests/") == []
        finished = [r for r in target.gateway.requests("PUT", "/blobs/") if r.status == 201]
        assert [r for r in finished if largest["digest"] in unquote(r.path)] == []
    nothing_half_written(fresh_product)


def test_a_second_repository_of_a_registry_gets_its_blobs_from_the_first(
    product: Product, python_base: str, registry: Registry, hello: Path
) -> None:
    tags = [f"{registry.address}/{name}/hello:1" for name in ("mount-one", "mount-two")]
    flags = ("--base-image", python_base, "--push", "--tag", tags[0], "--tag", tags[1])
    product.build(hello, *flags).succeeded()
    assert registry.gateway.requests("PUT", "/mount-one/hello/blobs/")
    assert registry.gateway.requests("PUT", "/mount-two/hello/blobs/") == []
    mounts = registry.gateway.requests("POST", "/mount-two/.*mount=")
    assert {r.status for r in mounts} == {201}


def test_a_short_outage_is_survived(
    fresh_product: Product, python_base: str, registry: Registry, hello: Path
) -> None:
    with registry.gateway.fault("GET", "/blobs/", 503, headers={"Retry-After": "0"}, times=2):
        fresh_product.build(hello, "--base-image", python_base).succeeded()
