#!/usr/bin/env python3
"""Makes a real Python base image from Debian (or Ubuntu) packages, as an OCI layout.

It stands in for `python:3.11-slim` where no container registry can be reached: the same places and
names, the distribution's own CPython. The suite is the machine's own: Debian 12 gives Python 3.11,
Ubuntu 24.04 gives Python 3.12. Two images share their layers in one layout:

* `python-3.N-slim`: an index for amd64 and arm64; `/usr/local/bin/python3` as in the official
  image, `PYTHON_VERSION` in the environment. Nothing of the foreign architecture is run to make it.
* `python-3.N-usr`: one manifest for amd64; the interpreter in `/usr/bin` only and no hint of its
  version in the configuration.

Making takes about a minute; the result is kept under `$XDG_CACHE_HOME/pycontainer-build/base` until
this file or the suite changes. `script/make-base DIR` calls this file; tests import `ensure`.
Needs mmdebstrap and either root or unprivileged user namespaces. Standard library only.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import fcntl
import gzip
import hashlib
import io
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

EPOCH = 1735689600  # 2025-01-01: no file and no configuration is dated later
CREATED = "2025-01-01T00:00:00Z"
PACKAGES = ["base-files", "ca-certificates", "netbase", "tzdata", "python3-minimal", "python3"]
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
PATH_VALUE = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

# What an installation leaves behind that belongs to no image.
LEFT_OUT = (
    "dev/", "proc/", "run/", "sys/", "tmp/", "var/cache/apt/", "var/cache/debconf/",
    "var/cache/ldconfig/", "var/lib/apt/lists/", "var/log/", "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/apt/sources.list", "etc/hostname", "etc/hosts", "etc/machine-id", "etc/resolv.conf",
    "etc/.pwd.lock", "usr/share/info/", "usr/share/locale/", "usr/share/man/",
    "var/lib/dpkg/available", "var/lib/dpkg/lock", "var/lib/dpkg/status-old",
)  # fmt: skip
EMPTY_DIRECTORIES = ("dev", "proc", "run", "sys", "tmp", "var/cache/apt", "var/lib/apt/lists",
                     "var/log")  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Base:
    """A finished layout: where it is and what its tags and its Python are called."""

    layout: Path
    distribution: str  # "debian bookworm"
    python: str  # "3.11"
    python_full: str  # "3.11.2"
    slim: str  # tag
    usr: str  # tag

    @property
    def slim_reference(self) -> str:
        return f"oci:{self.layout}:{self.slim}"

    @property
    def usr_reference(self) -> str:
        return f"oci:{self.layout}:{self.usr}"


@dataclasses.dataclass
class Entry:
    """A file of the image: its tar header and its bytes."""

    info: tarfile.TarInfo
    data: bytes = b""


Root = dict[str, Entry]


def ensure(cache: Path | None = None) -> Base:
    """The cached base, made now if there is none. Safe with several callers at once."""
    if cache is None:
        xdg = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        cache = Path(xdg) / "pycontainer-build" / "base"
    distribution, suite = host_suite()
    key = hashlib.sha256(Path(__file__).read_bytes() + f"{distribution} {suite}".encode())
    target = cache / key.hexdigest()[:16]
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "base.json").exists():
            scratch = Path(tempfile.mkdtemp(dir=cache, prefix="making-"))
            try:
                make(scratch / "base", distribution, suite, scratch)
                shutil.rmtree(target, ignore_errors=True)
                (scratch / "base").rename(target)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    facts = json.loads((target / "base.json").read_text(encoding="utf-8"))
    return Base(layout=target / "layout", **facts)


def host_suite() -> tuple[str, str]:
    """The machine's distribution and suite: ("debian", "bookworm")."""
    release: dict[str, str] = {}
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        release[name] = value.strip('"')
    suite = release.get("VERSION_CODENAME", "")
    if release.get("ID") not in ("debian", "ubuntu") or not suite:
        raise SystemExit("make-base: needs Debian or Ubuntu, whose packages the base is made of")
    return release["ID"], suite


