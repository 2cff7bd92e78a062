"""Places given on the Irish grid, or by latitude and longitude, are brought onto the British grid."""

import math

import pytest

from schools.core.grid import BRITISH, IRISH, british_to_degrees, degrees_to_british, irish_to_british, kilometres_between


def test_the_projection_agrees_with_the_ordnance_surveys_worked_example() -> None:
    # “A guide to coordinate systems in Great Britain”: Caister water tower, both ways.
    latitude, longitude = 52 + 39 / 60 + 27.2531 / 3600, 1 + 43 / 60 + 4.5177 / 3600
    assert BRITISH.metres(latitude, longitude) == pytest.approx((651409.903, 313177.270), abs=0.001)
    assert BRITISH.degrees(651409.903, 313177.270) == pytest.approx((latitude, longitude), abs=1e-8)


@pytest.mark.parametrize("place", [(333900.0, 374100.0), (209700.0, 357500.0), (280000.0, 440000.0)])
def test_degrees_and_metres_of_the_irish_grid_lead_back_to_each_other(place: tuple[float, float]) -> None:
    assert IRISH.metres(*IRISH.degrees(*place)) == pytest.approx(place, abs=0.01)


@pytest.mark.parametrize(
    ("irish", "british"),
    [
        # As PROJ gives them (EPSG:29903 to EPSG:27700).
        ((333900, 374100), (146314, 529566)),
        ((244000, 417000), (60363, 580027)),
        ((209700, 357500), (21056, 523611)),
        ((350000, 330000), (158605, 484252)),
    ],
)
def test_a_place_on_the_irish_grid_is_found_on_the_british_one(irish: tuple[int, int], british: tuple[int, int]) -> None:
    assert irish_to_british(*irish) == pytest.approx(british, abs=5)


def test_the_spire_of_dublin_is_where_its_published_grid_reference_and_its_degrees_agree() -> None:
    by_grid = irish_to_british(315904, 234671)
    by_degrees = degrees_to_british(53 + 20 / 60 + 59 / 3600, -(6 + 15 / 60 + 37 / 3600))
    assert by_grid is not None
    assert by_degrees is not None
    # The degrees are published to the second, which is thirty metres.
    assert math.dist(by_grid, by_degrees) < 30


@pytest.mark.parametrize(
    ("degrees", "british"),
    [
        # As PROJ gives them (EPSG:4326 to EPSG:27700).
        ((55.9533, -3.1883), (325897, 674001)),
        ((51.5007, -0.1246), (530270, 179641)),
        ((60.1545, -1.1490), (447346, 1141417)),
        ((49.9150, -6.3150), (90349, 10574)),
    ],
)
def test_latitude_and_longitude_are_found_on_the_grid(degrees: tuple[float, float], british: tuple[int, int]) -> None:
    assert degrees_to_british(*degrees) == pytest.approx(british, abs=5)


def test_what_lies_outside_the_grid_has_no_place_on_it() -> None:
    assert degrees_to_british(40.7, -74.0) is None
    assert degrees_to_british(0, 0) is None
    assert degrees_to_british(49.2, -2.1) is None  # Jersey lies south of it
    assert irish_to_british(17_000, 100_000) is None  # Kerry lies west of it


def test_a_distance_across_the_irish_sea_is_the_real_one() -> None:
    # The numbers of Belfast on the Irish grid and of Stranraer on the British one would have said 226 km.
    belfast, stranraer = irish_to_british(333900, 374100), (206000, 560900)
    assert belfast is not None
    distance = kilometres_between(belfast, stranraer)
    assert distance == pytest.approx(67, abs=1)


def test_a_place_on_the_british_grid_is_found_by_a_map() -> None:
    # Caister water tower again: 52° 39′ 28.72″ N, 1° 42′ 57.79″ E in WGS84.
    tower = 52 + 39 / 60 + 28.72 / 3600, 1 + 42 / 60 + 57.79 / 3600
    assert british_to_degrees(651409.903, 313177.270) == pytest.approx(tower, abs=1e-5)


@pytest.mark.parametrize("place", [(330_000, 520_000), (90_000, 10_000), (430_000, 1_180_000), (146_314, 529_566)])
def test_degrees_lead_back_to_the_place_on_the_grid_to_a_metre(place: tuple[int, int]) -> None:
    assert degrees_to_british(*british_to_degrees(*place)) == pytest.approx(place, abs=1)
