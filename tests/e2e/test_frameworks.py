"""Frameworks are found, and their images start and answer, without a word of configuration."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.base import Base
from support.errors import clear_error
from support.images import Layout, judge
from support.inside import check_packages
from support.product import ROOT, Product
from support.projects import lock_with_uv
from support.runtime import Podman, Unpacked
from support.uv import planned as planned_result
from support.uv import wheels

FLASK = """
//- pyproject.toml
[project]
name = "flask-service"
version = "1"
requires-python = ">=3.11"
dependencies = ["flask", "gunicorn"]
//- app.py
import flask

application = flask.Flask(__name__)


@application.get("/")
def index():
    return "flask says hello"
//- tests/test_app.py
from flask import Flask

other = Flask("not this one")
"""

DJANGO = """
//- pyproject.toml
[project]
name = "django-site"
version = "1"
requires-python = ">=3.11"
dependencies = ["django>=4.2,<5", "gunicorn"]
//- manage.py
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
//- site_config/__init__.py
//- site_config/settings.py
SECRET_KEY = "only for this test"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site_config.urls"
WSGI_APPLICATION = "site_config.wsgi.application"
INSTALLED_APPS = []
MIDDLEWARE = []
//- site_config/urls.py
from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("", lambda request: HttpResponse("django says hello"))]
//- site_config/wsgi.py
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_config.settings")
application = get_wsgi_application()
"""

STREAMLIT = """
//- pyproject.toml
[project]
name = "streamlit-app"
version = "1"
requires-python = ">=3.11"
dependencies = ["streamlit"]
//- app.py
import streamlit as st

st.title("streamlit says hello")
"""

FASTAPI = """
//- pyproject.toml
[project]
name = "fastapi-service"
version = "1"
requires-python = ">=3.11"
dependencies = ["fastapi", "uvicorn"]
//- src/service/__init__.py
//- src/service/main.py
from fastapi import FastAPI

api: FastAPI = FastAPI()


@api.get("/")
def index() -> str:
    return "fastapi says hello"
"""


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param(FLASK, "flask says hello", id="Flask by gunicorn"),
        pytest.param(DJANGO, "django says hello", id="Django by gunicorn"),
        pytest.param(FASTAPI, '"fastapi says hello"', id="FastAPI by uvicorn"),
    ],
)
def test_a_framework_starts_and_answers(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    runtime: Podman | Unpacked,
    tmp_path: Path,
    text: str,
    answer: str,
) -> None:
    project = projects(text)
    lock_with_uv(project)
    product.build(project, "--base-image", base.slim_reference).succeeded()
    layout = project / "dist" / "image"
    assert judge(layout) == []
    (exposed,) = Layout(layout).image().settings["ExposedPorts"]
    with runtime.start(f"oci:{layout}:latest") as running:
        assert running.get(int(exposed.removesuffix("/tcp"))) == (200, answer)
    expected = wheels(planned_result(product, base, project))
    check_packages(runtime, f"oci:{layout}:latest", tmp_path, expected)


def test_a_flask_package_of_poetry_starts_and_is_installed(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    runtime: Podman | Unpacked,
    tmp_path: Path,
) -> None:
    project = tmp_path / "shop"
    shutil.copytree(ROOT / "tests" / "fixtures" / "locks" / "flask-poetry", project)
    result = product.build(project, "--base-image", base.slim_reference).succeeded()
    assert result.json["warnings"] == []
    image = f"oci:{project}/dist/image:latest"
    with runtime.start(image) as running:
        assert running.get(5000) == (200, "shop 2.0.1")
    expected = wheels(planned_result(product, base, project)) | {"shop==2.0.1"}
    assert not any(name.startswith(("iniconfig", "docutils", "tabulate")) for name in expected)
    check_packages(runtime, image, tmp_path, expected)


def test_django_starts_from_a_pylock(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    runtime: Podman | Unpacked,
    tmp_path: Path,
) -> None:
    project = projects(DJANGO.replace(', "gunicorn"', ""))
    lock_with_uv(project)
    export = ("export", "--format", "pylock.toml", "--no-emit-project", "-o", "pylock.toml")
    lock_with_uv(project, *export)
    (project / "uv.lock").unlink()
    result = product.build(project, "--base-image", base.slim_reference).succeeded()
    assert any("manage.py" in warning["message"] for warning in result.json["warnings"])
    with runtime.start(f"oci:{project}/dist/image:latest") as running:
        assert running.get(8000) == (200, "django says hello")
    expected = wheels(planned_result(product, base, project))
    check_packages(runtime, f"oci:{project}/dist/image:latest", tmp_path, expected)


def test_streamlit_starts_and_answers(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    runtime: Podman | Unpacked,
    tmp_path: Path,
) -> None:
    project = projects(STREAMLIT)
    lock_with_uv(project)
    product.build(project, "--base-image", base.slim_reference).succeeded()
    with runtime.start(f"oci:{project}/dist/image:latest") as running:
        status, page = running.get(8501, seconds=60)
        assert status == 200
        assert "<title>Streamlit</title>" in page
        assert running.get(8501, "/_stcore/health") == (200, "ok")
    expected = wheels(planned_result(product, base, project))
    check_packages(runtime, f"oci:{project}/dist/image:latest", tmp_path, expected)


def planned(product: Product, base: Base, project: Path) -> str:
    """The plan's JSON as text. The lock is not needed to find the framework's application."""
    arguments = ("plan", "--json", "--context", project, "--base-image", base.slim_reference)
    return json.dumps(product.run(*arguments).succeeded().json)


def test_the_evidence_names_file_and_object(
    product: Product, base: Base, projects: Callable[[str], Path]
) -> None:
    project = projects(FASTAPI)
    lock_with_uv(project)
    text = planned(product, base, project)
    assert "service.main:api" in text
    assert "src/service/main.py" in text


def test_several_applications_are_an_error_that_lists_them(
    product: Product, base: Base, projects: Callable[[str], Path]
) -> None:
    project = projects(FASTAPI)
    (project / "src" / "service" / "admin.py").write_text(
        "import fastapi\n\nadmin = fastapi.FastAPI()\n"
    )
    lock_with_uv(project)
    result = product.build(project, "--base-image", base.slim_reference)
    assert result.code in (1, 3)
    clear_error(result, "service.main:api", "service.admin:admin", code=result.code)


def test_without_a_server_flask_starts_itself_with_a_warning(
    product: Product,
    base: Base,
    projects: Callable[[str], Path],
    runtime: Podman | Unpacked,
) -> None:
    project = projects(FLASK.replace(', "gunicorn"', ""))
    lock_with_uv(project)
    result = product.build(project, "--base-image", base.slim_reference).succeeded()
    assert any("flask run" in warning["message"] for warning in result.json["warnings"])
    with runtime.start(f"oci:{project}/dist/image:latest") as running:
        assert running.get(5000) == (200, "flask says hello")


def test_nothing_of_the_project_is_run_to_find_out(
    product: Product, base: Base, projects: Callable[[str], Path]
) -> None:
    project = projects(FLASK)
    trap = project.parent / "was-imported"
    text = (project / "app.py").read_text()
    (project / "app.py").write_text(f"open({str(trap)!r}, 'w').close()\n{text}")
    lock_with_uv(project)
    product.build(project, "--base-image", base.slim_reference).succeeded()
    assert not trap.exists()
