"""What will be needed by week, against what is there: when it runs short, when to order, how many."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from schools.directory.models import Area
from schools.materials.models import Kind, Material, Store
from schools.materials.queries.sessions import live_sessions, needed_by_day
from schools.materials.queries.stock import sums_of

WEEKS = 13
"""How far ahead: a term."""

NOTHING: Mapping[date, int] = {}


class Forecast(NamedTuple):
    """One material in one area: what is there, what sessions need week by week, when it runs short."""

    area: int
    material: Material
    stock: int
    weeks: tuple[int, ...]
    """How many are needed in each week, Monday to Sunday; the first is this week with what is still held from before."""
    first_short: date | None
    """The first day on which the area has not enough for the sessions up to it."""
    order_by: date | None
    """When to order so that it comes before that day; None where it does not run short or nobody gave a lead time."""
    unknown: int = 0
    """Sessions that need some, nobody knows how many."""

    @property
    def needed(self) -> int:
        """In all weeks together."""
        return sum(self.weeks)

    @property
    def left(self) -> int:
        """What remains after all weeks; negative: so many are missing."""
        return self.stock - self.needed

    @property
    def to_order(self) -> int:
        """How many bring what is left up to the reorder level; 0: nothing to order."""
        return max(0, (self.material.reorder_level or 0) - self.left)


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def forecast(material: Material, needs: Mapping[date, int], *, area: int, stock: int, on: date, unknown: int = 0) -> Forecast:
    """The forecast from the pieces needed on each day; days before `on` count as today: what they hold is not there any more."""
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
    """Of every material used up that an area has or needs, by area and name; a constant number of queries."""
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
    materials = {one.pk: one for one in Material.objects.filter(kind=Kind.CONSUMABLE)}
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
    """The reorder list: what runs short or falls below its reorder level, most pressing first."""
    low = [row for row in rows if row.first_short or (row.material.reorder_level is not None and row.to_order)]
    return sorted(low, key=lambda row: (row.order_by or row.first_short or date.max, row.material.name))
