"""A session that is over, on the page on which it is changed: what may still be corrected of it, and by whom."""

from datetime import date, time

import pytest
from django.test import Client

from schools import models
from schools.core.periods import Period
from schools.reach.actions import close, sign_off
from tests import factories
from tests.browsing import saved
from tests.office.conftest import NOW
from tests.office.test_visibility import url
from tests.reach.examples import delivered

DAY = date(2025, 10, 6)


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, name="Ashfield")
    return delivered(school, "ks2-assembly", DAY, time(9, 0), {5: 28}, version=1, room="Hall")


@pytest.fixture
def address(session: models.Session) -> str:
    return f"/admin/session/{session.pk}/edit/"


@pytest.fixture
def closed(session: models.Session, area: models.Area) -> models.Return:
    by = factories.manager()
    return close(sign_off(area, Period.parse("2025/26"), by=by, now=NOW), by=by, now=NOW)


def stored(session: models.Session) -> tuple[str, str]:
    session.refresh_from_db()
    return session.room, session.language


def test_its_page_leads_to_the_form_and_the_form_asks_what_may_still_change(
    office: Client, session: models.Session, address: str
) -> None:
    body = office.get(f"/admin/session/{session.pk}/").content.decode()
    assert f'href="{address}"' in body
    assert "Correct room or language" in body
    assert url(models.Session, "change", session.pk) not in body
    page = office.get(address)
    assert list(page.context["form"].fields) == ["room", "language"]
    assert "This session took place." in page.content.decode()
    assert saved(office, address, {"do": "store", "room": "Library", "language": "cy"}).status_code == 302
    assert stored(session) == ("Library", "cy")
    assert session.history.first().history_user.name == "Cora Nwosu"


def test_a_session_to_come_has_one_way_to_be_changed(office: Client, session: models.Session) -> None:
    to_come = factories.SessionFactory(visit=session.visit)
    body = office.get(f"/admin/session/{to_come.pk}/").content.decode()
    assert "Change details" in body
    assert "Correct room or language" not in body


def test_what_is_posted_beside_them_changes_nothing(office: Client, session: models.Session, address: str) -> None:
    more = {"stage": "scheduled", "went_ahead": "", "day": "2027-01-01", "until_day": "2027-01-01", "n1_5": "3", "adults": "9"}
    saved(office, address, {"do": "store", "room": "Library", "language": "en"} | more)
    assert stored(session) == ("Library", "en")
    assert (session.stage, session.went_ahead, session.day, session.until_day) == ("delivered", "yes", DAY, None)
    assert (session.adults, session.headcounts.get().pupils) == (None, 28)
    body = office.post(address, {"do": "remove"}).content.decode()
    assert "so it stays as a record" in body


def test_in_two_tabs_the_second_is_told_who_was_first(
    office: Client, coordinator: models.User, session: models.Session, address: str
) -> None:
    seen = office.get(address).context["seen"]
    typed = {"do": "store", "language": "en", "seen": seen}
    assert office.post(address, typed | {"room": "Library"}).status_code == 302
    answer = office.post(address, typed | {"room": "Gym", "language": "cy"})
    body = answer.content.decode()
    assert f"{coordinator} changed this session on Tue 24 November 2026 at 8:50 am, after you had opened it." in body
    assert answer.context["stored_now"] == [("Room", "Library"), ("Language", "English")]
    assert 'value="Gym"' in body
    assert stored(session) == ("Library", "en")
    again = typed | {"room": "Gym", "language": "cy", "seen": answer.context["seen"]}
    assert office.post(address, again).status_code == 302
    assert stored(session) == ("Gym", "cy")


def test_a_form_that_was_opened_before_the_outcome_came_overwrites_nothing(office: Client, session: models.Session) -> None:
    planned = factories.SessionFactory(visit=session.visit, room="Hall")
    address = f"/admin/session/{planned.pk}/edit/"
    seen = office.get(address).context["seen"]
    models.Session.objects.filter(pk=planned.pk).update(stage="delivered", went_ahead="yes")
    answer = office.post(address, {"do": "store", "room": "Library", "language": "en", "seen": seen})
    assert "after you had opened it" in answer.content.decode()
    assert list(answer.context["form"].fields) == ["room", "language"]
    assert stored(planned) == ("Hall", "en")


@pytest.mark.usefixtures("closed")
def test_in_a_closed_return_a_coordinator_corrects_the_room_alone(office: Client, session: models.Session, address: str) -> None:
    page = office.get(address)
    assert list(page.context["form"].fields) == ["room"]
    words = " ".join(page.content.decode().split())
    assert "The language stays English. The return of Cumberland for " in words
    assert "is signed off. Ask a manager to restate it." in words
    assert saved(office, address, {"do": "store", "room": "Library", "language": "cy"}).status_code == 302
    assert stored(session) == ("Library", "en")


def test_a_manager_says_why_the_language_of_a_closed_return_changes_and_the_return_shows_it(
    managers_office: Client, session: models.Session, address: str, closed: models.Return
) -> None:
    typed = {"do": "store", "room": "Library", "language": "cy"}
    assert "Why does it change now?" in managers_office.get(address).content.decode()
    assert "Say why it changes" in saved(managers_office, address, typed).content.decode()
    assert stored(session) == ("Hall", "en")
    assert saved(managers_office, address, typed | {"why": "It was held in Welsh."}).status_code == 302
    assert stored(session) == ("Library", "cy")
    shown = managers_office.get(f"/admin/reach/returns/{closed.pk}/").content.decode()
    assert "It was held in Welsh." in shown
    assert "<td>Welsh</td>" in shown


@pytest.mark.usefixtures("closed")
def test_for_another_room_nobody_has_to_say_why(managers_office: Client, session: models.Session, address: str) -> None:
    assert saved(managers_office, address, {"do": "store", "room": "Library", "language": "en"}).status_code == 302
    assert stored(session) == ("Library", "en")
    assert not models.Restatement.objects.exists()


def test_another_areas_session_is_not_there(office: Client, elsewhere: models.Area) -> None:
    school = factories.SchoolFactory(area=elsewhere)
    theirs = delivered(school, "ks2-assembly", DAY, time(9, 0), {5: 28}, room="Hall")
    address = f"/admin/session/{theirs.pk}/edit/"
    assert office.get(address).status_code == 404
    assert office.post(address, {"do": "store", "room": "Library", "language": "cy"}).status_code == 404
    assert stored(theirs) == ("Hall", "en")
