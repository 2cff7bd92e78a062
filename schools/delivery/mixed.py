"""The boxes for classes of several year groups that were counted as one number."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schools.core.shares import apportion
from schools.core.year_groups import YEAR_GROUPS, year_group_words
from schools.delivery.choices import Ticks
from schools.delivery.number_boxes import Words, number_field
from schools.delivery.queries import MixedClass
from schools.directory.models import School

LISTS: dict[str, Words] = {
    "mixed": _("A mixed class was counted as one number"),
    "mixed2": _("A second mixed class was counted as one number"),
    "mixed3": _("A third mixed class was counted as one number"),
}
"""The mixed classes that one form takes, by the name of their box: the words that open it."""


class MixedBoxes:
    """The boxes of one form for mixed classes of the host: how many children, and which year groups they were of."""

    def __init__(self, host: School, *, most: int) -> None:
        self._host = host
        self._most = most

    def fields(self) -> Iterator[tuple[str, forms.Field]]:
        """Yield the boxes, each with its name."""
        choices = [(group, year_group_words(group, self._host.nation)) for group in YEAR_GROUPS]
        for name in LISTS:
            yield name, number_field(_("Children in the mixed class"), most=self._most, empty=_("none"))
            yield (
                f"{name}_of",
                forms.TypedMultipleChoiceField(
                    label=_("Which year groups were in it?"),
                    choices=choices,
                    coerce=int,
                    required=False,
                    widget=Ticks,
                ),
            )

    def errors(self, cleaned: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield the name of each box with an error, and the error."""
        for name in LISTS:
            number, groups = cleaned.get(name), cleaned.get(f"{name}_of") or []
            if number is not None and len(groups) < 2:
                yield f"{name}_of", gettext("Tick the year groups of the mixed class: two or more.")
            if number is None and groups:
                yield name, gettext("Say how many came from the mixed class, or untick its year groups.")

    def classes(self, cleaned: Mapping[str, Any], expected: Mapping[int, int | None]) -> tuple[MixedClass, ...]:
        """Return the classes that were typed, each shared out by the numbers that were expected of its year groups."""
        rows = []
        for name in LISTS:
            number, groups = cleaned.get(name), sorted(cleaned.get(f"{name}_of") or [])
            if number is not None and groups:
                shares = apportion(number, [expected.get(group) for group in groups])
                rows.append(MixedClass(self._host.pk, dict(zip(groups, shares, strict=True))))
        return tuple(rows)


def initial_of(classes: Sequence[MixedClass]) -> Iterable[tuple[str, object]]:
    """Yield the name and the value of the boxes that show these classes again."""
    for name, row in zip(LISTS, classes, strict=False):
        yield name, row.pupils
        yield f"{name}_of", sorted(row.shares)
