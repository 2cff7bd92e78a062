"""What a booking form is filled in with when it opens: a template, an earlier visit to repeat, a cancelled visit to replace."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from schools.charity.queries import current
from schools.directory.models import School
from schools.directory.queries import area_of
from schools.office.bookings.forms.booking import TemplateForm
from schools.office.frame.query_params import row_id
from schools.visits.models import Headcount, Session, SessionStage, Visit, VisitStage
from schools.visits.rules import NewSession
from schools.visits.rules.guest_schools import MOST_GUESTS
from schools.visits.templates import sessions_of_template


@dataclass
class Prefill:
    """The first contents of a booking form."""

    visit: dict[str, Any] = field(default_factory=dict)
    """Initial values of the visit's form."""
    sessions: list[dict[str, Any]] = field(default_factory=list)
    """Initial values of each session's form."""
    guests: list[School] = field(default_factory=list)
    template: TemplateForm | None = None
    """The form that chooses a template; None where the booking repeats or replaces a visit."""
    words: str = ""
    """A sentence that says where the contents come from; blank where nothing was filled in from a visit."""


def _at(school: School) -> Q:
    """Return the condition that a visit is to the school, under any of its register numbers."""
    return Q(school=school) if school.chain is None else Q(school__chain=school.chain)


def cancelled_at(school: School) -> QuerySet[Visit]:
    """Return the cancelled visits to the school, under any of its register numbers."""
    return Visit.objects.filter(_at(school), stage=VisitStage.CANCELLED)


def prefill_from(query: QueryDict, school: School, *, visits: QuerySet[Visit], on: date) -> Prefill:
    """Return what the address asks for: `template` with `first_day`, `copy` (one of `visits`) or `replaces`; else nothing."""
    if "template" in query:
        form = TemplateForm(query)
        if not form.is_valid():
            return Prefill(template=form)
        sessions = sessions_of_template(form.cleaned_data["template"], school, first_day=form.cleaned_data["first_day"])
        return Prefill(sessions=[_from_template(session) for session in sessions], template=form)
    for name, sources in (("copy", visits.filter(_at(school))), ("replaces", cancelled_at(school).filter(replaced_by=None))):
        number = row_id(query.get(name))
        visit = sources.filter(pk=number).first() if number is not None else None
        if visit is not None:
            return _repeated(visit, on=on) if name == "copy" else _replaced(visit)
    return Prefill(template=TemplateForm())


def _from_template(session: NewSession) -> dict[str, Any]:
    known = {f"expected_{group}": pupils for group, pupils in (session.expected or {}).items()}
    return {
        "type": session.type.pk,
        "day": session.day,
        "starts": session.starts,
        "ends": session.ends,
        "until_day": session.until_day,
        "language": session.language,
        **known,
    }


def _repeated(visit: Visit, *, on: date) -> Prefill:
    """Return the visit with the same weekdays and times, one cycle later.

    Numbers of pupils are left out: the form takes them from the rolls of that year.
    """
    area = area_of(visit.school, on=on)
    cycle = timedelta(weeks=52 * (area.cycle_years if area else current().cycle_years))
    first = visit.sessions.exclude(stage=SessionStage.CANCELLED).order_by("day").values_list("day", flat=True).first() or on
    later = cycle
    while first + later < on:  # a visit long ago is repeated in the next cycle that is still to come
        later += cycle
    prefill = _from_visit(visit, stages=(SessionStage.SCHEDULED, SessionStage.DELIVERED), later=later)
    prefill.words = f"Filled in from visit {visit.reference}, a cycle later. Check the days with the school."
    return prefill


def _replaced(visit: Visit) -> Prefill:
    """Return the cancelled sessions of the visit without their days."""
    prefill = _from_visit(visit, stages=(SessionStage.CANCELLED,), later=None)
    prefill.visit["replaces"] = visit.pk
    prefill.words = f"This makes good the cancelled visit {visit.reference}. Give the new days."
    return prefill


def _from_visit(visit: Visit, *, stages: tuple[str, ...], later: timedelta | None) -> Prefill:
    """Return the visit's sessions of these stages, moved by `later`; None: without their days."""
    sessions = list(visit.sessions.filter(stage__in=stages).select_related("type"))
    counts = Headcount.objects.filter(session__in=sessions).exclude(school=visit.school_id).select_related("school")
    guests = {count.school_id: count.school for count in counts}
    guests_by_session: dict[int, set[int]] = {}
    for count in counts:
        guests_by_session.setdefault(count.session_id, set()).add(count.school_id)
    keep = ("coordinator_id", "contact_id", "safeguarding_contact_id", "arrival_notes", "parking")
    return Prefill(
        visit={name.removesuffix("_id"): getattr(visit, name) for name in keep},
        sessions=[_from_session(session, guests_by_session.get(session.pk, set()), later=later) for session in sessions],
        guests=list(guests.values())[:MOST_GUESTS],
    )


def _from_session(session: Session, guests: set[int], *, later: timedelta | None) -> dict[str, Any]:
    return {
        "type": session.type_id,
        "day": session.day + later if later is not None else None,
        "starts": session.starts,
        "ends": session.ends,
        "until_day": session.until_day + later if later is not None and session.until_day else None,
        "room": session.room,
        "language": session.language,
        **{f"guest{pk}_comes": True for pk in guests},
    }
