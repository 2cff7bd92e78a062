"""The changes that an import makes to each school.

They are shown in the preview, compared with what is stored when the import is applied, and kept for ever.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import batched, chain
from typing import NamedTuple

from django.db.models import OuterRef, Subquery

from schools.core.year_groups import year_group_name
from schools.directory.actions.copies import note_created
from schools.directory.actions.differences import Change, NewSchool
from schools.directory.actions.plans import Incoming, Plan
from schools.directory.models import Authority, ChangeKind, ChangeState, ImportChange, ImportRun, LinkKind, School, Source, Status
from schools.directory.registers import Register, SchoolFacts

AT_ONCE = 2000
ROWS_A_STATEMENT = 500

type Key = tuple[str, str, str]
"""Kind, register id and, of a link, the predecessor's register id; unique within an import."""
type Fields = dict[str, list[object]]
"""For each changed fact the old and the new value, as JSON holds them."""


class PlannedChange(NamedTuple):
    """One change to one school, to be kept as an ImportChange; `school_id` is None for a school that is not stored yet."""

    kind: ChangeKind
    register_id: str
    name: str
    school_id: int | None = None
    other_id: str = ""
    fields: Fields = {}  # noqa: RUF012  # never changed
    closes: bool = False
    moves: bool = False

    @property
    def key(self) -> Key:
        """The key of the change within its import."""
        return self.kind.value, self.register_id, self.other_id

    def row(self, run: ImportRun, state: ChangeState, why: str = "") -> ImportChange:
        """Return the row to keep."""
        return ImportChange(run=run, state=state, why=why, **self._asdict())


def planned_changes(plan: Plan, incoming: Incoming, source: Register) -> Iterator[PlannedChange]:
    """Yield every change of the plan."""
    yield from (_created(new, None) for new in plan.schools.created)
    yield from _changed(plan, incoming, source, {})


def _created(new: NewSchool, school_id: int | None) -> PlannedChange:
    fields: Fields = {"missing_since": [None, new.missing_since.isoformat()]} if new.missing_since else {}
    return PlannedChange(ChangeKind.CREATED, new.register_id, new.facts.name, school_id, fields=fields)


def _changed(plan: Plan, incoming: Incoming, source: Register, created: Mapping[str, int]) -> Iterator[PlannedChange]:
    """Yield every change of the plan except created schools; `created` are the ids of those that exist already."""
    authorities = dict(Authority.objects.values_list("pk", "name")) if plan.schools.moved else {}
    for change in plan.schools.changed:
        yield PlannedChange(
            ChangeKind.UPDATED,
            change.register_id,
            change.facts.name,
            change.old.pk,
            fields=_fields(change, incoming, authorities),
            closes=change.facts.status == Status.CLOSED != change.old.facts.status,
            moves=bool(change.authority),
        )
    for school in plan.newly_missing:
        since: Fields = {"missing_since": [_plain(school.before), _plain(school.since)]}
        yield PlannedChange(ChangeKind.MISSING, school.id, school.name, school.pk, fields=since)
    yield from _links(plan, incoming, created)
    yield from _rolls(plan, incoming, source, created)


def _fields(change: Change, incoming: Incoming, authorities: Mapping[int, str]) -> Fields:
    old, new = change.old, change.facts
    fields: Fields = {
        name: [_plain(was), _plain(now)] for name, was, now in zip(SchoolFacts._fields, old.facts, new, strict=True) if was != now
    }
    if change.authority:
        was = authorities.get(old.authority_id) if old.authority_id else None
        fields["authority"] = [was, incoming.schools.authorities[change.authority].name]
    if old.source != Source.REGISTER:
        fields["source"] = [old.source, Source.REGISTER.value]
    if old.missing_since != change.missing_since:
        fields["missing_since"] = [_plain(old.missing_since), _plain(change.missing_since)]
    return fields


