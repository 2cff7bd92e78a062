"""The kinds of messages to schools that go by themselves around a visit: before it, and afterwards (docs/messages.md)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial

from django.db.models import Q, QuerySet
from django.utils import timezone

from schools.charity.queries import remembered
from schools.core.periods import AcademicYear
from schools.directory.models import SchoolAgreement
from schools.messages.hours import AT_ONCE_WITHIN, MANUAL_DAYS, QUIET_TO, at, is_quiet, is_time, opening, weekday_before
from schools.messages.kinds import Audience, Draft
from schools.programme.models import gone_to
from schools.programme.queries import session_types_with_items
from schools.visits import school_reminder_emails as emails
from schools.visits.fingerprints import fingerprint
from schools.visits.keeping import facts_of_key
from schools.visits.knowledge import Knowledge, knowledge_of
from schools.visits.models import (
    AnswerItem,
    Headcount,
    MessageAbout,
    SchoolAnswer,
    Session,
    SessionStage,
    VisitStage,
)
from schools.visits.queries.parties import Party, parties_of
from schools.visits.queries.school_alarms import alarms_called_off
from schools.visits.queries.school_answers import agreements_said
from schools.visits.queries.settled import Settled, held, settled, settled_since
from schools.visits.queries.standings import SCHOOL, Pair
from schools.visits.reminders import Reminded, is_about, of_visits, reminder, takes_its_place, told_since, written_by_hand
from schools.visits.school_links import link_of_reminder, link_of_school
from schools.visits.school_parts import Part, drafts_of
from schools.visits.school_reminder_emails import WordsOf
from schools.volunteers.queries import schools_may_read_names

type Lead = Callable[[date], tuple[date, date]]
"""Gives, of a day, the days from which on and until which a reminder of it makes sense."""

PACK_DAYS = 17
"""Two weeks before, and over a weekend on which nobody is written to."""
NIGHT_DAYS = 2
"""In so many days begins whatever begins within 36 hours (`AT_ONCE_WITHIN`)."""
WEEK_DAYS = 7
FAR_APART = timedelta(days=14)
"""Before a day so long after the one before it a school is asked anew whether anything has changed; sooner would be each week."""
AGREEMENT_DAYS = 42
THANKS_WITHIN = timedelta(days=14)
"""How long after a visit thanks still make sense, or once all of it is settled."""
CHASE_AFTER, CHASE_WITHIN = timedelta(days=10), timedelta(days=17)


ANY = Q()
"""The condition that holds of every session."""


def _agreed(on: date, about: Collection[int] | None, *, days: int, soon: Q = ANY) -> QuerySet[Session]:
    """Return all sessions to come of the agreed visits of which one, of those that are `soon`, is in so many days, or sooner."""
    to_come = Session.objects.scheduled().filter(visit__stage=VisitStage.CONFIRMED, recorded_at=None)
    to_come = to_come.filter(~alarms_called_off("visit", "day"))
    of_these = of_visits(to_come.filter(soon, day__range=(on, on + timedelta(days=days))), about)
    return to_come.filter(day__gte=on, visit__in=of_these.order_by().values("visit"))


def _soon(now: datetime, about: Collection[int] | None) -> list[Party]:
    """Return the schools of agreed visits with a session within PACK_DAYS.

    At an hour at which no school is written to, those alone with one that begins before they are again: their packs cannot wait.
    A run over everything reads them once for all kinds. What changes meanwhile is seen when their messages are sent.
    """
    on, opens = timezone.localdate(now), timezone.localtime(opening(now, weekends=True))
    days, soon = PACK_DAYS, ANY
    if is_quiet(now, weekends=True):
        days, soon = NIGHT_DAYS, Q(day__lt=opens.date()) | Q(day=opens.date(), starts__lte=opens.time())

    def read() -> list[Party]:
        return parties_of(_agreed(on, about, days=days, soon=soon))

    return remembered(f"schools-soon:{on.isoformat()}:{days}", read) if about is None else read()


def _pair(party: Party) -> Pair:
    return party.visit.pk, party.school.pk


def _sessions(party: Party) -> list[int]:
    return [session.pk for session in party.sessions]


def _knowledge(parties: Iterable[Party]) -> Knowledge:
    return knowledge_of(SCHOOL, {party.visit.pk for party in parties})


def _key(name: str, party: Party, *facts: object) -> str:
    return ":".join(str(part) for part in (name, party.visit.pk, party.school.pk, *facts))


def pack_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what schools should know beforehand, once for each visit; as soon as may be where it was agreed later than that.

    Who begins to read for a school after the pack went gets one of their own, unless it went to their address already.
    """
    on = timezone.localdate(now)
    parties = _soon(now, about)
    by_hand = written_by_hand((party.school.pk for party in parties), since=on - MANUAL_DAYS)
    knowledge = _knowledge(parties)
    with_items = session_types_with_items() if parties else set()
    has_letter = bool(parties) and schools_may_read_names()
    went_to = _pack_went_to(parties)
    parts: list[Part] = []
    for party in parties:
        # Written to by hand in these days, or still to be told what it is about: it waits, but it is not left out.
        begins = min(session.day for session in party.sessions)
        written = ((about, day) for about, day in by_hand.get(party.school.pk, ()) if day + MANUAL_DAYS < begins)
        waits = takes_its_place(written, party.visit, due_on=on)
        waits = waits or not knowledge.has(_pair(party), _sessions(party), to=party.contact.email)
        if _is_time_of_pack(party, now=now) and not waits:
            has_items = any(session.type_id in with_items for session in party.sessions)
            words_of = partial(emails.words_of_pack, has_items=has_items, has_letter=has_letter)
            # Their own, asked again where it got no answer, is no other that went to their address.
            own = fingerprint(_key(PACK, party, party.contact.pk))
            went = [(address, facts_of_key(facts)) for address, facts in went_to.get(_pair(party), ())]
            had = {address for address, facts in went if facts != own}
            # Who was sent their own has it, also where that of the reader before comes back later.
            is_theirs = any(facts == own for _, facts in went) or (had and party.contact.email.lower() not in had)
            reader = (party.contact.pk,) if is_theirs else ()
            parts.append(Part(_key(PACK, party, *reader), party, words_of))
    yield from drafts_of(PACK, parts, knowledge, on=on)


