"""Who was mailed a change of what begins soon, and is to be phoned as well until somebody ticks that they know."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet

from schools.visits.fingerprints import fingerprint
from schools.visits.models import Cover, CoverNews, MessageAbout, Session, SessionStage
from schools.visits.queries.standings import (
    AGREED,
    ASKED,
    CANCELLED,
    DOWN,
    NO,
    OFFERED,
    REFUSED,
    UNNEEDED,
    Pair,
    Standing,
    Standings,
    true_standings,
    true_standings_of_schools,
)

NEWS = {CANCELLED: CoverNews.CANCELLED, OFFERED: CoverNews.OFFERED, DOWN: CoverNews.ASSIGNED}
"""What a volunteer is told who stands so to a session; whoever stands otherwise is not down for it any more."""
THEY_KNOW = frozenset({ASKED, NO, UNNEEDED, REFUSED})
"""The standings that somebody has chosen by themselves since, or in which they were never down for it: a mail is enough."""


@dataclass
class Soon:
    """Of which sessions of one visit a party was mailed that begins soon, and how they stand to the visit today."""

    sessions: set[int] = field(default_factory=set)
    rows: list[int] = field(default_factory=list)
    """The ids of what it was mailed."""
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

    def covers(self) -> dict[int, CoverNews]:
        """Return what the volunteers are to be told, by the id of their cover."""
        standings = [soon.true[pk] for soon in self.volunteers.values() for pk in soon.sessions if pk in soon.true]
        return {each.cover: NEWS.get(each.stands, CoverNews.TAKEN_OFF) for each in standings if each.stands not in THEY_KNOW}

    def known_anyway(self, pair: Pair) -> set[int]:
        """Return the ids of those sessions that need no word: the volunteer knows, or was never down for them, or they were reported."""
        soon = self.volunteers[pair] if pair in self.volunteers else Soon()
        return {pk for pk in soon.sessions if pk not in soon.true or soon.true[pk].stands in THEY_KNOW}

    def sessions_of_hosts(self, hosts: Collection[Pair]) -> set[int]:
        """Return the ids of the sessions of which these hosts, by visit and school, were mailed."""
        return {pk for pair in hosts if pair in self.schools for pk in self.schools[pair].sessions}


def who_to_phone(visits: Collection[int] | QuerySet[Any], *, on: date) -> ToPhone:
    """Return who is to be phoned as well about these visits (by id) on the day, in four queries at most."""
    phoned = ToPhone()
    rows = MessageAbout.objects.filter(visit__in=visits, phone_until__gte=on).order_by("pk")
    columns = ("pk", "visit", "volunteer", "school", "speaks_of", "says", "message")
    for pk, visit, volunteer, school, speaks_of, says, message in rows.values_list(*columns):
        soon = phoned.schools[visit, school] if volunteer is None else phoned.volunteers[visit, volunteer]
        soon.add(pk, speaks_of=speaks_of or (), says={session for session, *_ in says}, message=message)
    _read(phoned.volunteers, true_standings)
    _read(phoned.schools, true_standings_of_schools)
    return phoned


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


def line_for_school(session: Session, standing: Standing | None, *, is_guest: bool) -> str:
    """Return how a school stands to the session today, in a line; None: its pupils are not in it.

    Nobody is phoned about a session that was reported: whoever asks leaves it out (`not_reported`), since none stands to it then.
    """
    when = f"- {session.name} on {session.when}"
    if session.stage == SessionStage.CANCELLED:
        return f"{when} will not take place: {session.get_cancelled_code_display().lower()}."
    if standing is None:
        return f"{when}: your pupils are not expected there any more." if is_guest else f"{when}."
    return f"{when} takes place." if standing.stands == AGREED else f"{when} is not agreed yet, so nobody comes until it is."
