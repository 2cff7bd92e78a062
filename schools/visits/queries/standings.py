"""How volunteers and schools stand to the sessions of a visit: what is true today, and what they know (docs/messages.md)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, QuerySet

from schools.messages.models import NO_LONGER_TRUE
from schools.visits.fingerprints import fingerprint
from schools.visits.models import (
    HOLDING_STATES,
    LIVE_STATES,
    Cover,
    CoverRole,
    CoverState,
    Headcount,
    KnownBy,
    MessageAbout,
    Session,
    SessionStage,
    VisitStage,
)
from schools.visits.queries.entries import Entry, Mailed

OFFERED, DOWN, ASKED = "offered", "down", "asked"
CANCELLED, OFF, UNNEEDED, HANDED_ON, REFUSED, NO = "cancelled", "off", "unneeded", "handed-on", "refused", "no"
UNANSWERED = "unanswered"
"""Of who asked to watch what was cancelled before anybody answered."""
EXPECTED = frozenset({OFFERED, DOWN})
"""The standings of somebody who thinks of going there."""

AGREED, PLANNED = "agreed", "planned"
"""The standings of schools, besides CANCELLED."""

ANEW = "anew:"
"""So the fingerprint of a row begins which says that somebody else reads for the school from then on."""

VOLUNTEER, SCHOOL = "volunteer", "school"
"""The two kinds of parties, as the columns of MessageAbout name them."""

type Pair = tuple[int, int]
"""The ids of a visit and of a volunteer, or of a visit and of a school."""


class Standing(NamedTuple):
    """How somebody stands to one session, as it is stored and compared; days and times as ISO writes them."""

    session: int
    day: str
    starts: str
    ends: str
    cover: int
    stands: str
    at: str
    """When the question was asked or answered last: a place that is taken anew is told anew."""
    other: int
    """The cover of whoever goes instead, whom they would replace, or who declined to take their place; 0: nobody."""
    until: str = ""
    """The last day of the window in which a school shows it online; "": it is on one day."""
    guests: str = ""
    """The ids of the schools whose pupils come to its host, the smallest first; "": none do, or it is not the host's."""

    @property
    def slot(self) -> tuple[str, str, str]:
        """The day and time."""
        return self.day, self.starts, self.ends

    @property
    def as_row(self) -> list[Any]:
        """What a column of JSON keeps of it."""
        return list(self) if self.guests else list(self[:-1])

    def is_but_for_guests(self, other: "Standing | None") -> bool:
        """Whether it says the same as the other one, whoever comes to the host besides."""
        return other is not None and self._replace(guests=other.guests) == other

    @property
    def guest_ids(self) -> list[int]:
        """The ids of the schools whose pupils come to its host."""
        return [int(school) for school in self.guests.split()]


type Standings = Mapping[int, Standing]
"""By the session's id."""


@dataclass(frozen=True)
class Known:
    """What somebody knows about a visit, and the fingerprints of everything that is said or waits to be said."""

    says: Standings
    row: int
    """The id of the row that says so: knowledge of the same words that came later is another one."""
    earlier: frozenset[Standing]
    """What they were told before that."""
    facts: frozenset[str] = frozenset()
    refused: tuple[tuple[int, str], ...] = ()
    """The id of each row that a mail server refused, with the address."""
    ended: Mapping[str, int] = field(default_factory=dict)
    """The id of each row whose message was ended untold, by its fingerprint: what it said is said by others."""
    doubts: Mapping[int, list[Standing | None]] = field(default_factory=dict)
    """What they may know instead, by the session's id: of messages that were ended, nobody knows whether they arrived."""
    doubts_elsewhere: Mapping[str, Mapping[int, list[Standing | None]]] = field(default_factory=dict)
    """The same for whoever reads at another address than one that gave no answer: by each of these, and "" for any other."""
    mailed: tuple[Mailed, ...] = ()
    """What those messages that may have arrived did in their calendar."""
    waits: bool = False
    """Whether news of the visit is on its way to them."""
    is_left: bool = False
    """Whether the last news was stopped, and a manager has decided to leave it unsent."""
    is_read_anew: bool = False
    """Whether somebody else reads for the school since, whom no mail has told: they know nothing, and the school what it knew."""
    heard_anew: frozenset[int] = frozenset()
    """Of which sessions, by id, they were told on the phone since, or by a reminder."""

    def facts_of(self, says: list[list[Any]], address: str) -> str:
        """Return the fingerprint of a message to this address that says so; refused at another one, it is said once more.

        One that only waits goes to the address of the moment. What was ended untold keeps its fingerprint; others have another.
        """
        facts = fingerprint(self.row, says, [row for row, refused in self.refused if refused != address])
        while facts in self.ended:
            facts = fingerprint(facts, self.ended[facts])
        return facts

    def read_at(self, address: str) -> "Known":
        """Return what is known where mails to the school go to this address now; "": to none.

        A mail to which the server gave no answer counts as read by whoever has its address. Nobody can tell whether it was, so to
        somebody else it may be news.
        """
        elsewhere = self.doubts_elsewhere
        return replace(self, doubts=elsewhere.get(address.lower(), elsewhere[""])) if elsewhere else self

    def is_new_to(self, address: str) -> bool:
        """Whether the last mail of the visit that did something in calendars went elsewhere: nobody knows what is known here.

        Whoever reads at this address may be somebody else, or may not have heard what was said there in between. Not so where the
        visit names them, for then they are told all that holds.
        """
        there = [mailed.to or "" for mailed in self.mailed]
        return bool(there) and not self.is_read_anew and there[-1] != address.lower()


