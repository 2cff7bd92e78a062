"""Whoever presses “Undo this” stands on the page again on which the bar was, and goes on from there."""

import re
from datetime import date, time
from html import escape, unescape
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from schools import models
from tests import factories
from tests.browsing import hidden, saved
from tests.office.test_booking import a_form, ks1, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, name="Ashfield Primary", pupils=210)
    made: models.Session = factories.SessionFactory(visit__school=school)
    return made


PAGES = {
    "a day": "/admin/visit/{visit}/{day}/",
    "a session": "/admin/session/{session}/",
    "a visit": "/admin/visit/{visit}/?back=%2Fadmin%2Fdue%2F",
    "a volunteer": "/admin/volunteer/{volunteer}/",
    "days off": "/admin/bulk/cancel-day/?day=2026-11-26&last=2026-11-27",
    "many at once": "/admin/bulk/",
    "who would like to watch": "/admin/observing/",
    "guests": "/admin/visit/{visit}/guests/",
}


@pytest.mark.parametrize("name", PAGES)
def test_undone_leads_to_the_page_on_which_the_bar_was(
    name: str, office: Client, session: models.Session, area: models.Area
) -> None:
    asha = factories.able_volunteer(area, name="Asha Rao")
    office.post(f"/admin/visit/{session.visit_id}/{session.day}/", {"do": "assign", "cover-volunteer": asha.pk})
    batch = models.Batch.objects.get()
    here = PAGES[name].format(visit=session.visit_id, day=session.day, session=session.pk, volunteer=asha.pk)
    page = office.get(f"{here}{'&' if '?' in here else '?'}done={batch.pk}")
    undone = office.post(f"/admin/batch/{batch.pk}/", {"do": "undo", "back": page.context["undo_leads_to"]})
    assert undone.headers["Location"] == here
    assert here in [unescape(each) for each in hidden(page.content.decode())["back"]]
    assert "Undone:" in office.get(here).content.decode()
    assert not models.Cover.objects.exists()


def test_a_cancellation_that_is_undone_where_people_are_told_leads_to_its_visit(office: Client, session: models.Session) -> None:
    factories.SessionFactory(visit=session.visit, starts=time(10), ends=time(10, 30))
    typed = {"do": "cancel", "cancel-code": "school", "shown": hidden_slots(office, session)}
    answer = office.post(f"/admin/session/{session.pk}/", typed)
    page = office.get(answer.headers["Location"])
    assert page.context["undo_leads_to"] == f"/admin/visit/{session.visit_id}/"


def hidden_slots(office: Client, session: models.Session) -> list[str]:
    return hidden(office.get(f"/admin/session/{session.pk}/").content.decode()).get("shown", [])


def test_a_booking_that_is_undone_still_leads_on_to_where_it_was_begun(office: Client, session: models.Session) -> None:
    school, back = session.visit.school, "/admin/due/?show=due#due-7"
    models.Session.objects.all().delete()
    models.Visit.objects.all().delete()
    answer = post(office, school, a_form(office, school, ks1(), back=back), "book")
    batch = models.Batch.objects.get()
    leads_to = office.get(answer["Location"]).context["undo_leads_to"]
    assert leads_to == f"/admin/school/{school.pk}/?{urlencode({'back': back})}"
    undone = office.post(f"/admin/batch/{batch.pk}/", {"do": "undo", "back": leads_to}, follow=True).content.decode()
    assert "Undone:" in undone
    assert f'href="{back}">Go on where you were' in undone


LIST = "/admin/due/?show=due&page=3"
GO_ON = f'href="{escape(LIST)}">Go on where you were'


def shown(office: Client, address: str) -> str:
    return office.get(address).content.decode()


def way_to(page: str, words: str) -> str:
    """Return the address of the link with the words."""
    return unescape(re.findall(rf'href="([^"]+)"[^>]*>\s*{words}', page)[-1])


@pytest.mark.parametrize("do", ["put-on", "confirm", "decline"])
def test_what_is_done_on_a_visits_page_keeps_the_way_back_to_the_list(
    do: str, office: Client, session: models.Session, area: models.Area
) -> None:
    here = f"/admin/visit/{session.visit_id}/?{urlencode({'back': LIST})}"
    asha = factories.able_volunteer(area, name="Asha Rao")
    seen = hidden(shown(office, here))
    typed: dict[str, dict[str, Any]] = {
        "put-on": {"person": asha.pk},
        "confirm": {"confirm-agreed_on": "2026-11-24", "confirm-agreed_with": "Pat"},
        "decline": {"decline-ask_again_on": "2027-03-01"},
    }
    done = office.post(here, seen | typed[do] | {"do": do}, follow=True)
    assert "Undo this" in done.content.decode()
    assert GO_ON in done.content.decode()


