"""What a file of volunteers changes: each person of the file beside what is stored of them.

Of all rows and people at once there are in memory only the keys and the few facts that must be seen together. The rows and the
changes are on disk, and what is stored is read for some people at a time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import NamedTuple

from schools.core.on_disk import OnDisk
from schools.directory.actions.file_rows import AT_ONCE, FileRows, Repeated
from schools.directory.actions.own_files import OwnFile
from schools.directory.actions.reading import RowProblem
from schools.directory.actions.table_kinds import Importer, RowChange, TablePlan
from schools.directory.registers import Refused, cells
from schools.volunteers.actions.files.people import FilePerson, RowKey, merged, rows_of_people
from schools.volunteers.actions.files.person import PersonChange, change_of
from schools.volunteers.actions.files.rows import VolunteerRow
from schools.volunteers.actions.files.stored import AreaNames, StoredPeople
from schools.volunteers.models import Volunteer

NOT_YOURS = "Somebody else looks after the person of this reference or address. Correct it, or ask a manager."
WAS_ERASED = (
    "This reference or address is of somebody who was erased. Take the row out; if they came back, give them another reference."
)
TWO_HAVE_IT = "More than one volunteer has this e-mail address. Give the reference of the one whom you mean."
TAKEN = "This e-mail address belongs to another volunteer. Correct the address or the reference, or leave the address blank."
SIGNS_IN = "They sign in with another address than this one, and change it themselves under “Me”. The rest of the row was used."


@dataclass
class VolunteerPlan(TablePlan):
    """What the import will write, person by person, in the order of the file. The people are on disk."""

    kept: OnDisk[PersonChange] = field(default_factory=OnDisk)
    """What changes of each person, by the first of the person's lines."""
    lines: list[int] = field(default_factory=list)
    """The first line of each person who is imported, in the order of the file."""
    types: dict[str, int] = field(default_factory=dict)
    """The ids of the session types, by slug."""

    def people(self) -> Iterator[PersonChange]:
        """Yield the people of the file, also those of whom it says nothing new."""
        return (change for line in self.lines if (change := self.kept.get(line)))

    def planned(self) -> Iterator[RowChange]:
        """Yield what the import changes, a person after the other."""
        return (change.as_row() for change in self.people() if change.fields)


class _Person(NamedTuple):
    """The rows of a person of the file, and the id of the volunteer who they are; None for somebody new."""

    rows: list[RowKey]
    volunteer_id: int | None


class _Outcome(NamedTuple):
    """What must be known of everybody at the same time, of a person whose change is on disk."""

    lines: tuple[int, ...]
    known_by: str
    volunteer_id: int | None
    new_email: str
    """The address that the person gets; "" where it stays."""
    had_address: bool
    other_sign_in: bool
    changes: bool
    """Whether the file says anything new of the person."""


def plan_volunteers(content: OwnFile[VolunteerRow], importer: Importer) -> VolunteerPlan:
    """Compare the rows with what is stored. Nothing depends on the order of the rows."""
    plan = VolunteerPlan(content.report())
    people, areas = StoredPeople(importer), AreaNames(importer)
    plan.types = people.types
    rows, left_out = _usable(plan, content.rows, people, areas)
    groups, problems = rows_of_people(rows)
    plan.report.refused += problems
    outcomes: list[_Outcome] = []
    for some in batched(_people(plan, groups, people), AT_ONCE):
        people.read([person.volunteer_id for person in some if person.volunteer_id])
        outcomes += _compared(plan, some, content.rows, people, areas, importer)
    _count(plan, _with_own_addresses(plan, outcomes, people))
    refused = {problem.line for problem in plan.report.refused}
    plan.report.left_out += [problem for problem in left_out if problem.line not in refused]
    plan.report.refused.sort(key=lambda problem: problem.line)
    plan.report.left_out.sort(key=lambda problem: problem.line)
    return plan


def _usable(
    plan: VolunteerPlan, rows: Iterable[tuple[int, VolunteerRow]], people: StoredPeople, areas: AreaNames
) -> tuple[list[RowKey], list[RowProblem]]:
    """Return the rows whose areas and session types there are, and which of their values could not be used.

    A row that repeats another is ignored.
    """
    usable: list[RowKey] = []
    left_out: list[RowProblem] = []
    repeated = Repeated()
    for line, row in rows:
        reasons = [reason for name in row.areas if isinstance(reason := areas.area_of(name), str)]
        reasons += [
            f"There is no session type “{slug}”. Write its slug, like ks1-assembly."
            for slug, _ in row.signed_off
            if slug not in people.types
        ]
        if reasons:
            plan.report.refused.append(RowProblem(line, row.known_by, " ".join(reasons)))
        elif repeated.is_again(row):
            plan.report.ignored += 1
            plan.report.ignored_because["the same row again"] = plan.report.ignored_because.get("the same row again", 0) + 1
        else:
            usable.append(RowKey(line, row.reference, row.email))
            left_out += [RowProblem(line, row.known_by, reason) for reason in row.left_out]
    return usable, left_out


