"""Names of images while they are typed, with real registries: what is asked, and how often."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.base import Base
from support.images import Layout, skopeo
from support.lsp import LspClient, Message
from support.product import Product
from support.registries import PASSWORD, USER, Auth, Registry

REQUEST_CANCELLED = -32800
INVOKED = 1  # CodeActionTriggerKind

PYTHON_TAGS = [
    "3.9-slim", "3.13", "3.13-slim", "3.13-alpine", "3.13.1-slim", "3.13.2-slim", "3.12-slim",
    "3.15.0rc1-slim", "2.7", "latest", "3", "slim", "3.13-slim-bookworm", "3.99-slim",
]  # fmt: skip


@pytest.fixture(scope="module")
def tagged(base: Base, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry whose `python` has many tags of one image for two platforms, and that has
    `team/api` too."""
    with Registry(tmp_path_factory.mktemp("tagged"), Auth.NONE) as running:
        first = f"docker://{running.address}/python:{PYTHON_TAGS[0]}"
        options = ("--all", "--dest-tls-verify=false", "--src-tls-verify=false")
        skopeo("copy", *options, base.slim_reference, first)
        for tag in PYTHON_TAGS[1:]:
            skopeo("copy", *options, first, f"docker://{running.address}/python:{tag}")
        skopeo("copy", *options, first, f"docker://{running.address}/team/api:1.0")
        yield running


@pytest.fixture
def registry(tagged: Registry) -> Registry:
    tagged.gateway.clear()
    return tagged


@pytest.fixture
def client(fresh_product: Product) -> Iterator[LspClient]:
    """A session whose cache is its own."""
    with LspClient(fresh_product) as session:
        yield session


class Editor:
    """One text in a session: `^` is the place of questions."""

    def __init__(self, client: LspClient, path: Path, marked: str) -> None:
        self.client = client
        self.uri = path.as_uri()
        before, _, after = marked.partition("^")
        self.text = before + after
        line = before.count("\n")
        self.position = {"line": line, "character": len(before) - before.rfind("\n") - 1}
        client.open(path, self.text)

    def begin(self, method: str, **more: Any) -> int:
        parameters = {"textDocument": {"uri": self.uri}, "position": self.position, **more}
        return self.client.request(f"textDocument/{method}", parameters)

    def ask(self, method: str, **more: Any) -> Any:
        answer = self.client.answer(self.begin(method, **more))
        assert "error" not in answer, answer
        return answer["result"]

    def items(self) -> list[dict[str, Any]]:
        """What is proposed, asked for again – as editors do of an incomplete list – until there is
        something: a busy machine may take longer than the server waits."""
        return self.until(lambda: self.ask("completion")["items"])

    def labels(self) -> list[str]:
        return [item["label"] for item in self.items()]

    def no_labels(self) -> bool:
        return bool(self.ask("completion")["items"] == [])

    def hovered(self) -> str:
        return str(self.until(lambda: self.ask("hover"))["contents"]["value"])

    @staticmethod
    def until(question: Callable[[], Any]) -> Any:
        for _ in range(20):
            if answer := question():
                return answer
        raise AssertionError("there never was an answer")

    def actions(self, kind: int = INVOKED) -> dict[str, str]:
        """The texts after each action that changes the base image, by title."""
        place = {"start": self.position, "end": self.position}
        context = {"diagnostics": [], "only": ["refactor.rewrite"], "triggerKind": kind}
        found = {}
        for action in self.ask("codeAction", range=place, context=context):
            (change,) = action["edit"]["documentChanges"]
            (edit,) = change["edits"]
            found[action["title"]] = edit["newText"]
        return found


def base_image(registry: Registry, name: str) -> str:
    return f'[build]\nbase_image = "{registry.address}/{name}"\n'


def told(client: LspClient, count: int) -> list[str]:
    """What the log of the session says of look-ups, once it has that many messages."""
    while True:
        messages = [m["params"]["message"] for m in client.received
                    if m.get("method") == "window/logMessage"]  # fmt: skip
        if len(messages) >= count:
            return messages
        client.receive()


def other_requests(registry: Registry) -> list[str]:
    """What was asked but for whether the registry is there."""
    with registry.gateway.lock:
        return [f"{r.method} {r.path}" for r in registry.gateway.log if r.path != "/v2/"]


