"""A morning's page: whom to call first, the way out and the way there, one box for each place of the kit, miles or kilometres."""

import re
from datetime import date, time
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from schools import models
from schools.directory.models import Area
from schools.visits.models import Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, CoverFactory, SessionFactory, able_volunteer, coordinator_of
from tests.materials.stores import a_material, received, store_in
from tests.portal.pages import BEFORE, client_for, client_of, day_url, morning_at, school_in, text_of

pytestmark = pytest.mark.django_db

PHONE = "+447700900321"


@pytest.fixture(autouse=True)
def _before() -> Any:
    with time_machine.travel(BEFORE):
        yield


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory(name="Cumberland", duty_phone="+441228606060")
    return made


@pytest.fixture
def asha(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rahman", easting=330_000, northing=520_000)


def page_of(session: Session, volunteer: Volunteer) -> str:
    address = reverse("morning", kwargs={"visit_id": session.visit_id, "day": session.day})
    return text_of(client_of(volunteer).get(address))


def test_the_coordinator_and_the_duty_phone_stand_before_everything_but_when_and_where(asha: Volunteer, area: Area) -> None:
    chris = coordinator_of(area, name="Chris Coordinator", email="chris@example.org", phone=PHONE)
    other = coordinator_of(area, name="Olga Other", email="olga@example.org")
    page = page_of(morning_at(school_in(area), asha, coordinator=chris)[0], asha)
    order = ["Be there at", "Whom to call first", "Chris Coordinator", "tel:+44-7700-900321", "mailto:chris@example.org"]
    order += ["tel:+44-1228-606060", "I can’t make it", "Ask for", "Running order"]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert other.email not in page


def test_a_coordinator_says_under_which_number_they_are_reached(asha: Volunteer, area: Area) -> None:
    chris = coordinator_of(area, name="Chris Coordinator", email="chris@example.org")
    session = morning_at(school_in(area), asha, coordinator=chris)[0]
    client = client_for(chris)
    assert "no phone number yet" in text_of(client.get(reverse("me")))
    assert "with its area code" in text_of(client.post(reverse("duty-contact"), {"phone": "1"}))
    assert client.post(reverse("duty-contact"), {"phone": "07400 123456"}).status_code == 302
    assert "tel:+44-7400-123456" in page_of(session, asha)
    assert client.post(reverse("duty-contact"), {"phone": ""}).status_code == 302
    page = page_of(session, asha)
    assert "tel:+44-7400" not in page
    assert "mailto:chris@example.org" in page


def test_a_morning_at_a_site_says_where_that_is_and_not_where_the_school_is(asha: Volunteer, area: Area) -> None:
    school = school_in(area, name="Fellside", address="Low Road", postcode="LA9 4XX", access_notes="Side gate.")
    session, _ = morning_at(school, asha)
    site = models.Site.objects.create(
        school=school,
        name="Lower Site",
        address="High Street",
        postcode="CA1 2AB",
        access_notes="Ring at the gate.",
        easting=340_000,
        northing=520_000,
    )
    Session.objects.update(site=site)
    page = page_of(session, asha)
    for words in ("Fellside, Lower Site", "High Street", "CA1 2AB", "Ring at the gate.", "from home, in a straight line"):
        assert words in page, words
    assert not re.search("Low Road|LA9 4XX|Side gate", page)
    assert "Fellside, Lower Site, CA1 2AB" in text_of(client_of(asha).get(reverse("home")))
    # What was cancelled on that day was at another place; people go where the others are.
    first = SessionFactory(visit=session.visit, day=session.day, starts=time(8), ends=time(8, 30), cancelled=True)
    CoverFactory(session=first, volunteer=asha)
    assert not re.search("Low Road|LA9 4XX|Side gate", page_of(session, asha))


def test_without_a_coordinator_of_its_own_all_of_the_area_stand_there(asha: Volunteer, area: Area) -> None:
    gone = coordinator_of(area, name="Gone Away", email="gone@example.org", is_active=False)
    coordinator_of(area, name="Chris Coordinator", email="chris@example.org")
    stranger = coordinator_of(AreaFactory(), name="Stranger", email="stranger@example.org")
    session = morning_at(school_in(area), asha, coordinator=gone)[0]
    for own in (gone, stranger):
        models.Visit.objects.update(coordinator=own)
        page = page_of(session, asha)
        assert "Chris Coordinator" in page
        assert not re.search("Gone Away|gone@|Stranger|stranger@", page)


def test_only_who_said_yes_sees_how_to_reach_the_coordinator(asha: Volunteer, area: Area) -> None:
    chris = coordinator_of(area, name="Chris Coordinator", email="chris@example.org", phone=PHONE)
    session = morning_at(school_in(area), able_volunteer(area), coordinator=chris)[0]
    CoverFactory(session=session, volunteer=asha, state="offered")
    assert not re.search("Chris|chris@|900321", page_of(session, asha))
    client = client_of(asha)
    for name in ("home", "open-list", "calendar", "me", "observe"):
        assert not re.search("chris@|900321", text_of(client.get(reverse(name)))), name


def test_no_page_shows_another_volunteers_address_mail_or_clearance(asha: Volunteer, area: Area) -> None:
    ben = able_volunteer(
        area, signs_in=True, name="Ben Secret", home_postcode="CA99 9ZZ", phone="+447700900999", share_phone=False
    )
    assert ben.user
    models.User.objects.filter(pk=ben.user.pk).update(email="ben.secret@example.org")
    store = store_in(area, name="Ben’s garage", keeper=ben, postcode="CA99 9ZZ")
    sessions = morning_at(school_in(area), asha, ben)
    cards = a_material("Cards")
    models.KitLine.objects.create(session_type=sessions[0].type, material=cards, quantity=1, per="session")
    received(store, cards, 50)
    client = client_of(asha)
    day = {"visit_id": sessions[0].visit_id, "day": sessions[0].day}
    pages = [reverse(name) for name in ("home", "open-list", "observe", "calendar", "calendar-file", "me")]
    pages += [reverse(name, kwargs=day) for name in ("morning", "give-back", "swap", "told")]
    for page in pages:
        assert not re.search("Secret|CA99|900999|ben.secret|DBS 0", text_of(client.get(page))), page


def test_the_way_is_shown_by_the_phones_own_map_and_nothing_of_it_is_loaded(asha: Volunteer, area: Area) -> None:
    school = school_in(area, name="St Bee’s & Co", address="Church Lane", postcode="CA13 9AB", easting=533_600, northing=180_500)
    page = page_of(morning_at(school, asha)[0], asha)
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="((?:https:|geo:)[^"]*)"', page)]
    google, apple, other = links
    assert google == "https://www.google.com/maps/dir/?api=1&destination=51.50765%2C-0.07633"
    assert apple == "https://maps.apple.com/?daddr=51.50765%2C-0.07633"
    assert other == "geo:51.50765,-0.07633?q=51.50765%2C-0.07633%28St%20Bee%E2%80%99s%20%26%20Co%29"
    assert not re.findall(r'(?:src|action)="(?:https?:)?//', page)


