"""The undo bar that follows every change that can be undone: how one is led to it, and what it says.

What the undo of batches takes back has a bar that stands in the page (`redirect_with_undo`); what another button of a page takes
back has one that is said once, as a message (`say_with_undo`).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.row_ids import row_id
from schools.office.frame import query_params
from schools.office.frame.visibility import today
from schools.visits.models import Batch, BatchKind
from schools.visits.planned_messages import planned_messages
from schools.visits.queries.held import held_messages

DONE = "done"
"""The name in an address for the batch that the undo bar offers to undo."""
QUICKER = "Somebody was quicker, so nothing was changed. Read how it stands now."
"""What is said where a press finds that it is done already: then no bar takes back what somebody else has done."""
CHANGED = "What you looked at has changed meanwhile. Look at it again."
"""What is said where a press finds that somebody has decided anew about what its page showed."""
BACK = "back"
"""The name in an address for the page from which somebody came, to which what they do leads back."""


def back_of(request: SignedInRequest) -> str:
    """Return the address of the page of the office from which somebody came; blank: neither address nor form names one."""
    return query_params.office_address(request.GET.get(BACK) or request.POST.get(BACK))


def address_with_back(request: SignedInRequest, name: str, *args: int | date, query: str = "") -> str:
    """Return the address of a page that, like this one, leads back to where somebody came from, where they came from anywhere."""
    back = back_of(request)
    query = "&".join(filter(None, (query, urlencode({BACK: back}) if back else "")))
    return f"{reverse(name, args=args)}{'?' if query else ''}{query}"


def redirect_with_undo(
    request: SignedInRequest, batch: Batch | None, name: str, *args: int | date, query: str = "", back: str = ""
) -> HttpResponse:
    """Redirect to the page; its undo bar says what was done and offers to undo it, and it leads back to where somebody came from.

    `back` is the address of another page with such a bar, to which somebody is led instead; blank: none. A batch that is not
    stored, because nothing changed, has no bar; nor has None.
    """
    address = back or address_with_back(request, name, *args, query=query)
    return redirect(address if batch is None or batch.pk is None else with_undo(address, batch))


def with_undo(address: str, batch: Batch) -> str:
    """Return the address of a page with such a bar that undoes the batch; a bar of what was done before is gone there."""
    parts = urlsplit(address)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != DONE]
    # Without the place on the page: behind it nobody would read the query.
    return f"{parts.path}?{urlencode([*query, (DONE, batch.pk)])}"


def say_with_undo(request: SignedInRequest, words: str, back: Mapping[str, object], *, to: str = "") -> None:
    """Say what was done, beside a button that takes it back: only what this press has done, so none where it changed nothing.

    The button posts the fields of `back` to the page `to`; blank: to the page on which it was done. Of a list each is posted.
    Without any field nothing takes it back, and it is said without a button.
    """
    if not back:
        messages.success(request, words)
        return
    shown = {
        "words": words,
        "to": to or _here(request),
        "fields": [(name, each) for name, value in back.items() for each in (value if isinstance(value, list) else [value])],
        "csrf_token": get_token(request),
    }
    messages.success(request, render_to_string("office/frame/_take_back_bar.html", shown), extra_tags="with-undo")


def undo_bar(request: SignedInRequest, batch: Batch | None = None) -> dict[str, Any]:
    """Return for a page's context the batch that was just done and can be undone, with what became of its messages.

    It is `batch`; None: the one that the address names. A page has no such batch where that is None as well. Whoever undoes it is
    led to `undo_leads_to`: this page again, as it was chosen by its address.
    """
    done = batch.pk if batch else row_id(request.GET.get(DONE))
    if done is None:
        return {"undoable": None}
    mine = Batch.objects.for_user(request.user, on=today()).filter(undone_at=None)
    undoable = mine.defer("changes").filter(pk=done).first()
    return {"undoable": undoable, "undo_leads_to": _here(request), **(_told(undoable) if undoable else {})}


def _here(request: SignedInRequest) -> str:
    """Return the address of the page as it is without the bar."""
    chosen = request.GET.copy()
    chosen.pop(DONE, None)
    return f"{request.path}?{chosen.urlencode()}" if chosen else request.path


def _told(batch: Batch) -> dict[str, Any]:
    """Return what became of the messages of a batch, which follow in the morning, and how many people have to be phoned."""
    now = timezone.localtime()
    planned = planned_messages(() if batch.kind == BatchKind.CHASE else batch.visits or (), now=now)
    return {"held": held_messages(batch, now=now), "in_the_morning": planned.in_the_morning, "by_phone": len(planned.phoned)}
