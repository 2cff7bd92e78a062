"""The way to a school: addresses that the phone's own map app opens. Nothing of theirs is loaded into our pages."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from schools.core.grid import british_to_degrees
from schools.directory.models import Whereabouts


@dataclass(frozen=True)
class MapLink:
    """A link that shows the way to a school or a site of it: what it opens, and its address."""

    opens: str
    address: str


def place_of(where: Whereabouts) -> tuple[str, str] | None:
    """Return latitude and longitude of where it is, to about a metre, as maps read them; None where the place is not known."""
    easting, northing = where.place
    if easting is None or northing is None:
        return None
    latitude, longitude = british_to_degrees(easting, northing)
    return f"{latitude:.5f}", f"{longitude:.5f}"


def directions_to(where: Whereabouts) -> list[MapLink]:
    """Return the links with the way there: to its coordinates, else to its address; none where neither is known."""
    at = ",".join(place_of(where) or ())
    address = ", ".join(part for part in (where.name, *where.address.splitlines(), where.postcode) if part.strip())
    to = at or (address if where.address or where.postcode else "")
    if not to:
        return []
    google = urlencode({"api": "1", "destination": to})
    # Of several ways to name a place, programs for `geo:` agree on this one: the point, and a label in brackets.
    label = f"{at}({where.name})" if at else to
    return [
        MapLink(_("Google Maps"), f"https://www.google.com/maps/dir/?{google}"),
        MapLink(_("Apple Maps"), f"https://maps.apple.com/?{urlencode({'daddr': to})}"),
        MapLink(_("another map app"), f"geo:{at or '0,0'}?q={quote(label)}"),
    ]
