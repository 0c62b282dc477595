"""The language server in real sessions: lifecycle, diagnostics, builds, progress, cancelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.base import Base
from support.errors import check_code, nothing_written
from support.images import Layout, judge, skopeo
from support.index import Index
from support.lsp import LspClient
from support.product import Product
from support.projects import locked_package, uv_lock
from support.registries import PASSWORD, USER, Auth, Registry
from support.wheels import make_wheel

REQUEST_FAILED = -32803
REQUEST_CANCELLED = -32800
NOT_INITIALIZED = -32002
METHOD_NOT_FOUND = -32601
INVALID_REQUEST = -32600


@pytest.fixture
def client(product: Product) -> Iterator[LspClient]:
    with LspClient(product) as session:
        yield session


def test_a_session_by_the_book(client: LspClient, hello: Path) -> None:
    result = client.initialize(hello)
    assert result["serverInfo"]["name"] == "pycontainer"
    assert result["capabilities"]["textDocumentSync"]
    assert client.shut_down() == 0


def test_exit_without_shutdown_is_a_failure(client: LspClient, hello: Path) -> None:
    client.initialize(hello)
    client.notify("exit")
    assert client.process.wait(10) == 1


def test_nothing_is_answered_before_initialize(client: LspClient) -> None:
    answer = client.answer(client.request("pycontainer/plan", {}))
    assert answer["error"]["code"] == NOT_INITIALIZED


def test_nothing_is_answered_after_shutdown(client: LspClient, hello: Path) -> None:
    client.initialize(hello)
    client.call("shutdown")
    answer = client.answer(client.request("pycontainer/plan", {"context": str(hello)}))
    assert answer["error"]["code"] == INVALID_REQUEST


def test_an_unknown_request_is_told_so(client: LspClient, hello: Path) -> None:
    client.initialize(hello)
    answer = client.answer(client.request("pycontainer/dance"))
    assert answer["error"]["code"] == METHOD_NOT_FOUND
    client.notify("$/unknown")  # notifications of this kind are ignored
    assert client.shut_down() == 0


def diagnostics(client: LspClient, path: Path, version: int = 0) -> list[dict[str, Any]]:
    """The next ones of the file, of that version or a later one: what the project shows comes after
    what the text shows."""
    while True:
        published = client.notification("textDocument/publishDiagnostics")
        if published["uri"] == path.as_uri() and published.get("version", 0) >= version:
            found = published["diagnostics"]
            assert isinstance(found, list)
            return found


def test_errors_are_published_and_withdrawn(client: LspClient, hello: Path) -> None:
    client.initialize(hello)
    path = hello / "pycontainer.toml"
    client.open(path, '[build]\nworkdri = "/app"\nuser = 5\n')
    found = sorted(diagnostics(client, path), key=lambda d: int(d["range"]["start"]["line"]))
    unknown, wrong = found
    assert unknown["range"]["start"] == {"line": 1, "character": 0}
    assert unknown["range"]["end"] == {"line": 1, "character": 7}
    assert "workdir" in unknown["message"], "with a suggestion"
    assert wrong["range"]["start"]["line"] == 2
    for diagnostic in found:
        assert diagnostic["severity"] == 1
        check_code(diagnostic["code"])

    change = {"uri": path.as_uri(), "version": 2}
    part = {"start": {"line": 1, "character": 0}, "end": {"line": 3, "character": 0}}
    edits = [{"range": part, "text": 'workdir = "/ä"\n'}]
    client.notify("textDocument/didChange", {"textDocument": change, "contentChanges": edits})
    assert diagnostics(client, path, 2) == []

    edits = [{"text": "[build\n"}]
    change = {**change, "version": 3}
    client.notify("textDocument/didChange", {"textDocument": change, "contentChanges": edits})
    (syntax,) = diagnostics(client, path, 3)
    assert syntax["code"].startswith("toml/")

    client.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})
    assert diagnostics(client, path) == []
    assert client.shut_down() == 0


def test_positions_are_in_utf_16(client: LspClient, hello: Path) -> None:
    client.initialize(hello)
    path = hello / "pycontainer.toml"
    client.open(path, '[build]\n"😀x" = 5\n')
    (found,) = diagnostics(client, path)
    assert found["range"]["start"] == {"line": 1, "character": 0}
    assert found["range"]["end"] == {"line": 1, "character": 5}


def build_parameters(hello: Path, base: Base, **more: Any) -> dict[str, Any]:
    return {
        "context": str(hello),
        "tags": ["hello:editor"],
        "base_image": base.slim_reference,
        "output": str(hello / "dist" / "image"),
        **more,
    }


def test_a_build_with_progress(client: LspClient, base: Base, hello: Path) -> None:
    client.initialize(hello)
    parameters = build_parameters(hello, base, workDoneToken="token-1")
    result = client.call("pycontainer/build", parameters)
    layout = Layout(hello / "dist" / "image")
    assert result["digest"] == layout.image("editor").digest
    assert judge(layout.path, "editor") == []
    told = [
        m["params"]["value"]
        for m in client.received
        if m.get("method") == "$/progress" and m["params"]["token"] == "token-1"
    ]
    assert (told[0]["kind"], told[-1]["kind"]) == ("begin", "end")
    percentages = [value["percentage"] for value in told if "percentage" in value]
    assert percentages == sorted(percentages)
    assert all(0 <= value <= 100 for value in percentages)
    assert client.shut_down() == 0


def test_a_build_that_fails_tells_why(client: LspClient, hello: Path) -> None:
    client.initialize(hello)
    parameters = {"context": str(hello), "base_image": f"oci:{hello}/none:x"}
    error = client.answer(client.request("pycontainer/build", parameters))["error"]
    assert error["code"] == REQUEST_FAILED
    check_code(error["data"]["code"])
    assert error["data"]["message"]
    assert error["data"]["hint"]
    nothing_written(hello / "dist" / "image")


def test_a_build_that_is_cancelled(
    client: LspClient, base: Base, projects: Callable[[str], Path], index: Index
) -> None:
    project = projects(
        """
