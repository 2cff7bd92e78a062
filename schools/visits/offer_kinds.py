"""The kind of messages by which a school gets dates to choose from (docs/messages.md)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from functools import partial

from django.utils import timezone

from schools.directory.accesses import access_of, token_of
from schools.directory.models import AccessPurpose, Contact
from schools.directory.responsible import responsible_for_school
from schools.directory.senders import senders_of
from schools.messages.envelopes import Sender
from schools.messages.hours import is_quiet
from schools.messages.kinds import Audience, Draft, Kind, draft_of, keep_nothing
from schools.messages.links import Link
from schools.messages.models import NO_LONGER_TRUE, OutboxMessage
from schools.visits.models import OfferedDates, OfferedDatesQuerySet
from schools.visits.offer_emails import link_to_choose, mail_of_dates_to_choose
from schools.volunteers.kinds import keep_contact
from schools.volunteers.models import MessageTo

DATES_TO_CHOOSE = "dates-to-choose"


def dates_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what schools are offered; no verb wakes it, as the act that offers dates writes its own mail and holds it back."""
    if about is None:
        yield from _drafts(OfferedDates.objects.all(), now=now)


def dates_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message as of now; its key names the dates."""
    return draft_of(message, _drafts(OfferedDates.objects.filter(pk=offered_in(message)), now=now))


def mails_of_dates(offered: Collection[int], *, now: datetime) -> list[tuple[Kind, Draft]]:
    """Return the mails of these dates, by their ids, with their kind; none in quiet hours, after which they are due."""
    return [(KINDS[0], draft) for draft in _drafts(OfferedDates.objects.filter(pk__in=offered), now=now)]


def _drafts(offered: OfferedDatesQuerySet, *, now: datetime) -> Iterator[Draft]:
    """Yield one draft for each of the dates that may still be chosen; its reader has an address and is still at the school."""
    if is_quiet(now, weekends=True):
        return
    open_now = offered.open_on(timezone.localdate(now)).exclude(contact=None).exclude(contact__email="")
    rows = list(open_now.select_related("school", "contact").order_by("pk"))
    mails = mails_of(rows)
    for row in rows:
        if (contact := row.contact) and contact.is_at(row.school):
            write = partial(mail_of_dates_to_choose, row, contact)
            yield Draft(_key(row, contact, mails[row.pk]), contact.email, write, contact.pk, who=contact.name)


def mails_of(rows: Collection[OfferedDates]) -> defaultdict[int, list[OutboxMessage]]:
    """Return the mails that offer these dates, by the id of the dates, in their order; one query, or none without dates."""
    mails: defaultdict[int, list[OutboxMessage]] = defaultdict(list)
    if rows:
        theirs = MessageTo.objects.filter(contact__in={row.contact_id for row in rows}).order_by().values("message")
        for message in OutboxMessage.objects.filter(pk__in=theirs, kind=DATES_TO_CHOOSE).order_by("pk"):
            mails[offered_in(message)].append(message)
    return mails


def _key(row: OfferedDates, contact: Contact, mails: Sequence[OutboxMessage]) -> str:
    """Return the key of the mail that offers the dates: a new one where they went to an address that their reader has no more.

    The link in that mail opens nothing since, so nobody could choose what is held for the school. Or where the mail to that
    address never got there, and does not go to another one by itself.
    """
    if not mails:
        return f"{DATES_TO_CHOOSE}:{row.pk}"
    latest = mails[-1]
    is_elsewhere = _is_over(latest) and latest.to.lower() not in {"", contact.email.lower()}
    return f"{DATES_TO_CHOOSE}:{row.pk}:{len(mails)}" if is_elsewhere else latest.key


def _is_over(message: OutboxMessage) -> bool:
    """Whether it was sent, or stopped for good: it neither waits for another address nor may hold again."""
    if message.stopped_at is None:
        return message.sent_at is not None
    waits = message.stopped_by_id is not None and message.handed_over_at is None and message.left_at is None
    return not waits and message.last_error != NO_LONGER_TRUE


def own_link(message: OutboxMessage, on: date) -> Link | None:
    """Return the link of whoever gets the message; made when it is sent, as their address may have changed until then."""
    row = OfferedDates.objects.filter(pk=offered_in(message)).select_related("contact").first()
    if row is None or row.contact is None or row.contact.email.lower() != message.to.lower():
        return None
    return link_to_choose(token_of(access_of(row.contact, AccessPurpose.DATES, on=on), row.pk))


def senders(message: OutboxMessage, on: date) -> list[Sender]:
    """Return who offered the dates, else who looks after the school’s area."""
    row = OfferedDates.objects.filter(pk=offered_in(message)).select_related("school", "offered_by").first()
    if row is None:
        return []
    everybody = responsible_for_school(row.school, on=on)
    own = [each for each in everybody if each.user == row.offered_by]
    return senders_of(own or everybody)


def offered_in(message: OutboxMessage) -> int:
    """Return the id of the dates that the message offers."""
    return int(message.key.split(":")[1])


KINDS = (
    Kind(
        DATES_TO_CHOOSE,
        "Dates to choose from",
        dates_due,
        dates_again,
        keep_contact,
        keep_nothing,
        Audience.SCHOOLS,
        "once they are offered",
        is_woken=False,
        senders=senders,
        own_link=own_link,
    ),
)
