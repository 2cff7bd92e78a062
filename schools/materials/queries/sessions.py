"""What sessions to come need and which store each takes it from: worked out each time, never stored."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from schools.core.batched_queries import Day
from schools.core.grid import kilometres_between
from schools.core.ids import Ids
from schools.directory.models import Area, AreaAuthority, School
from schools.directory.models.areas import holds_on
from schools.materials.models import Material, Packed, SessionKit, Store
from schools.materials.queries.kits import KitItem, Kits, Sitting
from schools.materials.queries.stock import stock_of
from schools.materials.reserving import Place, Reserved, Shelf, Want, reserve
from schools.visits.models import BOOKED_STAGES, Headcount, Session, SessionQuerySet
from schools.visits.queries.places import place_of

REMEMBERED = timedelta(days=60)
"""How long a past session without an outcome keeps what it needs: it was most likely used and will be reported."""


def live_sessions(*, on: date) -> SessionQuerySet:
    """Return the sessions that hold materials: scheduled, of a planned or confirmed visit.

    Sessions of the last 60 days without an outcome are among them.
    """
    return live_since(on - REMEMBERED)


def live_since(day: Day) -> SessionQuerySet:
    """Return the scheduled sessions of planned or confirmed visits from the day on."""
    return Session.objects.scheduled().filter(visit__stage__in=BOOKED_STAGES, day__gte=day)


def holding_before(day: Day) -> Q:
    """Return the condition for live sessions that take from what is left on the day.

    Those are the sessions up to the day, and later ones of which something is packed already.
    """
    return Q(day__lte=day) | Q(Exists(Packed.objects.still_in_the_box().filter(session=OuterRef("pk"))))


@dataclass(frozen=True)
class UpcomingSession:
    """A session to come, with what decides about its materials."""

    pk: int
    visit: int
    day: date
    last_day: date
    starts: time
    school: int
    area: int | None
    place: Place
    """Where it is: at its site, else at the school's own address."""
    sitting: Sitting


def upcoming_sessions(sessions: SessionQuerySet, *, on: date) -> list[UpcomingSession]:
    """Return the sessions by day and time, each with the area that holds its school on the day `on`; three queries."""
    area_of = _areas_on(on)
    at = place_of()
    rows = list(
        sessions.order_by().annotate(ends_on=Coalesce("until_day", "day")).values_list(
            "pk", "visit_id", "day", "ends_on", "starts", "type_id", "language", "adults",
            "visit__school_id", "visit__school__authority_id", at["easting"], at["northing"],
        )
    )  # fmt: skip
    heads = _heads(Ids(row[0] for row in rows))
    upcoming = []
    for pk, visit, day, ends_on, starts, kind, language, adults, school, authority, easting, northing in rows:
        expected, is_whole = heads.get(pk, (None, True))
        sitting = Sitting(pk, kind, language, adults, expected, is_whole)
        area = area_of.get(authority)
        upcoming.append(UpcomingSession(pk, visit, day, ends_on, starts, school, area, (easting, northing), sitting))
    return sorted(upcoming, key=lambda session: (session.day, session.starts, session.pk))


type Need = tuple[int, int | None]
"""A material's id and how many a session needs of it; None: nobody knows."""
type ByDay = dict[tuple[int, int], dict[date, int]]
"""How many are needed on each day, by the ids of area and material."""


