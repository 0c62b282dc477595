#include "project/frameworks.hpp"

#include "detected_project.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

using pycontainer::testing::DetectedProject;
using Names = std::vector<std::string>;

constexpr std::string_view kFastApi = "from fastapi import FastAPI\napp = FastAPI()\n";
constexpr std::string_view kFlask = "from flask import Flask\napp = Flask(__name__)\n";

struct Options {
    Names dependencies{"fastapi", "uvicorn"};
    Names installed;
    std::string name = "shop";
    std::optional<std::string> framework;
};

Result<std::optional<FrameworkMatch>> find(std::string_view files, const Options& options = {}) {
    const DetectedProject project(files);
    const auto sources = project.sources();
    const auto layout = find_layout(sources, project.pyproject());
    return find_framework({sources, layout, options.name, options.dependencies, options.installed,
                           options.framework});
}

void check(std::string_view files, std::string_view expected, const Options& options = {},
           std::string_view import_root = "") {
    SCOPED_TRACE(files);
    const auto match = find(files, options);
    ASSERT_OK(match);
    EXPECT_EQ(*match ? pycontainer::testing::joined((*match)->argv) : "", expected);
    if (*match) {
        EXPECT_EQ((*match)->import_root, import_root);
    }
}

std::string file(std::string_view path, std::string_view text = kFastApi) {
    return "//- " + std::string(path) + "\n" + std::string(text);
}

std::string uvicorn(const std::string& app) {
    return "uvicorn " + app + " --host 0.0.0.0 --port 8000";
}

TEST(Frameworks, FindsTheApplicationAndSaysWhere) {
    const auto match = find(file("main.py"));
    ASSERT_OK(match);
    ASSERT_TRUE(*match);
    EXPECT_EQ((*match)->framework, "FastAPI");
    EXPECT_EQ((*match)->application, "main:app");
    EXPECT_EQ((*match)->evidence, "main.py:2: app = FastAPI(…)");
    EXPECT_EQ((*match)->port, 8000U);
    check(file("pkg/__init__.py", "") +
              file("pkg/web.py", "import fastapi\nservice: fastapi.FastAPI = make()\n"),
          uvicorn("pkg.web:service"));
    check(file("shop/__init__.py"), uvicorn("shop:app"));
}

TEST(Frameworks, NeedsTheDependencyAndTheApplication) {
    check(file("main.py"), "", {.dependencies = {"flask", "gunicorn"}});
    check(file("main.py", "print('FastAPI')\n"), "");
    check(file("main.py", "from other import FastAPI\napp = FastAPI()\n"), "");
    for (const auto* path : {"tests/main.py", "docs/main.py", "test_main.py", "examples/a/main.py",
                             ".venv/lib/main.py"})
        check(file(path), "");
}

TEST(Frameworks, PrefersConventionalPlaces) {
    check(file("gql.py") + file("items.py") + file("main.py") + file("sql_app/main.py"),
          uvicorn("main:app"));
    check(file("app/main.py") + file("other/web.py"), uvicorn("app.main:app"));
    check(file("shop/app.py") + file("other/app.py"), uvicorn("shop.app:app"));
    check(file("main.py", "from fastapi import FastAPI\nadmin = FastAPI()\napp = FastAPI()\n"),
          uvicorn("main:app"));
    check(file("x/one.py") + file("y/two.py", "from fastapi import FastAPI\nsub = FastAPI()\n"),
          uvicorn("x.one:app"));
    check(file("main.py", "from fastapi import FastAPI\napp = application = FastAPI()\n"),
          uvicorn("main:app"));
}

TEST(Frameworks, ListsSeveralApplicationsInsteadOfGuessing) {
    EXPECT_ERROR(find(file("main.py") + file("app.py")), "project/ambiguous-application",
                 "`app:app` (app.py:2), `main:app` (main.py:2)", "[build] entrypoint");
    EXPECT_ERROR(find(file("x/one.py") + file("y/two.py")), "project/ambiguous-application",
                 "2 FastAPI", "x.one:app");
}

