"""The kind of messages about bookings: what volunteers should have been told of their mornings by now (docs/messages.md)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.messages.hours import AT_ONCE_WITHIN, in_hours, is_quiet
from schools.messages.kinds import Audience, Draft, Kind, Mail
from schools.messages.models import KeepSaid, OutboxMessage
from schools.visits.calendar_emails import calendar_paragraph, words_for_volunteer
from schools.visits.calendar_mails import Calendars, Try, calendar_parts, calendars_of, keep_try, put_back
from schools.visits.emails import News, mail_to_volunteer
from schools.visits.fingerprints import fingerprint
from schools.visits.keeping import keep_about
from schools.visits.links import link_to_mine, link_to_see_or_do
from schools.visits.models import Cover, CoverState, KnownBy, MessageAbout, Session, Visit
from schools.visits.phoning import Slot, are_over, begins_soon, phone_until, slots_of
from schools.visits.queries.entries import Entry
from schools.visits.queries.known import Known, known_standings
from schools.visits.queries.standings import DOWN, VOLUNTEER, Pair, Standing, Standings, true_standings
from schools.visits.rules.notices import Telling, telling_of
from schools.visits.senders import senders_about_visits
from schools.visits.sms import sms_of_news
from schools.volunteers.models import Volunteer, VolunteerStatus


@dataclass(frozen=True)
class About:
    """What a draft says about one visit, as its kind keeps it."""

    visit: int
    volunteer: int
    says: list[list[Any]]
    facts: str
    speaks_of: list[int]
    calendar: list[Entry]
    phone_until: date | None


LONGEST_WINDOW = timedelta(days=366)
"""How long before its last day an online session can begin."""

type Tellings = dict[int, tuple[Telling, Standing | None]]
"""What has to be told, and what is known so far, by the id of the cover."""


@dataclass(frozen=True)
class _Untold:
    """What somebody was not told yet of one visit, and what a message about it keeps."""

    tellings: Tellings
    says: list[list[Any]]
    facts: str


def visits_to_come(on: date) -> QuerySet[Any]:
    """Return the ids of the visits, still to come for all that people know, about which anybody can have to be told anything."""
    # By the index of days, from where the window of an online session can begin at the earliest.
    recent = Session.objects.filter(day__gte=on - LONGEST_WINDOW)
    # Whoever waits for a day to come is told, too, that it was wrong, and the right one is over.
    to_come = recent.filter(Q(day__gte=on) | Q(until_day__gte=on) | Q(was_day__gte=on)).order_by().values("visit")
    changed = MessageAbout.objects.filter(visit=OuterRef("pk"), is_reminder=False)
    return Visit.objects.filter(Exists(changed), pk__in=to_come).order_by().values("pk")


def mornings_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what volunteers have to be told, one draft a person; `about` are ids of visits."""
    visits = visits_to_come(timezone.localdate(now)) if about is None else about
    yield from _drafts(visits, known_standings(visits), now=now)


def mornings_by_phone(now: datetime, about: Collection[int]) -> Iterator[Draft]:
    """Yield what those volunteers have to be told who get no mail."""
    yield from _drafts(about, known_standings(about), now=now, by_phone=True)