def _plain(value: object) -> object:
    """Return the value as JSON holds it."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _name(register_id: str, plan: Plan, incoming: Incoming) -> str:
    """Return what the school is called in the file, else as it is stored."""
    reading = incoming.schools.schools.get(register_id)
    return reading.facts.name if reading else plan.stored[register_id].facts.name


def _id(register_id: str, plan: Plan, created: Mapping[str, int]) -> int | None:
    stored = plan.stored.get(register_id)
    return stored.pk if stored else created.get(register_id)


def _links(plan: Plan, incoming: Incoming, created: Mapping[str, int]) -> Iterator[PlannedChange]:
    if not plan.links:
        return
    for link in (*plan.links.created, *(link for _, link in plan.links.updated)):
        fields: Fields = {
            "follows": [None, _name(link.predecessor, plan, incoming)],
            "kind": [None, LinkKind(link.kind).label],
            "day": [None, link.day.isoformat() if link.day else None],
        }
        yield PlannedChange(
            ChangeKind.LINKED,
            link.successor,
            _name(link.successor, plan, incoming),
            _id(link.successor, plan, created),
            other_id=link.predecessor,
            fields=fields,
        )


def _rolls(plan: Plan, incoming: Incoming, source: Register, created: Mapping[str, int]) -> Iterator[PlannedChange]:
    if not plan.rolls:
        return
    of_school: dict[str, Fields] = {}
    for (register_id, group), pupils in plan.rolls.pupils.items():
        name = year_group_name(group, source.nation)
        of_school.setdefault(register_id, {})[name] = [plan.rolls.before.get((register_id, group)), pupils]
    for register_id, fields in of_school.items():
        school_id = _id(register_id, plan, created)
        yield PlannedChange(ChangeKind.ROLLS, register_id, _name(register_id, plan, incoming), school_id, fields=fields)


def record_changes(run: ImportRun, plan: Plan, incoming: Incoming, source: Register, created: Mapping[str, int]) -> None:
    """Keep what an import without a preview did; `created` are the ids of the schools that it created, by register id."""
    missing = [_created(new, created[new.register_id]) for new in plan.schools.created if new.missing_since]
    ids = {change.school_id for change in missing}
    note_created(run.pk, [pk for pk in created.values() if pk not in ids])
    for changes in batched(chain(missing, _changed(plan, incoming, source, created)), AT_ONCE):
        rows = [change.row(run, ChangeState.DONE) for change in changes]
        ImportChange.objects.bulk_create(rows, batch_size=ROWS_A_STATEMENT)


def point_to_new_schools(run: ImportRun, source: Register) -> None:
    """Set the school of changes whose school did not exist yet when the preview was made."""
    school = School.objects.filter(nation=source.nation, register_id=OuterRef("register_id")).values("pk")
    run.changes.filter(school=None, state=ChangeState.DONE).update(school=Subquery(school[:1]))


def as_previewed(plan: Plan, good: set[Key]) -> Plan:
    """Return the plan with only those changes that are among the `good`."""
    schools = replace(
        plan.schools,
        created=[new for new in plan.schools.created if (ChangeKind.CREATED, new.register_id, "") in good],
        changed=[change for change in plan.schools.changed if (ChangeKind.UPDATED, change.register_id, "") in good],
    )
    left = {change.register_id for change in plan.schools.changed} - {change.register_id for change in schools.changed}
    schools = replace(schools, seen=[seen for seen in schools.seen if seen.register_id not in left])
    missing = plan.missing
    if missing is not None:
        missing = [school for school in missing if not school.is_new or (ChangeKind.MISSING, school.id, "") in good]
    links, rolls = plan.links, plan.rolls
    if links:
        links = replace(
            links,
            created=[link for link in links.created if (ChangeKind.LINKED, link.successor, link.predecessor) in good],
            updated=[(pk, link) for pk, link in links.updated if (ChangeKind.LINKED, link.successor, link.predecessor) in good],
        )
    if rolls:
        pupils = {key: number for key, number in rolls.pupils.items() if (ChangeKind.ROLLS, key[0], "") in good}
        before = {key: number for key, number in rolls.before.items() if key in pupils}
        rolls = replace(rolls, pupils=pupils, before=before)
    return replace(plan, schools=schools, missing=missing, links=links, rolls=rolls)
