"""The sessions to come with what they need, and where each takes it from: derived anew each time, never stored."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from schools.core.grid import kilometres_between
from schools.core.ids import Ids
from schools.directory.models import Area, AreaAuthority, School
from schools.directory.models.areas import holds_on
from schools.materials.models import Material, Packed, SessionKit, Store
from schools.materials.queries.kits import KitItem, Kits, Sitting
from schools.materials.queries.stock import stock_of
from schools.materials.reserving import Place, Reserved, Shelf, Want, reserve
from schools.visits.models import Headcount, Session, SessionQuerySet, VisitStage

REMEMBERED = timedelta(days=60)
"""A session of which nobody tells the outcome holds what it needs for so long: it was most likely used and will be reported."""

STANDING = (VisitStage.PLANNED, VisitStage.CONFIRMED)


def live_sessions(*, on: date) -> SessionQuerySet:
    """Sessions that hold materials: scheduled, of a planned or confirmed visit; those just past without an outcome too."""
    return Session.objects.scheduled().filter(visit__stage__in=STANDING, day__gte=on - REMEMBERED)


def holding_before(day: date) -> Q:
    """Live sessions that decide what is left for those up to the day: those up to it, and whatever is packed already."""
    return Q(day__lte=day) | Q(Exists(Packed.objects.still_in_the_box().filter(session=OuterRef("pk"))))


@dataclass(frozen=True)
class Wanting:
    """A session to come, as far as its materials go."""

    pk: int
    visit: int
    day: date
    last_day: date
    starts: time
    school: int
    area: int | None
    place: Place
    sitting: Sitting


def wanting(sessions: SessionQuerySet, *, on: date) -> list[Wanting]:
    """The sessions in order of day and time, with the area that holds their school on the day; three queries."""
    area_of = _areas_on(on)
    rows = list(
        sessions.order_by().annotate(ends_on=Coalesce("until_day", "day")).values_list(
            "pk", "visit_id", "day", "ends_on", "starts", "type_id", "language", "adults",
            "visit__school_id", "visit__school__authority_id", "visit__school__easting", "visit__school__northing",
        )
    )  # fmt: skip
    heads = _heads(Ids(row[0] for row in rows))
    found = []
    for pk, visit, day, ends_on, starts, kind, language, adults, school, authority, easting, northing in rows:
        expected, is_whole = heads.get(pk, (None, True))
        sitting = Sitting(pk, kind, language, adults, expected, is_whole)
        area = area_of.get(authority)
        found.append(Wanting(pk, visit, day, ends_on, starts, school, area, (easting, northing), sitting))
    return sorted(found, key=lambda one: (one.day, one.starts, one.pk))


type Need = tuple[int, int | None]
"""A material's id and how many a session needs of it; None: nobody knows."""
type ByDay = dict[tuple[int, int], dict[date, int]]
"""By the ids of area and material: how many are needed on each day."""


def needed_by_day(sessions: SessionQuerySet, *, on: date) -> tuple[ByDay, dict[tuple[int, int], int]]:
    """What the sessions need of things used up, and how many sessions need some of which nobody knows how many; four queries.

    A term of a whole charity passes here, so sessions of one type and size are worked out once.
    """
    heads = _heads(sessions.order_by().values("pk"))
    area_of = _areas_on(on)
    kits = Kits.read(SessionKit.objects.filter(session__in=sessions.order_by().values("pk")))
    known: dict[tuple[object, ...], list[Need]] = {}
    needs: ByDay = {}
    unknown: dict[tuple[int, int], int] = {}
    columns = ("pk", "day", "type_id", "language", "adults", "visit__school__authority_id")
    for pk, day, kind, language, adults, authority in sessions.order_by().values_list(*columns):
        area = area_of.get(authority)
        if area is None:
            continue
        pupils = heads[pk][0] if pk in heads else None
        key = (kind, language, adults, pupils, pk if kits.is_decided(pk) else None)
        amounts = known.get(key)
        if amounts is None:
            amounts = known[key] = _used_up(kits.items(Sitting(pk, kind, language, adults, pupils)))
        for material, quantity in amounts:
            if quantity is None:
                unknown[area, material] = unknown.get((area, material), 0) + 1
                continue
            days = needs.get((area, material))
            if days is None:
                days = needs[area, material] = {}
            days[day] = days.get(day, 0) + quantity
    return needs, unknown


def _used_up(items: Iterable[KitItem]) -> list[Need]:
    return [(item.material.pk, item.quantity) for item in items if not item.material.is_equipment]


def _heads(sessions: Ids | QuerySet[Session, Any]) -> dict[int, tuple[int | None, bool]]:
    """For each of the sessions with headcounts how many are expected, as far as known, and whether all are known.

    They are given as a subquery of ids.
    """
    counts = Headcount.objects.filter(session__in=sessions).order_by().values_list("session_id")
    return {
        session: (None if expected is None else int(expected), known == rows)
        for session, expected, known, rows in counts.annotate(Sum("expected"), Count("expected"), Count("pk"))
    }


