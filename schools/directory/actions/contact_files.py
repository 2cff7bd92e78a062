"""Importing contacts: the people at schools (docs/imports.md, Contacts).

A contact is known by school and e-mail address, else by school and name. The order of rows makes no difference.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from schools.core.ids import Ids
from schools.core.nations import Nation
from schools.core.on_disk import OnDisk
from schools.directory.actions.file_rows import AT_ONCE, Repeated
from schools.directory.actions.own_files import (
    OwnFile,
    OwnTable,
    TableReport,
    nation_named,
    phone_number,
    read_own,
    with_full_name,
)
from schools.directory.actions.reading import RowProblem, no_progress
from schools.directory.actions.roll_files import register_number
from schools.directory.actions.table_kinds import (
    Fields,
    Importer,
    Matches,
    RowChange,
    TableKind,
    TablePlan,
    import_table,
    preview_table,
)
from schools.directory.models import Contact, School
from schools.directory.registers import Refused, cells
from schools.directory.sources import OF_SOURCE, mark_imported

ROWS_A_STATEMENT = 500
LONGEST = {"name": 150, "role": 100, "email": 254}
"""Characters that the columns may have."""
TABLE = OwnTable(
    title="a table of contacts",
    needs=("register_id", "name"),
    columns={
        "nation": (),
        "register_id": ("URN", "SEED code", "school number", "DE reference", "register number"),
        "role": ("job title", "position"),
        "name": ("full name", "contact", "contact name", "first name", "forename", "given name"),
        "surname": ("last name", "family name"),
        "email": ("e-mail", "email address", "e-mail address", "mail"),
        "phone": ("telephone", "phone number", "telephone number", "mobile"),
    },
    number="register_id",
)
LABELS = {"name": "Name", "role": "Role", "email": "E-mail", "phone": "Phone"}


class ContactRow(NamedTuple):
    """One row of the file; "" where it says nothing."""

    nation: Nation
    register_id: str
    name: str
    role: str
    email: str
    phone: str
    left_out: tuple[str, ...] = ()


type Rows = list[tuple[int, ContactRow]]


@dataclass(eq=False)
class ContactChange:
    """What the file changes of one contact; `contact` is not stored yet where it is new."""

    contact: Contact
    values: dict[str, str]
    row: RowChange


@dataclass
class ContactPlan(TablePlan):
    """Everything that the import will write; the changes are on disk."""

    kept: OnDisk[ContactChange] = field(default_factory=OnDisk)
    """The change of each contact, by the first of its lines."""
    lines: list[int] = field(default_factory=list)
    """The first line of each contact that is changed."""

    def contacts(self) -> Iterator[ContactChange]:
        """Yield the changes in the order of the file."""
        return (change for line in sorted(self.lines) if (change := self.kept.get(line)))

    def planned(self) -> Iterator[RowChange]:
        """Yield what the import changes, a contact after the other."""
        return (change.row for change in self.contacts())


def preview_contacts(path: Path, importer: Importer, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Return what `import_contacts` would do with the file; nothing is changed. Raises the same errors."""
    return preview_table(CONTACTS, path, importer, progress=progress)


