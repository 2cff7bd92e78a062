"""A volunteer's own mornings: offers, what comes next, sessions without an outcome, one morning."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from django.db.models import Exists, F, OuterRef, Prefetch, Q, Subquery, prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from schools.accounts.models import User
from schools.charity.queries import current
from schools.core.distances import distance_in_words
from schools.core.grid import kilometres_between
from schools.core.ids import IsAmong
from schools.core.words import short_time, time_range
from schools.core.year_groups import year_group_words
from schools.delivery.queries import ON_THE_SESSION
from schools.delivery.rules import has_outcome
from schools.directory.models import Area, AreaAuthority, Whereabouts
from schools.directory.models.areas import holds_on
from schools.visits.calendars import ARRIVE_BEFORE
from schools.visits.models import (
    PRESENTING_ROLES,
    Cover,
    CoverQuerySet,
    CoverRole,
    CoverState,
    Headcount,
    SafeguardingNotice,
    SchoolAlarm,
    Session,
    SessionStage,
    Visit,
)
from schools.visits.queries import NOON, VisitDay
from schools.visits.queries.merged_people import earlier_sign_ins
from schools.visits.rules import reasons_ended
from schools.volunteers.models import Volunteer

CHOICES_IN_WORDS = (
    gettext_noop("Lead"), gettext_noop("Presenter"), gettext_noop("Trainee"), gettext_noop("Observer"),
    gettext_noop("Trained"), gettext_noop("Observed"), gettext_noop("Signed off"),
    gettext_noop("English"), gettext_noop("Welsh"), gettext_noop("Scottish Gaelic"), gettext_noop("Irish"),
    gettext_noop("British Sign Language"),
)  # fmt: skip
"""Labels of choices that pages translate when they show them; listed here so that the catalogues of translations contain them."""

MINE = (CoverState.OFFERED, *ON_THE_SESSION)
"""States of a cover whose session is on the volunteer's pages: offered or accepted."""


@dataclass(frozen=True)
class Partner:
    """Another person on the volunteer's sessions: first name, and phone number if they share it; nothing more is shown."""

    name: str
    phone: str


@dataclass(frozen=True)
class Sitting:
    """A session as a volunteer sees it; `cover` is their own, None where they are not on it."""

    session: Session
    cover: Cover | None = None
    is_covered: bool = True
    free: int = 0
    """Places that nobody has taken; only set where the session is open to the volunteer."""

    @property
    def is_mine(self) -> bool:
        """Whether the volunteer said yes to it."""
        return self.cover is not None and self.cover.state in ON_THE_SESSION

    @property
    def name(self) -> str:
        """The session's name at its school."""
        return self.session.name

    @property
    def times(self) -> str:
        """The times from start to end."""
        return time_range(self.session.starts, self.session.ends)

    @property
    def pupils(self) -> list[tuple[str, str]]:
        """Each year group, with its school if that is a guest, and how many are expected; headcounts should be prefetched."""
        return [
            (self._name_of(row), _("number not known") if row.expected is None else f"{row.expected:,}")
            for row in self._headcounts()
        ]

    @property
    def needs_somebody(self) -> bool:
        """Whether it is scheduled and not covered."""
        return self.session.stage == SessionStage.SCHEDULED and not self.is_covered

    @property
    def counted(self) -> list[tuple[str, str]]:
        """Each year group, with its school if that is a guest, and how many came; headcounts should be prefetched."""
        return [(self._name_of(row), _("not counted") if row.pupils is None else f"{row.pupils:,}") for row in self._headcounts()]

    def _headcounts(self) -> list[Headcount]:
        host = self.session.visit.school_id
        return sorted(self.session.headcounts.all(), key=lambda row: (row.school_id != host, row.school_id, row.year_group))

    def _name_of(self, row: Headcount) -> str:
        host = self.session.visit.school
        if row.school_id == host.pk:
            return year_group_words(row.year_group, host.nation)
        return f"{year_group_words(row.year_group, row.school.nation)}, {row.school}"


