"""Real registries on loopback: Debian's `docker-registry`, each behind a gateway of ours.

```python
with Registry(tmp_path, Auth.TOKEN) as registry:
    registry.address      # "127.0.0.1:PORT": what image references are made of
    registry.gateway.log  # every request that passed: what was uploaded, and how often
```

The gateway is the same host and port for the registry and for its token server, as careful clients
ask of a realm on a private address. It also injects faults and holds requests, so that tests need
no pauses. A TLS registry has its own certificate authority and no gateway: `registry.ca`.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import enum
import http.client
import http.server
import json
import os
import re
import secrets
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from support.base import Base
from support.images import skopeo
from support.servers import HttpServer, answers_tcp, free_port, wait_until

USER = "alice"
PASSWORD = "canary-7f3a9c51"  # also what no output, layer or store file may contain
# USER and PASSWORD for docker-registry, which reads bcrypt only: `htpasswd -Bbn -C 4`.
HTPASSWD = "alice:$2y$04$thcAur1P3BGGFC9JN6sa/.UgmW.s.6YP6289RjfcBmPaD1vFepEJa\n"
NAME = "registry.example"  # also in the certificate; no resolver knows it
SERVICE = "test-registry"
ISSUER = "test-issuer"


class Auth(enum.Enum):
    NONE = "plain"
    BASIC = "basic"
    TOKEN = "token"
    TLS_BASIC = "tls"


@dataclasses.dataclass(frozen=True)
class Request:
    """A request that passed a gateway."""

    method: str
    path: str  # with the query
    status: int
    sent: int  # bytes of its body
    received: int  # bytes of the answer's body
    authorization: str | None


@dataclasses.dataclass
class Fault:
    """What the gateway answers itself instead of asking the registry."""

    method: str
    path: re.Pattern[str]
    status: int
    body: bytes = b""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    times: int = 1_000_000


class Hold:
    """Requests that match wait at the gateway until `release`; `reached` tells that one does."""

    def __init__(self, method: str, path: str) -> None:
        self.method = method
        self.path = re.compile(path)
        self.reached = threading.Event()
        self.release = threading.Event()


class Gateway:
    """An HTTP front on a free port that passes requests on to `backend` and notes each."""

    def __init__(self, backend: int, tokens: TokenServer | None = None) -> None:
        self.log: list[Request] = []
        self.faults: list[Fault] = []
        self.holds: list[Hold] = []
        self.lock = threading.Lock()
        self.backend = backend
        self.tokens = tokens
        gateway = self

        class Handler(_Passing):
            owner = gateway

        self.server = HttpServer(Handler)
        self.port = self.server.port
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        for hold in self.holds:
            hold.release.set()
        self.server.shutdown()
        self.server.server_close()

    def clear(self) -> None:
        with self.lock:
            self.log.clear()

    @contextlib.contextmanager
    def fault(self, method: str, path: str, status: int, **more: Any) -> Iterator[Fault]:
        fault = Fault(method, re.compile(path), status, **more)
        self.faults.append(fault)
        try:
            yield fault
        finally:
            self.faults.remove(fault)

    @contextlib.contextmanager
    def hold(self, method: str, path: str) -> Iterator[Hold]:
        hold = Hold(method, path)
        self.holds.append(hold)
        try:
            yield hold
        finally:
            hold.release.set()
            self.holds.remove(hold)

    def requests(self, method: str, path: str = "") -> list[Request]:
        """What passed, by method and a pattern that is searched in the path."""
        with self.lock:
            return [r for r in self.log if r.method == method and re.search(path, r.path)]

    def uploaded_bytes(self) -> int:
        with self.lock:
            return sum(r.sent for r in self.log if "/blobs/uploads/" in r.path)


class _Passing(http.server.BaseHTTPRequestHandler):
    owner: ClassVar[Gateway]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        data = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        if self.command != "HEAD" and not any(n.lower() == "content-length" for n, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        owner = self.owner
        if owner.tokens is not None and self.path.split("?")[0] == "/token":
            return owner.tokens.answer(self.command, self.path, self.headers, body)
        for fault in owner.faults:
            if fault.times > 0 and fault.method == self.command and fault.path.search(self.path):
                fault.times -= 1
                return fault.status, list(fault.headers.items()), fault.body
        upstream = http.client.HTTPConnection("127.0.0.1", owner.backend, timeout=60)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():  # Accept may come several times
            if name.lower() not in ("transfer-encoding", "content-length"):
                upstream.putheader(name, value)
        if body or self.command in ("POST", "PUT", "PATCH"):
            upstream.putheader("Content-Length", str(len(body)))
        upstream.endheaders(body or None)
        response = upstream.getresponse()
        data = response.read()
        upstream.close()
        return response.status, response.getheaders(), data

    def handle_one(self) -> None:
        body = self.body()
        for hold in list(self.owner.holds):
            if re.fullmatch(hold.method, self.command) and hold.path.search(self.path):
                hold.reached.set()
                hold.release.wait(60)
        status, headers, data = self.answer(body)
        with self.owner.lock:
            authorization = self.headers.get("Authorization")
            self.owner.log.append(
                Request(self.command, self.path, status, len(body), len(data), authorization)
            )
        with contextlib.suppress(ConnectionError):  # the client may have gone
            self.reply(status, headers, data)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815


class TokenServer:
    """Grants bearer tokens by the distribution's token protocol: USER may do all, others pull."""

    def __init__(self, key: Path, certificate: Path) -> None:
        self.key = key
        lines = certificate.read_text().splitlines()
        self.chain = ["".join(line for line in lines if "CERTIFICATE" not in line)]
        self.granted: list[tuple[str | None, str]] = []  # (user, scope)

    def answer(
        self, method: str, path: str, headers: Any, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        query = urllib.parse.parse_qs(urllib.parse.urlparse(path).query)
        user = password = None
        if method == "POST":
            query = urllib.parse.parse_qs(body.decode())
            user, password = query.get("username", [None])[0], query.get("password", [None])[0]
        elif authorization := headers.get("Authorization"):
            decoded = base64.b64decode(authorization.removeprefix("Basic ")).decode()
            user, _, password = decoded.partition(":")
        kind = [("Content-Type", "application/json")]
        if user is not None and (user, password) != (USER, PASSWORD):
            return 401, kind, b'{"details": "bad credentials"}'
        access = []
        for scope in " ".join(query.get("scope", [])).split():
            self.granted.append((user, scope))
            type_, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            allowed = [a for a in actions.split(",") if user == USER or a == "pull"]
            access.append({"type": type_, "name": name, "actions": allowed})
        token = self.sign(query.get("service", [""])[0], user or "", access)
        answer = {"token": token, "access_token": token, "expires_in": 60}
        return 200, kind, json.dumps(answer).encode()

    def sign(self, audience: str, user: str, access: list[dict[str, Any]]) -> str:
        """A JSON Web Token with RS256 (RFC 7515, RFC 7518 §3.3), signed by openssl."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": user,
            "aud": audience,
            "iat": now,
            "nbf": now - 10,
            "exp": now + 60,
            "jti": secrets.token_hex(8),
            "access": access,
        }
        header = {"typ": "JWT", "alg": "RS256", "x5c": self.chain}
        parts = [_base64url(json.dumps(part).encode()) for part in (header, claims)]
        command = ["openssl", "dgst", "-sha256", "-sign", str(self.key)]
        signed = subprocess.run(
            command, input=".".join(parts).encode(), capture_output=True, check=True
        )
        return ".".join([*parts, _base64url(signed.stdout)])


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Registry:
    """A `docker-registry` with its state under `state`; stops with the `with` block. A `direct` one
    has no gateway in front, for measuring. A TLS registry with `client_certificates` lets nobody in
    who has none of its authority: `client.crt` and `client.key` of its state."""

    def __init__(
        self,
        state: Path,
        auth: Auth = Auth.NONE,
        *,
        direct: bool = False,
        client_certificates: bool = False,
    ) -> None:
        self.client_certificates = client_certificates
        self.direct = direct or auth is Auth.TLS_BASIC
        self.state = state / f"registry-{auth.value}-{secrets.token_hex(4)}"
        self.auth = auth
        self.ca: Path | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.gateway: Gateway
        self.tokens: TokenServer | None = None
        self.port = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Registry:
        self.state.mkdir(parents=True)
        backend = free_port()
        self.port = backend
        if self.auth is Auth.TOKEN:
            make_certificate(self.state, "token")
            self.tokens = TokenServer(self.state / "token.key", self.state / "token.crt")
        if self.auth is Auth.TLS_BASIC:
            self.ca = make_authority_and_certificate(self.state)
        if not self.direct:
            self.gateway = Gateway(backend, self.tokens)
            self.port = self.gateway.port
        configuration = self.state / "config.yml"
        configuration.write_text(json.dumps(self.configuration(backend)))  # JSON is YAML
        with open(self.state / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["docker-registry", "serve", str(configuration)],
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"},
            )
        wait_until(lambda: answers_tcp(backend), f"docker-registry ({self.state}/log)")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self.direct:
            self.gateway.close()
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)

    def configuration(self, backend: int) -> dict[str, Any]:
        http_part: dict[str, Any] = {"addr": f"127.0.0.1:{backend}"}
        if self.auth is Auth.TLS_BASIC:
            http_part["tls"] = {
                "certificate": str(self.state / "server.crt"),
                "key": str(self.state / "server.key"),
                "clientcas": [str(self.ca)] if self.client_certificates else [],
            }
        settings: dict[str, Any] = {
            "version": "0.1",
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self.state / "data")}},
            "http": http_part,
        }
        if self.auth in (Auth.BASIC, Auth.TLS_BASIC):
            (self.state / "htpasswd").write_text(HTPASSWD)
            settings["auth"] = {
                "htpasswd": {"realm": "registry", "path": str(self.state / "htpasswd")}
            }
        if self.auth is Auth.TOKEN:
            settings["auth"] = {
                "token": {
                    "realm": f"http://{self.address}/token",
                    "service": SERVICE,
                    "issuer": ISSUER,
                    "rootcertbundle": str(self.state / "token.crt"),
                }
            }
        return settings

    def docker_config(
        self, directory: Path, password: str = PASSWORD, host: str | None = None
    ) -> Path:
        """A docker configuration with this registry's credentials, for `$DOCKER_CONFIG`."""
        directory.mkdir(parents=True, exist_ok=True)
        auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
        config = {"auths": {host or self.address: {"auth": auth}}}
        (directory / "config.json").write_text(json.dumps(config))
        return directory


def push_base(base: Base, registry: Registry, name: str) -> str:
    """Copies the base, all platforms, with skopeo; the reference it has there."""
    credentials = [] if registry.auth is Auth.NONE else ["--dest-creds", f"{USER}:{PASSWORD}"]
    target = f"docker://{registry.address}/{name}"
    options = ["--all", "--dest-tls-verify=false", *credentials]
    skopeo("copy", *options, base.slim_reference, target)
    return f"{registry.address}/{name}"


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True)


def make_certificate(directory: Path, name: str) -> None:
    """A self-signed certificate NAME.crt with NAME.key."""
    key, certificate = directory / f"{name}.key", directory / f"{name}.crt"
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}")
    _openssl(*new, "-keyout", key, "-out", certificate)


def make_authority_and_certificate(directory: Path) -> Path:
    """`ca.crt` and, signed by it, `server.crt` for 127.0.0.1, localhost and NAME, and `client.crt`,
    with their keys."""
    make_certificate(directory, "ca")
    names = directory / "names"
    names.write_text(f"subjectAltName=DNS:localhost,DNS:{NAME},IP:127.0.0.1\n")
    authority = ("-CA", directory / "ca.crt", "-CAkey", directory / "ca.key", "-CAcreateserial")
    for name in ("server", "client"):
        key, request = directory / f"{name}.key", directory / f"{name}.csr"
        new = ("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}")
        _openssl(*new, "-keyout", key, "-out", request)
        sign = ("x509", "-req", "-in", request, *authority, "-days", "30", "-extfile", names)
        _openssl(*sign, "-out", directory / f"{name}.crt")
    return directory / "ca.crt"
