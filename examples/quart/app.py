from quart import Quart

app = Quart(__name__)


@app.get("/")
@app.get("/<name>")
async def greet(name: str = "Quart") -> dict[str, str]:
    return {"message": f"Hello {name}"}
