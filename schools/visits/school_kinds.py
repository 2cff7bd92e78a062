"""The kind of messages to schools: what hosts and guests should have been told about their visits by now (docs/messages.md)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import Enum
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from schools.accounts.languages import in_language_of
from schools.core.words import joined
from schools.directory.models import Contact, School
from schools.directory.queries import with_contacts
from schools.messages.hours import AT_ONCE_WITHIN, at, in_hours, is_quiet
from schools.messages.kinds import Audience, Draft, Kind
from schools.messages.models import KeepSaid, OutboxMessage
from schools.visits.calendar_emails import words_for_school
from schools.visits.calendar_mails import Try, calendar_parts, calendars_of, keep_try, put_back
from schools.visits.fingerprints import fingerprint
from schools.visits.keeping import keep_about
from schools.visits.kinds import morning_unwritten, visits_to_come
from schools.visits.models import KnownBy, MessageAbout, Session, Visit
from schools.visits.phoning import are_over, begins_soon, phone_until, slots_of
from schools.visits.queries.entries import Entry
from schools.visits.queries.known import Known, known_standings
from schools.visits.queries.parties import contact_to_write_to, phone_of
from schools.visits.queries.standings import AGREED, PLANNED, SCHOOL, Pair, Standing, Standings, true_standings_of_schools
from schools.visits.rules.notices import SchoolTelling, is_part, school_telling_of, told_together
from schools.visits.school_emails import CalendarNews, SchoolNews, mail_to_school
from schools.visits.school_links import link_of_news_to_school
from schools.visits.senders import senders_about_visits
from schools.visits.sms import sms_to_school

type Tellings = list[tuple[SchoolTelling, int, Standing | None]]
"""What has to be told, the id of the session, and what is known of it so far."""


@dataclass(frozen=True)
class About:
    """What a draft says to one school about one visit, as its kind keeps it."""

    pair: Pair
    says: list[list[Any]]
    facts: str
    speaks_of: list[int]
    calendar: list[Entry]
    phone_until: date | None = None


NOBODY = Contact(name="everybody")
"""Who reads the words for a school at which nobody has an address."""


@dataclass
class SchoolMail:
    """The one mail to an address, while it is put together; or what somebody has to say to a school on the phone."""

    contact: Contact
    """Who reads it; `NOBODY` where no address is known."""
    visit: Visit
    """The first that it is about."""
    news: list[SchoolNews] = field(default_factory=list)
    quiet: list[CalendarNews] = field(default_factory=list)
    """What it only puts right in the calendar."""
    about: list[About] = field(default_factory=list)
    schools: list[School] = field(default_factory=list)
    readers: list[tuple[Contact, Sequence[SchoolNews]]] = field(default_factory=list)
    """Whom the visits name, each with what is news about theirs: several people may read one mailbox."""

    def write(self) -> tuple[str, str]:
        """Return its subject and its text."""
        return mail_to_school([reader for reader, _ in self.readers], self.news, self.quiet)

    @property
    def who(self) -> str:
        """The schools that it is for, and who reads it there."""
        schools = joined(dict.fromkeys(str(school) for school in self.schools))
        return f"{schools} ({self.contact.name})" if self.contact.email else schools

    @property
    def phone(self) -> str:
        """The number of who reads it, else of whom the visit names, else of the first of the schools; "" where none is known."""
        school = self.schools[0]
        named = self.visit.contact if self.visit.school_id == school.pk else None
        return phone_of(self.contact if self.contact.phone else named, school)

    def add(
        self, about: About, news: Sequence[SchoolNews], visit: Visit, reader: Contact, school: School, *, is_anew: bool
    ) -> None:
        """Add what the school is told about one visit; nothing: its reader’s calendar is put right.

        `is_anew`: nobody knows what is known at this address (`Known.is_new_to`). So what goes into their calendar, or is taken
        out of it, is said in words, also where the news is about something else.
        """
        self.schools.append(school)
        self.readers.append((reader, news))
        self.news += news
        spoken = set(about.speaks_of)
        silent = [entry for entry in about.calendar if not spoken.issuperset(entry.sessions)]
        if not news or (is_anew and silent):
            guest = school if school.pk != visit.school_id else None
            entries = [entry for entry in about.calendar if entry.is_there or entry in silent]
            self.quiet.append(CalendarNews(visit, guest, entries, is_anew))
            about = replace(about, speaks_of=[*about.speaks_of, *sorted(self.quiet[-1].named - spoken)])
        self.about.append(about)


def due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what schools have to be told, one draft for each address; `about` are ids of visits."""
    visits = visits_to_come(timezone.localdate(now)) if about is None else about
    yield from _drafts(visits, known_standings(visits, of=SCHOOL), now=now)


