"""Signed links by which a volunteer answers from a mail, without signing in (docs/portal.md).

A link holds one question: one thing that can be said, one person, and the sessions of one visit day with the times at which the
mail showed them. The same facts give the same link; nothing of it is stored. It lets nobody in.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from schools.accounts.models import User
from schools.visits.models import Session
from schools.visits.rules import Slot, slot_of

SALT = "schools.visits.answer_links"
SEPARATOR = "."
TIME = "%H%M%S"

TOKEN = re.compile(
    r"(?P<purpose>yes|no|cannot)\.(?P<volunteer>[0-9]{1,18})\.(?P<visit>[0-9]{1,18})\.(?P<day>[0-9]{8})"
    r"(?P<slots>(?:\.[0-9]{1,18}_[0-9]{6}_[0-9]{6})+)\.[\w-]+",
    re.ASCII,
)


class Purpose(StrEnum):
    """What pressing the button of a link says."""

    YES = "yes"
    NO = "no"
    CANNOT = "cannot"


@dataclass(frozen=True)
class Question:
    """What a link holds: what can be said by it, by whom, and to which sessions as they were shown."""

    purpose: Purpose
    volunteer: int
    visit: int
    slots: Mapping[int, Slot]
    """By the session's id; all on one day."""

    @property
    def day(self) -> date:
        """The day of the sessions."""
        return next(iter(self.slots.values())).day

    @property
    def ends_at(self) -> datetime:
        """The end of the last session: the link is of no use from then on."""
        return timezone.make_aware(datetime.combine(self.day, max(slot.ends for slot in self.slots.values())))


def question_about(sessions: Iterable[Session], *, volunteer: int, purpose: Purpose) -> Question:
    """Return the question about these sessions of one visit day as they stand."""
    slots = {session.pk: slot_of(session) for session in sorted(sessions, key=lambda session: session.pk)}
    visit = next(session.visit_id for session in sessions)
    return Question(purpose, volunteer, visit, slots)


def token_of(question: Question, user: User) -> str:
    """Return the question signed for the user who is its volunteer, as it stands in the address of a link."""
    slots = [f"{pk}_{slot.starts:{TIME}}_{slot.ends:{TIME}}" for pk, slot in question.slots.items()]
    facts = [question.purpose.value, str(question.volunteer), str(question.visit), f"{question.day:%Y%m%d}", *slots]
    return _signer(user).sign(SEPARATOR.join(facts))


def link_to(question: Question, user: User) -> str:
    """Return the whole link, as a mail shows it."""
    return f"{settings.SPEAKOUT_ADDRESS}{reverse('answer', args=[token_of(question, user)])}"


def question_in(token: str) -> Question | None:
    """Return what a token says, which is to be believed only if `is_signed` says so; None where it is no token."""
    match = TOKEN.fullmatch(token)
    if match is None:
        return None
    slots: dict[int, Slot] = {}
    try:
        day = datetime.strptime(match["day"], "%Y%m%d").date()  # noqa: DTZ007  # a day has no time zone
        for part in match["slots"].strip(SEPARATOR).split(SEPARATOR):
            session, starts, ends = part.split("_")
            slots[int(session)] = Slot(day, _time(starts), _time(ends))
    except ValueError:
        return None
    return Question(Purpose(match["purpose"]), int(match["volunteer"]), int(match["visit"]), slots)


def _time(digits: str) -> time:
    return time(int(digits[:2]), int(digits[2:4]), int(digits[4:]))


def is_signed(token: str, user: User) -> bool:
    """Whether we signed the token for the user at the address that they have today."""
    try:
        _signer(user).unsign(token)
    except signing.BadSignature:
        return False
    return True


def _signer(user: User) -> signing.Signer:
    # The address is among what is signed: whoever has another one by now ends every link in the old mailbox.
    return signing.Signer(salt=f"{SALT}:{user.pk}:{user.email.lower()}", sep=SEPARATOR)