def test_tags_newest_supported_python_first(
    client: LspClient, hello: Path, registry: Registry
) -> None:
    client.initialize(hello)
    editor = Editor(client, hello / "pycontainer.toml", base_image(registry, "python:^"))
    before = f"{registry.address}/python:"
    items = sorted(editor.items(), key=lambda item: item["sortText"])
    assert [item["label"].removeprefix(before) for item in items] == [
        "3.13-slim", "3.13", "3.13-alpine", "3.13-slim-bookworm", "3.13.2-slim", "3.13.1-slim",
        "3.12-slim", "latest", "3", "slim", "3.99-slim", "3.15.0rc1-slim", "3.9-slim", "2.7",
    ]  # fmt: skip
    assert editor.ask("completion")["isIncomplete"] is False
    assert items[0]["textEdit"]["newText"] == f'"{before}3.13-slim"'
    assert items[0]["textEdit"]["range"]["start"] == {"line": 1, "character": 13}
    assert other_requests(registry) == ["GET /v2/python/tags/list?n=1000"]
    # They are kept, in this session and for the next.
    assert len(editor.labels()) == len(PYTHON_TAGS)
    assert len(other_requests(registry)) == 1
    assert client.shut_down() == 0


def test_a_second_session_asks_nothing(
    fresh_product: Product, hello: Path, registry: Registry
) -> None:
    text = base_image(registry, "python:3.1^")
    for expected in (1, 1):
        with LspClient(fresh_product) as client:
            client.initialize(hello)
            assert (
                f"{registry.address}/python:3.13-slim"
                in Editor(client, hello / "pycontainer.toml", text).labels()
            )
            assert len(other_requests(registry)) == expected
            assert client.shut_down() == 0


def test_nothing_is_asked_before_an_image_is_typed(
    client: LspClient, hello: Path, registry: Registry
) -> None:
    client.initialize(hello)
    text = base_image(registry, "python:3.13-sl^im").replace("[build]", "[build]\ncmd = []")
    editor = Editor(client, hello / "pycontainer.toml", text)
    client.wait_for(lambda message: bool(message.get("params", {}).get("diagnostics")))
    assert editor.ask("hover") is None
    assert editor.actions() == {}
    editor.ask("inlayHint", range={"start": {"line": 0, "character": 0}, "end": editor.position})
    editor.ask("completion", position={"line": 1, "character": 0})
    editor.ask("completion", position={"line": 1, "character": 7})
    assert registry.gateway.log == []
    # Then everything that helps.
    assert editor.labels()
    assert "linux/arm64" in editor.hovered()
    assert client.shut_down() == 0


@pytest.mark.parametrize(
    ("options", "flags"), [({"network": "never"}, ()), ({"network": "always"}, ("--no-network",))]
)
def test_nothing_is_asked_when_that_is_not_wanted(
    fresh_product: Product,
    hello: Path,
    registry: Registry,
    options: dict[str, str],
    flags: tuple[str, ...],
) -> None:
    with LspClient(fresh_product, flags=flags) as client:
        client.initialize(hello, **options)
        editor = Editor(
            client, hello / "pycontainer.toml", base_image(registry, "python:3.13-slim^")
        )
        assert editor.no_labels()
        assert editor.ask("hover") is None
        assert editor.actions() == {}
        item = {"label": "x", "data": {"image": f"{registry.address}/python:3", "uri": editor.uri}}
        assert "documentation" not in client.call("completionItem/resolve", item)
        assert registry.gateway.log == []
        if not flags:
            settings = {"settings": {"pycontainer": {"network": "always"}}}
            client.notify("workspace/didChangeConfiguration", settings)
            assert "linux/arm64" in editor.hovered()
            settings["settings"]["pycontainer"]["network"] = "never"
            client.notify("workspace/didChangeConfiguration", settings)
            registry.gateway.clear()
            assert editor.no_labels()
            assert registry.gateway.log == []
        assert client.shut_down() == 0


