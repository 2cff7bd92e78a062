"""What a file of volunteers changes: each person of the file beside what is stored of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from schools.directory.actions.own_files import OwnFile
from schools.directory.actions.reading import RowProblem
from schools.directory.actions.table_kinds import Importer, TablePlan
from schools.directory.registers import Refused
from schools.volunteers.actions.files.people import FilePerson, Rows, merged, rows_of_people
from schools.volunteers.actions.files.person import PersonChange, change_of
from schools.volunteers.actions.files.rows import VolunteerRow
from schools.volunteers.actions.files.stored import AreaNames, StoredPeople
from schools.volunteers.models import Volunteer

NOT_YOURS = "Somebody else looks after the person of this reference or address. Correct it, or ask a manager."
TWO_HAVE_IT = "More than one volunteer has this e-mail address. Give the reference of the one whom you mean."
TAKEN = "This e-mail address belongs to another volunteer. Correct the address or the reference, or leave the address blank."
SIGNS_IN = "They sign in with another address than this one, and change it themselves under “Me”. The rest of the row was used."


@dataclass
class VolunteerPlan(TablePlan):
    """What the import will write, person by person, in the order of the file."""

    people: list[PersonChange] = field(default_factory=list)
    known: list[PersonChange] = field(default_factory=list)
    """People of whom the file says nothing new."""
    types: dict[str, int] = field(default_factory=dict)
    """The ids of the session types, by slug."""


@dataclass
class _Match:
    """A person of the file, and the volunteer who they are; None for somebody new."""

    person: FilePerson
    volunteer: Volunteer | None


def plan_volunteers(content: OwnFile[VolunteerRow], importer: Importer) -> VolunteerPlan:
    """Compare the rows with what is stored. Nothing depends on the order of the rows."""
    plan = VolunteerPlan(content.report())
    people, areas = StoredPeople(importer), AreaNames(importer)
    plan.types = people.types
    rows = _usable(plan, content.rows, people, areas)
    groups, problems = rows_of_people(rows)
    plan.report.refused += problems
    matches = list(_people(plan, groups, people, areas))
    people.read([match.volunteer.pk for match in matches if match.volunteer])
    changes = list(_changes(plan, matches, people, areas, importer))
    _refuse_addresses(plan, changes, people)
    _count(plan, changes)
    _tell_left_out(plan, rows)
    plan.report.refused.sort(key=lambda problem: problem.line)
    plan.report.left_out.sort(key=lambda problem: problem.line)
    return plan


def _usable(plan: VolunteerPlan, rows: Iterable[tuple[int, VolunteerRow]], people: StoredPeople, areas: AreaNames) -> Rows:
    """Return the rows whose areas and session types there are; a row that repeats another is ignored."""
    usable: Rows = []
    seen: set[VolunteerRow] = set()
    for line, row in rows:
        reasons = [reason for name in row.areas if isinstance(reason := areas.area_of(name), str)]
        reasons += [
            f"There is no session type “{slug}”. Write its slug, like ks1-assembly."
            for slug, _ in row.signed_off
            if slug not in people.types
        ]
        if reasons:
            plan.report.refused.append(RowProblem(line, row.known_by, " ".join(reasons)))
        elif row in seen:
            plan.report.ignored += 1
            plan.report.ignored_because["the same row again"] = plan.report.ignored_because.get("the same row again", 0) + 1
        else:
            seen.add(row)
            usable.append((line, row))
    return usable


def _people(plan: VolunteerPlan, groups: Iterable[Rows], people: StoredPeople, areas: AreaNames) -> Iterable[_Match]:
    """Yield the persons of the file, with the volunteers who they are; refuse those who may not be changed."""
    of_volunteer: defaultdict[int, Rows] = defaultdict(list)
    volunteers: dict[int, Volunteer] = {}
    new: list[Rows] = []
    for rows in groups:
        try:
            volunteer = _volunteer_of(rows, people)
        except Refused as refused:
            _refuse(plan, rows, refused.reason)
            continue
        if volunteer:
            volunteers[volunteer.pk] = volunteer
            of_volunteer[volunteer.pk] += rows
        else:
            new.append(rows)
    for volunteer_id, rows in (*of_volunteer.items(), *((None, rows) for rows in new)):
        person = merged(rows)
        if isinstance(person, list):
            plan.report.refused += person
        elif volunteer_id is None and (reason := _reason_not_new(person, areas)):
            _refuse(plan, rows, reason)
        else:
            yield _Match(person, volunteers[volunteer_id] if volunteer_id else None)


def _volunteer_of(rows: Rows, people: StoredPeople) -> Volunteer | None:
    """Return the volunteer of the rows: by reference, else by e-mail address. Raises Refused."""
    reference = next((row.reference for _, row in rows if row.reference), "")
    volunteers = [people.by_reference[reference.casefold()]] if reference.casefold() in people.by_reference else []
    if not reference:
        volunteers = people.by_email.get(rows[0][1].email, [])
    if len(volunteers) > 1:
        raise Refused(TWO_HAVE_IT)
    volunteer = volunteers[0] if volunteers else None
    if volunteer and people.visible is not None and volunteer.pk not in people.visible:
        raise Refused(NOT_YOURS)
    return volunteer


def _reason_not_new(person: FilePerson, areas: AreaNames) -> str:
    if not person.name:
        return "Nobody with this reference or address is known yet, and name is blank. Give the name, or correct the reference."
    if areas.are_own and not person.areas:
        return "Nobody with this reference or address is known yet, and areas is blank. Give one of your areas."
    return ""


def _refuse(plan: VolunteerPlan, rows: Rows, reason: str) -> None:
    plan.report.refused += [RowProblem(line, row.known_by, reason) for line, row in rows]


def _changes(
    plan: VolunteerPlan, matches: Iterable[_Match], people: StoredPeople, areas: AreaNames, importer: Importer
) -> Iterable[PersonChange]:
    name: Callable[[str], int | str] = areas.area_of
    for person, volunteer in ((match.person, match.volunteer) for match in matches):
        wanted = {area for written in person.areas if isinstance(area := name(written), int)}
        try:
            change = change_of(person, volunteer, people[volunteer], on=importer.on)
        except Refused as refused:
            plan.report.refused += [RowProblem(line, person.known_by, refused.reason) for line in person.lines]
            continue
        change.add_areas(wanted - people[volunteer].areas, areas.names, people[volunteer].areas)
        yield change


def _refuse_addresses(plan: VolunteerPlan, changes: list[PersonChange], people: StoredPeople) -> None:
    """Take out people who would get an address that another volunteer has once the file is imported."""
    while True:
        new_address = {change.volunteer.pk: change.new_email for change in changes if change.volunteer and change.new_email}
        holders = Counter(
            new_address.get(volunteer.pk, email) for email, owners in people.by_email.items() for volunteer in owners
        )
        without_address = (change for change in changes if not (change.volunteer and change.volunteer.mail_address))
        holders.update(change.new_email for change in without_address if change.new_email)
        clashing = [change for change in changes if change.new_email and holders[change.new_email] > 1]
        if not clashing:
            return
        for change in clashing:
            changes.remove(change)
            lines = change.person.lines
            plan.report.refused += [RowProblem(line, change.person.known_by, TAKEN) for line in lines]


def _count(plan: VolunteerPlan, changes: Iterable[PersonChange]) -> None:
    for change in sorted(changes, key=lambda change: change.person.lines):
        rows = len(change.person.lines)
        if change.other_sign_in:
            plan.report.left_out += [RowProblem(line, change.person.known_by, SIGNS_IN) for line in change.person.lines[:1]]
        if not change.fields:
            plan.report.unchanged += rows
            plan.known.append(change)
            continue
        plan.people.append(change)
        plan.changes.append(change.as_row())
        if change.volunteer is None:
            plan.report.created += rows
        else:
            plan.report.updated += rows


def _tell_left_out(plan: VolunteerPlan, rows: Rows) -> None:
    """Tell which values could not be used, in rows that were used."""
    refused = {problem.line for problem in plan.report.refused}
    for line, row in rows:
        if line not in refused:
            plan.report.left_out += [RowProblem(line, row.known_by, reason) for reason in row.left_out]
