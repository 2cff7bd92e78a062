"""The portal's pages."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def home(request: HttpRequest) -> HttpResponse:
    """Placeholder until the portal's views are there."""
    return HttpResponse(f"{request.user}")


urlpatterns = [path("", home, name="home")]