def needed_by_day(sessions: SessionQuerySet, *, on: date) -> tuple[ByDay, dict[tuple[int, int], int]]:
    """Return what the sessions need of consumables by day, and the number of sessions whose need is not known; four queries.

    All sessions of a charity's term come through here, so what sessions of one type and size need is worked out once.
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
    """Return, by session with headcounts, how many are expected, as far as known, and whether all numbers are known.

    `sessions` is a subquery of ids.
    """
    counts = Headcount.objects.filter(session__in=sessions).order_by().values_list("session_id")
    return {
        session: (None if expected is None else int(expected), known == rows)
        for session, expected, known, rows in counts.annotate(Sum("expected"), Count("expected"), Count("pk"))
    }


def _areas_on(on: date) -> dict[int | None, int]:
    """Return the area that holds each authority on the day."""
    return dict(AreaAuthority.objects.filter(holds_on(on)).values_list("authority_id", "area_id"))


type Boxes = Mapping[tuple[int, int], int]
"""The store in which something is packed, by the ids of session and material."""


def wants_of(
    sessions: Mapping[int, UpcomingSession], kits: Mapping[int, list[KitItem]], stores: Mapping[int, Store], boxes: Boxes
) -> Iterable[Want]:
    """Yield what the sessions need of consumables, each by its kit.

    It comes from the store where it is packed, else from the store that was chosen. A store of another area than the session's
    does not count: the session came to that area after it was packed or chosen.
    """

    def of_area(store_id: int | None, area: int | None) -> int | None:
        store = stores.get(store_id or 0)
        return store.pk if store and store.area_id == area else None

    for pk, items in kits.items():
        session = sessions[pk]
        for item in items:
            if item.quantity and not item.material.is_equipment:
                material = item.material.pk
                packed = of_area(boxes.get((pk, material)), session.area)
                store, is_packed = packed or of_area(item.store_id, session.area), packed is not None
                yield Want(
                    pk, session.day, session.starts, material, item.quantity, session.area, session.place, store, is_packed
                )


def shelves_of(stores: Mapping[int, Store]) -> list[Shelf]:
    """Return the stores as plain values."""
    return [Shelf(store.pk, store.area_id, store.place) for store in stores.values()]


class Reservations:
    """What the sessions of some areas hold: which material, how many, from which store; a constant number of queries.

    `areas` None: all areas. Sessions after `until` are left out, because they only get what earlier ones leave. Later sessions
    of which something is packed stay in, because nobody takes it out of their box.
    """

    def __init__(self, *, areas: QuerySet[Area] | None = None, on: date, until: date | None = None) -> None:
        self.on = on
        sessions = live_sessions(on=on)
        if areas is not None:
            # None of them is delivered, so none has a frozen area (rule 3): the area is that of the school.
            sessions = sessions.filter(visit__school__in=School.objects.in_areas(areas, on=on).order_by().values("pk"))
        if until is not None:
            sessions = sessions.filter(holding_before(until))
        self._areas = areas
        self.sessions = {session.pk: session for session in upcoming_sessions(sessions, on=on)}
        # By ids, which are known by now; as a subquery the sessions would be looked up again in each further query.
        kits = Kits.read(SessionKit.objects.filter(session__in=Ids(self.sessions)))
        self.kits: dict[int, list[KitItem]] = {pk: kits.items(session.sitting) for pk, session in self.sessions.items()}

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
        """The stock of the consumables that the sessions need."""
        needed = [pk for pk, material in self.materials.items() if not material.is_equipment]
        stores = None if self._areas is None else Store.objects.filter(area__in=self._areas)
        return stock_of(stores=stores, materials=needed) if needed else {}

    @cached_property
    def reserved(self) -> list[Reserved]:
        """What each session takes of consumables and from which store, in the order of the sessions."""
        return reserve(wants_of(self.sessions, self.kits, self.stores, self._boxes), shelves_of(self.stores), self.stock)

    @cached_property
    def by_session(self) -> dict[int, dict[int, Reserved]]:
        """The reservations of each session, by material."""
        by_session: defaultdict[int, dict[int, Reserved]] = defaultdict(dict)
        for reserved in self.reserved:
            by_session[reserved.want.session][reserved.want.material] = reserved
        return dict(by_session)

    @cached_property
    def areas_with_stores(self) -> set[int]:
        """Ids of the areas that keep stock; without a store no session can lack anything in it."""
        return {store.area_id for store in self.stores.values()}

    def kilometres(self, session: int, store: int) -> float | None:
        """Return the distance of the store from where the session is, in a straight line; None where it is not known."""
        return kilometres_between(self.stores[store].place, self.sessions[session].place)


def reservations_around(session: Session, *, on: date) -> Reservations:
    """Return the reservations of the area in which the session's school lies today; it takes its things from there."""
    holding = AreaAuthority.objects.filter(holds_on(on), authority=session.visit.school.authority_id)
    areas = Area.objects.filter(pk__in=holding.values("area"))
    return Reservations(areas=areas, on=on, until=max(session.day, on))
