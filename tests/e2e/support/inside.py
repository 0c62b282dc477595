"""What the Python of an image says of its packages: all of them complete, and fitting together."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pip

from support.runtime import Podman, Unpacked

# One start of the container for all questions; pip is mounted beside what is installed.
QUESTIONS = """
import importlib.metadata, json, subprocess, sys, sysconfig

missing, names = [], {}
for distribution in importlib.metadata.distributions():
    names[distribution.metadata["Name"].lower()] = distribution.version
    missing += [str(file) for file in distribution.files or ["no RECORD"]
                if not file.locate().is_file()]

def ask(*command):
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    return [done.returncode, done.stdout + done.stderr]

check = "import sys; sys.path.append('/mnt'); from pip._internal.cli.main import main; " \\
        "sys.exit(main(['check']))"
answers = {
    "names": names,
    "missing": missing,
    "pip check": ask("-c", check),
    "compileall": ask("-X", "pycache_prefix=/tmp/pycache", "-m", "compileall", "-q", "-j", "0",
                      sysconfig.get_path("purelib"), "/app"),
}
print(json.dumps(answers))
"""


def check_packages(
    runtime: Podman | Unpacked, image: str, scratch: Path, expected: set[str]
) -> None:
    """`importlib.metadata` finds exactly `expected` (`name==version`) with all their files, `pip
    check` has nothing to complain of, and everything compiles."""
    mounted = scratch / "mounted"
    shutil.copytree(Path(pip.__file__).parent, mounted / "pip")
    answers = json.loads(runtime.run(image, "python", "-c", QUESTIONS, mount=mounted))
    found = {f"{name}=={version}" for name, version in answers["names"].items()}
    assert {name.replace("_", "-") for name in found} == expected
    assert answers["missing"] == []
    assert answers["pip check"] == [0, "No broken requirements found.\n"]
    assert answers["compileall"] == [0, ""]
