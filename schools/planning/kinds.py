"""The kinds of messages about what comes next: open mornings near somebody, thanks for a term, asking a school again."""

from calendar import day_name
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from schools.charity.published import stand
from schools.charity.queries import current
from schools.core.grid import kilometres_between
from schools.core.periods import AcademicYear
from schools.directory.models import AreaAuthority, Contact, School
from schools.directory.models.areas import holds_on
from schools.directory.responsible import responsible_for_schools
from schools.directory.senders import senders_of
from schools.messages.envelopes import Sender
from schools.messages.hours import MANUAL_DAYS, at, clock, is_quiet, is_time
from schools.messages.kinds import Audience, Draft, Kind, draft_of, keep_nothing
from schools.messages.models import OutboxMessage
from schools.planning.emails import (
    link_to_ask,
    link_to_me,
    link_to_open_mornings,
    mail_of_open_mornings,
    mail_of_schools_due,
    mail_of_term,
)
from schools.planning.opting_out import OF_MORNINGS, OF_QUESTION
from schools.planning.queries.due_list import due
from schools.planning.queries.neighbours import NEAR_KM
from schools.planning.queries.terms import ENDED_AFTER, SAME_TERM, given_lately
from schools.visits.models import BOOKED_STAGES, CoverRole, Session
from schools.visits.queries import CoverRecords, OpenDay, by_visit_day
from schools.visits.queries.school_alarms import alarms_called_off
from schools.visits.rules import reasons_ended, reasons_not_to_claim
from schools.volunteers.kinds import keep_contacts, keep_volunteer
from schools.volunteers.models import MessageTo, Volunteer, VolunteerStatus
from schools.volunteers.senders import senders_to_volunteer

NEAR_WEEKDAY, NEAR_FROM, NEAR_FOR = 2, time(8), timedelta(days=2)
"""On Wednesdays from eight, or on the day after."""
NEAR_AHEAD = timedelta(days=42)
HOLIDAYS = (7, 8)
"""The months in which no school is asked whether it would like a visit again."""
MOST_ASKED = 15
"""So many schools are in one mail to somebody who looks after many; the key, which names each, holds no more."""
ASKED_APART = timedelta(days=28)
"""So long after one such mail the next one may go to the same person, with what has become due since."""
THANKS_FROM = time(9)


def near_you_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield the mail of the week to volunteers near whom mornings are open; no verb wakes it."""
    if about is None and _is_near_time(now):
        # By their age too: by the ends of keys the whole outbox would be read.
        since = OutboxMessage.objects.filter(kind=NEAR_YOU, created_at__gte=_near_from(now))
        written = since.filter(key__endswith=f":{_wednesday(now).isoformat()}").values_list("key", flat=True)
        yield from _near_you(now, Volunteer.objects.all(), but={key.split(":")[1] for key in written})


def near_you_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message as of now; its key names the volunteer."""
    return draft_of(message, _near_you(now, Volunteer.objects.filter(pk=message.key.split(":")[1])))


def _wednesday(now: datetime) -> date:
    on = timezone.localdate(now)
    return on - timedelta(days=on.weekday() - NEAR_WEEKDAY)


def _near_from(now: datetime) -> datetime:
    """Return from when on the mail of the week goes."""
    return at(_wednesday(now), NEAR_FROM)


def _is_near_time(now: datetime) -> bool:
    return is_time(now, _near_from(now), _near_from(now) + NEAR_FOR)


def _near_you(now: datetime, volunteers: QuerySet[Volunteer], *, but: Collection[str] = ()) -> Iterator[Draft]:
    """Yield the drafts to these volunteers, without those `but` (ids as text) who have this week’s mail."""
    if not _is_near_time(now):
        return
    on = timezone.localdate(now)
    able = volunteers.filter(status=VolunteerStatus.ACTIVE, mornings_by_mail=True, user__is_active=True).order_by("pk")
    homes = [home for home in map(_Home._make, able.values_list(*_Home._fields)) if str(home.pk) not in but]
    near = _near(homes, on=on) if homes else {}
    # Of those alone near whom anything is open more is read: they are few.
    people = list(able.filter(pk__in=near).select_related("user")) if near else []
    sessions = {session.pk: session for theirs in near.values() for session in theirs}
    records = CoverRecords.of(people, sessions.values())
    unit = current().distances_in if people else ""
    for person in people:
        role = CoverRole.PRESENTER
        open_ones = [
            session
            for session in near[person.pk]
            if not (reasons_ended(session, now=now) or reasons_not_to_claim(person, session, role=role, on=on, records=records))
        ]
        if open_ones:
            days = [OpenDay(day.visit, day.day, tuple(rows)) for day, rows in by_visit_day(open_ones)]
            write = partial(mail_of_open_mornings, person, days, unit=unit)
            key, link = f"{NEAR_YOU}:{person.pk}:{_wednesday(now).isoformat()}", link_to_open_mornings(person)
            yield Draft(key, person.mail_address, write, person.pk, link=link)