def test_a_school_whose_place_is_unknown_is_found_by_its_address_and_one_without_either_by_asking(
    asha: Volunteer, area: Area
) -> None:
    nowhere: dict[str, Any] = {"easting": None, "northing": None}
    page = page_of(morning_at(school_in(area, name="Elm", address="Church Lane", postcode="CA13 9AB", **nowhere), asha)[0], asha)
    assert "destination=Elm%2C+Church+Lane%2C+CA13+9AB" in page
    assert "geo:0,0?q=Elm%2C%20Church%20Lane%2C%20CA13%209AB" in page
    bare = school_in(area, address="", postcode="", **nowhere)
    page = page_of(morning_at(bare, asha, day=date(2026, 11, 27))[0], asha)
    assert "Ask your coordinator for the address" in page
    assert "google" not in page


@pytest.mark.parametrize(("unit", "far", "up_to"), [("miles", "12 miles", "3 miles"), ("km", "20 km", "5 km")])
def test_distances_are_in_the_charitys_unit(unit: str, far: str, up_to: str, asha: Volunteer, area: Area) -> None:
    models.Charity.objects.update(distances_in=unit)
    school = school_in(area, easting=350_000, northing=520_000)
    session = morning_at(school, asha)[0]
    free = morning_at(school, able_volunteer(area), day=date(2026, 11, 27))[0]
    client = client_of(asha)
    assert f"{far} from home" in page_of(session, asha)
    assert f"{far} from home" in text_of(client.get(reverse("take", args=[free.visit_id, free.day])))
    assert f"· {far}</span>" in text_of(client.get(reverse("home")))
    page = text_of(client.get(reverse("open-list")))
    assert f"· {far}</span>" in page
    nearest = re.search(rf'value="([\d.]+)">Up to {up_to}<', page)
    assert nearest
    assert "None of them" in text_of(client.get(reverse("open-list"), {"within_km": nearest[1]}))


