"""The kind of messages about bookings: what volunteers should have been told of their mornings by now (docs/messages.md)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from schools.messages.hours import AT_ONCE_WITHIN, is_quiet
from schools.messages.kinds import Audience, Draft, Kind
from schools.messages.models import OutboxMessage
from schools.visits.emails import News, mail_to_volunteer
from schools.visits.fingerprints import fingerprint
from schools.visits.links import link_of_news
from schools.visits.models import Cover, KnownBy, MessageAbout, Session, Visit
from schools.visits.queries.standings import Known, Pair, Standing, Standings, known_standings, true_standings
from schools.visits.rules.notices import Telling, telling_of
from schools.visits.senders import senders_about_visits
from schools.volunteers.models import Volunteer, VolunteerStatus


@dataclass(frozen=True)
class About:
    """What a draft says about one visit, as its kind keeps it."""

    visit: int
    volunteer: int
    says: list[list[Any]]
    facts: str
    speaks_of: list[int]


LONGEST_WINDOW = timedelta(days=366)
"""How long before its last day an online session can begin."""

type Tellings = dict[int, tuple[Telling, Standing | None]]
"""What has to be told, and what is known so far, by the id of the cover."""


def visits_to_come(on: date) -> QuerySet[Any]:
    """Return the ids of the visits, still to come, about which anybody can have to be told anything."""
    # By the index of days, from where the window of an online session can begin at the earliest.
    recent = Session.objects.filter(day__gte=on - LONGEST_WINDOW)
    to_come = recent.filter(Q(day__gte=on) | Q(until_day__gte=on)).order_by().values("visit")
    changed = MessageAbout.objects.filter(visit=OuterRef("pk"), is_reminder=False)
    return Visit.objects.filter(Exists(changed), pk__in=to_come).order_by().values("pk")


def mornings_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what volunteers have to be told, one draft a person; `about` are ids of visits."""
    visits = visits_to_come(timezone.localdate(now)) if about is None else about
    yield from _drafts(visits, known_standings(visits), now=now)


def morning_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message about the same visits as of now."""
    pairs = {(row.visit_id, row.volunteer_id) for row in message.about.all() if row.volunteer_id}
    visits, people = {visit for visit, _ in pairs}, {person for _, person in pairs}
    return next(_drafts(visits, known_standings(visits, parties=people, but=message.pk), now=now), None)


def _drafts(visits: Collection[int] | QuerySet[Any], known: Mapping[Pair, Known], *, now: datetime) -> Iterator[Draft]:
    true = true_standings(visits) if known else {}
    differing: defaultdict[int, dict[int, Tellings]] = defaultdict(dict)
    for pair, theirs in known.items():
        if tellings := _tellings(theirs, true.get(pair, {})):
            visit, person = pair
            differing[person][visit] = tellings
    covers = _covers(differing)
    names = _names(standing.other for theirs in true.values() for standing in theirs.values() if standing.cover in covers)
    for person, by_visit in sorted(differing.items()):
        yield from _draft(person, by_visit, covers, names, known, true, now=now)


def _tellings(known: Known, true: Standings) -> Tellings:
    tellings: Tellings = {}
    for standing in true.values():
        # Where the last message may not have arrived, what they knew before it has to be told of as well.
        for before in (known.says.get(standing.session), *known.doubts.get(standing.session, ())):
            telling = telling_of(before, standing, was_known=standing in known.earlier)
            if telling and standing.cover not in tellings:
                tellings[standing.cover] = telling, before
    return tellings


def _covers(differing: Mapping[int, Mapping[int, Tellings]]) -> dict[int, Cover]:
    """Return the covers that something is told about, with all that a mail reads, in one query."""
    wanted = {pk for by_visit in differing.values() for tellings in by_visit.values() for pk in tellings}
    covers = Cover.objects.filter(pk__in=wanted).exclude(volunteer__user=None).exclude(volunteer__status=VolunteerStatus.LEFT)
    covers = covers.select_related("volunteer__user", "session__type", "session__visit__school", "session__visit__coordinator")
    return {cover.pk: cover for cover in covers}


def _draft(
    person: int,
    by_visit: Mapping[int, Tellings],
    covers: Mapping[int, Cover],
    names: Mapping[int, Volunteer],
    known: Mapping[Pair, Known],
    true: Mapping[Pair, Standings],
    *,
    now: datetime,
) -> Iterator[Draft]:
    """Yield the one mail to the volunteer, if it may go at this hour and is not in the outbox already."""
    on = timezone.localdate(now)
    news: list[News] = []
    about: list[About] = []
    for visit, tellings in sorted(by_visit.items()):
        standings, theirs = true[visit, person], known[visit, person]
        shown = [
            News(telling, covers[pk], before, names.get(standings[covers[pk].session_id].other))
            for pk, (telling, before) in tellings.items()
            if pk in covers and covers[pk].session.last_day >= on
        ]
        if not shown:
            continue
        user = shown[0].cover.volunteer.user
        says = [list(standing) for _, standing in sorted(standings.items())]
        # Refused at another address: it is said once more. One that only waits goes to the address of the moment.
        elsewhere = [row for row, address in theirs.refused if user is None or address != user.email]
        facts = fingerprint(theirs.row, says, elsewhere)
        if facts not in theirs.facts:
            news += shown
            about.append(About(visit, person, says, facts, [each.session.pk for each in shown]))
    if not news or (is_quiet(now) and not any(_goes_at_any_hour(each, now=now) for each in news)):
        return
    volunteer = news[0].cover.volunteer
    if volunteer.user is not None:
        mail, link = mail_to_volunteer(volunteer, news), link_of_news(volunteer, news)
        key = f"{MORNINGS}:{person}:{fingerprint(*(each.facts for each in about))}"
        yield Draft(key, volunteer.user.email, *mail, about, link)


def _names(covers: Iterable[int]) -> dict[int, Volunteer]:
    """Return whom the news name besides their readers, by the id of the cover."""
    others = Cover.objects.filter(pk__in={pk for pk in covers if pk}).select_related("volunteer")
    return {cover.pk: cover.volunteer for cover in others}


def _goes_at_any_hour(news: News, *, now: datetime) -> bool:
    """Whether it is about something that begins soon, or confirms what they have just done themselves."""
    is_own = news.telling is Telling.AGREED and not news.cover.news
    soonest = min(_begins(news.session), _begins_as_known(news.known) or _begins(news.session))
    return is_own or soonest <= now + AT_ONCE_WITHIN


def _begins(session: Session) -> datetime:
    return timezone.make_aware(datetime.combine(session.day, session.starts))


def _begins_as_known(known: Standing | None) -> datetime | None:
    if known is None:
        return None
    return timezone.make_aware(datetime.combine(date.fromisoformat(known.day), time.fromisoformat(known.starts)))


def morning_written(message: OutboxMessage, draft: Draft) -> None:
    """Keep what the message says about each visit. Raises IntegrityError where another message says the same already."""
    about: list[About] = draft.about  # type: ignore[assignment]  # as mornings_due makes it
    MessageAbout.objects.bulk_create(
        MessageAbout(message=message, known_by=KnownBy.MESSAGE, **dict(zip(ABOUT_COLUMNS, astuple(each), strict=True)))
        for each in about
    )


ABOUT_COLUMNS = ("visit_id", "volunteer_id", "says", "facts", "speaks_of")


def morning_unwritten(message: OutboxMessage) -> None:
    """Forget the message, which nobody can have got."""
    MessageAbout.objects.filter(message=message).delete()


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
    ),
)
