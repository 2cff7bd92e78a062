"""What an import of a register will do: everything that was read, what of it is new, and the report for command and page."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from django.db.models import Q

from schools.core.nations import Nation
from schools.core.periods import AcademicYear
from schools.directory.actions.days import known_of, last_run
from schools.directory.actions.differences import (
    Differences,
    Missing,
    StoredSchool,
    day_described,
    differences,
    missing_schools,
)
from schools.directory.actions.link_files import LinkFile, LinkPlan, LinkReport, plan_links, read_links, stored_links
from schools.directory.actions.places import Places, plan_places
from schools.directory.actions.reading import OUTDATED, NotThisRegister, RegisterFile, RowProblem, no_progress, read_register
from schools.directory.actions.register_rolls import RollCounts, RollPlan, plan_rolls
from schools.directory.belonging import ALWAYS
from schools.directory.models import School, Source
from schools.directory.registers import Register, SchoolFacts

ROWS_AT_ONCE = 4000
"""Number of stored schools that are fetched at a time."""
ALL = Q()


@dataclass(frozen=True)
class RegisterReport:
    """What an import did, or would do. `created + updated + unchanged + ignored + refused` are the rows of the file."""

    day: date
    """The day that the file speaks of, by what it says itself."""
    created: int
    updated: int
    unchanged: int
    closed: int
    """The number of schools that were open and are closed now; they are among the updated."""
    ignored: int
    refused: list[RowProblem]
    ignored_because: dict[str, int]
    left_out: list[RowProblem]
    """Values that could not be used although the rest of the row could."""
    authority_changed: int
    """The number of schools that belong to another authority now; they are among the updated."""
    authorities_created: int
    areas_created: int
    regions_created: int
    links: LinkReport | None
    """The report of the file of links; None without one."""
    rolls: RollCounts | None
    """Counts of pupils by year group; None where the file has none."""
    missing: list[Missing] | None
    """Schools that a complete file lacks, newly or still; None where the file is not declared complete."""
    read_again: date | None
    """The day of a newer register that was read before, where this one made schools: nobody knew them then.

    Read once more, that one closes those that have closed since. None: there is none, or no school was made.
    """

    def as_json(self) -> dict[str, object]:
        """Return the object that `--json` prints."""
        missing = None
        if self.missing is not None:
            missing = [{"id": school.id, "name": school.name, "since": school.since.isoformat()} for school in self.missing]
        read_again = self.read_again.isoformat() if self.read_again else None
        return asdict(self) | {"day": self.day.isoformat(), "missing": missing, "read_again": read_again}


@dataclass(frozen=True)
class Incoming:
    """Everything that was read."""

    schools: RegisterFile
    links: LinkFile | None
    roll_year: AcademicYear | None
    """The school year of the file's pupils by year group; never None where the file has any."""
    is_complete: bool
    """Whether the file is the whole register."""


