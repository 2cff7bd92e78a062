"""A volunteer's own mornings: what is next, what is asked, what is to be told, one morning, one session."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery, prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from schools.accounts.models import User
from schools.core.grid import kilometres_between
from schools.core.words import short_time, time_range
from schools.core.year_groups import year_group_words
from schools.delivery.queries import ON_THE_SESSION
from schools.delivery.rules import CORRECTION_TIME, starts_at
from schools.directory.models import Area, AreaAuthority
from schools.directory.models.areas import holds_on
from schools.visits.models import (
    Cover,
    CoverQuerySet,
    CoverRole,
    CoverState,
    Headcount,
    SafeguardingNotice,
    Session,
    SessionStage,
    Visit,
)
from schools.visits.queries import NOON, VisitDay
from schools.volunteers.models import Volunteer

ARRIVE_BEFORE = timedelta(minutes=30)
"""How long before the first session people arrive."""

CHOICES_IN_WORDS = (
    gettext_noop("Lead"), gettext_noop("Presenter"), gettext_noop("Trainee"), gettext_noop("Observer"),
    gettext_noop("Trained"), gettext_noop("Observed"), gettext_noop("Signed off"),
    gettext_noop("English"), gettext_noop("Welsh"), gettext_noop("Scottish Gaelic"), gettext_noop("Irish"),
    gettext_noop("British Sign Language"),
)  # fmt: skip
"""Labels of choices that the pages translate when they show them, named here for the catalogues."""

MINE = (CoverState.OFFERED, *ON_THE_SESSION)
"""States of a cover whose session is on my pages: asked, or said yes."""


@dataclass(frozen=True)
class Partner:
    """Somebody else on my sessions: a first name, and a phone number where they share it; nothing more is shown of them."""

    name: str
    phone: str


@dataclass(frozen=True)
class Sitting:
    """One session as a volunteer reads it; `cover` is mine, None where I am not on it."""

    session: Session
    cover: Cover | None = None
    is_covered: bool = True
    free: int = 0
    """Places that nobody has taken; known where it is open to me."""

    @property
    def name(self) -> str:
        """What its school calls it."""
        return self.session.name

    @property
    def times(self) -> str:
        """From when to when."""
        return time_range(self.session.starts, self.session.ends)

    @property
    def pupils(self) -> list[tuple[str, str]]:
        """Each year group (and its school, where that is a guest) and how many are expected; headcounts are prefetched."""
        return [
            (self._name_of(row), _("number not known") if row.expected is None else f"{row.expected:,}")
            for row in self._headcounts()
        ]

    @property
    def needs_somebody(self) -> bool:
        """Whether it is still to come and somebody is missing."""
        return self.session.stage == SessionStage.SCHEDULED and not self.is_covered

    @property
    def counted(self) -> list[tuple[str, str]]:
        """Each year group (and its school, where that is a guest) and how many came; headcounts are prefetched."""
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
    """The sessions of one visit on one day that concern one volunteer, by time."""

    visit: Visit
    day: date
    sittings: tuple[Sitting, ...]
    partners: tuple[Partner, ...] = ()
    kilometres: float | None = None
    area: Area | None = None
    """Whose duty phone to call; known where my_morning found it."""

    @property
    def visit_day(self) -> VisitDay:
        """What the verbs of visits take."""
        return VisitDay(self.visit, self.day)

    @property
    def is_morning(self) -> bool:
        """Whether people call it a morning; else it is an afternoon."""
        return self.going[0].starts < NOON

    @property
    def names(self) -> str:
        """First names of the others there, one after the other."""
        return ", ".join(partner.name for partner in self.partners)

    @property
    def free(self) -> int:
        """Places that nobody has taken in the session that has the fewest; known where it is open to me."""
        return min(sitting.free for sitting in self.sittings)

    @property
    def times(self) -> str:
        """From the start of the first session to the end of the last."""
        return time_range(min(session.starts for session in self.going), max(session.ends for session in self.going))

    @property
    def arrive(self) -> str:
        """When to be there."""
        return short_time((datetime.combine(self.day, self.going[0].starts) - ARRIVE_BEFORE).time())

    @property
    def going(self) -> list[Session]:
        """The sessions that somebody goes to: those that were not cancelled; all of them where all were."""
        return [session for session in self.sessions if session.stage != SessionStage.CANCELLED] or self.sessions

    @property
    def is_cancelled(self) -> bool:
        """Whether nothing of it takes place."""
        return all(session.stage == SessionStage.CANCELLED for session in self.sessions)

    @property
    def is_covered(self) -> bool:
        """Whether every session that is still to come has the people it needs."""
        return not any(one.needs_somebody for one in self.sittings)

    @property
    def is_offered(self) -> bool:
        """Whether I was asked for a session and have not answered."""
        return any(sitting.cover and sitting.cover.state == CoverState.OFFERED for sitting in self.sittings)

    @property
    def role(self) -> str:
        """What I am asked to do there; who takes an open morning presents."""
        offered = [sitting.cover.role for sitting in self.sittings if sitting.cover and sitting.cover.state == CoverState.OFFERED]
        return offered[0] if offered else CoverRole.PRESENTER

    @property
    def role_held(self) -> str:
        """What I said yes to do there, in the first of the sessions."""
        return next((one.cover.role for one in self.sittings if one.cover and one.cover.state == CoverState.ACCEPTED), self.role)

    @property
    def sessions(self) -> list[Session]:
        """The sessions alone."""
        return [sitting.session for sitting in self.sittings]

    @property
    def down_for(self) -> list[Session]:
        """Those of the sessions that I said yes to and that nobody has reported or cancelled."""
        accepted = [one.session for one in self.sittings if one.cover and one.cover.state == CoverState.ACCEPTED]
        return [session for session in accepted if session.stage == SessionStage.SCHEDULED]


@dataclass(frozen=True)
class Mine:
    """Everything on a volunteer's first page."""

    offers: list[Morning]
    to_come: list[Morning]
    to_tell: list[Sitting]
    told: list[Sitting]

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all concerns them now."""
        return not (self.offers or self.to_come or self.to_tell or self.told)


def mine(volunteer: Volunteer, *, now: datetime) -> Mine:
    """The volunteer's offers, mornings to come, sessions of which nobody told the outcome, and those just told; one query."""
    on = timezone.localdate(now)
    to_come = Q(session__day__gte=on) | Q(session__until_day__gte=on)
    lately = Q(session__stage=SessionStage.SCHEDULED) | Q(session__recorded_at__gte=now - CORRECTION_TIME)
    covers = covers_around(volunteer).filter(to_come | lately)
    sittings, others = sittings_of(volunteer, covers)
    by_state = defaultdict(list)
    for sitting in sittings:
        by_state[sitting.cover.state if sitting.cover else ""].append(sitting)
    scheduled = [one for one in by_state[CoverState.ACCEPTED] if one.session.stage == SessionStage.SCHEDULED]
    return Mine(
        offers=mornings_of(volunteer, [one for one in by_state[CoverState.OFFERED] if _is_open(one.session, on=on)], others),
        to_come=mornings_of(volunteer, [one for one in scheduled if one.session.last_day >= on], others),
        to_tell=[one for one in scheduled if starts_at(one.session) <= now],
        told=[one for one in sittings if one.session.went_ahead and one.session.recorded_at],
    )


