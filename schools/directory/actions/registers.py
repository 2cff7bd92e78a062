"""Importing a national register: read it, compare it with what is stored, and write only the differences.

Reading and comparing happen outside any transaction. One short transaction compares again, because somebody else may have written
in between, and writes. So nothing is locked while a file is read, and an import that is killed has changed nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from itertools import batched
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from schools.accounts.models import User
from schools.core.databases import keep_statistics_after_commit
from schools.core.history import CHANGED, CREATED, record_history
from schools.core.ids import Ids
from schools.core.periods import AcademicYear
from schools.directory.actions.belongings import work_out
from schools.directory.actions.changes import record_changes
from schools.directory.actions.conflicts import again_on_conflict
from schools.directory.actions.copies import begin_authorities
from schools.directory.actions.differences import Change, Dated, Missing, NewSchool, older_as_stored
from schools.directory.actions.link_files import write_links
from schools.directory.actions.links import relink
from schools.directory.actions.locks import lock_register
from schools.directory.actions.places import make_places
from schools.directory.actions.plans import (
    Incoming,
    Plan,
    RegisterReport,
    plan_import,
    read_incoming,
    report_of,
    stored_schools,
)
from schools.directory.actions.reading import no_progress
from schools.directory.actions.register_rolls import write_rolls
from schools.directory.models import ImportRun, RunState, School, SchoolLink, Source
from schools.directory.registers import REGISTERS, Register, SchoolFacts

AT_ONCE = 4000
"""Number of schools created in memory at a time: with 500 rows a statement this is fast and does not fill the memory."""
ROWS_A_STATEMENT = 500


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

    `day` is the day that the file speaks of. What is stored of a later day stays; from this day a school belongs to the authority
    in the file, where that is a new one and no reorganisation gives the day. Rows that cannot be used are in the report; the rest
    is stored. What people typed (access notes, contacts, when to ask again) is not touched. A school that was entered by hand
    under the same number becomes the register's, because it is the same school; from then on the register keeps it up to date.

    `roll_year` is the school year of the pupils by year group that some registers give. `authority_column` names the column of
    the authority for a register that has none of its own. `complete` says that the file is the whole register: schools that it
    lacks are marked as missing since `day`, and listed; a register of that day or a later one that names it takes the mark away.

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
    return again_on_conflict(lambda: _apply(incoming, source, run, now=now))


@transaction.atomic
def _apply(incoming: Incoming, source: Register, run: ImportRun, *, now: datetime) -> RegisterReport:
    lock_register()
    plan = plan_import(incoming, source, stored_schools(source), day=run.day)
    report = report_of(incoming, plan)
    run.pk, run.report = None, report.as_json()
    run.save()
    created = write_plan(plan, source, now=now, by=run.asked_by, reason=f"import_schools {run.file_name}")
    record_changes(run, plan, incoming, source, created)
    return report


def write_plan(plan: Plan, source: Register, *, now: datetime, by: User | None, reason: str) -> dict[str, int]:
    """Write the plan inside the caller's transaction, under the register's lock.

    Returns the ids of the created schools, by register id.
    """
    keep_statistics_after_commit()
    differences, by_id = plan.schools, by.pk if by else None
    authorities = make_places(plan.places, source.nation, by_id=by_id, now=now, reason=reason)
    created: dict[str, int] = {}
    for schools in batched(differences.created, AT_ONCE):
        made = _create(schools, source, authorities)
        record_history(School, list(made.values()), kind=CREATED, by_id=by_id, now=now, reason=reason)
        created |= made
    # Before the days are written: until now the stored ones say when a register last named the authority of today.
    _belong(plan, authorities, created)
    if differences.changed:
        _change(differences.changed, source, authorities)
    _redate(differences.redated)
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


def _belong(plan: Plan, authorities: Mapping[str, int], created: Mapping[str, int]) -> None:
    """Work out to which authorities schools belonged: those of which the file says something new, and new ones.

    A new school of an authority that came out of another one was that one's before.
    """
    seen = {school.pk: (authorities[school.authority], school.day) for school in plan.schools.seen}
    if seen:
        work_out(seen, seen=seen)
    later = {new for _, _, new in plan.places.succession.pairs}
    work_out(created[new.register_id] for new in plan.schools.created if new.authority in later)


def _create(new: tuple[NewSchool, ...], source: Register, authorities: Mapping[str, int]) -> dict[str, int]:
    schools = School.objects.bulk_create(
        [
            School(
                nation=source.nation,
                register_id=register_id,
                authority_id=authorities.get(authority),
                source=Source.REGISTER,
                missing_since=missing_since,
                register_day=day,
                **facts._asdict(),
            )
            for register_id, authority, facts, day, missing_since in new
        ],
        batch_size=ROWS_A_STATEMENT,
    )
    made = {school.register_id: school.pk for school in schools}
    begin_authorities(list(made.values()))
    return made


def _change(changes: list[Change], source: Register, authorities: Mapping[str, int]) -> None:
    """Write all changes by upserts, four times as fast as one update for each; columns that people fill are not written.

    Nor is the authority: `work_out` has written it.
    """
    for batch in batched(changes, AT_ONCE):
        School.objects.bulk_create(
            [
                School(
                    nation=source.nation,
                    register_id=change.register_id,
                    authority_id=authorities[change.authority] if change.authority else change.old.authority_id,
                    source=Source.REGISTER,
                    missing_since=change.missing_since,
                    register_day=change.day,
                    older_facts=older_as_stored(change.older),
                    **change.facts._asdict(),
                )
                for change in batch
            ],
            batch_size=ROWS_A_STATEMENT,
            update_conflicts=True,
            unique_fields=["nation", "register_id"],
            update_fields=[*SchoolFacts._fields, "source", "missing_since", "register_day", "older_facts", "placed_by"],
        )


def _redate(redated: list[tuple[int, Dated]]) -> None:
    """Write which days the facts of schools speak of that a newer register describes in the same words."""
    alike: defaultdict[tuple[date, tuple[tuple[str, date], ...]], list[int]] = defaultdict(list)
    for pk, dated in redated:
        alike[dated.day, tuple(sorted(dated.older.items()))].append(pk)
    for (day, older), ids in alike.items():
        School.objects.filter(pk__in=Ids(ids)).update(register_day=day, older_facts=older_as_stored(dict(older)))


def _mark(newly_missing: list[Missing]) -> None:
    """Mark schools as missing. They are neither closed nor deleted: a register that lacks a school says nothing about it."""
    for batch in batched(newly_missing, ROWS_A_STATEMENT):
        School.objects.filter(pk__in=[school.pk for school in batch]).update(missing_since=batch[0].since)


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
