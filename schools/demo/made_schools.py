"""Invents the schools of an area: their sizes and rolls, a conversion to an academy, a merger, a trust and a federation."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from schools.core.nations import Nation
from schools.core.periods import AcademicYear
from schools.demo import names, rows
from schools.demo.places import Patch
from schools.directory.models import (
    NO_GROUP,
    LinkKind,
    Roll,
    RollSource,
    School,
    SchoolAuthority,
    SchoolLink,
    Sector,
    Site,
    Status,
)

FIRST_REGISTER_ID = 99_000_000
"""The demo's register ids have eight digits and begin with 99; no real register has such numbers (URN: six, SEED: seven)."""

BATCH = 500
FORMS = (11, 15, 22, 27, 29, 44, 57)
HOW_OFTEN = (2, 3, 3, 4, 5, 2, 2)
TO_A_SITE = 900
"""So many metres a site of a school is from its own address, along the grid."""
MOST_IN_TRUST = 6


@dataclass(frozen=True)
class MadeSchool:
    """A made-up school as stored, with the usual number of pupils in a year group (`size`)."""

    school: School
    number: int
    size: int
    sites: list[Site] = field(default_factory=list, compare=False)
    """Its sites, where it is in several places."""

    def pupils(self, year: int, group: int) -> int:
        """Return the pupils of the year group in the academic year; one year later the same class is about as large."""
        return max(3, self.size + ((year - group) * 37 + self.number * 17) % 7 - 3 + (self.number + year) % 2)

    def is_open_on(self, day: date) -> bool:
        """Whether the school is open on the day."""
        return (self.school.opened is None or self.school.opened <= day) and (
            self.school.closed is None or day <= self.school.closed
        )

    @property
    def has_history(self) -> bool:
        """Whether it has predecessors or a successor."""
        return self.school.lineage is not None


@dataclass(frozen=True)
class Kind:
    """A kind of school, with the ending of its name."""

    ending: str
    words: str
    low_age: int
    high_age: int
    sector: Sector = Sector.MAINSTREAM
    phase: str = "Primary"


PRIMARY = {
    Nation.ENGLAND: (
        Kind("Primary School", "Community school", 4, 11),
        Kind("C of E Primary School", "Voluntary aided school", 3, 11),
        Kind("Primary Academy", "Academy converter", 4, 11),
    ),
    Nation.SCOTLAND: (Kind("Primary School", "Local authority", 4, 12), Kind("RC Primary School", "Local authority", 4, 12)),
    Nation.WALES: (
        Kind("Primary School", "Maintained", 3, 11),
        Kind("Church in Wales Primary School", "Voluntary controlled", 3, 11),
    ),
    Nation.NORTHERN_IRELAND: (
        Kind("Primary School", "Controlled", 4, 11),
        Kind("Integrated Primary School", "Controlled integrated", 4, 11),
    ),
}
INFANT = Kind("Infant School", "Community school", 4, 7)
JUNIOR = Kind("Junior School", "Community school", 7, 11)
SPECIAL = Kind("School", "Community special school", 4, 16, Sector.SPECIAL, "Not applicable")
INDEPENDENT = Kind("Preparatory School", "Other independent school", 4, 11, Sector.INDEPENDENT, "Not applicable")