def _is_open(session: Session, *, on: date) -> bool:
    return session.stage == SessionStage.SCHEDULED and session.day >= on


def covers_around(volunteer: Volunteer) -> CoverQuerySet:
    """The covers of everybody who said yes, and mine that are asked, on the sessions that concern the volunteer."""
    my_cover = Cover.objects.filter(session=OuterRef("session"), volunteer=volunteer, state__in=MINE)
    return (
        Cover.objects.filter(Exists(my_cover))
        .filter(Q(state__in=ON_THE_SESSION) | Q(volunteer=volunteer, state=CoverState.OFFERED))
        .with_counting()
        .select_related("volunteer", "session__type", "session__visit__school")
    )


type Others = dict[int, list[Volunteer]]


def sittings_of(volunteer: Volunteer, covers: Iterable[Cover]) -> tuple[list[Sitting], Others]:
    """My sittings by day and time, and the other people on each session, from covers that covers_around gave."""
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
    sittings = [Sitting(one.session, one, _covers_it(one.session, counting[pk])) for pk, one in my_covers.items()]
    return sorted(sittings, key=_by_time), others


def _covers_it(session: Session, people: Sequence[Volunteer]) -> bool:
    """Rule 5, as SessionQuerySet.with_cover asks it of rows: enough people who count, or one paid member of staff."""
    return len(people) >= session.type.presenters or any(person.staff for person in people)


