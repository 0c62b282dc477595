from litestar import Litestar, get


@get(["/", "/{name:str}"])
async def greet(name: str = "Litestar") -> dict[str, str]:
    return {"message": f"Hello {name}"}


app = Litestar([greet])