TEST(Frameworks, FindsTheDirectoryItIsImportedFrom) {
    check(file("src/shop/main.py") + file("src/shop/__init__.py", ""), uvicorn("shop.main:app"), {},
          "src");
    check(file("src/main.py"), uvicorn("main:app"), {}, "src");
    // `from src.db` only works from the project itself.
    check(file("src/main.py", "from src.db import x\n" + std::string(kFastApi)) +
              file("src/db.py", "\n"),
          uvicorn("src.main:app"));
    // `app` is what the sources call it, though it lies in `backend`.
    check(file("backend/app/main.py", "from app.db import x\n" + std::string(kFastApi)) +
              file("backend/app/__init__.py", "") + file("backend/app/db.py", "\n"),
          uvicorn("app.main:app"), {}, "backend");
    check(file("my-api/main.py"), uvicorn("main:app"), {}, "my-api");
    check(file("app/main.py", "from .db import x\n" + std::string(kFastApi)) +
              file("app/db.py", "\n"),
          uvicorn("app.main:app"));
}

TEST(Frameworks, TakesTheFirstInstalledServer) {
    const auto files = file("main.py");
    check(
        files, uvicorn("main:app"),
        {.dependencies = {"fastapi"}, .installed = {"fastapi", "granian", "hypercorn", "uvicorn"}});
    check(files, "hypercorn main:app --bind 0.0.0.0:8000",
          {.dependencies = {"fastapi", "hypercorn", "granian"}});
    check(files, "granian --interface asgi --host 0.0.0.0 --port 8000 main:app",
          {.dependencies = {"fastapi", "granian"}});
    check(files,
          "gunicorn --worker-class uvicorn_worker.UvicornWorker --bind 0.0.0.0:8000 main:app",
          {.dependencies = {"fastapi", "gunicorn", "uvicorn-worker"}});
    check(files, "fastapi run --host 0.0.0.0 --port 8000 --app app main.py",
          {.dependencies = {"fastapi", "fastapi-cli"}});
    EXPECT_ERROR(find(files, {.dependencies = {"fastapi", "gunicorn"}}), "project/no-server",
                 "`main:app`", "`uvicorn`");
}

TEST(Frameworks, StartsFlask) {
    const auto files = file("app.py", kFlask);
    check(files, "gunicorn --bind 0.0.0.0:5000 app:app",
          {.dependencies = {"flask", "gunicorn", "waitress"}});
    check(files, "waitress-serve --host 0.0.0.0 --port 5000 app:app",
          {.dependencies = {"flask", "waitress"}});
    const auto development = find(files, {.dependencies = {"flask"}});
    EXPECT_EQ(pycontainer::testing::joined((*development)->argv),
              "flask --app app:app run --host 0.0.0.0 --port 5000");
    EXPECT_EQ(pycontainer::testing::codes((*development)->warnings),
              (Names{"project/development-server"}));
}

TEST(Frameworks, StartsFactories) {
    const Options flask{.dependencies = {"flask", "gunicorn"}};
    const auto factory = file("shop/__init__.py",
                              "from flask import Flask\ndef create_app(config=None):\n    app = "
                              "Flask(__name__)\n    return app\n");
    check(factory, "gunicorn --bind 0.0.0.0:5000 shop:create_app()", flask);
    check(factory, "waitress-serve --host 0.0.0.0 --port 5000 --call shop:create_app",
          {.dependencies = {"flask", "waitress"}});
    // An object made by the factory is what the authors start.
    check(factory + file("wsgi.py", "from shop import create_app\napp = create_app()\n"),
          "gunicorn --bind 0.0.0.0:5000 wsgi:app", flask);
    check(file("main.py",
               "from fastapi import FastAPI\ndef create_app() -> FastAPI:\n    return build()\n"),
          "uvicorn --factory main:create_app --host 0.0.0.0 --port 8000");
    check(file("main.py",
               "from flask import Flask\ndef create_app(config):\n    return Flask(config)\n"),
          "", flask);
}

