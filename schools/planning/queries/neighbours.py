"""How many volunteers of an area live near a school."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from schools.directory.models import Area
from schools.volunteers.models import Volunteer

NEAR_KM = 20
"""The distance, in km, within which a volunteer is near a school; less for somebody who goes less far."""


@dataclass(frozen=True)
class Neighbours:
    """The homes of the active volunteers of each area, and how far they go."""

    homes: defaultdict[int, list[tuple[int, int, int]]]
    """By area: easting, northing and the square of the distance in metres that they go."""

    @classmethod
    def of(cls, areas: Iterable[Area]) -> "Neighbours":
        """Read the volunteers of these areas; one query."""
        homes: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
        members = Volunteer.areas.through.objects.filter(
            area__in={area.pk for area in areas},
            volunteer__status=Volunteer.Status.ACTIVE,
        ).values_list("area_id", "volunteer__easting", "volunteer__northing", "volunteer__furthest_km")
        for area_id, easting, northing, furthest in members:
            metres = 1000 * (NEAR_KM if furthest is None else min(NEAR_KM, furthest))
            if easting is not None and northing is not None:
                homes[area_id].append((easting, northing, metres * metres))
        return cls(homes)

    def count(self, place: tuple[int | None, int | None], area: Area | None) -> int | None:
        """Return how many of the area live near the place (easting, northing); None where it is not known."""
        east, north = place
        if east is None or north is None:
            return None
        # Squares are compared, to save a root for every pair of school and volunteer.
        homes = self.homes.get(area.pk, ()) if area else ()
        return sum((east - x) ** 2 + (north - y) ** 2 <= most for x, y, most in homes)
