"""What is true of every store, whatever happened to the builds that wrote it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from support.product import Product, files_below


def store_is_sound(product: Product) -> None:
    """Every blob of the store is what its name says."""
    for path in files_below(product.store):
        if re.fullmatch(r"[0-9a-f]{64}", path.name) and "sha256" in path.parts:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name, path


def half_written(product: Product) -> list[Path]:
    """What builds are writing, or were when they were killed, and their leases."""
    return [
        path
        for path in files_below(product.store)
        if ".tmp-" in path.name or path.parent.name in ("incoming", "leases")
    ]


def nothing_half_written(product: Product) -> None:
    """Nobody is building, and nothing of those who did lies about."""
    assert half_written(product) == []
