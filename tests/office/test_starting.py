"""Home of an empty installation says what to do, in order, each step ticked by what is there."""

import re
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.core.guides import DOCS, GUIDES
from schools.office.bookings.bulk import coordinators_for
from tests import factories
from tests.documents import anchors_of, content
from tests.office.conftest import NOW
from tests.public_texts import published

pytestmark = pytest.mark.django_db
ON = NOW.date()

ORDER = [
    "charity", "register", "coordinators", "areas", "texts", "agreement", "volunteers", "contacts", "kits", "terms", "postcodes",
    "past", "visit",
]  # fmt: skip


def ticks(client: Client) -> dict[str, bool]:
    return {step.key: step.done for step in client.get("/admin/").context["starting"].steps}


def page(client: Client) -> str:
    return " ".join(client.get("/admin/").content.decode().split())


def test_an_empty_installation_says_what_to_do_in_order(managers_office: Client) -> None:
    assert ticks(managers_office) == dict.fromkeys(ORDER, False)
    body = page(managers_office)
    assert "Nothing needs you now" not in body
    assert (
        body.index("Name the charity")
        < body.index("Hand a register in")
        < body.index("Add a coordinator")
        < body.index("Add an area")
        < body.index("Write the agreement")
        < body.index("Import volunteers")
        < body.index("The first visit</strong>")
    )
    for address in ("https://get-information-schools.service.gov.uk/Downloads", "https://www.gov.wales/address-list-schools"):
        assert address in body


def agreement_and_postcodes() -> list[str]:
    models.Agreement.objects.create(version=1, from_day=ON + timedelta(days=7), text="We keep each other safe.")
    models.Postcode.objects.create(postcode="LA9 4QT", easting=351000, northing=492000)
    return ["agreement", "postcodes"]


def test_an_agreement_and_postcodes_are_steps_of_their_own(managers_office: Client) -> None:
    keys = agreement_and_postcodes()
    assert [key for key, done in ticks(managers_office).items() if done] == keys
    models.Postcode.objects.all().delete()
    models.Agreement.objects.all().delete()
    assert not any(ticks(managers_office).values())
    factories.SessionFactory(visit__school=factories.SchoolFactory(source="manual"), day=ON - timedelta(days=30), delivered=True)
    assert ticks(managers_office)["postcodes"], "without them the first session took place"


# Longer than 40 lines: the steps are ticked one after the other.
def test_each_step_is_ticked_by_what_is_there_and_unticked_when_it_goes(managers_office: Client) -> None:
    def newly_ticked(before: list[str]) -> list[str]:
        return [key for key, done in ticks(managers_office).items() if done and key not in before]

    ticked = agreement_and_postcodes()

    def expect(*keys: str) -> None:
        assert newly_ticked(ticked) == list(keys)
        ticked.extend(keys)

    models.Charity.objects.update_or_create(defaults={"name": "Speakout Cumbria"})
    expect()
    models.Charity.objects.update(safeguarding_phone="+441539722000")
    expect("charity")
    published("privacy")
    published("accessibility")
    expect("texts")
    authority = factories.AuthorityFactory()
    school = factories.SchoolFactory(authority=authority)
    factories.AreaFactory(automatic=True)
    expect("register")
    area = factories.AreaFactory()
    expect()
    factories.AreaAuthorityFactory(area=area, authority=authority)
    expect()
    coordinating = models.AreaCoordinator.objects.create(area=area, user=factories.UserFactory(), to_day=ON - timedelta(days=1))
    expect()
    coordinating.to_day = None
    coordinating.save()
    expect("coordinators", "areas")
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
    expect()  # as a file of earlier years brings it
    models.Visit.objects.update(coordinator=factories.UserFactory())
    expect("visit")
    factories.SessionFactory(visit=visit, day=ON - timedelta(days=30), delivered=True, area=area)
    expect("past")
    assert managers_office.get("/admin/").context["starting"].is_done
    assert "Setting up, in this order" not in page(managers_office)
    line.delete()
    assert managers_office.get("/admin/").context["starting"].is_done  # a session took place, so no kit is waited for
    models.Term.objects.all().delete()
    assert "Setting up, in this order" in page(managers_office)


def test_a_school_that_is_entered_by_hand_to_be_booked_at_once_does_not_stand_for_a_register(managers_office: Client) -> None:
    school = factories.SchoolFactory(source="manual")
    assert not ticks(managers_office)["register"]
    models.School.objects.filter(pk=school.pk).update(nation="isle-of-man")  # of which there is no register
    assert ticks(managers_office)["register"]


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
    factories.VisitFactory(school=mine, coordinator=factories.UserFactory())
    assert ticks(office) == dict.fromkeys(keys, True)
    assert "in this order" not in page(office)


