"""The British National Grid: straight-line distances on it, and conversions to it from other ways of giving a place.

Numbers of the Irish grid look like those of the British one but mean other places, so every stored place is on the British grid.
The conversions are those that the Ordnance Survey publishes (a transverse Mercator series, a Helmert transformation of seven
parameters). They are accurate to a few metres, which is far better than the distance between a home and a school needs.
"""

import math
from typing import NamedTuple

EASTING, NORTHING = range(1, 700_001), range(1, 1_300_001)
"""The extent of the grid in metres. Registers write (0, 0) for "unknown", so 0 is not in it."""

type Place = tuple[int, int]
"""Easting and northing on the British grid, in metres."""
type Point = tuple[float, float, float]
"""Cartesian coordinates from the centre of the earth, in metres."""


def kilometres_between(place: tuple[int | None, int | None], other: tuple[int | None, int | None]) -> float | None:
    """Return the straight-line distance of two (easting, northing) pairs in kilometres; None where either is unknown."""
    (east, north), (other_east, other_north) = place, other
    if east is None or north is None or other_east is None or other_north is None:
        return None
    return math.hypot(east - other_east, north - other_north) / 1000


def irish_to_british(easting: float, northing: float) -> Place | None:
    """Return the place on the British grid of a place on the Irish grid, in metres; None where it lies outside."""
    latitude, longitude = IRISH.degrees(easting, northing)
    return _on_british_grid(_moved(_point(latitude, longitude, IRISH.ellipsoid), IRISH_TO_GPS))


def degrees_to_british(latitude: float, longitude: float) -> Place | None:
    """Return the place on the British grid of a latitude and longitude in WGS84 (GPS); None where it lies outside."""
    if not (49 <= latitude <= 61.5 and -9.5 <= longitude <= 2.5):
        return None
    return _on_british_grid(_point(latitude, longitude, WGS84))


def british_to_degrees(easting: float, northing: float) -> tuple[float, float]:
    """Return latitude and longitude in WGS84 (GPS) of a place on the British grid, in metres."""
    latitude, longitude = BRITISH.degrees(easting, northing)
    return _degrees(_moved(_point(latitude, longitude, BRITISH.ellipsoid), BRITISH_TO_GPS), WGS84)


def _on_british_grid(point: Point) -> Place | None:
    latitude, longitude = _degrees(_moved(point, GPS_TO_BRITISH), BRITISH.ellipsoid)
    easting, northing = BRITISH.metres(latitude, longitude)
    place = round(easting), round(northing)
    return place if place[0] in EASTING and place[1] in NORTHING else None


class Ellipsoid(NamedTuple):
    """The shape that a survey assumes for the earth: its semi-axes in metres."""

    a: float
    b: float

    @property
    def e2(self) -> float:
        """The square of its eccentricity."""
        return 1 - self.b**2 / self.a**2


class Helmert(NamedTuple):
    """A transformation between two surveys: a shift in metres, rotations in seconds of arc, a scale in millionths."""

    x: float
    y: float
    z: float
    turn_x: float
    turn_y: float
    turn_z: float
    scale: float


