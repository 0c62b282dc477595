"""The builders that are compared, each behind the same few steps."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from support.go_programs import UnavailableError, compiled
from support.product import BINARY, network_environment
from support.servers import wait_until

BUILDKIT = "v0.34.2"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def measure(command: list[str], cwd: Path, environment: Mapping[str, str], log: Path) -> float:
    """The seconds that a command takes, which has to succeed."""
    with open(log, "wb") as output:
        actions = [
            (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
        ]
        here = os.getcwd()
        os.chdir(cwd)  # posix_spawn starts quicker than fork and exec, but takes no directory
        try:
            before = time.perf_counter()
            pid = os.posix_spawn(command[0], command, environment, file_actions=actions)
            _, status = os.waitpid(pid, 0)
            seconds = time.perf_counter() - before
        finally:
            os.chdir(here)
    if status != 0:
        raise RuntimeError(f"{' '.join(command)}\n{log.read_text(errors='replace')}")
    return seconds


class Builder:
    """One builder with its own state; `project` is its own copy of the workload."""

    name = ""

    def __init__(self, work: Path, project: Path, base: str, uv: str) -> None:
        self.work = work
        self.project = project
        self.base = base
        self.uv = uv
        self.environment = {
            **network_environment(),
            "HOME": str(work),
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
        }
        work.mkdir(parents=True, exist_ok=True)

    def forget(self) -> None:
        """Empties every cache of the builder."""

    def forget_images(self) -> None:
        """Forgets what was built, but not the packages that were fetched for it."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def build(self) -> float:
        return measure(self.command(), self.project, self.environment, self.work / "log")

    def peak_bytes(self) -> int:
        """Peak memory of a cold build, by a program so small that its own does not count: the
        kernel charges a process with what its parent had when it was forked."""
        self.forget()
        told = self.work / "peak"
        command = ["/usr/bin/time", "--format=%M", f"--output={told}", *self.command()]
        measure(command, self.project, self.environment, self.work / "log")
        return int(told.read_text()) * 1024

    def close(self) -> None:
        pass


class Pycontainer(Builder):
    name = "pycontainer"
    renamed = 0

    def command(self) -> list[str]:
        flags = ["--base-image", self.base, "--tag", "bench:1", "--output", "dist/image"]
        return [str(BINARY), "build", *flags, "--cache-dir", str(self.work / "cache")]

    def forget(self) -> None:
        shutil.rmtree(self.work / "cache", ignore_errors=True)
        self.forget_images()

    def forget_images(self) -> None:
        """The store is shared by all projects: a new one finds its packages there. What it built
        is remembered by the project's directory, which gets another name."""
        shutil.rmtree(self.project / "dist", ignore_errors=True)
        self.renamed += 1
        self.project = self.project.rename(self.project.with_name(f"project-{self.renamed}"))


class Buildah(Builder):
    """`buildah bud` without a daemon. The lock is copied: with a bind mount buildah 1.28 takes a
    changed lock for unchanged and builds a wrong image."""

    name = "buildah"

    def __init__(self, work: Path, project: Path, base: str, uv: str) -> None:
        super().__init__(work, project, base, uv)
        found = shutil.which("buildah")
        if not found:
            raise UnavailableError("buildah is not installed")
        self.program = found
        self.environment["TMPDIR"] = str(work / "tmp")  # cache mounts are below
        self.forget()

    def command(self) -> list[str]:
        storage = ["--root", str(self.work / "root"), "--runroot", str(self.work / "run")]
        mounts = ["--volume", f"{self.uv}:/bin/uv:ro"]
        mounts += ["--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro"]
        flags = ["--isolation", "chroot", "--layers", "--tls-verify=false", "--network", "host"]
        return [self.program, *storage, "bud", *flags, *mounts, "--tag", "bench:1", "."]

    def forget(self) -> None:
        self.close()
        (self.work / "tmp").mkdir(parents=True)

    def close(self) -> None:
        mount = self.work / "root" / "overlay"
        subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)
        for name in ("root", "run", "tmp"):
            shutil.rmtree(self.work / name, ignore_errors=True)