@dataclass(frozen=True)
class Plan:
    """Everything that the import will write."""

    day: date
    """The day that the file speaks of."""
    stored: Mapping[str, StoredSchool]
    """The stored schools that the file was compared with, by register id."""
    places: Places
    schools: Differences
    links: LinkPlan | None
    rolls: RollPlan | None
    missing: list[Missing] | None
    """Schools that a complete file lacks; None where the file is not declared complete."""

    @property
    def newly_missing(self) -> list[Missing]:
        """Missing schools that have to be marked."""
        return [school for school in self.missing or () if school.is_new]

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to write."""
        rolls = (self.rolls.pupils or self.rolls.again) if self.rolls else None
        differences = self.schools
        schools = differences.created or differences.changed or differences.seen or differences.redated
        return (
            not (schools or self.newly_missing or rolls)
            and self.places.is_nothing
            and (self.links is None or self.links.is_nothing)
        )


def read_incoming(
    path: Path,
    source: Register,
    stored: Mapping[str, StoredSchool],
    *,
    links: Path | None = None,
    complete: bool = False,
    roll_year: AcademicYear | None = None,
    authority_column: str = "",
    progress: Callable[[int], None] = no_progress,
) -> Incoming:
    """Read the files; `stored` are the schools that are known already. Raises UnreadableTable or NotThisRegister."""
    link_file = _read_links(links, source)
    content = read_register(path, source, known=stored, progress=progress, authority_column=authority_column)
    if content.roll_year is not None:
        roll_year = AcademicYear(content.roll_year)
    _require_roll_year(path, content, roll_year)
    return Incoming(content, link_file, roll_year, complete)


def _read_links(path: Path | None, source: Register) -> LinkFile | None:
    """Read the file of links. It is read before the register because it is small, so a wrong file is noticed at once."""
    if path and source.nation != Nation.ENGLAND:
        msg = f"There is no file of links for {source.title}. Leave it out."
        raise NotThisRegister(msg)
    return read_links(path) if path else None


def _require_roll_year(path: Path, content: RegisterFile, roll_year: AcademicYear | None) -> None:
    if content.rolls and not roll_year:
        msg = (
            f"{path.name} holds pupils by year group and nothing tells of which school year. Give a day of that year with --day, "
            f"or put the year into the file's name, like {path.stem}-2025-26{path.suffix}. Nothing was changed."
        )
        raise NotThisRegister(msg)


def plan_import(incoming: Incoming, source: Register, stored: Mapping[str, StoredSchool], *, day: date) -> Plan:
    """Compare what was read with what is stored; nothing is written (rule 22)."""
    places = plan_places(incoming.schools.authorities, source.nation)
    authorities = known_of(incoming.schools.authorities, places, source.name)
    if incoming.schools.roll_year is not None:
        # The file says itself of which school year it is.
        year = AcademicYear(incoming.schools.roll_year)
        day = min(max(day, year.first_day), year.last_day)
    described = day_described(incoming.schools, authorities, day=day)
    schools = differences(incoming.schools, stored, authorities, day=described)
    links = None
    if incoming.links:
        known = stored.keys() | incoming.schools.schools.keys()
        links = plan_links(incoming.links, stored_links(source.nation), known, day=described)
    missing = missing_schools(incoming.schools, stored, day=described) if incoming.is_complete else None
    rolls = None
    if incoming.roll_year and incoming.schools.rolls:
        rolls = plan_rolls(incoming.schools.rolls, source, year=incoming.roll_year, day=described)
    return Plan(described, stored, places, schools, links, rolls, missing)


def stored_schools(source: Register, *, among: Q = ALL) -> dict[str, StoredSchool]:
    """Return every school of the register's nation, by register id, or those `among` them that a condition narrows down."""
    rows = School.objects.filter(among, nation=source.nation).values_list(
        "register_id",
        "pk",
        "authority_id",
        "register_day",
        "older_facts",
        "source",
        "missing_since",
        "placed_by",
        *SchoolFacts._fields,
    )
    before = last_run(source.name)
    return {
        register_id: StoredSchool(
            pk,
            authority_id,
            day or (before if by == Source.REGISTER else ALWAYS),
            {name: date.fromisoformat(since) for name, since in older.items()} if older else {},
            by,
            missing,
            # A place that follows from a postcode is no fact of a register.
            SchoolFacts._make(facts)._replace(easting=None, northing=None) if placed_by else SchoolFacts._make(facts),
        )
        for register_id, pk, authority_id, day, older, by, missing, placed_by, *facts in rows.order_by().iterator(
            chunk_size=ROWS_AT_ONCE
        )
    }


def report_of(incoming: Incoming, plan: Plan) -> RegisterReport:
    """Return the report of the plan."""
    content, changes = incoming.schools, plan.schools
    ignored = Counter(content.ignored)
    if changes.outdated:
        ignored[OUTDATED] = changes.outdated
    return RegisterReport(
        day=plan.day,
        created=len(changes.created),
        updated=len(changes.changed),
        unchanged=changes.unchanged,
        closed=changes.closed,
        ignored=ignored.total(),
        refused=content.refused,
        ignored_because=dict(ignored),
        left_out=content.left_out,
        authority_changed=len(changes.moved),
        authorities_created=len(plan.places.new),
        areas_created=plan.places.areas_created,
        regions_created=plan.places.regions_created,
        links=plan.links.report() if plan.links else None,
        rolls=plan.rolls.counts() if plan.rolls else None,
        missing=plan.missing,
        read_again=_read_again(plan),
    )


def _read_again(plan: Plan) -> date | None:
    """Return `read_again` of the report."""
    newest = max((known.day for known in plan.stored.values()), default=plan.day)
    return newest if plan.schools.created and newest > plan.day else None
