"""Whom the kinds would tell what about some visits, and by which way: for a look before something is done, and after it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby

from django.utils import timezone

from schools.directory.queries import with_contacts
from schools.messages.asking import drafts_about, drafts_at_opening, drafts_by_phone
from schools.messages.hours import is_quiet
from schools.messages.kinds import Draft, Kind, as_written, kind_named
from schools.messages.masking import masked
from schools.messages.models import SuppressedAddress
from schools.visits import school_kinds
from schools.visits.models import Session
from schools.visits.queries.notifications import SchoolNotification
from schools.visits.queries.parties import phone_of
from schools.visits.queries.standings import Pair


@dataclass(frozen=True)
class PlannedMessage:
    """One message that follows from what is done: to whom, what it says, and by which way."""

    kind: Kind
    draft: Draft
    why_phoned: str = ""
    """Why no mail reaches them; "" where it does."""
    opens: datetime | None = None
    """When it goes, where the quiet hours hold it back; None: at once."""

    @property
    def who(self) -> str:
        """Whom it is for."""
        return self.draft.who or self.draft.to

    @property
    def phone(self) -> str:
        """Where they are rung; "" where no number is known."""
        return self.draft.phone

    @property
    def text(self) -> str:
        """Its words as the office shows them, without the secrets of its links."""
        return masked(self.draft.body)

    @property
    def sms(self) -> str:
        """What goes to their phone too; "" where no SMS goes."""
        return self.draft.sms.words if self.draft.sms and self.kind.by_sms and not self.why_phoned else ""

    @property
    def facts(self) -> tuple[str, str, str, str, str, str]:
        """What somebody who looked at it has seen."""
        return self.kind.name, self.who, self.draft.to, self.draft.subject, self.text, self.sms


@dataclass(frozen=True)
class PlannedMessages:
    """Everything that people are told because of one act."""

    messages: Sequence[PlannedMessage]

    @property
    def mailed(self) -> list[PlannedMessage]:
        """Those that go by mail."""
        return [message for message in self.messages if not message.why_phoned]

    @property
    def in_the_morning(self) -> list[datetime]:
        """When each of those goes that wait for the end of the quiet hours, the next first."""
        return sorted(message.opens for message in self.mailed if message.opens)

    @property
    def by_sms(self) -> int:
        """How many of them go by SMS, too."""
        return sum(bool(message.sms) for message in self.mailed)

    @property
    def phoned(self) -> list[PlannedMessage]:
        """Those whose readers have to be phoned."""
        return [message for message in self.messages if message.why_phoned]

    @property
    def by_kind(self) -> list[tuple[Kind, list[PlannedMessage]]]:
        """The mails by kind, in the order in which the kinds are registered."""
        return [(next(iter(theirs)).kind, theirs) for _, rows in groupby(self.mailed, _kind_name) for theirs in [list(rows)]]

    @property
    def digest(self) -> str:
        """A fingerprint of what people would read: who has looked at the one has looked at the other."""
        return sha256(repr(sorted(message.facts for message in self.messages)).encode()).hexdigest()


def _kind_name(message: PlannedMessage) -> str:
    return message.kind.name


def planned_messages(visits: Collection[int], *, now: datetime, besides: Iterable[tuple[Kind, Draft]] = ()) -> PlannedMessages:
    """Return whom the kinds would tell what about these visits (by id) now, in a constant number of queries.

    They are asked as they are when a verb wakes them; `besides` are drafts of kinds that nobody wakes. Of no visits nothing is
    asked.
    """
    if not visits and not besides:
        return PlannedMessages([])
    at_once = [*drafts_about(visits, now=now), *besides]
    keys = {draft.key for _, draft in at_once}
    later = [(kind, draft, opens) for kind, draft, opens in drafts_at_opening(visits, now=now) if draft.key not in keys]
    every = [(kind, draft) for kind, draft in at_once if draft.to] + [(kind, draft) for kind, draft, _ in later]
    marked = _marked({draft.to for _, draft in every})
    waiting = [(kind, draft, _held_back_until(kind, now=now)) for kind, draft in at_once if draft.to]
    mails = [PlannedMessage(kind, draft, marked.get(draft.to.lower(), ""), opens) for kind, draft, opens in (*waiting, *later)]
    phoned = [(kind, draft) for kind, draft in (*at_once, *drafts_by_phone(visits, now=now)) if not draft.to]
    messages = [*mails, *(PlannedMessage(kind, draft, NO_ADDRESS) for kind, draft in phoned)]
    told_of = {pair for kind, draft in (*every, *phoned) for pair in _pairs(kind, draft)}
    messages += _not_agreed(visits, told_of, now=now)
    return PlannedMessages(sorted(messages, key=lambda message: (message.kind.name, message.who)))


def mails_in_the_morning(visits: Collection[int], *, now: datetime) -> list[datetime]:
    """Return when each mail about these visits (by id) goes that waits for the end of the quiet hours, the next first.

    In other hours nothing is asked.
    """
    if not is_quiet(now, weekends=True):
        return []
    return sorted(opens for _, draft, opens in drafts_at_opening(visits, now=now) if draft.to)


def _held_back_until(kind: Kind, *, now: datetime) -> datetime | None:
    """Return when what the kind has written goes, where it waits for the end of the quiet hours; None: at once."""
    opens = kind.opens(now=now)
    return opens if kind.waits_written and opens > now else None


NO_ADDRESS = "has no e-mail address here"
NOT_AGREED = "had not agreed yet, so the program writes nothing to them"


def _marked(addresses: Collection[str]) -> dict[str, str]:
    """Return why no mail goes to those of the addresses that are marked, by the address in small letters."""
    marked = SuppressedAddress.objects.active().by_address(addresses)
    return {address: f"mail to {address} comes back, or is unwanted" for address in marked}


def _pairs(kind: Kind, draft: Draft) -> Iterable[Pair]:
    return school_kinds.entries_of(draft) if kind.name == school_kinds.VISITS else ()


def _not_agreed(visits: Collection[int], told_of: Collection[Pair], *, now: datetime) -> Iterator[PlannedMessage]:
    """Yield the hosts that have to be told and to whom no kind writes: of what was only planned, a person speaks with them."""
    rows = Session.objects.school_to_tell(on=timezone.localdate(now)).filter(visit__in=visits, visit__agreed_on=None)
    rows = rows.select_related("type", "visit__school", "visit__contact").order_by("visit", "day", "starts", "pk")
    rows = rows.prefetch_related(*with_contacts("visit__school__"))
    kind = kind_named(school_kinds.VISITS)
    for visit, sessions in groupby(rows, key=lambda session: session.visit):
        if kind and (visit.pk, visit.school_id) not in told_of:
            text = SchoolNotification(visit, tuple(sessions)).text
            words = as_written(f"Our visit to {visit.school}", text)
            phone = phone_of(visit.contact, visit.school)
            draft = Draft(f"not-agreed:{visit.pk}", "", words, who=str(visit.school), phone=phone)
            yield PlannedMessage(kind, draft, NOT_AGREED)
