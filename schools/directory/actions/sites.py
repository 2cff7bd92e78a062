"""The places of sites, which follow from their postcodes."""

from django.db import transaction

from schools.core.errors import RuleBroken
from schools.directory.models import Site
from schools.directory.queries import places_of_postcodes
from schools.directory.registers.cells import postcode as tidied


@transaction.atomic
def save_site(site: Site) -> Site:
    """Store the site, with the place that its postcode gives: of the list, else by the schools around, as for schools.

    It has no place where neither knows the postcode. Raises RuleBroken where the text is not a postcode.
    """
    postcode = tidied(site.postcode)
    if not postcode:
        raise RuleBroken([f"“{site.postcode}” is not a postcode. Write it like LA9 4XX."])
    site.postcode = postcode
    place = places_of_postcodes([postcode]).get(postcode)
    site.easting, site.northing = (place.easting, place.northing) if place else (None, None)
    site.save()
    return site


def place_sites() -> int:
    """Work out the places of all sites again, inside the caller's transaction; return how many changed.

    One with an unknown postcode keeps the place that it has.
    """
    sites = list(Site.objects.order_by("pk"))
    places = places_of_postcodes(site.postcode for site in sites) if sites else {}
    changed = 0
    for site in sites:
        place = places.get(site.postcode)
        if place and site.place != (place.easting, place.northing):
            site.easting, site.northing = place.easting, place.northing
            site.save()
            changed += 1
    return changed
