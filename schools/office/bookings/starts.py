"""With what a booking form is filled in at first: a template, an earlier visit to do again, a cancelled one to make good."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from schools.core.periods import AcademicYear
from schools.directory.models import School
from schools.directory.queries import area_of, expected_pupils
from schools.office.bookings.forms.booking import Guest, TemplateForm
from schools.office.frame.query_params import row_id
from schools.visits.models import Headcount, Session, SessionStage, Visit, VisitStage
from schools.visits.rules import NewSession
from schools.visits.templates import sessions_of_template

USUAL_CYCLE = 2
MOST_GUESTS = 3


@dataclass
class Start:
    """What stands in the form at first."""

    visit: dict[str, Any] = field(default_factory=dict)
    sessions: list[dict[str, Any]] = field(default_factory=list)
    guests: list[School] = field(default_factory=list)
    template: TemplateForm | None = None
    words: str = ""


def _at(school: School) -> Q:
    """Visits of the school under any of its register numbers."""
    return Q(school=school) if school.chain is None else Q(school__chain=school.chain)


def cancelled_at(school: School) -> QuerySet[Visit]:
    """Cancelled visits of the school, under any of its register numbers."""
    return Visit.objects.filter(_at(school), stage=VisitStage.CANCELLED)


def start_of(asked: QueryDict, school: School, *, visits: QuerySet[Visit], on: date) -> Start:
    """From the address: `template` and `first_day`, `copy` (a visit of the user's own) or `replaces`; else an empty form."""
    if "template" in asked:
        form = TemplateForm(asked)
        if not form.is_valid():
            return Start(template=form)
        sessions = sessions_of_template(form.cleaned_data["template"], school, first_day=form.cleaned_data["first_day"])
        return Start(sessions=[_of_new(session) for session in sessions], template=form)
    for name, again in (("copy", visits.filter(_at(school))), ("replaces", cancelled_at(school).filter(replaced_by=None))):
        number = row_id(asked.get(name))
        visit = again.filter(pk=number).first() if number is not None else None
        if visit is not None:
            return _again(visit, on=on) if name == "copy" else _made_good(visit)
    return Start(template=TemplateForm())


def _of_new(session: NewSession) -> dict[str, Any]:
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


def _again(visit: Visit, *, on: date) -> Start:
    """The same weekdays and times, a cycle of years later; pupils come from the rolls of then."""
    area = area_of(visit.school, on=on)
    cycle = timedelta(weeks=52 * (area.cycle_years if area else USUAL_CYCLE))
    first = visit.sessions.exclude(stage=SessionStage.CANCELLED).order_by("day").values_list("day", flat=True).first() or on
    later = cycle
    while first + later < on:  # of a visit long ago, the next cycle that is still to come
        later += cycle
    start = _of_visit(visit, stages=(SessionStage.SCHEDULED, SessionStage.DELIVERED), later=later)
    start.words = f"Filled in from visit {visit.reference}, a cycle later. Check the days with the school."
    return start


def _made_good(visit: Visit) -> Start:
    """What was cancelled, with the days left open."""
    start = _of_visit(visit, stages=(SessionStage.CANCELLED,), later=None)
    start.visit["replaces"] = visit.pk
    start.words = f"This makes good the cancelled visit {visit.reference}. Give the new days."
    return start


def _of_visit(visit: Visit, *, stages: tuple[str, ...], later: timedelta | None) -> Start:
    sessions = list(visit.sessions.filter(stage__in=stages).select_related("type"))
    counts = Headcount.objects.filter(session__in=sessions).exclude(school=visit.school_id).select_related("school")
    guests = {count.school_id: count.school for count in counts}
    of_session: dict[int, set[int]] = {}
    for count in counts:
        of_session.setdefault(count.session_id, set()).add(count.school_id)
    keep = ("coordinator_id", "contact_id", "safeguarding_contact_id", "arrival_notes", "parking")
    return Start(
        visit={name.removesuffix("_id"): getattr(visit, name) for name in keep},
        sessions=[_of_session(session, of_session.get(session.pk, set()), later=later) for session in sessions],
        guests=list(guests.values())[:MOST_GUESTS],
    )


def _of_session(session: Session, guests: set[int], *, later: timedelta | None) -> dict[str, Any]:
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


def guests_of(posted: QueryDict, host: School, *, bookable: QuerySet[School], on: date) -> list[Guest]:
    """The guest schools that the form carries, with one more or one less where such a button was pressed."""
    verb, _, named = posted.get("do", "").partition(":")
    wanted = [row_id(one) for one in posted.getlist("guests")]
    if verb == "add-guest":
        wanted.append(row_id(named))
    if verb == "drop-guest":
        wanted = [one for one in wanted if one != row_id(named)]
    known = bookable.exclude(pk=host.pk).in_bulk([one for one in dict.fromkeys(wanted) if one is not None])
    return with_rolls(list(known.values())[:MOST_GUESTS], on=on)


def with_rolls(schools: list[School], *, on: date) -> list[Guest]:
    """The schools with their pupils of this year."""
    year = AcademicYear.of(on).start
    return [Guest(school, expected_pupils(school, academic_year=year)) for school in schools]