def test_whoever_looks_who_could_take_some_of_it_keeps_the_way_back_and_the_bar(office: Client, session: models.Session) -> None:
    factories.SessionFactory(visit=session.visit, day=date(2026, 11, 27))
    batch = models.Batch.objects.create(kind="assign", words="Put on", by=models.User.objects.get(), made_at=timezone.now())
    page = shown(office, f"/admin/visit/{session.visit_id}/?{urlencode({'back': LIST, 'done': batch.pk})}")
    form = hidden(re.findall(r'<form method="get" action="#who-could-heading">.*?</form>', page, re.DOTALL)[0])
    assert [unescape(each) for each in form["back"]] == [LIST]
    assert form["done"] == [str(batch.pk)]


def test_a_conversation_leads_back_to_the_visit_and_on_to_the_list(office: Client, session: models.Session) -> None:
    here = f"/admin/visit/{session.visit_id}/?{urlencode({'back': LIST})}"
    talk = way_to(shown(office, here), "Log a conversation")
    assert f'href="{escape(here)}">Go on where you were' in shown(office, talk)
    typed = {"do": "talk", "talk-day": "2026-11-24", "talk-how": "phone", "talk-who": "the head"}
    assert GO_ON in office.post(talk, typed, follow=True).content.decode()


def test_what_is_done_on_a_schools_page_keeps_the_way_back_to_the_list(office: Client, session: models.Session) -> None:
    school = session.visit.school
    here = f"/admin/school/{school.pk}/?{urlencode({'back': LIST})}"
    seen = hidden(shown(office, here))
    done = office.post(here, seen | {"do": "contact", "name": "Pat Head"}, follow=True).content.decode()
    assert "Pat Head is written down" in done
    assert GO_ON in done
    assert GO_ON in shown(office, f"/admin/school/{school.pk}/{way_to(done, 'Change<span').partition('#')[0]}")
    assert done.count(f'<input type="hidden" name="back" value="{escape(LIST)}">') == 2, "both searches"
    for words in ("Book a visit", "Offer dates"):
        assert unescape(urlsplit(way_to(done, words)).query) == urlencode({"back": LIST})


@pytest.mark.parametrize("words", ["Change details", "Guest schools", "Add sessions", "Offer other dates"])
def test_every_page_to_which_a_visit_leads_keeps_the_way_back_to_the_list(
    words: str, office: Client, session: models.Session
) -> None:
    here = f"/admin/visit/{session.visit_id}/?{urlencode({'back': LIST})}"
    page = shown(office, way_to(shown(office, here), words))
    ways = re.findall(rf'(?:href="|name="back" value=")({re.escape(escape(LIST))}|/admin/visit/[^"]*back=[^"]*)"', page)
    assert any(unquote(unescape(way)) in {LIST, unquote(here)} for way in ways), "it leads there, or to the visit, which does"


def test_the_details_of_a_visit_are_changed_on_the_way_from_a_list_and_back(office: Client, session: models.Session) -> None:
    details = way_to(shown(office, f"/admin/visit/{session.visit_id}/?{urlencode({'back': LIST})}"), "Change details")
    done = saved(office, details, {"arrival_notes": "Ring twice."})
    assert GO_ON in shown(office, done.headers["Location"])
    assert models.Visit.objects.get().arrival_notes == "Ring twice."


def test_a_visit_is_cancelled_and_everybody_told_on_the_way_from_a_list_and_back(office: Client, session: models.Session) -> None:
    here = f"/admin/visit/{session.visit_id}/?{urlencode({'back': LIST})}"
    seen = {name: [unescape(each) for each in values] for name, values in hidden(shown(office, here)).items()}
    done = office.post(here, seen | {"do": "cancel", "cancel-code": "school"}, follow=True)
    assert GO_ON in done.content.decode()
    assert "Undo this" in done.content.decode()
    undone = office.post(f"/admin/batch/{models.Batch.objects.get().pk}/", {"do": "undo", "back": done.context["undo_leads_to"]})
    assert GO_ON in shown(office, undone.headers["Location"])


def test_from_a_visits_parcels_one_still_finds_back_to_where_one_was(
    office: Client, session: models.Session, area: models.Area
) -> None:
    store = models.Store.objects.create(area=area, name="Kendal")
    back = {"back": "/admin/due/?show=due"}
    visit, parcels = (f"/admin/visit/{session.visit_id}/{page}?{urlencode(back, safe='/')}" for page in ("", "parcels/"))
    assert escape(parcels) in office.get(visit).content.decode()
    page = office.get(parcels).content.decode()
    assert escape(visit) in page
    [key] = hidden(page)["key"]
    sent = office.post(parcels, {"do": "send", "key": key, "store": store.pk, "sent_on": "2026-11-23", "tracking": ""})
    assert unquote(sent.headers["Location"]) == unquote(parcels)
