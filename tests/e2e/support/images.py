"""The judges of an image: the rules of the OCI image specification 1.1, skopeo and umoci.

`Layout(path).image(tag)` reads an image without any of the product's code; `judge(layout, tag)`
gives every rule that it breaks. Where `../shared/corpus/schemas/oci` exists and jsonschema is
installed, the specification's own schemas judge as well.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import json
import re
import subprocess
import tarfile
from functools import cached_property
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
PLAIN_LAYER = "application/vnd.oci.image.layer.v1.tar"
ZSTD_LAYER = "application/vnd.oci.image.layer.v1.tar+zstd"
REF_NAME = "org.opencontainers.image.ref.name"
SCHEMAS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "schemas" / "oci"


@dataclasses.dataclass
class Layer:
    descriptor: dict[str, Any]
    blob: bytes

    @cached_property
    def tar(self) -> bytes:
        """Decompressed: all members of a gzip stream, all frames of zstd."""
        if self.descriptor["mediaType"] == PLAIN_LAYER:
            return self.blob
        if self.descriptor["mediaType"] == ZSTD_LAYER:
            command = ["zstd", "--decompress", "--stdout"]
            return subprocess.run(command, input=self.blob, capture_output=True, check=True).stdout
        return gzip.decompress(self.blob)

    @cached_property
    def diff_id(self) -> str:
        return "sha256:" + hashlib.sha256(self.tar).hexdigest()

    @cached_property
    def members(self) -> list[tarfile.TarInfo]:
        with tarfile.open(fileobj=io.BytesIO(self.tar)) as tar:
            return tar.getmembers()

    def names(self) -> list[str]:
        return [member.name for member in self.members]

    def read(self, name: str) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(self.tar)) as tar:
            stream = tar.extractfile(name)
            assert stream is not None, f"{name} is no file"
            return stream.read()


@dataclasses.dataclass
class Image:
    digest: str  # of the manifest
    manifest: dict[str, Any]
    config: dict[str, Any]
    layers: list[Layer]

    @property
    def settings(self) -> dict[str, Any]:
        """The part of the configuration that a runtime acts on."""
        value = self.config.get("config", {})
        assert isinstance(value, dict)
        return value

    @property
    def environment(self) -> dict[str, str]:
        return dict(entry.partition("=")[::2] for entry in self.settings.get("Env", []))

    def added(self, base: Image) -> list[Layer]:
        """The layers on top of the base's, which must come first and unchanged."""
        count = len(base.layers)
        ours = [layer.descriptor["digest"] for layer in self.layers[:count]]
        assert ours == [layer.descriptor["digest"] for layer in base.layers]
        return self.layers[count:]

    def find(self, path: str) -> bytes:
        """A file's bytes, from the uppermost layer that has it."""
        for layer in reversed(self.layers):
            for name in layer.names():
                if name.removeprefix("./").strip("/") == path.strip("/"):
                    return layer.read(name)
        raise AssertionError(f"{path} is in no layer")


class Layout:
    def __init__(self, path: Path) -> None:
        self.path = path

    def blob(self, descriptor: dict[str, Any]) -> bytes:
        algorithm, _, value = str(descriptor["digest"]).partition(":")
        return (self.path / "blobs" / algorithm / value).read_bytes()

    @property
    def index(self) -> dict[str, Any]:
        value = json.loads((self.path / "index.json").read_bytes())
        assert isinstance(value, dict)
        return value

    @property
    def tags(self) -> list[str]:
        return [m.get("annotations", {}).get(REF_NAME, "") for m in self.index["manifests"]]

    def descriptor(self, tag: str | None = None) -> dict[str, Any]:
        found = [
            m
            for m in self.index["manifests"]
            if tag is None or m.get("annotations", {}).get(REF_NAME) == tag
        ]
        assert found, f"no tag {tag} among {self.tags}"
        value = found[0]
        assert isinstance(value, dict)
        return value

    def image(self, tag: str | None = None, architecture: str = "amd64") -> Image:
        descriptor = self.descriptor(tag)
        if descriptor["mediaType"] == INDEX:
            index = json.loads(self.blob(descriptor))
            descriptor = next(
                m for m in index["manifests"] if m["platform"]["architecture"] == architecture
            )
        return self._read(descriptor)

    def images(self, tag: str | None = None) -> list[tuple[dict[str, str], Image]]:
        """All images of an index, or the only one, each with what its descriptor says."""
        descriptor = self.descriptor(tag)
        found = [descriptor]
        if descriptor["mediaType"] == INDEX:
            found = json.loads(self.blob(descriptor))["manifests"]
        return [(each.get("platform", {}), self._read(each)) for each in found]

    def _read(self, descriptor: dict[str, Any]) -> Image:
        manifest = json.loads(self.blob(descriptor))
        config = json.loads(self.blob(manifest["config"]))
        layers = [Layer(d, self.blob(d)) for d in manifest["layers"]]
        return Image(descriptor["digest"], manifest, config, layers)