class _Row(NamedTuple):
    pk: int
    session_id: int
    visit_id: int
    volunteer_id: int
    user_id: int | None
    role: str
    state: str
    offered_at: datetime | None
    answered_at: datetime | None
    instead_of_id: int | None
    ended_by_id: int | None
    day: Any
    starts: Any
    ends: Any
    stage: str
    recorded_at: datetime | None


COLUMNS = (
    "pk", "session_id", "session__visit_id", "volunteer_id", "volunteer__user_id", "role", "state", "offered_at", "answered_at",
    "instead_of_id", "ended_by_id", "session__day", "session__starts", "session__ends", "session__stage", "session__recorded_at",
)  # fmt: skip


def true_standings(visits: Collection[int] | QuerySet[Any]) -> dict[Pair, dict[int, Standing]]:
    """Return how everybody stands to the sessions of the visits that were not reported yet, in one query."""
    rows = [_Row(*row) for row in Cover.objects.filter(session__visit__in=visits).order_by("pk").values_list(*COLUMNS)]
    by_pk = {row.pk: row for row in rows}
    instead: defaultdict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        if row.instead_of_id is not None:
            instead[row.instead_of_id].append(row)
    latest: dict[tuple[int, int], _Row] = {}
    for row in rows:
        before = latest.get((row.session_id, row.volunteer_id))
        # A live one is the newest, except where two entries of one person were merged.
        if before is None or before.state not in LIVE_STATES or row.state in LIVE_STATES:
            latest[row.session_id, row.volunteer_id] = row
    true: defaultdict[Pair, dict[int, Standing]] = defaultdict(dict)
    for row in latest.values():
        if row.recorded_at is None and row.stage != SessionStage.DELIVERED:
            true[row.visit_id, row.volunteer_id][row.session_id] = _standing(row, by_pk, instead[row.pk])
    return true


def _standing(row: _Row, by_pk: Mapping[int, _Row], instead: Sequence[_Row]) -> Standing:
    stands, other = _stands(row, by_pk, instead)
    at = max((moment for moment in (row.offered_at, row.answered_at) if moment is not None), default=None)
    when = at.timestamp() if at else ""
    return Standing(
        row.session_id, row.day.isoformat(), row.starts.isoformat(), row.ends.isoformat(), row.pk, stands, str(when), other
    )


def _stands(row: _Row, by_pk: Mapping[int, _Row], instead: Sequence[_Row]) -> tuple[str, int]:
    if row.stage == SessionStage.CANCELLED and row.state in (*LIVE_STATES, CoverState.ASKED):
        return CANCELLED if row.state in LIVE_STATES else UNANSWERED, 0
    if row.state == CoverState.OFFERED:
        place = by_pk.get(row.instead_of_id or 0)
        return OFFERED, place.pk if place and place.state == CoverState.ACCEPTED else 0
    if row.state == CoverState.ASKED:
        return ASKED, 0
    if row.state == CoverState.DECLINED:
        is_refused = row.role == CoverRole.OBSERVER and row.ended_by_id not in {None, row.user_id}
        return REFUSED if is_refused else NO, 0
    if row.state == CoverState.WITHDRAWN:
        return _gone(row, instead)
    return DOWN, max((other.pk for other in instead if other.state == CoverState.DECLINED), default=0)


