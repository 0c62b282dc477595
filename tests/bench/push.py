"""P1, P2: what it costs to push an image whose blobs the registry lacks: one large layer, many
small ones. Every push goes to a registry that has just been started and is empty, so that nobody
profits from what another one sent."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import secrets
import shutil
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from peers import measure as run
from stage import Stage, say, spread
from support.go_programs import CRANE, UnavailableError, crane
from support.product import BINARY
from support.registries import Registry

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def add_blob(layout: Path, kind: str, content: bytes) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    (layout / "blobs" / "sha256" / digest).write_bytes(content)
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}


def write_layout(layout: Path, layers: list[int]) -> None:
    """An image of layers of so many bytes each, which nothing can compress."""
    (layout / "blobs" / "sha256").mkdir(parents=True)
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    diff_ids = []
    descriptors = []
    for size in layers:
        content = secrets.token_bytes(size)
        diff_ids.append(f"sha256:{hashlib.sha256(content).hexdigest()}")
        packed = gzip.compress(content, compresslevel=0, mtime=0)
        descriptors.append(add_blob(layout, LAYER, packed))
    platform = {"architecture": "amd64", "os": "linux"}
    config = {**platform, "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    image = {"schemaVersion": 2, "mediaType": MANIFEST}
    image["config"] = add_blob(layout, CONFIG, json.dumps(config).encode())
    image["layers"] = descriptors
    manifest = add_blob(layout, MANIFEST, json.dumps(image).encode())
    manifest["annotations"] = {"org.opencontainers.image.ref.name": "1"}
    index = {"schemaVersion": 2, "manifests": [manifest]}
    (layout / "index.json").write_text(json.dumps(index))


@dataclass
class Pusher:
    """`command` makes what is run of the layout and the registry's address."""

    name: str
    command: Callable[[Path, str], list[str]]
    seconds: list[float] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)


def pushers(stage: Stage) -> list[Pusher]:
    def ours(layout: Path, registry: str) -> list[str]:
        return [str(BINARY), "push", "--quiet", "--from", str(layout), f"{registry}/bench:1"]

    found = [Pusher("pycontainer push", ours)]
    try:
        program = str(crane())
        found.append(
            Pusher(
                f"crane push {CRANE}",
                lambda layout, registry: [program, "push", str(layout), f"{registry}/bench:1"],
            )
        )
    except UnavailableError as reason:
        stage.note(f"Left out: {reason}.")
    skopeo = shutil.which("skopeo")
    if skopeo:
        copy = [skopeo, "copy", "--quiet", "--dest-tls-verify=false"]
        found.append(
            Pusher(
                "skopeo copy",
                lambda layout, registry: [*copy, f"oci:{layout}:1", f"docker://{registry}/bench:1"],
            )
        )
    return found


def push(stage: Stage, pusher: Pusher, layout: Path, number: int) -> None:
    place = stage.directory(f"push-{number}-{pusher.name.split()[0]}")
    told = place / "peak"
    environment = {"HOME": str(place), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    with Registry(place, direct=True) as registry:
        command = pusher.command(layout, registry.address)
        timed = ["/usr/bin/time", "--format=%M", f"--output={told}", *command]
        pusher.seconds.append(run(timed, place, environment, place / "log"))
    pusher.peaks.append(int(told.read_text()) * 1024)
    shutil.rmtree(place)


def measure(stage: Stage, name: str, title: str, layers: list[int]) -> list[str]:
    layout = stage.directory(f"push-{name}") / "image"
    write_layout(layout, layers)
    compared = pushers(stage)
    stage.note(
        "P1 and P2: into an empty Debian docker-registry on loopback, a new one for every push."
    )
    for number in range(stage.rounds):
        for pusher in compared:
            say(f"{name}: {pusher.name}")
            subprocess.run(["sync"], check=True)  # what one has written disturbs nobody else
            push(stage, pusher, layout, number)
    shutil.rmtree(layout)
    times = " | ".join(spread(pusher.seconds) for pusher in compared)
    peaks = " | ".join(f"{max(pusher.peaks) / 1e6:.0f} MB" for pusher in compared)
    ours, *peers = [statistics.median(pusher.seconds) for pusher in compared]
    ratio = f"{min(peers) / ours:.1f}×" if peers else "–"
    return [
        f"## {name}: {title}",
        "",
        f"| scenario | {' | '.join(p.name for p in compared)} | quicker than the best peer |",
        "|---|" + "---|" * (len(compared) + 1),
        f"| push | {times} | {ratio} |",
        f"| peak memory | {peaks} | |",
    ]


def large(stage: Stage) -> list[str]:
    return measure(stage, "P1", "pushing one layer of 500 MB", [500_000_000])


def many(stage: Stage) -> list[str]:
    return measure(stage, "P2", "pushing 200 layers of 50 kB", [50_000] * 200)