def judge(
    layout: Path, tag: str | None = None, layer_types: tuple[str, ...] = (LAYER,)
) -> list[str]:
    """Every rule that the layout breaks; an empty list is the good verdict."""
    found = Layout(layout)
    broken: list[str] = []
    try:
        version = json.loads((layout / "oci-layout").read_bytes())
        if version.get("imageLayoutVersion") != "1.0.0":
            broken.append("oci-layout: imageLayoutVersion is not 1.0.0")
        index = found.index
    except (OSError, ValueError) as error:
        return [f"layout: {error}"]
    if index.get("schemaVersion") != 2:
        broken.append("index.json: schemaVersion is not 2")
    broken += _blobs(layout)
    for descriptor in index["manifests"]:
        broken += _descriptor(found, descriptor, "index.json")
    if broken:
        return broken  # what follows needs all of its parts
    for platform, image in found.images(tag):
        own = {
            key: image.config[key]
            for key in ("os", "architecture", "variant")
            if key in image.config
        }
        if platform and platform != own:
            broken.append(
                f"index: {image.digest[:19]} is listed for {platform}, but made for {own}"
            )
        broken += _image(image, layer_types)
    return broken + _by_schemas(found, tag)


def _blobs(layout: Path) -> list[str]:
    """Names tell digests; nothing else lies about (image-layout.md, "Blobs")."""
    broken = []
    for blob in (layout / "blobs" / "sha256").iterdir():
        if hashlib.sha256(blob.read_bytes()).hexdigest() != blob.name:
            broken.append(f"blobs: {blob.name} holds other bytes")
    return broken


def _descriptor(layout: Layout, descriptor: dict[str, Any], where: str) -> list[str]:
    """descriptor.md, "Properties"; for documents also what they point to."""
    broken = []
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", descriptor.get("mediaType", "")):
        broken.append(f"{where}: no media type")
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", descriptor.get("digest", "")):
        return [*broken, f"{where}: no digest"]
    try:
        data = layout.blob(descriptor)
    except OSError:
        return [*broken, f"{where}: {descriptor['digest']} is missing"]
    if len(data) != descriptor.get("size"):
        broken.append(f"{where}: {descriptor['digest']} has another size")
    if descriptor["mediaType"] in (MANIFEST, INDEX):
        document = json.loads(data)
        if document.get("mediaType", descriptor["mediaType"]) != descriptor["mediaType"]:
            broken.append(f"{where}: {descriptor['digest']} says another media type")
        if document.get("schemaVersion") != 2:
            broken.append(f"{where}: {descriptor['digest']} has no schemaVersion 2")
        children = [document["config"], *document["layers"]] if "config" in document else []
        for child in [*children, *document.get("manifests", [])]:
            broken += _descriptor(layout, child, descriptor["digest"][:19])
    return broken


