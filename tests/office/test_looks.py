"""Who looked at whose clearance is a list for managers (rule 13); tests/test_every_page.py finds the pages that write it."""

import pytest
from django.test import Client

from schools.volunteers.models import ClearanceLook
from tests import factories
from tests.looks import make_clearances_plain
from tests.test_audience import World, world  # noqa: F401  # a fixture


@pytest.fixture
def seen(world: World) -> tuple[World, Client]:  # noqa: F811  # the fixture
    """The world, in which the clearances of two people are easily told from anything else; and a manager's office."""
    make_clearances_plain(world)
    manager = world.people["M"]
    assert manager is not None
    client = Client()
    client.force_login(manager)
    return world, client


def test_managers_read_the_log_by_either_name_and_coordinators_do_not(seen: tuple[World, Client]) -> None:
    world, client = seen  # noqa: F811  # as above
    client.get("/admin/schools/clearance/")
    address = "/admin/schools/clearancelook/"
    manager = world.people["M"]
    assert manager is not None
    for words in (str(world.volunteer), manager.name):
        assert str(world.volunteer) in client.get(address, {"q": words}).content.decode()
    assert str(world.volunteer) not in client.get(address, {"q": "Nobody"}).content.decode().partition("changelist-form")[2]
    of_one = client.get(address, {"volunteer_number": world.volunteer.pk})
    assert {look.volunteer_number for look in of_one.context["cl"].result_list} == {world.volunteer.pk}
    coordinator = world.people["C"]
    assert coordinator is not None
    client.force_login(coordinator)
    assert client.get(address).status_code == 403


def test_a_filtered_and_a_searched_list_log_whom_they_show(seen: tuple[World, Client]) -> None:
    world, client = seen  # noqa: F811  # as above
    for query in ({"q": str(world.volunteer)}, {"decision__exact": "not_clear", "q": str(world.volunteer)}):
        before = ClearanceLook.objects.count()
        client.get("/admin/schools/clearance/", query)
        assert ClearanceLook.objects.count() == before + 1
    client.get("/admin/schools/clearance/", {"q": str(world.volunteer), "decision__exact": "clear"})
    assert ClearanceLook.objects.count() == before + 1, "the list was empty"


def test_the_name_of_a_clearance_says_no_decision() -> None:
    assert str(factories.ClearanceFactory.build(volunteer=factories.VolunteerFactory.build(name="Sam"))) == "DBS of Sam"
