"""Where a volunteer lives follows from the postcode, as precisely as postcodes and schools tell."""

from pathlib import Path

import pytest
from django.test import Client

from schools import models
from schools.core.errors import RuleBroken
from schools.directory.queries import places_of_postcodes
from schools.volunteers.actions import place_home, place_homes
from tests import factories
from tests.browsing import saved
from tests.directory.gias_files import row
from tests.directory.gias_files import written as gias_written
from tests.directory.own_files import numbers, run, written

pytestmark = pytest.mark.django_db


def school(postcode: str, easting: int | None, northing: int | None = 0) -> None:
    factories.SchoolFactory(postcode=postcode, easting=easting, northing=northing)


def placed(postcode: str) -> tuple[object, ...]:
    volunteer = place_home(factories.VolunteerFactory(home_postcode=postcode))
    volunteer.refresh_from_db()
    return volunteer.easting, volunteer.northing, volunteer.place_precision


def test_a_postcode_of_the_list_is_exact_and_is_written_with_one_space() -> None:
    models.Postcode.objects.create(postcode="LA9 4XX", easting=351500, northing=492700)
    school("LA9 4XX", 1, 1)
    volunteer = place_home(factories.VolunteerFactory(home_postcode=" la94xx"))
    volunteer.refresh_from_db()
    assert (volunteer.home_postcode, volunteer.place, volunteer.place_precision) == ("LA9 4XX", (351500, 492700), "exact")


def test_so_is_the_postcode_of_a_school() -> None:
    school("LA9 4XX", 351000, 492000)
    school("LA9 4XY", 100, 100)
    assert placed("LA9 4XX") == (351000, 492000, "exact")


def test_else_it_is_the_middle_of_the_sectors_schools_else_of_the_districts() -> None:
    school("LA9 4AA", 100, 1000)
    school("LA9 4AB", 201, 2000)
    school("LA9 4AC", None, None)
    school("LA9 7AA", 1000, 7000)
    school("LA90 4AA", 9, 9)
    assert placed("LA9 4ZZ") == (150, 1500, "sector")
    assert placed("LA9 1ZZ") == (434, 3333, "district")
    assert placed("LA8 1ZZ") == (None, None, "")


def test_a_home_that_loses_its_postcode_loses_its_place() -> None:
    volunteer = place_home(factories.VolunteerFactory(home_postcode="", easting=1, northing=2, place_precision="exact"))
    volunteer.refresh_from_db()
    assert (volunteer.place, volunteer.place_precision) == ((None, None), "")


def test_what_is_no_postcode_is_refused() -> None:
    volunteer = factories.VolunteerFactory(home_postcode="Kendal")
    with pytest.raises(RuleBroken, match="Write it like LA9 4XX"):
        place_home(volunteer)


def test_many_are_placed_in_two_questions(django_assert_num_queries: object) -> None:
    for number in range(60):
        school(f"LA{number} 4AA", number + 1, number + 1)
    wanted = [f"LA{number} 4ZZ" for number in range(60)]
    for few in (wanted[:2], wanted):
        with django_assert_num_queries(2):  # type: ignore[operator]  # pytest-django's fixture
            found = places_of_postcodes(few)
        assert {postcode: place.easting for postcode, place in found.items()} == {
            postcode: number + 1 for number, postcode in enumerate(few)
        }


def test_importing_postcodes_places_homes_anew(tmp_path: Path) -> None:
    school("LA9 4AA", 100, 1000)
    volunteers = [factories.VolunteerFactory(home_postcode=postcode) for postcode in ("LA9 4XX", "LA9 4XY", "")]
    elsewhere = factories.VolunteerFactory(home_postcode="ZE1 0AA", easting=7, northing=8)
    for volunteer in volunteers:
        place_home(volunteer)
    path = written(tmp_path, "pcds,oseast1m,osnrth1m", "LA9 4XX,351500,492700")
    assert run("import_postcodes", path, "--dry-run")["created"] == 1
    assert models.Volunteer.objects.get(pk=volunteers[0].pk).place_precision == "sector"
    told = run("import_postcodes", path)
    assert (numbers(told), told["homes_placed"]) == ((1, 0, 0, 0, 0, 0), 1)
    assert [models.Volunteer.objects.get(pk=one.pk).place_precision for one in volunteers] == ["exact", "sector", ""]
    elsewhere.refresh_from_db()
    assert elsewhere.place == (7, 8)
    assert place_homes() == 0


def test_importing_schools_places_homes_anew(tmp_path: Path) -> None:
    volunteer = factories.VolunteerFactory(home_postcode="LA9 4ZZ")
    run("import_schools", gias_written(tmp_path, row(postcode="LA9 4XX", easting="351500", northing="492700")))
    volunteer.refresh_from_db()
    assert (volunteer.place, volunteer.place_precision) == ((351500, 492700), "sector")


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(factories.manager())
    return client


def test_saving_the_postcode_in_the_office_places_the_home_and_the_page_says_how_well(office: Client) -> None:
    school("LA9 4AA", 100, 1000)
    volunteer = factories.VolunteerFactory()
    address = f"/admin/schools/volunteer/{volunteer.pk}/change/"
    assert b"Not known: give the postcode." in office.get(address).content
    form = {"name": "Asha", "reference": volunteer.reference, "status": "active", "languages": "en", "home_postcode": "la9 4zz"}
    for prefix in ("sign_offs", "availabilities", "aways", "conflicts"):
        form |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    assert saved(office, address, form).status_code == 302
    volunteer.refresh_from_db()
    assert (volunteer.home_postcode, volunteer.place, volunteer.place_precision) == ("LA9 4ZZ", (100, 1000), "sector")
    assert b"About: the middle of the schools in its postcode sector." in office.get(address).content
    again = saved(office, address, form | {"home_postcode": "Kendal"})
    assert b"This is not a postcode. Write it like LA9 4XX, or leave it empty." in again.content