def host_sources(distribution: str) -> list[str]:
    """The machine's own package sources of the distribution, mirrors included; no third parties."""
    directory = Path("/etc/apt")
    modern = directory / "sources.list.d" / f"{distribution}.sources"
    classic = directory / "sources.list"
    found = [str(p) for p in (modern, classic) if p.is_file() and p.read_text().strip()]
    if not found:
        raise SystemExit(f"make-base: neither {modern} nor {classic} names package sources")
    return found


def install(target: Path, architecture: str, variant: str, packages: Iterable[str]) -> None:
    """A root file system of the suite as a tar file."""
    distribution, suite = host_suite()
    hooks = Path("/usr/share/mmdebstrap/hooks/merged-usr")
    command = [
        "mmdebstrap", "--quiet", f"--architectures={architecture}", f"--variant={variant}",
        f"--include={','.join(packages)}", '--aptopt=Acquire::Check-Valid-Until "false"',
        *([f"--hook-dir={hooks}"] if hooks.is_dir() else []),
        suite, str(target), *host_sources(distribution),
    ]  # fmt: skip
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": str(EPOCH)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"make-base: mmdebstrap failed for {architecture}\n{done.stderr}")


def read_root(tar: Path) -> Root:
    """The files of a root, without what belongs to no image, dated and owned as they are."""
    root: Root = {}
    with tarfile.open(tar) as archive:
        for info in archive:
            name = posixpath.normpath(info.name).lstrip("/")
            device = info.type in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
            if name == "." or device or name.startswith(LEFT_OUT) or "__pycache__" in name:
                continue
            if name.startswith("usr/share/doc/") and not name.endswith("/copyright"):
                continue
            stream = archive.extractfile(info) if info.isreg() else None
            info.name, info.pax_headers, info.uname, info.gname = name, {}, "", ""
            info.mtime = min(int(info.mtime), EPOCH)
            if info.islnk():
                info.linkname = posixpath.normpath(info.linkname).lstrip("/")
            root[name] = Entry(info, stream.read() if stream else b"")
    for name in EMPTY_DIRECTORIES:
        root[name] = directory(name, 0o1777 if name == "tmp" else 0o755)
    return root


def directory(name: str, mode: int = 0o755) -> Entry:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = tarfile.DIRTYPE, mode, EPOCH
    return Entry(info)


def file(name: str, data: bytes = b"") -> Entry:
    info = tarfile.TarInfo(name)
    info.mode, info.mtime = 0o644, EPOCH
    return Entry(info, data)


def link(name: str, target: str) -> Entry:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.mtime = tarfile.SYMTYPE, target, 0o777, EPOCH
    return Entry(info)


def stanzas(root: Root) -> list[dict[str, str]]:
    """The packages of dpkg's data base, as fields."""
    text = root["var/lib/dpkg/status"].data.decode()
    found = [dict(re.findall(r"^([\w-]+): (.*)$", part, re.M)) for part in text.split("\n\n")]
    return [f for f in found if f.get("Status") == "install ok installed"]


def complete_foreign_root(foreign: Root, host: Root, architecture: str, host_arch: str) -> Root:
    """Adds to an only unpacked root what maintainer scripts made in the host's: dpkg's data base,
    accounts and other files without an architecture."""
    swap = (TRIPLETS[host_arch].encode(), TRIPLETS[architecture].encode())
    root = dict(foreign)
    for name, entry in host.items():
        info, data = entry.info, entry.data
        if name.startswith("var/lib/dpkg/"):
            if name.endswith(".md5sums") and f":{host_arch}." in name:
                continue  # sums of other bytes
            info = copy.copy(info)
            info.name = name.replace(f":{host_arch}.", f":{architecture}.")
            if name.endswith(".list"):
                data = data.replace(*swap)
            elif name.endswith(("/status", "/arch")):
                data = data.replace(f"{host_arch}\n".encode(), f"{architecture}\n".encode())
            root[info.name] = Entry(info, data)
        elif name in ("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow") or (
            name not in root and name.startswith(("etc/", "var/", "usr/local", "root", "home"))
        ):
            root[name] = entry
    root.pop("etc/ld.so.cache", None)
    return root


