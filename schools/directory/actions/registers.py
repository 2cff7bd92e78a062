"""Importing a national register: read it, compare it with what is stored, and write only the differences.

Reading and comparing take place outside any transaction; one short transaction compares again, because somebody else may have
written meanwhile, and writes. Nothing is locked while a file is read, and an import that is killed has changed nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import batched
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import Q

from schools.accounts.models import User
from schools.core.history import CHANGED, CREATED, record_history
from schools.core.nations import Nation
from schools.core.periods import AcademicYear
from schools.directory.actions.copies import begin_authorities
from schools.directory.actions.differences import Change, Differences, Missing, NewSchool, Stored, differences, missing_schools
from schools.directory.actions.link_files import LinkFile, LinkPlan, LinkReport, plan_links, read_links, stored_links, write_links
from schools.directory.actions.links import relink
from schools.directory.actions.locks import lock_register
from schools.directory.actions.places import Places, make_places, plan_places
from schools.directory.actions.reading import Complaint, NotThisRegister, RegisterFile, read_register
from schools.directory.actions.register_rolls import RollCounts, RollPlan, plan_rolls, write_rolls
from schools.directory.models import Reorganisation, School, SchoolAuthority, SchoolLink, Source
from schools.directory.registers import REGISTERS, Register, SchoolFacts

AT_ONCE = 4000
"""Schools made in memory at a time; with 500 rows a statement this neither costs time nor fills the memory."""
ROWS_A_STATEMENT = 500
TRIES = 3


@dataclass(frozen=True)
class RegisterReport:
    """What an import did, or would do. `created + updated + unchanged + ignored + refused` are the rows of the file."""

    created: int
    updated: int
    unchanged: int
    closed: int
    """Schools that were open and are closed now; they are among the updated."""
    ignored: int
    refused: list[Complaint]
    ignored_because: dict[str, int]
    left_out: list[Complaint]
    """Values that could not be used, of rows that could."""
    authority_changed: int
    """Schools that belong to another authority now; they are among the updated."""
    authorities_created: int
    areas_created: int
    regions_created: int
    links: LinkReport | None
    """What became of the file of links; None without one."""
    rolls: RollCounts | None
    """Pupils by year group; None where the file tells of none."""
    missing: list[Missing] | None
    """Schools that the whole register lacks, known before or not; None where the file did not claim to be the whole."""

    def as_json(self) -> dict[str, object]:
        """The object that `--json` prints."""
        missing = None
        if self.missing is not None:
            missing = [{"id": one.id, "name": one.name, "since": one.since.isoformat()} for one in self.missing]
        return asdict(self) | {"missing": missing}


def _no_progress(_: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class _Incoming:
    """All that was read."""

    schools: RegisterFile
    links: LinkFile | None
    roll_year: AcademicYear | None
    """The school year of the file's pupils by year group; never None where it has any."""
    is_complete: bool
    """The file is the whole register."""


