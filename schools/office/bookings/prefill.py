"""What a booking form is filled in with when it opens: a template, an earlier visit to repeat, a cancelled visit to replace."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from schools.charity.queries import current
from schools.core.row_ids import row_id
from schools.directory.models import School
from schools.directory.queries import area_of
from schools.office.bookings.forms.booking import StartForm
from schools.office.bookings.guests import attending_of
from schools.office.bookings.posted_rows import Row, shared_out
from schools.visits.models import Headcount, Session, SessionStage, Visit, VisitStage, VisitTemplate
from schools.visits.rules import NewSession
from schools.visits.templates import sessions_of_template
from schools.volunteers.models import PartOfDay


@dataclass
class Prefill:
    """The first contents of a booking form."""

    visit: dict[str, Any] = field(default_factory=dict)
    """Initial values of the visit's form."""
    sessions: list[Row] = field(default_factory=list)
    """Initial values of each session's form."""
    guests: list[School] = field(default_factory=list)
    start: StartForm = field(default_factory=StartForm)
    """The form that chooses a template and the first day."""
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
        start = StartForm(query)
        rows: list[Row] = []
        if start.is_valid() and (template := start.cleaned_data["template"]):
            rows = rows_of_template(template, school, first_day=start.cleaned_data["first_day"], part=start.cleaned_data["part"])
            start.data = {**query.dict(), "filled": str(template.pk)}
        return Prefill(sessions=rows, start=start)
    for name, sources in (("copy", visits.filter(_at(school))), ("replaces", cancelled_at(school).filter(replaced_by=None))):
        number = row_id(query.get(name))
        visit = sources.filter(pk=number).first() if number is not None else None
        if visit is not None:
            fill = _replaced if name == "replaces" else _booked_again if visit.stage == VisitStage.DECLINED else _repeated
            return fill(visit, school, on=on)
    return Prefill()


def rows_of_template(template: VisitTemplate, school: School, *, first_day: date, part: str) -> list[Row]:
    """Return what the rows of the form hold for the template’s sessions at the school, beginning on the first day.

    `part`: a value of PartOfDay; blank: as the template says.
    """
    is_afternoon = part == PartOfDay.AFTERNOON
    sessions = sessions_of_template(template, school, first_day=first_day, is_afternoon=is_afternoon)
    return [_from_template(session) for session in sessions]


def _from_template(session: NewSession) -> Row:
    expected = session.expected or {}
    return {
        "type": session.type.pk,
        "day": session.day,
        "starts": session.starts,
        "ends": session.ends,
        "until_day": session.until_day,
        "language": session.language,
        "fitted": str(session.type.pk),
        "come": list(expected),
        **{f"expected_{group}": pupils for group, pupils in expected.items()},
    }


def _repeated(visit: Visit, school: School, *, on: date) -> Prefill:
    """Return the visit with the same weekdays and times, one cycle later; numbers of pupils come from the rolls of that year."""
    area = area_of(visit.school, on=on)
    cycle = timedelta(weeks=52 * (area.cycle_years if area else current().cycle_years))
    first = visit.sessions.exclude(stage=SessionStage.CANCELLED).order_by("day").values_list("day", flat=True).first() or on
    later = cycle
    while first + later < on:  # a visit long ago is repeated in the next cycle that is still to come
        later += cycle
    took_place = visit.sessions.filter(stage__in=(SessionStage.SCHEDULED, SessionStage.DELIVERED))
    prefill = _from_visit(visit, school, took_place, later=later, on=first + later)
    prefill.words = f"Filled in from visit {visit.reference}, a cycle later. Check the days with the school."
    return prefill


def _booked_again(visit: Visit, school: School, *, on: date) -> Prefill:
    """Return the sessions of the visit that were cancelled, without their days; a declined visit is not made good.

    What had been called off for good before, of which no other day is looked for, does not come back beside the others.
    """
    cancelled = visit.sessions.filter(stage=SessionStage.CANCELLED)
    sought = cancelled.filter(for_good=False)
    prefill = _from_visit(visit, school, sought if sought.exists() else cancelled, later=None, on=on)
    prefill.words = f"Filled in from visit {visit.reference}, which was {visit.get_stage_display().lower()}. Give the new days."
    return prefill


def _replaced(visit: Visit, school: School, *, on: date) -> Prefill:
    """Return the same of a visit that the new one makes good."""
    prefill = _booked_again(visit, school, on=on)
    prefill.visit["replaces"] = visit.pk
    prefill.words = f"This makes good the cancelled visit {visit.reference}. Give the new days."
    return prefill


def _from_visit(visit: Visit, school: School, of: QuerySet[Session], *, later: timedelta | None, on: date) -> Prefill:
    """Return these sessions of the visit, moved by `later` (None: without their days), with the rolls of the day `on`.

    The school is that of the visit, or what it has become.
    """
    sessions = list(of.select_related("type"))
    rows = [_from_session(session, later=later) for session in sessions]
    counts = list(Headcount.objects.filter(session__in=sessions).select_related("school").order_by("pk"))
    guests = list(dict.fromkeys(count.school for count in counts if count.school_id != visit.school_id))
    came: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for count in counts:
        came[count.session_id, school.pk if count.school_id == visit.school_id else count.school_id].add(count.year_group)
    for attending in attending_of(school, guests, on=on):
        known = attending.known
        come = {session: sorted(came[session.pk, attending.school.pk] & set(known)) for session in sessions}
        if attending.is_host:
            come = {session: groups or _groups_of(session, known) for session, groups in come.items()}
        parts = Counter((session.type_id, group) for session, groups in come.items() for group in groups)
        for (session, groups), row in zip(come.items(), rows, strict=True):
            row[attending.ticks] = groups
            row |= {attending.number(group): shared_out(known[group], parts[session.type_id, group]) for group in groups}
    keep = ("coordinator_id", "contact_id", "safeguarding_contact_id", "arrival_notes", "parking")
    return Prefill(visit={name.removesuffix("_id"): getattr(visit, name) for name in keep}, sessions=rows, guests=guests)


def _groups_of(session: Session, known: Mapping[int, int | None]) -> list[int]:
    """Return the year groups that the session's type is meant for; nothing was stored of who came."""
    return [group for group in known if group in session.type.year_groups]


def _from_session(session: Session, *, later: timedelta | None) -> Row:
    return {
        "type": session.type_id,
        "day": session.day + later if later is not None else None,
        "starts": session.starts,
        "ends": session.ends,
        "until_day": session.until_day + later if later is not None and session.until_day else None,
        "room": session.room,
        "site": session.site_id,
        "language": session.language,
        "fitted": str(session.type_id),
    }
