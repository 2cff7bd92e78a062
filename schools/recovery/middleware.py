"""What time has made of requests is written down whenever somebody signs in: a clock that died must lock nobody out."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from schools.recovery.actions import settle_due

logger = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponseBase]


class WayBackMiddleware:
    """Middleware that lets due requests take effect before a page of signing in looks at who somebody is."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Settle what is due, then answer as usual; the search for it is one question of few rows."""
        if request.path.startswith(reverse("account_login").removesuffix("login/")):
            try:
                settle_due(now=timezone.now())
            except Exception:  # whatever is wrong with one request, everybody else signs in
                logger.exception("What was asked for somebody who is locked out could not be settled.")
        return self.get_response(request)
