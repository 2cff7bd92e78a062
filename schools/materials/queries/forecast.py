"""The forecast of stock: what sessions need week by week, when it runs short, when to order and how many."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from schools.directory.models import Area
from schools.materials.models import Kind, Material, Store
from schools.materials.queries.sessions import live_sessions, needed_by_day
from schools.materials.queries.stock import sums_of

WEEKS = 13
"""How many weeks the forecast looks ahead: about a term."""

NOTHING: Mapping[date, int] = {}


class Forecast(NamedTuple):
    """The forecast of one material in one area: its stock, what sessions need week by week, when it runs short."""

    area: int
    material: Material
    stock: int
    weeks: tuple[int, ...]
    """Pieces needed in each week, Monday to Sunday; the first is this week, with what sessions before it still hold."""
    first_short: date | None
    """The first day on which the stock is not enough for the sessions up to that day; None: it is always enough."""
    order_by: date | None
    """The last day to order so that it comes by then; None where it does not run short or no lead time is known."""
    unknown: int = 0
    """The number of sessions that need some, but nobody knows how many."""

    @property
    def needed(self) -> int:
        """Pieces needed in all weeks together."""
        return sum(self.weeks)

    @property
    def left(self) -> int:
        """Pieces left after all weeks; negative: so many are missing."""
        return self.stock - self.needed

    @property
    def to_order(self) -> int:
        """Pieces to order so that the reorder level is left over; 0: nothing to order."""
        return max(0, (self.material.reorder_level or 0) - self.left)


def monday(day: date) -> date:
    """Return the Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def forecast(material: Material, needs: Mapping[date, int], *, area: int, stock: int, on: date, unknown: int = 0) -> Forecast:
    """Return the forecast from the pieces needed on each day.

    Days before `on` count as today, because what their sessions hold is not free any more.
    """
    if not needs:
        return Forecast(area, material, stock, (0,) * WEEKS, None, None, unknown)
    weeks, first = [0] * WEEKS, monday(on)
    left, first_short = stock, None
    for day in sorted(needs):
        weeks[max(0, (day - first).days // 7)] += needs[day]
        left -= needs[day]
        if left < 0 and first_short is None:
            first_short = max(day, on)
    order_by = None
    if first_short and material.lead_days is not None:
        order_by = first_short - timedelta(days=material.lead_days)
    return Forecast(area, material, stock, tuple(weeks), first_short, order_by, unknown)


def forecasts(*, areas: QuerySet[Area] | None = None, on: date) -> list[Forecast]:
    """Return the forecast of every consumable that an area has or needs, ordered by area and name.

    A constant number of queries.
    """
    last_day = monday(on) + timedelta(days=7 * WEEKS - 1)
    sessions = live_sessions(on=on).filter(day__lte=last_day)
    stores = Store.objects.all()
    if areas is not None:
        sessions, stores = sessions.in_areas(areas, on=on), stores.filter(area__in=areas)
    needs, unknown = needed_by_day(sessions, on=on)
    area_of = dict(stores.values_list("pk", "area_id"))
    stock: dict[tuple[int, int], int] = {}
    for store, material, pieces in sums_of(stores=None if areas is None else stores):
        key = (area_of[store], material)
        stock[key] = stock.get(key, 0) + pieces
    materials = {consumable.pk: consumable for consumable in Material.objects.filter(kind=Kind.CONSUMABLE)}
    ranks = {pk: rank for rank, pk in enumerate(sorted(materials, key=lambda pk: (materials[pk].name, pk)))}
    kept = set(area_of.values())
    keys = needs.keys() | unknown.keys() | stock.keys()
    ordered = sorted((area, ranks[material], material) for area, material in keys if material in ranks and area in kept)
    return [
        forecast(
            materials[material],
            needs.get((area, material), NOTHING),
            area=area,
            stock=stock.get((area, material), 0),
            on=on,
            unknown=unknown.get((area, material), 0),
        )
        for area, _, material in ordered
    ]


def to_order(rows: list[Forecast]) -> list[Forecast]:
    """Return the reorder list: what runs short or falls below its reorder level, the most urgent first."""
    low = [row for row in rows if row.first_short or (row.material.reorder_level is not None and row.to_order)]
    return sorted(low, key=lambda row: (row.order_by or row.first_short or date.max, row.material.name))
