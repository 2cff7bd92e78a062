"""The boxes in which somebody counts children of a school that nobody had booked: it sat in with the others."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS, year_group_words
from schools.delivery.number_boxes import number_field
from schools.delivery.queries import SchoolGroup
from schools.directory.models import School
from schools.directory.queries import schools_around
from schools.visits.models import Session

SCHOOL = "guest"
"""The name of the list of schools."""


class GuestBoxes:
    """Of one form: a list of the schools around, and a box for each year group; one school at a time.

    The list is in the page itself, so that it is there without scripts and without signal. It has schools of the host's own area
    alone, and those that are in the session already have boxes of their own.
    """

    def __init__(self, session: Session) -> None:
        host = session.visit.school
        self._there: dict[int, School] = {row.school_id: row.school for row in session.headcounts.all()} | {host.pk: host}
        self._around = {school.pk: school for school in schools_around(host, on=session.day)}
        self.names = {f"{SCHOOL}_{group}": group for group in YEAR_GROUPS}
        self._nation = host.nation

    def fields(self) -> Iterator[tuple[str, forms.Field]]:
        """The list and the boxes, by name; none where no school is around.

        All schools may be chosen, though some are not shown: somebody else may have told of one while this form lay open.
        """
        if not self._around:
            return
        new = self._new
        school = forms.TypedChoiceField(
            label=_("Which school?"),
            help_text=_("If it is not in the list, tell your coordinator. A second one is added by correcting this afterwards."),
            required=False,
            coerce=int,
            empty_value=None,
            choices=[("", ""), *new, *((pk, str(one)) for pk, one in self._there.items())],
            error_messages={"invalid_choice": _("This school cannot be chosen here. Tell your coordinator how many came.")},
        )
        school.widget.choices = [("", _("No other school")), *new]
        yield SCHOOL, school
        for name, group in self.names.items():
            label = _("%(year_group)s, other school") % {"year_group": year_group_words(group, self._nation)}
            yield name, number_field(label, most=MOST_PUPILS)

    @property
    def are_shown(self) -> bool:
        """Whether there is a school that has no boxes yet."""
        return bool(self._new)

    @property
    def _new(self) -> list[tuple[int, str]]:
        return [(pk, _named(school)) for pk, school in self._around.items() if pk not in self._there]

    def wrong(self, said: Mapping[str, Any], counted: Mapping[SchoolGroup, int | None]) -> Iterator[tuple[str, str]]:
        """The boxes with what is wrong in them; `counted` is what was typed for the schools that were expected."""
        numbers = {group: said.get(name) for name, group in self.names.items() if said.get(name) is not None}
        school = said.get(SCHOOL)
        if school is None and numbers:
            yield SCHOOL, gettext("You counted children of another school. Choose which, or empty its boxes.")
        if school is not None and not numbers:
            yield SCHOOL, gettext("Say how many came from that school, of one year group at least; or choose no other school.")
        if any(counted.get((school or 0, group)) not in {None, number} for group, number in numbers.items()):
            yield SCHOOL, gettext("That school has boxes of its own above, with other numbers. Keep one of the two.")

    def numbers(self, said: Mapping[str, Any]) -> dict[SchoolGroup, int]:
        """How many came from the school that was chosen."""
        school = said.get(SCHOOL)
        if school is None:
            return {}
        return {(school, group): said[name] for name, group in self.names.items() if said.get(name) is not None}


def _named(school: School) -> str:
    return f"{school}, {school.postcode}" if school.postcode else str(school)
