"""The button of mails to schools: it opens the page of the visit, or dates to choose from, for whom the mail is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from schools.accounts.languages import in_language_of
from schools.directory.accesses import access_of, token_of
from schools.directory.models import AccessPurpose, Contact, SchoolAccess
from schools.messages.links import Link
from schools.messages.models import OutboxMessage
from schools.messages.wording import wording
from schools.visits.keeping import said_by
from schools.visits.models import Headcount, OfferedDates, Session, SessionStage
from schools.visits.offer_emails import link_to_choose
from schools.visits.queries.parties import parties_of
from schools.visits.queries.standings import Pair
from schools.visits.school_reminder_emails import headings_of

PAGE = "school-visit"


def link_of_school(message: OutboxMessage, on: date) -> Link | None:
    """Return the link for whoever gets the message, about the first visit that it speaks of.

    None: it is for nobody at a school, or only for guests whose pupils come no more.

    Called when the mail is sent, since the address may have changed until then. The page leads on to their other visits.
    """
    return next((link for _pair, link in _links(message, on)), None)


def link_of_reminder(message: OutboxMessage, on: date) -> Link | None:
    """Return the same link, and with it one to the page of each other visit that has a section in the mail."""
    links = dict(_links(message, on))
    if len(links) <= 1:
        return next(iter(links.values()), None)
    headings = _headings(message)
    return with_others([(headings.get(pair, link.words), link) for pair, link in links.items()])


def _links(message: OutboxMessage, on: date) -> Iterator[tuple[Pair, Link]]:
    """Yield the link of its reader to each visit and school of which the message speaks, in their order.

    Of several people with the address it is the link of whom the mail is for, as `contact_to_write_to` chooses them: that of
    a colleague ends when the colleague leaves.
    """
    named = _with_a_page(message)
    people = list(Contact.objects.with_address(message.to).select_related("school").prefetch_related("also_at"))
    accesses: dict[int, SchoolAccess] = {}
    for (visit, school), first in named.items():
        for contact in sorted(people, key=lambda each: (each.pk != first, each.name, each.pk)):
            if school == contact.school_id or any(school == other.pk for other in contact.also_at.all()):
                if contact.pk not in accesses:
                    accesses[contact.pk] = access_of(contact, AccessPurpose.VISITS, on=on)
                yield (visit, school), link_with(token_of(accesses[contact.pk], visit, school))
                break


def _headings(message: OutboxMessage) -> dict[Pair, str]:
    """Return how the mail heads the section of each visit and school."""
    rows = list(said_by(message).filter(school__isnull=False).values_list("visit", "school", "speaks_of"))
    spoken, pairs = {pk for *_, ids in rows for pk in ids or ()}, {(visit, school) for visit, school, _ in rows}
    with in_language_of(None):
        parties = {(each.visit.pk, each.school.pk): each for each in parties_of(Session.objects.filter(pk__in=spoken))}
        theirs = {pair: party for pair, party in parties.items() if pair in pairs}
        return dict(zip(theirs, headings_of(list(theirs.values())), strict=True))


def link_of_dates(message: OutboxMessage, on: date) -> Link | None:
    """Return the link to the dates that the reader may choose from by now; else the one to the page of the visit.

    Dates that move a visit are for mails about that visit alone: whoever chooses one moves it.
    """
    about = set(message.about.filter(school__isnull=False).values_list("visit", "school"))
    visits, schools = {visit for visit, _ in about}, {school for _, school in about}
    theirs = Q(visit__in=visits) if len(visits) == 1 else Q()
    to_choose = OfferedDates.objects.open_on(on).filter(Q(moves_from=None) | theirs)
    to_choose = to_choose.filter(school__in=schools, contact__email__iexact=message.to)
    offered = to_choose.select_related("contact").order_by("-offered_at", "-pk").first() if message.to else None
    if offered is None or offered.contact is None:
        return link_of_school(message, on)
    return link_to_choose(token_of(access_of(offered.contact, AccessPurpose.DATES, on=on), offered.pk))


def link_of_news_to_school(message: OutboxMessage, on: date) -> Link | None:
    """Return the link of news: where a visit of theirs is off, to the dates that were offered instead; else to its page."""
    hosts = message.about.filter(school=F("visit__school"))
    theirs = Session.objects.filter(visit=OuterRef("visit"))
    cancelled = Exists(theirs.filter(stage=SessionStage.CANCELLED))
    is_off = hosts.filter(cancelled, ~Exists(theirs.exclude(stage=SessionStage.CANCELLED))).exists()
    return link_of_dates(message, on) if is_off else link_of_school(message, on)


def _with_a_page(message: OutboxMessage) -> dict[Pair, int | None]:
    """Return the visits and schools of which the message speaks, each with whom the visit names there (their id).

    Guests whose pupils come no more are left out: their page is gone.
    """
    about = said_by(message).filter(school__isnull=False).order_by("pk")
    rows: list[Any] = list(about.values_list("visit", "school", "visit__school", "visit__contact"))
    there: set[Pair] = set()
    if any(school != host for _, school, host, _ in rows):
        counts = Headcount.objects.filter(session__visit__in={visit for visit, *_ in rows}).order_by()
        there = set(counts.values_list("session__visit", "school"))
    with_a_page = (row for row in rows if row[1] == row[2] or row[:2] in there)
    return {(visit, school): contact if school == host else None for visit, school, host, contact in with_a_page}


def link_with(token: str) -> Link:
    """Return the button with this in its address."""
    with in_language_of(None):
        return Link.to(PAGE, token, words=wording("shared.school-visit.button"))


def with_others(links: Sequence[tuple[str, Link]]) -> Link:
    """Return the button to the first of several visits, with a link to each of the others; each is named by its heading."""
    (where, first), *others = links
    with in_language_of(None):
        words = wording("shared.school-visit.button-to-the-first", {"where": where})
    return replace(first, words=words, others=tuple(replace(link, words=heading) for heading, link in others))
