"""Disks that are too small or cannot be written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(directory: Path, *options: str) -> Iterator[Path]:
    """A tmpfs on `directory`; needs root."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    directory.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mount: {done.stderr.strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def resize(directory: Path, size: str) -> None:
    """Makes what `mounted` has mounted larger or smaller."""
    subprocess.run(["mount", "-o", f"remount,size={size}", str(directory)], check=True)