def _gone(row: _Row, instead: Iterable[_Row]) -> tuple[str, int]:
    if row.ended_by_id is not None and row.ended_by_id == row.user_id:
        return NO, 0
    taker = next((other.pk for other in instead if other.state in HOLDING_STATES), 0)
    if taker:
        return HANDED_ON, taker
    return UNNEEDED if row.answered_at is None else OFF, 0


def true_standings_of_schools(visits: Collection[int] | QuerySet[Any]) -> dict[Pair, dict[int, Standing]]:
    """Return how the hosts, and the guests of each session, stand to what was not reported yet, in two queries."""
    sessions = Session.objects.filter(visit__in=visits, recorded_at=None).exclude(stage=SessionStage.DELIVERED)
    columns = ("pk", "visit_id", "visit__school_id", "visit__stage", "day", "starts", "ends", "stage", "until_day")
    true: defaultdict[Pair, dict[int, Standing]] = defaultdict(dict)
    guests: defaultdict[int, set[int]] = defaultdict(set)
    there = Headcount.objects.filter(session__visit__in=visits).exclude(school=F("session__visit__school"))
    for session, school in there.order_by().values_list("session", "school").distinct():
        guests[session].add(school)
    for pk, visit, host, visit_stage, day, starts, ends, stage, until in sessions.order_by("pk").values_list(*columns):
        stands = AGREED if visit_stage == VisitStage.CONFIRMED else PLANNED
        stands = CANCELLED if stage == SessionStage.CANCELLED else stands
        slot = day.isoformat(), starts.isoformat(), ends.isoformat()
        standing = Standing(pk, *slot, 0, stands, "", 0, until.isoformat() if until else "")
        true[visit, host][pk] = standing._replace(guests=" ".join(map(str, sorted(guests[pk]))))
        for school in guests[pk]:
            true[visit, school][pk] = standing
    return true


ABOUT = (
    "pk", "visit_id", "known_by", "says", "facts", "message_id", "message__to", "message__sent_at",
    "message__handed_over_at", "message__stopped_at", "message__left_at", "message__last_error", "message__sms__handed_over_at",
    "is_reminder", "speaks_of",
    "calendar",
)  # fmt: skip


def known_standings(
    visits: Collection[int] | QuerySet[Any],
    *,
    of: str = VOLUNTEER,
    parties: Collection[int] | None = None,
    but: int | None = None,
) -> dict[Pair, Known]:
    """Return what volunteers or schools know about the visits, in one query; without those of whom nothing is written.

    `parties`: the ids of those that are wanted; None: all. `but`: the id of a message that is left out, as if it had never been
    written. Reminders count with the facts that they repeat.
    """
    rows = MessageAbout.objects.filter(**{"visit__in": visits, f"{of}__isnull": False}).exclude(is_reminder=True, says=[])
    rows = rows if parties is None else rows.filter(**{f"{of}__in": parties})
    rows = rows if but is None else rows.exclude(message=but)
    of_pair: defaultdict[Pair, list[Any]] = defaultdict(list)
    for row in rows.order_by("pk").values_list(*ABOUT, f"{of}_id", named=True):
        of_pair[row.visit_id, getattr(row, f"{of}_id")].append(row)
    return {pair: _known(written, of=of) for pair, written in of_pair.items()}


def _known(rows: Sequence[Any], *, of: str) -> Known:
    # A message that was refused, or still waits, told nobody anything.
    knowing = [row for row in rows if row.message_id is None or row.message__sent_at or row.message__handed_over_at]
    knowing.sort(key=_age)
    news = [row for row in rows if not row.is_reminder]
    untold = [row for row in news if row not in knowing]
    known_after = _known_after(rows, knowing)
    *before, last = known_after.values() or [{}]
    heard_anew = _heard_anew(knowing)
    believed = [row for row in rows if row in knowing or row.message__sms__handed_over_at]
    return Known(
        last,
        knowing[-1].pk if knowing else 0,
        frozenset(standing for says in before for standing in says.values()),
        frozenset(row.facts for row in rows),
        tuple((row.pk, row.message__to) for row in untold if row.message__stopped_at),
        {row.facts: row.pk for row in untold if _was_ended(row)},
        _doubts(believed, known_after),
        # A volunteer's mails are read by nobody else.
        _doubts_elsewhere(believed, known_after) if of == SCHOOL else {},
        tuple(
            Mailed(
                row.message__to and row.message__to.lower(),
                row.message__last_error == NO_LONGER_TRUE,
                tuple(map(Entry.of_row, row.calendar)),
                is_unanswered=_had_no_answer(row),
            )
            for row in sorted(knowing, key=lambda row: row.pk)
            if row.calendar
        ),
        waits=any(row.message__stopped_at is None for row in untold),
        is_left=any(row.message__left_at is not None and not _was_ended(row) for row in untold if row is news[-1]),
        is_read_anew=heard_anew is not None,
        heard_anew=heard_anew or frozenset(),
    )


