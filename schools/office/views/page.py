"""How a page of the office is put together: its user, its rights, its frame."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from schools.accounts.models import User

type View = Callable[..., HttpResponseBase]


class SignedInRequest(HttpRequest):
    """A request of somebody who signed in, as `admin_view` makes sure."""

    user: User


def allowed(permission: str) -> Callable[[View], View]:
    """Let only those see the page whose group has the permission of our app."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(f"schools.{permission}"):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


def page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    """The template in the admin's frame."""
    return render(request, template, {**admin.site.each_context(request), "title": title, **context})
