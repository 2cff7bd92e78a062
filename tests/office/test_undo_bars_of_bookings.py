"""After booking, adding, a guest, an answer and a request that was seen to, the bar stands, and leads to where one goes on."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from schools import models
from tests import factories
from tests.browsing import saved
from tests.news import tell
from tests.office.test_booking import a_form, ks1, post

pytestmark = pytest.mark.django_db

type Act = Callable[[Client, models.Session], Any]


@pytest.fixture
def session(area: models.Area) -> models.Session:
    """Of a visit that is agreed with a school that has an address, with somebody who is asked."""
    school = factories.SchoolFactory(area=area, name="Ashfield Primary School", pupils=210)
    models.Contact.objects.create(school=school, name="Pat Head", email="pat@ashfield.example.org")
    made: models.Session = factories.SessionFactory(
        visit__school=school, visit__stage="confirmed", visit__agreed_on=date(2026, 11, 20), visit__agreed_with="Pat"
    )
    asha = factories.able_volunteer(area, name="Asha Bell", signs_in=True)
    factories.CoverFactory(session=made, volunteer=asha, state="offered")
    return made


def standing() -> list[Any]:
    tables = (models.Visit, models.Session, models.Headcount, models.Cover, models.VisitRequest)
    return [list(model._default_manager.order_by("pk").values()) for model in tables]


def books(office: Client, session: models.Session) -> Any:
    school = session.visit.school
    answer = post(office, school, a_form(office, school, ks1(day="2027-02-04")), "book")
    if answer.status_code == 200:  # there is a visit at the school already: a second look
        seen = answer.context["seen"]
        answer = post(office, school, a_form(office, school, ks1(day="2027-02-04"), seen=seen), "book")
    return answer


def adds(office: Client, session: models.Session) -> Any:
    row = {f"sessions-0-{name}": value for name, value in ks1(starts="13:30", language="en").items()}
    typed = {"sessions-TOTAL_FORMS": 1, "sessions-INITIAL_FORMS": 0, **row, "do": "book"}
    address = f"/admin/visit/{session.visit_id}/add/"
    answer = office.post(address, typed)
    if answer.status_code == 200:
        answer = office.post(address, {**typed, "seen": answer.context["seen"]})
    return answer


def brings_a_guest(office: Client, session: models.Session) -> Any:
    guest = factories.SchoolFactory(authority=session.visit.school.authority, name="Fern")
    typed = {"do": "store", f"s{session.pk}_come": "3", f"s{session.pk}_3": "12"}
    return saved(office, f"/admin/visit/{session.visit_id}/guests/?school={guest.pk}", typed)


def answers_on_the_day(do: str) -> Act:
    def act(office: Client, session: models.Session) -> Any:
        who = session.covers.get().volunteer_id
        return office.post(f"/admin/visit/{session.visit_id}/{session.day}/", {"do": do, "answer-volunteer": who})

    return act


def answers_at_the_session(do: str) -> Act:
    def act(office: Client, session: models.Session) -> Any:
        return office.post(f"/admin/session/{session.pk}/", {"do": do, "answer-volunteer": session.covers.get().volunteer_id})

    return act


def answers_a_wish(do: str) -> Act:
    def act(office: Client, session: models.Session) -> Any:
        models.Cover.objects.update(state="asked", role="observer")
        return office.post("/admin/observing/", {"do": do, "cover": session.covers.get().pk})

    return act


def sees_to_a_request(office: Client, session: models.Session) -> Any:
    at = timezone.now()
    request = models.VisitRequest.objects.create(
        school=session.visit.school, visit=session.visit, name="Pat", role="head", email="p@example.org", asked_at=at,
        confirmed_at=at, state="waits",
    )  # fmt: skip
    return office.post(f"/admin/visit/{session.visit_id}/", {"do": "request-seen", "request": request.pk})


ACTS: dict[str, tuple[Act, str]] = {
    "booked": (books, "Booked visit V"),
    "added": (adds, "Added a session to visit T"),
    "guest": (brings_a_guest, "Added guest Fern at visit T"),
    "yes": (answers_on_the_day("accept"), "Wrote down a yes to Ashfield Primary School, Thu 26 November 2026"),
    "no": (answers_on_the_day("decline"), "Wrote down a no to Ashfield Primary School"),
    "yes at the session": (answers_at_the_session("accept"), "Wrote down a yes to Ashfield Primary School"),
    "no at the session": (answers_at_the_session("decline"), "Wrote down a no to Ashfield Primary School"),
    "watches": (answers_a_wish("yes"), "Said yes to somebody who would like to watch Ashfield"),
    "watches not": (answers_a_wish("no"), "Said no to somebody who would like to watch Ashfield"),
    "request": (sees_to_a_request, "Saw to a request of Ashfield Primary School"),
}


@pytest.mark.parametrize("name", ACTS)
def test_the_bar_says_what_was_done_and_undoes_it_in_time_unheard(name: str, office: Client, session: models.Session) -> None:
    act, words = ACTS[name]
    tell(timezone.now())
    messages = models.OutboxMessage.objects.count()
    answer = act(office, session)
    assert answer.status_code == 302, answer.content.decode()
    batch = models.Batch.objects.get()
    assert batch.words.startswith(words)
    page = office.get(answer.headers["Location"])
    assert page.context["undoable"] == batch
    assert "Undo this" in page.content.decode()
    leads_to = page.context.get("undo_leads_to", "")
    undone = office.post(f"/admin/batch/{batch.pk}/", {"do": "undo", "back": leads_to}, follow=True)
    assert undone.status_code == 200, "the visit may be gone, the page to which one is led is not"
    assert f"Undone: {batch.words}." in undone.content.decode()
    batch.refresh_from_db()
    assert batch.left_alone == []
    tell(timezone.now() + timedelta(minutes=2))
    assert models.OutboxMessage.objects.count() == messages
    if name == "request":
        assert models.VisitRequest.objects.get().state == "waits"
    elif name.startswith("watches"):
        assert models.Cover.objects.get().state == "asked"
    else:
        assert models.Cover.objects.get().state == "offered"
        assert (models.Visit.objects.count(), models.Session.objects.count(), models.Headcount.objects.count()) == (1, 1, 0)


def test_after_a_booking_the_bar_stands_beside_the_way_back_to_the_list(office: Client, session: models.Session) -> None:
    session.delete()
    models.Visit.objects.all().delete()
    school = models.School.objects.get()
    data = a_form(office, school, ks1(), back="/admin/due/?show=due")
    answer = post(office, school, data, "book")
    visit, batch = models.Visit.objects.get(), models.Batch.objects.get()
    assert answer["Location"] == f"/admin/visit/{visit.pk}/?back=%2Fadmin%2Fdue%2F%3Fshow%3Ddue&done={batch.pk}"
    page = office.get(answer["Location"]).content.decode()
    assert "Undo this" in page
    assert "Go on where you were" in page


def test_a_guest_that_is_stored_as_it_stands_has_no_bar(office: Client, session: models.Session) -> None:
    guest = factories.SchoolFactory(authority=session.visit.school.authority, name="Fern")
    factories.HeadcountFactory(session=session, school=guest, year_group=3, expected=12)
    typed = {"do": "store", f"s{session.pk}_come": "3", f"s{session.pk}_3": "12"}
    answer = saved(office, f"/admin/visit/{session.visit_id}/guests/?school={guest.pk}", typed)
    assert answer["Location"] == f"/admin/visit/{session.visit_id}/guests/"
    assert "comes like this already, so nothing was changed." in office.get(answer["Location"]).content.decode()
    assert not models.Batch.objects.exists()


def test_what_is_taken_off_or_seen_to_twice_is_one_batch(office: Client, session: models.Session) -> None:
    guest = factories.SchoolFactory(authority=session.visit.school.authority, name="Fern")
    factories.HeadcountFactory(session=session, school=guest, year_group=3, expected=12)
    address = f"/admin/visit/{session.visit_id}/guests/?school={guest.pk}"
    saved(office, address, {"do": "take-off"})
    again = office.post(address, {"do": "take-off"}, follow=True)
    assert "Fern comes to nothing of this visit that is still to come, so nothing was changed." in again.content.decode()
    sees_to_a_request(office, session)
    request = models.VisitRequest.objects.get()
    office.post(f"/admin/visit/{session.visit_id}/", {"do": "request-seen", "request": request.pk})
    assert list(models.Batch.objects.order_by("pk").values_list("kind", flat=True)) == ["guests", "request"]


def test_what_stays_of_a_booking_is_said_on_the_page_of_the_batch(office: Client, session: models.Session) -> None:
    answer = adds(office, session)
    added = models.Session.objects.get(starts=time(13, 30))
    factories.CoverFactory(session=added, volunteer=factories.able_volunteer(name="Ben"))
    batch = models.Batch.objects.get()
    assert office.get(answer["Location"]).status_code == 200
    page = office.post(f"/admin/batch/{batch.pk}/", {"do": "undo"}, follow=True).content.decode()
    assert "Undone as far as it could be." in page
    assert "Somebody was asked or put on since" in page
    assert models.Session.objects.filter(pk=added.pk).exists()
