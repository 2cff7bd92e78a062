"""What volunteers and schools know of the sessions of a visit: what was said, and may have arrived (docs/messages.md)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import QuerySet

from schools.messages.models import NO_LONGER_TRUE
from schools.visits.fingerprints import fingerprint
from schools.visits.models import KnownBy, MessageAbout
from schools.visits.queries.entries import Entry, Mailed
from schools.visits.queries.standings import AGREED, SCHOOL, VOLUNTEER, Pair, Standing, Standings

ANEW = "anew:"
"""So the fingerprint of a row begins which says that somebody else reads for the school from then on."""


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
    missed: frozenset[str] = frozenset()
    """The names of the entries of messages that did not arrive, where news that may have arrived was written since."""
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
        """Whether no mail of the visit has surely done anything in calendars here, or one did so elsewhere since.

        Nobody knows then what is known here: whoever reads at this address may be somebody else, or may not have heard what was
        said there in between. Not so where the visit names them, for then they are told all that holds, but for what they were
        told in passing: by a reminder, which may have gone elsewhere.
        """
        is_told_all = self.is_read_anew and not self.heard_anew
        for mailed in reversed(self.mailed):
            is_here = (mailed.to or "") == address.lower()
            if not is_here or mailed.is_sure:
                return not is_here and not is_told_all
        return bool(self.mailed or self.missed) and not is_told_all


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
        _missed(untold, knowing),
        waits=any(row.message__stopped_at is None for row in untold),
        is_left=any(row.message__left_at is not None and not _was_ended(row) for row in untold if row is news[-1]),
        is_read_anew=heard_anew is not None,
        heard_anew=heard_anew or frozenset(),
    )


def _missed(untold: Iterable[Any], knowing: Iterable[Any]) -> frozenset[str]:
    """Return `Known.missed`: where nothing was mailed since, the entry goes with the news itself, or was told on the phone."""
    last = max((row.pk for row in knowing if row.message_id is not None and not row.is_reminder), default=0)
    lost = [row for row in untold if row.message__stopped_at and row.pk < last]
    return frozenset(Entry.of_row(entry).uid for row in lost for entry in row.calendar or ())


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
    reminded: set[int] = set()
    """What was lost, and a reminder has spoken of since: it says nothing of guests."""
    for row in sorted(rows, key=_age):
        if row in knowing:
            says = _says(row)
            spoken = says.keys() | lost if row.speaks_of is None else set(row.speaks_of)
            reminded = reminded | (lost & spoken) if row.is_reminder else reminded - spoken
            lost = lost - spoken
            if lost:  # as with few
                old = {session: each for session, each in known.items() if session in lost}
                says = {session: each for session, each in says.items() if session not in lost} | old
            known = known_after[row.pk] = _with_guests_as_before(known, says, reminded)
        elif row.message__stopped_at and not row.is_reminder:
            lost |= set(row.speaks_of or ())
    return known_after


def _with_guests_as_before(known: Standings, says: Standings, reminded: Collection[int]) -> dict[int, Standing]:
    """Return what is known, of guests what was known before where nothing was said of them: of what is not agreed nothing is."""
    return {
        session: with_guests_of(known.get(session), each) if each.stands != AGREED or session in reminded else each
        for session, each in says.items()
    }


def with_guests_of(known: Standing | None, new: Standing) -> Standing:
    """Return what somebody who knew this thinks once they know that, of guests what they thought before."""
    guests = known.guests if known else ""
    return new if new.guests == guests else new._replace(guests=guests)


def _left_by(row: Any, beliefs: Iterable[Standing | None], new: Standing | None) -> list[Standing | None]:
    """Return what somebody may still think who has read what the row says of a session; one of `beliefs` before it."""
    return list(dict.fromkeys(with_guests_of(each, new) for each in beliefs)) if row.is_reminder and new else []


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
    ever: defaultdict[int, list[Standing | None]] = defaultdict(lambda: [None])
    before: Mapping[int, Standing] = {}
    for row in sorted(rows, key=_age):
        says = known_after[row.pk] if row.pk in known_after else _says(row)
        if row.facts.startswith(ANEW):  # they may have heard of nothing, or have read any of it before
            beliefs |= {session: list(dict.fromkeys(standings)) for session, standings in ever.items()}
        changed = {session for session in before.keys() | says.keys() if before.get(session) != says.get(session)}
        spoken = changed | beliefs.keys() if row.speaks_of is None else set(row.speaks_of)
        for session in sorted(spoken):
            stay = beliefs[session] if row.pk in unsure else _left_by(row, beliefs[session], says.get(session))
            beliefs[session] = [*stay, says.get(session)]
        for session in sorted(changed - spoken):  # not worth a word: whoever was told nothing still knows nothing
            beliefs[session] = [says.get(session) if each == before.get(session) else each for each in beliefs[session]]
        for session in sorted(spoken | changed):
            ever[session].append(says.get(session))
        before = says if row.pk in known_after else before
    doubts = {session: [each for each in known if each != before.get(session)] for session, known in beliefs.items()}
    return {session: known for session, known in doubts.items() if known}