class _Home(NamedTuple):
    """Where a volunteer lives, and how far they go; None: not known, and anywhere near."""

    pk: int
    easting: int | None
    northing: int | None
    furthest_km: int | None


def _near(homes: Collection[_Home], *, on: date) -> dict[int, list[Session]]:
    """Return the sessions of the next weeks that need people, in the areas of each of these and near their home.

    They are given by the ids of the volunteers; those near whom there is none are left out.
    """
    # Where the school says that it has to call the day off, nobody is looked for.
    sessions = Session.objects.uncovered().filter(
        ~alarms_called_off("visit", "day"),
        visit__stage__in=BOOKED_STAGES,
        day__range=(on, on + NEAR_AHEAD),
        type__presenters__gt=0,
    )
    area_of = dict(AreaAuthority.objects.filter(holds_on(on)).values_list("authority", "area"))
    of_area: defaultdict[int, list[Session]] = defaultdict(list)
    for session in sessions.select_related("type", "visit__school", "visit__contact", "site").order_by("day", "starts", "pk"):
        if area := area_of.get(session.visit.school.authority_id or 0):
            of_area[area].append(session)
    joined = Volunteer.areas.through.objects.filter(area__in=list(of_area)).values_list("volunteer", "area")
    areas: defaultdict[int, list[int]] = defaultdict(list)
    for volunteer, area in joined:
        areas[volunteer].append(area)
    near = (
        (home.pk, [session for area in areas[home.pk] for session in of_area[area] if _is_near(home, session)]) for home in homes
    )
    return {person: theirs for person, theirs in near if theirs}


def _is_near(home: _Home, session: Session) -> bool:
    away = kilometres_between((home.easting, home.northing), session.where.place)
    return away is None or away <= (NEAR_KM if home.furthest_km is None else home.furthest_km)


def thanks_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield thanks to all who were at a session of a term that ended lately; no verb wakes it."""
    if about is None:
        yield from _thanks(now, Volunteer.objects.all())


def thanks_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message as of now; its key names the volunteer."""
    return draft_of(message, _thanks(now, Volunteer.objects.filter(pk=message.key.split(":")[1])))


def _thanks(now: datetime, volunteers: QuerySet[Volunteer]) -> Iterator[Draft]:
    on = timezone.localdate(now)
    if is_quiet(now) or now < at(on, THANKS_FROM):
        return
    people = volunteers.exclude(user=None).exclude(status=VolunteerStatus.LEFT)
    lately = given_lately(people, on=on)
    # By its first day: the last may still be corrected after somebody was thanked.
    keys = {
        person: [f"{TERM_THANKS}:{person}:{nation}:{term.first_day.isoformat()}" for nation, term in part.terms]
        for person, part in lately.items()
    }
    written = _thanked_already(keys, now=now)
    for person in people.filter(pk__in=lately).select_related("user").order_by("pk"):
        key = written.get(person.pk, keys[person.pk][0])
        write = partial(mail_of_term, person, lately[person.pk].given)
        yield Draft(key, person.mail_address, write, person.pk, link=link_to_me(person))


def _thanked_already(keys: Mapping[int, Collection[str]], *, now: datetime) -> dict[int, str]:
    """Return by which key each of these volunteers, by their ids, was thanked for the term; at most two queries.

    Who was thanked for the term of one nation, before they gave time in another, is not thanked once more. Nor is who was thanked
    when it seemed to begin on another day: until somebody corrected that, or added its first half.
    """
    persons = {key: person for person, theirs in keys.items() for key in theirs}
    there = OutboxMessage.objects.filter(key__in=persons).values_list("key", flat=True)
    written = {persons[key]: key for key in there}
    rows = MessageTo.objects.filter(volunteer__in=keys.keys() - written.keys(), message__kind=TERM_THANKS).order_by("pk")
    lately = rows.annotate(moment=Coalesce("message__sent_at", "message__created_at")).filter(moment__gt=now - SAME_TERM)
    return written | dict(lately.values_list("volunteer", "message__key"))