TEST(Frameworks, StartsDjango) {
    const auto manage =
        file("manage.py",
             "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n");
    const auto both = manage + file("shop/wsgi.py", "") + file("shop/asgi.py", "");
    check(both, "gunicorn --bind 0.0.0.0:8000 shop.wsgi:application",
          {.dependencies = {"django", "gunicorn", "uvicorn"}});
    check(both, "uvicorn shop.asgi:application --host 0.0.0.0 --port 8000",
          {.dependencies = {"django", "uvicorn"}});
    check(both, "daphne --bind 0.0.0.0 --port 8000 shop.asgi:application",
          {.dependencies = {"django", "daphne"}});
    const auto development = find(both, {.dependencies = {"django"}});
    EXPECT_EQ(pycontainer::testing::joined((*development)->argv),
              "python manage.py runserver 0.0.0.0:8000");
    EXPECT_EQ(pycontainer::testing::codes((*development)->warnings),
              (Names{"project/development-server"}));
    check(file("manage.py",
               "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings.production'\n") +
              file("config/wsgi.py", ""),
          "gunicorn --bind 0.0.0.0:8000 config.wsgi:application",
          {.dependencies = {"django", "gunicorn"}});
    check(file("site/manage.py",
               "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n") +
              file("site/shop/wsgi.py", ""),
          "gunicorn --bind 0.0.0.0:8000 shop.wsgi:application",
          {.dependencies = {"django", "gunicorn"}}, "site");
    check(file("a.py", ""), "", {.dependencies = {"django", "gunicorn"}});
    EXPECT_ERROR(
        find(file("a/manage.py", "") + file("b/manage.py", ""), {.dependencies = {"django"}}),
        "project/ambiguous-application", "`a/manage.py`");
}

TEST(Frameworks, ObeysTheConfiguration) {
    const auto files = file("main.py") + file("app.py", kFlask);
    const Names all{"fastapi", "flask", "gunicorn", "uvicorn"};
    check(files, uvicorn("main:app"), {.dependencies = all});
    check(files, "gunicorn --bind 0.0.0.0:5000 app:app",
          {.dependencies = all, .framework = "Flask"});
    check(files, "", {.dependencies = all, .framework = "none"});
    EXPECT_ERROR(find(files, {.dependencies = all, .framework = "django"}),
                 "project/no-application", "`django`");
    EXPECT_ERROR(find(files, {.dependencies = all, .framework = "fastpi"}),
                 "project/unknown-framework", "did you mean `fastapi`", "`flask`");
}

TEST(Frameworks, StartsTheOthersOfTheirKind) {
    check(file("main.py", "from litestar import Litestar\napp = Litestar([])\n"),
          uvicorn("main:app"), {.dependencies = {"litestar", "uvicorn"}});
    check(file("main.py", "from quart import Quart\napp = Quart(__name__)\n"),
          "hypercorn main:app --bind 0.0.0.0:8000", {.dependencies = {"quart", "hypercorn"}});
    check(file("main.py",
               "from starlette.applications import Starlette\napp = Starlette(routes=[])\n"),
          uvicorn("main:app"), {.dependencies = {"starlette", "uvicorn"}});
}

TEST(Frameworks, StartsScripts) {
    constexpr std::string_view kStreamlit = "import streamlit as st\nst.write(1)\n";
    const Options streamlit{.dependencies = {"streamlit"}};
    check(file("app.py", kStreamlit), "streamlit run app.py", streamlit);
    check(file("report.py", kStreamlit) + file("util.py", "import math\n"),
          "streamlit run report.py", streamlit);
    check(file("Home.py", kStreamlit) + file("main.py", kStreamlit) +
              file("pages/One.py", kStreamlit),
          "streamlit run Home.py", streamlit);
    check(file("app.py", "import streamlit_extras\n"), "", streamlit);
    check(file("a.py", kStreamlit), "", {.dependencies = {"flask"}});
    EXPECT_ERROR(find(file("a.py", kStreamlit) + file("b.py", kStreamlit), streamlit),
                 "project/ambiguous-application", "`a.py`, `b.py`");

    const auto gradio = find(file("demo.py", "import gradio\ngradio.Interface().launch()\n"),
                             {.dependencies = {"gradio"}});
    ASSERT_OK(gradio);
    EXPECT_EQ((*gradio)->argv, (std::vector<std::string>{"python", "demo.py"}));
    EXPECT_EQ((*gradio)->environment.at("GRADIO_SERVER_NAME"), "0.0.0.0");
    EXPECT_EQ((*gradio)->port, 7860U);
}

}  // namespace
}  // namespace pycontainer::project
