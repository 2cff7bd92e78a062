"""Candidates for a visit day: volunteers of the area, guests from other areas, and substitutes for a volunteer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateField,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from schools.core.batched_queries import Day, Given, GivenIds
from schools.core.grid import kilometres_between
from schools.core.periods import AcademicYear, Period
from schools.core.prepared import Prepared
from schools.core.words import joined
from schools.directory.models import Area, AreaAuthority
from schools.directory.models.areas import holds_on
from schools.visits.models import LIVE_STATES, Cover, CoverRole, CoverState, Session, SessionStage
from schools.visits.queries import CoverRecords
from schools.visits.rules import reasons_not_clear, reasons_not_to_cover, reasons_sessions_overlap, reasons_to_ask_first
from schools.volunteers.first_names import called_apart
from schools.volunteers.models import Volunteer, VolunteerStatus

IN_REACH = (VolunteerStatus.ACTIVE, VolunteerStatus.IN_TRAINING, VolunteerStatus.PAUSED)
"""Statuses of people who are listed at all; applicants have no sessions yet, and people who left have none any more."""

GUESTS_WITHIN_KM = 50
MOST_GUESTS = 10

SAID = {
    "no": "said no to this",
    "cannot": "said they can’t make it",
    "off": "was taken off this",
    "unanswered": "was asked for this before",
    "before": "was on this before",
}
"""In words, what became of it when somebody was on these sessions or asked for them before."""
SAID_NO = frozenset({"no", "cannot"})
"""Those of them after which somebody is asked last."""


@dataclass(frozen=True)
class Candidate:
    """A volunteer compared with a visit day: reasons against, distance, and how busy and how experienced they are."""

    volunteer: Volunteer
    reasons: list[str]
    """Reasons why they cannot be put on it; nobody can override these."""
    to_ask: list[str]
    """Reasons that a coordinator can override with a note, after asking the volunteer."""
    kilometres: float | None
    load: int
    """The number of sessions in this term that they accepted."""
    been_here: int
    """The number of earlier visits to the school, under any of its register numbers, on which they were."""
    said: str
    """The result, in words, when they were asked for one of these sessions before; blank: never asked, or no such answer."""
    said_no: bool
    """Whether that was a no, or that they can't make it."""

    @property
    def can(self) -> bool:
        """Whether they can be put on it, if need be after asking them."""
        return not self.reasons

    @property
    def why(self) -> list[str]:
        """All reasons against it; those that can be overridden come last."""
        return [*self.reasons, *self.to_ask]

    @property
    def facts(self) -> str:
        """How far they live, how much they do already, and what they said before, on one line."""
        home = "home not known" if self.kilometres is None else f"{self.kilometres:.0f} km"
        load = f"{self.load} {'session' if self.load == 1 else 'sessions'} this term"
        here = "here once" if self.been_here == 1 else f"here {self.been_here} times" if self.been_here else ""
        return " · ".join(filter(None, (home, load, here, self.said)))


@dataclass(frozen=True)
class Misfit:
    """Sessions that a volunteer cannot take, or for which they have to be asked first, and why: the same holds of each."""

    sessions: list[Session]
    reasons: tuple[str, ...]
    """All reasons against it; those that can be overridden come last."""

    @property
    def when(self) -> str:
        """When the sessions are."""
        return joined(session.when for session in self.sessions)


@dataclass(frozen=True)
class VisitCandidate(Candidate):
    """A volunteer compared with sessions of a visit, on one day or more; nothing is against those on which they are already."""

    misfits: list[Misfit]
    """The sessions against which anything speaks, in order of time; not what speaks against all of them together."""


@dataclass(frozen=True)
class Guest:
    """A volunteer of another area, with all that a hosting coordinator sees of them (rule 13)."""

    pk: int
    name: str
    phone: str
    kilometres: float
    is_clear: bool
    """Whether they are clear on the day, under the nation's scheme. Callers that show this must log the look (rule 13)."""


@dataclass(frozen=True)
class Colleague:
    """A person whom a volunteer may ask to go instead of them: first name, with an initial where two share it."""

    pk: int
    name: str


def term_of(day: date) -> Period:
    """Return the term of the day: the academic year's part until December, until March, or until summer."""
    year = AcademicYear.of(day)
    christmas, easter = date(year.start, 12, 31), date(year.start + 1, 3, 31)
    if day <= christmas:
        return Period(year.first_day, christmas, "autumn")
    if day <= easter:
        return Period(date(year.start + 1, 1, 1), easter, "spring")
    return Period(date(year.start + 1, 4, 1), year.last_day, "summer")