class BuildKit(Builder):
    """`buildctl` with a `buildkitd` that is already up; writes an OCI layout, as ours does."""

    name = "BuildKit"

    def __init__(self, work: Path, project: Path, base: str, uv: str) -> None:
        super().__init__(work, project, base, uv)
        tools = buildkit_tools()
        self.socket = f"unix://{work}/buildkitd.sock"
        self.program = str(tools / "buildctl")
        registry = base.split("/")[0]
        (work / "buildkitd.toml").write_text(f'[registry."{registry}"]\nhttp = true\n')
        (work / "uv").mkdir()
        shutil.copy2(uv, work / "uv" / "uv")
        shutil.copy2(CERTIFICATES, work / "uv" / "certificates.crt")
        command = [str(tools / "buildkitd"), "--root", str(work / "root"), "--addr", self.socket]
        command += ["--config", str(work / "buildkitd.toml"), "--containerd-worker=false"]
        command += ["--oci-worker-net=host"]
        with open(work / "buildkitd.log", "wb") as log:
            self.daemon = subprocess.Popen(
                command, stdout=log, stderr=log, env={**self.environment, "TMPDIR": str(work)}
            )
        try:
            wait_until(lambda: self.control("debug", "workers") == 0, "buildkitd")
        except TimeoutError:
            self.close()
            text = (work / "buildkitd.log").read_text()
            raise UnavailableError(f"buildkitd does not start: {text[-300:]}") from None

    def control(self, *arguments: str) -> int:
        command = [self.program, "--addr", self.socket, *arguments]
        return subprocess.run(command, capture_output=True, check=False).returncode

    def command(self) -> list[str]:
        flags = ["--frontend", "dockerfile.v0", "--local", "context=.", "--local", "dockerfile=."]
        flags += ["--local", f"uv={self.work}/uv", "--opt", "context:uv=local:uv"]
        output = f"type=oci,tar=false,dest={self.work}/image"
        return [self.program, "--addr", self.socket, "build", *flags, "--output", output]

    def peak_bytes(self) -> int:
        """Of the daemon, over all builds that it made."""
        status = Path(f"/proc/{self.daemon.pid}/status").read_text().splitlines()
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        return peak * 1024

    def forget(self) -> None:
        self.control("prune", "--all")
        shutil.rmtree(self.work / "image", ignore_errors=True)

    def forget_images(self) -> None:
        self.control("prune", "--all", "--filter", "type==regular")
        shutil.rmtree(self.work / "image", ignore_errors=True)

    def close(self) -> None:
        self.daemon.terminate()
        self.daemon.wait(20)


class UvTarGzip(Builder):
    """A layer of the dependencies by ordinary programs: no base image, no sources, no manifest."""

    name = "uv, tar, gzip"
    script = (
        '"$UV" pip install --quiet --no-deps --target site --requirement ../requirements.txt && '
        "tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - site | "
        "gzip -n >layer.tar.gz && sha256sum layer.tar.gz"
    )

    def __init__(self, work: Path, project: Path, base: str, uv: str) -> None:
        super().__init__(work, project, base, uv)
        self.environment |= {"UV": uv, "UV_CACHE_DIR": str(work / "cache")}

    def command(self) -> list[str]:
        return ["/bin/sh", "-c", self.script]

    def build(self) -> float:
        shutil.rmtree(self.project / "site", ignore_errors=True)
        return super().build()

    def forget(self) -> None:
        shutil.rmtree(self.work / "cache", ignore_errors=True)
        self.forget_images()

    def forget_images(self) -> None:
        shutil.rmtree(self.project / "site", ignore_errors=True)


def buildkit_tools() -> Path:
    """`buildkitd` and `buildctl`, compiled once from the Go module proxy."""
    if not shutil.which("runc"):
        raise UnavailableError("BuildKit needs runc")
    packages = [f"github.com/moby/buildkit/cmd/{name}" for name in ("buildctl", "buildkitd")]
    return compiled("buildkit", BUILDKIT, *packages)
