"""Every text of asking for a visit can be translated: in a made-up language that marks what it translated, all is marked."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real
from pytest_django.fixtures import Settings

from schools import models
from schools.visits.request_links import HOLDS
from tests.factories import SessionFactory
from tests.portal.test_translations import Marked, unmarked
from tests.school_portal.asking import NOW, a_school, link_in_mail, open_the_door, shut_the_door

pytestmark = pytest.mark.django_db

OURS = {"name": "Πατ", "role": "Α", "email": "pat@fern.example.org", "note": "Εδώ"}
WISHES = {"year_groups": ["5"], "half_days": ["0-morning", "1-afternoon"], "term": "spring-2027"}


@pytest.fixture(autouse=True)
def _made_up_language(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.LANGUAGES = [("en-gb", "Ελ"), ("cy", "Ου")]
    monkeypatch.setitem(trans_real._translations, "cy", Marked())  # type: ignore[attr-defined]  # Django keeps them there
    open_the_door()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def browser() -> Client:
    return Client(headers={"accept-language": "cy"})


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    words: str = answer.content.decode().replace("pat@fern.example.org", "")
    return words


def test_every_page_is_in_the_browsers_language(browser: Client) -> None:
    school = a_school(name="Σχολείο", postcode="")
    a_school(name="Σχολείο Δύο", postcode="")
    models.Authority.objects.update(name="Αρχή")
    form, unlisted = reverse("ask-school", args=[school.pk]), reverse("ask-unlisted")
    for path in (reverse("ask"), form, unlisted, reverse("ask-sent")):
        assert unmarked(text(browser.get(path))) == []
    for words in ("Σχολείο", "Δύο", "Ωωω", ""):  # of several, one and none
        assert unmarked(text(browser.post(reverse("ask"), {"words": words, "chosen": "1"}))) == []
    for path in (form, unlisted):
        for phone in ("1", "01228 606060 ext 204"):
            assert unmarked(text(browser.post(path, {"phone": phone, "postcode": "1", "leave_empty": "1"}))) == []
    assert unmarked(text(browser.get(reverse("ask-school", args=[0])), 404)) == []
    assert unmarked(text(browser.get("/ask/confirm/nonsense/"), 404)) == []
    shut_the_door()
    assert unmarked(text(browser.get(reverse("ask")), 404)) == []


def test_the_mail_and_every_state_of_its_page_are_in_the_browsers_language(browser: Client) -> None:
    school = a_school(name="Σχολείο", postcode="")
    contact = models.Contact.objects.create(school=school, name="Πατ", email=OURS["email"])
    assert browser.post(reverse("ask-school", args=[school.pk]), {**OURS, **WISHES}).status_code == 302
    path = link_in_mail()
    assert unmarked(f"<p>{str(mail.outbox[-1].body).partition('http')[0]}</p>") == []
    assert unmarked(text(browser.get(path))) == []
    with time_machine.travel(NOW + HOLDS, tick=False):
        assert unmarked(text(browser.get(path))) == []
    SessionFactory(visit__school=school, day=NOW.date().replace(month=3), delivered=True)
    assert browser.post(path).status_code == 302
    assert unmarked(text(browser.get(path))) == []
    for stage, code in (("planned", ""), ("cancelled", "weather")):
        models.Visit.objects.filter(visit_requests__isnull=False).update(stage=stage, cancelled_code=code)
        assert unmarked(text(browser.get(path))) == []
    SessionFactory(visit=models.Visit.objects.get(visit_requests__isnull=False), day=NOW.date().replace(month=10))
    models.Visit.objects.filter(visit_requests__isnull=False).update(stage="planned", cancelled_code="")
    assert unmarked(text(browser.get(path))) == []
    contact.delete()
    assert unmarked(text(browser.get(path))) == []
