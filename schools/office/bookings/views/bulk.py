"""Bulk work on visits and sessions: confirm many, reassign many, ask how sessions went."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.office.bookings.bulk import (
    BulkWork,
    coordinators_for,
    number_left_out,
    rows_without_outcome,
    visit_rows,
)
from schools.office.bookings.forms.bulk import ManyConfirmForm, ReassignForm
from schools.office.bookings.views.bulk_steps import in_chosen_area, posted_form, run_steps, taken, taken_ids
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import undo_bar
from schools.office.frame.visibility import today
from schools.visits.actions import bulk
from schools.visits.models import Batch, Session, Visit, VisitStage

MOST_BATCHES = 20
"""The most batches that the page of bulk work lists."""


@allowed("view_visit")
def index(request: SignedInRequest) -> HttpResponse:
    """List the kinds of bulk work, and the latest batches."""
    batches = Batch.objects.for_user(request.user, on=today()).select_related("by").defer("changes")[:MOST_BATCHES]
    return page(
        request,
        "office/bookings/bulk_index.html",
        "Many at once",
        batches=batches,
        may_hand_over=request.user.has_perm("schools.change_areacoordinator"),
        **undo_bar(request),
    )


def _visits_to_come(request: SignedInRequest) -> QuerySet[Visit]:
    visits = Visit.objects.for_user(request.user, on=today()).to_come(on=today()).filter(in_chosen_area(request, "school"))
    return visits.select_related("school", "coordinator").order_by("school__name", "pk")


def _number_not_here(request: SignedInRequest, rows: QuerySet[Any]) -> int:
    """Return how many of the rows that were taken here from a list are not among these."""
    came = taken_ids(request)
    return len(came) - rows.count() if came else 0


@allowed("change_visit")
def confirm_many(request: SignedInRequest) -> HttpResponse:
    """Mark many planned visits as agreed."""
    planned = _visits_to_come(request).filter(taken(request), stage=VisitStage.PLANNED)
    work = BulkWork(
        title="Confirm many visits",
        means="Each visit that you tick is marked as agreed with its school.",
        verb="Confirm these visits",
        empty="No planned visit is waiting for its school’s yes. A visit that you book stands here until its school has agreed.",
        rows=visit_rows(planned, request.user, confirming=True),
        more=number_left_out(planned),
        not_here=_number_not_here(request, planned),
        form=posted_form(request, ManyConfirmForm, initial={"agreed_on": today()}),
    )
    by, now = request.user, timezone.localtime()
    return run_steps(
        request,
        work,
        lambda ids, data: bulk.confirm_many(ids, by=by, now=now, **data),
        to="admin:bulk",
        done_before=lambda ids, data: bulk.confirmed_before(ids, by=by, **data),
    )


@allowed("change_visit")
def reassign(request: SignedInRequest) -> HttpResponse:
    """Give many visits to another coordinator."""
    visits = _visits_to_come(request).filter(taken(request))
    work = BulkWork(
        title="Give visits to another coordinator",
        means="Who looks after the visits from now on; what took place keeps its name.",
        verb="Give them these visits",
        empty="No visit of your areas is to come. Those that are booked stand here.",
        rows=visit_rows(visits, request.user, confirming=False),
        more=number_left_out(visits),
        not_here=_number_not_here(request, visits),
        form=posted_form(request, ReassignForm, people=coordinators_for(request.user)),
        tells=False,
    )
    by, now = request.user, timezone.localtime()
    return run_steps(
        request,
        work,
        lambda ids, data: bulk.reassign(ids, by=by, now=now, **data),
        to="admin:bulk",
        done_before=lambda ids, data: bulk.reassigned_before(ids, by=by, **data),
    )


@allowed("change_session")
def chase(request: SignedInRequest) -> HttpResponse:
    """Ask those who were on sessions without an outcome how they went."""
    missing = Session.objects.for_user(request.user, on=today()).outcome_missing(on=today()).filter(type__presenters__gt=0)
    missing = missing.filter(in_chosen_area(request, "visit__school"), taken(request))
    missing = missing.select_related("type", "visit__school").order_by("day", "starts", "pk")
    work = BulkWork(
        title="Ask how sessions went",
        means="Whoever leads or presents on a ticked session, and gets mail, is asked how it went; nobody twice on one day.",
        verb="Ask them",
        empty="No outcome is missing. A session stands here from the day after it, until somebody says how it went.",
        rows=rows_without_outcome(missing),
        more=number_left_out(missing),
        not_here=_number_not_here(request, missing),
    )
    by, now = request.user, timezone.localtime()
    return run_steps(
        request,
        work,
        lambda ids, data: bulk.chase_outcomes(ids, by=by, now=now),
        to="admin:bulk",
        done_before=lambda ids, data: bulk.chased_before(ids, by=by, now=now),
    )