@dataclass(frozen=True)
class _Plan:
    """All that is to be written."""

    places: Places
    schools: Differences
    links: LinkPlan | None
    rolls: RollPlan | None
    missing: list[Missing] | None
    """None where the file does not claim to be the whole register."""

    @property
    def newly_missing(self) -> list[Missing]:
        """Those of the missing that are to be marked."""
        return [school for school in self.missing or () if school.is_news]

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to write."""
        rolls = self.rolls.pupils if self.rolls else None
        schools = self.schools.created or self.schools.changed or self.newly_missing or rolls
        return not schools and self.places.is_nothing and (self.links is None or self.links.is_nothing)


def preview_register(
    path: Path,
    *,
    day: date,
    register: str = "gias",
    links: Path | None = None,
    complete: bool = False,
    roll_year: AcademicYear | None = None,
    authority_column: str = "",
    progress: Callable[[int], None] = _no_progress,
) -> RegisterReport:
    """What `import_register` would do with the files; nothing is changed. Raises as that does."""
    source = REGISTERS[register]
    stored = _stored(source)
    link_file = _read_links(links, source)
    content = read_register(path, source, known=stored, progress=progress, authority_column=authority_column)
    _require_roll_year(path, content, roll_year)
    incoming = _Incoming(content, link_file, roll_year, complete)
    return _report(incoming, _plan(incoming, source, stored, day=day))


def import_register(
    path: Path,
    *,
    day: date,
    now: datetime,
    by: User | None = None,
    register: str = "gias",
    links: Path | None = None,
    complete: bool = False,
    roll_year: AcademicYear | None = None,
    authority_column: str = "",
    progress: Callable[[int], None] = _no_progress,
) -> RegisterReport:
    """Store what the register file says about schools and their authorities, and a file of links, all in one transaction.

    `day` is the day from which a school belongs to the authority that the file gives it, where that is another one than before
    and no reorganisation tells the day. Rows that cannot be used are in the report; the rest is stored. What people typed
    (access notes, contacts, when to ask again) is not touched. A school that was entered by hand under the same number becomes
    the register's: it is the same school, and from then on kept up to date.
    `roll_year` is the school year of the pupils by year group that some registers give; `authority_column` names the column of
    the authority for a register that has none of its own.
    `complete` says that the file is the whole register: its schools that the file lacks are marked as missing since `day`, and
    listed. A school that comes back is marked no longer.
    Raises UnreadableTable or NotThisRegister, each with one line, when the file as a whole is of no use; nothing is changed then.
    """
    source = REGISTERS[register]
    stored = _stored(source)
    link_file = _read_links(links, source)
    content = read_register(path, source, known=stored, progress=progress, authority_column=authority_column)
    _require_roll_year(path, content, roll_year)
    incoming = _Incoming(content, link_file, roll_year, complete)
    plan = _plan(incoming, source, stored, day=day)
    del stored
    if plan.is_nothing:
        return _report(incoming, plan)
    del plan
    for tries_left in reversed(range(TRIES)):
        try:
            return _apply(incoming, source, day=day, now=now, by=by, reason=f"import_schools {path.name}")
        except IntegrityError:
            # Somebody entered one of these schools or areas by hand at this very moment: it is seen on the next try.
            if not tries_left:
                raise
    raise AssertionError


def _read_links(path: Path | None, source: Register) -> LinkFile | None:
    """Read before the register, because it is small: whoever mistook it for another file learns so at once."""
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


def _plan(incoming: _Incoming, source: Register, stored: Mapping[str, Stored], *, day: date) -> _Plan:
    places = plan_places(incoming.schools.authorities, source.nation)
    schools = differences(incoming.schools, stored, places.ids, day=day)
    links = None
    if incoming.links:
        known = stored.keys() | incoming.schools.schools.keys()
        links = plan_links(incoming.links, stored_links(source.nation), known)
    missing = missing_schools(incoming.schools, stored, day=day) if incoming.is_complete else None
    rolls = None
    if incoming.roll_year and incoming.schools.rolls:
        rolls = plan_rolls(incoming.schools.rolls, source.nation, academic_year=incoming.roll_year.start)
    return _Plan(places, schools, links, rolls, missing)


@transaction.atomic
def _apply(incoming: _Incoming, source: Register, *, day: date, now: datetime, by: User | None, reason: str) -> RegisterReport:
    lock_register()
    plan = _plan(incoming, source, _stored(source), day=day)
    found, by_id = plan.schools, by.pk if by else None
    authorities = make_places(plan.places, source.nation)
    for some in batched(found.created, AT_ONCE):
        record_history(School, _create(some, source, authorities), kind=CREATED, by_id=by_id, now=now, reason=reason)
    if found.changed:
        _change(found.changed, source, authorities)
        _move(found.moved, authorities, day=day)
    _mark(plan.newly_missing)
    if plan.rolls:
        write_rolls(plan.rolls, source.nation)
    linked = write_links(plan.links, source.nation) if plan.links else set()
    if linked := linked | _linked_otherwise(found.changed):
        relink(linked)
    changed = [*(change.old.pk for change in found.changed), *(school.pk for school in plan.newly_missing)]
    record_history(School, changed, kind=CHANGED, by_id=by_id, now=now, reason=reason)
    return _report(incoming, plan)


def _stored(source: Register) -> dict[str, Stored]:
    rows = School.objects.filter(nation=source.nation).values_list(
        "register_id", "pk", "authority_id", "source", "missing_since", *SchoolFacts._fields
    )
    dated = SchoolAuthority.objects.filter(to_day=None, from_day__isnull=False, school__nation=source.nation)
    since = dict(dated.order_by().values_list("school_id", "from_day"))
    return {
        register_id: Stored(pk, authority_id, since.get(pk), by, missing, SchoolFacts._make(facts))
        for register_id, pk, authority_id, by, missing, *facts in rows.order_by().iterator(chunk_size=AT_ONCE)
    }


def _create(new: tuple[NewSchool, ...], source: Register, authorities: Mapping[str, int]) -> list[int]:
    schools = School.objects.bulk_create(
        [
            School(
                nation=source.nation,
                register_id=register_id,
                authority_id=authorities.get(authority),
                source=Source.REGISTER,
                **facts._asdict(),
            )
            for register_id, authority, facts in new
        ],
        batch_size=ROWS_A_STATEMENT,
    )
    ids = [school.pk for school in schools]
    begin_authorities(ids)
    return ids


def _change(changes: list[Change], source: Register, authorities: Mapping[str, int]) -> None:
    """One upsert for all: four times as quick as an update for each. Columns that people fill are not among those it writes."""
    for some in batched(changes, AT_ONCE):
        School.objects.bulk_create(
            [
                School(
                    nation=source.nation,
                    register_id=change.register_id,
                    authority_id=authorities[change.authority] if change.authority else change.old.authority_id,
                    source=Source.REGISTER,
                    missing_since=None,
                    **change.facts._asdict(),
                )
                for change in some
            ],
            batch_size=ROWS_A_STATEMENT,
            update_conflicts=True,
            unique_fields=["nation", "register_id"],
            update_fields=["authority", "source", "missing_since", *SchoolFacts._fields],
        )


def _mark(newly_missing: list[Missing]) -> None:
    """They are neither closed nor deleted: a register that does not name a school says nothing about it."""
    for some in batched(newly_missing, ROWS_A_STATEMENT):
        School.objects.filter(pk__in=[school.pk for school in some]).update(missing_since=some[0].since)


def _move(moved: list[Change], authorities: Mapping[str, int], *, day: date) -> None:
    """End what the schools belonged to the day before, and begin what they belong to now."""
    if not moved:
        return
    rows = Reorganisation.objects.values_list("old_id", "new_id", "day")
    reorganised: dict[tuple[int | None, int], date] = {(old, new): on for old, new, on in rows}
    current, held = _belonging([change.old.pk for change in moved])
    ended, begun = [], []
    for change in moved:
        old, authority_id = change.old, authorities[change.authority]
        row = current.get(old.pk)
        from_day = reorganised.get((old.authority_id, authority_id), day)
        if row and row.from_day and row.from_day >= from_day:
            # Moved on that very day already: the school never spent a day in the authority that it leaves.
            row.authority_id = authority_id
            ended.append(row)
            continue
        if row:
            row.to_day = from_day - timedelta(days=1)
            ended.append(row)
        elif old.pk not in held and old.authority_id:
            # Entered by hand, without days: it belonged there always.
            begun.append(SchoolAuthority(school_id=old.pk, authority_id=old.authority_id, to_day=from_day - timedelta(days=1)))
            held.add(old.pk)
        begun.append(SchoolAuthority(school_id=old.pk, authority_id=authority_id, from_day=from_day if old.pk in held else None))
    # Ends first: a school belongs to one authority at a time, and the database sees to that row by row.
    SchoolAuthority.objects.bulk_update(ended, ["authority", "to_day"], batch_size=ROWS_A_STATEMENT)
    SchoolAuthority.objects.bulk_create(begun, batch_size=ROWS_A_STATEMENT)


def _belonging(school_ids: list[int]) -> tuple[dict[int, SchoolAuthority], set[int]]:
    """The row of each school that holds still, and the schools that have any row."""
    current: dict[int, SchoolAuthority] = {}
    held: set[int] = set()
    for some in batched(school_ids, ROWS_A_STATEMENT):
        for row in SchoolAuthority.objects.filter(school__in=some):
            held.add(row.school_id)
            if row.to_day is None:
                current[row.school_id] = row
    return current, held


def _linked_otherwise(changes: list[Change]) -> set[int]:
    """Linked schools whose days changed: whether a link is a conversion hangs on when the two closed and opened."""
    dates = {c.old.pk for c in changes if (c.facts.opened, c.facts.closed) != (c.old.facts.opened, c.old.facts.closed)}
    linked: set[int] = set()
    for some in batched(dates, ROWS_A_STATEMENT):
        pairs = SchoolLink.objects.filter(Q(predecessor__in=some) | Q(successor__in=some)).values_list(
            "predecessor_id", "successor_id"
        )
        linked.update(school_id for pair in pairs for school_id in pair if school_id in dates)
    return linked


def _report(incoming: _Incoming, plan: _Plan) -> RegisterReport:
    content, found = incoming.schools, plan.schools
    return RegisterReport(
        created=len(found.created),
        updated=len(found.changed),
        unchanged=found.unchanged,
        closed=found.closed,
        ignored=content.ignored.total(),
        refused=content.refused,
        ignored_because=dict(Counter(content.ignored)),
        left_out=content.left_out,
        authority_changed=len(found.moved),
        authorities_created=len(plan.places.new),
        areas_created=plan.places.areas_created,
        regions_created=plan.places.regions_created,
        links=plan.links.report() if plan.links else None,
        rolls=plan.rolls.counts() if plan.rolls else None,
        missing=plan.missing,
    )
