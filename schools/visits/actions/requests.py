"""A visit that somebody at a school asks for: kept, confirmed by mail, joined with what is there, seen to by the office."""

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.accesses import access_of
from schools.directory.models import AccessPurpose, Area, Contact, School
from schools.visits.actions.batches import Changes, field_values
from schools.visits.actions.conversations import request_visit
from schools.visits.actions.known_people import know_at_school
from schools.visits.actions.locks import lock_with_visit
from schools.visits.actions.new_contacts import leave_named
from schools.visits.actions.waking import reader_of, somebody_else_reads
from schools.visits.models import RequestState, Visit, VisitRequest
from schools.visits.queries.requests import contact_of_address, contact_under_any_number
from schools.visits.request_emails import ask_to_confirm
from schools.visits.rules import requests as rules
from schools.visits.rules.visits import reasons_not_theirs

OF_REQUEST = ("school", "visit", "contact", "state", "decided_at", "decided_by")
"""The fields of a request that the office writes."""
OF_CONTACT = ("school",)
"""The field by which a batch knows who was put among the people at a school: what they typed stands in the request alone."""
SHARED = "shared"
"""The key in a batch under which a request keeps who is at its school, too, since its person was put there (their id)."""

PRESSED_AGAIN = timedelta(minutes=1)
"""The same that arrives so soon is no other request: somebody on a slow line has pressed twice."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What somebody types who asks for a visit. Blank, None and empty: they did not say."""

    school: School | None
    """None: a school that they did not find, which they name."""
    school_name: str = ""
    postcode: str = ""
    area: Area | None = None
    """Of the poster that led them to the page."""
    name: str
    role: str
    email: str
    phone: str = ""
    year_groups: list[int] = field(default_factory=list)
    half_days: list[str] = field(default_factory=list)
    season: str = ""
    season_year: int | None = None
    note: str = ""


@transaction.atomic
def ask_for_visit(asking: Asking, *, now: datetime) -> VisitRequest:
    """Keep what somebody asked for and mail them the link that confirms it; until then it concerns nobody.

    Pressed twice, it is the same request, and nobody is mailed twice.
    """
    request = _request_of(asking, now=now)
    # Of two that arrive at once the second waits for the first, and then sees it; without a school for any other without one.
    if request.school_id is None:
        ContentType.objects.select_for_update(no_key=True).get(app_label="schools", model="visitrequest")
    else:
        list(School.objects.select_for_update(of=("self",), no_key=True).filter(pk=request.school_id).order_by())
    if earlier := _pressed_before(request):
        return earlier
    request.save()
    ask_to_confirm(request)
    return request


def is_pressed_again(asking: Asking, *, now: datetime) -> bool:
    """Return whether the same was asked for within the last minute, so that asking once more would mail nobody."""
    return _pressed_before(_request_of(asking, now=now)) is not None


def _request_of(asking: Asking, *, now: datetime) -> VisitRequest:
    """Return the request that would be kept; it is not saved."""
    request = VisitRequest(**{each.name: getattr(asking, each.name) for each in fields(asking)}, asked_at=now)
    request.full_clean()
    return request


def _pressed_before(request: VisitRequest) -> VisitRequest | None:
    """Return the same request that arrived less than a minute before this one; None: there is none that is not confirmed yet."""
    names = [each.name for each in fields(Asking)]
    waiting = VisitRequest.objects.filter(email=request.email, state=RequestState.UNCONFIRMED)
    recent = waiting.filter(asked_at__gt=request.asked_at - PRESSED_AGAIN)
    typed = field_values(request, names)
    return next((row for row in recent if field_values(row, names) == typed), None)


@transaction.atomic
def confirm_request(request: VisitRequest, *, now: datetime) -> VisitRequest:
    """Join the request with the visit that is there, or make one in stage *requested*; pressed twice, it is the same.

    Raises RuleBroken where it is too late.
    """
    row = _locked(request)
    if row.state != RequestState.UNCONFIRMED:
        return row
    if reasons := rules.reasons_not_to_confirm_request(row, now=now):
        raise RuleBroken(reasons)
    row.confirmed_at = now
    row.state = RequestState.WAITS
    if row.school is not None and _join(row, row.school, now=now):
        row.state, row.decided_at = RequestState.DONE, now  # the visit itself waits for the office
    row.save()
    return row


@transaction.atomic
def say_which_school(
    request: VisitRequest, school: School, *, by: User, now: datetime, changes: Changes | None = None
) -> VisitRequest:
    """Join a request that belongs to no visit yet with this school, as if it had named it.

    `changes` records what was written. Raises RuleBroken with the reasons.
    """
    row = _locked(request)
    if reasons := rules.reasons_not_to_join(row, school):
        raise RuleBroken(reasons)
    written = changes if changes is not None else Changes()
    before, row.school = field_values(row, OF_REQUEST), school
    _join(row, school, now=now, changes=written)
    if row.visit is None:  # it closed while they pressed
        raise RuleBroken(rules.reasons_not_to_join(row, School.objects.get(pk=school.pk)))
    _done(row, by=by, now=now)
    written.record_changed(row, before)
    return row


