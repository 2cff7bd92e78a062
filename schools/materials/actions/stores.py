"""The place of a store, from its postcode; it decides which store is the nearest."""

from django.db import transaction

from schools.core.errors import RuleBroken
from schools.directory.queries import places_of_postcodes
from schools.directory.registers.cells import postcode as tidied
from schools.materials.models import Store


@transaction.atomic
def place_store(store: Store) -> Store:
    """Set the store's place from its postcode; it has no place where the postcode is blank or unknown.

    Raises RuleBroken where the text is not a postcode.
    """
    postcode = tidied(store.postcode)
    if store.postcode.strip() and not postcode:
        raise RuleBroken([f"“{store.postcode}” is not a postcode. Write it like LA9 4XX."])
    place = places_of_postcodes([postcode]).get(postcode) if postcode else None
    store.postcode = postcode
    store.easting, store.northing = (place.easting, place.northing) if place else (None, None)
    store.save(update_fields=["postcode", "easting", "northing"])
    return store