def candidates_for(
    *sessions: Session, on: date, role: str = CoverRole.PRESENTER, instead_of: Volunteer | None = None
) -> list[Candidate]:
    """Return the volunteers of the area who are not yet on all of these sessions of one visit day, the best first.

    First come those who can without a question, then those to ask first, then the rest; among equals those who did not say no to
    this before, the nearest (in whole kilometres), the least busy this term, and who knows the school. The area is the one that
    holds the host's authority on the day `on`; a school in no area has nobody. `instead_of` is the person whose place they would
    take. Constant queries.
    """
    volunteers = _known_beside(sessions, on=on)
    records = CoverRecords.of(volunteers, sessions)
    impossible = reasons_sessions_overlap(sessions)
    candidates = [
        Candidate(
            volunteer,
            [*_each(_hard(volunteer, sessions, on=on, role=role, records=records, instead_of=instead_of)), *impossible],
            _each(reason for session in sessions for reason in reasons_to_ask_first(volunteer, session, records=records)),
            **_facts(volunteer, sessions[0]),
        )
        for volunteer in volunteers
    ]
    return sorted(candidates, key=_rank)


def candidates_for_visit(*sessions: Session, on: date, role: str = CoverRole.PRESENTER) -> list[VisitCandidate]:
    """Return the volunteers of the area who are not yet on all of these sessions of one visit, the best for all of them first.

    As candidates_for, but the sessions may be on several days, and each reason stands with its session. Constant queries.
    """
    volunteers = _known_beside(sessions, on=on)
    records = CoverRecords.of(volunteers, sessions)
    candidates = []
    for volunteer in volunteers:
        open_to_them = [session for session in sessions if not records.is_on(volunteer, session)]
        overlaps = reasons_sessions_overlap(open_to_them)
        hard = {each.pk: list(_hard(volunteer, [each], on=on, role=role, records=records)) for each in open_to_them}
        soft = {each.pk: reasons_to_ask_first(volunteer, each, records=records) for each in open_to_them}
        candidates.append(
            VisitCandidate(
                volunteer,
                [*_each(reason for reasons in hard.values() for reason in reasons), *overlaps],
                _each(reason for reasons in soft.values() for reason in reasons),
                misfits=_misfits(open_to_them, {each.pk: (*hard[each.pk], *soft[each.pk]) for each in open_to_them}),
                **_facts(volunteer, sessions[0]),
            )
        )
    return sorted(candidates, key=_rank)


def _misfits(sessions: Iterable[Session], reasons: Mapping[int, tuple[str, ...]]) -> list[Misfit]:
    """Return the sessions against which anything speaks; `reasons` are by the session's id."""
    alike: dict[tuple[str, ...], list[Session]] = {}
    for session in sessions:
        if why := reasons[session.pk]:
            alike.setdefault(why, []).append(session)
    return [Misfit(same, why) for why, same in alike.items()]


def _facts(volunteer: Volunteer, session: Session) -> dict[str, Any]:
    """Return what a candidate is besides the reasons; the volunteer was read by _known_beside."""
    read = vars(volunteer)
    return {
        "kilometres": kilometres_between(volunteer.place, session.where.place),
        "load": read["load"],
        "been_here": read["been_here"],
        "said": SAID.get(read["said"], ""),
        "said_no": read["said"] in SAID_NO,
    }


def _each(reasons: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(reasons))


def _hard(
    volunteer: Volunteer,
    sessions: Sequence[Session],
    *,
    on: date,
    role: str,
    records: CoverRecords,
    instead_of: Volunteer | None = None,
) -> Iterable[str]:
    for session in sessions:
        yield from reasons_not_to_cover(volunteer, session, role=role, on=on, records=records, instead_of=instead_of)


def _rank(candidate: Candidate) -> tuple[int, int, bool, float, int, int, str]:
    far = float("inf") if candidate.kilometres is None else round(candidate.kilometres)
    return (
        len(candidate.reasons),
        len(candidate.to_ask),
        candidate.said_no,
        far,
        candidate.load,
        -candidate.been_here,
        candidate.volunteer.name,
    )


def _of_area(authority: int | Given | None, *, on: Day) -> QuerySet[Volunteer]:
    """Return who is listed of the area that holds the authority, where one does."""
    holding = AreaAuthority.objects.filter(holds_on(on), authority=authority).order_by().values_list("area", flat=True)
    return Volunteer.objects.in_areas(Area.objects.filter(pk__in=holding)).filter(status__in=IN_REACH)


def _known_beside(sessions: Sequence[Session], *, on: date) -> list[Volunteer]:
    """Return who is listed of the area, but for who is on all the sessions.

    Each has `load`, `been_here` and `said` as in Candidate (`said`: a key of SAID).
    """
    first, school = sessions[0], sessions[0].visit.school
    term, ids = term_of(first.day), [session.pk for session in sessions]
    given = {"authority": school.authority_id, "on": on, "sessions": ids, "all": len(ids), "school": school.pk, "day": first.day}
    given |= {"term_begins": term.first_day, "term_ends": term.last_day}
    return BESIDE.run(**given) if school.chain is None else BESIDE_CHAIN.run(**given, chain=school.chain)


