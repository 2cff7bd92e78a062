"""Loads a made-up charity of any size, all or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import reset_queries, transaction

from schools.accounts.actions import add_user
from schools.accounts.models import Role, User
from schools.core.databases import keep_statistics_after_commit
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.demo import charity, materials, packs, past, people, places, returns, rules, stores, talks, terms
from schools.demo.fortnight import Fortnight
from schools.demo.made_schools import Maker
from schools.demo.visits import Booker
from schools.programme.models import SessionType

FIRST_AREAS = ("Cumbria", "Southern Scotland", "North West Wales")


class Size(StrEnum):
    """The sizes of the made-up charity."""

    SMALL = "small"
    AREA = "area"
    NATIONAL = "national"


@dataclass(frozen=True)
class Extent:
    """The numbers behind a size; `areas` None: the whole United Kingdom."""

    areas: tuple[str, ...] | None
    schools: int
    volunteers: int
    visits_a_year: int


EXTENTS = {
    Size.SMALL: Extent(FIRST_AREAS, 120, 27, 66),
    Size.AREA: Extent((*FIRST_AREAS, "Belfast and Down"), 500, 40, 250),
    Size.NATIONAL: Extent(None, 25_000, 2_000, 8_000),
}


@transaction.atomic
def load(size: Size, *, years: int, seed: int, on: date, progress: Callable[[str], None] = lambda _: None) -> None:
    """Store a made-up charity with visits of `years` whole academic years, the running one and a coming fortnight.

    The same size, years, seed and day make the same charity. Raises RuleBroken where the settings or the database forbid it.
    """
    if reasons := [*rules.reasons_not_to_demo(), *rules.reasons_not_to_load()]:
        raise RuleBroken(reasons)
    extent = EXTENTS[size]
    charity.store(on=on)
    types = {kind.slug: kind for kind in SessionType.objects.all()}
    needs = materials.store(types)
    packs.store(types)
    users = _add_sign_ins()
    patches = list(places.store(places.chosen(extent.areas)))
    running = AcademicYear.of(on)
    terms.store({patch.nation for patch in patches}, (running, AcademicYear(running.start + 1)))
    rng = Random(f"{seed} coordinators")  # noqa: S311  # made-up names, no secrets
    coordinators = people.store_coordinators(patches, users[Role.COORDINATOR], rng=rng)
    for patch in patches:
        progress(f"{patch.area}, {patch.number + 1} of {len(patches)}")
        loader = _AreaLoader(patch, extent, len(patches), coordinator=coordinators[patch.area.pk], types=types, needs=needs)
        loader.load(years=years, seed=seed, on=on, me=users[Role.VOLUNTEER] if patch.number == 0 else None)
        # With DEBUG Django keeps the text of the last 9,000 statements in memory, and these are long.
        reset_queries()
    keep_statistics_after_commit()
    if years:
        returns.store(patches, coordinators, manager=users[Role.MANAGER], on=on)


def _add_sign_ins() -> dict[Role, User]:
    users = {person.role: add_user(person.email, person.name, role=person.role) for person in people.SIGN_INS}
    # All have one known password, and to hash it is made to be slow: so it is hashed once.
    hashed = make_password(people.PASSWORD)
    for user in users.values():
        user.password = hashed
    User.objects.bulk_update(users.values(), ["password"])
    return users


@dataclass
class _AreaLoader:
    """A loader of one area, so that nothing of the area stays in memory afterwards."""

    patch: places.Patch
    extent: Extent
    areas: int
    coordinator: User
    types: dict[str, SessionType]
    needs: dict[str, list[materials.Need]]

    def _share(self, total: int) -> tuple[int, int]:
        """Return how many of `total` belong to this area, and how many to the areas before it."""
        before = total * self.patch.number // self.areas
        return total * (self.patch.number + 1) // self.areas - before, before

    def load(self, *, years: int, seed: int, on: date, me: User | None) -> None:
        # Each area has its own random numbers, so they do not depend on the areas before it.
        rng = Random(f"{seed} {self.patch.facts.name}")  # noqa: S311  # made-up facts, no secrets
        count, before = self._share(self.extent.schools)
        # Numbers are left free for the few closed predecessors that each area has beside its schools of today.
        schools = Maker(self.patch, first_number=before + 10 * self.patch.number, on=on, rng=rng).make(count)
        volunteers, first_number = self._share(self.extent.volunteers)
        recruiter = people.Recruiter(
            self.patch,
            self.types,
            coordinator=self.coordinator,
            first_day=AcademicYear(AcademicYear.of(on).start - years).first_day,
            on=on,
            rng=rng,
        )
        team = recruiter.recruit(volunteers, [made.school for made in schools], me=me, first_number=first_number + 1)
        booker = Booker(self.patch, team, coordinator=self.coordinator, types=self.types, needs=self.needs, rng=rng)
        visits, _ = self._share(self.extent.visits_a_year)
        past.store(booker, schools, years=years, visits_a_year=visits, on=on)
        mine = next((person for person in team if me and person.volunteer.user == me), None)
        Fortnight(booker, schools, on=on, me=mine).fill(usual=max(3, visits // 20))
        booker.batch.store()
        talks.store(self.patch, schools, by=self.coordinator, on=on)
        stores.Keeper(self.patch, schools, team, by=self.coordinator, on=on).fill()
