"""Bases shaped like other distributions' images, made from the files of our own base: the same
C library and the same Python at other places, with other package data bases, users and settings.

What they stand in for cannot be had here; docs/base-images.md says what was run and what was not.
"""

from __future__ import annotations

import copy
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.base import Base, Entry, Root, directory, file, link
from support.base import Layout as Writer
from support.images import Layout

MULTIARCH = "usr/lib/x86_64-linux-gnu"


def merged_root(base: Base) -> Root:
    """The files of the base with its interpreter in /usr/bin."""
    root: Root = {}
    for layer in Layout(base.layout).image(base.usr).layers:
        with tarfile.open(fileobj=io.BytesIO(layer.tar)) as tar:
            for info in tar:
                stream = tar.extractfile(info) if info.isreg() else None
                root[info.name] = Entry(info, stream.read() if stream else b"")
    return root


def without_programs(root: Root, python: str) -> None:
    """No shell and no tools: nothing but the interpreter."""
    kept = {"python3", f"python{python}"}
    for name in list(root):
        folder, _, program = name.rpartition("/")
        if folder in ("usr/bin", "usr/sbin") and program not in kept:
            del root[name]


def move(root: Root, old: str, new: str) -> None:
    """A directory, with a link at its old place."""
    up = "../" * old.count("/")
    for name in [n for n in root if n == old or n.startswith(old + "/")]:
        entry = root.pop(name)
        info = copy.copy(entry.info)
        info.name = new + name[len(old) :]
        if info.islnk() and info.linkname.startswith(old + "/"):
            info.linkname = new + info.linkname[len(old) :]
        root[info.name] = Entry(info, entry.data)
    root[old] = link(old, up + new)


def add_user(root: Root, line: str) -> None:
    entry = root["etc/passwd"]
    root["etc/passwd"] = file("etc/passwd", entry.data + line.encode() + b"\n")


def put(root: Root, *entries: Entry) -> None:
    for entry in entries:
        parent = entry.info.name.rpartition("/")[0]
        while parent and parent not in root:
            root[parent] = directory(parent)
            parent = parent.rpartition("/")[0]
        root[entry.info.name] = entry


def os_release(root: Root, name: str) -> None:
    for path in ("etc/os-release", "usr/lib/os-release"):
        root.pop(path, None)
    put(root, file("etc/os-release", f'PRETTY_NAME="{name}"\n'.encode()))


def distroless(root: Root, base: Base) -> dict[str, Any]:
    """Debian's packages without a package manager: a file for each in status.d, no shell."""
    without_programs(root, base.python)
    status = root["var/lib/dpkg/status"].data.decode()
    for name in [n for n in root if n.startswith("var/lib/dpkg")]:
        del root[name]
    for stanza in status.split("\n\n"):
        package = stanza.partition("\n")[0].removeprefix("Package: ")
        if package.startswith(("python3", "libpython3", "libc6", "libssl")):
            put(root, file(f"var/lib/dpkg/status.d/{package}", stanza.encode() + b"\n"))
    add_user(root, "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin")
    os_release(root, "Distroless")
    return {
        "User": "65532",
        "WorkingDir": "/home/nonroot",
        "Entrypoint": [f"/usr/bin/python{base.python}"],
        "Env": [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
        ],
    }


def ubi(root: Root, base: Base) -> dict[str, Any]:
    """Libraries in lib64, rpm's data base, python3 by way of /etc/alternatives, a numeric user."""
    move(root, MULTIARCH, "usr/lib64")
    root["lib64"] = link("lib64", "usr/lib64")
    for name in [n for n in root if n.startswith("var/lib/dpkg")]:
        del root[name]
    root.pop("usr/bin/python3", None)
    put(
        root,
        file("var/lib/rpm/rpmdb.sqlite", b"SQLite format 3\0"),
        link("etc/alternatives/python3", f"/usr/bin/python{base.python}"),
        link("usr/bin/python3", "/etc/alternatives/python3"),
        directory("opt/app-root/src"),
    )
    os_release(root, "Red Hat Enterprise Linux 9.4 (Plow)")
    return {
        "User": "1001",
        "WorkingDir": "/opt/app-root/src",
        "Entrypoint": ["container-entrypoint"],
        "Cmd": ["/bin/bash"],
        "Env": [
            "container=oci",
            "HOME=/opt/app-root/src",
            f"PYTHON_VERSION={base.python}",
            "PATH=/opt/app-root/src/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
        ],
    }


def chainguard(root: Root, base: Base) -> dict[str, Any]:
    """apk's data base, with a package for each minor version of Python; no shell, own user."""
    without_programs(root, base.python)
    for name in [n for n in root if n.startswith("var/lib/dpkg")]:
        del root[name]
    packages = [("glibc", "2.36-r0"), (f"python-{base.python}", f"{base.python_full}-r3")]
    database = "".join(f"C:Q1\nP:{name}\nV:{version}\n\n" for name, version in packages)
    put(root, file("usr/lib/apk/db/installed", database.encode()))
    add_user(root, "nonroot:x:65532:65532::/home/nonroot:/bin/sh")
    os_release(root, "Wolfi")
    return {
        "User": "65532",
        "WorkingDir": "/home/nonroot",
        "Entrypoint": ["/usr/bin/python3"],
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/sbin:/bin"],
    }


def alpine(root: Root, base: Base) -> dict[str, Any]:
    """musl: its loader is the C library. The Python is a name only; this one cannot run."""
    root.clear()
    database = "C:Q1\nP:musl\nV:1.2.5-r8\n\nC:Q1\nP:busybox\nV:1.36.1-r29\n\n"
    put(
        root,
        file("lib/ld-musl-x86_64.so.1", b"\x7fELF"),
        link("lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1"),
        file("lib/apk/db/installed", database.encode()),
        file("bin/busybox", b"\x7fELF"),
        link("bin/sh", "/bin/busybox"),
        file(f"usr/local/bin/python{base.python}", b"\x7fELF"),
        link("usr/local/bin/python3", f"python{base.python}"),
        file(f"usr/local/lib/python{base.python}/os.py"),
        file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"),
    )
    os_release(root, "Alpine Linux v3.20")
    return {
        "Cmd": ["python3"],
        "Env": [
            "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
            f"PYTHON_VERSION={base.python_full}",
        ],
    }


def make(base: Base, shape: Callable[[Root, Base], dict[str, Any]], target: Path) -> str:
    """The reference of a layout with one image of that shape."""
    root = merged_root(base)
    settings = shape(root, base)
    writer = Writer(target)
    descriptor, diff_id = writer.layer(root)
    platform = {"architecture": "amd64", "os": "linux"}
    config = {
        **platform,
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created_by": shape.__name__}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": writer.document("application/vnd.oci.image.config.v1+json", config),
        "layers": [descriptor],
    }
    kind = "application/vnd.oci.image.manifest.v1+json"
    writer.finish({"base": writer.document(kind, manifest, platform=platform)})
    assert json.loads((target / "index.json").read_text())["manifests"]
    return f"oci:{target}:base"