def files_of(root: Root, wanted: re.Pattern[str]) -> set[str]:
    """The files of the packages whose name matches, by dpkg's lists."""
    names: set[str] = set()
    for name in root:
        match = re.fullmatch(r"var/lib/dpkg/info/([^:/]+?)(:\w+)?\.list", name)
        if not match or not wanted.fullmatch(match.group(1)):
            continue
        names.update(n for n in root if n.startswith(name[: -len("list")]))
        listed = [line.lstrip("/") for line in root[name].data.decode().splitlines()]
        # Where /lib is a link to /usr/lib, dpkg may list /lib/x for what is /usr/lib/x.
        names.update(n for path in listed for n in (path, "usr/" + path) if n in root)
    return {n for n in names if not root[n].info.isdir()}


def with_parents(root: Root, names: Iterable[str]) -> Root:
    chosen: Root = {}
    for name in names:
        parent = posixpath.dirname(name)
        while parent and parent not in chosen:
            if parent in root and root[parent].info.isdir():
                chosen[parent] = root[parent]
            parent = posixpath.dirname(parent)
        chosen[name] = root[name]
    return chosen


def official_names(python: str) -> Root:
    """What `library/python` has in /usr/local, pointing at the distribution's interpreter; with a
    whiteout, as base images have them, of the mark that forbids pip."""
    local = f"usr/local/lib/python{python}"
    hook = f"import site; site.addsitedir('/{local}/site-packages')\n".encode()
    entries = [
        directory("usr/local/bin"),
        link(f"usr/local/bin/python{python}", f"/usr/bin/python{python}"),
        link("usr/local/bin/python3", f"python{python}"),
        link("usr/local/bin/python", "python3"),
        directory(local),
        directory(f"{local}/dist-packages"),
        file(f"{local}/dist-packages/site-packages.pth", hook),
        directory(f"{local}/site-packages"),
        file(f"usr/lib/python{python}/.wh.EXTERNALLY-MANAGED"),
    ]
    return {entry.info.name: entry for entry in entries}


class Layout:
    """Writes an OCI image layout."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "blobs" / "sha256").mkdir(parents=True)
        (path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def blob(self, media_type: str, data: bytes, **more: Any) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        (self.path / "blobs" / "sha256" / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data), **more}

    def document(self, media_type: str, value: Any, **more: Any) -> dict[str, Any]:
        text = json.dumps(value, indent=2, sort_keys=True)
        return self.blob(media_type, text.encode(), **more)

    def layer(self, root: Root) -> tuple[dict[str, Any], str]:
        """Descriptor and diff id. Hard links come after what they link to."""
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name in sorted(root, key=lambda n: (root[n].info.islnk(), n)):
                entry = root[name]
                entry.info.size = len(entry.data) if entry.info.isreg() else 0
                tar.addfile(entry.info, io.BytesIO(entry.data))
        packed = gzip.compress(raw.getvalue(), compresslevel=6, mtime=0)
        diff_id = "sha256:" + hashlib.sha256(raw.getvalue()).hexdigest()
        return self.blob(OCI_LAYER, packed), diff_id

    def image(
        self,
        architecture: str,
        layers: list[tuple[str, dict[str, Any], str]],
        environment: list[str],
    ) -> dict[str, Any]:
        """A manifest's descriptor; `layers` are (what made it, descriptor, diff id)."""
        platform = {"architecture": architecture, "os": "linux"}
        if architecture == "arm64":
            platform["variant"] = "v8"
        history: list[dict[str, Any]] = [
            {"created": CREATED, "created_by": by, "comment": "make-base"} for by, _, _ in layers
        ]
        command = 'CMD ["python3"]'
        history.append({"created": CREATED, "created_by": command, "empty_layer": True})
        config = {
            **platform,
            "created": CREATED,
            "config": {"Env": environment, "Cmd": ["python3"], "WorkingDir": "/"},
            "rootfs": {"type": "layers", "diff_ids": [diff_id for _, _, diff_id in layers]},
            "history": history,
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": self.document(OCI_CONFIG, config),
            "layers": [descriptor for _, descriptor, _ in layers],
        }
        return self.document(OCI_MANIFEST, manifest, platform=platform)

    def finish(self, tags: dict[str, dict[str, Any]]) -> None:
        manifests = [
            {**descriptor, "annotations": {"org.opencontainers.image.ref.name": tag}}
            for tag, descriptor in tags.items()
        ]
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}
        (self.path / "index.json").write_text(json.dumps(index, indent=2))