class Maker:
    """A maker of one area's schools; the same random numbers make the same schools."""

    def __init__(self, patch: Patch, *, first_number: int, on: date, rng: Random) -> None:
        self.patch = patch
        self.number = first_number
        self.year = AcademicYear.of(on).start
        self.rng = rng
        self.villages = names.of_villages(patch.nation, rng)
        self.made: list[MadeSchool] = []

    def make(self, count: int) -> list[MadeSchool]:
        """Store `count` schools of today and their predecessors, with rolls, authorities and links."""
        today = [self._new(self._kind(position)) for position in range(count)]
        follow = [school for school in today if school.school.kind == "Academy converter"][:1]
        merged = [school for school in today if school.school.kind != "Academy converter" and len(school.school.year_groups) == 7]
        pairs = [(self._before_conversion(academy), academy, LinkKind.SUCCESSOR) for academy in follow]
        pairs += [(old, merged[0], LinkKind.AMALGAMATED) for old in self._before_merger(merged[0])] if merged else []
        self._put_together(today)
        rows.store([made.school for made in self.made])
        self._link(pairs)
        if merged:
            self._divide(merged[0])
        rows.store(list(self._authorities()))
        rows.store(list(self._rolls()))
        return self.made

    def _kind(self, position: int) -> Kind:
        nation = self.patch.nation
        if position % 25 == 7:
            return SPECIAL
        if nation == Nation.ENGLAND and position % 40 in {11, 12, 25}:
            return {11: INFANT, 12: JUNIOR, 25: INDEPENDENT}[position % 40]
        kinds = PRIMARY[nation]
        # The first is an academy in England, so that every English area has a conversion.
        return kinds[-1] if position == 0 else kinds[self.rng.choices(range(len(kinds)), (6, 2, 3)[: len(kinds)])[0]]

    def _new(self, kind: Kind, village: str = "", *, opened: date | None = None, closed: date | None = None) -> MadeSchool:
        rng = self.rng
        village = village or self.villages.pop()
        name = f"{village} {kind.ending}"
        if "C of E" in kind.ending or "RC" in kind.ending or "Church" in kind.ending:
            name = f"{rng.choice(names.SAINTS)} {kind.ending}, {village}"
        welsh = self.patch.nation == Nation.WALES and kind.sector == Sector.MAINSTREAM and rng.random() < 0.45
        authority = rng.choice(self.patch.authorities)
        self.number += 1
        size = 4 if kind.sector == Sector.SPECIAL else rng.choices(FORMS, HOW_OFTEN)[0]
        school = School(
            nation=self.patch.nation,
            register_id=str(FIRST_REGISTER_ID + self.number),
            name=f"Ysgol Gynradd {village}" if welsh else name,
            authority=authority,
            sector=kind.sector,
            phase=kind.phase,
            kind=kind.words,
            status=Status.CLOSED if closed else Status.OPEN,
            opened=opened,
            closed=closed,
            low_age=kind.low_age,
            high_age=kind.high_age,
            address=f"{rng.choice(names.STREETS)}, {village}",
            postcode=f"{self.patch.facts.postcode}{rng.randint(1, 28)} {rng.randint(0, 9)}ZZ",
            easting=self.patch.facts.easting + rng.randint(-18_000, 18_000),
            northing=self.patch.facts.northing + rng.randint(-18_000, 18_000),
            welsh_medium="Welsh medium" if welsh else "",
            access_notes=rng.choice(names.ARRIVAL) if rng.random() < 0.3 else "",
        )
        made = MadeSchool(school, self.number, size)
        year = self.year - 2 if closed else self.year - 1
        school.pupils = sum(made.pupils(year, group) for group in school.year_groups)
        school.census_day = date(year + 1, 1, 16)
        self.made.append(made)
        return made

    def _before_conversion(self, academy: MadeSchool) -> MadeSchool:
        """Make the community school that closed when the academy opened, in September of last academic year."""
        opened = date(self.year - 1, 9, 1)
        village = academy.school.name.removesuffix(" Primary Academy")
        old = self._new(PRIMARY[Nation.ENGLAND][0], village, closed=opened - timedelta(days=1))
        academy.school.opened = opened
        return old

    def _before_merger(self, merged: MadeSchool) -> list[MadeSchool]:
        """Make the two schools that were amalgamated into one."""
        opened = date(self.year - 1, 9, 1)
        village = merged.school.address.rpartition(", ")[2]
        kinds = (
            (INFANT, JUNIOR)
            if self.patch.nation == Nation.ENGLAND
            else (Kind("North School", "Local authority", 4, 11), Kind("South School", "Local authority", 4, 11))
        )
        merged.school.opened = opened
        return [self._new(kind, village, closed=opened - timedelta(days=1)) for kind in kinds]

    def _put_together(self, today: list[MadeSchool]) -> None:
        """Let academies belong to one trust, an infant school and a junior school to a federation, as in England's register."""
        if self.patch.nation != Nation.ENGLAND:
            return
        for made in self.made:
            made.school.trust_code = made.school.federation_code = NO_GROUP
        academies = [made.school for made in today if made.school.kind == "Academy converter"][:MOST_IN_TRUST]
        for school in academies:
            school.trust_code = f"99{self.patch.number:03}"
            school.trust = f"{academies[0].name.removesuffix(' Primary Academy')} and Neighbours Academy Trust"
        pair = [made.school for made in today if made.school.name.endswith((INFANT.ending, JUNIOR.ending))][:2]
        for school in pair:
            school.federation_code = f"98{self.patch.number:03}"
            school.federation = f"{pair[0].name.removesuffix(f' {INFANT.ending}')} Federation"

    def _divide(self, merged: MadeSchool) -> None:
        """Store two sites of the school: those of the schools that were made one."""
        school = merged.school
        village, place = school.address.rpartition(", ")[2], (school.easting or 0, school.northing or 0)
        for number, (name, street) in enumerate((("Lower Site", "Quarry Lane"), ("Upper Site", "Hill Top"))):
            away = TO_A_SITE if number else -TO_A_SITE
            made = Site(
                school=school,
                name=name,
                address=f"{street}, {village}",
                postcode=f"{school.postcode[:-2]}{'YX'[number]}Y",
                easting=place[0] + away,
                northing=place[1],
                access_notes=names.ARRIVAL[number],
            )
            merged.sites.append(made)
        Site.objects.bulk_create(merged.sites)

    def _link(self, pairs: list[tuple[MadeSchool, MadeSchool, LinkKind]]) -> None:
        """Store the links, and the chains and lineages that follow from them; each is named by the lowest id of its schools."""
        SchoolLink.objects.bulk_create(
            SchoolLink(predecessor=old.school, successor=new.school, kind=kind, day=new.school.opened) for old, new, kind in pairs
        )
        for _, new, kind in pairs:
            members = [new.school, *(old.school for old, other, _ in pairs if other is new)]
            lowest = min(school.pk for school in members)
            for school in members:
                school.lineage = lowest
                school.chain = lowest if kind == LinkKind.SUCCESSOR else None
                school.authority = new.school.authority
                school.easting, school.northing, school.postcode = new.school.easting, new.school.northing, new.school.postcode
        changed = ["lineage", "chain", "authority", "easting", "northing", "postcode"]
        School.objects.bulk_update([made.school for made in self.made if made.has_history], changed)

    def _authorities(self) -> Iterator[SchoolAuthority]:
        former = self.patch.former
        for made in self.made:
            if former:
                yield SchoolAuthority(school_id=made.school.pk, authority_id=former.authority.pk, to_day=former.closed)
            from_day = former.closed + timedelta(days=1) if former else None
            yield SchoolAuthority(school_id=made.school.pk, authority=made.school.authority, from_day=from_day)

    def _rolls(self) -> Iterator[Roll]:
        for made in self.made:
            year = self.year - 2 if made.school.closed else self.year - 1
            for group in made.school.year_groups:
                pupils = made.pupils(year, group)
                yield Roll(
                    school_id=made.school.pk, academic_year=year, year_group=group, pupils=pupils, source=RollSource.REGISTER,
                    given_on=AcademicYear(year).first_day,
                )  # fmt: skip