def _by_time(sitting: Sitting) -> tuple[date, int, time, int]:
    session = sitting.session
    return session.day, session.visit_id, session.starts, session.pk


def mornings_of(volunteer: Volunteer, sittings: Sequence[Sitting], others: Others) -> list[Morning]:
    """The sittings grouped into mornings, soonest first, with how far each is from home."""
    grouped: dict[tuple[date, int], list[Sitting]] = defaultdict(list)
    for sitting in sorted(sittings, key=_by_time):
        grouped[sitting.session.day, sitting.session.visit_id].append(sitting)
    mornings = [
        Morning(
            rows[0].session.visit,
            day,
            tuple(rows),
            _partners(person for row in rows for person in others.get(row.session.pk, ())),
            kilometres_between(volunteer.place, rows[0].session.visit.school.place),
        )
        for (day, _), rows in grouped.items()
    ]
    return sorted(mornings, key=lambda morning: (morning.day, morning.sittings[0].session.starts, morning.visit.pk))


def _partners(people: Iterable[Volunteer]) -> tuple[Partner, ...]:
    each = {person.pk: person for person in people}
    return tuple(
        Partner(person.first_name, person.phone.as_national if person.share_phone and person.phone else "")
        for person in each.values()
    )


def my_morning(volunteer: Volunteer, *, visit_id: int, day: date, on: date) -> Morning | None:
    """The volunteer's own sessions of that visit day, with what the pages need of the visit; None where they have none.

    One query; who reads a sitting's pupils asks `with_pupils` first.
    """
    related = ("session__visit__contact", "session__visit__safeguarding_contact")
    covers = with_duty_phone(covers_around(volunteer).filter(session__visit=visit_id, session__day=day), on=on)
    rows = list(covers.select_related("volunteer", "session__type", "session__visit__school", *related))
    mornings = mornings_of(volunteer, *sittings_of(volunteer, rows))
    return replace(mornings[0], area=area_to_call(rows)) if mornings else None


def is_down_for(volunteer: Volunteer, sessions: Collection[int]) -> bool:
    """Whether the volunteer has said yes to every one of the sessions, by id."""
    said_yes = Cover.objects.filter(volunteer=volunteer, session__in=sessions, state=CoverState.ACCEPTED)
    return said_yes.count() == len(sessions)


def gave_back(volunteer: Volunteer, *, visit_id: int, day: date) -> bool:
    """Whether the volunteer has given back a session of that visit day."""
    given = Cover.objects.filter(volunteer=volunteer, session__visit=visit_id, session__day=day, state=CoverState.WITHDRAWN)
    return given.filter(gave_back=True).exists()


def with_pupils(sessions: Sequence[Session]) -> None:
    """Read whom the sessions expect and counted, guests too; one query."""
    prefetch_related_objects(sessions, Prefetch("headcounts", Headcount.objects.select_related("school")))


def with_duty_phone(covers: CoverQuerySet, *, on: date) -> CoverQuerySet:
    """Adds the duty phone of the area in which the session's school lies on the day, for `area_to_call`."""
    authority = OuterRef(OuterRef("session__visit__school__authority"))
    areas = Area.objects.filter(Exists(AreaAuthority.objects.filter(holds_on(on), area=OuterRef("pk"), authority=authority)))
    # By name in a mapping, because Cover knows nothing of it.
    added = {"duty_phone": Subquery(areas.order_by().values("duty_phone")[:1])}
    return covers.annotate(**added)


def area_to_call(covers: Sequence[Cover]) -> Area:
    """The area with its duty phone alone, from covers of one visit that `with_duty_phone` gave."""
    return Area(duty_phone=vars(covers[0])["duty_phone"] or "")


def told_by(user: User, sessions: Iterable[Session]) -> list[str]:
    """Whom this person told and when, earliest first; never what others wrote down (DESIGN.md, rule 12)."""
    tolds = SafeguardingNotice.objects.filter(session__in=list(sessions), by=user).order_by("told_at", "pk")
    moments = [(told.role_told, timezone.localtime(told.told_at)) for told in tolds]
    return [f"{_(role)}, {date_format(at, 'D j F Y')}, {short_time(at.time())}" for role, at in moments]
