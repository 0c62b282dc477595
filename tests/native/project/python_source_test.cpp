#include "project/python_source.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

/// The assignments as `line name:annotation=callee"literal"`.
std::vector<std::string> assignments(std::string_view text) {
    std::vector<std::string> result;
    for (const auto& one : read_python(text).assignments) {
        if (one.callee.empty() && one.annotation.empty() && !one.literal) continue;
        result.push_back(std::to_string(one.line) + " " + one.name +
                         (one.annotation.empty() ? "" : ":" + one.annotation) + "=" + one.callee +
                         (one.literal ? "\"" + *one.literal + "\"" : ""));
    }
    return result;
}

void check(std::string_view text, const std::vector<std::string>& expected) {
    EXPECT_EQ(assignments(text), expected) << text;
}

TEST(PythonSource, ResolvesCallsThroughImports) {
    check("import fastapi\napp = fastapi.FastAPI()\n", {"2 app=fastapi.FastAPI"});
    check("from fastapi import FastAPI\napp = FastAPI(title='x')\n", {"2 app=fastapi.FastAPI"});
    check("from fastapi import Depends, FastAPI as X\napp = X()\n", {"2 app=fastapi.FastAPI"});
    check("import fastapi as f, os\napp = f.FastAPI()\n", {"2 app=fastapi.FastAPI"});
    check(
        "from fastapi import (\n    Depends,\n    FastAPI,  # the app\n)\napp = FastAPI(\n  "
        "a=1,\n)\n",
        {"5 app=fastapi.FastAPI"});
    check("from .factory import make\napp = make()\n", {"2 app=.factory.make"});
    check("from . import factory\napp = factory.make()\n", {"2 app=.factory.make"});
    check(
        "try:\n    from fastapi import FastAPI\nexcept ImportError:\n    raise\napp = FastAPI()\n",
        {"5 app=fastapi.FastAPI"});
}

TEST(PythonSource, ReadsTheFormsOfAssignment) {
    check("app: FastAPI = make()\n", {"1 app:FastAPI=make"});
    check("app: 'fastapi.FastAPI' = make()\n", {"1 app:fastapi.FastAPI=make"});
    check("app: dict[str, int] = make()\n", {"1 app:dict=make"});
    check("app = application = Flask(__name__)\n", {"1 app=Flask", "1 application=Flask"});
    check("__version__ = '1.2'\nv = \"a\" \"b\"\nf = f'x'\nr = r'\\d'\ne = '\\x31'\n",
          {"1 __version__=\"1.2\"", "4 r=\"\\d\""});
    check("app = \\\n  Flask(__name__)\n", {"1 app=Flask"});
    check("x.app = Flask()\napp == Flask()\napp[0] = Flask()\n", {});
    check("app\t=\tFlask()\r\n", {"1 app=Flask"});
}

TEST(PythonSource, KeepsToTheTopLevel) {
    check("if DEBUG:\n    app = A()\nelse:\n    app = B()\n", {"2 app=A", "4 app=B"});
    check("with x:\n  try:\n    app = A()\n  finally:\n    pass\n", {"3 app=A"});
    check(
        "def f():\n    app = A()\n\nclass C:\n    app = B()\n    def g(self):\n        app = "
        "D()\nlast = E()\n",
        {"8 last=E"});
    check("if __name__ == '__main__':\n    app = A()\n", {});
    check("def f():\n    if x:\n        app = A()\n", {});
}

TEST(PythonSource, IsNotFooledByStringsAndComments) {
    check("\"\"\"\napp = FastAPI()\n\"\"\"\n# app = FastAPI()\nx = '''\ny = A()\n'''\nz = B()\n",
          {"5 x=\"\ny = A()\n\"", "8 z=B"});
    check("s = 'it\\'s' # '\napp = A()\n", {"2 app=A"});
    check("s = \"#\"\napp = A()\n", {"1 s=\"#\"", "2 app=A"});
}

TEST(PythonSource, ReadsBrokenFilesAsFarAsItCan) {
    check("app = A()\ns = 'unended\nb = B()\n", {"1 app=A", "2 s=\"unended\"", "3 b=B"});
    check("app = A(\n", {"1 app=A"});
    check("'''never ended\napp = A()", {});
    check(")))\napp = A()\n", {"2 app=A"});
    for (const auto* text :
         {"", "\\", "\xEF\xBB\xBF", "def", "def f", "def f(", "import", "from", "from .",
          "from . import", "class", "a:", "=", "\"", "f\"", "async", "import a as", "\t"})
        EXPECT_TRUE(read_python(text).assignments.empty()) << text;
}

TEST(PythonSource, DescribesFunctions) {
    const auto source = read_python(
        "from flask import Flask\n\ndef create_app(config=None, *args, debug: bool = False, "
        "**kwargs) -> Flask:\n    app = Flask(__name__)\n    db.init_app(app)\n    return app\n"
        "def needs(a, b=1): return Flask('x')\nasync def other():\n    def inner():\n        "
        "Flask()\n");
    ASSERT_EQ(source.functions.size(), 3U);
    EXPECT_EQ(source.functions[0].name, "create_app");
    EXPECT_EQ(source.functions[0].returns, "flask.Flask");
    EXPECT_EQ(source.functions[0].callees,
              (std::vector<std::string>{"flask.Flask", "db.init_app"}));
    EXPECT_FALSE(source.functions[0].needs_arguments);
    EXPECT_EQ(source.functions[0].line, 3U);
    EXPECT_TRUE(source.functions[1].needs_arguments);
    EXPECT_EQ(source.functions[1].callees, (std::vector<std::string>{"flask.Flask"}));
    EXPECT_EQ(source.functions[2].callees, (std::vector<std::string>{"inner", "flask.Flask"}));
}

TEST(PythonSource, FindsTheSettingsOfDjango) {
    EXPECT_EQ(string_after("os.environ.setdefault('DJANGO_SETTINGS_MODULE', \"shop.settings\")",
                           "DJANGO_SETTINGS_MODULE"),
              "shop.settings");
    EXPECT_EQ(
        string_after("os.environ[\"DJANGO_SETTINGS_MODULE\"] = 'a.b'", "DJANGO_SETTINGS_MODULE"),
        "a.b");
    EXPECT_EQ(string_after("# 'DJANGO_SETTINGS_MODULE', 'x'\nenv('DJANGO_SETTINGS_MODULE', name)",
                           "DJANGO_SETTINGS_MODULE"),
              std::nullopt);
}

}  // namespace
}  // namespace pycontainer::project