def _image(image: Image, layer_types: tuple[str, ...]) -> list[str]:
    """manifest.md, config.md and layer.md, for what we write: OCI media types throughout."""
    broken = []
    if image.manifest["config"]["mediaType"] != CONFIG:
        broken.append("manifest: the configuration has another media type")
    rootfs = image.config.get("rootfs", {})
    if rootfs.get("type") != "layers":
        broken.append("config: rootfs.type is not layers")
    if rootfs.get("diff_ids") != [layer.diff_id for layer in image.layers]:
        broken.append("config: diff_ids are not those of the layers")
    for key in ("os", "architecture"):
        if not image.config.get(key):
            broken.append(f"config: no {key}")
    history = image.config.get("history", [])
    filled = [entry for entry in history if not entry.get("empty_layer")]
    if len(filled) != len(image.layers):
        broken.append(f"config: {len(filled)} history entries, {len(image.layers)} layers")
    if len(image.layers) > 127:
        broken.append("manifest: more layers than runtimes take")
    for layer in image.layers:
        short = layer.descriptor["digest"][:19]
        if layer.descriptor["mediaType"] not in layer_types:
            broken.append(f"{short}: media type {layer.descriptor['mediaType']}")
        broken += [f"{short}: {problem}" for problem in _names(layer)]
    return broken


def _names(layer: Layer) -> list[str]:
    """layer.md: relative names, each once, parents before children, hard links to what is there."""
    broken = []
    seen: set[str] = set()
    for member in layer.members:
        name = member.name.removeprefix("./").rstrip("/")
        if member.name.startswith("/") or ".." in name.split("/"):
            broken.append(f"name {member.name!r}")
        if name in seen:
            broken.append(f"{name!r} twice")
        if member.islnk() and member.linkname.removeprefix("./") not in seen:
            broken.append(f"hard link {name!r} before its target")
        seen.add(name)
    return broken


def _by_schemas(layout: Layout, tag: str | None) -> list[str]:
    """Extra: the JSON schemas of the image specification, where they are at hand."""
    if missing_extras():
        return []
    import jsonschema
    from referencing import Registry
    from referencing.jsonschema import DRAFT4

    # Their nested `id`s would move the base of their references, which are file names.
    schemas = {p.name: _without_ids(json.loads(p.read_bytes())) for p in SCHEMAS.glob("*.json")}
    registry: Any = Registry().with_resources(
        (name, DRAFT4.create_resource(schema)) for name, schema in schemas.items()
    )
    image = layout.image(tag)
    documents = {
        "image-index-schema.json": layout.index,
        "image-manifest-schema.json": image.manifest,
        "config-schema.json": image.config,
        "image-layout-schema.json": json.loads((layout.path / "oci-layout").read_bytes()),
    }
    broken = []
    for name, document in documents.items():
        validator = jsonschema.Draft4Validator(schemas[name], registry=registry)
        broken += [f"{name}: {error.message}" for error in validator.iter_errors(document)]
    return broken


def _without_ids(schema: Any) -> Any:
    if isinstance(schema, dict):
        kept = {k: v for k, v in schema.items() if not (k == "id" and isinstance(v, str))}
        return {k: _without_ids(v) for k, v in kept.items()}
    return [_without_ids(v) for v in schema] if isinstance(schema, list) else schema


def missing_extras() -> str | None:
    """Why the specification's schemas do not judge here; nothing when they do."""
    if not SCHEMAS.is_dir():
        return f"{SCHEMAS} is not there"
    try:
        import jsonschema  # noqa: F401
    except ImportError:
        return "jsonschema is not installed"
    return None


def skopeo(*arguments: str) -> str:
    """What skopeo prints; fails when it fails."""
    done = subprocess.run(["skopeo", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"skopeo {' '.join(arguments)}\n{done.stderr}"
    return done.stdout


def umoci_unpack(layout: Path, tag: str, bundle: Path) -> Path:
    """The root file system as umoci unpacks it, which checks every digest and diff id."""
    command = ["umoci", "unpack", "--rootless", "--image", f"{layout}:{tag}", str(bundle)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return bundle / "rootfs"


def files_equal(one: Path, two: Path) -> bool:
    """Whether two directories hold the same files with the same bytes."""

    def contents(directory: Path) -> dict[str, bytes]:
        files = (path for path in directory.rglob("*") if path.is_file())
        return {str(path.relative_to(directory)): path.read_bytes() for path in files}

    return contents(one) == contents(two)
