"""Importing a national register: read it, compare it with what is stored, and write only the differences.

Reading and comparing happen outside any transaction. One short transaction compares again, because somebody else may have written
in between, and writes. So nothing is locked while a file is read, and an import that is killed has changed nothing.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from itertools import batched
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import Q

from schools.accounts.models import User
from schools.core.history import CHANGED, CREATED, record_history
from schools.core.periods import AcademicYear
from schools.directory.actions.changes import record_changes
from schools.directory.actions.copies import begin_authorities
from schools.directory.actions.differences import Change, Missing, NewSchool
from schools.directory.actions.link_files import write_links
from schools.directory.actions.links import relink
from schools.directory.actions.locks import lock_register
from schools.directory.actions.places import make_places
from schools.directory.actions.plans import (
    Incoming,
    Plan,
    RegisterReport,
    no_progress,
    plan_import,
    read_incoming,
    report_of,
    stored_schools,
)
from schools.directory.actions.register_rolls import write_rolls
from schools.directory.models import ImportRun, Reorganisation, RunState, School, SchoolAuthority, SchoolLink, Source
from schools.directory.registers import REGISTERS, WRITTEN_BY_IMPORTS, Register

AT_ONCE = 4000
"""Number of schools created in memory at a time: with 500 rows a statement this is fast and does not fill the memory."""
ROWS_A_STATEMENT = 500
TRIES = 3


def preview_register(
    path: Path,
    *,
    day: date,
    register: str = "gias",
    links: Path | None = None,
    complete: bool = False,
    roll_year: AcademicYear | None = None,
    authority_column: str = "",
    progress: Callable[[int], None] = no_progress,
) -> RegisterReport:
    """Return what `import_register` would do with the files; nothing is changed. Raises the same errors."""
    source = REGISTERS[register]
    stored = stored_schools(source)
    incoming = read_incoming(
        path,
        source,
        stored,
        links=links,
        complete=complete,
        roll_year=roll_year,
        authority_column=authority_column,
        progress=progress,
    )
    return report_of(incoming, plan_import(incoming, source, stored, day=day))


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
    progress: Callable[[int], None] = no_progress,
) -> RegisterReport:
    """Store what the register file says about schools and their authorities, and a file of links, in one transaction.

    `day` is the day from which a school belongs to the authority in the file, where that is a new one and no reorganisation gives
    the day. Rows that cannot be used are in the report; the rest is stored. What people typed (access notes, contacts, when to
    ask again) is not touched. A school that was entered by hand under the same number becomes the register's, because it is the
    same school; from then on the register keeps it up to date.

    `roll_year` is the school year of the pupils by year group that some registers give. `authority_column` names the column of
    the authority for a register that has none of its own. `complete` says that the file is the whole register: schools that it
    lacks are marked as missing since `day`, and listed; the mark of a school that is back is removed.

    The import is kept for ever as an ImportRun with its ImportChanges, even where there was nothing to change. Raises
    UnreadableTable or NotThisRegister, each with a message of one line, when the file as a whole cannot be used; nothing is
    changed then.
    """
    # Longer than 40 lines because of its many arguments, which are read, compared and kept in one place.
    source = REGISTERS[register]
    stored = stored_schools(source)
    incoming = read_incoming(
        path,
        source,
        stored,
        links=links,
        complete=complete,
        roll_year=roll_year,
        authority_column=authority_column,
        progress=progress,
    )
    plan = plan_import(incoming, source, stored, day=day)
    del stored
    run = ImportRun(
        register=register,
        file_name=path.name[:200],
        links_name=links.name[:200] if links else "",
        day=day,
        complete=complete,
        roll_year=roll_year.start if roll_year else None,
        authority_column=authority_column,
        state=RunState.APPLIED,
        asked_by=by,
        asked_at=now,
        seen_at=now,
        applied_by=by,
        applied_at=now,
    )
    if plan.is_nothing:
        report = report_of(incoming, plan)
        run.report = report.as_json()
        run.save()
        return report
    del plan
    for tries_left in reversed(range(TRIES)):
        try:
            return _apply(incoming, source, run, now=now)
        except IntegrityError:
            # Somebody entered one of these schools or areas by hand at the same moment: the next try sees it.
            if not tries_left:
                raise
    raise AssertionError


@transaction.atomic
def _apply(incoming: Incoming, source: Register, run: ImportRun, *, now: datetime) -> RegisterReport:
    lock_register()
    plan = plan_import(incoming, source, stored_schools(source), day=run.day)
    report = report_of(incoming, plan)
    run.pk, run.report = None, report.as_json()
    run.save()
    created = write_plan(plan, source, day=run.day, now=now, by=run.asked_by, reason=f"import_schools {run.file_name}")
    record_changes(run, plan, incoming, source, created)
    return report


def write_plan(plan: Plan, source: Register, *, day: date, now: datetime, by: User | None, reason: str) -> dict[str, int]:
    """Write the plan inside the caller's transaction, under the register's lock.

    Returns the ids of the created schools, by register id.
    """
    differences, by_id = plan.schools, by.pk if by else None
    authorities = make_places(plan.places, source.nation)
    created: dict[str, int] = {}
    for schools in batched(differences.created, AT_ONCE):
        made = _create(schools, source, authorities)
        record_history(School, list(made.values()), kind=CREATED, by_id=by_id, now=now, reason=reason)
        created |= made
    if differences.changed:
        _change(differences.changed, source, authorities)
        _move(differences.moved, authorities, day=day)
    _mark(plan.newly_missing)
    # The ids are at hand: reading those of 12,000 linked schools again would cost as much as writing the links.
    ids = {register_id: school.pk for register_id, school in plan.stored.items()} | created
    if plan.rolls:
        write_rolls(plan.rolls, ids)
    linked = write_links(plan.links, ids) if plan.links else set()
    if linked := linked | _linked_otherwise(differences.changed):
        relink(linked)
    changed = [*(change.old.pk for change in differences.changed), *(school.pk for school in plan.newly_missing)]
    record_history(School, changed, kind=CHANGED, by_id=by_id, now=now, reason=reason)
    return created


def _create(new: tuple[NewSchool, ...], source: Register, authorities: Mapping[str, int]) -> dict[str, int]:
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
    made = {school.register_id: school.pk for school in schools}
    begin_authorities(list(made.values()))
    return made


def _change(changes: list[Change], source: Register, authorities: Mapping[str, int]) -> None:
    """Write all changes by upserts, four times as fast as one update for each; columns that people fill are not written."""
    for batch in batched(changes, AT_ONCE):
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
                for change in batch
            ],
            batch_size=ROWS_A_STATEMENT,
            update_conflicts=True,
            unique_fields=["nation", "register_id"],
            update_fields=[*WRITTEN_BY_IMPORTS, "source", "missing_since"],
        )


def _mark(newly_missing: list[Missing]) -> None:
    """Mark schools as missing. They are neither closed nor deleted: a register that lacks a school says nothing about it."""
    for batch in batched(newly_missing, ROWS_A_STATEMENT):
        School.objects.filter(pk__in=[school.pk for school in batch]).update(missing_since=batch[0].since)


def _move(moved: list[Change], authorities: Mapping[str, int], *, day: date) -> None:
    """End the schools' rows of their old authorities the day before, and begin those of their new ones."""
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
            # It came to that authority on the same day or later, so it never spent a day there: that row is changed.
            row.authority_id = authority_id
            ended.append(row)
            continue
        if row:
            row.to_day = from_day - timedelta(days=1)
            ended.append(row)
        elif old.pk not in held and old.authority_id:
            # It was entered by hand without days, so it has belonged to its authority from always.
            begun.append(SchoolAuthority(school_id=old.pk, authority_id=old.authority_id, to_day=from_day - timedelta(days=1)))
            held.add(old.pk)
        begun.append(SchoolAuthority(school_id=old.pk, authority_id=authority_id, from_day=from_day if old.pk in held else None))
    # First write the ends: a school belongs to one authority at a time, and the database checks that row by row.
    SchoolAuthority.objects.bulk_update(ended, ["authority", "to_day"], batch_size=ROWS_A_STATEMENT)
    SchoolAuthority.objects.bulk_create(begun, batch_size=ROWS_A_STATEMENT)


def _belonging(school_ids: list[int]) -> tuple[dict[int, SchoolAuthority], set[int]]:
    """Return the current row of each school, and the schools that have any row."""
    current: dict[int, SchoolAuthority] = {}
    held: set[int] = set()
    for ids in batched(school_ids, ROWS_A_STATEMENT):
        for row in SchoolAuthority.objects.filter(school__in=ids):
            held.add(row.school_id)
            if row.to_day is None:
                current[row.school_id] = row
    return current, held


def _linked_otherwise(changes: list[Change]) -> set[int]:
    """Return linked schools whose first or last day changed: these days decide whether a link makes one chain."""
    dates = {c.old.pk for c in changes if (c.facts.opened, c.facts.closed) != (c.old.facts.opened, c.old.facts.closed)}
    linked: set[int] = set()
    for ids in batched(dates, ROWS_A_STATEMENT):
        pairs = SchoolLink.objects.filter(Q(predecessor__in=ids) | Q(successor__in=ids)).values_list(
            "predecessor_id", "successor_id"
        )
        linked.update(school_id for pair in pairs for school_id in pair if school_id in dates)
    return linked
