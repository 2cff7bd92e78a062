"""The base of a page of the office: its user, its permissions, its frame."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from schools.accounts.requests import SignedInRequest

type View = Callable[..., HttpResponseBase]


def allowed(permission: str, *, posts: Mapping[str, str] | None = None) -> Callable[[View], View]:
    """Let only users with this permission of our app open the page.

    `posts` names what the page does: the values of `do`, each with the permission that it needs; any other POST is refused.
    Without `posts`, the view itself handles every POST. tests/test_audience.py states who may do what.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(f"schools.{permission}"):
                raise PermissionDenied
            if posts is not None and request.method == "POST":
                needed = posts.get(request.POST.get("do", ""))
                if needed is None:
                    return HttpResponseBadRequest("This page has no such button. Open it again.", content_type="text/plain")
                if not request.user.has_perm(f"schools.{needed}"):
                    raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.permission = permission  # type: ignore[attr-defined]  # for the search, which offers only pages that one may open
        checked.posts = posts  # type: ignore[attr-defined]  # for the test of who may do what
        return checked

    return decorate


def page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    """Render the template in the admin's frame."""
    return render(request, template, {**admin.site.each_context(request), "title": title, **context})


def addresses(name: str, *like: Any) -> Callable[..., str]:
    """Return what gives the address of a page by its arguments: the name is looked up once, not for each row of a long list.

    `like`: any value for each of them, such as 0 for an id; in an address they stand as `str` gives them.
    """
    path, between = reverse(name, args=like), list[str]()
    for value in reversed(like):
        path, _, after = path.rpartition(str(value))
        between.insert(0, after)
    return lambda *values: path + "".join(f"{value}{after}" for value, after in zip(values, between, strict=True))
