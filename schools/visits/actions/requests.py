"""A visit that somebody at a school asks for: kept, confirmed by mail, joined with what is there, seen to by the office."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.accesses import access_of
from schools.directory.models import AccessPurpose, Area, Contact, School
from schools.visits.actions.conversations import request_visit
from schools.visits.actions.known_people import know_at_school
from schools.visits.actions.locks import lock_with_visit
from schools.visits.actions.waking import wake
from schools.visits.models import RequestState, Visit, VisitRequest
from schools.visits.queries.requests import contact_of_address
from schools.visits.request_emails import ask_to_confirm
from schools.visits.rules import requests as rules
from schools.visits.rules.visits import reasons_not_theirs


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
    """Keep what somebody asked for and mail them the link that confirms it; until then it concerns nobody."""
    values: dict[str, Any] = {name: getattr(asking, name) for name in (each.name for each in fields(asking))}
    request = VisitRequest(**values, asked_at=now)
    request.full_clean()
    request.save()
    ask_to_confirm(request)
    return request


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
def say_which_school(request: VisitRequest, school: School, *, by: User, now: datetime) -> VisitRequest:
    """Join a request that belongs to no visit yet with this school, as if it had named it. Raises RuleBroken with the reasons."""
    row = _locked(request)
    if reasons := rules.reasons_not_to_join(row, school):
        raise RuleBroken(reasons)
    row.school = school
    _join(row, school, now=now)
    if row.visit is None:  # it closed while they pressed
        raise RuleBroken(rules.reasons_not_to_join(row, School.objects.get(pk=school.pk)))
    return _done(row, by=by, now=now)


@transaction.atomic
def know_person(request: VisitRequest, *, by: User, now: datetime) -> Contact:
    """Put whoever asked among the people at the school, and let the visit ask for them where it names nobody.

    Somebody who has the address already stays as they are: it was proved to be theirs, so whoever is known at another school is
    at this one, too. Raises RuleBroken with every reason.
    """
    row = _locked(request)
    reasons = rules.reasons_not_to_know(row)
    visit = Visit.objects.select_for_update(of=("self",)).filter(pk=row.visit_id or 0).select_related("school").first()
    if visit is not None:
        reasons += reasons_not_theirs(visit, by=by, on=timezone.localdate(now))
    if reasons or row.school is None:
        raise RuleBroken(list(dict.fromkeys(reasons)))
    facts = {"name": row.name, "role": row.role, "email": row.email, "phone": row.phone}
    # The lock lets two who press at once make one person.
    School.objects.select_for_update(of=("self",)).get(pk=row.school.pk)
    contact = know_at_school(row.school, row.email) or Contact.objects.create(school=row.school, **facts)
    row.contact = contact
    if visit is not None and visit.contact_id is None and visit.school_id == row.school_id:
        visit.contact = contact
        visit.save(update_fields=["contact"])
        wake([visit.pk])
    _done(row, by=by, now=now)
    return contact


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


def _join(row: VisitRequest, school: School, *, now: datetime) -> bool:
    """Give the request its visit and the person whom we know; return whether the visit is new.

    All register numbers of the school are locked, so that of any number who confirm at once one makes the visit. A school that
    closed meanwhile gets none: the office says which school it is now.
    """
    on = timezone.localdate(now)
    there, chain = lock_with_visit(school.under_any_number, on=on)
    school = next(each for each in chain if each.pk == school.pk)
    row.contact = contact_of_address(school, row.email)
    if row.contact is not None:
        access_of(row.contact, AccessPurpose.VISITS, on=on)  # so that its page can lead on to the visit's
    row.visit = there
    if there is not None or not school.is_bookable:
        return False
    row.visit = request_visit(school, preferred_month=None, by=None, now=now, contact=row.contact)
    return True
