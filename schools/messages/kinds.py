"""The kinds of messages that follow from what is stored: one registry, filled by the slices that know the facts.

Nobody schedules such a message: a kind is asked what should have gone out by now, and once more when a message is sent
(docs/messages.md). Kinds are registered when the program starts (schools/apps.py).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from django.utils.translation import gettext_noop

from schools.messages.calendar_parts import CalendarPart
from schools.messages.envelopes import Sender
from schools.messages.hours import opening
from schools.messages.links import Link
from schools.messages.models import KeepSaid, OutboxMessage
from schools.messages.sms import Sms

type Mail = tuple[str, str]
"""The subject and the text of a mail."""

type Senders = Callable[[OutboxMessage, date], Sequence[Sender]]
"""Says from which coordinators a message is on the day on which it is sent."""


def as_written(subject: str, body: str) -> Callable[[], Mail]:
    """Return what a draft takes where its words are there already."""
    return lambda: (subject, body)


@dataclass(frozen=True)
class Draft:
    """A message that should have gone out by now."""

    key: str
    """Holds the facts: whom it is for, what they knew, what is true. The outbox has each key once."""
    to: str
    write: Callable[[], Mail]
    """Writes subject and text; asked once, where somebody reads them: most of what is due stands in the outbox already."""
    about: object = None
    """What its kind wants to keep of it (`Kind.written`)."""
    link: Link | None = None
    """Where its button leads. It is not stored: `Kind.again` says it anew when the message is sent."""
    calendar: tuple[CalendarPart, ...] = ()
    """What goes with it for the reader’s calendar. Only `Kind.again` gives it: it is numbered and dated when it is sent."""
    who: str = ""
    """Whom it is for, by name, where somebody looks at it before it is written. It is not stored."""
    phone: str = ""
    """A number at which they are rung where no mail reaches them, as people read it; "" where none is known. It is not stored."""
    sms: Sms | None = None
    """What of it goes by SMS too; None: nothing of it is urgent, or its reader did not say yes to SMS."""

    @cached_property
    def mail(self) -> Mail:
        """Subject and text."""
        return self.write()

    @property
    def subject(self) -> str:
        """The subject."""
        return self.mail[0]

    @property
    def body(self) -> str:
        """The text."""
        return self.mail[1]


def draft_of(message: OutboxMessage, drafts: Iterable[Draft]) -> Draft | None:
    """Return the draft that has the key of the message; None: it does not hold any more."""
    return next((draft for draft in drafts if draft.key == message.key), None)


def keep_nothing(message: OutboxMessage, draft: Draft | None = None) -> None:
    """Keep nothing about a message, or forget it: its key says what it is about."""


def mails_everybody(now: datetime, about: Collection[int]) -> Iterable[Draft]:
    """Return nobody who would have to be phoned: the kind speaks to those alone who have an address."""
    return ()


def no_link(message: OutboxMessage, on: date) -> Link | None:
    """Return no link of the reader's own: what `Kind.again` says holds."""
    return None


class Audience(StrEnum):
    """Whom the messages of a kind are for."""

    SCHOOLS = "schools"
    VOLUNTEERS = "volunteers"
    COORDINATORS = "coordinators"


def person_of(message: OutboxMessage) -> int:
    """Return the id of the person whom the key of the message names, as its second part."""
    return int(message.key.split(":")[1])


@dataclass(frozen=True)
class OptOut:
    """How somebody ends the mails of a kind that are no service message; people are named by a number that their kind knows."""

    words: str
    """What ends, as the page calls it; marked for translation."""
    back: str
    """How they begin again, in a sentence that is marked for translation."""
    is_wanted: Callable[[int], bool | None]
    """Whether the person gets these mails; None: there is nobody of this number any more."""
    end: Callable[[int], None]
    """Ends them; a second call changes nothing."""
    stays: str = gettext_noop("Mails about what you have agreed with us are not touched.")
    """What goes on, or ends too, in a sentence that is marked for translation."""
    number_of: Callable[[OutboxMessage], int] = person_of
    """Returns the number of the reader for the link of a message: by default the id that its key names."""
    in_links: str = ""
    """Its name in links, which never changes; blank: that of its kind."""


def from_nobody(message: OutboxMessage, on: date) -> Sequence[Sender]:
    """Return no sender: the message is from the charity."""
    return ()


