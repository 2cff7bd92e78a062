"""Invents the people: those who sign in, coordinators, and volunteers with clearances and sign-offs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from schools.accounts.models import Role, User
from schools.core.grid import kilometres_between
from schools.core.nations import Nation, scheme_of
from schools.demo import days, names
from schools.demo.agreement import accept_for
from schools.demo.places import Patch
from schools.demo.ways import steps_of
from schools.directory.models import AreaCoordinator, School, Whereabouts
from schools.programme.models import SessionType
from schools.visits.models import Session
from schools.volunteers.models import (
    Availability,
    Away,
    Clearance,
    Conflict,
    Decision,
    SignOff,
    Volunteer,
    VolunteerStatus,
    VolunteerStep,
)

PASSWORD = "quiet-harbour-27"  # noqa: S105  # printed by the command, for a made-up charity alone
MINE = "volunteer@example.org"
"""The address of the volunteer who can sign in; they live in the first area."""

RELATIONS = ("partner", "sister", "brother", "friend")
CLEAR_FOR = timedelta(days=3 * 365)
NOON = time(12)


@dataclass(frozen=True)
class SignIn:
    """A person as whom one can sign in to try the demo."""

    email: str
    name: str
    role: Role

    @property
    def line(self) -> str:
        """The line that the command prints, like “Coordinator: coordinator@example.org password”."""
        return f"{self.role.value + ':':<18} {self.email} {PASSWORD}"


SIGN_INS = (
    SignIn("manager@example.org", "Helen Bowness", Role.MANAGER),
    SignIn("coordinator@example.org", "Ravi Carruthers", Role.COORDINATOR),
    SignIn(MINE, "Margaret Airey", Role.VOLUNTEER),
    SignIn("analyst@example.org", "Nia Pritchard", Role.ANALYST),
)


def store_users(wanted: Iterable[tuple[str, str, Role]], *, password: str | None = None) -> list[User]:
    """Store users from (address, name, role), with verified addresses; `password` None: they cannot sign in by password."""
    people = list(wanted)
    groups = {group.name: group for group in Group.objects.all()}
    users = User.objects.bulk_create(
        (
            User(email=email, name=name, is_staff=role != Role.VOLUNTEER, password=make_password(password))
            for email, name, role in people
        ),
        batch_size=500,
    )
    User.groups.through.objects.bulk_create(
        User.groups.through(user=user, group=groups[role.value]) for user, (_, _, role) in zip(users, people, strict=True)
    )
    EmailAddress.objects.bulk_create(EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users)
    return users


def store_coordinators(patches: Sequence[Patch], first: User, *, rng: Random) -> dict[int, User]:
    """Store and return the coordinator of each area, by the area's id; each has two areas, `first` the first two."""
    others = [names.of_person(rng) for _ in patches[2::2]]
    users = store_users(
        (f"{name.replace(' ', '.').lower()}.office{n}@example.org", name, Role.COORDINATOR) for n, name in enumerate(others)
    )
    by_area = {patch.area.pk: [first, *users][number // 2] for number, patch in enumerate(patches)}
    for number, patch in enumerate(patches[::2]):
        by_area[patch.area.pk].phone = names.phone(Nation(patch.area.region.nation), 500 + number)
    User.objects.bulk_update(by_area.values(), ["phone"])
    AreaCoordinator.objects.bulk_create(AreaCoordinator(user=user, area_id=area) for area, user in by_area.items())
    return by_area


@dataclass
class Person:
    """A volunteer as stored, with all that decides whether they may be put on a session.

    `free` None: on all half days. `conflict`: the id of a school to which they do not go. `busy`: days with a visit already.
    """

    volunteer: Volunteer
    ready_on: date
    clear_until: date
    types: frozenset[str]
    free: frozenset[tuple[int, str]] | None = None
    away: tuple[date, date] | None = None
    conflict: int | None = None
    busy: set[date] = field(default_factory=set)

    def may_cover(self, session: Session, slugs: Iterable[str], *, times: Iterable[time]) -> bool:
        """Whether they are free, clear, signed off and near enough; nobody goes to two schools on one day.

        `slugs` and `times` are of all sessions of its visit day.
        """
        day = session.day
        return (
            self.volunteer.status == VolunteerStatus.ACTIVE
            and self.ready_on <= day < self.clear_until
            and day not in self.busy
            and self.types.issuperset(slugs)
            and self.conflict != session.visit.school_id
            and not (self.away and self.away[0] <= day <= self.away[1])
            and (self.free is None or all((day.weekday(), part_of(at)) in self.free for at in times))
            and (self.volunteer.furthest_km is None or self._kilometres(session.where) <= self.volunteer.furthest_km)
        )

    def _kilometres(self, where: Whereabouts) -> float:
        return kilometres_between(self.volunteer.place, where.place) or 0


def part_of(at: time) -> str:
    """Return morning or afternoon."""
    return Availability.PartOfDay.MORNING if at < NOON else Availability.PartOfDay.AFTERNOON


class Recruiter:
    """A maker of one area's volunteers."""

    def __init__(
        self, patch: Patch, types: dict[str, SessionType], *, coordinator: User, first_day: date, on: date, rng: Random
    ) -> None:
        self.patch = patch
        self.types = {slug: kind for slug, kind in types.items() if kind.needs_sign_off}
        self.coordinator = coordinator
        self.first_day = first_day
        self.on = on
        self.rng = rng
        self.clearances: list[Clearance] = []

    def recruit(self, count: int, schools: Sequence[School], *, me: User | None, first_number: int) -> list[Person]:
        """Store `count` volunteers with all their data; `me`, if given, is the second of them."""
        people = [self._person(position, count, first_number + position, me) for position in range(count)]
        self._sign_in(people)
        volunteers = Volunteer.objects.bulk_create((person.volunteer for person in people), batch_size=500)
        Volunteer.areas.through.objects.bulk_create(
            Volunteer.areas.through(volunteer=volunteer, area=self.patch.area) for volunteer in volunteers
        )
        accept_for(volunteers, on=self.on)
        VolunteerStep.objects.bulk_create(
            step for volunteer in volunteers for step in steps_of(volunteer, on=self.on, by=self.coordinator)
        )
        Clearance.objects.bulk_create(self.clearances)
        SignOff.objects.bulk_create(row for person in people for row in self._sign_offs(person))
        Availability.objects.bulk_create(
            Availability(volunteer=person.volunteer, weekday=weekday, part=part)
            for person in people
            for weekday, part in sorted(person.free or ())
        )
        Away.objects.bulk_create(
            Away(volunteer=person.volunteer, first_day=person.away[0], last_day=person.away[1])
            for person in people
            if person.away
        )
        for person in people[4::7]:
            person.conflict = self.rng.choice(schools).pk
            Conflict.objects.create(volunteer=person.volunteer, school_id=person.conflict)
        return people

    def _status(self, position: int, count: int) -> str:
        """Return the status: the last three (in a small area the last one) are new or paused, the others active."""
        rare = (VolunteerStatus.IN_TRAINING, VolunteerStatus.APPLICANT, VolunteerStatus.PAUSED)
        return rare[count - 1 - position] if count - position <= (3 if count > 8 else 1) else VolunteerStatus.ACTIVE

    def _person(self, position: int, count: int, number: int, me: User | None) -> Person:
        rng = self.rng
        status = self._status(position, count)
        mine = me if position == 1 else None
        # Six of ten joined before the first visit, so that somebody can always go.
        early = position < count * 0.6
        earliest, latest = (self.first_day - timedelta(days=900), self.first_day - timedelta(days=90))
        if not early:
            earliest, latest = self.first_day, self.on - timedelta(days=120)
        joined = earliest + timedelta(days=rng.randrange(max(1, (latest - earliest).days)))
        volunteer = Volunteer(
            name=mine.name if mine else names.of_person(rng),
            reference=f"SP{number:05}",
            user=mine,
            staff=position == 0,
            phone=names.phone(self.patch.nation, 100 + number),
            share_phone=bool(mine) or rng.random() < 0.4,
            emergency_contact=f"{rng.choice(names.FIRST)}, {rng.choice(RELATIONS)}, 01632 960{number % 1000:03}",
            home_postcode=f"{self.patch.facts.postcode}{rng.randint(1, 28)} {rng.randint(0, 9)}ZZ",
            easting=self.patch.facts.easting + rng.randint(-12_000, 12_000),
            northing=self.patch.facts.northing + rng.randint(-12_000, 12_000),
            place_precision=Volunteer.Precision.EXACT,
            furthest_km=None if mine or rng.random() < 0.6 else rng.choice((25, 30, 40)),
            languages=["en", "cy"] if self.patch.nation == Nation.WALES and rng.random() < 0.6 else ["en"],
            status=status,
            joined=joined,
        )
        ready_on, clear_until = self._clear(volunteer, joined, lapsing=position == 3 and status == VolunteerStatus.ACTIVE)
        person = Person(volunteer, ready_on, clear_until, self._types_of(position))
        if position > 4 and rng.random() < 0.5:
            person.free = self._free()
        if position > 4 and rng.random() < 0.3:
            away = self.on + timedelta(days=rng.randint(-100, 20))
            person.away = (away, away + timedelta(days=rng.randint(6, 20)))
        return person

    def _types_of(self, position: int) -> frozenset[str]:
        """Return the types of the sign-offs: all for most people, only assemblies for one in six."""
        return frozenset(self.types) if position % 6 != 5 else frozenset(self.types) & {"ks1-assembly", "ks2-assembly"}

    def _free(self) -> frozenset[tuple[int, str]]:
        weekdays = self.rng.sample(range(5), 3)
        parts = tuple(Availability.PartOfDay.values) if self.rng.random() < 0.7 else (Availability.PartOfDay.MORNING.value,)
        return frozenset((weekday, part) for weekday in weekdays for part in parts)

    def _clear(self, volunteer: Volunteer, joined: date, *, lapsing: bool) -> tuple[date, date]:
        """Add gapless clearances from a few weeks after joining; return the day of the sign-offs and the first day not clear.

        `lapsing`: the last decision ends within the coming school days, and the renewal has been applied for.
        """
        scheme = scheme_of(self.patch.nation)
        if volunteer.status in {VolunteerStatus.IN_TRAINING, VolunteerStatus.APPLICANT}:
            volunteer.joined = joined = self.on - timedelta(days=40)
            self.clearances.append(Clearance(volunteer=volunteer, scheme=scheme, applied_on=self.on - timedelta(days=12)))
            return self.on, self.on
        until = self.on + timedelta(days=self.rng.randint(150, 900))
        if lapsing:
            coming = days.after(self.on, self.patch.nation)
            until = [next(coming) for _ in range(7)][-1]
            self.clearances.append(Clearance(volunteer=volunteer, scheme=scheme, applied_on=self.on - timedelta(days=12)))
        end = until
        while end > joined + timedelta(days=20):
            begin = max(end - CLEAR_FOR, joined + timedelta(days=20))
            self.clearances.append(
                Clearance(
                    volunteer=volunteer,
                    scheme=scheme,
                    level="Enhanced with barred list",
                    reference=f"00{self.rng.randrange(10**10):010}",
                    applied_on=begin - timedelta(days=18),
                    issued=begin,
                    decision=Decision.CLEAR,
                    decided_on=begin,
                    decided_by=self.coordinator,
                    recheck_on=end,
                )
            )
            end = begin
        return joined + timedelta(days=60), until

    def _sign_offs(self, person: Person) -> Iterator[SignOff]:
        if person.volunteer.status == VolunteerStatus.APPLICANT:
            return
        if person.volunteer.status == VolunteerStatus.IN_TRAINING:
            yield SignOff(
                volunteer=person.volunteer,
                session_type=self.types["ks2-assembly"],
                stage=SignOff.Stage.TRAINED,
                day=self.on - timedelta(days=9),
                by=self.coordinator,
            )
            return
        for slug in sorted(person.types):
            yield SignOff(
                volunteer=person.volunteer,
                session_type=self.types[slug],
                stage=SignOff.Stage.SIGNED_OFF,
                day=person.ready_on,
                by=self.coordinator,
            )

    def _sign_in(self, people: Sequence[Person]) -> None:
        """Give three of four people a user, so that they sign in; the others have no address of their own."""
        with_address = [person.volunteer for position, person in enumerate(people) if position % 4 != 2]
        strangers = [volunteer for volunteer in with_address if volunteer.user is None]
        users = store_users(
            (
                f"{volunteer.name.replace(' ', '.').lower()}.{volunteer.reference.lower()}@example.org",
                volunteer.name,
                Role.VOLUNTEER,
            )
            for volunteer in strangers
        )
        for volunteer, user in zip(strangers, users, strict=True):
            volunteer.user = user


@cache
def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return the moment of the day, in UTC; always the same object, so that it is prepared for the database once."""
    return datetime.combine(day, time(hour, minute), UTC)
