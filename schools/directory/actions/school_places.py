"""Placing schools by their postcodes where neither a register nor a person gave a place, as in Wales."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from schools.core.history import CHANGED, record_history
from schools.directory.actions.locks import lock_register
from schools.directory.models import School
from schools.directory.queries import places_of_postcodes

ROWS_A_STATEMENT = 500


@transaction.atomic
def place_schools(*, now: datetime) -> int:
    """Work out the places of schools again that follow from postcodes; return how many changed, each with a line in its history.

    The place is that of the postcode in the list, else the middle of the schools of its sector, else of its district, and marked
    so. Call it after an import of postcodes or schools. A school with an unknown postcode keeps the place that it has.
    """
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