def import_contacts(path: Path, importer: Importer, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Store the contacts of the file; nobody is mailed.

    Rows that cannot be used are in the report; the rest is stored. Raises UnreadableTable or NotThisRegister, each with a message
    of one line; nothing is changed then.
    """
    return import_table(CONTACTS, path, importer, progress=progress)


def _read(path: Path, importer: Importer, *, matches: Matches, progress: Callable[[int], None]) -> OwnFile[ContactRow]:
    return read_own(path, TABLE, _row, progress=progress, matches=matches)


def _row(cells_by_name: Mapping[str, str]) -> ContactRow:
    named = with_full_name(cells_by_name)
    nation = nation_named(named["nation"] or Nation.ENGLAND.value)
    number = register_number(nation, named["register_id"])
    for column, longest in LONGEST.items():
        if len(named[column]) > longest:
            raise Refused(f"{column} has {len(named[column])} characters; it may have {longest}. Shorten it.")
    email = named["email"].lower()
    try:
        if email:
            validate_email(email)
    except ValidationError as error:
        msg = f"email is “{cells.shortened(named['email'])}”. Write it like name@example.org, or leave it blank."
        raise Refused(msg) from error
    if not (email or named["name"]):
        raise Refused("It has neither a name nor an e-mail address. Give one.")
    phone = phone_number(named["phone"])
    lost = named["phone"] and not phone
    left_out = (f"phone is “{cells.shortened(named['phone'])}”, which cannot be used; the rest of the row can.",) if lost else ()
    return ContactRow(nation, number, named["name"], named["role"], email, phone, left_out)


def _plan(content: OwnFile[ContactRow], importer: Importer) -> ContactPlan:
    plan = ContactPlan(content.report())
    schools = _schools({row.nation for _, row in content.rows}, importer)
    lines_of: defaultdict[int, list[int]] = defaultdict(list)
    repeated = Repeated()
    for line, row in content.rows:
        school = schools.get((row.nation.value, row.register_id))
        if school is None:
            where = "No school" if importer.by is None or importer.by.is_manager else "No school of your areas"
            reason = f"{where} in {row.nation.label} has this number. Import the register first, or correct it."
            plan.report.refused.append(RowProblem(line, row.register_id, reason))
        elif repeated.is_again(row):
            plan.report.ignored += 1
            plan.report.ignored_because["the same row again"] = plan.report.ignored_because.get("the same row again", 0) + 1
        else:
            lines_of[school].append(line)
    for part in _parts(lines_of):
        stored: defaultdict[int, list[Contact]] = defaultdict(list)
        for contact in Contact.objects.filter(school__in=Ids(part)).order_by("pk"):
            stored[contact.school_id].append(contact)
        shared = Contact.also_at.through.objects.filter(school__in=Ids(part)).order_by("contact").select_related("contact")
        for also in shared:
            stored[also.school_id].append(also.contact)
        for school in part:
            _plan_school(plan, school, content.rows.at(lines_of[school]), stored[school])
    plan.report.refused.sort(key=lambda problem: problem.line)
    plan.report.left_out.sort(key=lambda problem: problem.line)
    return plan


def _parts(lines_of: Mapping[int, list[int]]) -> Iterator[list[int]]:
    """Yield the schools in parts whose rows are compared together: so many rows, or one school that has more."""
    part: list[int] = []
    rows = 0
    for school, lines in lines_of.items():
        if part and rows + len(lines) > AT_ONCE:
            yield part
            part, rows = [], 0
        part.append(school)
        rows += len(lines)
    if part:
        yield part


def _schools(nations: Iterable[Nation], importer: Importer) -> dict[tuple[str, str], int]:
    schools = School.objects.all() if importer.by is None else School.objects.for_user(importer.by, on=importer.on)
    rows = schools.filter(nation__in=nations).order_by().values_list("nation", "register_id", "pk")
    return {(nation, register_id): pk for nation, register_id, pk in rows}


def _plan_school(plan: ContactPlan, school: int, rows: Rows, stored: list[Contact]) -> None:
    """Plan the rows of one school."""
    groups, problems = _grouped(rows)
    by_email: defaultdict[str, list[Contact]] = defaultdict(list)
    for contact in stored:
        by_email[contact.email.lower()].append(contact)
    emails = {row.email for _, row in rows if row.email}
    # Who is known by an address of the file is not taken for somebody else of the same name.
    unclaimed = [contact for contact in stored if contact.email.lower() not in emails]
    for group in groups:
        email, name = _first(group, "email"), _first(group, "name")
        contacts = by_email[email] if email and email in by_email else []
        if not contacts:
            contacts = [contact for contact in unclaimed if contact.name.casefold() == name.casefold()] if name else []
        if different := _contradiction(group):
            problems += _problems(group, f"Rows of the same contact differ in {different}, so none of them was used. Leave one.")
        elif len(contacts) > 1:
            problems += _problems(group, "The school has more than one such contact. Change it on the school's page.")
        elif not contacts and not name:
            problems += _problems(group, "Nobody at the school has this address yet, and name is blank. Give the name.")
        elif len(_named_so(groups, name, by_email)) > 1 and not (email and by_email.get(email)):
            problems += _problems(group, "Another row gives somebody of this name another address. Correct one of them.")
        else:
            _note(plan, school, group, contacts[0] if contacts else None)
    plan.report.refused += problems


def _grouped(rows: Rows) -> tuple[list[Rows], list[RowProblem]]:
    """Return the rows of each contact: by address; a row without one belongs to the only row of its name that has one."""
    groups: defaultdict[str, Rows] = defaultdict(list)
    addresses: defaultdict[str, set[str]] = defaultdict(set)
    problems = []
    for _, row in rows:
        if row.email and row.name:
            addresses[row.name.casefold()].add(row.email)
    for line, row in rows:
        known = addresses.get(row.name.casefold(), set())
        if row.email:
            groups[row.email].append((line, row))
        elif len(known) > 1:
            reason = "Other rows give people of this name several addresses. Say which one is meant by giving the address."
            problems.append(RowProblem(line, row.register_id, reason))
        else:
            groups[next(iter(known), row.name.casefold())].append((line, row))
    return list(groups.values()), problems


def _named_so(groups: Iterable[Rows], name: str, by_email: Mapping[str, list[Contact]]) -> list[Rows]:
    """Return the groups with this name that no stored contact has the address of."""
    unknown = (group for group in groups if not by_email.get(_first(group, "email") or "-"))
    return [group for group in unknown if _first(group, "name").casefold() == name.casefold()]


def _first(group: Rows, column: str) -> str:
    return min((value for _, row in group if (value := str(getattr(row, column)))), default="")


def _contradiction(group: Rows) -> str:
    differing = [column for column in LABELS if len({getattr(row, column) for _, row in group} - {""}) > 1]
    return ", ".join(differing)


def _problems(group: Rows, reason: str) -> list[RowProblem]:
    return [RowProblem(line, row.register_id, reason) for line, row in group]


def _before(contact: Contact | None) -> dict[str, str]:
    before = {column: str(getattr(contact, column) or "") for column in LABELS} if contact else dict.fromkeys(LABELS, "")
    if contact and contact.phone:
        before["phone"] = str(contact.phone.as_e164)
    before["email"] = before["email"].lower()
    return before


def _note(plan: ContactPlan, school: int, group: Rows, contact: Contact | None) -> None:
    lines = tuple(sorted(line for line, _ in group))
    register_id = group[0][1].register_id
    plan.report.left_out += [RowProblem(line, register_id, reason) for line, row in group for reason in row.left_out]
    values = {column: value for column in LABELS if (value := _first(group, column))}
    before = _before(contact)
    values = {column: value for column, value in values.items() if value != before[column]}
    if not values:
        plan.report.unchanged += len(lines)
        return
    if contact and contact.school_id != school:
        reason = "They are at several schools and would change for all of them. Change them on the school's page."
        plan.report.refused += _problems(group, reason)
        return
    plan.report.created += 0 if contact else len(lines)
    plan.report.updated += len(lines) if contact else 0
    fields: Fields = {LABELS[column]: [before[column] or None, value] for column, value in values.items()}
    known_by = _first(group, "email") or _first(group, "name").casefold()
    key = f"{group[0][1].nation}:{register_id}:{known_by}"
    name = f"{_first(group, 'name') or before['name']}, {register_id}"
    change = RowChange(key, name, lines, contact is None, fields)
    plan.lines.append(lines[0])
    plan.kept[lines[0]] = ContactChange(contact or Contact(school_id=school), values, change)


def _write(plan: ContactPlan, importer: Importer) -> None:
    for some in batched(plan.contacts(), ROWS_A_STATEMENT):
        for change in some:
            for column, value in change.values.items():
                setattr(change.contact, column, value)
        given = [change.contact for change in some if "email" in change.values]
        mark_imported(given, origin=importer.origin, now=importer.now)
        Contact.objects.bulk_create([change.contact for change in some if change.row.created])
        # Of each the columns that the file changes, and no other: somebody may have corrected those meanwhile.
        by_columns: defaultdict[tuple[str, ...], list[Contact]] = defaultdict(list)
        for change in some:
            if not change.row.created:
                by_columns[tuple(change.values)].append(change.contact)
        for columns, contacts in by_columns.items():
            Contact.objects.bulk_update(contacts, [*columns, *(OF_SOURCE if "email" in columns else ())])


def _lock() -> None:
    ContentType.objects.select_for_update(no_key=True).get(app_label="schools", model="contact")


CONTACTS: TableKind[ContactRow, ContactPlan] = TableKind(TABLE, _read, _plan, _write, _lock)
"""The table of contacts as a kind of file."""
