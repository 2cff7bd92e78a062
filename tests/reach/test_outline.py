"""The ground under the map of schools: an outline around them and names of places, from the schools alone."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.reach.outline import LETTER, LINE_HEIGHT, MOST_NAMES, MOST_PARTS, names_of, outline_of
from schools.reach.picture_of_map import coverage_map
from schools.reach.queries.coverage import Coverage, SchoolDot, State
from tests.profiles import examples


def school(easting: int, northing: int, authority: int | None = 1, address: str = "") -> SchoolDot:
    return SchoolDot(easting, northing, State.VISITED, authority, address)


def is_inside(line: list[tuple[float, float]], place: SchoolDot) -> bool:
    """Whether a ray to the east crosses the closed line an odd number of times."""
    crossed = False
    for (east, north), (other_east, other_north) in pairwise([*line, line[0]]):
        if (north > place.northing) != (other_north > place.northing):
            meets = east + (place.northing - north) / (other_north - north) * (other_east - east)
            crossed ^= meets > place.easting
    return crossed


SCHOOLS = st.lists(
    st.builds(school, st.integers(300_000, 360_000), st.integers(480_000, 560_000), st.sampled_from([1, 2, None])),
    min_size=3,
    max_size=40,
)


@given(SCHOOLS)
@settings(max_examples=examples(12), deadline=None)
def test_every_school_is_within_an_outline_and_the_order_of_the_schools_makes_none_other(schools: list[SchoolDot]) -> None:
    outline = outline_of(schools)
    assert all(any(is_inside(line, place) for line in outline) for place in schools)
    assert outline == outline_of(schools[::-1])


def test_each_authority_has_its_own_outline_until_they_are_many() -> None:
    def row(number: int) -> list[SchoolDot]:
        return [school(300_000 + 8_000 * at, 500_000 + 2_000 * up, at) for at in range(number) for up in range(5)]

    assert len(outline_of(row(MOST_PARTS))) == MOST_PARTS
    assert len(outline_of(row(MOST_PARTS + 1))) == 1
    assert outline_of(row(1)[:2]) == []


def test_towns_are_named_and_no_street_county_or_building() -> None:
    towns = ["Kendal", "Keswick", "Penrith", "Carlisle", "Workington"]
    schools = [
        school(300_000 + 20_000 * at + 500 * number, 500_000 + 15_000 * (at % 2), 1, f"The Green, {town}, Cumbria")
        for at, town in enumerate(towns)
        for number in range(2)
    ]
    schools.append(school(310_000, 520_000, 1, "School Road, Old Hall, Cumbria"))
    assert sorted(place.name for place in names_of(schools, scale=0.01)) == sorted(towns)


@given(SCHOOLS, st.floats(0.0005, 0.02))
@settings(max_examples=examples(12), deadline=None)
def test_no_name_lies_on_another(schools: list[SchoolDot], scale: float) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    named = [school(each.easting, each.northing, 1, f"A Road, {letters[at % 26]}ton") for at, each in enumerate(schools)]
    names = names_of(named, scale=scale)
    assert len(names) <= MOST_NAMES
    for place, other in combinations(names, 2):
        is_above = abs(place.northing - other.northing) * scale >= LINE_HEIGHT
        assert is_above or abs(place.easting - other.easting) * scale >= (len(place.name) + len(other.name)) * LETTER / 2


@pytest.mark.parametrize(("far", "are_beside"), [(20_000, False), (400_000, True)])
def test_parts_of_the_country_far_apart_stand_beside_each_other(far: int, *, are_beside: bool) -> None:
    south = [school(300_000 + 9_000 * at, 200_000 + 9_000 * up) for at in range(4) for up in range(4)]
    north = [school(place.easting, place.northing + 27_000 + far) for place in south]
    dots = [*south, *north]
    picture = coverage_map(Coverage(dots, {State.VISITED: len(dots), State.DUE: 0, State.NEVER: 0}))
    assert picture
    assert picture.chart
    assert ("hconcat" in picture.chart) == are_beside
    assert ("vconcat" in (picture.narrow or {})) == are_beside
    assert ("drawn each by itself" in picture.note) == are_beside