def test_an_item_tells_more_when_it_is_chosen(
    client: LspClient, base: Base, hello: Path, registry: Registry
) -> None:
    client.initialize(hello)
    editor = Editor(client, hello / "pycontainer.toml", base_image(registry, "python:3.13-slim^"))
    (item,) = [
        item for item in editor.items() if item["label"] == f"{registry.address}/python:3.13-slim"
    ]
    assert "documentation" not in item
    registry.gateway.clear()
    text = client.call("completionItem/resolve", item)["documentation"]["value"]
    digest = Layout(base.layout).descriptor(base.slim)["digest"]
    assert f"- Digest: `{digest}`" in text
    assert "- Platforms: linux/amd64, linux/arm64" in text
    assert f"- Python: {base.python_full}" in text
    assert "layers for linux/amd64" in text
    assert "- Created: 2025-01-01T00:00:00Z" in text
    assert "- User: root" in text
    # Digest, index, manifest, configuration.
    methods = [line.split()[0] for line in other_requests(registry)]
    assert methods == ["HEAD", "GET", "GET", "GET"]
    # The same image by another name: its digest is enough.
    registry.gateway.clear()
    item["data"]["image"] = f"{registry.address}/python:3.12-slim"
    text = client.call("completionItem/resolve", item)["documentation"]["value"]
    assert digest in text
    assert [line.split()[0] for line in other_requests(registry)] == ["HEAD"]
    assert client.shut_down() == 0


def test_other_questions_do_not_wait_for_a_registry(
    client: LspClient, hello: Path, registry: Registry
) -> None:
    client.initialize(hello)
    editor = Editor(client, hello / "pycontainer.toml", base_image(registry, "python:^"))
    with registry.gateway.hold("GET", "/tags/list") as hold:
        asked = editor.begin("completion")
        assert hold.reached.wait(30)
        assert editor.ask("hover", position={"line": 1, "character": 2}) is not None
        assert editor.ask("completion", position={"line": 2, "character": 0})["items"]
        client.notify("$/cancelRequest", {"id": asked})
        assert client.answer(asked, timeout=2)["error"]["code"] == REQUEST_CANCELLED
    # Who asks again gets them.
    assert len(editor.labels()) == len(PYTHON_TAGS)
    assert client.shut_down() == 0


def test_a_slow_registry_is_not_waited_for(
    client: LspClient, hello: Path, registry: Registry
) -> None:
    client.initialize(hello)
    editor = Editor(client, hello / "pycontainer.toml", base_image(registry, "python:^"))
    with registry.gateway.hold("GET", "/tags/list") as hold:
        result = editor.ask("completion")
        assert hold.reached.is_set()
        assert result == {"isIncomplete": True, "items": []}
        hold.release.set()
        assert len(editor.labels()) == len(PYTHON_TAGS)
    assert len(other_requests(registry)) == 1
    assert client.shut_down() == 0


def test_never_more_than_two_look_ups_at_a_time(
    client: LspClient, hello: Path, registry: Registry
) -> None:
    client.initialize(hello)
    editors = [
        Editor(client, hello / name / "pycontainer.toml", base_image(registry, f"{name}:^"))
        for name in ("one", "two", "three", "four")
    ]
    Editor(client, hello / "pycontainer.toml", base_image(registry, "python:^")).labels()
    registry.gateway.clear()
    with registry.gateway.hold("GET", "/(one|two)/tags/list") as hold:
        asked = [editor.begin("completion") for editor in editors]
        assert hold.reached.wait(30)
        # They wait as long as the first two take, and are answered without.
        for number in asked:
            assert client.answer(number)["result"]["isIncomplete"] is True
        passed = [line for line in other_requests(registry) if "/tags/list" in line]
        assert passed == []
    assert client.shut_down() == 0


def test_tags_that_come_in_pages(client: LspClient, hello: Path, registry: Registry) -> None:
    client.initialize(hello)
    editor = Editor(client, hello / "pycontainer.toml", base_image(registry, "paged:^"))
    first = {"name": "paged", "tags": ["3.12-slim", "3.13-slim"]}
    second = {"name": "paged", "tags": ["3.14-slim", "not a tag"]}
    link = '</v2/paged/tags/list?n=1000&last=3.13-slim>; rel="next"'
    with (
        registry.gateway.fault(
            "GET", r"paged/tags/list\?n=1000$", 200, body=json.dumps(first).encode(),
            headers={"Link": link},
        ),
        registry.gateway.fault(
            "GET", r"paged/tags/list\?n=1000&last=", 200, body=json.dumps(second).encode()
        ),
    ):  # fmt: skip
        found = [label.partition(":")[2].partition(":")[2] for label in editor.labels()]
    assert found == ["3.14-slim", "3.13-slim", "3.12-slim"]
    assert len(other_requests(registry)) == 2
    assert client.shut_down() == 0


