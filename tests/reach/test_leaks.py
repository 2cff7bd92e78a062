"""Two ways in which public files once gave back what each of them hid, played against the old way and against ours.

Files used to hide small numbers one by one, and the smallest number beside them. Here this is done once more (`hidden`), so that
the attack is seen to find the true number there, and to find one and the same number here, whatever is true.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time

import pytest
from django.db import transaction

from schools import models
from schools.core.periods import Period
from schools.reach.actions.publishing import bundle_of, publish
from schools.reach.bundles import Files
from schools.reach.queries import reach
from schools.reach.rows import Cut
from tests import factories
from tests.reach.examples import delivered
from tests.reach.published import seats

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
FEW = range(1, 5)
IN_PERSON = ("ks1-assembly", "ks2-assembly", "workshop-5-6")
ONLINE = ("online-ks1", "online-ks2")
AUTUMN, DECEMBER, BOTH = PERIODS = ("2025-10-01..2025-11-30", "2025-12-01..2025-12-31", "2025-10-01..2025-12-31")

type Cell = tuple[str, str]
"""A file and one of its rows."""
type Cells = dict[Cell, int | None]
"""Attendances of public files; None is hidden."""
type Sums = list[tuple[Cell, list[Cell]]]
"""What every reader knows: a cell is the sum of others."""


def hidden(rows: dict[str, int], small: set[str]) -> dict[str, int | None]:
    """The old way: small numbers are hidden, and the smallest of the others until this file alone does not give them back."""
    stars = {row for row in small if rows[row]}
    while stars and (len(stars) == 1 or sum(rows[row] for row in stars) < 5):
        stars.add(min((row for row in rows if rows[row] and row not in stars), key=lambda row: rows[row]))
    return {row: None if row in stars else number for row, number in rows.items()}


def worked_out(cells: Cells, sums: Sums) -> Cells:
    """The attack: where all numbers of a sum but one are known, that one is known too."""
    known = dict(cells)
    while True:
        for whole, parts in sums:
            signs = {whole: 1} | dict.fromkeys(parts, -1)
            unknown = [cell for cell in signs if known[cell] is None]
            if len(unknown) == 1:
                rest = sum(sign * (known[cell] or 0) for cell, sign in signs.items())
                known[unknown[0]] = -signs[unknown[0]] * rest
                break
        else:
            return known


def true_rows(period: str, by: Cut) -> tuple[dict[str, int], int]:
    """The attendances of each row, and of all together, as they are for those who may see everything."""
    table = reach(Period.parse(period), by=by, as_of=NOW.date())
    return {row.kind or row.area: row.attendances for row in table.rows}, table.total.attendances


@contextmanager
def for_a_moment() -> Iterator[None]:
    """Take back what is published inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def published(*periods: str) -> list[Files]:
    return [bundle_of(publish(Period.parse(period), by=None, now=NOW)) for period in periods]


@pytest.fixture
def few_online() -> models.Headcount:
    """A charity whose one online type had very few pupils: their headcount."""
    area = factories.AreaFactory(name="Cumbria")
    for slug, pupils in zip((*IN_PERSON, *ONLINE), (100, 200, 20, 3, 60), strict=True):
        delivered(factories.SchoolFactory(area=area), slug, date(2025, 10, 6), time(9), {5: pupils})
    return models.Headcount.objects.get(session__type__slug="online-ks1")


def of_files(types: Mapping[str, int | None], channels: Mapping[str, int], total: int) -> Cells:
    """The cells of the files by session type and by channel, which have one total."""
    cells: Cells = {("type", slug): number for slug, number in types.items()}
    return cells | {("channel", channel): number for channel, number in channels.items()} | {("all", "total"): total}


TYPES_ADD_UP: Sums = [
    (("channel", "online"), [("type", slug) for slug in ONLINE]),
    (("channel", "in_person"), [("type", slug) for slug in IN_PERSON]),
    (("all", "total"), [("channel", "online"), ("channel", "in_person")]),
]


def test_an_online_type_is_not_the_total_online_less_the_other_one(few_online: models.Headcount) -> None:
    files = set()
    for true in FEW:
        models.Headcount.objects.filter(pk=few_online.pk).update(pupils=true)
        types, total = true_rows("2025/26", Cut.TYPE)
        old = of_files(hidden(types, {"online-ks1"}), true_rows("2025/26", Cut.CHANNEL)[0], total)
        assert old["type", "online-ks1"] is None
        assert worked_out(old, TYPES_ADD_UP)["type", "online-ks1"] == true
        with for_a_moment():
            [bundle] = published("2025/26")
        for within in ("nation", "region"):
            channels = seats(bundle, f"attendances_by_channel_within_{within}", "channel")
            of_type = seats(bundle, f"attendances_by_session_type_within_{within}", "session_type")
            new = of_files(of_type, channels, channels["TOTAL"])
            assert worked_out(new, TYPES_ADD_UP) == new
            assert of_type["online-ks1"] == channels["online"] - of_type["online-ks2"] == 0
        files.add(tuple(bundle.items()))
    assert len(files) == 1


@pytest.fixture
def few_in_december() -> models.Headcount:
    """Four areas, of which one had very few pupils in December: their headcount. Another had no session then."""
    counts = {"Bodmin": (25, None), "Devon": (33, 61), "Kent": (152, 70), "Moors": (40, 3)}
    for name, (in_autumn, in_december) in counts.items():
        school = factories.SchoolFactory(area=factories.AreaFactory(name=name))
        delivered(school, "ks2-assembly", date(2025, 10, 6), time(9), {5: in_autumn})
        if in_december:
            delivered(school, "ks2-assembly", date(2025, 12, 1), time(9), {5: in_december})
    return models.Headcount.objects.get(session__day=date(2025, 12, 1), area__name="Moors")


AREAS = ("Bodmin", "Devon", "Kent", "Moors")
MONTHS_ADD_UP: Sums = [
    *(((period, "TOTAL"), [(period, area) for area in AREAS]) for period in PERIODS),
    *(((BOTH, area), [(AUTUMN, area), (DECEMBER, area)]) for area in AREAS),
]


def old_files_by_area() -> Cells:
    """An area that is small in any month was hidden in every file of the year."""
    cells: Cells = {}
    for period in PERIODS:
        rows, total = true_rows(period, Cut.AREA)
        known = hidden({area: rows[area] for area in AREAS}, {"Moors"})
        cells.update({(period, area): number for area, number in known.items()})
        cells[period, "TOTAL"] = total
    return cells


@pytest.mark.exhaustive
def test_december_is_not_given_back_by_the_files_around_it(few_in_december: models.Headcount) -> None:
    files = set()
    for true in FEW:
        models.Headcount.objects.filter(pk=few_in_december.pk).update(pupils=true)
        old = old_files_by_area()
        assert {old[period, "Moors"] for period in PERIODS} == {None}
        assert worked_out(old, MONTHS_ADD_UP)[DECEMBER, "Moors"] == true
        with for_a_moment():
            bundles = published(*PERIODS)
        new: Cells = {
            (period, area): number
            for period, bundle in zip(PERIODS, bundles, strict=True)
            for area, number in seats(bundle, "reach_by_area", "area").items()
        }
        assert worked_out(new, MONTHS_ADD_UP) == new
        for whole, parts in MONTHS_ADD_UP:
            assert new[whole] == sum(new[part] or 0 for part in parts)
        assert new[DECEMBER, "Moors"] == 0
        files.add(tuple(content for bundle in bundles for content in bundle.items()))
    assert len(files) == 1