def _beside(same_school: Q) -> QuerySet[Volunteer]:
    """Return the query of `_known_beside`; `same_school` is the condition that a cover was at the school."""
    theirs = Cover.objects.filter(volunteer=OuterRef("pk")).order_by()
    # Who was down for what is called off stays so, and was not there.
    went = theirs.holding().exclude(session__stage=SessionStage.CANCELLED)
    here = theirs.filter(session__in=GivenIds("sessions"))
    on_these = here.filter(state__in=LIVE_STATES)
    ended = here.filter(state__in=(CoverState.DECLINED, CoverState.WITHDRAWN))
    term = (Given("term_begins", DateField()), Given("term_ends", DateField()))
    load = went.presenting().filter(session__day__range=term)
    visits = went.filter(same_school, session__day__lt=Given("day", DateField()))
    # In a mapping, because Volunteer has no such attributes, which mypy would report.
    added = {
        "on_these": _number_of(on_these, "session"),
        "load": _number_of(load, "pk"),
        "been_here": _number_of(visits, "session__visit"),
        "said": Subquery(ended.order_by("-pk").values(key=_SAID)[:1]),
    }
    listed = _of_area(Given("authority", BigIntegerField()), on=Given("on", DateField()))
    return listed.annotate(**added).filter(Q(("on_these__lt", Given("all", IntegerField()))))


_SAID = Case(
    When(state=CoverState.DECLINED, then=Value("no")),
    When(gave_back=True, then=Value("cannot")),
    # Nobody answers once somebody else has the place.
    When(answered_at=None, then=Value("unanswered")),
    When(ended_by__isnull=False, then=Value("off")),
    default=Value("before"),
)
"""What became of a cover that was declined or withdrawn: a key of SAID."""


def _number_of(covers: QuerySet[Cover], column: str) -> Coalesce:
    """Return the number of different values of the column among the covers of one volunteer."""
    return Coalesce(Subquery(covers.values("volunteer").annotate(number=Count(column, distinct=True)).values("number")), 0)


_AT_SCHOOL = Q(session__visit__school=Given("school", BigIntegerField()))
_OF_CHAIN = Q(session__visit__school__chain=Given("chain", BigIntegerField()))
BESIDE = Prepared(lambda: _beside(_AT_SCHOOL))
BESIDE_CHAIN = Prepared(lambda: _beside(_AT_SCHOOL | _OF_CHAIN))
"""The same of a school whose register number changed: under any of its numbers it is the same school."""


def guest_candidates_for(
    *sessions: Session, on: date, role: str = CoverRole.PRESENTER, instead_of: Volunteer | None = None
) -> list[Guest]:
    """Return the nearest active people of other areas, within 50 km, who could take these sessions of one visit day.

    People whose only obstacle is a missing clearance are among them, as not clear. `instead_of` is the person whose place they
    would take. Nobody can take sessions that overlap. Constant queries.
    """
    place = easting, northing = sessions[0].where.place
    if easting is None or northing is None or reasons_sessions_overlap(sessions):
        return []
    reach = GUESTS_WITHIN_KM * 1000
    near = (
        Volunteer.objects.active()
        .exclude(pk__in=_of_area(sessions[0].visit.school.authority_id, on=on).order_by().values("pk"))
        .exclude(Exists(Cover.objects.filter(volunteer=OuterRef("pk"), session__in=[session.pk for session in sessions])))
        .filter(
            easting__range=(max(0, easting - reach), easting + reach),
            northing__range=(max(0, northing - reach), northing + reach),
        )
    )
    volunteers = list(near)
    records = CoverRecords.of(volunteers, sessions)
    guests = []
    for volunteer in volunteers:
        unclear = {reason for session in sessions for reason in reasons_not_clear(volunteer, session, records=records)}
        others = set(_hard(volunteer, sessions, on=on, role=role, records=records, instead_of=instead_of)) - unclear
        others.update(reason for session in sessions for reason in reasons_to_ask_first(volunteer, session, records=records))
        kilometres = kilometres_between(volunteer.place, place)
        if not others and kilometres is not None and kilometres <= GUESTS_WITHIN_KM:
            phone = volunteer.phone.as_national if volunteer.phone else ""
            guests.append(Guest(volunteer.pk, volunteer.name, phone, kilometres, not unclear))
    guests.sort(key=lambda guest: (not guest.is_clear, round(guest.kilometres), guest.name))
    return guests[:MOST_GUESTS]


def substitutes_for(volunteer: Volunteer, *sessions: Session, on: date, role: str) -> list[Colleague]:
    """Return whom the volunteer may ask to take their place on these sessions of one visit day, the best first.

    `role` is the volunteer's accepted role. These are people of the area who sign in and could accept without a question; only
    their first names are shown. See visits.actions.swap.
    """
    candidates = candidates_for(*sessions, on=on, role=role, instead_of=volunteer)
    able = [candidate.volunteer for candidate in candidates if not candidate.why]
    able = [person for person in able if person.user_id is not None and person.pk != volunteer.pk]
    return [Colleague(pk, name) for pk, name in called_apart(able).items()]