class Grid(NamedTuple):
    """A transverse Mercator projection: its origin in degrees, the metres there, and the scale on its central meridian."""

    ellipsoid: Ellipsoid
    latitude: float
    longitude: float
    easting: float
    northing: float
    scale: float

    def metres(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return easting and northing of a place given in this survey's degrees."""
        phi, east = math.radians(latitude), math.radians(longitude - self.longitude)
        nu, rho, eta2 = self._radii(phi)
        sin, cos, tan2 = math.sin(phi), math.cos(phi), math.tan(phi) ** 2
        northing = (
            self.northing
            + self._arc(phi)
            + nu / 2 * sin * cos * east**2
            + nu / 24 * sin * cos**3 * (5 - tan2 + 9 * eta2) * east**4
            + nu / 720 * sin * cos**5 * (61 - 58 * tan2 + tan2**2) * east**6
        )
        easting = (
            self.easting
            + nu * cos * east
            + nu / 6 * cos**3 * (nu / rho - tan2) * east**3
            + nu / 120 * cos**5 * (5 - 18 * tan2 + tan2**2 + 14 * eta2 - 58 * tan2 * eta2) * east**5
        )
        return easting, northing

    def degrees(self, easting: float, northing: float) -> tuple[float, float]:
        """Return latitude and longitude, in this survey's degrees, of a place on the grid."""
        phi = math.radians(self.latitude)
        while abs(left := northing - self.northing - self._arc(phi)) > 1e-5:
            phi += left / (self.ellipsoid.a * self.scale)
        nu, rho, eta2 = self._radii(phi)
        tan, sec, x = math.tan(phi), 1 / math.cos(phi), easting - self.easting
        tan2 = tan**2
        latitude = (
            phi
            - tan / (2 * rho * nu) * x**2
            + tan / (24 * rho * nu**3) * (5 + 3 * tan2 + eta2 - 9 * tan2 * eta2) * x**4
            - tan / (720 * rho * nu**5) * (61 + 90 * tan2 + 45 * tan2**2) * x**6
        )
        longitude = (
            sec / nu * x
            - sec / (6 * nu**3) * (nu / rho + 2 * tan2) * x**3
            + sec / (120 * nu**5) * (5 + 28 * tan2 + 24 * tan2**2) * x**5
            - sec / (5040 * nu**7) * (61 + 662 * tan2 + 1320 * tan2**2 + 720 * tan2**3) * x**7
        )
        return math.degrees(latitude), self.longitude + math.degrees(longitude)

    def _radii(self, phi: float) -> tuple[float, float, float]:
        """Return the scaled radii of curvature across and along the meridian, and their ratio less one."""
        flat = 1 - self.ellipsoid.e2 * math.sin(phi) ** 2
        nu = self.ellipsoid.a * self.scale / math.sqrt(flat)
        rho = nu * (1 - self.ellipsoid.e2) / flat
        return nu, rho, nu / rho - 1

    def _arc(self, phi: float) -> float:
        """Return the distance along the meridian from the origin, in metres."""
        a, b = self.ellipsoid
        n, origin = (a - b) / (a + b), math.radians(self.latitude)
        less, more = phi - origin, phi + origin
        return (
            b
            * self.scale
            * (
                (1 + n + 5 / 4 * n**2 + 5 / 4 * n**3) * less
                - (3 * n + 3 * n**2 + 21 / 8 * n**3) * math.sin(less) * math.cos(more)
                + (15 / 8 * n**2 + 15 / 8 * n**3) * math.sin(2 * less) * math.cos(2 * more)
                - 35 / 24 * n**3 * math.sin(3 * less) * math.cos(3 * more)
            )
        )


WGS84 = Ellipsoid(6_378_137.0, 6_356_752.3142)
BRITISH = Grid(Ellipsoid(6_377_563.396, 6_356_256.909), 49, -2, 400_000, -100_000, 0.9996012717)
IRISH = Grid(Ellipsoid(6_377_340.189, 6_356_034.448), 53.5, -8, 200_000, 250_000, 1.000035)
GPS_TO_BRITISH = Helmert(-446.448, 125.157, -542.060, -0.1502, -0.2470, -0.8421, 20.4894)
BRITISH_TO_GPS = Helmert(*(-part for part in GPS_TO_BRITISH))
IRISH_TO_GPS = Helmert(482.530, -130.596, 564.557, -1.042, -0.214, -0.631, 8.15)


def _point(latitude: float, longitude: float, ellipsoid: Ellipsoid) -> Point:
    phi, away = math.radians(latitude), math.radians(longitude)
    nu = ellipsoid.a / math.sqrt(1 - ellipsoid.e2 * math.sin(phi) ** 2)
    across = nu * math.cos(phi)
    return across * math.cos(away), across * math.sin(away), (1 - ellipsoid.e2) * nu * math.sin(phi)


def _degrees(point: Point, ellipsoid: Ellipsoid) -> tuple[float, float]:
    x, y, z = point
    across = math.hypot(x, y)
    phi = math.atan2(z, across * (1 - ellipsoid.e2))
    for _ in range(5):
        nu = ellipsoid.a / math.sqrt(1 - ellipsoid.e2 * math.sin(phi) ** 2)
        phi = math.atan2(z + ellipsoid.e2 * nu * math.sin(phi), across)
    return math.degrees(phi), math.degrees(math.atan2(y, x))


def _moved(point: Point, how: Helmert) -> Point:
    x, y, z = point
    turn_x, turn_y, turn_z = (math.radians(seconds / 3600) for seconds in (how.turn_x, how.turn_y, how.turn_z))
    larger = 1 + how.scale / 1e6
    return (
        how.x + larger * x - turn_z * y + turn_y * z,
        how.y + turn_z * x + larger * y - turn_x * z,
        how.z - turn_y * x + turn_x * y + larger * z,
    )
