"""What needs somebody now: each question once, for the home page's number and for the list that it leads to.

To add a question, add one `Need` to _OF_BOOKINGS. Its list filters itself: every table offers the needs of its rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from django.db.models import Expression, Model, OuterRef, QuerySet, Subquery
from django.urls import reverse

from schools.accounts.models import User
from schools.core.words import long_day
from schools.materials.queries import SHORT_WITHIN, booked_twice, lacking_soon
from schools.office.frame.counting import Counted, counted
from schools.office.frame.visibility import visible_rows
from schools.reach.queries.doubts import sessions_in_doubt
from schools.visits.models import ContactLog, Cover, SafeguardingNotice, Session, SessionQuerySet, Visit, VisitStage
from schools.visits.queries import outstanding
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


class Kept(Enum):
    """Whose number of a need home keeps for a minute."""

    NEVER = "never"
    OF_EVERYTHING = "of everything"
    """Of whoever sees all areas: very many rows are looked through, and nobody waits for this one."""
    ALWAYS = "always"
    """It is worked out from what many rows say together."""


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
    """Of rows that end: from and to how many days from today."""
    kept: Kept = Kept.NEVER
    """When home keeps the number for a minute: it is dear to count, and nobody waits for it."""
    page: str = ""
    """The URL name of a page of the office's own that lists exactly these rows; blank: the table's list."""

    def of_user(self, user: User, *, on: date) -> QuerySet[Any]:
        """The rows in need among those that the user may see on the day."""
        return self.rows(visible_rows(self.model._default_manager.all(), user, on=on), on)

    def ending(self, user: User, *, on: date) -> QuerySet[Any]:
        """Of a table whose rows end, all of the user's that one of its needs counts."""
        return ENDING[self.model](
            visible_rows(self.model._default_manager.all(), user, on=on), None, on + timedelta(days=SPANS[-1][1])
        )

    @property
    def table(self) -> str:
        """The name of its rows' table in addresses."""
        return str(self.model._meta.model_name)

    def counts(self, key: str, since: date | None, *, on: date) -> bool:
        """Whether a row of the key and the day is one of its: the needs of rows that end share their table's key."""
        if self.ends_in is None or since is None:
            return key == self.key
        first, last = self.ends_in
        begun = first is None or since >= on + timedelta(days=first)
        return key == self.table and begun and since <= on + timedelta(days=last)

    def is_kept(self, *, everything: bool) -> bool:
        """Whether the number is kept for somebody who sees everything, or a few areas."""
        return self.kept == Kept.ALWAYS or (everything and self.kept == Kept.OF_EVERYTHING)

    @property
    def address(self) -> str:
        """Where exactly these rows are listed."""
        if self.page:
            return reverse(self.page)
        return f"{reverse(f'admin:schools_{self.table}_changelist')}?{urlencode({PARAMETER: self.key})}"


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
        model=SafeguardingNotice,
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
        kept=Kept.OF_EVERYTHING,
        since="session__day",
        one="person is down for a session on which their clearance or sign-off will have ended",
        many="places on sessions are held by people whose clearance or sign-off will have ended",
        in_filter="Lapsed by the day",
    ),
    Need(
        key="closing",
        model=Visit,
        rows=lambda visits, on: outstanding.at_closing_schools(visits, on=on),
        since=outstanding.first_day_to_come(),
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
        rows=lambda logs, on: outstanding.follow_ups_due(logs, on=on),
        since="follow_up_on",
        one="school is to be called again",
        many="schools are to be called again",
        in_filter="Follow-up due",
    ),
    Need(
        key="rebook",
        model=Visit,
        rows=lambda visits, on: outstanding.not_rebooked(visits, on=on),
        kept=Kept.OF_EVERYTHING,
        since=outstanding.last_day_lost(),
        one="cancelled visit is not made good yet",
        many="cancelled visits are not made good yet",
        in_filter="Cancelled and not rebooked",
    ),
    Need(
        key="outcome",
        model=Session,
        rows=lambda sessions, on: outstanding.in_person(sessions).outcome_missing(on=on),
        since="day",
        one="session has no outcome yet",
        many="sessions have no outcome yet",
        in_filter="Outcome missing",
    ),
    Need(
        key="window",
        model=Session,
        rows=lambda sessions, on: outstanding.online(sessions).outcome_missing(on=on),
        since=outstanding.last_day(),
        one="school has not said how its online session went",
        many="schools have not said how their online session went",
        in_filter="Online, not reported",
    ),
    Need(
        key="materials",
        model=Session,
        rows=lacking_soon,
        kept=Kept.ALWAYS,
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
        kept=Kept.ALWAYS,
        since="day",
        one="session has equipment that another visit has that day",
        many="sessions have equipment that another visit has that day",
        in_filter="Equipment at two visits",
    ),
    Need(
        key="count",
        model=Session,
        rows=lambda sessions, on: sessions.partly_counted(),
        kept=Kept.OF_EVERYTHING,
        since="day",
        one="delivered session has a year group that nobody counted",
        many="delivered sessions have a year group that nobody counted",
        in_filter="A year group not counted",
    ),
    Need(
        key="no-count",
        model=Session,
        rows=lambda sessions, on: sessions.without_headcounts(),
        kept=Kept.OF_EVERYTHING,
        since="day",
        one="delivered session has no count at all",
        many="delivered sessions have no count at all",
        in_filter="Nobody counted",
    ),
    Need(
        key="doubts",
        model=Session,
        rows=lambda sessions, on: sessions_in_doubt(sessions, on=on),
        kept=Kept.ALWAYS,
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
    as_of: datetime | None
    """When the number was counted, where it was kept; None: just now."""


def lines_for(user: User, *, on: date, now: datetime) -> list[Line]:
    """The lines of the home page in the order of NEEDS, those without rows too."""
    may = [need for need in NEEDS if user.has_perm(f"schools.view_{need.table}")]
    found = counted(may, user, on=on, now=now)
    return [_line(need, found[need.key], on=on) for need in may]


def _line(need: Need, found: Counted, *, on: date) -> Line:
    words = need.one if found.number == 1 else need.many
    return Line(need, found.number, words, age_in_words(found.since, on=on), need.address, found.as_of)


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
