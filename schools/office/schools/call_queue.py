"""The due list as a queue of calls: which school is next, and what its card shows."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from schools.accounts.models import User
from schools.core.year_groups import year_group_span
from schools.directory.models import Contact, School
from schools.office.schools.due_columns import line
from schools.office.schools.due_list import DueList
from schools.office.schools.facts import chain_of
from schools.planning.call_script import CallFacts, script_of
from schools.planning.queries import DueSchool, due
from schools.visits.models import ContactLog

MOST_TALKS = 3


@dataclass(frozen=True)
class CallQueue:
    """The schools of a due list, in its order, without those that somebody called today, or spoke with."""

    due_list: DueList

    @property
    def is_wide(self) -> bool:
        """Whether the list has too many schools to be called one after the other."""
        return self.due_list.is_wide

    @cached_property
    def waiting(self) -> list[DueSchool]:
        """The schools that nobody has tried to reach today."""
        return [row for row in self.due_list.rows if row.last_tried != self.due_list.on]

    def after(self, school_id: int | None) -> int | None:
        """Return the id of the school that follows in the list, then of the first that was passed over; None: no other waits."""
        rows = self.due_list.rows
        place = next((place for place, row in enumerate(rows) if row.school_id == school_id), -1)
        ids = {row.school_id for row in self.waiting} - {school_id}
        in_order = [row.school_id for row in (*rows[place + 1 :], *rows[: place + 1]) if row.school_id in ids]
        return in_order[0] if in_order else None

    def still(self, school_id: int | None) -> int | None:
        """Return the id where the school still waits, as the only one may that was passed over; else None."""
        return school_id if school_id in {row.school_id for row in self.waiting} else None


def card(school: School, user: User, *, on: date) -> dict[str, Any]:
    """Return what the card of the school shows: whom to ring, what to say, what was said last."""
    [row] = due(School.objects.filter(pk=school.pk), on=on)
    chain = chain_of(school)
    talks = list(ContactLog.objects.filter(school__in=chain).select_related("by", "school").order_by("-pk")[:MOST_TALKS])
    never_reached = year_group_span(row.standing.never_reached, school.nation)
    return {
        "school": school,
        "row": row,
        "line": line(row, school),
        "contacts": list(Contact.objects.at(chain).select_related("school")),
        "script": script_of(CallFacts(user.name, row.last_visit, never_reached, row.awaiting_outcome_of is not None)),
        "talks": talks,
        "seen": talks[0].pk if talks else None,
        "called_today": next((talk for talk in talks if talk.day == on), None),
    }
