"""What needs somebody now: each question once, for the home page's number and for the list that it leads to.

To add a question, add one `Need` to _OF_BOOKINGS. Its list filters itself: every table offers the needs of its rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Expression, Min, Model, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from schools.accounts.models import User
from schools.core.words import long_day
from schools.materials.queries import SHORT_WITHIN, booked_twice, lacking_soon
from schools.office.rows import visible_rows
from schools.reach.queries.doubts import sessions_in_doubt
from schools.visits.models import ContactLog, Cover, Session, SessionQuerySet, Told, Visit, VisitStage
from schools.visits.queries import attention
from schools.volunteers.models import Clearance, SignOff
from schools.volunteers.queries import clearances_ending, sign_offs_ending

PARAMETER = "needs"
"""What a list's address calls the need by which its rows are filtered."""

SOON = timedelta(days=21)
SPANS = ((None, 0), (1, 7), (8, 30), (31, 90))
"""Days from today in which a clearance or a sign-off ends; the first span is what has ended."""


def uncovered_soon(sessions: SessionQuerySet, on: date) -> SessionQuerySet:
    """Sessions from today to three weeks ahead, planned or confirmed, that still need people."""
    standing = (VisitStage.PLANNED, VisitStage.CONFIRMED)
    return sessions.filter(day__range=(on, on + SOON), visit__stage__in=standing).uncovered()


@dataclass(frozen=True, kw_only=True)
class Need:
    """One kind of thing that needs somebody: the rows of one table, in words for one and for many."""

    key: str
    """Names it in an address: `?needs=key`. Unique."""
    model: type[Model]
    """The table of its rows; the user needs the right to view it, and only their own rows are counted and listed."""
    rows: Callable[[Any, date], QuerySet[Any]]
    """From a QuerySet of the table and today, those that need somebody: a word of the QuerySet, never a join of to-many rows."""
    since: str | Expression | Subquery
    """A day or moment of each row; the earliest is the line's age (a day to come: when it becomes pressing)."""
    one: str
    """What follows the number 1: “session has no outcome yet”."""
    many: str
    """What follows any other number: “sessions have no outcome yet”."""
    in_filter: str
    """What the list's filter calls it: “Outcome missing”."""
    ends_in: tuple[int | None, int] | None = None
    """Of rows that end: from and to how many days from today; home counts the needs of such a table in one query."""
    page: str = ""
    """The URL name of a page of the office's own that lists exactly these rows; blank: the table's list."""

    def of_user(self, user: User, *, on: date) -> QuerySet[Any]:
        """The rows in need among those that the user may see on the day."""
        return self.rows(visible_rows(self.model._default_manager.all(), user, on=on), on)

    @property
    def address(self) -> str:
        """Where exactly these rows are listed."""
        if self.page:
            return reverse(self.page)
        return f"{reverse(f'admin:schools_{self.model._meta.model_name}_changelist')}?{urlencode({PARAMETER: self.key})}"


ENDING: dict[type[Model], Callable[..., QuerySet[Any]]] = {Clearance: clearances_ending, SignOff: sign_offs_ending}
"""The tables whose rows end, and the word for those that end from a day to a day."""


def _ending(model: type[Model], word: str) -> tuple[Need, ...]:
    """What has ended, and what ends within 7, 30 and 90 days; each row is in one of them."""

    def need(first: int | None, last: int) -> Need:
        within = f"within {last} days" if first == 1 else f"in {first} to {last} days"
        return Need(
            key=f"{word.replace(' ', '-')}-{last or 'ended'}",
            model=model,
            rows=lambda found, on: ENDING[model](found, first and on + timedelta(days=first), on + timedelta(days=last)),
            since="recheck_on",
            one=f"{word} of an active volunteer has ended" if first is None else f"{word} ends {within}",
            many=f"{word}s of active volunteers have ended" if first is None else f"{word}s end {within}",
            in_filter="Ended" if first is None else f"Ends {within}",
            ends_in=(first, last),
        )

    return tuple(need(*span) for span in SPANS)


