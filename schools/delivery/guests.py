"""The boxes in which somebody counts children of schools that nobody had booked: they sat in with the others."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS, year_group_words
from schools.delivery.number_boxes import Words, number_field
from schools.delivery.queries import SchoolGroup
from schools.directory.models import School
from schools.directory.queries import schools_around
from schools.visits.models import Session

LISTS: dict[str, tuple[Words, Words, Words]] = {
    "guest": (_("Children of another school were there"), _("Which school?"), _("%(year_group)s, other school")),
    "guest2": (
        _("Children of a second other school were there"),
        _("Which second school?"),
        _("%(year_group)s, second other school"),
    ),
    "guest3": (
        _("Children of a third other school were there"),
        _("Which third school?"),
        _("%(year_group)s, third other school"),
    ),
}
"""As many as a booking takes (more are added by a correction): what leads to the list, what the list and its boxes are called."""


class GuestBoxes:
    """Of one form: some lists of the schools around, each with a box for each year group.

    The lists are in the page itself, so that they are there without scripts and without signal. They have schools of the host's
    own area alone, and those that are in the session already have boxes of their own.
    """

    def __init__(self, session: Session) -> None:
        host = session.visit.school
        self._there: dict[int, School] = {row.school_id: row.school for row in session.headcounts.all()} | {host.pk: host}
        self._around = {school.pk: school for school in schools_around(host, on=session.day)}
        names = list(LISTS)[: len(self._around)]
        self.of_lists = {name: {f"{name}_{group}": group for group in YEAR_GROUPS} for name in names}
        """Of each list of schools, by its name, its boxes with their year groups; no list where no school is around."""
        self._nation = host.nation

    def fields(self) -> Iterator[tuple[str, forms.Field]]:
        """The lists and the boxes, by name.

        All schools may be chosen, though some are not shown: somebody else may have told of one while this form lay open.
        """
        new = self._new
        for name, boxes in self.of_lists.items():
            _leads, which, called = LISTS[name]
            school = forms.TypedChoiceField(
                label=which,
                help_text=_("If it is not in the list, tell your coordinator."),
                required=False,
                coerce=int,
                empty_value=None,
                choices=[("", ""), *new, *((pk, str(one)) for pk, one in self._there.items())],
                error_messages={"invalid_choice": _("This school cannot be chosen here. Tell your coordinator how many came.")},
            )
            school.widget.choices = [("", _("No other school")), *new]
            yield name, school
            for box, group in boxes.items():
                yield box, number_field(called % {"year_group": year_group_words(group, self._nation)}, most=MOST_PUPILS)

    @property
    def names(self) -> list[str]:
        """What all the boxes for numbers are called."""
        return [box for boxes in self.of_lists.values() for box in boxes]

    @property
    def are_shown(self) -> bool:
        """Whether there is a school that has no boxes yet."""
        return bool(self._new)

    @property
    def _new(self) -> list[tuple[int, str]]:
        return [(pk, _named(school)) for pk, school in self._around.items() if pk not in self._there]

    def wrong(self, said: Mapping[str, Any], counted: Mapping[SchoolGroup, int | None]) -> Iterator[tuple[str, str]]:
        """The lists with what is wrong in them; `counted` is what was typed for the schools that were expected."""
        before: set[int] = set()
        for name in self.of_lists:
            school, numbers = said.get(name), self._typed(name, said)
            if school is None and numbers:
                yield name, gettext("You counted children of another school. Choose which, or empty its boxes.")
            if school is not None and not numbers:
                yield name, gettext("Say how many came from that school, of one year group at least; or choose no other school.")
            if any(counted.get((school or 0, group)) not in {None, number} for group, number in numbers.items()):
                yield name, gettext("That school has boxes of its own above, with other numbers. Keep one of the two.")
            if school in before:
                yield name, gettext("You chose that school twice. Keep one of the two.")
            if school is not None:
                before.add(school)

    def numbers(self, said: Mapping[str, Any]) -> dict[SchoolGroup, int]:
        """How many came from the schools that were chosen."""
        chosen = ((said.get(name), self._typed(name, said)) for name in self.of_lists)
        return {(school, group): pupils for school, numbers in chosen if school for group, pupils in numbers.items()}

    def _typed(self, name: str, said: Mapping[str, Any]) -> dict[int, int]:
        return {group: said[box] for box, group in self.of_lists[name].items() if said.get(box) is not None}


def _named(school: School) -> str:
    return f"{school}, {school.postcode}" if school.postcode else str(school)
