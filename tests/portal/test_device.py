"""What a phone is told: how to install, which files to keep, whose a page is, and how what it sent was taken."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from schools.delivery.actions import key_of
from schools.delivery.models import OutcomeSubmission
from schools.portal.views.device import OPEN_PAGES
from schools.visits.models import Headcount, SafeguardingNotice, Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, HeadcountFactory, able_volunteer
from tests.portal.pages import AFTER, BEFORE, client_of, day_url, morning_at, opened, school_in, text_of, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha() -> Volunteer:
    return able_volunteer(AreaFactory(), signs_in=True, name="Asha Rahman")


@pytest.fixture
def ben(asha: Volunteer) -> Volunteer:
    return able_volunteer(asha.areas.get(), signs_in=True, name="Ben Okoro")


@pytest.fixture
def session(asha: Volunteer, ben: Volunteer) -> Session:
    return morning_at(school_in(asha.areas.get()), asha, ben)[0]


def sends(client: Client, to: str, said: dict[str, Any]) -> Any:
    return client.post(to, said, headers={"accept": "application/json"})


def pupils_of(session: Session) -> list[int | None]:
    return list(Headcount.objects.filter(session=session).order_by("year_group").values_list("pupils", flat=True))


def test_the_app_names_icons_that_exist() -> None:
    said = Client().get("/manifest.webmanifest").json()
    assert {icon["purpose"] for icon in said["icons"]} == {"any", "maskable"}
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in said["icons"])


def test_the_worker_stands_at_the_root_and_names_files_that_exist() -> None:
    answer = Client().get("/sw.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    files = re.findall(r'"/static/([^"]+)"', text_of(answer))
    assert len(files) > 6
    assert all(finders.find(file) for file in files)


def test_a_page_says_whose_it_is_and_a_token_to_whom(asha: Volunteer) -> None:
    client, person = client_of(asha), str(asha.user_id)
    assert client.get("/me/").headers["Speakout-Person"] == person
    assert client.get("/phone/token/").json()["person"] == person
    assert Client().get("/accounts/login/").headers["Speakout-Person"] == ""
    assert Client().get("/phone/token/").json()["person"] == ""


@pytest.mark.parametrize("name", ["phone", *OPEN_PAGES])
def test_a_page_that_every_phone_keeps_names_nobody_as_its_reader(name: str, asha: Volunteer) -> None:
    for reader in (Client(), client_of(asha)):
        assert "data-person" not in text_of(reader.get(reverse(name)))


@time_machine.travel(BEFORE)
def test_a_phone_is_given_the_form_before_it_is_time_and_nobody_else_is(asha: Volunteer, session: Session) -> None:
    client = client_of(asha)
    keep = {page["url"] for page in client.get("/").context["keep"]}
    assert day_url(session) in keep
    early = client.get(day_url(session), headers={"speakout-keep": "1"})
    assert "Store how it went" in text_of(early)
    assert "starts on Thu 26 November 2026" in text_of(early)
    assert early.headers["Speakout-Keep"] == "1"
    live = client.get(day_url(session))
    assert "Store how it went" not in text_of(live)
    assert "Speakout-Keep" not in live.headers
    assert sends(client, day_url(session), typed(session)).status_code == 409


def test_only_the_next_14_days_are_kept(asha: Volunteer, session: Session) -> None:
    for before, is_kept in ((14, True), (15, False)):
        with time_machine.travel(AFTER - timedelta(days=before)):
            keep = {page["url"] for page in client_of(asha).get("/").context["keep"]}
            assert (day_url(session) in keep) is is_kept


def test_the_pages_of_a_morning_stay_until_its_day_is_over_although_it_was_told_of(asha: Volunteer, session: Session) -> None:
    Session.objects.exclude(pk=session.pk).delete()
    client, pages = client_of(asha), {day_url(session, name) for name in ("morning", "told", "day-outcome")}
    with time_machine.travel(AFTER):
        client.post(day_url(session), typed(session))
        assert pages <= {page["url"] for page in client.get("/").context["keep"]}
    with time_machine.travel(AFTER + timedelta(days=1)):
        assert pages.isdisjoint({page["url"] for page in client_of(asha).get("/").context["keep"]})


@time_machine.travel(AFTER)
def test_what_waited_is_stored_once_however_often_it_is_sent(asha: Volunteer, session: Session) -> None:
    client, said = client_of(asha), typed(session)
    for _ in range(2):
        assert sends(client, day_url(session), said).json() == {
            "kept": True,
            "page": day_url(session, "day-reported"),
            "at": "12:00",
        }
    assert (OutcomeSubmission.objects.count(), pupils_of(session)) == (1, [28])


@time_machine.travel(AFTER)
def test_what_differs_comes_back_with_a_way_to_correct_it(asha: Volunteer, ben: Volunteer, session: Session) -> None:
    sends(client_of(asha), day_url(session), typed(session))
    answer = sends(client_of(ben), day_url(session), typed(session, **{f"pupils_{session.visit.school_id}_5": "29"}))
    said = answer.json()
    assert (answer.status_code, said["kept"]) == (409, False)
    assert said["differs"] == [{"what": "9:15–9:45 am: Year 5", "stored": "28", "said": "29"}]
    again: dict[str, list[str]] = {}
    for name, value in said["again"]:
        again.setdefault(name, []).append(value)
    assert sends(client_of(ben), day_url(session), again).json()["kept"]
    assert pupils_of(session) == [29]


@time_machine.travel(AFTER)
def test_what_cannot_be_is_refused_with_every_reason(asha: Volunteer, session: Session) -> None:
    answer = sends(
        client_of(asha), day_url(session), typed(session, went_ahead="", **{f"pupils_{session.visit.school_id}_5": "lots"})
    )
    assert answer.status_code == 409
    assert len(answer.json()["reasons"]) == 2
    assert pupils_of(session) == [None]


@time_machine.travel(AFTER)
def test_whom_somebody_told_may_wait_too(asha: Volunteer, session: Session) -> None:
    told = reverse("told", kwargs={"visit_id": session.visit_id, "day": session.day})
    said = {"session": session.pk, "role_told": "the duty phone", "day": "2026-11-26", "at": "10:40"}
    for _ in range(2):
        assert sends(client_of(asha), told, said).json()["kept"]
    assert SafeguardingNotice.objects.count() == 1
    assert sends(client_of(asha), told, {**said, "at": "23:00"}).status_code == 409


@time_machine.travel(AFTER)
def test_one_total_is_shared_out_marked_and_comes_back_as_a_total(asha: Volunteer, session: Session) -> None:
    for group in (3, 4):
        HeadcountFactory(session=session, year_group=group, expected=30)
    client, none = client_of(asha), {f"pupils_{session.visit.school_id}_{group}": "" for group in (3, 4, 5)}
    both = text_of(client.post(day_url(session), typed(session, total="85")))
    assert "not both" in both
    client.post(day_url(session), typed(session, **none, total="85"))
    session.refresh_from_db()
    assert (pupils_of(session), session.count_basis) == ([29, 28, 28], "spread")
    boxes = opened(client, session)
    assert (boxes["total"], [boxes[name] for name in none]) == (85, [None, None, None])
    school = typed(session, **none, total="60", count_basis="school", version="1")
    box = f"pupils_{session.visit.school_id}_3"
    client.post(day_url(session), school | {f"s{session.pk}-{box}": "0", f"s{session.pk}-sure": f"{box}=0"})
    session.refresh_from_db()
    assert (pupils_of(session), session.count_basis) == ([0, 30, 30], "school")


@time_machine.travel(AFTER)
def test_a_note_that_may_name_a_child_is_looked_at_once_more(asha: Volunteer, session: Session) -> None:
    client = client_of(asha)
    said = typed(session, note="We left when Tom cried.", differed="time")
    page = text_of(client.post(day_url(session), said))
    assert "“Tom” looks like a name." in page
    assert "I have looked: no child is named" in page
    client.post(day_url(session), {**said, "names_nobody": "on"})
    session.refresh_from_db()
    assert (session.outcome_note, session.differed) == ("We left when Tom cried.", "time")
    shown = text_of(client.get(f"/sessions/{session.pk}/", follow=True))
    assert "We left when Tom cried." in shown
    assert "It began late or was cut short" in shown


def test_a_phone_asks_which_of_its_reports_have_come_in(asha: Volunteer) -> None:
    session, other = morning_at(school_in(asha.areas.get()), asha)
    day, of_one, unknown = uuid4(), uuid4(), uuid4()
    user = asha.user
    assert user is not None
    told = OutcomeSubmission.objects.create
    told(key=key_of(day, session), session=session, by=user, received_at=BEFORE, version=1)
    told(key=of_one, session=other, by=user, received_at=BEFORE, version=1)
    asked = {"key": [str(day), str(of_one), str(unknown), "nonsense"]}
    assert set(client_of(asha).get(reverse("phone-received"), asked).json()["received"]) == {str(day), str(of_one)}
    # Nobody learns what others have told.
    stranger = able_volunteer(asha.areas.get(), signs_in=True)
    assert client_of(stranger).get(reverse("phone-received"), asked).json() == {"received": []}
    assert client_of(asha).get(reverse("phone-received")).json() == {"received": []}