@transaction.atomic
def know_person(request: VisitRequest, *, by: User, now: datetime, changes: Changes | None = None) -> Contact:
    """Put whoever asked among the people at the school, and let the visit ask for them where it names nobody.

    Somebody who has the address already stays as they are: it was proved to be theirs, so whoever is known at another school is
    at this one, too. `changes` records what was written. Raises RuleBroken with every reason.
    """
    row, written = _locked(request), changes if changes is not None else Changes()
    before = field_values(row, OF_REQUEST)
    reasons = rules.reasons_not_to_know(row)
    visit = Visit.objects.select_for_update(of=("self",)).filter(pk=row.visit_id or 0).select_related("school").first()
    if visit is not None:
        reasons += reasons_not_theirs(visit, by=by, on=timezone.localdate(now))
    if reasons or row.school is None:
        raise RuleBroken(list(dict.fromkeys(reasons)))
    # The lock lets two who press at once make one person.
    School.objects.select_for_update(of=("self",)).get(pk=row.school.pk)
    reader = reader_of(visit) if visit is not None else ""  # before: who is new may be the first at the school already
    was_here = contact_of_address(row.school, row.email) is not None
    known = know_at_school(row.school, row.email)
    contact = known or Contact.objects.create(school=row.school, **_facts_of(row))
    if known is None:
        written.record_created(contact, OF_CONTACT)
    row.contact = contact
    if visit is not None and visit.contact_id is None and visit.school_id == row.school_id:
        visit.contact = contact
        visit.save(update_fields=["contact"])
        written.record_changed(visit, {"contact": None})
        somebody_else_reads(visit, before=reader, now=now)
        leave_named(visit, by=by, now=now, changes=written)
    _done(row, by=by, now=now)
    written.record_changed(row, before)
    if known is not None and not was_here:
        written.rows[-1][SHARED] = known.pk
    return contact


def _facts_of(request: VisitRequest) -> dict[str, Any]:
    """Return what the request says of its person, as an entry of people at schools holds it."""
    return {"name": request.name, "role": request.role, "email": request.email, "phone": request.phone}


def is_as_typed(contact: Contact, request: VisitRequest) -> bool:
    """Return whether the entry says of the person what their request says, and no more."""
    facts = _facts_of(request)
    return all(getattr(contact, name) == value for name, value in facts.items()) and not contact.also_at.exists()


@transaction.atomic
def see_to_request(request: VisitRequest, *, by: User, now: datetime) -> VisitRequest:
    """Say that nobody has to look at the request any more.

    Raises RuleBroken where it was not confirmed, or where its visit is in another area by now.
    """
    row = _locked(request)
    if row.state == RequestState.UNCONFIRMED:
        raise RuleBroken(["Nobody has confirmed this by mail yet. Wait for that."])
    visit = Visit.objects.filter(pk=row.visit_id or 0).select_related("school").first()
    if visit is not None and (reasons := reasons_not_theirs(visit, by=by, on=timezone.localdate(now))):
        raise RuleBroken(reasons)
    return _done(row, by=by, now=now)


def _locked(request: VisitRequest) -> VisitRequest:
    """Lock the request: before its visit, and that before the schools, in every verb here and where a visit is declined."""
    rows = VisitRequest.objects.select_for_update(of=("self",)).select_related("school", "contact")
    return rows.get(pk=request.pk)


def _done(row: VisitRequest, *, by: User, now: datetime) -> VisitRequest:
    if row.state != RequestState.DONE:
        row.state, row.decided_at, row.decided_by = RequestState.DONE, now, by
    row.save()
    return row


def _join(row: VisitRequest, school: School, *, now: datetime, changes: Changes | None = None) -> bool:
    """Give the request its visit and the person whom we know; return whether the visit is new, which `changes` records.

    All register numbers of the school are locked, so that of any number who confirm at once one makes the visit. A school that
    closed meanwhile gets none: the office says which school it is now.
    """
    on = timezone.localdate(now)
    there, chain = lock_with_visit(school.under_any_number, on=on)
    school = next(each for each in chain if each.pk == school.pk)
    row.contact = contact_under_any_number(school, row.email)
    if row.contact is not None:
        if row.contact.school_id != school.pk:
            row.contact.also_at.add(school)  # whom we know by an earlier number is at this one too
        access_of(row.contact, AccessPurpose.VISITS, on=on)  # so that its page can lead on to the visit's
    row.visit = there
    if there is not None or not school.is_bookable:
        return False
    row.visit = request_visit(school, preferred_month=None, by=None, now=now, contact=row.contact, changes=changes)
    return True
