"""What one kind has to say to a reader at a school about several visits at one time: one mail, with a section for each."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, Q

from schools.core.words import joined
from schools.directory.models import AreaAuthority
from schools.directory.models.areas import holds_on
from schools.messages.kinds import Draft
from schools.visits.fingerprints import fingerprint
from schools.visits.knowledge import Knowledge
from schools.visits.models import MessageAbout
from schools.visits.queries.parties import Party
from schools.visits.queries.standings import SCHOOL, Pair
from schools.visits.reminders import Reminded
from schools.visits.school_reminder_emails import WordsOf, mail_to_reader, names_of


@dataclass(frozen=True)
class Part:
    """What a kind has to say to a school about one visit: a mail of its own, or one section of a mail."""

    key: str
    """Holds the facts. It is the key of a mail that says nothing else, and is kept by its fingerprint in any other."""
    party: Party
    words_of: WordsOf

    @property
    def pair(self) -> Pair:
        """The visit and the school."""
        return self.party.visit.pk, self.party.school.pk

    @property
    def sessions(self) -> list[int]:
        """The ids of the sessions of which it speaks."""
        return [session.pk for session in self.party.sessions]

    @property
    def authorities(self) -> tuple[int | None, int | None]:
        """Those of the visit and of its reader's school: whoever coordinates their areas sees what is said of it."""
        return self.party.visit.school.authority_id, self.party.school.authority_id

    @property
    def to(self) -> str:
        """The address of its reader, in small letters."""
        return self.party.contact.email.lower()


type _Areas = tuple[int | None, int | None]


class _Message(NamedTuple):
    """A message of the outbox that says some of the parts."""

    key: str
    to: str
    is_refused: bool
    """Whether its address stopped it, and nobody can have got it."""


def drafts_of(name: str, parts: Collection[Part], knowledge: Knowledge | None = None, *, on: date) -> Iterator[Draft]:
    """Yield a draft for each message that says any of these parts already, and one for each reader of those that none says.

    A part that a message says stays with that message; what becomes due later goes in another. What is of several areas on the
    day goes in a mail for each, so that nobody in the office reads what is of another area. What is over makes nobody expect
    anything, so it comes without `knowledge`.
    """
    written, areas = _written(name, parts), _areas(parts, on=on)
    together: defaultdict[_Message | tuple[str, _Areas], list[Part]] = defaultdict(list)
    for part in parts:
        together[written.get((part.pair, fingerprint(part.key)), (part.to, _areas_of(part, areas)))].append(part)
    for where, theirs in together.items():
        if isinstance(where, _Message):
            kept = _to_one_address(theirs, where)
            kept = [part for part in kept if _areas_of(part, areas) == _areas_of(kept[0], areas)]
            yield _draft(where.key, kept, knowledge, is_moved=kept[0].to != where.to)
        else:
            yield _draft(_key(name, theirs), theirs, knowledge)


def _areas(parts: Iterable[Part], *, on: date) -> dict[int, int]:
    """Return the area of each authority, by ids, where a reader has parts of several; those that no area holds are left out."""
    of_readers: defaultdict[str, set[int | None]] = defaultdict(set)
    for part in parts:
        of_readers[part.to].update(part.authorities)
    several = {authority for theirs in of_readers.values() if len(theirs) > 1 for authority in theirs if authority}
    if not several:  # as with most
        return {}
    return dict(AreaAuthority.objects.filter(holds_on(on), authority__in=several).order_by().values_list("authority", "area"))


def _areas_of(part: Part, areas: Mapping[int, int]) -> _Areas:
    """Return the areas of the visit and of its reader's school; None where no area holds it."""
    host, own = part.authorities
    return areas.get(host or 0), areas.get(own or 0)


def _written(name: str, parts: Collection[Part]) -> dict[tuple[Pair, str], _Message]:
    """Return the message of this kind that says a part, by visit and school and the fingerprint of its key; one query at most."""
    if not parts:
        return {}
    rows = MessageAbout.objects.filter(visit__in={part.pair[0] for part in parts}, message__kind=name, school__isnull=False)
    is_refused = Q(message__stopped_by__isnull=False, message__handed_over_at=None)
    rows = rows.annotate(is_refused=ExpressionWrapper(is_refused, BooleanField())).order_by()
    columns = ("visit", "school", "facts", "message__key", "message__to", "is_refused")
    return {
        ((visit, school), facts): _Message(key, to.lower(), refused)
        for visit, school, facts, key, to, refused in rows.values_list(*columns)
    }


def _to_one_address(parts: list[Part], message: _Message) -> list[Part]:
    """Return those of the message's parts that still have one reader; the rest is due anew once it has left the message.

    They are those of whoever it is for. One that this address refused goes on to whom a visit names since, with what is theirs.
    """
    elsewhere = [part for part in parts if part.to != message.to]
    if elsewhere and (message.is_refused or len(elsewhere) == len(parts)):
        return [part for part in elsewhere if part.to == elsewhere[0].to]
    return [part for part in parts if part.to == message.to]


def _key(name: str, parts: list[Part]) -> str:
    first, *others = parts
    return f"{name}:several:{fingerprint(*sorted(part.key for part in parts))}" if others else first.key


def _draft(key: str, parts: list[Part], knowledge: Knowledge | None, *, is_moved: bool = False) -> Draft:
    """Return the draft that says the parts, in the order of their days."""
    parts = sorted(parts, key=lambda part: (part.party.first_day, part.pair))
    write = partial(mail_to_reader, [(part.words_of, part.party) for part in parts])
    who = f"{joined(dict.fromkeys(str(part.party.school) for part in parts))} ({names_of(part.party for part in parts)})"
    return Draft(
        key,
        parts[0].party.contact.email,
        write,
        _about(parts, knowledge, is_moved=is_moved),
        who=who,
    )


def _about(parts: list[Part], knowledge: Knowledge | None, *, is_moved: bool) -> list[Reminded]:
    # Whoever reads of two days of a visit in one mail knows both after it.
    spoken: defaultdict[Pair, list[int]] = defaultdict(list)
    for part in parts:
        spoken[part.pair] += part.sessions
    says = {pair: knowledge.afterwards(pair, sessions) if knowledge else [] for pair, sessions in spoken.items()}
    return [Reminded(SCHOOL, part.pair, part.sessions, says[part.pair], part.key, is_moved) for part in parts]
