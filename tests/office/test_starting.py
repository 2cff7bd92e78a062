"""Home of an empty installation says what to do, in order, each step ticked by what is there."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.core.guides import DOCS, GUIDES
from tests import factories
from tests.documents import anchors_of, content
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db
ON = NOW.date()

ORDER = ["register", "areas", "coordinators", "volunteers", "contacts", "kits", "terms", "past", "visit"]


def ticks(client: Client) -> dict[str, bool]:
    return {step.key: step.done for step in client.get("/admin/").context["starting"].steps}


def page(client: Client) -> str:
    return " ".join(client.get("/admin/").content.decode().split())


def test_an_empty_installation_says_what_to_do_in_order(managers_office: Client) -> None:
    assert ticks(managers_office) == dict.fromkeys(ORDER, False)
    body = page(managers_office)
    assert "Nothing needs you now" not in body
    assert (
        body.index("Hand a register in")
        < body.index("Add an area")
        < body.index("Import volunteers")
        < body.index("The first visit</strong>")
    )
    for address in ("https://get-information-schools.service.gov.uk/Downloads", "https://www.gov.wales/address-list-schools"):
        assert address in body


# Longer than 40 lines: the steps are ticked one after the other.
def test_each_step_is_ticked_by_what_is_there_and_unticked_when_it_goes(managers_office: Client) -> None:
    def newly_ticked(before: list[str]) -> list[str]:
        return [key for key, done in ticks(managers_office).items() if done and key not in before]

    ticked: list[str] = []

    def expect(*keys: str) -> None:
        assert newly_ticked(ticked) == list(keys)
        ticked.extend(keys)

    authority = factories.AuthorityFactory()
    school = factories.SchoolFactory(authority=authority)
    factories.AreaFactory(automatic=True)
    expect("register")
    area = factories.AreaFactory()
    expect()
    factories.AreaAuthorityFactory(area=area, authority=authority)
    expect("areas")
    coordinating = models.AreaCoordinator.objects.create(area=area, user=factories.UserFactory(), to_day=ON - timedelta(days=1))
    expect()
    coordinating.to_day = None
    coordinating.save()
    expect("coordinators")
    person = factories.VolunteerFactory(status="left", joined=date(2020, 1, 1), left=date(2025, 1, 1))
    expect()
    models.Volunteer.objects.filter(pk=person.pk).update(status="enquirer", left=None)
    person.areas.add(area)
    expect("volunteers")
    models.Contact.objects.create(school=school, name="Pat Head")
    expect("contacts")
    material = models.Material.objects.create(name="Leaflet")
    line = models.KitLine.objects.create(session_type=models.SessionType.objects.get(slug="send"), material=material, quantity=1)
    expect("kits")
    models.Term.objects.create(nation="england", name="Autumn", first_day=date(2026, 9, 1), last_day=date(2026, 12, 18))
    expect("terms")
    visit = factories.VisitFactory(school=school)
    expect("visit")
    factories.SessionFactory(visit=visit, day=ON - timedelta(days=30), delivered=True, area=area)
    expect("past")
    assert managers_office.get("/admin/").context["starting"].is_done
    assert "Setting up, in this order" not in page(managers_office)
    line.delete()
    assert managers_office.get("/admin/").context["starting"].is_done  # a session took place, so no kit is waited for
    models.Term.objects.all().delete()
    assert "Setting up, in this order" in page(managers_office)


def test_home_is_not_calm_while_something_is_undone(office: Client, area: models.Area) -> None:
    assert "Nothing needs you now" not in page(office)
    assert "Your first days, in this order" in page(office)


def test_a_coordinators_first_day_is_about_their_own_area(office: Client, area: models.Area, elsewhere: models.Area) -> None:
    school = factories.SchoolFactory(area=elsewhere)
    factories.able_volunteer(elsewhere)
    models.Contact.objects.create(school=school, name="Pat Head")
    factories.VisitFactory(school=school)
    keys = ["areas", "register", "volunteers", "active", "contacts", "visit"]
    assert ticks(office) == dict.fromkeys(keys, False) | {"areas": True}
    mine = factories.SchoolFactory(area=area)
    person = factories.VolunteerFactory(status="enquirer")
    person.areas.add(area)
    assert ticks(office) == dict.fromkeys(keys, False) | {"areas": True, "register": True, "volunteers": True}
    models.Volunteer.objects.update(status="active")
    models.Contact.objects.create(school=mine, name="Pat Head")
    factories.VisitFactory(school=mine)
    assert ticks(office) == dict.fromkeys(keys, True)
    assert "in this order" not in page(office)


def test_a_coordinator_without_an_area_is_told_whom_to_ask(client: Client) -> None:
    client.force_login(coordinator_of_nothing())
    assert ticks(client)["areas"] is False
    assert "Ask a manager to name you on the page of your area" in page(client)


def coordinator_of_nothing() -> models.User:
    user = factories.coordinator_of(factories.AreaFactory())
    models.AreaCoordinator.objects.all().delete()
    return user


def test_an_area_without_volunteers_is_named_with_the_way_to_the_first(managers_office: Client, area: models.Area) -> None:
    factories.SchoolFactory(area=area)
    empty, held_by_nothing, made_by_an_import = (
        factories.AreaFactory(name=name, automatic=automatic)
        for name, automatic in (("Devon", False), ("Dorset", False), ("Somerset", True))
    )
    for held in (empty, made_by_an_import):
        factories.AreaAuthorityFactory(area=held, authority=factories.AuthorityFactory())
    assert managers_office.get("/admin/").context["starting"].bare_areas == []  # nobody volunteers anywhere: that is a step
    factories.able_volunteer(area)
    gone = factories.VolunteerFactory(status="left", joined=date(2020, 1, 1), left=date(2025, 1, 1))
    gone.areas.add(empty)
    assert managers_office.get("/admin/").context["starting"].bare_areas == [empty]
    assert f'<a href="/admin/volunteer/add/?areas={empty.pk}">Devon</a>' in page(managers_office)
    assert held_by_nothing.pk
    gone.areas.clear()
    factories.able_volunteer(empty)
    assert managers_office.get("/admin/").context["starting"].bare_areas == []


def test_many_areas_without_volunteers_do_not_fill_the_page(managers_office: Client, area: models.Area) -> None:
    factories.able_volunteer(area)
    for _ in range(8):
        factories.AreaAuthorityFactory(area=factories.AreaFactory(), authority=factories.AuthorityFactory())
    starting = managers_office.get("/admin/").context["starting"]
    assert (len(starting.bare_areas), starting.more_bare_areas) == (5, 3)
    assert "and 3 more" in page(managers_office)


def test_a_coordinator_is_told_of_their_own_bare_area_alone(office: Client, area: models.Area, elsewhere: models.Area) -> None:
    second = factories.AreaFactory(name="Eden")
    user = models.AreaCoordinator.objects.get(area=area).user
    models.AreaCoordinator.objects.create(area=second, user=user)
    for held in (area, second, elsewhere):
        factories.AreaAuthorityFactory(area=held, authority=factories.AuthorityFactory())
    factories.able_volunteer(area)
    assert office.get("/admin/").context["starting"].bare_areas == [second]


def test_the_steps_lead_to_pages_and_sections_that_are_there(managers_office: Client, client: Client) -> None:
    steps: list[Any] = list(managers_office.get("/admin/").context["starting"].steps)
    for step in steps:
        assert managers_office.get(step.address).status_code == 200, step.key
        guide, _, anchor = step.guide.partition("#")
        assert anchor in anchors_of(content(DOCS / GUIDES[guide])), step.key
    client.force_login(coordinator_of_nothing())
    for step in client.get("/admin/").context["starting"].steps:
        assert client.get(step.address).status_code == 200, step.key