def test_somebody_says_in_miles_how_far_they_go_and_it_is_stored_in_kilometres(asha: Volunteer, area: Area) -> None:
    client = client_of(asha)
    page = text_of(client.get(reverse("profile")))
    assert "How far do you go, in miles?" in page
    assert client.post(reverse("profile"), {"furthest": "20", "languages": ["en"]}).status_code == 302
    asha.refresh_from_db()
    assert asha.furthest_km == 32
    assert "up to 20 miles" in text_of(client.get(reverse("me")))
    # What the office stored in kilometres stays to the kilometre while nobody changes the number that they read.
    Volunteer.objects.filter(pk=asha.pk).update(furthest_km=25)
    assert 'value="16"' in text_of(client.get(reverse("profile")))
    assert client.post(reverse("profile"), {"furthest": "16", "languages": ["en"]}).status_code == 302
    asha.refresh_from_db()
    assert asha.furthest_km == 25
    for wrong in ("0", "601", "2O", "-3"):
        assert client.post(reverse("profile"), {"furthest": wrong, "languages": ["en"]}).status_code == 200
    assert client.post(reverse("profile"), {"furthest": "", "languages": ["en"]}).status_code == 302
    asha.refresh_from_db()
    assert asha.furthest_km is None


def test_what_is_brought_stands_in_one_box_for_each_place(asha: Volunteer, area: Area) -> None:
    kendal = store_in(area, name="Kendal cupboard", address="1 High Street", access_notes="Key at the desk.")
    school = school_in(area)
    sessions = morning_at(school, asha)
    for name, kind in (("Cards", "consumable"), ("Stickers", "consumable"), ("Puppet", "equipment")):
        material = a_material(name, kind=kind)
        models.KitLine.objects.create(session_type=sessions[0].type, material=material, quantity=1, per="session")
        if kind != "equipment":
            received(kendal, material, 50)
    page = page_of(sessions[0], asha)
    assert page.count("From Kendal cupboard") == 1
    box, rest = page[page.index("From Kendal cupboard") :].split("</div>", 1)
    assert all(words in box for words in ("Cards", "Stickers", "1 High Street", "Key at the desk."))
    assert "Puppet" in rest.split("</div>")[0]
    assert "Puppet" not in box


def test_staff_who_are_no_volunteers_of_it_see_no_morning(asha: Volunteer, area: Area) -> None:
    session = morning_at(school_in(area), asha)[0]
    stranger = able_volunteer(area, signs_in=True)
    address = reverse("morning", kwargs={"visit_id": session.visit_id, "day": session.day})
    assert client_of(stranger).get(address).status_code == 404


@pytest.mark.parametrize(("state", "is_seen"), [("accepted", True), ("offered", False)])
def test_only_who_said_yes_reads_who_is_there_and_their_numbers(asha: Volunteer, area: Area, state: str, is_seen: bool) -> None:
    school = school_in(area)
    contact = models.Contact.objects.create(school=school, name="Nia Head", phone="+441228606071")
    lead = models.Contact.objects.create(school=school, name="Lee Safe", phone="+441228606072")
    ben = able_volunteer(area, name="Ben Okoro", phone="+447700900322", share_phone=True)
    session = morning_at(school, asha, state=state, contact=contact, safeguarding_contact=lead)[0]
    CoverFactory(session=session, volunteer=ben)
    page = page_of(session, asha)
    for words in ("Nia Head", "606071", "Lee Safe", "606072", "900322"):
        assert (words in page) == is_seen, words
    assert "Ben" in page
    taking = text_of(client_of(asha).get(reverse("take", kwargs={"visit_id": session.visit_id, "day": session.day}), follow=True))
    if not is_seen:
        assert "Ben" in taking
        assert "900322" not in taking


def test_the_page_of_a_morning_leads_to_its_form_at_any_time_while_something_is_to_be_told(asha: Volunteer, area: Area) -> None:
    sessions, client = morning_at(school_in(area), asha), client_of(asha)
    page, form = (day_url(sessions[0], name) for name in ("morning", "day-outcome"))
    assert f'href="{form}"' in text_of(client.get(page))
    assert "Not yet" in text_of(client.get(form))
    Session.objects.update(stage="delivered", went_ahead="yes")
    assert f'href="{form}"' not in text_of(client.get(page))
