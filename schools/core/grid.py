"""The British National Grid: distances in a straight line between two places, in metres and kilometres."""

import math

EASTING, NORTHING = range(1, 700_001), range(1, 1_300_001)
"""Where the grid is, in metres; (0, 0) is how registers write "unknown"."""


def kilometres_between(one: tuple[int | None, int | None], other: tuple[int | None, int | None]) -> float | None:
    """The straight line between two (easting, northing) pairs in kilometres; None where either is unknown."""
    (east, north), (other_east, other_north) = one, other
    if east is None or north is None or other_east is None or other_north is None:
        return None
    return math.hypot(east - other_east, north - other_north) / 1000