def _is_time_of_pack(party: Party, *, now: datetime) -> bool:
    """Return whether the pack may go now: until the first session begins, and at any hour where the quiet ones end only then."""
    first, begins = at(party.first_day - timedelta(days=PACK_DAYS), QUIET_TO), party.begins
    has_no_time = begins <= min(opening(now, weekends=True), now + AT_ONCE_WITHIN)
    return first <= now < begins and (has_no_time or not is_quiet(now, weekends=True))


def _pack_went_to(parties: Collection[Party]) -> dict[Pair, list[tuple[str, str]]]:
    """Return to which addresses, in small letters, which packs of these visits, by their facts, went or may have; one query."""
    rows = MessageAbout.objects.filter(visit__in={party.visit.pk for party in parties}, message__kind=PACK, school__isnull=False)
    went = rows.filter(Q(message__sent_at__isnull=False) | Q(message__handed_over_at__isnull=False)).order_by()
    went_to: defaultdict[Pair, list[tuple[str, str]]] = defaultdict(list)
    for visit, school, address, facts in went.values_list("visit", "school", "message__to", "facts"):
        went_to[visit, school].append((address.lower(), facts))
    return went_to


def week_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield the question a week before whether anything has changed; of a visit to which people come, before they come.

    It is asked of all that is to come. Of a visit of several days it is asked again before those alone that are far from the day
    before them; the reminder of the day before goes for each.
    """
    parties = _in_time(now, (party.where_somebody_comes or party for party in _soon(now, about)), _lead_of_week)
    parties = _far_from_the_last(parties, on=timezone.localdate(now))
    yield from _before(parties, WEEK, emails.words_of_week, _lead_of_week, on=timezone.localdate(now))


def _lead_of_week(day: date) -> tuple[date, date]:
    return weekday_before(day, WEEK_DAYS), weekday_before(day)


def _far_from_the_last(parties: Collection[Party], *, on: date) -> list[Party]:
    """Return those of the schools whose next day of the visit is no continuation of one that was lately; two queries at most.

    Days on which nobody came count only for a school to which nobody comes.
    """
    if not parties:
        return []
    lately = Session.objects.filter(visit__in={party.visit.pk for party in parties}, day__range=(on - FAR_APART, on))
    lately = lately.exclude(stage=SessionStage.CANCELLED).order_by()
    seated = Headcount.objects.filter(session__in=lately.values("pk")).order_by()
    hosted, sat_in = lately.annotate(comes=gone_to("type__")), seated.annotate(comes=gone_to("session__type__"))
    rows: list[tuple[int, int, date, bool]] = [
        *hosted.values_list("visit", "visit__school", "day", "comes"),
        *sat_in.values_list("session__visit", "school", "session__day", "comes"),
    ]
    days: defaultdict[Pair, list[date]] = defaultdict(list)
    comes = {_pair(party): party.somebody_comes for party in parties}
    for visit, school, day, somebody_came in rows:
        if somebody_came or not comes.get((visit, school)):
            days[visit, school].append(day)
    return [
        party for party in parties if not any(party.first_day - FAR_APART < day < party.first_day for day in days[_pair(party)])
    ]


def day_before_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield the reminders of the last weekday before a day on which we come; one draft for each school and day."""
    of_days: list[Party] = []
    for party in (coming for each in _soon(now, about) if (coming := each.where_somebody_comes)):
        by_day: defaultdict[date, list[Session]] = defaultdict(list)
        for session in party.sessions:
            by_day[session.day].append(session)
        of_days += [Party(party.visit, party.school, party.contact, sessions) for sessions in by_day.values()]
    parties = _in_time(now, of_days, _lead_of_day)
    yield from _before(parties, DAY_BEFORE, emails.words_of_day_before, _lead_of_day, on=timezone.localdate(now))


