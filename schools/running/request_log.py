"""One line in the log for each request: id, route, status, time, and who is signed in by id."""

import logging
import re
from collections.abc import Callable
from time import perf_counter
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase

from schools.core.request_notes import NOBODY, notes_for, route_of

Handler = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger("speakout.requests")

HEADER = "X-Request-ID"


class RequestLogMiddleware:
    """Middleware that gives each request an id, sends it back in a header, and logs a line when the request is answered."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer and log."""
        began = perf_counter()
        with notes_for(id_of(request)) as notes:
            response = self.get_response(request)
            response.headers[HEADER] = notes.request_id
            self._log(request, response.status_code, (perf_counter() - began) * 1000)
        return response

    def _log(self, request: HttpRequest, status: int, milliseconds: float) -> None:
        route, took = route_of(request), round(milliseconds, 1)
        fields = {"method": request.method, "route": route, "status": status, "milliseconds": took}
        host = wrong_host(request) if status == 400 else ""
        words = f" for the wrong host {host}" if host else ""
        logger.info("%s %s %s in %s ms%s", request.method, route, status, took, words, extra=fields)


def id_of(request: HttpRequest) -> str:
    """Return the id that our proxy gave the request, else a new one. Anybody can send the header where there is no proxy."""
    given = request.headers.get(HEADER, "") if getattr(settings, "ALLAUTH_TRUSTED_PROXY_COUNT", 0) else ""
    return given if re.fullmatch(r"[A-Za-z0-9._-]{8,64}", given) else uuid4().hex


def wrong_host(request: HttpRequest) -> str:
    """Return the host that was asked for where it is none of ours, in quotation marks and cut short; "" where it is ours."""
    try:
        request.get_host()
    except DisallowedHost:
        return ascii(request.META.get("HTTP_HOST", NOBODY)[:100])
    return ""
