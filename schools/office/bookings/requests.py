"""Visits that schools asked for by themselves, on the page of the visit: who asked, what they wish, whether we know them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import BigIntegerField
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.batched_queries import Given
from schools.core.errors import RuleBroken
from schools.core.prepared import Prepared
from schools.core.row_ids import row_id
from schools.erasing.people import is_of_entry
from schools.planning.queries.due_year import not_due_until
from schools.visits.actions.booked import know_person_to_undo, see_to_request_to_undo
from schools.visits.actions.undoable import held
from schools.visits.models import Batch, RequestState, Visit, VisitRequest, VisitStage
from schools.visits.queries.requests import requests_of
from schools.visits.request_words import wishes_of
from schools.visits.rules.requests import is_of_nobody

MOST_SHOWN = 20
DOES = ("know-asker", "request-seen")
"""The buttons of the part of the page; each names the request that it is about."""
REQUESTS = Prepared(lambda: requests_of(Given("visit", BigIntegerField()))[:MOST_SHOWN])


@dataclass(frozen=True)
class Line:
    """One request, as the office reads it."""

    request: VisitRequest
    wishes: list[tuple[str, str]]

    @property
    def waits(self) -> bool:
        """Whether somebody has to look at it."""
        return self.request.state == RequestState.WAITS

    @property
    def is_of_nobody(self) -> bool:
        """Whether who asked was erased since."""
        return is_of_nobody(self.request)

    @property
    def is_of_entry(self) -> bool:
        """Whether who asked is the person of the entry with which it was joined, and no colleague of the same mailbox."""
        return is_of_entry(self.request)

    @property
    def differs(self) -> list[str]:
        """Each of what they typed that is not what we have of the person; theirs is shown, and ours stays."""
        contact = self.request.contact
        if contact is None:
            return []
        pairs = [(self.request.name, contact.name), (self.request.role, contact.role), (self.request.phone, contact.phone)]
        return [str(theirs) for theirs, ours in pairs if theirs and str(theirs).casefold() != str(ours).casefold()]


def lines_of(requests: Iterable[VisitRequest]) -> list[Line]:
    """Return the requests with their wishes in words."""
    return [Line(each, wishes_of(each)) for each in requests]


def requests_of_visit(visit: Visit, *, on: date) -> dict[str, Any]:
    """Return what the part of the page shows, and until when the school is not due where it waits for a day."""
    lines = lines_of(REQUESTS.run(visit=visit.pk))
    is_open = bool(lines) and visit.stage == VisitStage.REQUESTED
    return {"requests": lines, "not_due_until": not_due_until(visit.school, on=on) if is_open else None}


def request_done(request: SignedInRequest, visit: Visit, do: str) -> list[str] | Batch:
    """Do what a button of the part says; return the reasons why that was not possible, or the batch that undoes it."""
    row = VisitRequest.objects.filter(visit=visit, pk=row_id(request.POST.get("request")) or 0).first()
    return done(request, row, do)


def done(request: SignedInRequest, row: VisitRequest | None, do: str) -> list[str] | Batch:
    """Do what a button says about the request, and say so; return the reasons why that was not possible, none where it was done.

    What can be undone returns its batch instead.
    """
    if row is None:
        return ["This request is not there any more."]
    by, now = request.user, timezone.localtime()
    try:
        if do == "know-asker":
            batch = held(lambda: know_person_to_undo(row, by=by, now=now), now=now)
            row.refresh_from_db(fields=["contact"])
            messages.success(request, f"{row.contact} is among the people at the school now.")
            return batch if batch.changes else []
        batch = see_to_request_to_undo(row, by=by, now=now)
    except RuleBroken as broken:
        return broken.reasons
    messages.success(request, "It waits no more.")
    return batch if batch.changes else []
