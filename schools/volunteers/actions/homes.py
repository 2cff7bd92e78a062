"""The places of volunteers' homes on the grid, worked out from their postcodes."""

from collections.abc import Iterable

from django.db import transaction

from schools.core.errors import RuleBroken
from schools.directory.queries import PlacedPostcode, places_of_postcodes
from schools.directory.registers.cells import postcode as tidied
from schools.volunteers.models import Volunteer

ROWS_A_STATEMENT = 200


@transaction.atomic
def place_home(volunteer: Volunteer) -> Volunteer:
    """Store the place of the home postcode that the object has, and how precisely it is known.

    The postcode is stored in the form LA9 4XX. Without one, or with an unknown one, the home has no place and no precision.
    Raises RuleBroken for a text that is not a postcode.
    """
    postcode = tidied(volunteer.home_postcode)
    if volunteer.home_postcode.strip() and not postcode:
        raise RuleBroken([f"“{volunteer.home_postcode}” is not a postcode. Write it like LA9 4XX."])
    volunteer.home_postcode = postcode
    _place(volunteer, places_of_postcodes([postcode]).get(postcode) if postcode else None)
    volunteer.save(update_fields=["home_postcode", "easting", "northing", "place_precision"])
    return volunteer


@transaction.atomic
def place_homes() -> int:
    """Work out the places of all homes again from the postcodes and schools that are known now; return how many changed.

    Call it after an import of postcodes or schools. Volunteers without a postcode, or with an unknown one, stay as they are,
    because their place may come from elsewhere.
    """
    homes = [volunteer for volunteer in _homes() if tidied(volunteer.home_postcode)]
    places = places_of_postcodes(tidied(volunteer.home_postcode) for volunteer in homes)
    changed = []
    for volunteer in homes:
        place = places.get(tidied(volunteer.home_postcode))
        if place and _place(volunteer, place):
            changed.append(volunteer)
    Volunteer.objects.bulk_update(changed, ["easting", "northing", "place_precision"], batch_size=ROWS_A_STATEMENT)
    return len(changed)


def _homes() -> Iterable[Volunteer]:
    return (
        Volunteer.objects.select_for_update()
        .exclude(home_postcode="")
        .only("home_postcode", "easting", "northing", "place_precision")
        .order_by("pk")
    )


def _place(volunteer: Volunteer, place: PlacedPostcode | None) -> bool:
    """Set the home's place, None for none; return whether that changed anything."""
    before = volunteer.easting, volunteer.northing, volunteer.place_precision
    after = tuple(place) if place else (None, None, "")
    volunteer.easting, volunteer.northing, volunteer.place_precision = after
    return before != after