def by_phone(now: datetime, about: Collection[int]) -> Iterator[Draft]:
    """Yield what those schools have to be told of which we have no address."""
    yield from _drafts(about, known_standings(about, of=SCHOOL), now=now, to_nowhere=True)


def again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message about the same visits and schools as of now, with what goes into the calendar."""
    pairs = {(row.visit_id, row.school_id) for row in message.about.all() if row.school_id}
    visits, schools = {visit for visit, _ in pairs}, {school for _, school in pairs}
    known = known_standings(visits, of=SCHOOL, parties=schools, but=message.pk)
    draft = next(_drafts(visits, {pair: theirs for pair, theirs in known.items() if pair in pairs}, now=now), None)
    if draft is None:
        return None
    with in_language_of(None):
        parts = calendar_parts(SCHOOL, message, entries_of(draft), words_for_school, to=draft.to, now=now)
    return replace(draft, calendar=parts)


def entries_of(draft: Draft) -> dict[Pair, list[Entry]]:
    """Return what the draft changes in a calendar, by visit and school."""
    about: list[About] = draft.about  # type: ignore[assignment]  # as `due` makes it
    return {each.pair: each.calendar for each in about}


def unreached(on: date, about: Collection[int]) -> Iterator[SchoolMail]:
    """Yield what schools have to be told that no mail reaches, as there is no address or it was refused; one for each pair."""
    known = known_standings(about, of=SCHOOL)
    true = true_standings_of_schools(about) if known else {}
    agreed = dict(Visit.objects.filter(pk__in=about, agreed_on__isnull=False).values_list("pk", "school"))
    for pair in [pair for pair in known if pair[0] in agreed]:
        # With whom should it have been agreed, if not with the host?
        known[pair] = _perhaps_phoned(known[pair], {} if agreed[pair[0]] == pair[1] else true.get(pair, {}))
    # On the phone they are told of it until its day is over.
    yield from _mails(about, known, now=at(on, time.min), to=Readers.UNREACHED)


def _perhaps_phoned(known: Known, true: Standings) -> Known:
    """Return what a school may believe of what is not so any more: that it was agreed, if somebody told it and did not tick."""
    says = {
        pk: standing._replace(stands=AGREED) if standing.stands == PLANNED and not _is_agreed(true.get(pk)) else standing
        for pk, standing in known.says.items()
    }
    return replace(known, says=says)


def _is_agreed(standing: Standing | None) -> bool:
    return standing is not None and standing.stands == AGREED


def _drafts(
    visits: Collection[int] | QuerySet[Any], known: Mapping[Pair, Known], *, now: datetime, to_nowhere: bool = False
) -> Iterator[Draft]:
    for mail in _mails(visits, known, now=now, to=Readers.WITHOUT_ADDRESS if to_nowhere else Readers.MAILED):
        may_go = to_nowhere or not is_quiet(now, weekends=True)
        if may_go or begins_soon((slot for each in mail.news for slot in slots_of(each.session, each.known)), now=now):
            key = f"{VISITS}:{fingerprint([(each.pair, each.facts) for each in mail.about])}"
            sms = sms_to_school(mail.readers, now=now)
            about = [replace(each, phone_until=_phone_until(each.pair, mail.news, now=now)) for each in mail.about]
            yield Draft(key, mail.contact.email, mail.write, about, who=mail.who, phone=mail.phone, sms=sms)


def _phone_until(pair: Pair, news: Iterable[SchoolNews], *, now: datetime) -> date | None:
    """Return until which day the school is to be phoned about the visit as well; None: it need not be."""
    theirs = [each for each in news if (each.visit.pk, each.school.pk) == pair and not _stands_already(each)]
    return phone_until((slot for each in theirs for slot in slots_of(each.session, each.known)), now=now)


def _stands_already(news: SchoolNews) -> bool:
    """Whether it is news to the host that the office has to tell it anyway, or on which it has just agreed with the office."""
    if news.school.pk != news.visit.school_id:
        return False
    is_to_tell = news.session is not None and news.session.school_news != "" and news.session.school_told_at is None
    return is_to_tell or news.telling is SchoolTelling.AGREED


class Readers(Enum):
    """Whose mails are put together."""

    MAILED = "mailed"
    WITHOUT_ADDRESS = "without an address"
    UNREACHED = "unreached"
    """Those without an address, and those to whom a mail that says the same was refused."""


def _mails(
    visits: Collection[int] | QuerySet[Any], known: Mapping[Pair, Known], *, now: datetime, to: Readers
) -> Iterable[SchoolMail]:
    true = true_standings_of_schools(visits) if known else {}
    # All that may be news to anybody; who reads is known below.
    tellings = {
        pair: differing for pair, theirs in known.items() if (differing := _tellings(theirs.read_at(""), true.get(pair, {})))
    }
    involved = tellings.keys() | {pair for pair, theirs in known.items() if theirs.mailed or theirs.missed}
    if not involved:
        return []
    read = _Read(involved, tellings, true)
    # Who reads the mails of host and guest has one calendar, in which the host’s entry is enough.
    in_calendars = {pair: standings for pair, standings in true.items() if pair in involved and not read.is_with_host(pair)}
    calendars = calendars_of(SCHOOL, involved, known, in_calendars, now=now)
    mails: dict[str | Pair, SchoolMail] = {}
    for pair in sorted(involved):
        contact = read.contact(pair) or NOBODY
        if to is not Readers.UNREACHED and bool(contact.email) is not (to is Readers.MAILED):
            continue
        theirs = known[pair].read_at(contact.email)
        differing = tellings.get(pair, []) if theirs is known[pair] else _tellings(theirs, true.get(pair, {}))
        news = read.news(pair, differing, true.get(pair, {}), theirs)
        shown = [each for each in news if not _has_ended(each, now=now) and not _is_reported(each)]
        spoken = [each.session_id for each in shown]
        entries = calendars.changes(pair, to=contact.email, spoken=spoken) if to is Readers.MAILED else []
        says = [standing.as_row for _, standing in sorted(true.get(pair, {}).items())]
        facts = known[pair].facts_of(says, contact.email)
        is_due = facts not in known[pair].facts
        if to is Readers.UNREACHED:
            is_due = not contact.email or _was_refused(facts, known[pair])
        if (shown or entries) and is_due:
            together: str | Pair = contact.email.lower() if to is Readers.MAILED else pair
            mail = mails.setdefault(together, SchoolMail(contact, read.visit(pair)))
            about = About(pair, says, facts, spoken, entries)
            is_anew = theirs.is_new_to(contact.email)
            mail.add(about, shown, read.visit(pair), contact, read.school(pair), is_anew=is_anew)
    read.add_sessions([quiet for mail in mails.values() for quiet in mail.quiet if quiet.is_anew], true, now=now)
    return mails.values()


def _was_refused(facts: str, known: Known) -> bool:
    """Whether a message said exactly this and reached nobody; False where it waits, or a manager left it unsent."""
    return facts in known.facts and not known.waits and not known.is_left


def _tellings(known: Known, true: Standings) -> Tellings:
    tellings: dict[int, tuple[SchoolTelling, int, Standing | None]] = {}
    for session in sorted(known.says.keys() | true.keys() | known.doubts.keys()):
        standing = true.get(session)
        was_known = standing is not None and any(standing.is_but_for_guests(each) for each in known.earlier)
        # Where a message may not have arrived, what they knew before it has to be told of as well.
        befores = (known.says.get(session), *known.doubts.get(session, ()))
        if known.is_read_anew and session not in known.heard_anew:
            # Who has just begun to read for the school is told all that holds, and what does not any more of what it ever knew.
            earlier = (each for each in known.earlier if each.session == session)
            befores = (None, *befores, *sorted(earlier))
        for before in befores:
            telling = school_telling_of(before, standing, was_known=was_known)
            # What they may know besides may be another day: that is more than who comes.
            if telling and (session not in tellings or tellings[session][0] is SchoolTelling.GUESTS):
                tellings[session] = telling, session, before
    return list(tellings.values())


class _Read:
    """The visits, schools, people and sessions that mails are about, read in a constant number of queries."""

    def __init__(self, involved: Collection[Pair], differing: Mapping[Pair, Tellings], true: Mapping[Pair, Standings]) -> None:
        # What many rows share is read once, not with each of them: those rows are wide.
        visits = Visit.objects.select_related("contact").prefetch_related("coordinator", "replaced_by")
        self._visits = visits.in_bulk({visit for visit, _ in involved})
        hosts = {visit.school_id for visit in self._visits.values()}
        guests = {school for pair in involved for standing in true.get(pair, {}).values() for school in standing.guest_ids}
        schools = School.objects.prefetch_related(*with_contacts())
        self._schools = schools.in_bulk(hosts | guests | {school for _, school in involved})
        self._contacts: dict[Pair, Contact | None] = {}
        wanted = {session for tellings in differing.values() for _, session, _ in tellings}
        wanted |= {session for pair in differing for session in true.get(pair, {})}
        for visit in self._visits.values():
            visit.school = self._schools[visit.school_id]
        self._sessions = self._read(wanted)

    def _read(self, wanted: Collection[int]) -> dict[int, Session]:
        sessions = Session.objects.select_related("site").prefetch_related("type").in_bulk(wanted)
        for session in sessions.values():
            session.visit = self._visits.get(session.visit_id) or session.visit
        return sessions

    def add_sessions(self, news: Collection[CalendarNews], true: Mapping[Pair, Standings], *, now: datetime) -> None:
        """Give each the sessions to come that its entries put into the calendar, by day, with guests; one query for all."""
        sessions = self._read({pk for each in news for pk in each.named})
        # An entry is a whole morning, of which the first sessions may be over.
        left = (session for session in sessions.values() if not are_over(slots_of(session, None), now=now))
        to_come = sorted(left, key=lambda session: (session.day, session.starts, session.pk))
        for each in news:
            host = {} if each.guest else true.get((each.visit.pk, each.visit.school_id), {})
            theirs = [session for session in to_come if session.pk in each.named]
            each.agreed = [(session, self._guests(host.get(session.pk))) for session in theirs]

    def _guests(self, standing: Standing | None) -> list[School]:
        return [self._schools[pk] for pk in standing.guest_ids] if standing else []

    def visit(self, pair: Pair) -> Visit:
        """Return the visit."""
        return self._visits[pair[0]]

    def school(self, pair: Pair) -> School:
        """Return the school."""
        return self._schools[pair[1]]

    def contact(self, pair: Pair) -> Contact | None:
        """Return who is written to; None: nobody has an address."""
        if pair not in self._contacts:
            self._contacts[pair] = contact_to_write_to(self._visits[pair[0]], self._schools[pair[1]])
        return self._contacts[pair]

    def is_with_host(self, pair: Pair) -> bool:
        """Whether it is a guest whose mails go to the same address as those of the host."""
        host = self._visits[pair[0]].school_id
        theirs, hosts = self.contact(pair), self.contact((pair[0], host))
        return pair[1] != host and theirs is not None and hosts is not None and theirs.email.lower() == hosts.email.lower()

    def news(self, pair: Pair, tellings: Tellings, true: Standings, known: Known) -> Iterable[SchoolNews]:
        """Yield what the school is told about each session; `true` is how it stands to all of them, `known` what it knows."""
        visit, school = self._visits[pair[0]], self._schools[pair[1]]
        coming = [each for pk, each in true.items() if self._somebody_comes(pk)]
        for telling, session, before in tellings:
            guests = self._guests(true.get(session))
            news = SchoolNews(telling, visit, school, self._sessions.get(session), before, guests=guests)
            alike = {pk for other, pk, _ in tellings if other in told_together(telling)}
            others = (each for each in coming if each.session not in alike)
            days = news.day.isoformat(), before.day if before else ""
            yield replace(news, is_part=is_part(telling, days, others, known))

    def _somebody_comes(self, session: int) -> bool:
        """Whether anybody goes there: nobody waits at a school for what it shows by itself."""
        return session in self._sessions and self._sessions[session].type.is_gone_to


def _is_reported(news: SchoolNews) -> bool:
    """Whether the session took place or not, by those who were there: what was planned is no news any more."""
    return news.session is not None and news.session.recorded_at is not None


def _has_ended(news: SchoolNews, *, now: datetime) -> bool:
    """Return whether it is over, also for all that the school thinks."""
    waits = news.known if news.known is not None and news.known.stands == AGREED else None
    return are_over(slots_of(news.session, waits), now=now)


def written(message: OutboxMessage, draft: Draft) -> None:
    """Keep what the message says to each school. Raises IntegrityError where another message says the same already."""
    about: list[About] = draft.about  # type: ignore[assignment]  # as `due` makes it
    keep_about(
        message,
        (
            MessageAbout(
                message=message,
                known_by=KnownBy.MESSAGE,
                visit_id=each.pair[0],
                school_id=each.pair[1],
                says=each.says,
                facts=each.facts,
                speaks_of=each.speaks_of,
                calendar=each.calendar,
                phone_until=each.phone_until,
            )
            for each in about
        ),
    )


def going(message: OutboxMessage, draft: Draft) -> KeepSaid | None:
    """Keep what this try says and takes along for calendars, and until when its reader is to be phoned as well."""
    about: list[About] = draft.about  # type: ignore[assignment]  # as `due` makes it
    return keep_try(SCHOOL, message, {each.pair: Try(each.calendar, each.speaks_of, each.phone_until) for each in about})


VISITS = "visits"

KINDS = (
    Kind(
        VISITS,
        "A school’s visits",
        due,
        again,
        written,
        morning_unwritten,
        Audience.SCHOOLS,
        "at once, when something is agreed or changes",
        senders=senders_about_visits,
        by_phone=by_phone,
        going=going,
        put_back=put_back,
        own_link=link_of_news_to_school,
        is_corrected=True,
        by_sms=f"cancelled or moved within {in_hours(AT_ONCE_WITHIN)}",
    ),
)
