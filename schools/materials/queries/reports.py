"""The report of what was used in a period, by area, session type and material, and per hundred pupils."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum

from schools.core.periods import Period
from schools.directory.models import Area
from schools.materials.models import Kind, Material, MaterialUse
from schools.programme.models import Audience, SessionType
from schools.visits.models import Headcount, Session

HEADER = (
    "area", "session_type", "material", "sessions", "used", "pupils", "used_per_100_pupils",
    "sessions_without_count", "used_without_count", "sessions_delivered",
)  # fmt: skip


@dataclass(frozen=True)
class Used:
    """What the sessions of one type in one area used of a material; `area` None: the sessions did not go ahead."""

    area: str | None
    session_type: str
    """The type's own name, the same in all nations, so that files can be joined by it."""
    type_name: str
    """The type's name in the area's nation."""
    material: str
    sessions: int
    """The number of sessions that reported how many they used, none included."""
    used: int
    pupils: int
    """Attendances in those of the sessions in which every year group was counted."""
    without_count: int
    """The number of the other sessions: somebody was not counted, or it did not go ahead, or it was for adults."""
    used_without_count: int
    delivered: int
    """Sessions of the type that took place in the area, with or without a report on the material."""
    is_for_pupils: bool

    @property
    def per_100_pupils(self) -> float | None:
        """Pieces per 100 pupils, to one decimal, from fully counted sessions only; None where no pupil was counted."""
        return round(100 * (self.used - self.used_without_count) / self.pupils, 1) if self.pupils else None

    @property
    def cells(self) -> tuple[str | int | float | None, ...]:
        """The values in the order of HEADER."""
        return (
            self.area, self.session_type, self.material, self.sessions, self.used, self.pupils, self.per_100_pupils,
            self.without_count, self.used_without_count, self.delivered,
        )  # fmt: skip


# Longer than 40 lines: one statement builds a row of eleven values.
def used_in(period: Period, *, areas: QuerySet[Area] | None = None) -> list[Used]:
    """Return what sessions in the period used up, by the area in which they were delivered, type and material; six queries.

    The number per hundred pupils comes from one set of sessions: those in which every year group was counted.
    """
    uses = MaterialUse.objects.filter(
        used__isnull=False, material__kind=Kind.CONSUMABLE, session__day__range=(period.first_day, period.last_day)
    )
    held = Session.objects.delivered().in_period(period)
    if areas is not None:
        uses, held = uses.filter(session__area__in=areas), held.filter(area__in=areas)
    keys = ("session__area_id", "session__type_id", "material_id")
    sums = uses.order_by().values_list(*keys).annotate(Count("pk"), Sum("used"))
    of_session = Headcount.objects.filter(session=OuterRef("session")).order_by().values("session")
    counted = (
        uses.filter(session__in=Session.objects.counted().in_period(period).order_by().values("pk"))
        .order_by()
        .annotate(pupils=Subquery(of_session.annotate(sum=Sum("pupils")).values("sum")))
        .values_list(*keys)
        .annotate(Count("pk"), Sum("used"), Sum("pupils"))
    )
    of_counted = {tuple(key): (sessions, int(used), int(pupils)) for *key, sessions, used, pupils in counted}
    held_in = held.order_by().values_list("area_id", "type_id").annotate(Count("pk"))
    delivered = {(area, kind): sessions for area, kind, sessions in held_in}
    places = {area.pk: area for area in Area.objects.select_related("region")}
    types = {kind.pk: kind for kind in SessionType.objects.all()}
    materials = Material.objects.in_bulk()
    rows = []
    for area, kind, material, sessions, used in sums:
        place = places.get(area)
        with_count, used_there, pupils = of_counted.get((area, kind, material), (0, 0, 0))
        rows.append(
            Used(
                place.name if place else None,
                types[kind].name,
                types[kind].name_among([place.region.nation] if place else []),
                str(materials[material]),
                sessions,
                int(used),
                pupils,
                sessions - with_count,
                int(used) - used_there,
                delivered.get((area, kind), 0),
                types[kind].audience == Audience.PUPILS,
            )
        )
    return sorted(rows, key=lambda row: (row.area is None, row.area or "", row.session_type, row.material))


@dataclass(frozen=True)
class Unreported:
    """What is missing from a period's report; `silent`: delivered sessions without any report of what they used."""

    delivered: int
    silent: int
    outcomes_missing: int
    """Sessions that are over and have no outcome."""


def unreported_in(period: Period, *, areas: QuerySet[Area] | None = None, on: date) -> Unreported:
    """Count the sessions of the period that are missing from used_in, as of the day; three queries."""
    held = Session.objects.delivered().in_period(period)
    overdue = Session.objects.outcome_missing(on=on).in_period(period)
    if areas is not None:
        held, overdue = held.filter(area__in=areas), overdue.in_areas(areas, on=on)
    uses = MaterialUse.objects.filter(session=OuterRef("pk"), used__isnull=False, material__kind=Kind.CONSUMABLE)
    return Unreported(held.count(), held.filter(~Exists(uses)).count(), overdue.count())