def _was_ended(row: Any) -> bool:
    """Whether its message was ended as it was stopped, by the program or an erasure; what a manager leaves was stopped before."""
    return row.message__left_at is not None and row.message__left_at == row.message__stopped_at


def _heard_anew(knowing: Sequence[Any]) -> frozenset[int] | None:
    """Return of which sessions whoever has begun to read was told in passing; None: a mail told them all, or nobody has begun."""
    heard: set[int] = set()
    for row in reversed(knowing):
        if row.facts.startswith(ANEW):
            return frozenset(heard)
        if row.message_id is not None and not row.is_reminder:
            return None
        heard |= set(row.speaks_of or ())
    return None


def _age(row: Any) -> tuple[bool, int]:
    return row.known_by != KnownBy.BEFORE, row.pk


def _says(row: Any) -> dict[int, Standing]:
    return {standing.session: standing for standing in (Standing(*values) for values in row.says)}


def _known_after(rows: Sequence[Any], knowing: Sequence[Any]) -> dict[int, dict[int, Standing]]:
    """Return what was known after each of the rows that are known, by the row's id.

    A message keeps all that holds and speaks of what is new. What is new in one that came back later was believed to be known
    when the next was written, which therefore does not speak of it: nobody knows it until another does.
    """
    known_after: dict[int, dict[int, Standing]] = {}
    known: dict[int, Standing] = {}
    lost: set[int] = set()
    for row in sorted(rows, key=_age):
        if row in knowing:
            lost = lost - set(row.speaks_of) if lost and row.speaks_of is not None else set()
            says = _says(row)
            if lost:  # as with few
                old = {session: each for session, each in known.items() if session in lost}
                says = {session: each for session, each in says.items() if session not in lost} | old
            known = known_after[row.pk] = says
        elif row.message__stopped_at and not row.is_reminder:
            lost |= set(row.speaks_of or ())
    return known_after


def _doubts_elsewhere(
    rows: Sequence[Any], known_after: Mapping[int, Mapping[int, Standing]]
) -> dict[str, dict[int, list[Standing | None]]]:
    """Return `Known.doubts_elsewhere`; nothing where every mail had an answer. The address of who was erased is gone."""
    silent = {row.pk: (row.message__to or "").lower() for row in rows if _had_no_answer(row)}
    addresses = {"", *silent.values()} if silent else set[str]()
    return {
        address: _doubts(rows, known_after, {pk for pk, to in silent.items() if to != address or not to}) for address in addresses
    }


def _had_no_answer(row: Any) -> bool:
    """Whether the server had the mail and nobody knows whether it went out; False where a manager has left it at that."""
    is_left = row.message__left_at is not None and (row.message__to != "" or not _was_ended(row))
    return bool(row.message__stopped_at and row.message__handed_over_at and not row.message__sent_at and not is_left)


def _doubts(
    rows: Sequence[Any], known_after: Mapping[int, Mapping[int, Standing]], silent: Collection[int] = ()
) -> dict[int, list[Standing | None]]:
    """Return what somebody may know of sessions, besides what the last of the rows that are known says.

    A message that was ended after the server may have had it leaves two answers for each session of which it speaks, until
    another speaks of it. So does a mail that did not arrive, and of which its reader has the SMS; and each row of `silent` (ids).
    """
    unsure = {row.pk for row in rows if row.message__last_error == NO_LONGER_TRUE or row.pk not in known_after}
    unsure |= set(silent)
    if not unsure:  # as with most
        return {}
    beliefs: defaultdict[int, list[Standing | None]] = defaultdict(lambda: [None])
    before: Mapping[int, Standing] = {}
    for row in sorted(rows, key=_age):
        says = known_after[row.pk] if row.pk in known_after else _says(row)
        changed = {session for session in before.keys() | says.keys() if before.get(session) != says.get(session)}
        spoken = changed | beliefs.keys() if row.speaks_of is None else changed | set(row.speaks_of)
        for session in sorted(spoken):
            beliefs[session] = [*(beliefs[session] if row.pk in unsure else ()), says.get(session)]
        before = says if row.pk in known_after else before
    doubts = {session: [each for each in known if each != before.get(session)] for session, known in beliefs.items()}
    return {session: known for session, known in doubts.items() if known}