@dataclass(frozen=True)
class Morning:
    """The sessions of one visit day that concern one volunteer, in order of time."""

    visit: Visit
    day: date
    sittings: tuple[Sitting, ...]
    partners: tuple[Partner, ...] = ()
    kilometres: float | None = None
    area: Area | None = None
    """The area whose duty phone to call; only set by my_morning."""

    @property
    def distance(self) -> str:
        """How far it is from the volunteer's home, in the charity's unit; "" where either place is unknown."""
        return "" if self.kilometres is None else distance_in_words(self.kilometres, current().distances_in)

    @property
    def alarm(self) -> str:
        """What the school said of the day and has not taken back, a value of AlarmWhat; "" where that is nothing.

        Or where nothing of the day is left that it is about: each session is cancelled or reported.
        """
        left = [sitting for sitting in self.sittings if sitting.session.stage == SessionStage.SCHEDULED]
        return next((alarm for sitting in left if (alarm := vars(sitting.cover or self).get("alarm"))), "")

    @property
    def where(self) -> Whereabouts:
        """Where people go: all sessions of a visit day that take place are at one place (rule 33)."""
        return self.going[0].where

    @property
    def visit_day(self) -> VisitDay:
        """The visit day, for the actions of visits."""
        return VisitDay(self.visit, self.day)

    @property
    def is_morning(self) -> bool:
        """Whether it starts before noon; otherwise people call it an afternoon."""
        return self.going[0].starts < NOON

    @property
    def names(self) -> str:
        """The first names of the other people, separated by commas."""
        return ", ".join(partner.name for partner in self.partners)

    @property
    def free(self) -> int:
        """The free places of the session that has the fewest; only known where the morning is open to the volunteer."""
        return min(sitting.free for sitting in self.sittings)

    @property
    def times(self) -> str:
        """The times from the start of the first session to the end of the last one."""
        return time_range(min(session.starts for session in self.going), max(session.ends for session in self.going))

    @property
    def arrive(self) -> str:
        """The time to be there, 30 minutes before the first session."""
        return short_time((datetime.combine(self.day, self.going[0].starts) - ARRIVE_BEFORE).time())

    @property
    def going(self) -> list[Session]:
        """The sessions that are not cancelled; all sessions where all are cancelled."""
        return [session for session in self.sessions if session.stage != SessionStage.CANCELLED] or self.sessions

    @property
    def is_cancelled(self) -> bool:
        """Whether every session is cancelled, beforehand or because it was reported that it did not go ahead."""
        return all(session.stage == SessionStage.CANCELLED for session in self.sessions)

    @property
    def did_not_go_ahead(self) -> bool:
        """Whether every session is cancelled, and somebody reported of one at least that it did not go ahead."""
        return self.is_cancelled and any(has_outcome(session) for session in self.sessions)

    @property
    def is_covered(self) -> bool:
        """Whether every scheduled session has the people that it needs."""
        return not any(sitting.needs_somebody for sitting in self.sittings)

    @property
    def is_offered(self) -> bool:
        """Whether the volunteer has an open offer for one of the sessions."""
        return any(sitting.cover and sitting.cover.state == CoverState.OFFERED for sitting in self.sittings)

    @property
    def is_mine(self) -> bool:
        """Whether the volunteer said yes to one of the sessions."""
        return any(sitting.is_mine for sitting in self.sittings)

    @property
    def is_only_asked(self) -> bool:
        """Whether the volunteer said yes to nothing of it: they read of nobody at the school, and of partners the first name."""
        return not self.is_mine

    @property
    def role(self) -> str:
        """The role that the volunteer was offered; presenter where the morning is open."""
        offered = [sitting.cover.role for sitting in self.sittings if sitting.cover and sitting.cover.state == CoverState.OFFERED]
        return offered[0] if offered else CoverRole.PRESENTER

    @property
    def role_held(self) -> str:
        """The role that the volunteer accepted, in the first such session."""
        return next(
            (sitting.cover.role for sitting in self.sittings if sitting.cover and sitting.cover.state == CoverState.ACCEPTED),
            self.role,
        )

    @property
    def sessions(self) -> list[Session]:
        """The sessions, without what a sitting adds."""
        return [sitting.session for sitting in self.sittings]

    @property
    def down_for(self) -> list[Session]:
        """The sessions that the volunteer accepted and that have no outcome and are not cancelled."""
        accepted = [sitting.session for sitting in self.sittings if sitting.cover and sitting.cover.state == CoverState.ACCEPTED]
        return [session for session in accepted if session.stage == SessionStage.SCHEDULED]

    @property
    def to_tell(self) -> list[Session]:
        """Those that they are down for and lead or present, of which they are asked afterwards how it went: nobody else is."""
        theirs = [sitting.session for sitting in self.sittings if sitting.cover and sitting.cover.role in PRESENTING_ROLES]
        return [session for session in self.down_for if session in theirs]


