from flask import Flask

app = Flask(__name__)


@app.get("/")
@app.get("/<name>")
def greet(name: str = "Flask") -> dict[str, str]:
    return {"message": f"Hello {name}"}