def _people(plan: VolunteerPlan, groups: Iterable[list[RowKey]], people: StoredPeople) -> list[_Person]:
    """Return the persons of the file, with the volunteers who they are; refuse those who may not be changed."""
    of_volunteer: defaultdict[int, list[RowKey]] = defaultdict(list)
    new: list[_Person] = []
    for rows in groups:
        try:
            volunteer_id = _volunteer_of(rows, people)
        except Refused as refused:
            _refuse(plan, rows, refused.reason)
            continue
        if volunteer_id:
            of_volunteer[volunteer_id] += rows
        else:
            new.append(_Person(rows, None))
    return [*(_Person(rows, volunteer_id) for volunteer_id, rows in of_volunteer.items()), *new]


def _volunteer_of(rows: list[RowKey], people: StoredPeople) -> int | None:
    """Return the id of the volunteer of the rows: by reference, else by e-mail address. Raises Refused."""
    reference = next((row.reference for row in rows if row.reference), "")
    volunteers = [people.by_reference[reference.casefold()]] if reference.casefold() in people.by_reference else []
    if not reference:
        volunteers = people.by_email.get(rows[0].email, [])
    if len(volunteers) > 1:
        raise Refused(TWO_HAVE_IT)
    volunteer_id = volunteers[0] if volunteers else None
    made_one, kept = (None, "") if volunteer_id else people.made_one.get(reference.lower() or rows[0].email, (None, ""))
    volunteer_id = volunteer_id or made_one
    if volunteer_id and people.visible is not None and volunteer_id not in people.visible:
        raise Refused(NOT_YOURS)
    if volunteer_id in people.erased:
        raise Refused(WAS_ERASED)
    if made_one:
        known_by = cells.shortened(reference or rows[0].email)
        raise Refused(f"{known_by} was made one with {kept}. Give the reference {kept}, or take the row out.")
    return volunteer_id


def _reason_not_new(person: FilePerson, areas: AreaNames) -> str:
    if not person.name:
        return "Nobody with this reference or address is known yet, and name is blank. Give the name, or correct the reference."
    if areas.are_own and not person.areas:
        return "Nobody with this reference or address is known yet, and areas is blank. Give one of your areas."
    return ""


def _refuse(plan: VolunteerPlan, rows: Iterable[RowKey], reason: str) -> None:
    plan.report.refused += [RowProblem(row.line, row.known_by, reason) for row in rows]


def _compared(
    plan: VolunteerPlan,
    persons: Iterable[_Person],
    rows: FileRows[VolunteerRow],
    people: StoredPeople,
    areas: AreaNames,
    importer: Importer,
) -> Iterator[_Outcome]:
    """Keep what the file changes of each person, whose stored facts were read; refuse those of whom that cannot be so."""
    for keys, volunteer_id in persons:
        person = merged(rows.at(row.line for row in keys))
        if isinstance(person, list):
            plan.report.refused += person
            continue
        volunteer = people.volunteers[volunteer_id] if volunteer_id else None
        if volunteer is None and (reason := _reason_not_new(person, areas)):
            _refuse(plan, keys, reason)
            continue
        try:
            change = _change(person, volunteer, people, areas, importer)
        except Refused as refused:
            plan.report.refused += [RowProblem(line, person.known_by, refused.reason) for line in person.lines]
            continue
        plan.kept[person.lines[0]] = change
        had_address = bool(volunteer and volunteer.mail_address)
        yield _Outcome(
            person.lines,
            person.known_by,
            volunteer_id,
            change.new_email,
            had_address,
            change.other_sign_in,
            bool(change.fields),
        )


def _change(
    person: FilePerson, volunteer: Volunteer | None, people: StoredPeople, areas: AreaNames, importer: Importer
) -> PersonChange:
    change = change_of(person, volunteer, people[volunteer], on=importer.on)
    wanted = {area for written in person.areas if isinstance(area := areas.area_of(written), int)}
    change.add_areas(wanted - people[volunteer].areas, areas.names, people[volunteer].areas)
    return change


def _with_own_addresses(plan: VolunteerPlan, outcomes: list[_Outcome], people: StoredPeople) -> list[_Outcome]:
    """Return the people but those who would get an address that another volunteer has once the file is imported."""
    while True:
        new_address = {outcome.volunteer_id: outcome.new_email for outcome in outcomes if outcome.new_email}
        holders = Counter(new_address.get(pk, email) for email, owners in people.by_email.items() for pk in owners)
        holders.update(outcome.new_email for outcome in outcomes if outcome.new_email and not outcome.had_address)
        clashing = [outcome for outcome in outcomes if outcome.new_email and holders[outcome.new_email] > 1]
        if not clashing:
            return outcomes
        for outcome in clashing:
            plan.report.refused += [RowProblem(line, outcome.known_by, TAKEN) for line in outcome.lines]
        outcomes = [outcome for outcome in outcomes if not (outcome.new_email and holders[outcome.new_email] > 1)]


def _count(plan: VolunteerPlan, outcomes: Iterable[_Outcome]) -> None:
    for outcome in sorted(outcomes, key=lambda outcome: outcome.lines):
        rows = len(outcome.lines)
        plan.lines.append(outcome.lines[0])
        if outcome.other_sign_in:
            plan.report.left_out.append(RowProblem(outcome.lines[0], outcome.known_by, SIGNS_IN))
        if not outcome.changes:
            plan.report.unchanged += rows
        elif outcome.volunteer_id is None:
            plan.report.created += rows
        else:
            plan.report.updated += rows
