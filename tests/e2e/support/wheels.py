"""Small wheels made by hand: good ones, and such as no honest index serves.

`make_wheel` writes a correct wheel (PEP 427); what a test wants wrong is a parameter of it or is
done to the bytes afterwards (`corrupt_body`).
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import warnings
import zipfile
import zlib
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
    metadata: str = "",
    module: bool = True,
) -> Wheel:
    """A wheel with one module, unless `module` is false; `files` adds members under any name that
    is given, `metadata` lines to METADATA."""
    info = f"{name}-{version}.dist-info"
    text = f'VERSION = "{version}"\nTEXT = """{"filling " * 40}"""\n'.encode()
    members: dict[str, bytes] = {
        **({f"{name}/__init__.py": text} if module else {}),
        **(files or {}),
        f"{info}/METADATA": _metadata(name, version, requires, metadata),
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


def _metadata(name: str, version: str, requires: tuple[str, ...], more: str) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    return "\n".join([*lines, *(f"Requires-Dist: {r}" for r in requires), more, ""]).encode()


def huge_wheel(name: str, megabytes: int) -> Wheel:
    """A wheel with one member of that size, made in a moment: the same deflated block, repeated."""
    block = hashlib.shake_256(b"block").digest(1 << 19).hex().encode()  # 1 MiB, half of it for gzip
    deflater = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    deflated = deflater.compress(block) + deflater.flush(zlib.Z_FULL_FLUSH)
    crc, digest = 0, hashlib.sha256()
    for _ in range(megabytes):
        crc = zlib.crc32(block, crc)
        digest.update(block)
    body = deflated * megabytes + b"\x03\x00"
    path, size = f"{name}/data.so", megabytes << 20
    info = f"{name}-1.0.dist-info"
    encoded = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    small = {
        f"{info}/METADATA": _metadata(name, "1.0", (), ""),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
        f"{info}/RECORD": f"{path},sha256={encoded},{size}\n".encode(),
    }
    members = [(path, 8, crc, body, size)]
    members += [(key, 0, zlib.crc32(text), text, len(text)) for key, text in small.items()]
    out, directory = io.BytesIO(), b""
    for key, method, checksum, data, length in members:
        common = struct.pack(
            "<HHHHHIIIHH", 20, 0, method, 0, 33, checksum, len(data), length, len(key), 0
        )
        place = struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, out.tell())
        directory += b"PK\x01\x02" + struct.pack("<H", 0x314) + common + place + key.encode()
        out.write(b"PK\x03\x04" + common + key.encode() + data)
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), out.tell(), 0)
    out.write(directory + b"PK\x05\x06" + end)
    return Wheel(f"{name}-1.0-py3-none-any.whl", out.getvalue())


def with_contents(wheel: Wheel, replaced: dict[str, bytes]) -> Wheel:
    """The wheel with other contents of some members, and a RECORD that is right
    for them, if in another spelling: all quoted, with CRLF and `./`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(wheel.data)) as old, zipfile.ZipFile(out, "w") as new:
        lines: list[tuple[str, str, int]] = []
        for entry in old.infolist():
            data = replaced.get(entry.filename, old.read(entry))
            if entry.filename.endswith("/RECORD"):
                quoted = [
                    f'"{name.replace(chr(34), chr(34) * 2)}",sha256={digest},{size}\r\n'
                    for name, digest, size in lines
                ]
                data = "".join([*quoted, f"./{entry.filename},,\r\n"]).encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append((entry.filename, digest, len(data)))
            new.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return Wheel(wheel.filename, out.getvalue())


def wheel_with_member(path: str, mode: int = 0o100644) -> Wheel:
    """A wheel with one more member, whatever there is under that name and whatever it is."""
    wheel = make_wheel()
    archive = io.BytesIO(wheel.data)
    header = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
    header.external_attr = mode << 16
    with zipfile.ZipFile(archive, "a") as file, warnings.catch_warnings(action="ignore"):
        file.writestr(header, b"/etc/passwd")
    return Wheel(wheel.filename, archive.getvalue())


def corrupt_body(wheel: Wheel, member: str) -> Wheel:
    """The same wheel, but the deflate stream of one member is damaged in its middle."""
    with zipfile.ZipFile(io.BytesIO(wheel.data)) as file:
        entry = file.getinfo(member)
    name_length, extra_length = struct.unpack_from("<HH", wheel.data, entry.header_offset + 26)
    start = entry.header_offset + 30 + name_length + extra_length
    middle = start + entry.compress_size // 2
    damaged = bytes(b ^ 0xFF for b in wheel.data[middle : middle + 8])
    return Wheel(wheel.filename, wheel.data[:middle] + damaged + wheel.data[middle + 8 :])
