"""What of a school follows from its postcode: its place, where nobody gave one, as in Wales; and its fifth of deprivation."""

from collections.abc import Iterator
from datetime import datetime
from itertools import batched

from django.db import transaction
from django.db.models import Q

from schools.core.history import CHANGED, record_history
from schools.core.nations import Nation
from schools.directory.actions.locks import lock_register
from schools.directory.actions.sites import place_sites
from schools.directory.models import Deprivation, Postcode, School
from schools.directory.queries import newest_indices, places_of_postcodes

ROWS_A_STATEMENT = 500
CHUNK = 500
"""Schools that are read at a time, so that their postcodes can be named one by one."""


@transaction.atomic
def place_schools(*, now: datetime) -> int:
    """Work out the places of schools again that follow from postcodes; return how many changed, each with a line in its history.

    The place is that of the postcode in the list, else the middle of the schools of its sector, else of its district, and marked
    so. Call it after an import of postcodes or schools. A school with an unknown postcode keeps the place that it has. Their
    sites are placed with them, and are not counted.
    """
    place_sites()
    waiting = School.objects.filter(Q(easting=None) | Q(northing=None) | ~Q(placed_by="")).exclude(postcode="").order_by("pk")
    if not waiting.exists():
        return 0
    lock_register()
    schools = list(waiting.only("postcode", "easting", "northing", "placed_by"))
    places = places_of_postcodes(school.postcode for school in schools)
    changed = []
    for school in schools:
        place = places.get(school.postcode)
        if place and (school.easting, school.northing, school.placed_by) != place:
            school.easting, school.northing, school.placed_by = place
            changed.append(school)
    School.objects.bulk_update(changed, ["easting", "northing", "placed_by"], batch_size=ROWS_A_STATEMENT)
    record_history(School, [school.pk for school in changed], kind=CHANGED, by_id=None, now=now, reason="placed by postcode")
    return len(changed)


def small_areas_of_schools() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield nation and small areas of each school of which any is known: its register's, and its postcode's in the list."""
    for _, nation, areas, _ in _with_small_areas():
        if areas:
            yield nation, areas


def _with_small_areas() -> Iterator[tuple[int, str, tuple[str, ...], int | None]]:
    """Yield id, nation, small areas and fifth of each school."""
    rows = School.objects.order_by("pk").values_list("pk", "nation", "lsoa", "postcode", "fifth")
    for some in batched(rows.iterator(CHUNK), CHUNK):
        postcodes = {postcode for *_, postcode, _ in some if postcode}
        listed = Postcode.objects.filter(pk__in=list(postcodes)).exclude(small_area="").order_by()
        by_postcode = dict(listed.values_list("pk", "small_area"))
        for pk, nation, lsoa, postcode, fifth in some:
            areas = tuple(dict.fromkeys(area for area in (lsoa, by_postcode.get(postcode, "")) if area))
            yield pk, nation, areas, fifth


@transaction.atomic
def place_in_fifths() -> int:
    """Work out the fifth of deprivation of every school again; return how many changed.

    It is that of the school's small area by its register, else by its postcode, in the newest index of its nation: what an older
    one says of small areas that the newest lacks ranks them among others. Call it after an import of deprivation, postcodes
    or schools. No history is written: it follows from what is kept.
    """
    newest = newest_indices()
    rows = Deprivation.objects.order_by().values_list("small_area", "fifth", "nation", "year")
    fifths = {small_area: fifth for small_area, fifth, nation, year in rows if year == newest.get(Nation(nation))}
    if not fifths:
        return 0
    changed = [
        School(pk=pk, fifth=now)
        for pk, _, areas, was in _with_small_areas()
        if (now := next((fifths[area] for area in areas if area in fifths), None)) != was
    ]
    if changed:
        lock_register()
        School.objects.bulk_update(changed, ["fifth"], batch_size=ROWS_A_STATEMENT)
    return len(changed)