def morning_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message about the same visits as of now, with what goes into the calendar."""
    pairs = {(row.visit_id, row.volunteer_id) for row in message.about.all() if row.volunteer_id}
    visits, people = {visit for visit, _ in pairs}, {person for _, person in pairs}
    draft = next(_drafts(visits, known_standings(visits, parties=people, but=message.pk), now=now), None)
    if draft is None:
        return None
    with in_language_of(User.objects.filter(volunteer__in=people).first()):
        parts = calendar_parts(VOLUNTEER, message, entries_of(draft), words_for_volunteer, to=draft.to, now=now)
    return replace(draft, calendar=parts)


def entries_of(draft: Draft) -> dict[Pair, list[Entry]]:
    """Return what the draft changes in a calendar, by visit and volunteer."""
    about: list[About] = draft.about  # type: ignore[assignment]  # as mornings_due makes it
    return {(each.visit, each.volunteer): each.calendar for each in about}


@dataclass(frozen=True)
class _Read:
    """What drafts are made from: everything that was read of the people and visits in question."""

    true: Mapping[Pair, Standings]
    calendars: Calendars
    people: Mapping[int, Volunteer]
    """Those who sign in and have not left; or who do not sign in, where drafts for the phone are made."""
    visits: Mapping[int, Visit]
    covers: Mapping[int, Cover]
    names: Mapping[int, Volunteer]
    """By the cover of whoever goes instead, or would be replaced."""
    by_phone: bool


def _drafts(
    visits: Collection[int] | QuerySet[Any], known: Mapping[Pair, Known], *, now: datetime, by_phone: bool = False
) -> Iterator[Draft]:
    true = true_standings(visits) if known else {}
    tellings = {pair: differing for pair, theirs in known.items() if (differing := _tellings(theirs, true.get(pair, {})))}
    involved = tellings.keys() | {pair for pair, theirs in known.items() if theirs.mailed or theirs.missed}
    calendars = calendars_of(VOLUNTEER, involved, known, true, now=now)
    people = _people({person for _, person in involved}, by_phone=by_phone) if involved else {}
    by_person: defaultdict[int, dict[int, _Untold]] = defaultdict(dict)
    for pair in sorted(involved):
        visit, person = pair
        if person not in people:
            continue
        address = _address(people[person])
        says = [standing.as_row for _, standing in sorted(true.get(pair, {}).items())]
        facts = known[pair].facts_of(says, address)
        # What stands in the outbox is read no further: most does.
        if facts not in known[pair].facts and (pair in tellings or (not by_phone and calendars.changes(pair, to=address))):
            by_person[person][visit] = _Untold(tellings.get(pair, {}), says, facts)
    about = _visits({visit for by_visit in by_person.values() for visit in by_visit})
    covers = _covers(by_person, people, about)
    names = _names(standing.other for theirs in true.values() for standing in theirs.values() if standing.cover in covers)
    read = _Read(true, calendars, people, about, covers, names, by_phone)
    for person, by_visit in sorted(by_person.items()):
        yield from _draft(person, by_visit, read, now=now)


def _people(ids: Collection[int], *, by_phone: bool) -> dict[int, Volunteer]:
    """Return the volunteers to whom mail goes, or those to whom none does."""
    volunteers = Volunteer.objects.filter(pk__in=ids, user__isnull=by_phone).exclude(status=VolunteerStatus.LEFT)
    return {volunteer.pk: volunteer for volunteer in volunteers.select_related("user")}


def _address(volunteer: Volunteer) -> str:
    return volunteer.user.email if volunteer.user else ""


def _tellings(known: Known, true: Standings) -> Tellings:
    tellings: Tellings = {}
    for standing in true.values():
        # Where the last message may not have arrived, what they knew before it has to be told of as well.
        for before in (known.says.get(standing.session), *known.doubts.get(standing.session, ())):
            telling = telling_of(before, standing, was_known=standing in known.earlier)
            if telling and standing.cover not in tellings:
                tellings[standing.cover] = telling, before
    return tellings


def _visits(wanted: Collection[int]) -> dict[int, Visit]:
    return Visit.objects.select_related("school").prefetch_related("coordinator").in_bulk(wanted)


def _covers(
    untold: Mapping[int, Mapping[int, _Untold]], people: Mapping[int, Volunteer], visits: Mapping[int, Visit]
) -> dict[int, Cover]:
    """Return the covers that something is told about, with all that a mail reads, in two queries."""
    wanted = {pk for by_visit in untold.values() for each in by_visit.values() for pk in each.tellings}
    rows = Cover.objects.filter(pk__in=wanted).select_related("session__site").prefetch_related("session__type")
    # Of whoever was joined to another entry meanwhile, the next run speaks.
    covers = [cover for cover in rows if cover.volunteer_id in people and cover.session.visit_id in visits]
    for cover in covers:  # people and visits are read already, each once
        cover.volunteer, cover.session.visit = people[cover.volunteer_id], visits[cover.session.visit_id]
    return {cover.pk: cover for cover in covers}


def _draft(person: int, by_visit: Mapping[int, _Untold], read: _Read, *, now: datetime) -> Iterator[Draft]:
    """Yield the one mail to the volunteer, if it may go at this hour."""
    news: list[News] = []
    about: list[About] = []
    rest: list[Mail] = []
    volunteer = read.people[person]
    address = _address(volunteer)
    with in_language_of(volunteer.user):
        for visit, untold in sorted(by_visit.items()):
            pair = visit, person
            shown = _news(pair, untold.tellings, read, now=now)
            spoken = [each.session.pk for each in shown]
            entries = [] if read.by_phone else read.calendars.changes(pair, to=address, spoken=spoken)
            if not shown and not entries:
                continue
            news += shown
            until = phone_until((slot for each in shown if not _stands_already(each) for slot in _slots(each)), now=now)
            about.append(About(visit, person, untold.says, untold.facts, spoken, entries, until))
            rest += [] if shown else [calendar_paragraph(read.visits[visit], entries)]
    if not about or (not read.by_phone and is_quiet(now) and not any(_goes_at_any_hour(each, now=now) for each in news)):
        return
    write = partial(mail_to_volunteer, volunteer, news, rest)
    key = f"{MORNINGS}:{person}:{fingerprint(*(each.facts for each in about))}"
    # Of what is only to be known an SMS needs no address: each takes places from the facts.
    link = link_to_see_or_do(volunteer, news)
    sms = sms_of_news(volunteer, news, link, now=now)
    phone = volunteer.phone.as_national if volunteer.phone else ""
    yield Draft(key, address, write, about, link or link_to_mine(volunteer), who=str(volunteer), phone=phone, sms=sms)


def _news(pair: Pair, tellings: Tellings, read: _Read, *, now: datetime) -> list[News]:
    """Return what the volunteer is told of the visit’s sessions, without those that have ended and for which they do not wait."""
    standings = read.true.get(pair, {})
    return [
        News(telling, read.covers[pk], before, read.names.get(standings[read.covers[pk].session_id].other))
        for pk, (telling, before) in tellings.items()
        if pk in read.covers and not _has_ended(read.covers[pk].session, before, now=now)
    ]


def _has_ended(session: Session, known: Standing | None, *, now: datetime) -> bool:
    """Return whether it is over, also for all that its reader thinks who is down for it."""
    waits = known if known is not None and known.stands == DOWN else None
    return are_over(slots_of(session, waits), now=now)


def _names(covers: Iterable[int]) -> dict[int, Volunteer]:
    """Return whom the news name besides their readers, by the id of the cover."""
    others = Cover.objects.filter(pk__in={pk for pk in covers if pk}).select_related("volunteer")
    return {cover.pk: cover.volunteer for cover in others}


def _slots(news: News) -> list[Slot]:
    return slots_of(news.session, news.known)


def _stands_already(news: News) -> bool:
    """Whether nobody has to phone them for it.

    The office has to tell it to them anyway, it confirms what they have just done themselves, or they were never down for it: an
    answer is needed no more, or they do not watch.
    """
    never_down = news.telling in {Telling.UNNEEDED, Telling.REFUSED} or news.cover.state == CoverState.ASKED
    return never_down or _is_own(news) or (news.cover.news != "" and news.cover.told_at is None)


def _is_own(news: News) -> bool:
    return news.telling is Telling.AGREED and not news.cover.news


def _goes_at_any_hour(news: News, *, now: datetime) -> bool:
    """Whether it is about something that begins soon, or confirms what they have just done themselves."""
    return _is_own(news) or begins_soon(_slots(news), now=now)


def morning_written(message: OutboxMessage, draft: Draft) -> None:
    """Keep what the message says about each visit. Raises IntegrityError where another message says the same already."""
    about: list[About] = draft.about  # type: ignore[assignment]  # as mornings_due makes it
    keep_about(
        message,
        (
            MessageAbout(message=message, known_by=KnownBy.MESSAGE, **dict(zip(ABOUT_COLUMNS, astuple(each), strict=True)))
            for each in about
        ),
    )


ABOUT_COLUMNS = ("visit_id", "volunteer_id", "says", "facts", "speaks_of", "calendar", "phone_until")


def morning_unwritten(message: OutboxMessage) -> None:
    """Forget the message, which nobody can have got."""
    MessageAbout.objects.filter(message=message).delete()


def going(message: OutboxMessage, draft: Draft) -> KeepSaid | None:
    """Keep what this try says and takes along for calendars, and until when its reader is to be phoned as well."""
    about: list[About] = draft.about  # type: ignore[assignment]  # as mornings_due makes it
    tries = {(each.visit, each.volunteer): Try(each.calendar, each.speaks_of, each.phone_until) for each in about}
    return keep_try(VOLUNTEER, message, tries)


MORNINGS = "mornings"

KINDS = (
    Kind(
        MORNINGS,
        "A volunteer’s mornings",
        mornings_due,
        morning_again,
        morning_written,
        morning_unwritten,
        Audience.VOLUNTEERS,
        "at once, when something changes",
        senders=senders_about_visits,
        by_phone=mornings_by_phone,
        going=going,
        put_back=put_back,
        is_corrected=True,
        by_sms=f"changed or cancelled within {in_hours(AT_ONCE_WITHIN)}",
        volunteer_at=1,
    ),
)
