"""Answers monitors before anything else: no session, no database, no redirect to HTTPS stands in the way."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from schools.running.health import watch

Handler = Callable[[HttpRequest], HttpResponseBase]

LIVE, READY = "/live", "/ready"


class HealthMiddleware:
    """Middleware for `/live/`, which says that this process answers, and `/ready/`, which says whether all checks are well.

    Neither says more to a stranger; the doctor and the office do. Whatever host name was asked for, they answer: monitors and
    proxies ask by number.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or let the request through."""
        path = request.path.removesuffix("/")
        if path not in {LIVE, READY} or request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        is_well = path == LIVE or watch.is_ready(clock=timezone.now)
        answer = HttpResponse(f"{'ok' if is_well else 'not ready'}\n", content_type="text/plain", status=200 if is_well else 503)
        answer.headers["Cache-Control"] = "no-store"
        return answer