def may_answer(sitting: Sitting, *, now: datetime) -> bool:
    """Whether the volunteer was asked for the session and can still answer: it is to come, or has not ended yet."""
    session = sitting.session
    if sitting.cover is None or sitting.cover.state != CoverState.OFFERED or session.stage != SessionStage.SCHEDULED:
        return False
    return session.day >= timezone.localdate(now) and not reasons_ended(session, now=now)


def covers_around(volunteer: Volunteer, which: Q) -> CoverQuerySet:
    """Return the accepted covers of everybody, and the volunteer's own offers, on the sessions that concern the volunteer.

    `which` says of which sessions: a condition of covers that is about their session alone.
    """
    # The few sessions are found first, through the volunteer's own covers. Asked of each cover (Exists), SQLite reads every cover
    # there is; with the condition outside, every session of those days.
    mine = Cover.objects.filter(which, volunteer=volunteer, state__in=MINE).order_by().values("session")
    alarms = SchoolAlarm.objects.standing().filter(visit=OuterRef("session__visit"), day=OuterRef("session__day"))
    # In a mapping, because Cover has no such attribute, which mypy would report.
    added = {"alarm": Subquery(alarms.order_by("what").values("what")[:1])}
    return (
        Cover.objects.filter(IsAmong(F("session"), Subquery(mine)))
        .filter(Q(state__in=ON_THE_SESSION) | Q(volunteer=volunteer, state=CoverState.OFFERED))
        .with_counting()
        .annotate(**added)
        .select_related("volunteer", "session__type", "session__visit__school", "session__site")
    )


type Others = dict[int, list[Volunteer]]


def sittings_of(volunteer: Volunteer, covers: Iterable[Cover]) -> tuple[list[Sitting], Others]:
    """Return the volunteer's sittings by day and time, and the other people on each session.

    `covers` come from covers_around.
    """
    my_covers: dict[int, Cover] = {}
    others: Others = defaultdict(list)
    counting: dict[int, list[Volunteer]] = defaultdict(list)
    for cover in covers:
        if cover.counts:
            counting[cover.session_id].append(cover.volunteer)
        if cover.volunteer_id == volunteer.pk:
            my_covers[cover.session_id] = cover
        elif cover.state != CoverState.ABSENT:
            others[cover.session_id].append(cover.volunteer)
    sittings = [Sitting(cover.session, cover, _covers_it(cover.session, counting[pk])) for pk, cover in my_covers.items()]
    return sorted(sittings, key=_by_time), others


def _covers_it(session: Session, people: Sequence[Volunteer]) -> bool:
    """Whether the people cover the session (rule 5): enough of them count, or one is paid staff.

    The same as SessionQuerySet.with_cover, on plain values.
    """
    return len(people) >= session.type.presenters or any(person.staff for person in people)


def _by_time(sitting: Sitting) -> tuple[date, int, time, int]:
    session = sitting.session
    return session.day, session.visit_id, session.starts, session.pk


def mornings_of(volunteer: Volunteer, sittings: Sequence[Sitting], others: Others) -> list[Morning]:
    """Group the sittings into mornings, soonest first, each with its distance from the volunteer's home."""
    grouped: dict[tuple[date, int], list[Sitting]] = defaultdict(list)
    for sitting in sorted(sittings, key=_by_time):
        grouped[sitting.session.day, sitting.session.visit_id].append(sitting)
    mornings = [
        Morning(
            rows[0].session.visit,
            day,
            tuple(rows),
            _partners(person for row in rows for person in others.get(row.session.pk, ())),
        )
        for (day, _), rows in grouped.items()
    ]
    mornings = [replace(each, kilometres=kilometres_between(volunteer.place, each.where.place)) for each in mornings]
    return sorted(mornings, key=lambda morning: (morning.day, morning.sittings[0].session.starts, morning.visit.pk))


