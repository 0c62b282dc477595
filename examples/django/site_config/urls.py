from django.http import HttpRequest, JsonResponse
from django.urls import path


def greet(request: HttpRequest, name: str = "Django") -> JsonResponse:
    return JsonResponse({"message": f"Hello {name}"})


urlpatterns = [path("", greet), path("<str:name>", greet)]
