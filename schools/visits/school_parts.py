"""What one kind has to say to a reader at a school about several visits at one time: one mail, with a section for each."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, Q

from schools.core.words import joined
from schools.messages.kinds import Draft
from schools.visits.fingerprints import fingerprint
from schools.visits.knowledge import Knowledge
from schools.visits.models import MessageAbout
from schools.visits.queries.parties import Party
from schools.visits.queries.standings import SCHOOL, Pair
from schools.visits.reminders import Reminded
from schools.visits.school_reminder_emails import WordsOf, mail_to_reader


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
    def to(self) -> str:
        """The address of its reader, in small letters."""
        return self.party.contact.email.lower()


class _Message(NamedTuple):
    """A message of the outbox that says some of the parts."""

    key: str
    to: str
    is_refused: bool
    """Whether its address stopped it, and nobody can have got it."""


def drafts_of(name: str, parts: Collection[Part], knowledge: Knowledge | None = None) -> Iterator[Draft]:
    """Yield a draft for each message that says any of these parts already, and one for each reader of those that none says.

    A part that a message says stays with that message; what becomes due later goes in another. What is over makes nobody expect
    anything, so it comes without `knowledge`.
    """
    written = _written(name, parts)
    together: defaultdict[_Message | str, list[Part]] = defaultdict(list)
    for part in parts:
        together[written.get((part.pair, fingerprint(part.key)), part.to)].append(part)
    for where, theirs in together.items():
        if isinstance(where, _Message):
            yield _draft(where.key, _to_one_address(theirs, where), knowledge)
        else:
            yield _draft(_key(name, theirs), theirs, knowledge)


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


def _draft(key: str, parts: list[Part], knowledge: Knowledge | None) -> Draft:
    """Return the draft that says the parts, in the order of their days."""
    parts = sorted(parts, key=lambda part: (part.party.first_day, part.pair))
    contact = parts[0].party.contact
    write = partial(mail_to_reader, contact, [(part.words_of, part.party) for part in parts])
    schools = joined(dict.fromkeys(str(part.party.school) for part in parts))
    return Draft(key, contact.email, write, _about(parts, knowledge), who=f"{schools} ({contact.name})")


def _about(parts: list[Part], knowledge: Knowledge | None) -> list[Reminded]:
    # Whoever reads of two days of a visit in one mail knows both after it.
    spoken: defaultdict[Pair, list[int]] = defaultdict(list)
    for part in parts:
        spoken[part.pair] += part.sessions
    says = {pair: knowledge.afterwards(pair, sessions) if knowledge else [] for pair, sessions in spoken.items()}
    return [Reminded(SCHOOL, part.pair, part.sessions, says[part.pair], part.key) for part in parts]
