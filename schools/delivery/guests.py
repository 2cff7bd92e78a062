"""The boxes for children of guest schools that were not booked but sat in with the others."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schools.charity.queries import current
from schools.core.year_groups import YEAR_GROUPS, year_group_words
from schools.delivery.number_boxes import Words, number_field
from schools.delivery.queries import SchoolGroup
from schools.directory.models import School
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
"""The lists of schools, by name: the words that open the list, its label, and the label of its boxes.

There are as many as a booking can have guests; a correction can add more schools.
"""


class GuestBoxes:
    """The guest boxes of one form: lists of nearby schools, each with a box for each year group.

    The lists are part of the page, so that they work without scripts and without a connection. They show only schools of the
    host's own area. Schools that are in the session already have boxes of their own. `around` comes from schools_around.
    """

    def __init__(self, session: Session, around: Sequence[School]) -> None:
        host = session.visit.school
        self._there: dict[int, School] = {row.school_id: row.school for row in session.headcounts.all()} | {host.pk: host}
        self._around = {school.pk: school for school in around}
        names = list(LISTS)[: len(self._around)]
        self.of_lists = {name: {f"{name}_{group}": group for group in YEAR_GROUPS} for name in names}
        """The boxes of each list, by the list's name, each with its year group; there are no more lists than nearby schools."""
        self._nation = host.nation

    def fields(self) -> Iterator[tuple[str, forms.Field]]:
        """Yield the lists and the boxes, each with its name.

        Schools that are in the session are accepted, although they are not shown: somebody else may have added one while this
        form was open.
        """
        new, most = self._new, current().most_pupils
        for name, boxes in self.of_lists.items():
            _leads, which, called = LISTS[name]
            school = forms.TypedChoiceField(
                label=which,
                help_text=_("If it is not in the list, tell your coordinator."),
                required=False,
                coerce=int,
                empty_value=None,
                choices=[("", ""), *new, *((pk, str(known)) for pk, known in self._there.items())],
                error_messages={"invalid_choice": _("This school cannot be chosen here. Tell your coordinator how many came.")},
            )
            school.widget.choices = [("", _("No other school")), *new]
            yield name, school
            for box, group in boxes.items():
                yield box, number_field(called % {"year_group": year_group_words(group, self._nation)}, most=most)

    @property
    def names(self) -> list[str]:
        """The names of all boxes for numbers."""
        return [box for boxes in self.of_lists.values() for box in boxes]

    @property
    def are_shown(self) -> bool:
        """Whether there is a nearby school that has no boxes yet."""
        return bool(self._new)

    @property
    def _new(self) -> list[tuple[int, str]]:
        # A postcode tells two of one name apart. The others go without: the page has the list once for each session.
        names = Counter(str(school) for school in (self._there | self._around).values())
        new = {pk: school for pk, school in self._around.items() if pk not in self._there}
        return [(pk, _with_postcode(school) if names[str(school)] > 1 else str(school)) for pk, school in new.items()]

    def errors(self, cleaned: Mapping[str, Any], counted: Mapping[SchoolGroup, int | None]) -> Iterator[tuple[str, str]]:
        """Yield the name of each list with an error, and the error; `counted` are the numbers typed for the expected schools."""
        before: set[int] = set()
        for name in self.of_lists:
            school, numbers = cleaned.get(name), self._typed(name, cleaned)
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

    def numbers(self, cleaned: Mapping[str, Any]) -> dict[SchoolGroup, int]:
        """Return how many children came from the schools that were chosen."""
        chosen = ((cleaned.get(name), self._typed(name, cleaned)) for name in self.of_lists)
        return {(school, group): pupils for school, numbers in chosen if school for group, pupils in numbers.items()}

    def _typed(self, name: str, cleaned: Mapping[str, Any]) -> dict[int, int]:
        return {group: cleaned[box] for box, group in self.of_lists[name].items() if cleaned.get(box) is not None}


def _with_postcode(school: School) -> str:
    return f"{school}, {school.postcode}" if school.postcode else str(school)
