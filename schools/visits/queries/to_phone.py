"""Who is to be phoned as well until somebody ticks that they know: it begins soon, or the mail of it came back."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Self

from django.db.models import QuerySet

from schools.visits.fingerprints import fingerprint
from schools.visits.models import Cover, CoverNews, MessageAbout, Session, SessionStage
from schools.visits.queries.came_back import came_back
from schools.visits.queries.standings import (
    ASKED,
    CANCELLED,
    DOWN,
    NO,
    OFFERED,
    REFUSED,
    UNANSWERED,
    UNNEEDED,
    Pair,
    Standings,
    true_standings,
    true_standings_of_schools,
)

NEWS = {CANCELLED: CoverNews.CANCELLED, OFFERED: CoverNews.OFFERED, DOWN: CoverNews.ASSIGNED}
"""What a volunteer is told who stands so to a session; whoever stands otherwise is not down for it any more."""
THEY_KNOW = frozenset({ASKED, NO, UNNEEDED, REFUSED, UNANSWERED})
"""The standings that somebody has chosen by themselves since, or in which they were never down for it: a mail is enough."""


@dataclass
class Soon:
    """Of which sessions of one visit a party was mailed that begins soon, or in vain, and how they stand to the visit today."""

    sessions: set[int] = field(default_factory=set)
    rows: list[int] = field(default_factory=list)
    """The ids of what it was mailed."""
    came_back: bool = False
    """Whether the last mail to it came back or got no answer: then it is phoned however far off the sessions are."""
    true: Standings = field(default_factory=dict)
    taken_out: dict[int, int | None] = field(default_factory=dict)
    """The sessions of which the last mail said that they are the party’s no more, by id, with the mail’s id; None: erased."""

    def add(self, row: int, *, speaks_of: Collection[int], says: Collection[int], message: int | None) -> None:
        """Add what it was mailed: of which sessions (by id) the text speaks, and which of them the party has since."""
        self.sessions |= set(speaks_of)
        self.rows.append(row)
        for session in speaks_of:
            self.taken_out.pop(session, None)
            if session not in says:
                self.taken_out[session] = message

    @property
    def facts(self) -> str:
        """A fingerprint of what a page shows of it: it changes with how they stand, and with another mail."""
        return fingerprint("phoned as well", self.rows, sorted(self.true.get(pk, (pk,)) for pk in self.sessions))


@dataclass
class ToPhone:
    """Who is to be phoned as well, by visit and volunteer, and by visit and school."""

    volunteers: dict[Pair, Soon] = field(default_factory=lambda: defaultdict(Soon))
    schools: dict[Pair, Soon] = field(default_factory=lambda: defaultdict(Soon))

    def add(self, row: "_Row", sessions: Collection[int]) -> Soon:
        """Add what a party was mailed, of these sessions (by id), and return all that it was."""
        pair = row.visit, row.volunteer or row.school or 0
        soon = self.schools[pair] if row.volunteer is None else self.volunteers[pair]
        if row.pk not in soon.rows:
            # A reminder says of no session that it is the party's no more, and repeats facts only where they were written.
            says = set(sessions) if row.is_reminder else {session for session, *_ in row.says}
            soon.add(row.pk, speaks_of=sessions, says=says, message=row.message)
        return soon

    def read(self) -> Self:
        """Read how all of them stand today, in three queries at most."""
        _read(self.volunteers, true_standings)
        _read(self.schools, true_standings_of_schools)
        return self

    @property
    def visits_in_vain(self) -> set[int]:
        """The ids of the visits about which somebody’s last mail did not arrive."""
        return {visit for parties in (self.volunteers, self.schools) for (visit, _), soon in parties.items() if soon.came_back}

    @property
    def rows_in_vain(self) -> set[int]:
        """The ids of what those were mailed whose last mail did not arrive."""
        return {
            row for parties in (self.volunteers, self.schools) for soon in parties.values() if soon.came_back for row in soon.rows
        }

    def covers(self) -> dict[int, CoverNews]:
        """Return what the volunteers are to be told, by the id of their cover."""
        standings = [soon.true[pk] for soon in self.volunteers.values() for pk in soon.sessions if pk in soon.true]
        return {each.cover: NEWS.get(each.stands, CoverNews.TAKEN_OFF) for each in standings if each.stands not in THEY_KNOW}

    def known_anyway(self, pair: Pair) -> set[int]:
        """Return the ids of those sessions that need no word: they know, were never down for them, or they were reported."""
        soon = self.volunteers[pair] if pair in self.volunteers else Soon()
        return {pk for pk in soon.sessions if pk not in soon.true or soon.true[pk].stands in THEY_KNOW}

    def sessions_of_hosts(self, hosts: Collection[Pair]) -> set[int]:
        """Return the ids of the sessions of which these hosts, by visit and school, were mailed."""
        return {pk for pair in hosts if pair in self.schools for pk in self.schools[pair].sessions}


class _Row(NamedTuple):
    """What a party was mailed about a visit."""

    pk: int
    visit: int
    volunteer: int | None
    school: int | None
    speaks_of: list[int] | None
    says: list[list[Any]]
    message: int | None
    is_reminder: bool


def who_to_phone(visits: Collection[int] | QuerySet[Any], *, on: date) -> ToPhone:
    """Return who is to be phoned as well about these visits (by id) on the day, in six queries at most."""
    phoned = ToPhone()
    rows = MessageAbout.objects.filter(visit__in=visits, phone_until__gte=on).order_by("pk")
    for row in map(_Row._make, rows.values_list(*_Row._fields)):
        phoned.add(row, row.speaks_of or ())
    _add_what_came_back(phoned, visits, on=on)
    return phoned.read()


def _add_what_came_back(phoned: ToPhone, visits: Collection[int] | QuerySet[Any], *, on: date) -> None:
    """Add of whom the last mail did not arrive, of what is still to come, in two queries at most."""
    back = came_back(on=on).filter(visit__in=visits).order_by("pk")
    rows = list(map(_Row._make, back.values_list(*_Row._fields)))
    sessions = Session.objects.in_bulk({pk for row in rows for pk in row.speaks_of or ()})
    for row in rows:
        still = [pk for pk in row.speaks_of or () if pk not in sessions or _is_to_come(sessions[pk], on=on)]
        phoned.add(row, still).came_back = True


def _is_to_come(session: Session, *, on: date) -> bool:
    return session.last_day >= on and session.recorded_at is None and session.stage != SessionStage.DELIVERED


def _read(parties: Mapping[Pair, Soon], read: Any) -> None:
    true = read({visit for visit, _ in parties}) if parties else {}
    for pair, soon in parties.items():
        soon.true = true.get(pair, {})


def not_reported(sessions: Collection[int]) -> QuerySet[Session]:
    """Return those of the sessions (by id) of which there is something to say yet: they are there, and nobody reported them."""
    return Session.objects.filter(pk__in=sessions, recorded_at=None).exclude(stage=SessionStage.DELIVERED)


def covers_to_phone(phoned: ToPhone) -> QuerySet[Cover]:
    """Return the covers of those volunteers, with all that a page shows of them."""
    covers = Cover.objects.filter(pk__in=phoned.covers()).select_related("volunteer", "session__type", "session__site")
    return covers.order_by("session__day", "session__starts", "pk")
