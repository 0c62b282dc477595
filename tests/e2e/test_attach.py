"""`attach`: artifacts that refer to an image, in registries with and without the referrers API and
in layouts; judged by other clients."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from support.base import Base
from support.errors import clear_error
from support.go_tools import ReferrersRegistry, call
from support.images import INDEX, MANIFEST, Layout, judge, skopeo
from support.product import Product
from support.registries import Registry

TYPE = "application/spdx+json"
EMPTY = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.fixture
def sbom(tmp_path: Path) -> Path:
    file = tmp_path / "sbom.spdx.json"
    file.write_text('{"spdxVersion": "SPDX-2.3"}')
    return file


def push(product: Product, base: Base, hello: Path, tag: str, *flags: str) -> str:
    built = product.build(
        hello, "--base-image", base.slim_reference, "--tag", tag, "--push", *flags
    )
    return str(built.succeeded().json["digest"])


def attach(product: Product, image: str, *arguments: str | Path) -> dict[str, Any]:
    flags = ("--artifact-type", TYPE, "--json")
    return product.run("attach", image, *arguments, *flags).succeeded().json


def get(address: str, path: str) -> Any:
    request = urllib.request.Request(
        f"http://{address}/v2/{path}", headers={"Accept": f"{MANIFEST}, {INDEX}"}
    )
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read())


def tagged(registry: Registry, repository: str, subject: str) -> list[dict[str, Any]]:
    index = get(registry.address, f"{repository}/manifests/{subject.replace(':', '-')}")
    assert index["mediaType"] == INDEX
    assert isinstance(index["manifests"], list)
    return index["manifests"]


def test_a_file_becomes_an_artifact_that_refers_to_the_image(
    product: Product, base: Base, hello: Path, registry: Registry, sbom: Path
) -> None:
    tag = f"{registry.address}/attached/one:1"
    digest = push(product, base, hello, tag)
    result = attach(product, tag, sbom, "--annotation", "team=core")
    assert result["subject"] == digest
    assert result["listed_by"] == "tag"
    manifest = get(registry.address, f"attached/one/manifests/{result['digest']}")
    assert manifest["artifactType"] == TYPE
    assert manifest["subject"]["digest"] == digest
    assert manifest["config"] == {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": EMPTY,
        "size": 2,
    }
    assert manifest["annotations"] == {"team": "core"}
    (layer,) = manifest["layers"]
    assert layer["annotations"] == {"org.opencontainers.image.title": sbom.name}
    assert layer["mediaType"] == TYPE
    with urllib.request.urlopen(
        f"http://{registry.address}/v2/attached/one/blobs/{layer['digest']}"
    ) as response:
        assert response.read() == sbom.read_bytes()
    (entry,) = tagged(registry, "attached/one", digest)
    assert entry["digest"] == result["digest"]
    assert entry["artifactType"] == TYPE
    assert entry["annotations"] == {"team": "core"}
    # The image itself and its tag are what they were.
    raw = skopeo("inspect", "--tls-verify=false", "--format", "{{.Digest}}", f"docker://{tag}")
    assert raw.strip() == digest


def test_the_same_files_again_are_the_same_artifact(
    product: Product, base: Base, hello: Path, registry: Registry, sbom: Path
) -> None:
    tag = f"{registry.address}/attached/again:1"
    digest = push(product, base, hello, tag)
    first = attach(product, tag, sbom)
    registry.gateway.clear()
    assert attach(product, tag, sbom)["digest"] == first["digest"]
    assert registry.gateway.uploaded_bytes() == 0
    assert len(tagged(registry, "attached/again", digest)) == 1


def test_several_files_have_types_of_their_own(
    product: Product, base: Base, hello: Path, registry: Registry, sbom: Path, tmp_path: Path
) -> None:
    tag = f"{registry.address}/attached/several:1"
    push(product, base, hello, tag)
    other = tmp_path / "report.txt"
    other.write_text("fine")
    plain = attach(product, tag, sbom, other)
    assert {file["media_type"] for file in plain["files"]} == {"application/octet-stream"}
    typed = attach(product, tag, sbom, other, "--media-type", TYPE, "--media-type", "text/plain")
    assert [file["media_type"] for file in typed["files"]] == [TYPE, "text/plain"]


def test_what_cannot_be_attached_is_said(
    product: Product, base: Base, hello: Path, registry: Registry, sbom: Path, tmp_path: Path
) -> None:
    tag, layout = f"{registry.address}/attached/alone:1", hello / "dist" / "image"
    digest = push(product, base, hello, tag, "--output", str(layout))
    kind = ("--artifact-type", TYPE, "--json")
    for place in (tag, str(layout)):
        failed = product.run("attach", place, sbom, *kind, "--platform", "linux/arm64")
        error = clear_error(failed, place, "linux/amd64", "linux/arm64")
        assert error["code"] == "base/wrong-platform"
        assert attach(product, place, sbom, "--platform", "linux/amd64")["subject"] == digest
    for file in ("/dev/zero", tmp_path):  # neither ends, nor has bytes
        clear_error(product.run("attach", tag, file, *kind), str(file))
    missing = product.run("attach", f"{tmp_path}/no-layout", sbom, *kind)
    clear_error(missing, "no-layout", "is a path")


def test_an_artifact_refers_to_an_index_or_to_one_of_its_images(
    product: Product, base: Base, hello: Path, registry: Registry, sbom: Path
) -> None:
    if len(Layout(base.layout).images(base.slim)) < 2:
        pytest.skip("this machine's packages make a base for one platform only")
    tag = f"{registry.address}/attached/index:1"
    digest = push(product, base, hello, tag, "--platform", "linux/amd64,linux/arm64")
    index = get(registry.address, f"attached/index/manifests/{digest}")
    assert attach(product, tag, sbom)["subject"] == digest
    arm = next(m for m in index["manifests"] if m["platform"]["architecture"] == "arm64")
    result = attach(product, tag, sbom, "--platform", "linux/arm64")
    assert result["subject"] == arm["digest"]
    failed = product.run(
        "attach", tag, sbom, "--artifact-type", TYPE, "--platform", "linux/s390x", "--json"
    )
    clear_error(failed, "s390x", "linux/amd64")
    shown = product.run("inspect", tag, "--platform", "linux/arm64", "--json").succeeded().json
    assert [r["subject"] for r in shown["referrers"]] == [arm["digest"], digest]
    assert "referrer" in product.run("inspect", tag).succeeded().stdout


def test_nothing_is_lost_with_eight_writers_at_once(
    product: Product, base: Base, hello: Path, registry: Registry, tmp_path: Path
) -> None:
    """docker-registry has no referrers API and no conditional requests."""
    tag = f"{registry.address}/attached/crowd:1"
    digest = push(product, base, hello, tag)
    calls = []
    for number in range(8):
        file = tmp_path / f"report-{number}.txt"
        file.write_text(f"report {number}")
        # No cache in common, as on eight machines.
        arguments = ("attach", tag, file, "--artifact-type", "application/vnd.acme.report")
        cache = ("--cache-dir", tmp_path / f"cache-{number}", "--json")
        calls.append(product.start(*arguments, *cache))
    attached = {call.finish(120).succeeded().json["digest"] for call in calls}
    assert len(attached) == 8
    assert {entry["digest"] for entry in tagged(registry, "attached/crowd", digest)} == attached


def test_a_writer_that_read_before_another_wrote_loses_nothing(
    product: Product, base: Base, hello: Path, registry: Registry, sbom: Path, tmp_path: Path
) -> None:
    tag = f"{registry.address}/attached/slow:1"
    digest = push(product, base, hello, tag)
    other = tmp_path / "other.json"
    other.write_text("{}")
    path = f"/attached/slow/manifests/{digest.replace(':', '-')}"
    with registry.gateway.hold("PUT", path) as hold:
        slow = product.start("attach", tag, sbom, "--artifact-type", TYPE, "--json")
        assert hold.reached.wait(60)
        registry.gateway.holds.remove(hold)
        quick = product.start("attach", tag, other, "--artifact-type", TYPE, "--json")
        # The quick one has written when it looks at the list again.
        registry.gateway.clear()
        while not registry.gateway.requests("PUT", path):
            assert quick.process.poll() is None
        registry.gateway.holds.append(hold)
    digests = {run.finish(120).succeeded().json["digest"] for run in (slow, quick)}
    assert {entry["digest"] for entry in tagged(registry, "attached/slow", digest)} == digests


def test_what_other_clients_attach_and_list(
    product: Product, base: Base, hello: Path, registry: Registry, sbom: Path
) -> None:
    tag = f"{registry.address}/attached/others:1"
    push(product, base, hello, tag)
    ours = attach(product, tag, sbom)["digest"]
    call("oras", "attach", "--plain-http", "--disable-path-validation", "--artifact-type",
         "application/vnd.acme.oras", tag, f"{sbom}:text/plain")  # fmt: skip
    listed = json.loads(call("oras", "discover", "--plain-http", "--format", "json", tag))
    found = listed.get("referrers") or listed["manifests"]
    assert {one["artifactType"] for one in found} == {TYPE, "application/vnd.acme.oras"}
    assert ours in {one["digest"] for one in found}
    host = ("--host", f"reg={registry.address},tls=disabled")
    assert ours in call("regctl", *host, "artifact", "list", tag, "--format", "raw-body")
    fetched = call("regctl", *host, "artifact", "get", f"{tag.rpartition(':')[0]}@{ours}")
    assert fetched == sbom.read_text()
    assert json.loads(call("crane", "manifest", f"{tag.rpartition(':')[0]}@{ours}"))["subject"]
    shown = product.run("inspect", tag, "--json").succeeded().json["referrers"]
    assert {one["artifact_type"] for one in shown} == {TYPE, "application/vnd.acme.oras"}
    # And ours beside theirs.
    again = attach(product, tag, sbom, "--annotation", "n=2")["digest"]
    listed = json.loads(call("oras", "discover", "--plain-http", "--format", "json", tag))
    assert again in {one["digest"] for one in listed.get("referrers") or listed["manifests"]}


def test_a_registry_with_the_api_keeps_the_list(
    product: Product, base: Base, hello: Path, sbom: Path
) -> None:
    with ReferrersRegistry() as registry:
        tag = f"{registry.address}/attached/api:1"
        digest = push(product, base, hello, tag)
        result = attach(product, tag, sbom)
        assert result["listed_by"] == "registry"
        assert get(registry.address, "attached/api/tags/list")["tags"] == ["1"]
        listed = get(registry.address, f"attached/api/referrers/{digest}")
        assert [entry["digest"] for entry in listed["manifests"]] == [result["digest"]]
        shown = product.run("inspect", tag, "--json").succeeded().json["referrers"]
        assert [one["digest"] for one in shown] == [result["digest"]]
        listed = json.loads(call("oras", "discover", "--plain-http", "--format", "json", tag))
        assert result["digest"] in json.dumps(listed)


def test_an_artifact_of_a_layout_goes_along_with_a_push(
    product: Product, base: Base, hello: Path, registry: Registry, sbom: Path
) -> None:
    product.build(hello, "--base-image", base.slim_reference).succeeded()
    layout = hello / "dist" / "image"
    result = attach(product, str(layout), sbom)
    assert result["listed_by"] == "layout"
    assert attach(product, f"oci:{layout}:latest", sbom)["digest"] == result["digest"]
    shown = product.run("inspect", str(layout), "--json").succeeded().json
    assert [one["digest"] for one in shown["referrers"]] == [result["digest"]]
    entries = json.loads((layout / "index.json").read_text())["manifests"]
    assert [entry["digest"] for entry in entries].count(result["digest"]) == 1
    image = Layout(layout).image("latest")
    tag = f"{registry.address}/attached/layout:1"
    pushed = product.run("push", "--from", layout, tag, "--json").succeeded().json
    assert pushed["digest"] == image.digest
    assert pushed["artifacts"] == 1
    (entry,) = tagged(registry, "attached/layout", image.digest)
    assert entry["digest"] == result["digest"]
    # The layout is still a base, and its image still loads.
    product.build(hello, "--base-image", f"oci:{layout}", "--output", hello / "out").succeeded()
    assert judge(hello / "out") == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--artifact-type", "sbom"], ["`sbom`", "application/spdx+json"]),
        (["--artifact-type", TYPE, "--media-type", "text"], ["`text`"]),
        (
            ["--artifact-type", TYPE, *["--media-type", TYPE] * 2],
            ["2 media types for 1 files"],
        ),
        (["--artifact-type", TYPE, "--annotation", "x"], ["NAME=VALUE"]),
        ([], ["--artifact-type"]),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    arguments: list[str], words: list[str], product: Product, sbom: Path
) -> None:
    result = product.run("attach", "registry.example/a:1", sbom, *arguments, "--json")
    assert result.error["code"] == "usage/invalid"
    for word in words:
        assert word in str(result)


def test_faults_are_clear_errors(
    product: Product, base: Base, hello: Path, registry: Registry, sbom: Path, tmp_path: Path
) -> None:
    def failed(image: str, *files: Path, **words: str) -> dict[str, Any]:
        result = product.run("attach", image, *files, "--artifact-type", TYPE, "--json")
        return clear_error(result, **words)

    assert failed(f"{registry.address}/no/such:1", sbom)["code"] == "registry/not-found"
    tag = f"{registry.address}/attached/faults:1"
    digest = push(product, base, hello, tag)
    missing = product.run("attach", tag, tmp_path / "none", "--artifact-type", TYPE, "--json")
    assert missing.failed().error["code"] == "file/not-found"
    archive = tmp_path / "image.tar"
    archive.write_bytes(b"")
    assert failed(str(archive), sbom)["code"] == "attach/archive"
    # A tag of this form that is an image is nobody's list.
    other = f"{registry.address}/attached/faults:{digest.replace(':', '-')}"
    push(product, base, hello, other)
    assert failed(tag, sbom)["code"] == "registry/invalid-referrers"
