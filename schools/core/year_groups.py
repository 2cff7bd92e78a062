"""Year groups: stored as 0..6 (Reception..Year 6, or P1..P7) and shown in the nation's own words."""

from collections.abc import Iterable
from functools import cache

from django.utils.translation import gettext

from schools.core.nations import Nation, classes_are_p1_to_p7

YEAR_GROUPS = range(7)
"""Every year group of the programme, as stored."""

FIRST_OF_JUNIORS = 3
"""The first year group of the second of the programme's two stages: Reception to Year 2 (P1 to P3), Years 3 to 6 (P4 to P7)."""

MOST_PUPILS = 1000
"""The largest plausible number of pupils of one year group in one session or on one roll."""


def year_group_name(year_group: int, nation: str) -> str:
    """Return what a school of `nation` calls the year group: 5 is "Year 5" in England and "P6" in Scotland."""
    if classes_are_p1_to_p7(nation):
        return f"P{year_group + 1}"
    return f"Year {year_group}" if year_group else "Reception"


def year_group_anywhere(year_group: int) -> str:
    """Return its name where schools of every nation are meant: "Year 5 or P6"."""
    return f"{year_group_name(year_group, Nation.ENGLAND)} or {year_group_name(year_group, Nation.SCOTLAND)}"


def year_group_words(year_group: int, nation: str) -> str:
    """Return the same name in the reader's language; files and tables use year_group_name.

    Blank where the nation is not known: "Year 5 or P6".
    """
    if not nation:
        names = {"name": year_group_words(year_group, Nation.ENGLAND), "other": year_group_words(year_group, Nation.SCOTLAND)}
        return gettext("%(name)s or %(other)s") % names
    if classes_are_p1_to_p7(nation):
        return gettext("P%(number)s") % {"number": year_group + 1}
    return gettext("Year %(number)s") % {"number": year_group} if year_group else gettext("Reception")


def year_group_span(year_groups: Iterable[int], nation: str) -> str:
    """Return several year groups in few words: "Years 3–6", "Reception–Year 2", "Year 2 and Year 5"; "" for none."""
    groups = sorted(set(year_groups))
    if not groups:
        return ""
    names = [year_group_name(group, nation) for group in groups]
    if len(groups) == 1:
        return names[0]
    if groups == list(range(groups[0], groups[-1] + 1)):
        shared = "Year "
        if names[0].startswith(shared):
            return f"Years {names[0].removeprefix(shared)}–{names[-1].removeprefix(shared)}"
        return f"{names[0]}–{names[-1]}"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def year_groups_of_ages(low_age: int | None, high_age: int | None) -> range:
    """Return the year groups taught between two statutory ages: max(0, low − 4) … min(6, high − 5).

    Blank ages mean all seven. The range is empty where none of our year groups lies between the ages (a nursery, a secondary
    school).
    """
    low = 0 if low_age is None else max(0, low_age - 4)
    high = 6 if high_age is None else min(6, high_age - 5)
    return range(low, high + 1)


@cache
def stages_of_ages(low_age: int | None, high_age: int | None) -> tuple[int, ...]:
    """Return the stages of the programme that are taught between two statutory ages: 0, 1, both or none."""
    return tuple(sorted({int(group >= FIRST_OF_JUNIORS) for group in year_groups_of_ages(low_age, high_age)}))
