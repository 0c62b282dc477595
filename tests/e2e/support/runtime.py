"""Runs an image and asks it over HTTP: podman where it works, else umoci with bubblewrap.

A container has a network of its own, with loopback only, so that no test meets another's port; the
question is asked from inside that network by this machine's Python. All state is under one
directory of the tests; the user's own containers and images are not touched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol

from support.servers import wait_until

# Without CAP_SYS_RESOURCE the runtime may not raise limits over those it was started with.
LIMITS = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=10000:10000")
ASK = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
connection.request("GET", sys.argv[2])
response = connection.getresponse()
sys.stdout.write(f"{response.status}\\n" + response.read().decode(errors="replace"))
"""


class Running:
    """A running container; stops with the `with` block."""

    def __init__(self, pid: int, stop: Sequence[str], logs: Sequence[str] | Path) -> None:
        self.pid = pid
        self.stop = stop
        self.logs_from = logs

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        subprocess.run(self.stop, capture_output=True, check=False)

    def logs(self) -> str:
        if isinstance(self.logs_from, Path):
            return self.logs_from.read_text(errors="replace")
        done = subprocess.run(self.logs_from, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def ask(self, port: int, path: str = "/") -> tuple[int, str] | None:
        """Status and body of one request; nothing when nobody listens yet."""
        inside = ["nsenter", "--net", f"--target={self.pid}", "--"]
        if os.geteuid() != 0:
            inside[1:1] = ["--user", "--preserve-credentials"]
        question = [sys.executable, "-c", ASK, str(port), path]
        done = subprocess.run([*inside, *question], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return None
        status, _, body = done.stdout.partition("\n")
        return int(status), body

    def get(self, port: int, path: str = "/", seconds: float = 30) -> tuple[int, str]:
        """As `ask`, once the server is up; the container's log tells why it never was."""
        answers: list[tuple[int, str]] = []

        def asked() -> bool:
            answer = self.ask(port, path)
            answers.extend([answer] if answer else [])
            if not answer and not Path(f"/proc/{self.pid}").exists():
                raise AssertionError(f"the container has ended:\n{self.logs()}")
            return bool(answers)

        try:
            wait_until(asked, f"port {port}", seconds)
        except TimeoutError as error:
            raise AssertionError(f"{error}; the container says:\n{self.logs()}") from None
        return answers[-1]


class Runtime(Protocol):
    name: str

    def start(self, image: str, environment: Mapping[str, str] | None = None) -> Running:
        """Starts `image` (`oci:DIR:TAG` or `docker://…`) as it is meant to start."""

    def run(self, image: str, *command: str, mount: Path | None = None) -> str:
        """What a command in the image prints; fails when it fails. A mounted directory is
        `/mnt` in the container, to be read only."""


class Podman:
    name = "podman"

    def __init__(self, state: Path, driver: str) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.state = state
        # podman wants this path short, 50 characters, and makes names of paths: no capitals.
        self.runroot = Path(tempfile.gettempdir()) / f"pycontainer-{uuid.uuid4().hex[:12]}"
        self.runroot.mkdir(mode=0o700)
        self.command = [
            "podman", f"--root={state}/root", f"--runroot={self.runroot}", f"--tmpdir={state}/tmp",
            f"--storage-driver={driver}", "--runtime=runc", "--cgroup-manager=cgroupfs",
            "--events-backend=file",
        ]  # fmt: skip
        (state / "registries.conf").write_text(
            'unqualified-search-registries = []\n[[registry]]\nlocation = "127.0.0.1"\n'
            "insecure = true\n"
        )
        self.environment = {
            **os.environ,
            "CONTAINERS_REGISTRIES_CONF": str(state / "registries.conf"),
        }

    def call(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self.command, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"podman {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def pull(self, image: str) -> str:
        """The image's identifier in podman's own storage."""
        if image.startswith("oci:"):
            # The name that podman gives it is the layout's path, which may be no name at all.
            layout, _, tag = image.removeprefix("oci:").rpartition(":")
            link = self.runroot / uuid.uuid4().hex
            link.symlink_to(layout)
            image = f"oci:{link}:{tag}"
        return self.call("pull", "--quiet", "--tls-verify=false", image).split()[-1]

    def start(self, image: str, environment: Mapping[str, str] | None = None) -> Running:
        settings = [f"--env={name}={value}" for name, value in (environment or {}).items()]
        options = ("--detach", "--network=none", *LIMITS, *settings)
        container = self.call("run", *options, self.pull(image)).strip()
        state = json.loads(self.call("inspect", container))[0]
        stop = [*self.command, "rm", "--force", "--time=0", container]
        return Running(state["State"]["Pid"], stop, [*self.command, "logs", container])

    def run(self, image: str, *command: str, mount: Path | None = None) -> str:
        mounts = [f"--volume={mount}:/mnt:ro"] if mount else []
        options = ("--rm", "--network=none", "--entrypoint=", *LIMITS, *mounts)
        return self.call("run", *options, self.pull(image), *command)

    def close(self) -> None:
        remove = [*self.command, "rm", "--all", "--force", "--time=0"]
        subprocess.run(remove, capture_output=True, check=False)
        # The overlay driver keeps a mount point of its own, which would outlive the directory.
        umount = ["umount", "--lazy", str(self.state / "root" / "overlay")]
        subprocess.run(umount, capture_output=True, check=False)
        for directory in (self.state, self.runroot):
            shutil.rmtree(directory, ignore_errors=True)


class Unpacked:
    """For machines where podman cannot run: umoci unpacks, bubblewrap starts."""

    name = "umoci and bubblewrap"

    def __init__(self, state: Path) -> None:
        self.state = state
        state.mkdir(parents=True, exist_ok=True)

    def unpack(self, image: str) -> Path:
        bundle = self.state / uuid.uuid4().hex
        layout = bundle.with_suffix(".layout")
        copy = ["skopeo", "copy", "--src-tls-verify=false", image, f"oci:{layout}:image"]
        rootless = [] if os.geteuid() == 0 else ["--rootless"]
        subprocess.run(copy, capture_output=True, check=True)
        unpack = ["umoci", "unpack", *rootless, "--image", f"{layout}:image", str(bundle)]
        subprocess.run(unpack, capture_output=True, check=True)
        return bundle

    def bubblewrap(self, bundle: Path, environment: Mapping[str, str]) -> tuple[list[str], Path]:
        process = json.loads((bundle / "config.json").read_text())["process"]
        command = [
            "bwrap", "--bind", str(bundle / "rootfs"), "/", "--proc", "/proc", "--dev", "/dev",
            "--unshare-net", "--unshare-pid", "--die-with-parent", "--clearenv",
            "--chdir", process["cwd"],
        ]  # fmt: skip
        for setting in [*process["env"], *(f"{k}={v}" for k, v in environment.items())]:
            name, _, value = setting.partition("=")
            command += ["--setenv", name, value]
        return [*command, "--"], bundle / "log"

    def start(self, image: str, environment: Mapping[str, str] | None = None) -> Running:
        bundle = self.unpack(image)
        prefix, log = self.bubblewrap(bundle, environment or {})
        arguments = json.loads((bundle / "config.json").read_text())["process"]["args"]
        information = bundle / "pid"
        with open(log, "wb") as output, open(information, "w") as pid:
            prefix[1:1] = ["--json-status-fd", str(pid.fileno())]
            process = subprocess.Popen(
                [*prefix, *arguments], stdout=output, stderr=output, pass_fds=[pid.fileno()]
            )
        wait_until(lambda: "child-pid" in information.read_text(), "bwrap")
        child = json.loads(information.read_text().splitlines()[0])["child-pid"]
        return Running(child, ["kill", "-9", str(process.pid)], log)

    def run(self, image: str, *command: str, mount: Path | None = None) -> str:
        bundle = self.unpack(image)
        prefix, _ = self.bubblewrap(bundle, {})
        if mount:
            prefix[-1:-1] = ["--ro-bind", str(mount), "/mnt"]
        done = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def close(self) -> None:
        shutil.rmtree(self.state, ignore_errors=True)


def find_runtime(state: Path, probe_image: str) -> Podman | Unpacked:
    """The first that runs `probe_image`."""
    reasons = []
    if shutil.which("podman"):
        for driver in ("overlay", "vfs"):
            podman = Podman(state / f"podman-{driver}", driver)
            try:
                podman.run(probe_image, "python3", "-c", "")
                return podman
            except AssertionError as error:
                reasons.append(str(error))
                print(f"podman does not run images here: {error}", file=sys.stderr)
                podman.close()
    unpacked = Unpacked(state / "unpacked")
    try:
        unpacked.run(probe_image, "python3", "-c", "")
    except (OSError, AssertionError, subprocess.CalledProcessError) as error:
        raise RuntimeError("no runtime works here:\n" + "\n".join([*reasons, str(error)])) from None
    return unpacked