def _lead_of_day(day: date) -> tuple[date, date]:
    return weekday_before(day), day


def _in_time(now: datetime, parties: Iterable[Party], lead: Lead) -> list[Party]:
    """Return the schools that are to be reminded now of what begins soon."""

    def is_now(first: date, last: date) -> bool:
        return is_time(now, at(first, QUIET_TO), at(last, time.min), weekends=True)

    return [party for party in parties if is_now(*lead(party.first_day))]


def _before(parties: Collection[Party], name: str, words_of: WordsOf, lead: Lead, *, on: date) -> Iterator[Draft]:
    """Yield the reminders of what begins soon, to these schools for which it is time.

    None goes for what was agreed, or told, since then: its school knows. A mail by hand in the days before takes its place. What
    a school still has to be told comes first.
    """
    if not parties:
        return
    # Of each party, not of each school: a visit of two days has two that remind the same school.
    earliest = min(lead(party.first_day)[0] for party in parties)
    news = told_since(SCHOOL, {party.visit.pk for party in parties}, at(earliest, time.min))
    by_hand = written_by_hand((party.school.pk for party in parties), since=earliest - MANUAL_DAYS)
    knowledge = _knowledge(parties)
    parts: list[Part] = []
    for party in parties:
        first, _ = lead(party.first_day)
        # The question of the week names later days, too: news of those alone reminds nobody of the first.
        of_day = [session.pk for session in party.sessions if session.day == party.first_day]
        knows = news[_pair(party)].names(of_day, since=at(first, time.min))
        knows = knows or (party.visit.agreed_on is not None and party.visit.agreed_on >= first)
        knows = knows or takes_its_place(by_hand.get(party.school.pk, ()), party.visit, due_on=first)
        if not knows and knowledge.has(_pair(party), _sessions(party), to=party.contact.email):
            parts.append(Part(_key(name, party, party.first_day.isoformat()), party, words_of))
    yield from drafts_of(name, parts, knowledge, on=on)


def agreement_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield which schools are asked to agree to the programme in an academic year: once, where they have a visit in it.

    A charity that has noted no such agreement this year or the year before does not work with them, and nobody is asked.
    """
    on = timezone.localdate(now)
    years = SchoolAgreement.objects.filter(academic_year__gte=AcademicYear.of(on).start - 1)
    if not years.exists():
        return
    parties = parties_of(_agreed(on, about, days=AGREEMENT_DAYS))
    schools = {party.school.pk for party in parties}
    agreed = set(years.filter(school__in=schools).values_list("school", "academic_year"))
    # What the office took stands among those of its year.
    agreed |= set(agreements_said(on=on).filter(school__in=schools).order_by().values_list("school", "year"))
    by_hand = written_by_hand(schools, since=on - MANUAL_DAYS)
    knowledge = _knowledge(parties)
    seen: set[tuple[int, int]] = set()
    for party in parties:
        year = AcademicYear.of(party.first_day)
        asked_already = (party.school.pk, year.start) in agreed | seen
        waits = takes_its_place(by_hand.get(party.school.pk, ()), party.visit, due_on=on)
        waits = waits or not knowledge.has(_pair(party), _sessions(party), to=party.contact.email)
        first = at(party.first_day - timedelta(days=AGREEMENT_DAYS), QUIET_TO)
        if is_time(now, first, at(party.first_day, time.min), weekends=True) and not asked_already and not waits:
            seen.add((party.school.pk, year.start))
            key = f"{AGREEMENT}:{party.school.pk}:{year.start}"
            write, sessions = partial(emails.mail_of_agreement, party), _sessions(party)
            reminded = Reminded(SCHOOL, _pair(party), sessions, knowledge.afterwards(_pair(party), sessions))
            yield Draft(key, party.contact.email, write, [reminded])


def _thanked(visits: Collection[int]) -> list[Party]:
    """Return the schools with pupils in what was held of these visits (ids), however long ago: all of it is thanked for.

    A guest of which nobody came was not visited (rule 25).
    """
    parties = parties_of(held().filter(visit__in=visits)) if visits else []
    return [party for party in parties if not party.is_guest or any(number != 0 for number in party.counted.values())]


def thanks_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield thanks with numbers and five questions, from the day after the visit on, once all of it is settled."""
    # Those days begin on the day after the visit.
    on = timezone.localdate(now)
    ends = settled_since(on - THANKS_WITHIN - timedelta(days=1), about=about)
    parties = _thanked([visit for visit, end in ends.items() if _is_time_of_thanks(end, now=now)])
    by_hand, answered = _mails_since(parties, ends), _answered(parties, AnswerItem.QUESTIONS)
    parts: list[Part] = []
    for party in parties:
        if _pair(party) not in by_hand:
            words = partial(emails.words_of_thanks, asks=_pair(party) not in answered)
            parts.append(Part(_key(THANKS, party), party, words))
    yield from drafts_of(THANKS, parts, on=on)


