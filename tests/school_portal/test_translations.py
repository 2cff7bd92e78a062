"""Every text of the pages for schools can be translated: in a made-up language that marks what it translated, all is marked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.translation import trans_real
from pytest_django.fixtures import Settings

from schools import models
from schools.directory.accesses import end_links
from tests.portal.test_translations import Marked, unmarked
from tests.school_portal.asking import open_the_door
from tests.school_portal.changing import FAR, LATE, change_path
from tests.school_portal.changing import boxes as boxes_to_change
from tests.school_portal.visits import AFTER, BEFORE, a_guest, a_visit, access_at, boxes_of, path_of, took_place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _made_up_language(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.LANGUAGES = [("en-gb", "Ελ"), ("cy", "Ου")]
    monkeypatch.setitem(trans_real._translations, "cy", Marked())  # type: ignore[attr-defined]  # Django keeps them there
    with time_machine.travel(BEFORE, tick=False):
        yield


@pytest.fixture
def browser() -> Client:
    return Client(headers={"accept-language": "cy"})


@pytest.fixture
def visit() -> models.Visit:
    models.SessionType.objects.update(name="Τύπος", name_p="")
    made = a_visit()
    models.School.objects.update(name="Σχολείο")
    models.User.objects.update(name="Κόρα")
    models.Volunteer.objects.update(name="Αση")
    return made


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    found: str = answer.content.decode()
    return found


def test_every_state_of_the_page_is_in_the_browsers_language(visit: models.Visit, browser: Client) -> None:
    path, guests = path_of(visit), path_of(visit, a_guest(visit))
    models.School.objects.update(name="Σχολείο")
    for each in (path, guests):
        assert unmarked(text(browser.get(each))) == []
    boxes = boxes_of(browser.get(path))
    wrong = {**boxes, "agrees": "on", **{name: "x" for name in boxes if name.startswith("expected")}}
    for phone in ("1", "01228 606060 ext 204"):
        assert unmarked(text(browser.post(path, {**wrong, "lead_phone": phone}))) == []
    assert unmarked(text(browser.post(path, {"do": "numbers"}), 409)) == []
    models.SchoolAnswer.objects.create(visit=visit, school=visit.school, item="parking", words="Εδώ", given_by="Τζο", at=BEFORE)
    assert unmarked(text(browser.post(path, {**boxes, "parking": "Εκεί", "given_by": "Σαμ"}), 409)) == []
    assert unmarked(text(browser.get(f"{path}?thanks=prepare"))) == []
    models.Visit.objects.update(stage="planned")
    assert unmarked(text(browser.get(path))) == []
    models.Visit.objects.update(stage="cancelled", cancelled_code="weather")
    assert unmarked(text(browser.get(path))) == []
    models.Visit.objects.update(stage="confirmed", cancelled_code="")
    with time_machine.travel(BEFORE + timedelta(days=2), tick=False):
        for do in ("nobody", "call_off"):
            assert unmarked(text(browser.post(path, {"do": do, "given_by": ""}))) == []
            assert browser.post(path, {"do": do, "given_by": "Τζο"}).status_code == 302
            assert unmarked(text(browser.get(path))) == []
        assert unmarked(text(browser.post(path, {"do": "which", "given_by": "Τζο"}))) == []
        models.SchoolAlarm.objects.update(seen_at=BEFORE, seen_by=models.User.objects.get())
        assert unmarked(text(browser.get(path))) == []
        assert unmarked(text(browser.get(guests))) == []
        assert unmarked(text(browser.post(guests, {"do": "nobody", "given_by": "Τζο"}), 409)) == []
    with time_machine.travel(AFTER, tick=False):
        assert unmarked(text(browser.get(path))) == []
        took_place(visit)
        assert unmarked(text(browser.get(path))) == []
        assert unmarked(text(browser.post(path, {"do": "questions", "given_by": "Τζο"}))) == []
        assert browser.post(path, {"do": "questions", "again": "yes", "given_by": "Τζο"}).status_code == 302
        assert unmarked(text(browser.get(path))) == []
        assert unmarked(text(browser.post(path, {"do": "questions", "again": "yes", "given_by": "Σαμ"}), 409)) == []


def test_what_the_school_gets_beforehand_and_the_letter_are_in_the_browsers_language(
    visit: models.Visit, browser: Client
) -> None:
    path = f"{path_of(visit)}pack/"
    assert unmarked(text(browser.get(path))) == []
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    file = {"file_name": "α.β", "file_kind": "pdf", "size": 3000, "content": b"x"}
    models.PackItem.objects.create(session_type=kind, title="Σχέδιο", words="Ιστορία", language="cy", **file)
    models.Charity.objects.update(name="Ομάδα", address="Οδός")
    agreement = models.Agreement.objects.create(version=1, from_day=BEFORE.date(), text="Ναι", names_to_schools=True)
    assert unmarked(text(browser.get(path))) == []
    assert unmarked(text(browser.get(f"{path}999999/"), 404)) == []
    assert unmarked(text(browser.post(path, {"do": "letter"}), 409)) == []
    models.Accepted.objects.create(volunteer=models.Volunteer.objects.all()[0], agreement=agreement, at=BEFORE)
    assert unmarked(text(browser.post(path, {"do": "letter"}))) == []
    models.Volunteer.objects.update(name="张伟")
    assert unmarked(text(browser.post(path, {"do": "letter-pdf"})).replace("张伟", "")) == []
    assert unmarked(text(browser.post(path, {"do": "read", "given_by": ""}))) == []
    assert browser.post(path, {"do": "read", "given_by": "Τζο"}).status_code == 302
    assert unmarked(text(browser.get(path))) == []
    models.Visit.objects.update(stage="planned")
    assert unmarked(text(browser.get(path))) == []
    assert unmarked(text(browser.post(path, {"do": "nothing"}), 409)) == []
    models.Visit.objects.update(stage="cancelled", cancelled_code="weather")
    assert unmarked(text(browser.get(path))) == []
    assert unmarked(text(browser.post(path, {"do": "letter"}), 409)) == []


def test_the_page_of_changes_is_in_the_browsers_language_whatever_is_so(visit: models.Visit, browser: Client) -> None:
    models.Session.objects.update(day=FAR)
    path, guests = change_path(visit), change_path(visit, a_guest(visit))
    models.School.objects.update(name="Σχολείο")
    assert unmarked(text(browser.get(path))) == []
    assert unmarked(text(browser.get(path_of(visit)))) == []
    assert unmarked(text(browser.get(guests))) == []
    for do in ("move", "cancel"):
        assert unmarked(text(browser.post(path, {"do": do}), 409)) == []
    assert unmarked(text(browser.post(path, {"do": "nothing"}), 409)) == []
    wish = {**boxes_to_change(path, "move"), "why": "staff", "given_by": "Τζο"}
    for day in ("x", "2026-12-01", "2027-01-16", "2026-12-28", "2026-12-10"):
        answer = browser.post(path, {**wish, "day_1": day})
        assert unmarked(text(answer, answer.status_code)) == []
    assert browser.post(path, {**wish, "day_1": "2027-01-12"}).status_code == 302
    for each in (path, f"{path}?thanks=move", path_of(visit)):
        assert unmarked(text(browser.get(each))) == []
    typed = {**boxes_to_change(path), "why": "staff", "given_by": "Τζο"}
    assert unmarked(text(browser.post(path, {**typed, "seen": "x"}), 409)) == []
    models.SchoolChange.objects.update(seen_at=BEFORE)
    assert unmarked(text(browser.get(path))) == []
    with time_machine.travel(LATE, tick=False):
        assert unmarked(text(browser.get(path))) == []
        for user in ({"phone": ""}, {"is_active": False}):
            models.User.objects.update(**user)
            assert unmarked(text(browser.get(path))) == []
        models.Area.objects.update(duty_phone="")
        models.AreaCoordinator.objects.all().delete()
        assert unmarked(text(browser.get(path))) == []
    assert browser.post(path, typed).status_code == 302
    for each in (path, path_of(visit), guests):
        assert unmarked(text(browser.get(each))) == []
    models.SchoolChange.objects.all().delete()
    assert unmarked(text(browser.post(path, typed), 409)) == []


def test_a_dead_link_says_so_in_the_browsers_language(visit: models.Visit, browser: Client) -> None:
    path, other = path_of(visit), path_of(visit, a_guest(visit))
    open_the_door()
    assert unmarked(text(browser.get("/school/nonsense/"), 404)) == []
    end_links([access_at(visit.school)], now=BEFORE)
    assert unmarked(text(browser.get(path), 404)) == []
    models.Headcount.objects.filter(year_group=4).delete()
    assert unmarked(text(browser.get(other), 404)) == []
    models.Contact.objects.filter(name="Gus Guest").update(school=visit.school)
    assert unmarked(text(browser.get(other), 404)) == []
