from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def greet(request: Request) -> JSONResponse:
    return JSONResponse({"message": f"Hello {request.path_params.get('name', 'Starlette')}"})


app = Starlette(routes=[Route("/", greet), Route("/{name}", greet)])