def make(target: Path, distribution: str, suite: str, scratch: Path) -> None:
    host_arch = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()
    print(f"make-base: installing {distribution} {suite} for {host_arch}", file=sys.stderr)
    install(scratch / "host.tar", host_arch, "minbase", PACKAGES)
    host = read_root(scratch / "host.tar")
    packages = stanzas(host)
    minimal = next(p for p in packages if re.fullmatch(r"python3\.\d+-minimal", p["Package"]))
    python = minimal["Package"][len("python") : -len("-minimal")]
    python_full = re.split(r"[-+~]", minimal["Version"])[0]

    roots = {host_arch: host}
    foreign = "arm64" if host_arch == "amd64" else "amd64"
    try:
        print(f"make-base: unpacking {distribution} {suite} for {foreign}", file=sys.stderr)
        install(scratch / "foreign.tar", foreign, "extract", [p["Package"] for p in packages])
        unpacked = read_root(scratch / "foreign.tar")
        roots[foreign] = complete_foreign_root(unpacked, host, foreign, host_arch)
    except SystemExit as problem:  # Ubuntu's mirrors have no arm64: one architecture is enough
        print(f"make-base: without {foreign}: {str(problem).splitlines()[-1]}", file=sys.stderr)

    layout = Layout(target / "layout")
    python_packages = re.compile(
        r".*python3.*|media-types|libexpat1|libsqlite3-0|libreadline8|readline-common|libnsl2"
        r"|libncursesw6|libtirpc.*"
    )
    common = [f"PATH={PATH_VALUE}", "LANG=C.UTF-8"]
    slim, usr = [], {}
    for architecture, root in roots.items():
        in_python = files_of(root, python_packages)
        system = {name: entry for name, entry in root.items() if name not in in_python}
        layers = [
            (f"{distribution} {suite}", *layout.layer(system)),
            (f"python3={python_full}", *layout.layer(with_parents(root, in_python))),
        ]
        if architecture == host_arch:
            usr = layout.image(architecture, layers, common)
        layers.append(("/usr/local/bin/python3", *layout.layer(official_names(python))))
        version = f"PYTHON_VERSION={python_full}"
        slim.append(layout.image(architecture, layers, [*common, version]))
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": slim}
    tags = {"slim": f"python-{python}-slim", "usr": f"python-{python}-usr"}
    layout.finish({tags["slim"]: layout.document(OCI_INDEX, index), tags["usr"]: usr})
    facts = {
        "distribution": f"{distribution} {suite}",
        "python": python,
        "python_full": python_full,
        **tags,
    }
    (target / "base.json").write_text(json.dumps(facts, indent=2))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="script/make-base",
        description="Makes a Python base image from this machine's packages.",
    )
    parser.add_argument("directory", nargs="?", help="copy the layout to here as well")
    arguments = parser.parse_args()
    base = ensure()
    if arguments.directory:
        target = Path(arguments.directory).resolve()
        if target.exists() and any(target.iterdir()):
            raise SystemExit(f"make-base: {target} is not empty")
        shutil.copytree(base.layout, target, dirs_exist_ok=True)
        base = dataclasses.replace(base, layout=target)
    print(f"make-base: {base.distribution}, Python {base.python_full}", file=sys.stderr)
    print(base.slim_reference)


if __name__ == "__main__":
    main()
