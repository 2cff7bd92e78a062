"""What schools thought of the visits of a period, by area or by session type (docs/figures.md, feedback)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Value
from django.utils import timezone

from schools.core.batched_queries import all_of
from schools.core.ids import Ids
from schools.core.periods import Period
from schools.core.snapshot import snapshot
from schools.delivery.models import QUESTIONS, Feedback
from schools.directory.models import Area
from schools.directory.queries import named_areas
from schools.programme.models import SessionType
from schools.reach.feedback import Asked, FeedbackCut, FeedbackRow, FeedbackTable, table_of, total_of
from schools.visits.models import MessageAbout, Session, SessionStage
from schools.visits.school_reminders import THANKS

NO_AREA = "No area"


@dataclass
class _Held:
    """What took place of a visit; filled session by session, in order of time."""

    session: int = 0
    day: date = date.min
    area: int | None = None
    types: set[int] = field(default_factory=set)


def feedback(
    period: Period,
    *,
    by: FeedbackCut = FeedbackCut.AREA,
    areas: QuerySet[Area] | None = None,
    answered_by: date | None = None,
) -> FeedbackTable:
    """Return the table of a period. A visit belongs to that, and to the area, of its last session that took place.

    `areas` None means all. Answers, reports and corrections that came after the day `answered_by` are left out; None: none are.
    The number of queries is constant.
    """
    with snapshot():
        schools = _asked_in(areas, period, answered_by)
        names: Iterable[tuple[int | None, str]]
        if by is FeedbackCut.AREA:
            names = [*((pk, area.name) for pk, area in named_areas()[0].items()), (None, NO_AREA)]
        else:
            names = SessionType.objects.order_by("name", "pk").values_list("pk", "name")
        return table_of(period, by, schools, list(names))


def feedback_of_all(period: Period, *, areas: QuerySet[Area] | None = None, answered_by: date | None = None) -> FeedbackRow:
    """Return the total of the table of a period, without the work for its other rows; the arguments are those of `feedback`."""
    with snapshot():
        return total_of(_asked_in(areas, period, answered_by))


def _asked_in(areas: QuerySet[Area] | None, period: Period, answered_by: date | None) -> list[Asked]:
    schools = _asked(period, answered_by)
    if areas is None:
        return schools
    own = {area.pk for area in areas}
    return [line for line in schools if line.area in own]


def _asked(period: Period, answered_by: date | None) -> list[Asked]:
    """Return who was asked: each school to which our thanks went, and whoever answered without them; latest first.

    `answered_by`: as of that day, in all that they rest on. Where a report or a correction that comes later moved a visit, two
    tables would tell what its school thought.
    """
    visits = _held(period, answered_by)
    mails = MessageAbout.objects.filter(
        visit__in=Ids(visits), school__isnull=False, message__kind=THANKS, message__sent_at__isnull=False
    )
    given = Feedback.objects.filter(visit__in=Ids(visits))
    if answered_by is not None:
        end = _end_of(answered_by)
        mails, given = mails.filter(message__sent_at__lt=end), given.filter(at__lt=end)
    nothing = {question: Value("") for question in QUESTIONS}
    columns = ("is_answer", "visit", "school", *QUESTIONS)
    thanks = mails.annotate(is_answer=Value(0), **nothing).values_list(*columns)
    answered = given.annotate(is_answer=Value(1)).values_list(*columns)
    pairs: set[tuple[int, int]] = set()
    answers: dict[tuple[int, int], dict[str, str]] = {}
    for is_answer, visit, school, *opinions in all_of((thanks, answered)):
        pairs.add((visit, school))
        if is_answer:
            answers[visit, school] = dict(zip(QUESTIONS, opinions, strict=True))
    lines = [_line(pair, visits[pair[0]], answers.get(pair)) for pair in pairs]
    return sorted(lines, key=lambda line: (-line.day.toordinal(), line.key))


def _held(period: Period, answered_by: date | None) -> dict[int, _Held]:
    """Return what took place of each visit that ended in the period, by its id."""
    sessions = _delivered(answered_by)
    later = sessions.filter(visit=OuterRef("visit"), day__gt=period.last_day)
    held = sessions.filter(~Exists(later), day__range=(period.first_day, period.last_day)).order_by("day", "starts", "id")
    visits: defaultdict[int, _Held] = defaultdict(_Held)
    for visit, session, day, area, kind in held.values_list("visit", "id", "day", "area", "type"):
        of_visit = visits[visit]
        of_visit.session, of_visit.day, of_visit.area = session, day, area
        of_visit.types.add(kind)
    return visits


def _delivered(answered_by: date | None) -> QuerySet[Any]:
    """Return the sessions that took place; where a day is given, by what its end knew of each, from their history."""
    if answered_by is None:
        return Session.objects.delivered()
    states = Session.history.filter(history_date__lt=_end_of(answered_by))
    last = states.filter(id=OuterRef("id")).order_by("-history_date", "-history_id").values("history_id")[:1]
    by_then: QuerySet[Any] = states.filter(history_id=Subquery(last), stage=SessionStage.DELIVERED)
    return by_then


def _end_of(day: date) -> datetime:
    """Return the moment at which the day is over: to ask for the day of a moment, SQLite calls Python for every row."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _line(pair: tuple[int, int], held: _Held, answers: dict[str, str] | None) -> Asked:
    return Asked(*pair, held.session, held.day, held.area, frozenset(held.types), answers)
