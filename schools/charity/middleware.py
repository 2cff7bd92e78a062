"""Keeps what a request has read about the charity until it ends."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from schools.charity.queries import kept_for_one_request

Handler = Callable[[HttpRequest], HttpResponseBase]


class CharityMiddleware:
    """Middleware that lets one request read the facts about the charity at most once; it stands before that of sessions."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle the request with a memory of its own."""
        with kept_for_one_request():
            return self.get_response(request)