def _partners(people: Iterable[Volunteer]) -> tuple[Partner, ...]:
    each = {person.pk: person for person in people}
    return tuple(
        Partner(person.first_name, person.phone.as_national if person.share_phone and person.phone else "")
        for person in each.values()
    )


def my_morning(volunteer: Volunteer, *, visit_id: int, day: date, on: date) -> Morning | None:
    """Return the volunteer's sessions of that visit day, with what the pages show of the visit; None where they have none.

    One query; callers that read a sitting's pupils call `with_pupils` first.
    """
    related = ("session__visit__contact", "session__visit__coordinator", "session__visit__safeguarding_contact")
    covers = with_duty_phone(covers_around(volunteer, Q(session__visit=visit_id, session__day=day)), on=on)
    rows = list(covers.select_related("volunteer", "session__type", "session__visit__school", "session__site", *related))
    mornings = mornings_of(volunteer, *sittings_of(volunteer, rows))
    return replace(mornings[0], area=area_to_call(rows)) if mornings else None


def not_down_for(volunteer: Volunteer, sessions: Collection[int]) -> list[int]:
    """Return those of the sessions, given by id, that the volunteer has not accepted; one query."""
    said_yes = Cover.objects.filter(volunteer=volunteer, session__in=sessions, state=CoverState.ACCEPTED)
    accepted = set(said_yes.values_list("session", flat=True))
    return [pk for pk in sessions if pk not in accepted]


def gave_back(volunteer: Volunteer, *, visit_id: int, day: date) -> set[int]:
    """Return the sessions of that visit day (ids) that the volunteer has given back."""
    given = Cover.objects.filter(volunteer=volunteer, session__visit=visit_id, session__day=day, state=CoverState.WITHDRAWN)
    return set(given.filter(gave_back=True).values_list("session", flat=True))


def with_pupils(sessions: Sequence[Session]) -> None:
    """Prefetch the sessions' headcounts, those of guests too; one query."""
    prefetch_related_objects(sessions, Prefetch("headcounts", Headcount.objects.select_related("school")))


def with_duty_phone(covers: CoverQuerySet, *, on: date) -> CoverQuerySet:
    """Annotate the duty phone of the area in which the session's school lies on the day, for `area_to_call`."""
    authority = OuterRef(OuterRef("session__visit__school__authority"))
    areas = Area.objects.filter(Exists(AreaAuthority.objects.filter(holds_on(on), area=OuterRef("pk"), authority=authority)))
    # In a mapping, because Cover has no such attribute, which mypy would report.
    added = {"duty_phone": Subquery(areas.order_by().values("duty_phone")[:1])}
    return covers.annotate(**added)


def area_to_call(covers: Sequence[Cover]) -> Area:
    """Return an area with nothing but its duty phone, from covers of one visit that `with_duty_phone` annotated."""
    return Area(duty_phone=vars(covers[0])["duty_phone"] or "")


def told_by(user: User, sessions: Iterable[Session]) -> list[str]:
    """Return whom this person told and when, earliest first; never what others wrote down (rule 12)."""
    has_entry = Exists(Volunteer.objects.filter(user=OuterRef("by")))
    notices = (
        SafeguardingNotice.objects.filter(session__in=list(sessions)).annotate(has_entry=has_entry).order_by("told_at", "pk")
    )
    # A sign-in that they had before a merge is no entry's today; only where such a one wrote are the merges read.
    is_without_entry = any(notice.by_id != user.pk and not notice.has_entry for notice in notices)
    sign_ins = {user.pk, *(earlier_sign_ins(user) if is_without_entry else ())}
    own = [notice for notice in notices if notice.by_id in sign_ins]
    moments = [(notice.role_told, timezone.localtime(notice.told_at)) for notice in own]
    return [f"{_(role)}, {date_format(at, 'D j F Y')}, {short_time(at.time())}" for role, at in moments]