def test_a_list_never_continues_at_another_host(
    client: LspClient, hello: Path, registry: Registry, tmp_path: Path
) -> None:
    client.initialize(hello)
    editor = Editor(client, hello / "pycontainer.toml", base_image(registry, "paged:^"))
    with Registry(tmp_path / "other", Auth.NONE) as other:
        headers = {"Link": f'<http://{other.address}/v2/paged/tags/list>; rel="next"'}
        body = b'{"name": "paged", "tags": ["3.12-slim"]}'
        with registry.gateway.fault("GET", "paged/tags/list", 200, body=body, headers=headers):
            assert editor.no_labels()
        assert other.gateway.log == []
    assert client.shut_down() == 0


def test_what_failed_is_left_alone_for_a_while(
    client: LspClient, hello: Path, registry: Registry
) -> None:
    client.initialize(hello)
    editor = Editor(client, hello / "pycontainer.toml", base_image(registry, "none:^"))
    assert editor.no_labels()
    assert "none" in told(client, 1)[0]
    assert editor.no_labels()
    assert len(other_requests(registry)) == 1
    # Who is told to slow down does so for everything.
    other = Editor(client, hello / "other" / "pycontainer.toml", base_image(registry, "limited:^"))
    with registry.gateway.fault("GET", "limited/tags/list", 429):
        assert other.no_labels()
        assert "limited" in told(client, 2)[1]
    registry.gateway.clear()
    python = Editor(client, hello / "pycontainer.toml", base_image(registry, "python:^"))
    assert python.no_labels()
    assert registry.gateway.log == []
    assert client.shut_down() == 0