def school_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield which mailboxes are asked whether their schools would like a visit again; no verb wakes it."""
    if about is None:
        yield from _schools_due(now, Contact.objects.all())


def school_due_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message as of now; its key names the first contact who reads it, and the schools."""
    contact = Contact.objects.filter(pk=message.key.split(":")[1]).first()
    there = Contact.objects.with_address(contact.email) if contact else Contact.objects.none()
    return draft_of(message, _schools_due(now, there, but=message.pk))


def _schools_due(now: datetime, contacts: QuerySet[Contact], *, but: int | None = None) -> Iterator[Draft]:
    """Yield one draft for each address of contacts who want to be asked and have schools that are due.

    Whoever stands at a number that is not booked any more is asked about the number that their school has now. An address is
    asked about each school once a school year, and of several people who share it one mail greets all. A school with which
    somebody spoke in the last days is left out, and one that is choosing a date: that takes the place of this mail. `but`: the id
    of a message that is left out, as if it had never been written.
    """
    on = timezone.localdate(now)
    if is_quiet(now, weekends=True) or on.month in HOLIDAYS:
        return
    willing = list(contacts.filter(wants_invitations=True).exclude(email="").select_related("school").order_by("pk"))
    written_at = {contact.pk: {contact.school_id: contact.school.chain} for contact in willing}
    also_at = Contact.also_at.through.objects.filter(contact__in=willing)
    for pk, school, chain in also_at.values_list("contact", "school", "school__chain"):
        written_at[pk][school] = chain
    numbers = _all_numbers({school: chain for schools in written_at.values() for school, chain in schools.items()})
    if not numbers:
        return
    rows = due(School.objects.bookable().filter(pk__in=numbers).order_by("name", "pk"), on=on)
    bookable = {row.school_id for row in rows}
    schools_of = {pk: _bookable_now(schools, numbers, bookable) for pk, schools in written_at.items()}
    asked_now = {
        row.school_id for row in rows if row.to_ask_now and (row.last_spoken is None or row.last_spoken < on - MANUAL_DAYS)
    }
    year, schools, is_open = AcademicYear.of(on).start, School.objects.in_bulk(asked_now), stand()
    sharing: defaultdict[str, list[Contact]] = defaultdict(list)
    for contact in willing:
        sharing[contact.email.lower()].append(contact)
    asked_before = _asked_before(sharing, year=year, but=but)
    for address, people in sharing.items():
        before = asked_before[address]
        waits = before.is_all or (before.last_at is not None and before.last_at > now - ASKED_APART)
        left = set[int]() if waits else set().union(*(schools_of[contact.pk] for contact in people)) & asked_now
        new = (schools[pk] for pk in left if before.schools.isdisjoint(numbers[pk]))
        theirs = sorted(new, key=lambda school: (school.name, school.pk))[:MOST_ASKED]
        if theirs:
            yield _question(people, theirs, schools_of, year=year, is_open=is_open)


def _question(
    people: Iterable[Contact], schools: Sequence[School], schools_of: Mapping[int, Set[int]], *, year: int, is_open: bool
) -> Draft:
    """Return the draft that asks about these schools those of the people who are there; they share an address."""
    ids = sorted(school.pk for school in schools)
    readers = [contact for contact in people if not schools_of[contact.pk].isdisjoint(ids)]
    key = f"{SCHOOL_DUE}:{readers[0].pk}:{year}:{'-'.join(map(str, ids))}"
    write, link = partial(mail_of_schools_due, readers, schools), link_to_ask(schools) if is_open else None
    return Draft(key, readers[0].email, write, [contact.pk for contact in readers], link=link)


def _all_numbers(schools: Mapping[int, int | None]) -> dict[int, set[int]]:
    """Return the ids of each of these schools, and of all others of their chains, under all register numbers, by its id.

    `schools`: the chain of each by its id. One query where any has one.
    """
    of_chain: defaultdict[int | None, set[int]] = defaultdict(set)
    if chains := {chain for chain in schools.values() if chain is not None}:
        for pk, chain in School.objects.filter(chain__in=chains).order_by().values_list("pk", "chain"):
            of_chain[chain].add(pk)
    return {pk: {pk} for pk in schools} | {pk: entries for entries in of_chain.values() for pk in entries}