_OF_BOOKINGS: tuple[Need, ...] = (
    Need(
        key="told",
        model=Told,
        rows=lambda tolds, on: tolds.filter(charity_told_at=None),
        since="told_at",
        one="child told something, and nobody has called the volunteer back",
        many="children told something, and nobody has called the volunteer back",
        in_filter="Nobody called back",
    ),
    Need(
        key="people",
        model=Session,
        rows=uncovered_soon,
        since="day",
        one=f"session of the next {SOON.days} days needs people",
        many=f"sessions of the next {SOON.days} days need people",
        in_filter=f"People, in the next {SOON.days} days",
    ),
    Need(
        key="given-back",
        model=Session,
        rows=lambda sessions, on: sessions.given_back(on=on),
        since="day",
        one="session that somebody gave back has nobody in their place",
        many="sessions that somebody gave back have nobody in their place",
        in_filter="Given back",
    ),
    Need(
        key="lapsed",
        model=Cover,
        rows=lambda covers, on: covers.lapsed(on=on),
        since="session__day",
        one="person is down for a session on which their clearance or sign-off will have ended",
        many="places on sessions are held by people whose clearance or sign-off will have ended",
        in_filter="Lapsed by the day",
    ),
    Need(
        key="closing",
        model=Visit,
        rows=lambda visits, on: attention.at_closing_schools(visits, on=on),
        since=attention.first_day_to_come(),
        one="visit is booked at a school that is closed or closing",
        many="visits are booked at schools that are closed or closing",
        in_filter="At a closing school",
    ),
    Need(
        key="tell",
        model=Visit,
        rows=lambda visits, on: visits.with_people_to_tell(on=on),
        # When it becomes pressing: the visit's last day is the one that nobody has passed yet.
        since=Subquery(Session.objects.filter(visit=OuterRef("pk")).order_by("-day").values("day")[:1]),
        one="visit was moved, cancelled or given somebody who does not know it yet",
        many="visits were moved, cancelled or given people who do not know it yet",
        in_filter="People to tell",
        page="admin:tell",
    ),
    Need(
        key="requested",
        model=Visit,
        rows=lambda visits, on: visits.filter(stage=VisitStage.REQUESTED),
        since="requested_on",
        one="school asked for a visit and waits for a day",
        many="schools asked for a visit and wait for a day",
        in_filter="Waits for a day",
    ),
    Need(
        key="follow-up",
        model=ContactLog,
        rows=lambda logs, on: attention.follow_ups_due(logs, on=on),
        since="follow_up_on",
        one="school is to be called again",
        many="schools are to be called again",
        in_filter="Follow-up due",
    ),
    Need(
        key="rebook",
        model=Visit,
        rows=lambda visits, on: attention.not_rebooked(visits, on=on),
        since=attention.last_day_lost(),
        one="cancelled visit is not made good yet",
        many="cancelled visits are not made good yet",
        in_filter="Cancelled and not rebooked",
    ),
    Need(
        key="outcome",
        model=Session,
        rows=lambda sessions, on: attention.in_person(sessions).outcome_missing(on=on),
        since="day",
        one="session has no outcome yet",
        many="sessions have no outcome yet",
        in_filter="Outcome missing",
    ),
    Need(
        key="window",
        model=Session,
        rows=lambda sessions, on: attention.online(sessions).outcome_missing(on=on),
        since=attention.last_day(),
        one="school has not said how its online session went",
        many="schools have not said how their online session went",
        in_filter="Online, not reported",
    ),
    Need(
        key="materials",
        model=Session,
        rows=lacking_soon,
        since="day",
        one=f"session of the next {SHORT_WITHIN.days} days lacks materials",
        many=f"sessions of the next {SHORT_WITHIN.days} days lack materials",
        in_filter="Materials lacking",
        page="admin:shortages",
    ),
    Need(
        key="equipment-twice",
        model=Session,
        rows=booked_twice,
        since="day",
        one="session has equipment that another visit has that day",
        many="sessions have equipment that another visit has that day",
        in_filter="Equipment at two visits",
    ),
    Need(
        key="count",
        model=Session,
        rows=lambda sessions, on: attention.partly_counted(sessions),
        since="day",
        one="delivered session has a year group that nobody counted",
        many="delivered sessions have a year group that nobody counted",
        in_filter="A year group not counted",
    ),
    Need(
        key="no-count",
        model=Session,
        rows=lambda sessions, on: attention.without_headcounts(sessions),
        since="day",
        one="delivered session has no count at all",
        many="delivered sessions have no count at all",
        in_filter="Nobody counted",
    ),
    Need(
        key="doubts",
        model=Session,
        rows=lambda sessions, on: sessions_in_doubt(sessions, on=on),
        since="day",
        one="delivered session looks wrong: its counts, or nobody who was there",
        many="delivered sessions look wrong: their counts, or nobody who was there",
        in_filter="Looks wrong",
    ),
)
NEEDS = _OF_BOOKINGS + _ending(Clearance, "clearance") + _ending(SignOff, "sign-off")
"""In the order of the home page: what is most pressing first."""