@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.TOKEN, Auth.TLS_BASIC])
def test_private_registries(
    auth: Auth, fresh_product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    with Registry(tmp_path / "private", auth) as private:
        environment = {"DOCKER_CONFIG": str(private.docker_config(tmp_path / "docker"))}
        if private.ca is not None:
            environment["SSL_CERT_FILE"] = str(private.ca)
        target = f"docker://{private.address}/team/python:3.13-slim"
        options = ("--all", "--dest-tls-verify=false", "--dest-creds", f"{USER}:{PASSWORD}")
        skopeo("copy", *options, base.slim_reference, target)
        with LspClient(fresh_product, environment=environment) as client:
            client.initialize(hello)
            path = hello / "pycontainer.toml"
            registries = Editor(client, path, '[build]\nbase_image = "^"\n').labels()
            assert f"{private.address}/" in registries
            repositories = Editor(client, path, base_image(private, "te^")).labels()
            assert repositories == [f"{private.address}/team/python"]
            tags = Editor(client, path, base_image(private, "team/python:^"))
            assert tags.labels() == [f"{private.address}/team/python:3.13-slim"]
            hovered = Editor(client, path, base_image(private, "team/python:3.13-slim^"))
            assert "linux/arm64" in hovered.hovered()
            assert client.shut_down() == 0
        assert PASSWORD not in str(client.received)
    for file in fresh_product.home.rglob("*"):
        assert not file.is_file() or PASSWORD.encode() not in file.read_bytes(), file


def test_credential_programs_are_not_run_for_those_nobody_trusts(
    fresh_product: Product, hello: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    mark = tmp_path / "was-run"
    helper = programs / "docker-credential-test"
    answer = json.dumps({"Username": USER, "Secret": PASSWORD})
    helper.write_text(f"#!/bin/sh\ntouch {mark}\necho '{answer}'\n")
    helper.chmod(0o755)
    config = tmp_path / "docker"
    config.mkdir()
    with Registry(tmp_path / "private", Auth.BASIC) as private:
        helpers = {"credHelpers": {private.address: "test"}}
        (config / "config.json").write_text(json.dumps(helpers))
        path = f"{programs}:{fresh_product.environment['PATH']}"
        environment = {"DOCKER_CONFIG": str(config), "PATH": path}
        for flags, runs in ((["--no-exec"], False), ([], True)):
            with LspClient(fresh_product, flags=flags, environment=environment) as client:
                client.initialize(hello)
                text = base_image(private, "team/python:^")
                Editor(client, hello / "pycontainer.toml", text).ask("completion")
                told(client, 1)
                assert client.shut_down() == 0
            assert mark.exists() == runs


def test_pinning_and_updating_the_base(
    client: LspClient, base: Base, projects: Callable[[str], Path], registry: Registry
) -> None:
    project = projects(
        """
//- pyproject.toml
[project]
name = "old"
version = "1"
requires-python = ">=3.11,<3.13"
//- app.py
print("hello")
"""
    )
    client.initialize(project, network="always")
    digest = Layout(base.layout).descriptor(base.slim)["digest"]
    name = f"{registry.address}/python"
    path = project / "pycontainer.toml"

    def actions(tag: str, kind: int = INVOKED) -> dict[str, str]:
        return Editor(client, path, base_image(registry, f"python:{tag}^")).actions(kind)

    # The light bulb of the editor itself asks nobody.
    assert actions("3.13.1-slim", kind=2) == {}
    assert registry.gateway.log == []
    assert actions("3.13.1-slim") == {
        "Pin the base image to its digest": f'"{name}:3.13.1-slim@{digest}"',
        f"Update the base image to `{name}:3.13.2-slim`": f'"{name}:3.13.2-slim"',
    }
    # 3.13 is there, and the project cannot have it.
    assert f"Update the base image to `{name}:3.12-slim`" in actions("3.9-slim")
    assert list(actions("3.12-slim")) == ["Pin the base image to its digest"]
    old = "sha256:" + "0" * 64
    assert actions(f"3.12-slim@{old}") == {
        f"Update to what `{name}:3.12-slim` is now": f'"{name}:3.12-slim@{digest}"'
    }
    assert client.shut_down() == 0


def test_a_tag_that_is_not_there(fresh_product: Product, hello: Path, registry: Registry) -> None:
    path = hello / "pycontainer.toml"
    path.write_text(base_image(registry, "python:3.13-slin"))

    def is_told(message: Message) -> bool:
        return message.get("method") == "textDocument/publishDiagnostics" and any(
            one["code"] == "base/tag-not-found" for one in message["params"]["diagnostics"]
        )

    with LspClient(fresh_product) as client:
        client.initialize(hello)
        editor = Editor(client, path, base_image(registry, "python:3.13-slin^"))
        editor.ask("completion")
        found = client.wait_for(is_told)["params"]["diagnostics"]
        (diagnostic,) = [one for one in found if one["code"] == "base/tag-not-found"]
        assert "did you mean `3.13-slim`?" in diagnostic["message"]
        assert client.shut_down() == 0
    # `check` asks nobody; it knows what is known.
    registry.gateway.clear()
    result = fresh_product.run("check", "--json", "--context", hello).succeeded()
    assert "base/tag-not-found" in [one["code"] for one in result.diagnostics]
    assert registry.gateway.log == []


def test_tags_and_repositories_that_are_pushed_to(
    client: LspClient, hello: Path, registry: Registry
) -> None:
    client.initialize(hello)
    path = hello / "pycontainer.toml"
    url = Editor(client, path, f'[registry]\nurl = "{registry.address}/te^"\n').labels()
    assert f"{registry.address}/team/api" in url
    text = f'[build]\ntags = ["{registry.address}/team/api:^"]\n'
    assert f"{registry.address}/team/api:1.0" in Editor(client, path, text).labels()
    # A tag without a registry is of the repository that is pushed to, never of Docker Hub.
    text = f'[build]\ntags = ["api:^"]\n[registry]\nurl = "{registry.address}/team/api"\n'
    assert "api:1.0" in Editor(client, path, text).labels()
    assert client.shut_down() == 0


def test_in_pyproject(client: LspClient, hello: Path, registry: Registry) -> None:
    client.initialize(hello)
    text = f'[tool.pycontainer.build]\nbase_image = "{registry.address}/python:3.13-al^'
    labels = Editor(client, hello / "pyproject.toml", text).labels()
    assert labels == [f"{registry.address}/python:3.13-alpine"]
    assert client.shut_down() == 0