def _bookable_now(schools: Iterable[int], numbers: Mapping[int, Set[int]], bookable: Set[int]) -> set[int]:
    """Return those of the schools that are booked, by their ids; in place of one that is not, the other numbers of its chain."""
    return {now for school in schools for now in ({school} & bookable or numbers[school] & bookable)}


@dataclass
class _Asked:
    """About which schools a mailbox was asked in a school year."""

    last_at: datetime | None = None
    """When it was asked last, in any year; None: never."""
    schools: set[int] = field(default_factory=set)
    is_all: bool = False
    """Whether it was asked before the mails kept about which schools: nobody knows, so nothing is asked twice."""


def _asked_before(addresses: Collection[str], *, year: int, but: int | None) -> defaultdict[str, _Asked]:
    """Return what these addresses (in small letters) were asked, in three queries: whoever has one of them, willing or not.

    What was refused for good asked nobody anything. Refused by their address, and that is theirs still: nothing else is written
    to it, for whichever schools.
    """
    there = Contact.objects.with_addresses(addresses).values_list("pk", "email")
    address_of = {pk: email.lower() for pk, email in there}
    mails: defaultdict[str, _Asked] = defaultdict(_Asked)
    own = [] if but is None else [but]
    refused = Q(message__stopped_at__isnull=False, message__left_at=None, message__handed_over_at=None)
    same_address = Q(message__stopped_by__isnull=False, message__to__iexact=F("contact__email"))
    rows = MessageTo.objects.filter(contact__in=address_of, message__kind=SCHOOL_DUE).filter(~refused | same_address)
    rows = rows.exclude(message__in=own)
    columns = ("contact", "message__key", "message__created_at", "message__sent_at")
    for contact, key, created_at, sent_at in rows.order_by("pk").values_list(*columns):
        moment, theirs = sent_at or created_at, mails[address_of[contact]]
        theirs.last_at = max(moment, theirs.last_at or moment)
        _kind, _contact, of_year, *schools = key.split(":")
        if of_year == str(year) and schools:
            theirs.schools |= set(map(int, schools[0].split("-")))
    without_schools = {f"{SCHOOL_DUE}:{contact}:{year}": address for contact, address in address_of.items()}
    written = OutboxMessage.objects.filter(key__in=without_schools).exclude(pk__in=own).values_list("key", flat=True)
    for key in written:
        mails[without_schools[key]].is_all = True
    return mails


def senders_of_question(message: OutboxMessage, on: date) -> list[Sender]:
    """Return who looks after the areas of the schools of whoever reads it."""
    contacts = Contact.objects.filter(messages_to__message=message).select_related("school").prefetch_related("also_at")
    schools = {school.pk: school for contact in contacts.order_by("pk") for school in (contact.school, *contact.also_at.all())}
    return senders_of(responsible_for_schools(list(schools.values()), on=on))


NEAR_YOU, TERM_THANKS, SCHOOL_DUE = "near-you", "term-thanks", "school-due"

KINDS = (
    Kind(
        NEAR_YOU,
        "Mornings near you",
        near_you_due,
        near_you_again,
        keep_volunteer,
        keep_nothing,
        Audience.VOLUNTEERS,
        f"on {day_name[NEAR_WEEKDAY]}s from {clock(NEAR_FROM)}, to those who have not unticked it",
        is_woken=False,
        senders=senders_to_volunteer,
        opt_out=OF_MORNINGS,
        volunteer_at=1,
        comes_again=True,
    ),
    Kind(
        TERM_THANKS,
        "Thanks at the end of a term",
        thanks_due,
        thanks_again,
        keep_volunteer,
        keep_nothing,
        Audience.VOLUNTEERS,
        f"{ENDED_AFTER.days} days after the term’s last day, from {clock(THANKS_FROM)}",
        is_woken=False,
        senders=senders_to_volunteer,
        volunteer_at=1,
    ),
    Kind(
        SCHOOL_DUE,
        "A school is due again",
        school_due,
        school_due_again,
        keep_contacts,
        keep_nothing,
        Audience.SCHOOLS,
        "about each school once a school year, to those who want to be asked",
        is_woken=False,
        senders=senders_of_question,
        going=keep_contacts,
        opt_out=OF_QUESTION,
    ),
)
