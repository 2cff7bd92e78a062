"""What will be needed, and when it runs short."""

from collections import defaultdict
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schools import models
from schools.materials.models import Material
from schools.materials.queries import WEEKS, forecast, forecasts, to_order
from tests.factories import DAY
from tests.materials.stores import a_material, received
from tests.materials.wants import TODAY, a_session, needs
from tests.profiles import examples

DAYS = st.dictionaries(st.integers(-20, 80).map(lambda days: TODAY + timedelta(days=days)), st.integers(0, 50), max_size=8)


@given(needed=DAYS, stock=st.integers(0, 150), lead=st.none() | st.integers(0, 40))
@settings(max_examples=examples(60), deadline=None)
def test_a_forecast_is_what_a_calendar_says(needed: dict[date, int], stock: int, lead: int | None) -> None:
    row = forecast(Material(name="Sticker", lead_days=lead), needed, area=1, stock=stock, on=TODAY)
    weeks: defaultdict[int, int] = defaultdict(int)
    short = None
    for ahead in range(-20, 81):
        day = TODAY + timedelta(days=ahead)
        monday = date(2026, 11, 23)
        week = 0
        while day >= monday + timedelta(days=7 * (week + 1)):
            week += 1
        weeks[week] += needed.get(day, 0)
        if short is None and sum(pieces for on, pieces in needed.items() if on <= day) > stock:
            short = max(day, TODAY)
    assert row.weeks == tuple(weeks[week] for week in range(WEEKS))
    assert row.first_short == short
    assert row.order_by == (short - timedelta(days=lead) if short and lead is not None else None)
    assert row.left == stock - sum(needed.values())


def test_the_reorder_list_names_what_runs_short_or_low(area: models.Area, office: models.Store) -> None:
    sticker = needs(a_material("Sticker", reorder_level=50, lead_days=10))
    booklet, poster = a_material("Booklet", reorder_level=50), a_material("Poster")
    for material, pieces in ((sticker, 40), (booklet, 20), (poster, 5)):
        received(office, material, pieces)
    a_session(area, expected=30)
    a_session(area, expected=30, day=DAY + timedelta(days=7))
    a_session(area, expected=None)
    rows = {row.material.name: row for row in forecasts(on=TODAY)}
    assert {name: (row.stock, row.needed, row.to_order, row.unknown) for name, row in rows.items()} == {
        "Booklet": (20, 0, 30, 0),
        "Poster": (5, 0, 0, 0),
        "Sticker": (40, 60, 70, 1),
    }
    assert [(row.material.name, row.first_short, row.order_by) for row in to_order(list(rows.values()))] == [
        ("Sticker", DAY + timedelta(days=7), DAY - timedelta(days=3)),
        ("Booklet", None, None),
    ]
