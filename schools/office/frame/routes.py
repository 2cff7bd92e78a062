"""How a room of the office lists its pages: all need the admin's sign-in, and a page is read-only unless its view says more."""

from django.contrib import admin
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from schools.core.converters import DayConverter  # noqa: F401  # importing it makes <day:…> known
from schools.office.frame.pages import View


def page(route: str, view: View, name: str) -> URLPattern:
    """Return the URL of a page to read; it takes a POST only where its view names what it does (`posts` of `allowed`)."""
    takes_posts = getattr(view, "posts", None) is not None
    return path(route, admin.site.admin_view(view if takes_posts else require_safe(view)), name=name)


def form(route: str, view: View, name: str) -> URLPattern:
    """Return the URL of a page whose view handles a POST itself."""
    return path(route, admin.site.admin_view(view), name=name)
