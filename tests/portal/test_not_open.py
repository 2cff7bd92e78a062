"""A morning that is not open, or not any more: the page says why, its time has passed, or the agreement comes first."""

from datetime import timedelta

import pytest
import time_machine

from schools.directory.models import Area
from schools.visits.actions import cancel_session
from schools.visits.models import SchoolAlarm, Session
from schools.volunteers.actions import publish_agreement
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, CoverFactory, able_volunteer, manager
from tests.portal.pages import AFTER, BEFORE, client_of, morning_at, school_in, states, text_of
from tests.portal.test_taking import too_late, url

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("away", "You told us that you are away on Thu 26 November 2026. Change that under Me first, if you can come."),
        ("lapsed", "We have no DBS decision of yours that is clear on Thu 26 November 2026. Phone your coordinator"),
        ("sign-off", "You are not signed off for “KS2 assembly” on that day."),
        ("elsewhere", "Phone your coordinator if you would rather come here."),
    ],
)
@time_machine.travel(BEFORE)
def test_the_page_of_what_is_not_open_says_why_before_a_button_is_pressed(
    asha: Volunteer, area: Area, why: str, words: str
) -> None:
    one, two = morning_at(school_in(area))
    two.delete()
    too_late(asha, one, area, why=why)
    page = text_of(client_of(asha).get(url(one)))
    assert "Not open any more" in page
    assert words in page
    assert "all the people it needs" not in page


@pytest.mark.parametrize("state", ["offered", None])
@time_machine.travel(BEFORE)
def test_a_morning_that_its_school_calls_off_is_open_to_nobody_and_who_was_asked_may_still_answer(
    asha: Volunteer, area: Area, state: str | None
) -> None:
    one, _two = morning_at(school_in(area, name="Oak Primary"), *([asha] if state else []), state=state or "accepted")
    client = client_of(asha)
    assert "Oak Primary" in text_of(client.get("/open/"))
    alarm = SchoolAlarm.objects.create(visit=one.visit, day=one.day, what="call_off", given_by="Jo", at=BEFORE)
    assert "Oak Primary" not in text_of(client.get("/open/"))
    page = text_of(client.get(url(one)))
    assert ("The school says that it must call off" in page) is (state is None)
    assert ("Yes, put me down" in page) is (state is not None)
    alarm.over_at = BEFORE
    alarm.save()
    assert "Oak Primary" in text_of(client.get("/open/"))
    assert "Yes, put me down" in text_of(client.get(url(one)))


@pytest.mark.parametrize("staff", [[True], [False, False]])
@time_machine.travel(BEFORE)
def test_what_was_cancelled_is_not_said_to_have_all_the_people_it_needs(asha: Volunteer, staff: list[bool]) -> None:
    elsewhere = AreaFactory()
    sessions = morning_at(school_in(elsewhere), *(able_volunteer(elsewhere, staff=is_staff) for is_staff in staff))
    for session in sessions:
        CoverFactory(session=session, volunteer=asha, state="withdrawn")
        cancel_session(session, code="weather", note="", by=manager(), now=BEFORE)
    page = text_of(client_of(asha).get(url(sessions[0])))
    assert "This session was cancelled." in page
    assert "all the people it needs" not in page


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=1)])
@pytest.mark.parametrize("state", ["offered", None])
def test_what_has_ended_says_that_its_time_has_passed(asha: Volunteer, area: Area, state: str | None, later: timedelta) -> None:
    one, two = morning_at(school_in(area), *([asha] if state else []), state=state or "accepted")
    with time_machine.travel(AFTER + later):
        client = client_of(asha)
        page = text_of(client.get(url(one)))
        assert "The time for this has passed" in page
        assert "all the people" not in page
        page = text_of(client.post(url(one), {"sessions": [one.pk, two.pk]}))
    assert "Tell your coordinator if you were there." in page
    assert states(asha) == ([state] * 2 if state else [])


def test_an_offer_that_nobody_answered_is_nothing_that_was_told_and_asks_for_nothing_once_it_is_over(
    asha: Volunteer, area: Area
) -> None:
    one, _two = morning_at(school_in(area, name="Oak Primary"), asha, state="offered")
    with time_machine.travel(AFTER):
        client = client_of(asha)
        mine, month, page = (text_of(client.get(address)) for address in ("/", "/calendar/", url(one, "morning")))
        for text in (mine, month, page):
            assert url(one) not in text
        assert "Oak Primary" not in mine + month
        assert "The time for this has passed; there is nothing more that you need to do." in page
        Session.objects.update(stage="delivered", went_ahead="yes", recorded_at=AFTER)
        assert "Oak Primary" not in text_of(client.get("/"))
        answer = client.get(url(one))
        assert (answer.status_code, answer.headers["Location"]) == (302, url(one, "morning"))
        assert "The time for this has passed" in text_of(client.get(url(one, "morning")))


@time_machine.travel(BEFORE)
def test_a_yes_from_a_page_of_before_a_new_agreement_waits_for_it_and_a_no_does_not(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area), asha, state="offered")
    client, both = client_of(asha), {"sessions": [one.pk, two.pk]}
    client.get(url(one))
    publish_agreement("I keep what I hear to myself.", from_day=BEFORE.date())
    page = text_of(client.post(url(one), both))
    assert "Accept the volunteer agreement first: it stands under Me. Then say yes here." in page
    assert page.count("checked") == 2
    assert states(asha) == ["offered", "offered"]
    assert client.post(url(one), {**both, "no": "1"}).status_code == 302
    assert states(asha) == ["declined", "declined"]


@pytest.mark.parametrize(
    ("meanwhile", "words"),
    [
        ("full", "all the people it needs"),
        ("one of the staff goes", "all the people it needs"),
        ("one of the staff goes to one", "all the people it needs"),
        ("in part given back", "Only your coordinator can put you down for this now. Phone them if you can come."),
        ("given back", "Only your coordinator can put you down for this now. Phone them if you can come."),
        ("cancelled", "This session was cancelled."),
    ],
)
@time_machine.travel(BEFORE)
def test_who_was_asked_in_another_area_and_comes_second_reads_why_it_is_not_open(
    asha: Volunteer, meanwhile: str, words: str
) -> None:
    elsewhere = AreaFactory()
    two_people = [able_volunteer(elsewhere), able_volunteer(elsewhere)]
    staff = able_volunteer(elsewhere, staff=True)
    others = {"full": two_people, "one of the staff goes": [staff], "one of the staff goes to one": two_people}
    one, two = morning_at(school_in(elsewhere, name="Oak Primary"), *others.get(meanwhile, ()))
    for session in (one, two):
        CoverFactory(session=session, volunteer=asha, state="withdrawn")
    if meanwhile == "in part given back":
        for _ in range(one.type.presenters):
            CoverFactory(session=one, volunteer=able_volunteer(elsewhere))
    if meanwhile == "one of the staff goes to one":
        one.covers.filter(volunteer__in=two_people).delete()
        CoverFactory(session=one, volunteer=staff)
    if meanwhile == "cancelled":
        Session.objects.update(stage="cancelled", cancelled_code="not_held")
    client = client_of(asha)
    for answer in (client.get(url(one)), client.post(url(one), {"sessions": [one.pk, two.pk]})):
        assert answer.status_code == 200
        page = text_of(answer)
        assert "Not open any more" in page
        assert "Oak Primary" in page
        assert words in page
        assert ("all the people it needs" in page) is (meanwhile in others)
    assert states(asha) == ["withdrawn", "withdrawn"]
    never_asked = able_volunteer(AreaFactory(), signs_in=True)
    assert client_of(never_asked).get(url(one)).status_code == 404
