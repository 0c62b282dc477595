"""A small web service; `script/demo` builds its image and asks it for an answer."""

from fastapi import FastAPI

GREETING = "Hello from a container that no Dockerfile made"

app = FastAPI(title="myapi")


@app.get("/")
def greet() -> dict[str, str]:
    return {"message": GREETING}


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