def test_a_visit_elsewhere_counts_where_a_session_of_it_was_in_their_area(
    office: Client, area: models.Area, elsewhere: models.Area
) -> None:
    made_by = {"recorded_by": factories.UserFactory(), "recorded_at": datetime(2026, 10, 1, 12, tzinfo=UTC)}
    school = factories.SchoolFactory(area=elsewhere)
    session = factories.SessionFactory(
        visit__school=school, visit__coordinator=factories.UserFactory(), day=date(2026, 10, 1), delivered=True, **made_by
    )
    assert ticks(office)["visit"] is False
    models.Session.objects.filter(pk=session.pk).update(area=area)
    assert ticks(office)["visit"] is True


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
    models.AreaCoordinator.objects.create(area=elsewhere, user=user)
    by_name = sorted((second, elsewhere), key=attrgetter("name"))
    assert office.get("/admin/").context["starting"].bare_areas == by_name  # on the same day, by the steps kept for them


def test_the_steps_lead_to_pages_and_sections_that_are_there(managers_office: Client, client: Client) -> None:
    steps: list[Any] = list(managers_office.get("/admin/").context["starting"].steps)
    for step in steps:
        assert managers_office.get(step.address).status_code == 200, step.key
        guide, _, anchor = step.guide.partition("#")
        assert anchor in anchors_of(content(DOCS / GUIDES[guide])), step.key
    client.force_login(coordinator_of_nothing())
    for step in client.get("/admin/").context["starting"].steps:
        assert client.get(step.address).status_code == 200, step.key


def led_to(client: Client, path: str) -> list[str]:
    """Return the words of the links under “What comes next” on the page, the button first."""
    _, _heading, rest = client.get(path).content.decode().partition('<section class="next-steps"')
    return [" ".join(words.split()) for words in re.findall(r"<a [^>]*>(.*?)</a>", rest.partition("</section>")[0], re.DOTALL)]


def applied(register: str, by: models.User) -> models.ImportRun:
    report = {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "closed": 0,
        "authority_changed": 0,
        "refused": [],
        "ignored_because": {},
    }
    run: models.ImportRun = models.ImportRun.objects.create(
        register=register, file_name="a.csv", day=ON, asked_at=NOW, seen_at=NOW, asked_by=by, applied_by=by, applied_at=NOW,
        state="applied", report=report,
    )  # fmt: skip
    return run


def test_a_page_that_did_a_step_leads_to_the_next_one_that_is_not_done(managers_office: Client, area: models.Area) -> None:
    manager = models.User.objects.get()
    register = f"/admin/registers/{applied('gias', manager).pk}/"
    rest = ["school terms", "postcodes", "past sessions", "the first visit"]
    assert led_to(managers_office, register)[:2] == ["Add a coordinator", "areas"]
    assert led_to(managers_office, f"/admin/area/{area.pk}/")[0] == "Read the drafts"
    factories.coordinator_of(area)
    factories.AreaAuthorityFactory(area=area, authority=factories.AuthorityFactory())
    assert led_to(managers_office, register)[0] == "Read the drafts"
    volunteers = f"/admin/imports/{applied('volunteers', manager).pk}/"
    assert led_to(managers_office, volunteers) == [
        "Import contacts",
        "session types and their kits",
        *rest,
        "who you are",
        "schools",
        "what anybody may read",
        "the volunteer agreement",
        "volunteers",
    ]
    contacts = f"/admin/imports/{applied('contacts', manager).pk}/"
    assert led_to(managers_office, contacts)[0] == "Say what a session needs"
    assert led_to(managers_office, "/admin/invite/")[0] == "Import contacts"
    sessions = f"/admin/imports/{applied('sessions', manager).pk}/"
    assert led_to(managers_office, sessions)[0] == "Book a visit"


def test_where_all_is_set_up_nothing_leads_on(managers_office: Client, area: models.Area) -> None:
    manager = models.User.objects.get()
    models.Charity.objects.update_or_create(defaults={"name": "Kind Words", "safeguarding_phone": "+441539722000"})
    published("privacy")
    published("accessibility")
    agreement_and_postcodes()
    school = factories.SchoolFactory(area=area)
    factories.coordinator_of(area)
    factories.able_volunteer(area)
    models.Contact.objects.create(school=school, name="Pat Head")
    models.Term.objects.create(nation="england", name="Autumn", first_day=date(2026, 9, 1), last_day=date(2026, 12, 18))
    visit = factories.VisitFactory(school=school, coordinator=manager)
    factories.SessionFactory(visit=visit, day=ON - timedelta(days=30), delivered=True, area=area)
    for path in (f"/admin/registers/{applied('gias', manager).pk}/", f"/admin/area/{area.pk}/", "/admin/invite/"):
        assert "What comes next" not in managers_office.get(path).content.decode(), path


def test_the_first_manager_can_name_themselves_as_coordinator(client: Client) -> None:
    mona = models.User.objects.create_superuser("mona@example.org", name="Mona First")
    client.force_login(mona)
    assert "Add a coordinator" in page(client)
    assert "Nobody can coordinate it yet" not in client.get("/admin/area/add/").content.decode()
    assert mona in coordinators_for(mona)


def test_a_coordinator_is_led_on_through_their_own_steps(office: Client, coordinator: models.User) -> None:
    contacts = f"/admin/imports/{applied('contacts', coordinator).pk}/"
    assert led_to(office, contacts) == [
        "See who is due",
        "schools of your area",
        "volunteers",
        "somebody who may go",
        "people at schools",
    ]