def _areas_on(on: date) -> dict[int | None, int]:
    """The area that holds each authority on the day."""
    return dict(AreaAuthority.objects.filter(holds_on(on)).values_list("authority_id", "area_id"))


type Boxes = Mapping[tuple[int, int], int]
"""The store in which something is packed, by the ids of session and material."""


def wants_of(
    sessions: Mapping[int, Wanting], kits: Mapping[int, list[KitItem]], stores: Mapping[int, Store], boxes: Boxes
) -> Iterable[Want]:
    """What the sessions need of things that are used up, each by what its kit says.

    It comes from where it is packed, else from the store that was chosen; unless the session has since come to another area,
    which does not use that store.
    """

    def of_area(store_id: int | None, area: int | None) -> int | None:
        store = stores.get(store_id or 0)
        return store.pk if store and store.area_id == area else None

    for pk, items in kits.items():
        one = sessions[pk]
        for item in items:
            if item.quantity and not item.material.is_equipment:
                material = item.material.pk
                packed = of_area(boxes.get((pk, material)), one.area)
                store, is_packed = packed or of_area(item.store_id, one.area), packed is not None
                yield Want(pk, one.day, one.starts, material, item.quantity, one.area, one.place, store, is_packed)


def shelves_of(stores: Mapping[int, Store]) -> list[Shelf]:
    """The stores as plain values."""
    return [Shelf(store.pk, store.area_id, store.place) for store in stores.values()]


class Reservations:
    """What the sessions of some areas hold: which material, how many, from which store.

    All areas where `areas` is None. Sessions after `until` are left out: they take what those before them left, so nothing
    changes for the others; but for those of which something is packed, which nobody takes out of their box. A constant number
    of queries.
    """

    def __init__(self, *, areas: QuerySet[Area] | None = None, on: date, until: date | None = None) -> None:
        self.on = on
        sessions = live_sessions(on=on)
        if areas is not None:
            # None is delivered, so none lies where it was frozen: only their schools are looked at.
            sessions = sessions.filter(visit__school__in=School.objects.in_areas(areas, on=on).order_by().values("pk"))
        if until is not None:
            sessions = sessions.filter(holding_before(until))
        self._areas = areas
        self.sessions = {one.pk: one for one in wanting(sessions, on=on)}
        # By id, because they are known by now: each further query would look for them again.
        kits = Kits.read(SessionKit.objects.filter(session__in=Ids(self.sessions)))
        self.kits: dict[int, list[KitItem]] = {pk: kits.items(one.sitting) for pk, one in self.sessions.items()}

    @cached_property
    def stores(self) -> dict[int, Store]:
        """The stores of the areas, with their keepers."""
        stores = Store.objects.select_related("keeper", "area")
        return {store.pk: store for store in (stores if self._areas is None else stores.filter(area__in=self._areas))}

    @cached_property
    def _boxes(self) -> Boxes:
        ticks = Packed.objects.still_in_the_box().filter(session__in=Ids(self.sessions)).order_by()
        return {(session, material): store for session, material, store in ticks.values_list("session", "material", "store")}

    @cached_property
    def materials(self) -> dict[int, Material]:
        """The materials that the sessions need."""
        return {item.material.pk: item.material for items in self.kits.values() for item in items}

    @cached_property
    def stock(self) -> dict[tuple[int, int], int]:
        """What is in the stores of the materials that are needed and used up."""
        needed = [pk for pk, material in self.materials.items() if not material.is_equipment]
        stores = None if self._areas is None else Store.objects.filter(area__in=self._areas)
        return stock_of(stores=stores, materials=needed) if needed else {}

    @cached_property
    def reserved(self) -> list[Reserved]:
        """Every want of something used up, in the order of the sessions, with the store where it is met."""
        return reserve(wants_of(self.sessions, self.kits, self.stores, self._boxes), shelves_of(self.stores), self.stock)

    @cached_property
    def by_session(self) -> dict[int, dict[int, Reserved]]:
        """The reservations of each session, by material."""
        found: defaultdict[int, dict[int, Reserved]] = defaultdict(dict)
        for one in self.reserved:
            found[one.want.session][one.want.material] = one
        return dict(found)

    @cached_property
    def areas_with_stores(self) -> set[int]:
        """Areas that keep stock; where there is no store nothing can be lacking in it."""
        return {store.area_id for store in self.stores.values()}

    def kilometres(self, session: int, store: int) -> float | None:
        """How far the store is from the session's school, in a straight line; None where that is not known."""
        return kilometres_between(self.stores[store].place, self.sessions[session].place)


def reservations_around(session: Session, *, on: date) -> Reservations:
    """The reservations of the area in which the session's school lies today: what decides where it takes its things from."""
    holding = AreaAuthority.objects.filter(holds_on(on), authority=session.visit.school.authority_id)
    areas = Area.objects.filter(pk__in=holding.values("area"))
    return Reservations(areas=areas, on=on, until=max(session.day, on))