//- pyproject.toml
[project]
name = "slow"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["cancelled"]
//- app.py
"""
    )
    wheel = index.add(make_wheel("cancelled"), held=True)
    package = locked_package("cancelled", index.file_url(wheel), wheel.sha256, len(wheel.data))
    (project / "uv.lock").write_text(uv_lock("slow", package))
    client.initialize(project)
    parameters = build_parameters(project, base, workDoneToken=7)
    request = client.request("pycontainer/build", parameters)
    assert index.reached.wait(30)
    client.notify("$/cancelRequest", {"id": request})
    answer = client.answer(request, timeout=2)
    assert answer["error"]["code"] == REQUEST_CANCELLED
    nothing_written(project / "dist" / "image")
    index.release.set()
    assert client.call("pycontainer/build", parameters)["digest"]
    assert client.shut_down() == 0


def test_questions_are_answered_while_a_build_runs(
    client: LspClient, base: Base, hello: Path, registry: Registry
) -> None:
    client.initialize(hello)
    parameters = build_parameters(
        hello, base, base_image=f"{registry.address}/library/python:{base.python}-slim"
    )
    with registry.gateway.hold("GET", "/manifests/") as hold:
        request = client.request("pycontainer/build", {**parameters, "pull": "always"})
        assert hold.reached.wait(30)
        path = hello / "pycontainer.toml"
        client.open(path, "[bulid]\n")
        assert len(diagnostics(client, path)) == 1
        hold.release.set()
        assert "result" in client.answer(request)


def test_a_plan(client: LspClient, base: Base, hello: Path) -> None:
    client.initialize(hello)
    plan = client.call("pycontainer/plan", build_parameters(hello, base))
    evidence = [fact.get("evidence", "") for fact in plan["facts"]]
    assert any(text.startswith("pyproject.toml:2:") for text in evidence)
    assert not (hello / "dist").exists()


def test_a_push(client: LspClient, base: Base, hello: Path, registry: Registry) -> None:
    client.initialize(hello)
    tag = f"{registry.address}/editor/hello:1"
    parameters = build_parameters(hello, base, tags=[tag])
    built = client.call("pycontainer/build", parameters)
    pushed = client.call("pycontainer/push", {"context": str(hello), "references": [tag]})
    assert pushed["digest"] == built["digest"]
    options = ("--tls-verify=false", "--format", "{{.Digest}}")
    assert skopeo("inspect", *options, f"docker://{tag}").strip() == built["digest"]


def test_builds_and_plans_without_a_network(
    fresh_product: Product, base: Base, hello: Path, registry: Registry
) -> None:
    name = f"{registry.address}/editor/base:1"
    options = ("--all", "--src-tls-verify=false", "--dest-tls-verify=false")
    skopeo("copy", *options, base.slim_reference, f"docker://{name}")
    fresh_product.build(hello, "--base-image", name).succeeded()
    (hello / "app.py").write_text("# changed\n" + (hello / "app.py").read_text())
    registry.gateway.clear()
    with LspClient(fresh_product, flags=("--no-network",)) as client:
        client.initialize(hello)
        parameters = build_parameters(hello, base, base_image=name)
        assert client.call("pycontainer/plan", parameters)["facts"]
        built = client.call("pycontainer/build", parameters)
        assert built["digest"] == Layout(hello / "dist" / "image").image("editor").digest
        refused = client.answer(client.request("pycontainer/push", {"context": str(hello)}))
        assert refused["error"]["code"] == REQUEST_FAILED
        assert client.shut_down() == 0
    assert registry.gateway.log == []


def test_credentials_that_the_editor_brings(
    client: LspClient, product: Product, base: Base, hello: Path, tmp_path: Path
) -> None:
    client.initialize(hello)
    with Registry(tmp_path / "private", Auth.TOKEN) as private:
        tag = f"{private.address}/editor/hello:1"
        client.call("pycontainer/build", build_parameters(hello, base, tags=[tag]))
        push: dict[str, Any] = {"context": str(hello), "references": [tag]}
        refused = client.answer(client.request("pycontainer/push", push))["error"]
        assert refused["data"]["code"] == "registry/unauthorized"
        login = {"registry": private.address, "username": USER, "password": PASSWORD}
        assert client.call("pycontainer/push", {**push, "credentials": [login]})["digest"]
        # They were for that one request.
        refused = client.answer(client.request("pycontainer/push", push))["error"]
        assert refused["data"]["code"] == "registry/unauthorized"
    assert PASSWORD not in str(client.received)
    for path in product.home.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path


def test_what_is_in_an_image(client: LspClient, base: Base, hello: Path) -> None:
    client.initialize(hello)
    built = client.call("pycontainer/build", build_parameters(hello, base))
    image = client.call("pycontainer/image", {"context": str(hello)})
    assert image["digest"] == built["digest"]
    (platform,) = image["images"]
    layers = built["platforms"][0]["layers"]
    assert [layer["digest"] for layer in platform["layers"]] == [one["digest"] for one in layers]
    names = [file["path"] for file in platform["layers"][-1]["files"]]
    assert "app/hello.py" in names or any(name.startswith("app/") for name in names)
    assert all(layer["file_count"] >= len(layer["files"]) for layer in platform["layers"])


def test_the_cache_can_be_looked_at_and_emptied(client: LspClient, base: Base, hello: Path) -> None:
    client.initialize(hello)
    client.call("pycontainer/build", build_parameters(hello, base))
    assert client.call("pycontainer/cacheInfo")["size"] > 0
    client.call("pycontainer/cacheClear")
    assert client.call("pycontainer/cacheInfo")["count"] == 0


def test_moving_the_configuration_makes_its_file(client: LspClient, hello: Path) -> None:
    client.initialize(hello)
    path = hello / "pyproject.toml"
    text = path.read_text() + '\n[tool.pycontainer.build]\nworkdir = "/srv"\n'
    client.open(path, text)
    line = text.count("\n") - 1
    place = {"line": line, "character": 2}
    number = client.request(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": path.as_uri()},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": [], "only": ["refactor.move"]},
        },
    )
    (action,) = client.answer(number)["result"]
    first, *others = action["edit"]["documentChanges"]
    own = (hello / "pycontainer.toml").as_uri()
    assert (first["kind"], first["uri"]) == ("create", own)
    edits = {each["textDocument"]["uri"]: each["edits"] for each in others}
    assert set(edits) == {path.as_uri(), own}
    assert edits[own][0]["newText"] == '[build]\nworkdir = "/srv"\n'
    assert client.shut_down() == 0