def of_table(model: type[Model]) -> list[Need]:
    """The needs that the table's own list can show."""
    return [need for need in NEEDS if need.model is model and not need.page]


@dataclass(frozen=True)
class Line:
    """One line of the home page: how many, of what, how old, and where they are listed."""

    need: Need
    number: int
    words: str
    age: str
    """Like “oldest: 12 days”; blank where there is nothing."""
    address: str


def lines_for(user: User, *, on: date) -> list[Line]:
    """The lines of the home page in the order of NEEDS, those without rows too; one query a line, or a few lines."""
    may = [need for need in NEEDS if user.has_perm(f"schools.view_{need.model._meta.model_name}")]
    spans = {model: _ending_spans(model, user, on=on) for model in {need.model for need in may if need.ends_in}}
    return [_line(need, spans[need.model][need.key] if need.ends_in else _count(need, user, on=on), on=on) for need in may]


def _count(need: Need, user: User, *, on: date) -> tuple[int, Any]:
    """How many rows, and since when."""
    found = need.of_user(user, on=on).order_by().aggregate(number=Count("pk"), since=Min(need.since))
    return found["number"], found["since"]


def _ending_spans(model: type[Model], user: User, *, on: date) -> dict[str, tuple[int, Any]]:
    """The same of all the needs of a table whose rows end: they differ by the days alone, so that one query answers them."""
    needs = [need for need in NEEDS if need.model is model and need.ends_in]
    last = max(need.ends_in[1] for need in needs if need.ends_in)
    whole = ENDING[model](visible_rows(model._default_manager.all(), user, on=on), None, on + timedelta(days=last))
    found: dict[str, list[date]] = {need.key: [] for need in needs}
    for day in whole.order_by("recheck_on").values_list("recheck_on", flat=True):
        for need in needs:
            first, until = need.ends_in or (None, 0)
            if (first is None or day >= on + timedelta(days=first)) and day <= on + timedelta(days=until):
                found[need.key].append(day)
    return {key: (len(days), days[0] if days else None) for key, days in found.items()}


def _line(need: Need, counted: tuple[int, Any], *, on: date) -> Line:
    number, since = counted
    day = timezone.localdate(since) if isinstance(since, datetime) else since
    return Line(need, number, need.one if number == 1 else need.many, age_in_words(day, on=on), need.address)


def age_in_words(since: date | None, *, on: date) -> str:
    """How long ago the earliest was: “oldest: 12 days”, “since yesterday”, “today”; of a day to come “first: Thu 26 …”."""
    if since is None:
        return ""
    if since > on:
        return f"first: {long_day(since)}"
    days = (on - since).days
    if days < 2:
        return "since yesterday" if days else "today"
    if days < 60:
        return f"oldest: {days} days"
    return f"oldest: {days // 30} months" if days < 730 else f"oldest: {days // 365} years"
