"""Mine and one morning: what a volunteer sees of their own sessions, and never of others'."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools.accounts.models import Role, User
from schools.core.errors import RuleBroken
from schools.directory.models import Area, Contact
from schools.materials.models import KitLine, Material
from schools.portal import queries
from schools.visits.models import Cover, Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, CoverFactory, HeadcountFactory, VolunteerFactory, able_volunteer, manager, user_with
from tests.portal.pages import AFTER, BEFORE, client_for, client_of, day_url, morning_at, school_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory(name="Cumberland", duty_phone="+441228606060")
    return made


@pytest.fixture
def asha(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rahman")


def morning_url(session: Session, name: str = "morning") -> str:
    return reverse(name, kwargs={"visit_id": session.visit_id, "day": session.day})


@time_machine.travel(BEFORE)
def test_mine_shows_the_next_morning_first_then_the_later_ones(asha: Volunteer, area: Area) -> None:
    morning_at(school_in(area, name="Later School"), asha, day=date(2026, 12, 3))
    morning_at(school_in(area, name="Next School"), asha)
    page = text_of(client_of(asha).get("/"))
    assert page.index("Hello Asha") < page.index("Next School") < page.index("Later School")
    assert "Thu 26 November" in page
    assert "9:15–11:00 am" in page
    assert "Tell us how it went" not in page


@time_machine.travel(AFTER)
def test_once_it_has_started_mine_asks_how_it_went(asha: Volunteer, area: Area) -> None:
    sessions = morning_at(school_in(area), asha)
    page = text_of(client_of(asha).get("/"))
    assert "Tell us how it went" in page
    assert page.count(day_url(sessions[0])) == 1 + 1  # one line for the morning, and the page that the phone keeps


@time_machine.travel(AFTER)
def test_an_observer_is_not_asked_how_it_went_and_may_open_the_form_all_the_same(asha: Volunteer, area: Area) -> None:
    watched, _ = morning_at(school_in(area), asha)
    Cover.objects.update(role="observer")
    mine = queries.mine(asha, now=AFTER + timedelta(days=1))
    assert mine.to_tell == []
    assert queries.next_to_tell(asha, now=AFTER) is None
    assert client_of(asha).get(day_url(watched)).status_code == 200
    Cover.objects.filter(session=watched).update(role="lead")
    assert [sitting.session for sitting in queries.mine(asha, now=AFTER).to_tell] == [watched]
    assert queries.next_to_tell(asha, now=AFTER) == watched


@time_machine.travel(BEFORE)
def test_an_offer_asks_for_an_answer(asha: Volunteer, area: Area) -> None:
    session = morning_at(school_in(area), asha, state="offered")[0]
    page = text_of(client_of(asha).get("/"))
    assert "Could you take this?" in page
    assert morning_url(session, "take") in page


@time_machine.travel(AFTER + timedelta(days=1))
def test_an_offer_that_nobody_answered_in_time_is_gone(asha: Volunteer, area: Area) -> None:
    morning_at(school_in(area), asha, state="offered")
    assert "Your mornings will be here" in text_of(client_of(asha).get("/"))


def test_somebody_with_nothing_reads_where_to_look(asha: Volunteer) -> None:
    page = text_of(client_of(asha).get("/"))
    assert "Your mornings will be here once you are down for one." in page
    assert reverse("open-list") in page


def test_somebody_who_is_no_volunteer_reads_so_kindly_and_staff_are_shown_the_office() -> None:
    unlinked = client_for(user_with(Role.VOLUNTEER, email="new@example.org"))
    staff = client_for(manager())
    for url in ("/", "/open/"):
        assert "Ask your coordinator to link your volunteer record to" in text_of(unlinked.get(url))
        assert "Go to the office" in text_of(staff.get(url))
    assert "/admin/" not in text_of(unlinked.get("/"))


@pytest.mark.parametrize("how_many", [1, 3])
@time_machine.travel(BEFORE)
def test_mine_costs_seven_queries_however_many_mornings(
    how_many: int, asha: Volunteer, area: Area, django_assert_num_queries: Any
) -> None:
    partner = able_volunteer(area)
    for place in range(how_many):
        morning_at(school_in(area), asha, partner, day=date(2026, 11, 26 + place))
        morning_at(school_in(area), asha, partner, day=date(2026, 11, 16 + place))
    client = client_of(asha)
    kind = Session.objects.filter(day__gte=BEFORE.date())[0].type
    KitLine.objects.create(session_type=kind, material=Material.objects.create(name="Cards"), quantity=1, per="pupil")
    # The sign-in session, the user, the volunteer, the covers; two for what to bring to the next morning; and whether a return
    # that rests on the earlier mornings is signed off.
    with django_assert_num_queries(7):
        page = text_of(client.get("/"))
    assert "Bring Cards" in page


@time_machine.travel(BEFORE)
def test_a_morning_says_where_when_whom_to_ask_for_and_what_to_bring(asha: Volunteer, area: Area) -> None:
    school = school_in(area, name="St Oswald’s", address="Church Lane", postcode="CA13 9AB", access_notes="Two steps.")
    contact = Contact.objects.create(school=school, name="Jo Whitfield", role="deputy head", phone="+441900555555")
    guard = Contact.objects.create(school=school, name="Pat Ellwood", role="safeguarding lead")
    session, workshop = morning_at(
        school, asha, contact=contact, safeguarding_contact=guard, parking="In the lane", arrival_notes="Ring the bell."
    )
    cards = Material.objects.create(name="Cards")
    for session_type in (session.type, workshop.type):
        KitLine.objects.create(session_type=session_type, material=cards, quantity=1, per="pupil")

    page = text_of(client_of(asha).get(morning_url(session)))

    for words in (
        "Your morning at St Oswald’s", "Thu 26 November", "8:45 am", "Church Lane", "CA13 9AB",
        "Jo Whitfield, deputy head",
        "tel:+44-1900-555555", "In the lane", "Ring the bell.", "Two steps.", "Year 5", "30", "KS2 assembly", "9:15–9:45 am",
        "tel:+44-1228-606060", "If a child tells you something", "Tell the school’s safeguarding lead, Pat Ellwood, now",
        "tel:999", "I have told somebody",
    ):  # fmt: skip
        assert words in page, words
    assert "Cards" in page
    assert "60" in page
    assert "I can’t make it" in page


@time_machine.travel(BEFORE)
def test_in_scotland_year_5_is_p6(asha: Volunteer, area: Area) -> None:
    session = morning_at(school_in(area, nation="scotland"), asha)[0]
    page = text_of(client_of(asha).get(morning_url(session)))
    assert "P6" in page
    assert "P4–P7 assembly" in page
    assert "Year 5" not in page.replace("Year 5–6", "")


@time_machine.travel(BEFORE)
def test_an_afternoon_is_called_one(asha: Volunteer, area: Area) -> None:
    session = morning_at(school_in(area), asha)[0]
    Session.objects.update(starts="13:15", ends="14:00")
    page = text_of(client_of(asha).get(morning_url(session)))
    assert "Your afternoon at" in page
    assert "12:45 pm" in page


@time_machine.travel(BEFORE)
def test_of_a_partner_a_page_shows_the_first_name_and_a_shared_phone_and_nothing_else(asha: Volunteer, area: Area) -> None:
    shares = able_volunteer(
        area, name="Ben Okoro", reference="W-BEN", phone="+447700900123", share_phone=True, home_postcode="CA1 1AA",
        emergency_contact="Sister", user=User.objects.create_user("ben@example.org", name="Ben Okoro"),
    )  # fmt: skip
    private = able_volunteer(area, name="Cat Lowe", phone="+447700900456", share_phone=False)
    session = morning_at(school_in(area), asha, shares, private)[0]
    client = client_of(asha)
    for page in (client.get("/"), client.get(morning_url(session))):
        text = text_of(page)
        assert "Ben" in text
        assert "Cat" in text
        for secret in ("Okoro", "Lowe", "ben@example.org", "CA1 1AA", "Sister", "0456", "DBS", "2028", "W-BEN"):
            assert secret not in text
    assert "07700 900123" in text


@time_machine.travel(BEFORE)
def test_a_morning_that_still_needs_people_says_whom_to_phone(asha: Volunteer, area: Area) -> None:
    session = morning_at(school_in(area), asha)[0]
    assert "This still needs people." in text_of(client_of(asha).get(morning_url(session)))
    for one in Session.objects.all():
        CoverFactory(session=one, volunteer=able_volunteer(area))
    assert "This still needs people." not in text_of(client_of(asha).get(morning_url(session)))


@time_machine.travel(BEFORE)
def test_a_cancelled_session_no_longer_says_when_to_come_and_a_cancelled_morning_says_so(asha: Volunteer, area: Area) -> None:
    first, _ = morning_at(school_in(area), asha, able_volunteer(area))
    client = client_of(asha)
    Session.objects.filter(pk=first.pk).update(stage="cancelled", cancelled_code="school")
    page = text_of(client.get(morning_url(first)))
    assert "9:30 am" in page
    assert "8:45 am" not in page
    assert "This still needs people." not in page
    assert "This was cancelled." not in page
    Session.objects.update(stage="cancelled", cancelled_code="school")
    page = text_of(client.get(morning_url(first)))
    assert "This was cancelled. Nobody expects you" in page
    assert "I can’t make it" not in page


@pytest.mark.parametrize("how_many", [1, 3])
@time_machine.travel(BEFORE)
def test_a_morning_costs_eight_queries_however_many_partners_and_guests(
    how_many: int, asha: Volunteer, area: Area, django_assert_num_queries: Any
) -> None:
    session = morning_at(school_in(area), asha, *(able_volunteer(area) for _ in range(how_many)))[0]
    for _ in range(how_many):
        HeadcountFactory(session=session, school=school_in(area, name="Guest"), expected=7)
    client = client_of(asha)
    # The sign-in, the user, the volunteer, the covers, headcounts, what was told, one for all that is
    # brought, and one for the area’s coordinators, because the visit has none of its own.
    with django_assert_num_queries(8):
        client.get(morning_url(session))


@pytest.mark.parametrize("name", ["morning", "give-back", "told"])
@time_machine.travel(BEFORE)
def test_somebody_elses_morning_is_not_found(name: str, asha: Volunteer, area: Area) -> None:
    session = morning_at(school_in(area), able_volunteer(area))[0]
    for answer in (client_of(asha).get(morning_url(session, name)), client_for(manager()).get(morning_url(session, name))):
        assert answer.status_code == 404 or "nobody has made you a volunteer" in text_of(answer)
        assert str(session.visit.school) not in text_of(answer)
    assert client_of(asha).get(morning_url(session, name)).status_code == 404


@pytest.mark.parametrize("name", ["session-detail", "session-outcome"])
@pytest.mark.parametrize("state", ["offered", "declined", "withdrawn", None])
@time_machine.travel(AFTER)
def test_a_session_that_one_is_not_down_for_is_not_found(name: str, state: str | None, asha: Volunteer, area: Area) -> None:
    session = morning_at(school_in(area), able_volunteer(area))[0]
    if state:
        CoverFactory(session=session, volunteer=asha, state=state)
    url = reverse(name, args=[session.pk])
    assert client_of(asha).get(url).status_code == 404
    assert client_of(asha).post(url, {"went_ahead": "no"}).status_code in {404, 405}
    assert Session.objects.get(pk=session.pk).stage == "scheduled"


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "nonsense"])
def test_a_day_that_does_not_exist_is_not_found(day: str, asha: Volunteer) -> None:
    assert client_of(asha).get(f"/mornings/1/{day}/").status_code == 404


def test_nobody_gets_in_without_signing_in() -> None:
    for url in ("/", "/open/", "/me/", "/open/1/2026-11-26/", "/mornings/1/2026-11-26/", "/sessions/1/", "/sessions/1/outcome/"):
        answer = Client().get(url)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={url}")


def test_me_says_who_is_signed_in(asha: Volunteer) -> None:
    page = text_of(client_of(asha).get("/me/"))
    assert asha.user is not None
    assert asha.user.email in page
    assert reverse("account_logout") in page


def test_a_strange_page_answers_kindly(asha: Volunteer) -> None:
    VolunteerFactory()
    answer = client_of(asha).get("/nowhere/")
    assert answer.status_code == 404
    assert "We can’t find this page" in text_of(answer)


@time_machine.travel(BEFORE)
def test_a_swap_that_fails_says_nothing_of_the_colleague(asha: Volunteer, area: Area, monkeypatch: pytest.MonkeyPatch) -> None:
    session = morning_at(school_in(area), asha)[0]
    ben = able_volunteer(area, name="Ben Okoro", signs_in=True)

    def refuses(*_: object, **__: object) -> None:
        raise RuleBroken(["Ben Okoro has no clear DBS decision on Thu 26 November 2026. Record the new decision first."])

    monkeypatch.setattr("schools.portal.views.mornings.swap", refuses)
    page = text_of(client_of(asha).post(morning_url(session, "swap"), {"to": str(ben.pk)}))
    assert "They can no longer come" in page
    assert "Okoro" not in page
    assert "DBS" not in page
