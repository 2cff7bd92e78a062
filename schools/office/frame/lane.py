"""Pages and files that are heavy take their turn: while the lane is full, a page says so and asks again by itself."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from schools.accounts.requests import SignedInRequest
from schools.office.frame.pages import View, page
from schools.running.lane import Turn, in_lane


def heavy(*, posts: bool = False, with_query: str = "") -> Callable[[View], View]:
    """Let the view answer in the lane alone (schools/running/lane.py); `posts`: what it does is heavy, not only what it shows.

    `with_query` names what has to be in the query for the page to be heavy; "": it always is.

    It stands below `allowed`, so that whoever may not open the page takes nobody's place.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def in_turn(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if (request.method == "POST" and not posts) or (with_query and not request.GET.get(with_query)):
                return view(request, *args, **kwargs)
            answer = in_lane(f"person:{request.user.pk}", lambda: view(request, *args, **kwargs), now=timezone.now())
            return _waiting(request, answer) if isinstance(answer, Turn) else answer

        in_turn.is_heavy = True  # type: ignore[attr-defined]  # for the test of what is heavy
        return in_turn

    return decorate


def _waiting(request: SignedInRequest, turn: Turn) -> HttpResponseBase:
    """Return the page that waits. What is only looked at is asked for again by the browser, what was typed by a button.

    Its status keeps a program that saves whatever comes from taking the page for the file, and is no fault of the server.
    """
    typed = None
    if request.method == "POST":
        typed = [(name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"]
    context = {"turn": turn, "at_once": settings.SPEAKOUT_HEAVY_AT_ONCE, "typed": typed}
    answer = page(request, "office/frame/waiting.html", "One moment: it is your turn soon", **context)
    answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
    answer.headers["Retry-After"] = str(turn.seconds)
    if typed is None:
        answer.headers["Refresh"] = str(turn.seconds)
    add_never_cache_headers(answer)
    return answer
