"""The way to a school: addresses that the phone's own map app opens. Nothing of theirs is loaded into our pages."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from schools.core.grid import british_to_degrees
from schools.directory.models import School


@dataclass(frozen=True)
class MapLink:
    """A link that shows the way to a school: what it opens, and its address."""

    opens: str
    address: str


def place_of(school: School) -> tuple[str, str] | None:
    """Return latitude and longitude of the school, to about a metre, as maps read them; None where its place is not known."""
    easting, northing = school.place
    if easting is None or northing is None:
        return None
    latitude, longitude = british_to_degrees(easting, northing)
    return f"{latitude:.5f}", f"{longitude:.5f}"


def directions_to(school: School) -> list[MapLink]:
    """Return the links with the way to the school: to its coordinates, else to its address; none where neither is known."""
    at = ",".join(place_of(school) or ())
    address = ", ".join(part for part in (school.name, *school.address.splitlines(), school.postcode) if part.strip())
    to = at or (address if school.address or school.postcode else "")
    if not to:
        return []
    google = urlencode({"api": "1", "destination": to})
    # Of several ways to name a place, programs for `geo:` agree on this one: the point, and a label in brackets.
    label = f"{at}({school.name})" if at else to
    return [
        MapLink(_("Google Maps"), f"https://www.google.com/maps/dir/?{google}"),
        MapLink(_("Apple Maps"), f"https://maps.apple.com/?{urlencode({'daddr': to})}"),
        MapLink(_("another map app"), f"geo:{at or '0,0'}?q={quote(label)}"),
    ]
