"""What a manager is needed for of people who are due to be erased: the notes that name them."""

from typing import Any

from django.db.models import DateField, Value
from django.db.models.functions import Cast

from schools.accounts.models import User
from schools.directory.models import Contact
from schools.keeping.waiting import named_in_notes
from schools.office.frame.need_registry import Kept, Need
from schools.volunteers.models import Volunteer


def _named_in_notes(table: Any, singular: str, plural: str) -> Need:
    """Return the need of the people of this table; they are called so."""
    return Need(
        key=f"notes-of-{table._meta.model_name}",
        model=table,
        rows=lambda people, on: named_in_notes(people),
        # The report of the purge that left them is read for the number.
        kept=Kept.ALWAYS,
        # No day is known on which a note became one that somebody has to read.
        since=Cast(Value(None), DateField()),
        singular=f"{singular} is due to be erased: look at the notes that name them",
        plural=f"{plural} are due to be erased: look at the notes that name them",
        in_filter="Due to be erased",
        page="admin:kept",
        permission="add_erasure",
        seen_by=lambda user, on: table._default_manager.all() if user.is_manager else table._default_manager.none(),
    )


NEEDS_OF_PEOPLE: tuple[Need, ...] = (
    _named_in_notes(Volunteer, "volunteer or enquirer", "volunteers or enquirers"),
    _named_in_notes(Contact, "person at a school", "people at schools"),
    _named_in_notes(User, "former colleague", "former colleagues"),
)
"""In the order of home."""
