"""What was used: by area, session type and material, in a period, and for each hundred pupils."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from schools.core.periods import Period
from schools.directory.models import Area
from schools.materials.models import Kind, Material, MaterialUse
from schools.programme.models import SessionType
from schools.visits.models import Headcount

HEADER = ("area", "session_type", "material", "sessions", "used", "pupils", "used_per_100_pupils")


@dataclass(frozen=True)
class Used:
    """So many of a material were used in the sessions of one type in one area that said so; `area` None: it did not go ahead."""

    area: str | None
    session_type: str
    material: str
    sessions: int
    used: int
    pupils: int

    @property
    def per_100_pupils(self) -> float | None:
        """To one decimal; None where no pupil was counted."""
        return round(100 * self.used / self.pupils, 1) if self.pupils else None

    @property
    def cells(self) -> tuple[str | int | float | None, ...]:
        """Under HEADER."""
        return (self.area, self.session_type, self.material, self.sessions, self.used, self.pupils, self.per_100_pupils)


def used_in(period: Period, *, areas: QuerySet[Area] | None = None) -> list[Used]:
    """What sessions in the period used up, by the area in which they were delivered, type and material; four queries."""
    uses = MaterialUse.objects.filter(
        used__isnull=False, material__kind=Kind.CONSUMABLE, session__day__range=(period.first_day, period.last_day)
    )
    if areas is not None:
        uses = uses.filter(session__area__in=areas)
    counted = Headcount.objects.filter(session=OuterRef("session")).order_by().values("session").annotate(sum=Sum("pupils"))
    sums = (
        uses.order_by()
        .annotate(pupils=Coalesce(Subquery(counted.values("sum")), 0))
        .values_list("session__area_id", "session__type_id", "material_id")
        .annotate(Count("pk"), Sum("used"), Sum("pupils"))
    )
    names = {area.pk: area.name for area in Area.objects.all()}
    types = {kind.pk: kind.name for kind in SessionType.objects.all()}
    materials = Material.objects.in_bulk()
    rows = [
        Used(names.get(area), types[kind], str(materials[material]), sessions, int(used), int(pupils))
        for area, kind, material, sessions, used, pupils in sums
    ]
    return sorted(rows, key=lambda row: (row.area or "~", row.session_type, row.material))
