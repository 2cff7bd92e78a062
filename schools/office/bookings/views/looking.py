"""The look before an act that tells people something, where the page has no steps of its own: look, then do exactly that."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.http import HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.office.frame.pages import page
from schools.visits.actions.undoable import MessagesChanged, held, messages_of
from schools.visits.models import Batch
from schools.visits.planned_messages import PlannedMessages

SEEN = "mails"
"""The name under which the look sends back which messages it showed."""


def look_then_do(
    request: SignedInRequest, act: Callable[[datetime], Batch], *, title: str, effects: Sequence[str], verb: str
) -> Batch | HttpResponse:
    """Return the batch of the act where its messages were looked at, else the page that shows them.

    `effects` are sentences on what the act does besides; `verb` stands on the button, which posts once more what was posted.
    Raises RuleBroken as the act does.
    """
    now = timezone.localtime()
    try:
        if SEEN in request.POST:
            return held(lambda: act(now), now=now, seen=request.POST[SEEN])
        return _look(request, messages_of(lambda: act(now), now=now), (), title=title, effects=effects, verb=verb)
    except MessagesChanged as changed:
        return _look(request, changed.planned, changed.reasons, title=title, effects=effects, verb=verb)


def _look(
    request: SignedInRequest,
    planned: PlannedMessages,
    reasons: Sequence[str],
    *,
    title: str,
    effects: Sequence[str],
    verb: str,
) -> HttpResponse:
    left_out = {"csrfmiddlewaretoken", "do", SEEN}
    return page(
        request,
        "office/bookings/look.html",
        title,
        planned=planned,
        reasons=reasons,
        effects=effects,
        verb=verb,
        do=request.POST["do"],
        posted=[(name, value) for name, values in request.POST.lists() if name not in left_out for value in values],
    )
