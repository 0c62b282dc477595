"""The command line: answers on stdout, the rest on stderr, exit codes, progress, plan, check."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from support.base import Base
from support.errors import diagnosed
from support.images import Layout
from support.product import Product

FLAGS = """
--tag --context --config --base-image --include-deps --no-deps --workdir --env --label --entrypoint
--cmd --user --expose --platform --output --push --registry --pull --no-cache --cache-dir --no-vcs
--dry-run --verbose --quiet --progress --json --request
"""


def test_the_version(product: Product) -> None:
    result = product.run("--version").succeeded()
    assert re.fullmatch(r"pycontainer \d+\.\d+\.\d+\S*\n", result.stdout)


def test_help_names_the_commands(product: Product) -> None:
    result = product.run("--help").succeeded()
    for command in ("build", "push", "plan", "check", "lsp"):
        assert command in result.stdout


def test_help_of_build_names_its_flags(product: Product) -> None:
    result = product.run("build", "--help").succeeded()
    for flag in FLAGS.split():
        assert re.search(rf"{flag}\b", result.stdout), f"{flag} is not there"


def test_without_json_stdout_carries_the_answer(product: Product, base: Base, hello: Path) -> None:
    arguments = ("build", "--context", hello, "--base-image", base.slim_reference)
    result = product.run(*arguments).succeeded()
    digest = Layout(hello / "dist" / "image").image().digest
    assert digest in result.stdout
    assert "\x1b" not in result.stdout + result.stderr, "no colours where nobody looks"


def test_quiet_says_nothing_else(product: Product, base: Base, hello: Path) -> None:
    arguments = ("build", "--context", hello, "--base-image", base.slim_reference, "--quiet")
    assert product.run(*arguments).succeeded().stderr == ""


def test_a_dry_run_writes_nothing(product: Product, base: Base, hello: Path) -> None:
    product.build(hello, "--base-image", base.slim_reference, "--dry-run").succeeded()
    assert not (hello / "dist").exists()


def test_progress_as_json_lines(product: Product, base: Base, hello: Path) -> None:
    flags = ("--base-image", base.slim_reference, "--progress", "json", "--no-cache")
    result = product.build(hello, *flags).succeeded()
    events = result.events()
    started = {event["id"]: event for event in events if event["kind"] == "activity_started"}
    finished = {event["id"]: event for event in events if event["kind"] == "activity_finished"}
    assert started
    assert started.keys() == finished.keys(), "whatever begins ends"
    assert all(event["name"] for event in started.values())
    assert {event["outcome"] for event in finished.values()} <= {"done", "cached"}
    assert result.json["digest"]


def test_a_request_in_place_of_flags(product: Product, base: Base, hello: Path) -> None:
    output = hello / "other"
    request: dict[str, Any] = {
        "context": str(hello),
        "tags": ["hello:asked"],
        "base_image": base.slim_reference,
        "output": str(output),
    }
    text = json.dumps(request)
    first = product.run("build", "--json", "--request", "-", stdin=text).succeeded()
    assert Layout(output).tags == ["asked"]
    (hello.parent / "request.json").write_text(text)
    second = product.run("build", "--json", "--request", hello.parent / "request.json")
    assert second.succeeded().json["digest"] == first.json["digest"]


def test_an_unknown_field_of_a_request(product: Product, hello: Path) -> None:
    text = json.dumps({"context": str(hello), "tgas": ["a:b"]})
    result = product.run("build", "--json", "--request", "-", stdin=text).failed(2)
    assert "tgas" in result.stdout + result.stderr
    assert "tags" in result.stdout + result.stderr


def test_plan_gives_its_reasons(product: Product, base: Base, fastapi: Path) -> None:
    arguments = ("plan", "--context", fastapi, "--base-image", base.slim_reference)
    told = product.run(*arguments).succeeded().stdout
    for evidence in ("pyproject.toml", "scripts", "requirements.txt", "uvicorn"):
        assert evidence in told, f"{evidence} is not mentioned\n{told}"
    assert not (fastapi / "dist").exists()
    plan = product.run(*arguments, "--json").succeeded().json
    text = json.dumps(plan)
    for evidence in ("pyproject.toml:", "[project.scripts] myapi", "requirements.txt"):
        assert evidence in text


def test_plan_chooses_the_oldest_supported_python(
    product: Product, base: Base, hello: Path
) -> None:
    arguments = ("plan", "--context", hello, "--base-image", base.slim_reference)
    assert "3.11" in product.run(*arguments).succeeded().stdout
    (hello / ".python-version").write_text("3.12\n")
    told = product.run(*arguments).stdout
    assert ".python-version" in told


def test_check_finds_nothing_wrong(product: Product, hello: Path) -> None:
    (hello / "pycontainer.toml").write_text('[build]\nworkdir = "/app"\n')
    assert product.run("check", "--context", hello).succeeded()
    assert product.run("check", "--context", hello, "--json").succeeded().diagnostics == []


def test_check_names_every_error_with_its_place(product: Product, hello: Path) -> None:
    (hello / "pycontainer.toml").write_text("[build]\nworkdri = 1\nlabels = 2\n")
    result = product.run("check", "--context", hello).failed(3)
    told = result.stdout + result.stderr
    assert re.search(r"pycontainer\.toml:2:1: error\[config/unknown-key\]: ", told), told
    assert re.search(r"pycontainer\.toml:3:\d+: error\[config/[a-z-]+\]: ", told), told
    found = product.run("check", "--context", hello, "--json").failed(3).diagnostics
    assert {d["range"]["start"]["line"] for d in found} == {1, 2}


def test_check_takes_a_configuration_by_name(product: Product, hello: Path) -> None:
    other = hello / "other.toml"
    other.write_text("[build]\nworkdri = 1\n")
    arguments = ("check", "--json", "--context", hello, "--config", other)
    diagnosed(product.run(*arguments), "other.toml", 2, "workdir")


def test_a_request_says_nothing_twice(product: Product, hello: Path) -> None:
    request = json.dumps({"context": str(hello)})[:-1] + ', "env": {"A": "1", "A": "2"}}'
    refused = product.run("build", "--json", "--request", "-", stdin=request).failed(2)
    assert refused.error["code"] == "request/invalid"
    assert "`A` twice" in refused.error["message"]


def test_arguments_that_are_not_utf_8_are_refused(product: Product, hello: Path) -> None:
    # subprocess passes a lone surrogate on as the byte that it stands for.
    refused = product.run("build", "--context", hello, "--env", "A=\udcff").failed(2)
    assert "usage/invalid" in refused.stderr
    assert "UTF-8" in refused.stderr
