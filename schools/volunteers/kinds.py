"""The kind of messages that tells volunteers, and nobody else, when a clearance of theirs ends (docs/messages.md)."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import QuerySet
from django.utils import timezone

from schools.accounts.languages import in_language_of
from schools.core.words import long_day
from schools.messages.hours import is_quiet
from schools.messages.kinds import Audience, Draft, Kind, draft_of, keep_nothing
from schools.messages.links import Link
from schools.messages.models import OutboxMessage
from schools.messages.wording import wording
from schools.volunteers.models import Clearance, MessageTo, Volunteer
from schools.volunteers.queries import clearances_ending
from schools.volunteers.senders import senders_to_volunteer

DAYS_BEFORE = (7, 30, 90)
"""So many days before it ends its owner is told."""


def due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what is to be said of clearances that end; no verb wakes it."""
    if about is None:
        yield from _drafts(Clearance.objects.all(), now=now)


def again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message as of now; its key names the clearance."""
    drafts = _drafts(Clearance.objects.filter(pk=message.key.split(":")[1]), now=now)
    return draft_of(message, drafts)


def _drafts(clearances: QuerySet[Clearance], *, now: datetime) -> Iterator[Draft]:
    """Yield one draft for each clearance, of the nearest of the days before; those that have ended stand on home."""
    if is_quiet(now):
        return
    on = timezone.localdate(now)
    ending = clearances_ending(clearances, on + timedelta(days=1), on + timedelta(days=max(DAYS_BEFORE)))
    for clearance in ending.exclude(volunteer__user=None).select_related("volunteer__user").order_by("pk"):
        ends = clearance.recheck_on or on  # what ends has a day
        left = (ends - on).days
        before = next(days for days in DAYS_BEFORE if left <= days)
        key = f"{ENDS}:{clearance.pk}:{ends.isoformat()}:{before}"
        write, link = partial(mail_of_end, clearance, ends, left), link_to_clearances(clearance.volunteer)
        yield Draft(key, clearance.volunteer.mail_address, write, clearance.volunteer_id, link=link)


def mail_of_end(clearance: Clearance, ends: date, left: int) -> tuple[str, str]:
    """Return what its owner is told of a clearance that ends on that day, in so many days."""
    volunteer = clearance.volunteer
    with in_language_of(volunteer.user):
        at = {"scheme": clearance.get_scheme_display(), "days": left, "day": long_day(ends), "name": volunteer.first_name}
        subject = wording("clearance-ends.subject" if left > 1 else "clearance-ends.subject-tomorrow", at)
        parts = [
            wording("shared.hello", at),
            wording("clearance-ends.opening", at),
            wording("clearance-ends.closing"),
        ]
    return subject, "\n\n".join(parts) + "\n"


def link_to_clearances(volunteer: Volunteer) -> Link:
    """Return the link to the page on which the volunteer sees their clearances."""
    with in_language_of(volunteer.user):
        return Link.to("me", words=wording("clearance-ends.button"))


def keep_volunteer(message: OutboxMessage, draft: Draft) -> None:
    """Keep which volunteer the message is for, so that the log of their page has it; the draft holds their id."""
    volunteer: int = draft.about  # type: ignore[assignment]  # as the queries of these kinds make it
    MessageTo.objects.create(message=message, volunteer_id=volunteer)


def keep_contact(message: OutboxMessage, draft: Draft) -> None:
    """Keep which contact the message is for, so that the log of their schools has it; the draft holds their id."""
    contact: int = draft.about  # type: ignore[assignment]  # as the queries of these kinds make it
    MessageTo.objects.create(message=message, contact_id=contact)


def keep_contacts(message: OutboxMessage, draft: Draft) -> None:
    """Keep which contacts read the message, several where they share a mailbox; the draft holds their ids.

    A later try may go to others. Who can have got an earlier one stays kept.
    """
    contacts: list[int] = draft.about  # type: ignore[assignment]  # as the queries of these kinds make it
    readers = MessageTo.objects.filter(message=message)
    if message.handed_over_at is None:
        readers.exclude(contact__in=contacts).delete()
    there = set(readers.values_list("contact", flat=True))
    MessageTo.objects.bulk_create(MessageTo(message=message, contact_id=pk) for pk in contacts if pk not in there)


ENDS = "clearance-ends"

KINDS = (
    Kind(
        ENDS,
        "A clearance ends",
        due,
        again,
        keep_volunteer,
        keep_nothing,
        Audience.VOLUNTEERS,
        f"{DAYS_BEFORE[2]}, {DAYS_BEFORE[1]} and {DAYS_BEFORE[0]} days before",
        is_woken=False,
        senders=senders_to_volunteer,
        is_private=True,
    ),
)
