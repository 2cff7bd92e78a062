"""The schools of a trust or federation together: what the group's page shows of each."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q

from schools.directory.models import Contact, GroupKind, School, SchoolGroup, SchoolQuerySet
from schools.office.schools.due_columns import line
from schools.office.schools.due_list import with_schools
from schools.planning.queries import due
from schools.visits.actions.calls import newest_conversation


@dataclass(frozen=True)
class GroupLine:
    """A school of the group: `line` is what the due list shows of it, `people` are those at it, by name."""

    school: School
    line: dict[str, Any]
    booked_for: date | None
    """The next day on which a session is booked with it; None: nothing is booked."""
    is_to_ask: bool
    """Whether it is to be asked now: it is due, neither booked, awaited, asking nor choosing a date, and nobody said to wait."""
    people: list[Contact]


@dataclass(frozen=True)
class GroupSchools:
    """The schools of one group that somebody may see and that can be visited, by name."""

    group: SchoolGroup
    lines: list[GroupLine]

    @property
    def ids(self) -> set[int]:
        """The ids of the schools."""
        return {line.school.pk for line in self.lines}

    @property
    def shared(self) -> list[Contact]:
        """The people who are at two or more of the schools, who belongs to the most of them first."""
        people = {person.pk: person for line in self.lines for person in line.people}
        at = Counter(person.pk for line in self.lines for person in line.people)
        return [people[pk] for pk, number in at.most_common() if number > 1]

    @property
    def seen(self) -> int | None:
        """The id of the newest conversation with any of the schools, under any of their numbers; None: there is none."""
        return newest_conversation([line.school for line in self.lines])


def group_of(schools: SchoolQuerySet, kind: GroupKind) -> SchoolGroup | None:
    """Return the group of this kind to which these schools belong, under its newest name; None: there are no schools.

    Registers of different days may call it differently.
    """
    newest = schools.order_by(F("register_day").desc(nulls_last=True), "pk").first()
    return next((group for group in newest.groups if group.kind == kind), None) if newest else None


def schools_of(group: SchoolGroup, schools: SchoolQuerySet, *, on: date) -> GroupSchools:
    """Return those of these schools of the group that can be visited, in a constant number of queries."""
    rows = list(with_schools(due(schools.bookable(), on=on)))
    people = _people_at([school for _, school in rows])
    lines = [GroupLine(school, line(row, school), row.booked_for, row.to_ask_now, people[school.pk]) for row, school in rows]
    return GroupSchools(group, lines)


def _people_at(schools: Collection[School]) -> defaultdict[int, list[Contact]]:
    """Return the people at each of the schools, by its id, also those who were written down under an earlier number of it."""
    of_entry = {school.pk: school.pk for school in schools}
    of_chain: dict[int | None, int] = {school.chain: school.pk for school in schools if school.chain is not None}
    entries = School.objects.filter(Q(pk__in=of_entry) | Q(chain__in=of_chain))
    if of_chain:
        of_entry |= {pk: of_chain[chain] for pk, chain in entries.exclude(chain=None).order_by().values_list("pk", "chain")}
    people: defaultdict[int, list[Contact]] = defaultdict(list)
    for contact in Contact.objects.at(entries).prefetch_related("also_at"):
        at = [contact.school_id, *(school.pk for school in contact.also_at.all())]
        for school_id in dict.fromkeys(of_entry[pk] for pk in at if pk in of_entry):
            people[school_id].append(contact)
    return people
