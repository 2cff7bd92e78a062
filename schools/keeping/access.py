"""Giving somebody what is held on them: known by two steps first, and then a file, of which the numbers alone are stored."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from schools.accounts.identity import reasons_not_known, reasons_nothing_is_held
from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.erasing.people import PersonRow, is_of_entry, kind_of_row, reference_of
from schools.keeping.held import Held, held_on
from schools.keeping.models import SubjectAccess
from schools.keeping.subjects import row_of, subject_of
from schools.recovery.reach import reach_of
from schools.visits.models import VisitRequest
from schools.volunteers.models import Volunteer

NOT_THERE = (
    "They are not there under this reference: the entry was erased or deleted, made one with another, or has another reference. "
    "Look for them by name under What is held on somebody, and know them once more. Only where nobody is found, tell them that "
    "nothing but the reference is held."
)


def reasons_not_to_know(first: str, second: str, *, asked_on: date, today: date) -> list[str]:
    """Return every reason why somebody does not count as known yet, each a sentence that says what to do next."""
    reasons = reasons_not_known(first, second)
    if asked_on > today:
        reasons.append("They cannot have asked after today. Correct the day.")
    return reasons


def _reasons_of_entry(row: PersonRow) -> list[str]:
    """Return why nothing is given for a request whose person is somebody at the school by now.

    What is held on that entry is for who is known as that person. A colleague's request from the same mailbox is the colleague's.
    """
    if isinstance(row, VisitRequest) and is_of_entry(row):
        return [f"Who asked is known at the school as {row.contact} by now. Look there, and know them once more."]
    return []


def know(row: PersonRow, *, asked_on: date, first: str, second: str, by: User, now: datetime, today: date) -> SubjectAccess:
    """Store that somebody asked what is held on them, and by which two steps they were known. Raises RuleBroken."""
    reasons = _reasons_of_entry(row) + reasons_not_to_know(first, second, asked_on=asked_on, today=today)
    reasons += reasons_nothing_is_held(first, second, held=reach_of(row).steps)
    if reasons:
        raise RuleBroken(reasons)
    return SubjectAccess.objects.create(
        kind=kind_of_row(row),
        reference=reference_of(row),
        volunteer_number=row.pk if isinstance(row, Volunteer) else None,
        asked_on=asked_on,
        first_check=first,
        second_check=second,
        checked_at=now,
        by=by,
    )


def held_for(access: SubjectAccess) -> Held:
    """Return what is held on who asked. Raises RuleBroken where they are not there any more."""
    row = row_of(access)
    if row is None:
        raise RuleBroken([NOT_THERE])
    if reasons := _reasons_of_entry(row):
        raise RuleBroken(reasons)
    return held_on(subject_of(row))


@transaction.atomic
def give(access: SubjectAccess, keys: Collection[str], *, by: User, now: datetime) -> Held:
    """Return what is given: all of their own rows, and the texts of these keys; store who gave it, and the numbers.

    The file itself is not stored. Raises RuleBroken where they are not there any more.
    """
    access = SubjectAccess.objects.select_for_update(of=("self",)).get(pk=access.pk)
    held = held_for(access)
    given = held.only(keys)
    access.given_at, access.given_by = now, by
    access.sheet = {
        "rows": held.counts,
        "texts": len(given.to_look_at),
        "left_out": len(held.to_look_at) - len(given.to_look_at),
        "shared": held.shared,
    }
    access.save(update_fields=["given_at", "given_by", "sheet"])
    return given
