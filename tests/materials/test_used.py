"""What was used for each hundred pupils, against a second computation in plain Python; and what is missing beside it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from schools import models
from schools.core.periods import Period
from schools.materials.queries import Unreported, unreported_in, used_in
from tests import factories
from tests.materials.stores import a_material
from tests.profiles import examples

YEAR = Period.parse("2026/27")
TODAY = date(2026, 12, 1)

type Said = tuple[int, str, str, Sequence[int | None], int | None]
"""Of a session: its area's number, its type's slug, its stage, the count of each year group, how many were used."""

SESSIONS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(("ks2-assembly", "workshop-5-6", "parents")),
        st.sampled_from(("delivered", "delivered", "cancelled", "scheduled")),
        st.lists(st.none() | st.integers(0, 40), max_size=3),
        st.none() | st.integers(0, 60),
    ),
    max_size=8,
)


def made(said: Sequence[Said]) -> list[models.Area]:
    """The sessions that the list tells of."""
    areas: list[models.Area] = [factories.AreaFactory(name=f"Area {number}") for number in range(2)]
    sticker = a_material()
    for number, slug, stage, counts, used in said:
        kind = models.SessionType.objects.get(slug=slug)
        held = stage == "delivered"
        session = factories.SessionFactory(
            type=kind, day=date(2026, 11, 26), stage=stage, visit__school=factories.SchoolFactory(area=areas[number]),
            area=areas[number] if held else None, went_ahead="yes" if held else "", recorded_at=None,
            **({"cancelled_code": "not_held"} if stage == "cancelled" else {}),
        )  # fmt: skip
        for year_group, pupils in enumerate(counts, start=3):
            factories.HeadcountFactory(session=session, year_group=year_group, pupils=pupils if held else None)
        if used is not None and stage != "scheduled":
            models.MaterialUse.objects.create(session=session, material=sticker, used=used)
    return areas


def by_hand(said: Sequence[Said]) -> dict[tuple[str | None, str], list[Any]]:
    """A session after the other; by area and type: sessions, used, pupils, per hundred, without a count, used there, held."""
    rows: defaultdict[tuple[str | None, str], list[Any]] = defaultdict(lambda: [0, 0, 0, None, 0, 0, 0])
    names = {"ks2-assembly": "KS2 assembly", "workshop-5-6": "Year 5–6 workshop", "parents": "Parents’ workshop"}
    above: defaultdict[tuple[str | None, str], int] = defaultdict(int)
    for number, slug, stage, counts, used in said:
        key = (f"Area {number}" if stage == "delivered" else None, names[slug])
        if stage == "delivered":
            rows[key][6] += 1
        if used is None or stage == "scheduled":
            continue
        rows[key][0] += 1
        rows[key][1] += used
        if stage == "delivered" and slug != "parents" and counts and None not in counts:
            rows[key][2] += sum(pupils or 0 for pupils in counts)
            above[key] += used
        else:
            rows[key][4] += 1
            rows[key][5] += used
    for key, row in rows.items():
        row[3] = round(100 * above[key] / row[2], 1) if row[2] else None
    return {key: row for key, row in rows.items() if row[0]}


class TestUsed(TestCase):
    """Of made-up sessions."""

    @given(said=SESSIONS)
    @settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_the_same_as_by_hand(self, said: list[Said]) -> None:
        made(said)
        found = {(row.area, row.session_type): list(row.cells[3:]) for row in used_in(YEAR)}
        assert found == by_hand(said)


@pytest.mark.django_db
def test_a_session_without_a_count_is_left_out_above_and_below_the_line() -> None:
    made([(0, "ks2-assembly", "delivered", [30, 20], 25), (0, "ks2-assembly", "delivered", [30, None], 400)])
    [row] = used_in(YEAR)
    assert (row.used, row.pupils, row.per_100_pupils) == (425, 50, 50.0)
    assert (row.without_count, row.used_without_count) == (1, 400)


@pytest.mark.django_db
def test_what_nobody_said_stands_beside_it() -> None:
    [here, there] = made(
        [
            (0, "ks2-assembly", "delivered", [30], 25),
            (0, "ks2-assembly", "delivered", [30], None),
            (0, "ks2-assembly", "scheduled", [30], None),
            (1, "ks2-assembly", "delivered", [30], 0),
        ]
    )
    assert unreported_in(YEAR, on=TODAY) == Unreported(delivered=3, silent=1, outcomes_missing=1)
    of_one = [unreported_in(YEAR, areas=models.Area.objects.filter(pk=area.pk), on=TODAY) for area in (here, there)]
    assert of_one == [Unreported(2, 1, 1), Unreported(1, 0, 0)]
