"""Year groups in a nation's own words, and from statutory ages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.core.nations import Nation, Scheme, classes_are_p1_to_p7, scheme_of
from schools.core.year_groups import YEAR_GROUPS, year_group_name, year_group_span, year_groups_of_ages


@pytest.mark.parametrize(
    ("year_group", "nation", "name"),
    [
        (0, "england", "Reception"),
        (5, "england", "Year 5"),
        (0, "scotland", "P1"),
        (6, "northern-ireland", "P7"),
        (0, "wales", "Reception"),
    ],
)
def test_a_year_group_is_called_as_the_nation_calls_it(year_group: int, nation: str, name: str) -> None:
    assert year_group_name(year_group, nation) == name


@pytest.mark.parametrize(
    ("groups", "nation", "span"),
    [
        ([], "england", ""),
        ([5], "england", "Year 5"),
        ([6, 5], "england", "Years 5–6"),
        ([3, 4, 5, 6], "england", "Years 3–6"),
        ([0, 1, 2], "england", "Reception–Year 2"),
        ([2, 5], "england", "Year 2 and Year 5"),
        ([0, 2, 5, 5], "england", "Reception, Year 2 and Year 5"),
        ([5, 6], "scotland", "P6–P7"),
        ([0, 6], "scotland", "P1 and P7"),
    ],
)
def test_several_year_groups_are_named_in_few_words(groups: list[int], nation: str, span: str) -> None:
    assert year_group_span(groups, nation) == span


@pytest.mark.parametrize(
    ("low", "high", "groups"),
    [
        (3, 11, range(7)),
        (4, 7, range(3)),
        (7, 11, range(3, 7)),
        (2, 5, range(1)),
        (9, 13, range(5, 7)),
        (None, None, range(7)),
        (7, None, range(3, 7)),
        (None, 7, range(3)),
    ],
)
def test_year_groups_follow_from_statutory_ages(low: int | None, high: int | None, groups: range) -> None:
    assert list(year_groups_of_ages(low, high)) == list(groups)


@pytest.mark.parametrize(("low", "high"), [(11, 18), (2, 4), (0, 0), (16, 99)])
def test_a_nursery_and_a_secondary_school_have_none_of_ours(low: int, high: int) -> None:
    assert not year_groups_of_ages(low, high)


@given(st.integers(0, 25), st.integers(0, 99))
def test_year_groups_agree_with_a_child_by_child_count(low: int, high: int) -> None:
    # A child of year group g is g + 4 when the school year begins, and g + 5 when it ends.
    naive = [group for group in YEAR_GROUPS if low <= group + 4 and group + 5 <= high]
    assert list(year_groups_of_ages(low, high)) == naive


def test_each_nation_has_its_scheme_and_its_names_of_classes() -> None:
    assert {nation: scheme_of(nation) for nation in Nation.values if scheme_of(nation) != Scheme.DBS} == {
        "scotland": Scheme.PVG,
        "northern-ireland": Scheme.ACCESSNI,
    }
    assert [nation for nation in Nation.values if classes_are_p1_to_p7(nation)] == ["scotland", "northern-ireland"]
    with pytest.raises(ValueError, match="atlantis"):
        scheme_of("atlantis")