@dataclass(frozen=True)
class Kind:
    """One kind of message: pure questions about what is stored, which read and write nothing."""

    name: str
    """Stands in the outbox, so it never changes."""
    words: str
    """As the office calls it: “Somebody’s mornings”."""
    due: Callable[[datetime, Collection[int] | None], Iterable[Draft]]
    """Takes the time now and the ids by which a verb woke the kinds; None: everything that is stored."""
    again: Callable[[OutboxMessage, datetime], Draft | None]
    """The draft of a message of the outbox as of now; None: it is true no longer, or not to be sent at this hour."""
    written: Callable[[OutboxMessage, Draft], None]
    """Keeps what it is about, in the transaction that writes it. Raises IntegrityError where another process was first."""
    unwritten: Callable[[OutboxMessage], None]
    """Forgets that, before a message that nobody can have got is deleted."""
    audience: Audience = Audience.VOLUNTEERS
    when: str = ""
    """When its messages go, in words for the office: lead time and cadence."""
    is_woken: bool = True
    """Whether it is asked at once after a verb; others go by the hour or the day, and wait for the next run over everything."""
    senders: Senders = from_nobody
    """From which coordinators a message is on the day on which it is sent."""
    opt_out: OptOut | None = None
    """How its reader ends these mails; None: they are part of the service."""
    going: Callable[[OutboxMessage, Draft], KeepSaid | None] = keep_nothing
    """Keeps what this try says and takes along for the reader’s calendar.

    Where an earlier try may have arrived, that is what they know until the mail server gets this one: then returns what keeps it.
    """
    put_back: Callable[[OutboxMessage], None] = keep_nothing
    """Keeps again what the tries before the last said: that one has not arrived, and one of them may have."""
    by_phone: Callable[[datetime, Collection[int]], Iterable[Draft]] = mails_everybody
    """The same question about those who have no address: drafts to nowhere, at any hour, for whoever phones them."""
    is_private: bool = False
    """Whether only its reader sees its words; the office shows that it went."""
    own_link: Callable[[OutboxMessage, date], Link | None] = no_link
    """Makes the reader’s own link where the draft has none. Only whoever sends the message calls it: it may write."""
    is_corrected: bool = False
    """Whether its readers get news where what it said holds no longer; of another kind, somebody has to speak with them."""
    by_sms: str = ""
    """What of it goes by SMS too, in words for the office; blank: nothing. The words are the draft’s."""
    is_alarm: bool = False
    """Whether its readers have to act within the hour: its mails wait behind none but those of signing in."""
    volunteer_at: int = 0
    """At which place of its keys the id of a volunteer stands, after the name, which is at 0; 0: its keys name none."""
    comes_again: bool = False
    """Whether it comes again by itself within days, so that nobody has to see to one that could not be delivered."""
    waits_written: bool = False
    """Whether its messages wait in the outbox while hours are quiet, as nothing would write them anew afterwards."""

    def __post_init__(self) -> None:
        """Refuse what is private by SMS: it shows on a locked phone."""
        if self.is_private and self.by_sms:
            msg = f"The messages of the kind {self.name} are private, so they do not go by SMS."
            raise ValueError(msg)

    def opens(self, *, now: datetime) -> datetime:
        """Return when those for whom it is may be written to again: now, or the end of the quiet hours."""
        return opening(now, weekends=self.audience is Audience.SCHOOLS)


_kinds: dict[str, Kind] = {}


def register(kinds: Iterable[Kind]) -> None:
    """Add kinds; one of the same name is replaced."""
    _kinds.update({kind.name: kind for kind in kinds})


def all_kinds() -> list[Kind]:
    """Return every kind, in the order in which they were registered."""
    return list(_kinds.values())


def alarms() -> list[str]:
    """Return the names of the kinds whose readers have to act within the hour."""
    return [kind.name for kind in _kinds.values() if kind.is_alarm]


def kind_of(message: OutboxMessage) -> Kind | None:
    """Return the kind of a message; None for a direct one, which is sent as it is written."""
    return _kinds[message.kind] if message.kind else None


def kind_named(name: str) -> Kind | None:
    """Return the kind of this name; None where there is none."""
    return _kinds.get(name)
