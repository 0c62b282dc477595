"""Small wheels made by hand: good ones, and such as no honest index serves.

`make_wheel` writes a correct wheel (PEP 427); what a test wants wrong is a parameter of it or is
done to the bytes afterwards (`corrupt_body`).
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Wheel:
    filename: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def make_wheel(
    name: str = "tiny",
    version: str = "1.0",
    tag: str = "py3-none-any",
    *,
    files: Mapping[str, bytes] | None = None,
    requires: tuple[str, ...] = (),
    wrong_record_for: str | None = None,
    record: bool = True,
) -> Wheel:
    """A wheel with one module; `files` adds members under any name that is given."""
    info = f"{name}-{version}.dist-info"
    members: dict[str, bytes] = {
        f"{name}/__init__.py": f'VERSION = "{version}"\nTEXT = """{"filling " * 40}"""\n'.encode(),
        **(files or {}),
        f"{info}/METADATA": _metadata(name, version, requires),
        f"{info}/WHEEL": (
            f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n"
        ).encode(),
    }
    lines = []
    for path, data in members.items():
        recorded = b"something else" if path == wrong_record_for else data
        digest = base64.urlsafe_b64encode(hashlib.sha256(recorded).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(recorded)}")
    if record:
        members[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path, data in members.items():
            header = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            header.external_attr = 0o100644 << 16
            header.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(header, data)
    return Wheel(f"{name}-{version}-{tag}.whl", archive.getvalue())


def _metadata(name: str, version: str, requires: tuple[str, ...]) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    return "\n".join([*lines, *(f"Requires-Dist: {r}" for r in requires), ""]).encode()


def corrupt_body(wheel: Wheel, member: str) -> Wheel:
    """The same wheel, but the deflate stream of one member is damaged in its middle."""
    with zipfile.ZipFile(io.BytesIO(wheel.data)) as file:
        entry = file.getinfo(member)
    name_length, extra_length = struct.unpack_from("<HH", wheel.data, entry.header_offset + 26)
    start = entry.header_offset + 30 + name_length + extra_length
    middle = start + entry.compress_size // 2
    damaged = bytes(b ^ 0xFF for b in wheel.data[middle : middle + 8])
    return Wheel(wheel.filename, wheel.data[:middle] + damaged + wheel.data[middle + 8 :])