def _is_time_of_thanks(end: Settled, *, now: datetime) -> bool:
    """Return whether thanks may go: from the day after the visit, or after its last day fell through, until settled so long."""
    first = at(end.ended_on + timedelta(days=1), QUIET_TO)
    return is_time(now, first, max(first, end.at) + THANKS_WITHIN, weekends=True)


def thanks_again_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield the only chase of the five questions, ten days after they were sent, where nobody answered or spoke with us since."""
    sent = MessageAbout.objects.filter(message__kind=THANKS, school__isnull=False)
    sent = of_visits(sent.filter(message__sent_at__range=(now - CHASE_WITHIN, now - CHASE_AFTER)), about)
    sent_at = {(visit, school): moment for visit, school, moment in sent.values_list("visit", "school", "message__sent_at")}
    if not sent_at:
        return
    on = timezone.localdate(now)
    ends = settled({visit for visit, _ in sent_at})
    parties = _thanked(list(ends))
    spoken = _mails_since(parties, ends, any_way=True) | _answered(parties, AnswerItem.QUESTIONS)
    parts: list[Part] = []
    for party in parties:
        moment = None if _pair(party) in spoken else sent_at.get(_pair(party))
        if moment and is_time(now, moment + CHASE_AFTER, moment + CHASE_WITHIN, weekends=True):
            parts.append(Part(_key(THANKS_AGAIN, party), party, emails.words_of_thanks_again))
    yield from drafts_of(THANKS_AGAIN, parts, on=on)


def _answered(parties: Iterable[Party], item: AnswerItem) -> set[Pair]:
    """Return which of the schools have said this on the visit’s page, whatever became of it in the office."""
    answers = SchoolAnswer.objects.filter(visit__in={party.visit.pk for party in parties}, item=item)
    return set(answers.order_by().values_list("visit", "school"))


def _mails_since(parties: Collection[Party], ends: Mapping[int, Settled], *, any_way: bool = False) -> set[Pair]:
    """Return to which of the schools somebody wrote, or with which they spoke in any way, since the end of the visit.

    What was about another visit says nothing of this one.
    """
    since = {party.visit.pk: ends[party.visit.pk].spoken_since for party in parties}
    if not since:
        return set()
    spoken = written_by_hand((party.school.pk for party in parties), since=min(since.values()), any_way=any_way)
    pairs = {_pair(party) for party in parties}
    return {(visit, school) for visit, school in pairs if is_about(visit, spoken.get(school, ()), since=since[visit])}


PACK, WEEK, DAY_BEFORE = "school-pack", "school-week", "school-day-before"
THANKS, THANKS_AGAIN, AGREEMENT = "school-thanks", "school-thanks-again", "school-agreement"

KINDS = (
    reminder(
        PACK,
        "What a school should know beforehand",
        Audience.SCHOOLS,
        f"{PACK_DAYS} days before, or once it is agreed",
        pack_due,
        is_woken=True,
        own_link=link_of_reminder,
    ),
    reminder(
        WEEK,
        "A week before: has anything changed?",
        Audience.SCHOOLS,
        f"{WEEK_DAYS} days before",
        week_due,
        own_link=link_of_reminder,
    ),
    reminder(DAY_BEFORE, "We are coming", Audience.SCHOOLS, "on the weekday before", day_before_due, own_link=link_of_reminder),
    reminder(
        THANKS,
        "Thanks, numbers and five questions",
        Audience.SCHOOLS,
        "the day after, once all is reported or called off",
        thanks_due,
        own_link=link_of_reminder,
    ),
    reminder(
        THANKS_AGAIN,
        "The five questions once more",
        Audience.SCHOOLS,
        f"{CHASE_AFTER.days} days after the thanks, once",
        thanks_again_due,
        own_link=link_of_reminder,
    ),
    reminder(
        AGREEMENT,
        "The agreement of the year",
        Audience.SCHOOLS,
        f"{AGREEMENT_DAYS // 7} weeks before a visit, once a year",
        agreement_due,
        own_link=link_of_school,
    ),
)
