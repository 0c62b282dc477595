#include "project/ports.hpp"

#include "base/strings.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

void check(std::string_view command, const std::vector<unsigned>& expected, bool warns = false) {
    SCOPED_TRACE(command);
    const auto found = listening_ports(*split_shell_words(command));
    std::vector<unsigned> ports;
    for (const auto& port : found.ports) ports.push_back(port.value);
    EXPECT_EQ(ports, expected);
    EXPECT_EQ(!found.warnings.empty(), warns);
}

TEST(Ports, ReadsTheFlagsOfServers) {
    check("uvicorn app:app --host 0.0.0.0 --port 8080", {8080});
    check("uvicorn app:app --host=0.0.0.0 --port=8080", {8080});
    check("gunicorn -b 0.0.0.0:9000 app:app", {9000});
    check("gunicorn --bind=:9000 --bind 0.0.0.0:9001 app:app", {9000, 9001});
    check("hypercorn --bind [::]:80 app:app", {80});
    check("daphne -b 0.0.0.0 -p 8001 a.asgi:application", {8001});
    check("flask --app a run -h 0.0.0.0 -p 5001", {5001});
    check("waitress-serve --listen=*:8041 a:app", {8041});
    check("python manage.py runserver 0.0.0.0:8000", {8000});
    check("env PORT=3000 python app.py", {3000});
    check("python app.py --port 7000", {7000});
}

TEST(Ports, KnowsTheDefaultsOfServers) {
    check("uvicorn app:app --host 0.0.0.0", {8000});
    check("waitress-serve a:app", {8080});
    check("/opt/venv/bin/gunicorn --bind 0.0.0.0 a:app", {8000});
    check("python -m uvicorn app:app --host 0.0.0.0", {8000});
    check("fastapi run main.py", {8000});
    check("flask run --host 0.0.0.0", {5000});
    check("python app.py", {});
    check("flask db upgrade", {});
}

TEST(Ports, WarnsOfServersThatOnlyTheContainerReaches) {
    check("uvicorn app:app", {8000}, true);
    check("uvicorn app:app --host 127.0.0.1 --port 80", {80}, true);
    check("gunicorn -b localhost:80 a:app", {80}, true);
    check("gunicorn -b unix:/run/a.sock a:app", {8000});
}

TEST(Ports, IgnoresWhatIsNoPort) {
    check("python app.py --port", {});
    check("python app.py --port 0", {});
    check("python app.py --port 65536", {});
    check("python app.py --port $PORT", {});
    check("cp -p a b", {});
    check("ssh -p -1", {});
}

}  // namespace
}  // namespace pycontainer::project
